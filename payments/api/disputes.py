"""Disputes through a citizen's own application: say what is wrong with a payment, see until when it is answered."""

from http import HTTPStatus
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.account.answers import Answer, maybe_moment, moment, string
from accounts.api.account.bodies import Body, OneOf, Text
from accounts.api.account.operations import CitizenOperation, operation
from payments.enums import DisputeAbout, DisputeState
from payments.forms.disputes import DisputeForm
from payments.selectors import disputes as selectors
from payments.selectors import receipts
from payments.selectors.receipts import Receipt
from payments.services import disputes


# --- What is read -----------------------------------------------------------------------------------
class DisputeBody(Body):
    """What is wrong; who says that it is something else says what."""

    form = DisputeForm
    what = OneOf(DisputeAbout)
    words = Text(max_length=1000, required=False, allow_blank=True, default="")


# --- What is answered -------------------------------------------------------------------------------
class ToldDisputeAnswer(Answer):
    """A dispute and its clock."""

    id = string(source="dispute.public_id")
    payment = string(source="dispute.payment.public_id")
    state = OneOf(DisputeState, source="dispute.state")
    what = OneOf(DisputeAbout, source="dispute.about")
    words = string(allow_blank=True, source="dispute.words")
    asked_at = moment(source="dispute.asked_at")
    due_at = moment(source="dispute.due_at", help_text="it is answered by then")
    late = serializers.BooleanField(source="is_late")
    answer = string(
        source="dispute.answer", allow_null=True, help_text="why nothing goes back, if that was it"
    )
    ended_at = maybe_moment(source="dispute.ended_at")


class PaymentDisputeAnswer(Answer):
    """The last dispute of a payment, and whether one can be asked now."""

    dispute = ToldDisputeAnswer(source="asked", allow_null=True)
    can_ask = serializers.BooleanField()
    why_not = string(allow_blank=True, help_text="why none can be asked, for people")


class DisputesAnswer(Answer):
    """A page of disputes, the newest first."""

    disputes = ToldDisputeAnswer(many=True)
    next = string(allow_null=True, help_text="for the page after this one: `before`")


# --- Operations ---------------------------------------------------------------------------------------
class DisputeOperation(CitizenOperation):
    """About what is wrong with a citizen's own payments."""

    tag = "payments"

    def find(self, public_id: str) -> Receipt:
        """A payment of theirs that they agreed to.

        Raises:
            Http404: there is none.
        """
        found = receipts.find_receipt(self.here.account, public_id)
        if found is None:
            raise Http404
        return found

    def standing(self, public_id: str) -> Response:
        """How it stands about a payment."""
        return self.give(selectors.standing_of(self.find(public_id), now=self.now))


class Disputes(DisputeOperation):
    """All of them."""

    query = {"before": "the page after this dispute"}

    @operation("list_disputes", "A page of one's disputes, newest first.", gives=DisputesAnswer)
    def get(self, request: Any) -> Response:
        """The page; what an address cannot mean is as if it were not there."""
        before = request.query_params.get("before", "")
        return self.give(selectors.list_disputes(self.here.account, before=before, now=self.now))


class PaymentDispute(DisputeOperation):
    """The dispute of one payment."""

    @operation(
        "dispute",
        "Where the last dispute of a payment stands, and whether one can be asked.",
        Http404,
        gives=PaymentDisputeAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """It."""
        return self.standing(public_id)

    @operation(
        "ask_dispute",
        "Say what is wrong with a payment. While one dispute of it is open, that is the answer.",
        disputes.NoSuchPayment,
        disputes.NoMoneyMoved,
        disputes.BackAlready,
        disputes.TooOld,
        disputes.TooManyDisputes,
        Http404,
        takes=DisputeBody,
        gives=PaymentDisputeAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Ask."""
        sent = self.read()
        self.find(public_id)
        disputes.ask(
            account=self.here.account,
            payment=public_id,
            what=DisputeAbout(sent["what"]),
            words=sent["words"],
            actor=self.actor,
            now=self.now,
        )
        return self.standing(public_id)


class WithdrawDispute(DisputeOperation):
    """Taken back."""

    @operation(
        "withdraw_dispute",
        "Take an open dispute back, with the refund that was proposed for it.",
        disputes.NoSuchPayment,
        disputes.NoneOpen,
        Http404,
        gives=PaymentDisputeAnswer,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Take it back."""
        self.find(public_id)
        disputes.withdraw(
            account=self.here.account, payment=public_id, actor=self.actor, now=self.now
        )
        return self.standing(public_id)
