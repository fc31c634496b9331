"""What was filed, for a citizen's own application: where each stands, what is asked, what was written; taken back."""

from http import HTTPStatus
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.account.answers import Answer, maybe_moment, moment, string
from accounts.api.account.bodies import Body, OneOf, Text
from accounts.api.account.operations import operation
from accounts.services import assurance
from procedures.api.drafts import FilingOperation
from procedures.enums import ApplicationState
from procedures.forms.following import MessageForm
from procedures.selectors import applications
from procedures.services import drafts, following, lifecycle, messages

OPENED = (following.NoSuchApplication, drafts.NotForThem, assurance.StepUpNeeded)


class MessageBody(Body):
    """What is written to the office."""

    form = MessageForm
    words = Text()


class ApplicationLineAnswer(Answer):
    """An application of the list."""

    id = string(source="public_id")
    reference = string()
    procedure = string()
    state = string(help_text="in words")
    asked = serializers.BooleanField(
        source="is_asked", help_text="something is asked of the person"
    )
    filed_at = moment()
    due_at = maybe_moment()
    ended_at = maybe_moment()


class ApplicationsAnswer(Answer):
    """A page of the list, the newest first."""

    applications = ApplicationLineAnswer(many=True, source="lines")
    next = serializers.SerializerMethodField()

    def get_next(self, page: Any) -> str:
        """For the page after this one: `before`; empty at the end."""
        return str(page.more)


class CorrectionAskedAnswer(Answer):
    """What an official asks for; it is answered on the portal's page."""

    id = string(source="public_id")
    words = string()
    fields = serializers.ListField(child=string(), source="labels")  # type: ignore[assignment] # a field of the answer
    answer_by = moment()


class AgreementAskedAnswer(Answer):
    """Somebody who was asked to agree and has not answered."""

    id = string(source="public_id")
    what = string(source="label")
    asked_at = moment()
    lapses_at = moment()


class ApplicationMessageAnswer(Answer):
    """A message of the file."""

    words = string(source="text")
    by = string()
    at = moment()
    mine = serializers.BooleanField(source="is_mine")


class FiledHashAnswer(Answer):
    """A form as it was filed or corrected, with its hash."""

    why = string(source="reason")
    sha256 = string()
    at = moment()


class HappenedAnswer(Answer):
    """Something that happened, or will."""

    at = maybe_moment()
    title = string()
    detail = string(allow_blank=True)


class ApplicationAnswer(Answer):
    """An application as its citizen follows it."""

    id = string(source="row.public_id")
    reference = string(source="row.reference")
    procedure = string()
    office = string()
    code = OneOf(ApplicationState)
    state = string(help_text="in words")
    open = serializers.BooleanField(source="is_open")
    paused = serializers.BooleanField(source="is_paused", help_text="the clock stands still")
    filed_at = moment(source="row.filed_at")
    received_at = maybe_moment(source="row.received_at")
    due_at = maybe_moment(source="row.due_at", help_text="null while the clock stands still")
    promised_at = maybe_moment(source="row.promised_at", help_text="a new date after a delay")
    ended_at = maybe_moment(source="row.ended_at")
    fee = serializers.IntegerField(source="row.fee", help_text="đồng")
    fee_is_due = serializers.BooleanField()
    asked = CorrectionAskedAnswer(many=True)
    outstanding = AgreementAskedAnswer(many=True)
    happened = HappenedAnswer(many=True, source="moments")
    messages = ApplicationMessageAnswer(many=True)
    filed = FiledHashAnswer(many=True, source="kept")
    payment = string(allow_blank=True, help_text="the id of the fee's payment")
    result = string(allow_blank=True, help_text="the id of the result")
    appeal_until = serializers.DateField(allow_null=True)


class Applications(FilingOperation):
    """The applications there are."""

    query = {"before": "the page after this application"}

    @operation(
        "list_applications",
        "What a person filed, and what was filed about them.",
        gives=ApplicationsAnswer,
    )
    def get(self, request: Any) -> Response:
        """The page; what an address cannot mean is as if it were not there."""
        before = request.query_params.get("before", "")
        return self.give(applications.list_mine(self.here.account, now=self.now, before=before))


class Application(FilingOperation):
    """One application."""

    @operation(
        "application",
        "Where an application stands: its clock, what is asked, what was written and decided.",
        *OPENED,
        gives=ApplicationAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """It."""
        row = following.find(session=self.here, public_id=public_id, now=self.now)
        page = applications.open_page(row, account=self.here.account, now=self.now)
        return self.give(page)


class Messages(FilingOperation):
    """A message to the office."""

    @operation(
        "write_to_office",
        "Write to the office about an application while somebody works on it. The same words sent again within ten"
        " minutes are the same message. The answer is the application with its messages.",
        *OPENED,
        messages.NothingOpen,
        messages.TooManyMessages,
        takes=MessageBody,
        gives=ApplicationAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Send it."""
        words = self.read()["words"]
        row = following.find(session=self.here, public_id=public_id, now=self.now)
        messages.reply(application=row, words=words, session=self.here, now=self.now)
        page = applications.open_page(row, account=self.here.account, now=self.now)
        return self.give(page)


class WithdrawApplication(FilingOperation):
    """An application that is taken back."""

    @operation(
        "withdraw_application",
        "Take an application back before its end. Taken back already, it is the application as it stands.",
        *OPENED,
        lifecycle.CannotWithdraw,
        gives=ApplicationAnswer,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Take it back."""
        following.withdraw(session=self.here, public_id=public_id, now=self.now)
        row = following.find(session=self.here, public_id=public_id, now=self.now)
        page = applications.open_page(row, account=self.here.account, now=self.now)
        return self.give(page)
