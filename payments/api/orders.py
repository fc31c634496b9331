"""Paying through a citizen's own application: begin with a key of one's own, agree, look, list."""

import re
from http import HTTPStatus
from typing import Any, Final

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.account import samples
from accounts.api.account.answers import Answer, maybe_moment, moment, string
from accounts.api.account.bodies import Body, Id, OneOf, PasskeyAnswer, Text
from accounts.api.account.operations import CitizenOperation, operation
from accounts.services import codes, passkeys, proofs, tries
from payments import policy
from payments.api import problems
from payments.api.transfers import Amount, TransferBody, wanted_of
from payments.enums import Assurance, DisputeState, OrderState, PaymentPurpose, PaymentState
from payments.selectors import orders as pages
from payments.services import authorising, ordering, payees, starting

_PUBLIC_ID: Final = 22
# A string of RFC 9651, or the same without its quotes.
_KEY: Final = re.compile(r'"([\x21\x23-\x5b\x5d-\x7e]{1,64})"|([\x21\x23-\x5b\x5d-\x7e]{1,64})')
_KEY_HEADER: Final = "Idempotency-Key"
_REPLAYED: Final = "Idempotency-Replayed"


# --- What is read -----------------------------------------------------------------------------------
class DueBody(Body):
    """What another part of the portal asks to have paid."""

    purpose = OneOf(PaymentPurpose)
    about = Id()


class OrderBody(Body):
    """What is paid, and from where; amounts are the portal's."""

    bills = serializers.ListField(
        child=Text(max_length=_PUBLIC_ID),
        max_length=policy.PAYMENTS_AT_ONCE,
        required=False,
        default=list,
    )
    due = serializers.ListField(
        child=DueBody(), max_length=policy.PAYMENTS_AT_ONCE, required=False, default=list
    )
    transfer = TransferBody(
        required=False, allow_null=True, default=None,
        help_text="one transfer, alone or beside them; an order that is held is held whole",
    )  # fmt: skip
    account = Text(
        max_length=_PUBLIC_ID, required=False, allow_blank=True, default="",
        help_text="the bank account's id; else the default one",
    )  # fmt: skip
    amount = Amount(
        required=False, allow_null=True, default=None,
        help_text="what the person was shown; if it comes to something else, nothing is begun",
    )  # fmt: skip


class ConfirmBody(Body):
    """The code of the text message."""

    code = Text(max_length=12)


class PasskeyConfirmBody(Body):
    """What the passkey signed."""

    answer = PasskeyAnswer()


# --- What is answered -------------------------------------------------------------------------------
class SourceAnswer(Answer):
    """The bank account it is paid from."""

    id = string(source="public_id")
    bank = string()
    ending = string()


class WantedAnswer(Answer):
    """A payment, as it was begun."""

    id = string(source="public_id")
    payee = string(
        source="told",
        allow_blank=True,
        help_text="of a bank account the holder its bank named; blank of a person, whose name is never told",
    )
    name_matches = serializers.BooleanField(
        allow_null=True, help_text="true of a person named by number or phone; else null"
    )
    about = string(source="detail", allow_blank=True)
    amount = serializers.IntegerField()
    fee = serializers.IntegerField()


class BegunLineAnswer(WantedAnswer):
    """The same, with what its payee reads."""

    message = string(allow_blank=True)


class BegunAnswer(Answer):
    """An order as it was begun: the same however often it is asked for with its key."""

    id = string(source="order.public_id")
    reference = string(source="order.reference")
    amount = serializers.IntegerField(source="order.amount", help_text="of all, with fees")
    needs = OneOf(Assurance, source="order.needs")
    expires_at = moment(source="order.expires_at")
    held_until = maybe_moment(
        source="order.held_until",
        help_text="a large first transfer waits until then, and can be taken back",
    )
    account = SourceAnswer(source="from_")
    payments = BegunLineAnswer(source="lines", many=True)


