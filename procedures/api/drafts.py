"""Filing through a citizen's own application: drafts begun, read with what is known, saved page by page, filed."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.response import Response

from accounts.api.account import samples
from accounts.api.account.answers import Answer, maybe_moment, moment, string
from accounts.api.account.bodies import Body, OneOf, Text
from accounts.api.account.operations import CitizenOperation, operation
from accounts.services import assurance
from eid_portal.core import working_days
from payments.api.orders import KeyedOperation
from payments.api.problems import NoIdempotencyKey
from payments.enums import PaymentPurpose
from payments.services import ordering, starting
from procedures.api import problems
from procedures.api.problems import NoSuchPage
from procedures.enums import ApplicationState, Capacity
from procedures.rules import answers, clocks, pages, values
from procedures.rules.documents import Document, Field
from procedures.rules.expressions import Facts
from procedures.rules.known import SOURCES
from procedures.rules.values import Problem, in_language
from procedures.selectors import own
from procedures.selectors.forms import hint
from procedures.services import desks, drafts, filing
from procedures.services.drafts import Form

_SEEN: Final = 64
_PUBLIC_ID: Final = 22
OPENED: Final = (drafts.NoSuchDraft, drafts.NotForThem, assurance.StepUpNeeded)
BEGUN: Final = (
    drafts.NotInForce,
    drafts.NotForThem,
    drafts.TooYoung,
    drafts.TooManyDrafts,
    assurance.StepUpNeeded,
)


# --- What is read -----------------------------------------------------------------------------------
class BeginBody(Body):
    """For whom."""

    capacity = OneOf(Capacity, default=Capacity.SELF.value)
    person = Text(
        max_length=_PUBLIC_ID, required=False, allow_blank=True, default="",
        help_text="the id of a guardianship or a mandate; empty for oneself",
    )  # fmt: skip


class FormPageBody(Body):
    """The answers of one page, by the keys of its fields; dates as 2026-11-26, what is left out is not answered."""

    version = serializers.IntegerField(min_value=1, help_text="of the draft as it was read")
    answers = serializers.DictField(child=serializers.JSONField())


class SubmitBody(Body):
    """What the person saw and agreed to, and from where the fee is paid."""

    seen = Text(max_length=_SEEN, help_text="`seen` of the draft as it was shown")
    account = Text(
        max_length=_PUBLIC_ID, required=False, allow_blank=True, default="",
        help_text="the bank account's id for the fee; else the default one",
    )  # fmt: skip


# --- What is answered -------------------------------------------------------------------------------
class FormOptionAnswer(Answer):
    """A choice."""

    value = string()
    label = string()  # type: ignore[assignment] # a field of the answer
    hint = string(allow_blank=True)


class FormFieldAnswer(Answer):
    """A field as it stands."""

    key = string()
    type = string()
    label = string()  # type: ignore[assignment] # a field of the answer
    hint = string(allow_blank=True)
    why = string(allow_blank=True)
    asked = serializers.BooleanField(help_text="a person answers it; else it is shown")
    optional = serializers.BooleanField()
    source = string(  # type: ignore[assignment] # a field of the answer
        allow_blank=True, help_text="who keeps what is known"
    )
    value = serializers.JSONField(help_text="null: there is none")
    offered = serializers.JSONField(help_text="to begin with; can be changed")
    options = FormOptionAnswer(many=True)
    held = serializers.ListField(child=string(), help_text="ids of files or papers it may name")
    fields = serializers.ListField(  # type: ignore[assignment] # a field of the answer
        child=serializers.JSONField(), help_text="of a row: the same, without values"
    )


class FormPageAnswer(Answer):
    """A page that is asked."""

    key = string()
    title = string()
    why = string(allow_blank=True)
    done = serializers.BooleanField(help_text="it was sent without a fault")
    fields = FormFieldAnswer(many=True)  # type: ignore[assignment] # a field of the answer


class FormWrongAnswer(Answer):
    """What is in the way of filing."""

    at = string(help_text="the field's key; of a row key-0-name, of an address key_commune")
    code = string()
    words = string()


class FormFeeAnswer(Answer):
    """đồng."""

    amount = serializers.IntegerField()
    full = serializers.IntegerField()
    exemption = string(allow_blank=True)


class DraftAnswer(Answer):
    """A draft with everything the state knows, read anew."""

    id = string()
    procedure = string()
    name = string()
    revision = string()
    version = serializers.IntegerField()
    in_force = serializers.BooleanField()
    capacity = OneOf(Capacity)
    saved_at = moment()
    pages = FormPageAnswer(many=True)
    again = serializers.ListField(child=string(), help_text="fields that a new revision changed")
    dropped = serializers.ListField(child=string(), help_text="answered, but not asked any more")
    awaited = serializers.ListField(
        child=string(), help_text="agreements that are asked for once it is filed"
    )
    wrong = FormWrongAnswer(many=True)
    fee = FormFeeAnswer(allow_null=True, help_text="null: nobody can say yet")
    office = string(allow_blank=True, help_text="empty: nobody can say yet")
    due_at = maybe_moment(help_text="if it were filed now; null: at once, or nobody can say")
    seen = string(help_text="a hash of all of this: send it when it is filed")


class DraftLineAnswer(Answer):
    """A draft of the list."""

    id = string(source="public_id")
    procedure = string(source="procedure.code")
    capacity = OneOf(Capacity)
    begun_at = moment()
    saved_at = moment()


class DraftsAnswer(Answer):
    """The drafts of a person, the last saved first."""

    drafts = DraftLineAnswer(many=True)


class FeeDueAnswer(Answer):
    """What is to be paid: as `due` of an order."""

    purpose = OneOf(PaymentPurpose)
    about = serializers.UUIDField()
    amount = serializers.IntegerField()


class FiledFormAnswer(Answer):
    """What became of the draft; its id is the draft's."""

    id = string()
    reference = string()
    state = OneOf(ApplicationState)
    filed_at = moment()
    received_at = maybe_moment(help_text="null: the fee is to be paid first")
    due_at = maybe_moment()
    due = FeeDueAnswer(allow_null=True, help_text="the fee, while it is to be paid")
    order = string(
        allow_null=True, help_text="the order that was begun for it: agree to it as to any order"
    )
    why = string(allow_blank=True, help_text="why no order was begun; begin one with `due`")


