"""One file as an official decides it: declared beside registered and the file before, papers, and what happened.

Only files that were received are found, and only at the office whose desk decides them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Account, Citizen
from eid_portal.core import working_days
from procedures.enums import (
    ApplicationState,
    ConsentState,
    Outcome,
    PauseReason,
    RequestState,
    Writer,
)
from procedures.models import (
    Application,
    ApplicationFile,
    Attachment,
    ClockPause,
    ConsentRequest,
    CorrectionRequest,
    Decision,
    InternalNote,
    Message,
    OpinionRequest,
    Result,
)
from procedures.rules import values
from procedures.rules.clocks import Pause
from procedures.rules.documents import Document, Field
from procedures.rules.expressions import Value
from procedures.rules.values import in_language, is_there
from procedures.selectors import desk, filed, revisions, wording
from procedures.selectors.filed import Filed

Look = Literal["same", "differs", "none"]
Kind = Literal["done", "now", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field: what was declared, what is registered now, and what the file before said."""

    key: str
    label: str
    declared: str
    registered: str
    before: str
    against_register: Look
    against_before: Look
    can_be_asked: bool
    inner: Sequence[Sequence[tuple[str, str]]] = ()  # of a repeating group, row by row

    @property
    def differs(self) -> bool:
        """Whether the official should look at it."""
        return self.against_register == "differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A file that was attached."""

    public_id: str
    label: str
    name: str
    media_type: str
    size: int
    pages: int
    is_scanned: bool
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to the file."""

    at: datetime
    title: str
    detail: str = ""
    kind: Kind = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message, or a note of officials."""

    by_office: bool
    who: str
    text: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something can be refused, and by which law."""

    key: str
    words: str
    law: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything on the page of a file."""

    application: Application
    document: Document
    name: str
    state: ApplicationState
    rows: Sequence[Row]
    before: Application | None
    sha256: str
    is_whole: bool
    papers: Sequence[Paper]
    pauses: Sequence[ClockPause]
    consents: Sequence[ConsentRequest]  # of each field what was asked last
    corrections: Sequence[CorrectionRequest]
    opinions: Sequence[OpinionRequest]
    happenings: Sequence[Happening]
    messages: Sequence[Letter]
    notes: Sequence[Letter]
    decision: Decision | None
    issued: Result | None  # what the decision ended in
    reasons: Sequence[Reason]
    labels: Mapping[str, str]
    words: Mapping[str, Any]  # of the states of consents and requests
    used: int | None
    holder: str
    held_since: datetime | None
    is_mine: bool
    is_free: bool

    @property
    def differing(self) -> int:
        """How many fields are not what is registered."""
        return sum(row.differs for row in self.rows)

    @property
    def bar(self) -> int:
        """How much of a bar of 100 is filled."""
        return min(self.used or 0, 100)

    @property
    def correction(self) -> CorrectionRequest | None:
        """What the citizen is asked now."""
        return next((each for each in self.corrections if each.state == RequestState.OPEN), None)

    @property
    def asked(self) -> Sequence[OpinionRequest]:
        """The desks that are asked now."""
        return [each for each in self.opinions if each.state == RequestState.OPEN]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionPage:
    """What another desk is asked, with the form it is about."""

    opinion: OpinionRequest
    application: Application
    name: str
    rows: Sequence[Row]
    papers: Sequence[Paper]
    from_office: str
    asked_by: str
    is_open: bool


# --- Finding --------------------------------------------------------------------------------------
def find_case(account: Account, *, office_id: UUID, public_id: str) -> Application | None:
    """A file at the official's office, received or ended since."""
    return (
        Application.objects.select_related(
            "procedure", "citizen", "filer__citizen", "desk__office", "claimed_by__citizen"
        )
        .filter(desk__office_id=office_id, public_id=public_id, received_at__isnull=False)
        .first()
    )


def find_opinion(account: Account, *, office_id: UUID, public_id: str) -> OpinionRequest | None:
    """What a desk of the official's office was asked."""
    return (
        OpinionRequest.objects.select_related(
            "application__procedure",
            "application__citizen",
            "application__filer",
            "application__desk__office",
            "asked_by__citizen",
        )
        .filter(desk__office_id=office_id, public_id=public_id)
        .first()
    )


def find_paper(application: Application, *, public_id: str) -> Attachment | None:
    """A file that was attached to an application."""
    uses = ApplicationFile.objects.filter(application=application)
    return Attachment.objects.filter(public_id=public_id, pk__in=uses.values("attachment")).first()