class OrderLineAnswer(BegunLineAnswer):
    """A payment as it stands; ``amount_now`` is what its bill says before it is confirmed, 0 if it is closed."""

    state = OneOf(PaymentState)
    why = string(allow_blank=True)
    amount_now = serializers.IntegerField(source="now")


class OrderAnswer(BegunAnswer):
    """An order as it stands; ``moves`` says that it is worth while to look again in a few seconds."""

    state = OneOf(OrderState, source="order.state")
    moves = serializers.BooleanField()
    why = string(allow_blank=True, source="said")
    new_payee = serializers.BooleanField(
        source="warns",
        help_text="before it is confirmed: it goes to somebody who was never paid before; warn of fraud",
    )
    authorised_at = maybe_moment(source="order.authorised_at")
    debited_at = maybe_moment(source="order.debited_at")
    payments = OrderLineAnswer(source="lines", many=True)


class SentAnswer(Answer):
    """A code is on its way."""

    until = moment()


class DisputeAnswer(Answer):
    """What became of a dispute, or until when it is answered; the payment's own `dispute` says all."""

    state = OneOf(DisputeState)
    due_at = moment()


class PaymentAnswer(WantedAnswer):
    """A payment of the list."""

    order = string()
    state = OneOf(PaymentState)
    at = moment()
    dispute = DisputeAnswer(allow_null=True, help_text="the last one")


class PaymentsAnswer(Answer):
    """A page of payments, the newest first."""

    payments = PaymentAnswer(many=True)
    next = string(allow_null=True, help_text="for the page after this one: `before`")


class ChallengeAnswer(Answer):
    """What the passkey is asked to sign, as `PublicKeyCredential.parseRequestOptionsFromJSON` reads it."""

    options = serializers.DictField(child=serializers.JSONField())


# --- Operations ---------------------------------------------------------------------------------------
class PaymentsOperation(CitizenOperation):
    """About a citizen's own payments."""

    tag = "payments"

    def page(self, public_id: str) -> pages.OrderPage:
        """An order of theirs.

        Raises:
            Http404: there is none.
        """
        page = pages.open_order(self.here.account, public_id, now=self.now)
        if page is None:
            raise Http404
        return page


class KeyedOperation(CitizenOperation):
    """What is done once for a key of the application's own, however often it is sent."""

    headers_of_post = {
        _KEY_HEADER: "a text of your own for this payment, at most 64 characters; the same whenever it is sent again"
    }

    def key(self) -> str:
        """The key of the request.

        Raises:
            problems.NoIdempotencyKey: there is none, or one that is no text of a header.
        """
        found = _KEY.fullmatch(self.request.headers.get(_KEY_HEADER, ""))
        if found is None:
            raise problems.NoIdempotencyKey
        return found[1] or found[2]


class Orders(PaymentsOperation, KeyedOperation):
    """A new order."""

    @operation(
        "begin_order",
        "Begin to pay bills or a transfer: nothing is paid before it is confirmed. With the same key it is the same"
        " order, and `Idempotency-Replayed: true` says so.",
        problems.NoIdempotencyKey,
        ordering.OrderRefused,
        payees.PayeeRefused,
        Http404,
        takes=OrderBody,
        gives=BegunAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any) -> Response:
        """Begin."""
        key = self.key()
        sent = self.read()
        wanted: list[ordering.Wanted] = [
            *(ordering.BillWanted(bill=bill) for bill in sent["bills"]),
            *(
                ordering.DueWanted(purpose=PaymentPurpose(due["purpose"]), about=due["about"])
                for due in sent["due"]
            ),
            *([wanted_of(sent["transfer"])] if sent["transfer"] else []),
        ]
        try:
            drafted = starting.start(
                session=self.here,
                wanted=wanted,
                link=sent["account"],
                key=key,
                expects=sent["amount"],
                now=self.now,
            )
        except ordering.NoPayee as refused:  # each has a status of its own
            raise refused.refused from None
        answer = self.give(self.page(drafted.order.public_id))
        if drafted.replayed:
            answer[_REPLAYED] = "true"
        return answer