# --- Operations ---------------------------------------------------------------------------------------
class FilingOperation(CitizenOperation):
    """About what a citizen files."""

    tag = "procedures"

    def open(self, public_id: str) -> Form:
        """A draft of theirs."""
        return drafts.open_form(session=self.here, public_id=public_id, now=self.now)

    def draw(self, form: Form) -> dict[str, Any]:
        """A draft as it is answered."""
        document = form.document
        fee = form.fee
        office, due_at = "", None
        if form.settled.is_complete:
            place = document.office.value(form.facts) if document.office else None
            desk = desks.best(
                agency=document.data["agency"],
                address=place if isinstance(place, Mapping) else None,
                day=form.today,
            )
            office = desk.office.name if desk else ""
            due_at = self.due(document, form.facts)
        fields = {each.key: each for each in document.fields}
        missing = [
            values.missing(fields[name.partition("-")[0]], name) for name in form.settled.missing
        ]
        return {
            "id": form.draft.public_id,
            "procedure": document.code,
            "name": in_language(document.name),
            "revision": str(form.revision_id),
            "version": form.draft.version,
            "in_force": form.is_in_force,
            "capacity": form.draft.capacity,
            "saved_at": form.draft.saved_at,
            "pages": [
                {
                    "key": step.key,
                    "title": in_language(step.title),
                    "why": in_language(step.why) if step.why else "",
                    "done": step.key in form.draft.done,
                    "fields": [
                        _drawn(each, form) for each in step.fields if each.key in form.settled.shown
                    ],
                }
                for step in form.steps
            ],
            "again": list(form.again),
            "dropped": list(form.settled.dropped),
            "awaited": list(form.settled.awaited),
            "wrong": [*form.settled.problems, *missing],
            "fee": fee and {
                "amount": fee.amount_vnd,
                "full": fee.full_vnd,
                "exemption": in_language(fee.exemption.words) if fee.exemption else "",
            },
            "office": office,
            "due_at": due_at,
            "seen": form.seen,
        }  # fmt: skip

    def due(self, document: Document, facts: Facts) -> Any:
        """By when it would be decided."""
        if document.clock.kind == "instant":
            return None
        days = working_days.load(facts.today)
        return clocks.deadline(document.clock, facts, received_at=self.now, days=days).due_at


class Drafts(FilingOperation):
    """The drafts there are."""

    @operation("list_drafts", "What is being filled in.", gives=DraftsAnswer)
    def get(self, request: Any) -> Response:
        """The list."""
        return self.give({"drafts": own.list_drafts(self.here.account)})


class Begin(FilingOperation):
    """A draft of a procedure."""

    @operation(
        "begin_draft",
        "Begin to fill in a form, or go on with the draft there is: one a person and procedure.",
        *BEGUN,
        drafts.NoSuchDraft,
        takes=BeginBody,
        gives=DraftAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any, code: str) -> Response:
        """Begin."""
        sent = self.read()
        draft, _resumed = drafts.begin(
            session=self.here,
            code=code,
            capacity=Capacity(sent["capacity"]),
            person=sent["person"],
            now=self.now,
        )
        return self.give(self.draw(self.open(draft.public_id)))