# --- The page -------------------------------------------------------------------------------------
def case(
    account: Account, application: Application, *, known: Mapping[str, Value], now: datetime
) -> Case:
    """The page; ``known`` is what the state knows of the citizen now."""
    document = revisions.document(application.revision_id)
    form = filed.read(application)
    before = _before(application)
    corrections = list(
        application.corrections.select_related("asked_by__citizen").order_by("asked_at")
    )
    opinions = list(
        application.opinions.select_related("desk__office", "answered_by__citizen").order_by(
            "asked_at"
        )
    )
    consents = list(application.consent_requests.order_by("asked_at"))
    pauses = list(application.pauses.order_by("since"))
    decision = (
        Decision.objects.select_related("proposed_by__citizen", "decided_by__citizen")
        .filter(application=application)
        .first()
    )
    until = application.claimed_until
    is_held = until is not None and until > now and application.ended_at is None
    holder = application.claimed_by if is_held else None
    return Case(
        application=application,
        document=document,
        name=in_language(document.name),
        state=ApplicationState(application.state),
        rows=rows_of(document, form, known=known, before=before),
        before=before,
        sha256=form.sha256,
        is_whole=form.is_whole,
        papers=papers_of(application, document),
        pauses=pauses,
        consents=list({each.field: each for each in consents}.values()),
        corrections=corrections,
        opinions=opinions,
        happenings=_happenings(
            application,
            pauses,
            corrections=corrections,
            opinions=opinions,
            consents=consents,
            decision=decision,
        ),
        messages=_messages(application),
        notes=_notes(application),
        decision=decision,
        issued=Result.objects.filter(application=application).defer("pdf", "says", "code").first(),
        reasons=reasons_of(document),
        labels=labels_of(application),
        words=dict([*RequestState.choices, *ConsentState.choices]),
        used=desk.used(
            application,
            pauses=[Pause(each.since, each.until) for each in pauses],
            days=working_days.load(application.received_on) if application.received_on else {},
            now=now,
        ),
        holder=holder.citizen.full_name if holder else "",
        held_since=application.claimed_at if holder else None,
        is_mine=holder is not None and holder.pk == account.pk,
        is_free=holder is None,
    )


def opinion_page(opinion: OpinionRequest) -> OpinionPage:
    """What the other desk needs: the form as it was filed, and the question."""
    application = opinion.application
    document = revisions.document(application.revision_id)
    return OpinionPage(
        opinion=opinion,
        application=application,
        name=in_language(document.name),
        rows=rows_of(document, filed.read(application), known=None, before=None),
        papers=papers_of(application, document),
        from_office=application.desk.office.name,
        asked_by=opinion.asked_by.citizen.full_name,
        is_open=is_open(opinion),
    )


def is_open(opinion: OpinionRequest) -> bool:
    """Whether the other desk may still read the form and answer."""
    return opinion.state == RequestState.OPEN and opinion.application.ended_at is None


def document_of(application: Application) -> Document:
    """The document it was filed under."""
    return revisions.document(application.revision_id)


def name_of(application: Application) -> str:
    """What the procedure is called."""
    return in_language(document_of(application).name)


def labels_of(application: Application) -> dict[str, str]:
    """The fields' labels, by key."""
    return {each.key: in_language(each.label) for each in document_of(application).fields}


def askable(application: Application) -> list[str]:
    """The keys of the fields that can be asked for again."""
    form = filed.read(application)
    shown = set(form.settle().shown)
    return [each.key for each in form.document.fields if each.key in shown and can_be_asked(each)]


def can_be_asked(of: Field) -> bool:
    """Whether a person answers it: what is known, worked out or consented to is not asked again."""
    return of.is_asked and of.kind != "consent"


def reasons_of(document: Document) -> list[Reason]:
    """Why it can be refused."""
    return [
        Reason(key=each["key"], words=in_language(each["words"]), law=in_language(each["law"]))
        for each in document.data["refusals"]
    ]


def appeal_of(document: Document) -> tuple[str, int]:
    """To whom one appeals, and within how many days."""
    appeal = document.data["appeal"]
    return in_language(appeal["to"]), appeal["days"]


def result_text(application: Application, document: Document) -> tuple[str, list[str]]:
    """The result as it would be written: its title and its paragraphs, in the language of who reads."""
    form = filed.read(application)
    result: Mapping[str, Any] = document.data["result"]
    return in_language(result["title"]), [
        wording.fill(document, in_language(each), values=form.values, known_ones=form.known)
        for each in result["body"]
    ]


def rows_of(
    document: Document,
    form: Filed,
    *,
    known: Mapping[str, Value] | None,
    before: Application | None,
) -> list[Row]:
    """Every field of the form that is shown, beside what is registered now and what the file before said.

    What others agreed to is no answer of the form.
    """
    earlier = filed.read(before) if before else None
    shown = set(form.settle().shown)
    return [
        _row(each, form, known=known, earlier=earlier)
        for each in document.fields
        if each.key in shown and each.kind != "consent"
    ]


def papers_of(application: Application, document: Document) -> list[Paper]:
    """What was attached, in the order it was."""
    uses = (
        ApplicationFile.objects.select_related("attachment")
        .defer("attachment__content")
        .filter(application=application)
        .order_by("pk")
    )
    labels = {each.key: in_language(each.label) for each in document.fields}
    return [
        Paper(
            public_id=use.attachment.public_id,
            label=labels.get(use.field, use.field),
            name=use.attachment.name,
            media_type=use.attachment.media_type,
            size=use.attachment.size,
            pages=use.attachment.pages,
            is_scanned=use.attachment.scan == "CLEAN",
            sent_at=use.attachment.uploaded_at,
        )
        for use in uses
    ]