class Order(PaymentsOperation):
    """One order."""

    @operation("order", "An order and where its money is.", Http404, gives=OrderAnswer)
    def get(self, request: Any, public_id: str) -> Response:
        """It."""
        return self.give(self.page(public_id))


class OrderCode(PaymentsOperation):
    """The code of an order."""

    @operation(
        "send_order_code",
        "Send the account's phone a code that names payee and amount, and opens this order alone.",
        authorising.NotAuthorised,
        codes.TooManyCodes,
        gives=SentAnswer,
        status=HTTPStatus.ACCEPTED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Send it."""
        until = authorising.send_code(
            account=self.here.account, order=public_id, device_id=self.here.device_id, now=self.now
        )
        return self.give({"until": until})


class OrderConfirm(PaymentsOperation):
    """A code agrees."""

    @operation(
        "confirm_order",
        "Pay, with the code that was sent for this order. Confirmed already, it is the order as it stands.",
        authorising.NotAuthorised,
        codes.NoCode,
        codes.WrongCode,
        codes.CodeExpired,
        Http404,
        takes=ConfirmBody,
        gives=OrderAnswer,
        status=HTTPStatus.ACCEPTED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Pay."""
        authorising.by_code(
            account=self.here.account,
            order=public_id,
            code=self.read()["code"],
            device_id=self.here.device_id,
            actor=self.actor,
            now=self.now,
        )
        return self.give(self.page(public_id))


class OrderPasskey(PaymentsOperation):
    """A passkey agrees."""

    @operation(
        "order_challenge",
        "What a passkey signs to confirm this order: it holds for its payees and amounts alone.",
        authorising.NotAuthorised,
        gives=ChallengeAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """The challenge; nothing is written."""
        options = authorising.passkey_options(
            account=self.here.account, order=public_id, now=self.now
        )
        return self.give({"options": options})

    @operation(
        "confirm_order_by_passkey",
        "Pay, with a passkey's answer. Confirmed already, it is the order as it stands.",
        authorising.NotAuthorised,
        passkeys.PasskeyRefused,
        proofs.NoAuthenticator,
        tries.TooManyTries,
        Http404,
        takes=PasskeyConfirmBody,
        gives=OrderAnswer,
        status=HTTPStatus.ACCEPTED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Pay."""
        authorising.by_passkey(
            session=self.here,
            order=public_id,
            answer=self.read()["answer"],
            actor=self.actor,
            now=self.now,
        )
        return self.give(self.page(public_id))


class OrderCancel(PaymentsOperation):
    """The payer does not want it."""

    @operation(
        "cancel_order",
        "Take back an order that was not confirmed or is held; one that was sent is given as it stands.",
        Http404,
        gives=OrderAnswer,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Take it back."""
        ordering.cancel(account=self.here.account, order=public_id, actor=self.actor, now=self.now)
        return self.give(self.page(public_id))


class Payments(PaymentsOperation):
    """The payments there were."""

    query = {"before": "the page after this payment"}

    @operation(
        "list_payments",
        "A page of payments that were confirmed, newest first.",
        gives=PaymentsAnswer,
    )
    def get(self, request: Any) -> Response:
        """The page; what an address cannot mean is as if it were not there."""
        before = request.query_params.get("before", "")
        return self.give(pages.list_payments(self.here.account, before=before))


problems.register()
samples.register(
    {
        "amount": 50_000,
        "payee": "Điện lực Mẫu",
        "bank": "Vietcombank",
        "ending": "0099",
        "transfer": {
            "account": {"bank": "970415", "number": "0100000099"},
            "amount": 50_000,
            "message": "Tiền nhà",
        },
    }
)