class Draft(FilingOperation):
    """One draft."""

    @operation(
        "draft",
        "A draft with all that the state knows, what is missing, and what it comes to.",
        *OPENED,
        gives=DraftAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """It."""
        return self.give(self.draw(self.open(public_id)))


class DraftPage(FilingOperation):
    """A page of a draft."""

    @operation(
        "save_page",
        "Keep the answers of a page. What can be read is kept; what cannot is named, with status 422.",
        *OPENED,
        drafts.SavedElsewhere,
        drafts.NotInForce,
        NoSuchPage,
        takes=FormPageBody,
        gives=DraftAnswer,
    )
    def post(self, request: Any, public_id: str, code: str) -> Response:
        """Keep it."""
        sent = self.read()
        form = self.open(public_id)
        step = form.find_step(code)
        if step is None:
            raise NoSuchPage
        given = answers.answers_from_json(form.document, sent["answers"])
        page = pages.take_page(step, given, form.facts, held=form.held, provinces=form.provinces)
        form = drafts.keep(
            form,
            page,
            session=self.here,
            step=step,
            version=sent["version"],
            is_sent=True,
            now=self.now,
        )
        here = {each.key for each in step.fields}
        wrong = [*page.problems, *(Problem(key, "unknown") for key in given if key not in here)]
        if wrong:
            raise serializers.ValidationError({"answers": _details(wrong)})
        return self.give(self.draw(form))


class DiscardDraft(FilingOperation):
    """A draft that is not wanted."""

    @operation("discard_draft", "Throw a draft away; done too if there is none.")
    def post(self, request: Any, public_id: str) -> Response:
        """Throw it away."""
        drafts.discard(session=self.here, public_id=public_id)
        return self.nothing()


class Submit(FilingOperation, KeyedOperation):
    """A draft that is filed."""

    @operation(
        "submit_draft",
        "File a draft as it was seen, once however often it is sent, and begin to pay its fee with the same key.",
        *OPENED,
        drafts.NotInForce,
        drafts.TooYoung,
        filing.NotComplete,
        filing.Changed,
        desks.NoDesk,
        NoIdempotencyKey,
        takes=SubmitBody,
        gives=FiledFormAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """File it."""
        key = self.key()
        sent = self.read()
        filed = filing.submit(
            session=self.here, public_id=public_id, seen=sent["seen"], now=self.now
        )
        due, order, why = None, None, ""
        if filed.state == ApplicationState.FILED and filed.fee:
            due = {"purpose": PaymentPurpose.FEE, "about": filed.pk, "amount": filed.fee}
            order, why = self._order(filed, key, sent["account"])
        names = ("reference", "state", "filed_at", "received_at", "due_at")
        return self.give(
            {name: getattr(filed, name) for name in names}
            | {"id": filed.public_id, "due": due, "order": order, "why": why}
        )

    def _order(self, filed: Any, key: str, link: str) -> tuple[str | None, str]:
        """The order of the fee, or why there is none: it is filed all the same."""
        try:
            drafted = starting.start(
                session=self.here,
                wanted=[ordering.DueWanted(purpose=PaymentPurpose.FEE, about=filed.pk)],
                link=link,
                key=key,
                expects=filed.fee,
                now=self.now,
            )
        except ordering.OrderRefused as refused:
            return None, str(refused.message)
        return drafted.order.public_id, ""


# --- Within -------------------------------------------------------------------------------------------
def _drawn(of: Field, form: Form) -> dict[str, Any]:
    source = SOURCES.get(of.known)
    offered = answers.offer(of, form.facts, provinces=form.provinces) if of.is_asked else None
    return _named(of) | {
        "hint": hint(of, form.facts, provinces=form.provinces),
        "source": str(source.kept_by) if source else "",
        "value": values.to_json(form.settled.values.get(of.key)),
        "offered": values.to_json(offered),
        "held": list(form.held.get(of.key, ())),
    }


def _named(of: Field) -> dict[str, Any]:
    """A field as it is asked, with those of its rows."""
    return _bare(of) | {"fields": [_bare(each) for each in of.fields]}


def _bare(of: Field) -> dict[str, Any]:
    return {
        "key": of.key,
        "type": of.kind,
        "label": in_language(of.label),
        "hint": in_language(of.hint) if of.hint else "",
        "why": in_language(of.why) if of.why else "",
        "asked": of.is_asked and of.kind != "consent",
        "optional": of.optional,
        "options": [
            {
                "value": each.value,
                "label": in_language(each.label),
                "hint": in_language(each.hint) if each.hint else "",
            }
            for each in of.options
        ],
    }


def _details(wrong: Iterable[Problem]) -> Mapping[str, list[ErrorDetail]]:
    found: dict[str, list[ErrorDetail]] = {}
    for each in wrong:
        words = (
            str(Body.default_error_messages["unknown"]) if each.code == "unknown" else each.words
        )
        found.setdefault(each.at if each.code != "unknown" else "", []).append(
            ErrorDetail(words, each.code)
        )
    return found


problems.register()
samples.register(
    {
        "answers": {"start": "2026-11-30"},
        "revision": "019acd1c-7a50-7d6e-8a0b-3f1c5b2d9e10",
        "seen": "0" * 64,
    }
)