# --- Parts ----------------------------------------------------------------------------------------
def _row(
    of: Field, form: Filed, *, known: Mapping[str, Value] | None, earlier: Filed | None
) -> Row:
    declared = form.values.get(of.key)
    source = of.known or of.suggest
    registered = known.get(source) if known is not None and source else None
    previous = earlier.values.get(of.key) if earlier and earlier.document.find(of.key) else None
    return Row(
        key=of.key,
        label=in_language(of.label),
        declared=wording.value(of, declared),
        registered=wording.known(source, registered) if source else "",
        before=wording.value(of, previous),
        against_register=_look(declared, registered),
        against_before=_look(declared, previous),
        can_be_asked=can_be_asked(of),
        inner=_inner(of, declared),
    )


def _look(one: Value, other: Value) -> Look:
    if not is_there(one) or not is_there(other):
        return "none"
    return "same" if values.to_json(one) == values.to_json(other) else "differs"


def _inner(of: Field, found: Value) -> list[list[tuple[str, str]]]:
    if of.kind != "rows" or not isinstance(found, list):
        return []
    return [
        [
            (in_language(each.label), wording.value(each, row.get(each.key)))
            for each in of.fields
            if is_there(row.get(each.key))
        ]
        for row in found
        if isinstance(row, Mapping)
    ]


def _before(application: Application) -> Application | None:
    """The last file of the same person and procedure that was received before this one."""
    return (
        Application.objects.select_related("desk__office")
        .filter(
            citizen_id=application.citizen_id,
            procedure_id=application.procedure_id,
            received_at__isnull=False,
            pk__lt=application.pk,
        )
        .order_by("-pk")
        .first()
    )


def _messages(application: Application) -> list[Letter]:
    rows = Message.objects.select_related("account__citizen").filter(application=application)
    names = {Writer.CITIZEN: application.filer.citizen.full_name, Writer.PORTAL: _("The portal")}
    return [
        Letter(
            by_office=row.writer != Writer.CITIZEN,
            who=names.get(Writer(row.writer)) or _name(row.account),
            text=row.text,
            at=row.sent_at,
        )
        for row in rows.order_by("pk")
    ]


def _notes(application: Application) -> list[Letter]:
    rows = InternalNote.objects.select_related("account__citizen").filter(application=application)
    return [
        Letter(by_office=True, who=_name(row.account), text=row.text, at=row.written_at)
        for row in rows.order_by("pk")
    ]


def _name(account: Account | None) -> str:
    citizen: Citizen | None = account.citizen if account else None
    return citizen.full_name if citizen else ""


def _happenings(
    application: Application,
    pauses: Sequence[ClockPause],
    *,
    corrections: Sequence[CorrectionRequest],
    opinions: Sequence[OpinionRequest],
    consents: Sequence[ConsentRequest],
    decision: Decision | None,
) -> list[Happening]:
    """What happened, in its order."""
    found = [Happening(at=application.filed_at, title=_("Filed"))]
    if application.received_at:
        found.append(Happening(at=application.received_at, title=_("Received: the clock runs")))
    for pause in pauses:
        titles = _("The clock stopped"), _("The clock went on")
        why = str(PauseReason(pause.reason).label)
        found += _span(titles, pause.since, pause.until, begun=why)
    for asked in corrections:
        titles = (
            _("The citizen was asked to correct something"),
            _("What was asked of the citizen ended"),
        )
        how = str(RequestState(asked.state).label)
        found += _span(titles, asked.asked_at, asked.answered_at, ended=how)
    for opinion in opinions:
        titles = _("An opinion was asked for"), _("What was asked of another desk ended")
        where, how = opinion.desk.office.name, str(RequestState(opinion.state).label)
        ended = f"{where}: {how}"
        found += _span(titles, opinion.asked_at, opinion.answered_at, begun=where, ended=ended)
    for consent in consents:
        titles = _("Another person was asked to agree"), _("The question to another person ended")
        how = str(ConsentState(consent.state).label)
        found += _span(titles, consent.asked_at, consent.answered_at, ended=how)
    found += _end(application, decision)
    return sorted(found, key=lambda each: each.at)


def _span(
    titles: tuple[str, str],
    since: datetime,
    until: datetime | None,
    *,
    begun: str = "",
    ended: str = "",
) -> list[Happening]:
    first = Happening(at=since, title=titles[0], detail=begun, kind="done" if until else "now")
    return [first] if until is None else [first, Happening(at=until, title=titles[1], detail=ended)]


def _end(application: Application, decision: Decision | None) -> list[Happening]:
    if decision is None:
        ended = application.ended_at
        return [Happening(at=ended, title=_("Withdrawn"))] if ended else []
    said = str(Outcome(decision.outcome).label)
    if decision.decided_at is None:
        title = _("A decision was proposed")
        return [Happening(at=decision.proposed_at, title=title, detail=said, kind="now")]
    return [Happening(at=decision.decided_at, title=_("Decision"), detail=said)]
