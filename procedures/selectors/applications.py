"""What a citizen filed: the list, and one application with its clock, its story and what is asked of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Account
from accounts.selectors import wards
from payments.models import Payment
from procedures import policy, states
from procedures.enums import (
    ApplicationState,
    Capacity,
    ConsentState,
    Outcome,
    RequestState,
    RevocationReason,
    SnapshotReason,
    Writer,
)
from procedures.models import OPEN, Application, ConsentRequest, Decision, Message, Result
from procedures.rules import clocks
from procedures.rules.values import in_language
from procedures.selectors import checking, filed, mandates, revisions, told
from procedures.texts import PAUSED

A = ApplicationState
ON_A_PAGE: Final = 20
_TAGS: Final = {
    A.FILED: ("warn", "receipt-text"),
    A.WAITING_CITIZEN: ("warn", "triangle-alert"),
    A.GRANTED: ("ok", "badge-check"),
    A.REFUSED: ("err", "circle-alert"),
    A.WITHDRAWN: ("info", "x"),
}
_WAITS: Final = ("info", "clock")
_FILERS: Final = {A.FILED, A.WAITING_CITIZEN}  # who filed has to do something; nobody else has
# What a citizen reads of states that are the office's business.
_SAID: Final = {A.PROPOSED: A.IN_REVIEW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An application in the list."""

    public_id: str
    reference: str
    procedure: str
    on_behalf: str = field(repr=False)
    state: str
    tag: tuple[str, str]  # kind and icon
    filed_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    is_asked: bool  # something is asked of who reads: of who filed it


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of the list; ``more`` is where the next begins."""

    lines: Sequence[Line]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened, or will."""

    at: datetime | None
    icon: str
    title: str
    detail: str = field(default="", repr=False)
    kind: str = "done"  # done, now, next


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A correction that an official asks for."""

    public_id: str
    words: str = field(repr=False)
    labels: Sequence[str]
    answer_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """A consent that somebody has not answered; who it is stays what the citizen typed."""

    public_id: str
    label: str
    asked_at: datetime
    lapses_at: datetime
    reminded_at: datetime | None
    may_remind: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A message; ``is_mine`` if who reads wrote it."""

    text: str = field(repr=False)
    by: str
    at: datetime
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A form as it was filed or corrected, with its hash."""

    reason: str
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An application as its citizen follows it."""

    row: Application = field(repr=False)
    procedure: str
    on_behalf: str = field(repr=False)
    office: str
    code: ApplicationState  # as its citizen may know it
    state: str
    tag: tuple[str, str]
    is_open: bool
    is_filer: bool  # who reads filed it
    is_paused: bool
    fee_is_due: bool
    fee_until: datetime  # then it is taken back
    asked: Sequence[Asked]
    outstanding: Sequence[Outstanding]
    moments: Sequence[Moment]
    messages: Sequence[Written]
    may_write: bool
    kept: Sequence[Kept]
    whole: checking.Checked = field(repr=False)
    payment: str  # public id of the fee's payment
    result: str  # public id
    is_revoked: bool  # the office took the result back
    appeal_until: date | None


# --- The list ------------------------------------------------------------------------------------------
def list_mine(account: Account, *, now: datetime, before: str = "") -> Lines:
    """What a person filed, and what was filed about them, the newest first, from the one after ``before`` on.

    Of what they filed for somebody for whom they do not act any more, nothing that came after is said.
    """
    rows = Application.objects.select_related("procedure", "citizen").filter(_of(account))
    if before:
        at = rows.filter(public_id=before).values_list("pk", flat=True).first()
        rows = rows.filter(pk__lt=at) if at else rows.none()
    found = list(rows.order_by("-pk")[: ON_A_PAGE + 1])
    shown = found[:ON_A_PAGE]
    asked = set(
        Application.objects.filter(pk__in=[row.pk for row in shown]).filter(
            Q(corrections__state=RequestState.OPEN) | Q(state=A.FILED), filer=account
        ).values_list("pk", flat=True)
    )  # fmt: skip
    over = _over(shown, account, now)
    lines = [
        _bare_line(row) if row in over else _line(row, account, is_asked=row.pk in asked)
        for row in shown
    ]
    return Lines(lines, shown[-1].public_id if len(found) > ON_A_PAGE else "")


def _of(account: Account) -> Q:
    return Q(filer=account) | Q(citizen_id=account.citizen_id)


def _over(rows: Sequence[Application], account: Account, now: datetime) -> set[Application]:
    """Those of the rows that are about somebody for whom the person does not act any more."""
    others = {row for row in rows if row.citizen_id != account.citizen_id}
    if not others:
        return others
    children = {each.citizen.pk for each in wards.list_in_force(account, now=now)}
    held = set(mandates.held(account, now=now).values_list("giver_id", "procedure_id"))
    return {
        row
        for row in others
        if not (
            row.citizen_id in children
            if row.capacity == Capacity.CHILD
            else (row.citizen_id, row.procedure_id) in held
        )
    }


def _bare_line(row: Application) -> Line:
    return Line(
        public_id=row.public_id,
        reference=row.reference,
        procedure=in_language(revisions.document(row.revision_id).name),
        on_behalf="",
        state=_("You no longer act for this person"),
        tag=("plain", "x"),
        filed_at=row.filed_at,
        due_at=None,
        ended_at=None,
        is_asked=False,
    )


def _line(row: Application, account: Account, *, is_asked: bool) -> Line:
    return Line(
        public_id=row.public_id,
        reference=row.reference,
        procedure=in_language(revisions.document(row.revision_id).name),
        on_behalf=_on_behalf(row, account),
        state=_said(row, account),
        tag=_tag(row, account),
        filed_at=row.filed_at,
        due_at=row.promised_at or row.due_at,
        ended_at=row.ended_at,
        is_asked=is_asked,
    )


def _on_behalf(row: Application, account: Account) -> str:
    other = row.capacity != Capacity.SELF and row.citizen_id != account.citizen_id
    return row.citizen.full_name if other else ""


def code_of(row: Application) -> ApplicationState:
    """Where it stands as its citizen may know it: a decision that nobody agreed to yet is none."""
    state = A(row.state)
    return _SAID.get(state, state)


def _said(row: Application, reader: Account) -> str:
    """The state in words; whom it waits for follows from who reads."""
    code = code_of(row)
    if code == A.WAITING_CITIZEN and row.filer_id != reader.pk:
        return pgettext("application", "Waits for who filed")
    return str(code.label)


def _tag(row: Application, reader: Account) -> tuple[str, str]:
    state = A(row.state)
    if state in _FILERS and row.filer_id != reader.pk:
        return _WAITS
    return _TAGS.get(state, _WAITS)


# --- One of them ---------------------------------------------------------------------------------------
def open_page(row: Application, *, account: Account, now: datetime) -> Page:
    """An application that its reader may open."""
    form = filed.read(row)
    document = form.document
    decision = Decision.objects.filter(application=row, decided_at__isnull=False).first()
    result = Result.objects.filter(application=row).defer("pdf").first()
    consents = list(row.consent_requests.order_by("pk"))
    corrections = list(row.corrections.order_by("pk"))
    labels = {each.key: in_language(each.label) for each in document.fields}
    office = told.name_desk(row.desk)
    held = {
        each.key: [str(form.answers[each.key])]
        for each in document.fields
        if each.kind in {"file", "paper"} and form.answers.get(each.key)
    }
    return Page(
        row=row,
        procedure=in_language(document.name),
        on_behalf=_on_behalf(row, account),
        office=office,
        code=code_of(row),
        state=_said(row, account),
        tag=_tag(row, account),
        is_filer=row.filer_id == account.pk,
        is_open=row.state not in states.ENDED,
        is_paused=row.state in states.WAITING and row.due_at is None,
        fee_is_due=row.state == A.FILED and row.fee > 0 and row.filer_id == account.pk,
        fee_until=_fee_until(row),
        asked=[
            Asked(
                public_id=each.public_id,
                words=each.words or "",
                labels=[labels.get(key, key) for key in each.fields],
                answer_by=each.answer_by,
            )
            for each in corrections
            if each.state == RequestState.OPEN
        ],
        outstanding=[
            Outstanding(
                public_id=each.public_id,
                label=labels.get(each.field, ""),
                asked_at=each.asked_at,
                lapses_at=each.lapses_at,
                reminded_at=each.reminded_at,
                may_remind=row.filer_id == account.pk
                and (each.reminded_at or each.asked_at) <= now - policy.REMIND_AGAIN,
            )
            for each in consents
            if each.state == ConsentState.ASKED
        ],
        moments=_moments(
            row, office, consents, corrections, decision, labels, result=result, reader=account
        ),
        messages=[_written(each, account, office) for each in row.messages.order_by("pk")],
        may_write=row.state in OPEN and row.filer_id == account.pk,
        kept=[
            Kept(str(SnapshotReason(each.reason).label), each.sha256, each.taken_at)
            for each in row.snapshots.defer("text").order_by("number")
        ],
        whole=checking.check(
            document,
            form.answers,
            form.settle(),
            holdings=told.name_held(document, held, citizen_id=row.citizen_id, chosen=[], now=now),
        ),
        payment=_payment(row),
        result=result.public_id if result else "",
        is_revoked=result is not None and result.revoked_at is not None,
        appeal_until=decision.appeal_until if decision else None,
    )


def _payment(row: Application) -> str:
    if row.fee_payment_id is None:
        return ""
    found = Payment.objects.filter(pk=row.fee_payment_id)
    return found.values_list("public_id", flat=True).first() or ""


def _written(row: Message, account: Account, office: str) -> Written:
    by = {
        Writer.CITIZEN: _("You") if row.account_id == account.pk else _("Who filed"),
        Writer.OFFICE: office,
        Writer.PORTAL: _("The portal"),
    }[Writer(row.writer)]
    return Written(row.text or "", by, row.sent_at, row.account_id == account.pk)


def _moments(
    row: Application,
    office: str,
    consents: Sequence[ConsentRequest],
    corrections: Sequence[Any],
    decision: Decision | None,
    labels: dict[str, str],
    *,
    result: Result | None,
    reader: Account,
) -> list[Moment]:
    """The story so far in its order, where it stands, and what comes."""
    by = (
        _("You filed it")
        if row.filer_id == reader.pk
        else _("%(name)s filed it for you") % {"name": row.filer.citizen.full_name}
    )
    past = [Moment(at=row.filed_at, icon="check", title=by)]
    past += _past(row, office, consents, corrections, labels)
    if decision is not None and decision.decided_at is not None:
        granted = decision.outcome == Outcome.GRANTED
        past.append(
            Moment(
                at=decision.decided_at,
                icon="check" if granted else "x",
                title=str((A.GRANTED if granted else A.REFUSED).label),
                detail="" if decision.by_silence else office,
            )
        )
    if result is not None and result.revoked_at is not None:
        past.append(
            Moment(
                at=result.revoked_at,
                icon="x",
                title=_("The office took the result back"),
                detail=str(RevocationReason(result.revoked_because).label),
            )
        )
    if row.state == A.WITHDRAWN:
        why = (
            _("The fee was not paid in time.")
            if row.fee and row.received_at is None and _is_overdue(row)
            else ""
        )
        past.append(Moment(at=row.ended_at, icon="x", title=_("It was taken back"), detail=why))
    past.sort(key=lambda each: each.at or row.filed_at)
    return [*past, *_to_come(row, office, is_filer=row.filer_id == reader.pk)]


def _is_overdue(row: Application) -> bool:
    return row.ended_at is not None and row.ended_at >= _fee_until(row)


def _fee_until(row: Application) -> datetime:
    return clocks.last_moment(row.filed_at, policy.FEE_WAITS)


def _past(
    row: Application,
    office: str,
    consents: Sequence[ConsentRequest],
    corrections: Sequence[Any],
    labels: dict[str, str],
) -> Iterator[Moment]:
    if row.received_at is not None:
        paid = (
            _("The fee was paid. The time began to run.")
            if row.fee
            else _("The time began to run.")
        )
        title = _("%(office)s received it") % {"office": office}
        yield Moment(at=row.received_at, icon="check", title=title, detail=paid)
    for each in consents:
        label = labels.get(each.field, "")
        if each.answered_at is None or each.state == ConsentState.CLOSED:
            continue
        title = {
            ConsentState.GIVEN: _("Agreed: %(what)s"),
            ConsentState.DENIED: _("Not agreed: %(what)s"),
            ConsentState.LAPSED: _("Not answered in time: %(what)s"),
        }[ConsentState(each.state)]
        icon = "check" if each.state == ConsentState.GIVEN else "x"
        yield Moment(at=each.answered_at, icon=icon, title=title % {"what": label})
    for question in corrections:
        title = _("The office asked for a correction")
        yield Moment(at=question.asked_at, icon="pencil", title=title)
        if question.state == RequestState.ANSWERED:
            yield Moment(at=question.answered_at, icon="check", title=_("It was answered"))
    for pause in row.pauses.order_by("since"):
        if pause.until is not None:
            title = str(PAUSED[pause.reason])
            yield Moment(at=pause.since, icon="clock", title=title, detail=_until(pause.until))


def _until(moment: datetime) -> str:
    return _("Until %(moment)s") % {"moment": told.moment(moment)}


def _to_come(row: Application, office: str, *, is_filer: bool) -> Iterator[Moment]:
    asked = (
        _("Something is asked of you. The time stands still.")
        if is_filer
        else _("Who filed is asked for something. The time stands still.")
    )
    now = {
        A.FILED: ("receipt-text", _("The fee is to be paid")),
        A.IN_REVIEW: ("clock", _("%(office)s looks at it") % {"office": office}),
        A.PROPOSED: ("clock", _("%(office)s looks at it") % {"office": office}),
        A.WAITING_CITIZEN: ("clock", asked),
        A.WAITING_CONSENT: ("clock", _("Somebody is asked to agree. The time stands still.")),
        A.WAITING_OPINION: ("clock", _("Another office is asked.")),
    }.get(A(row.state))
    if now is None:
        return
    icon, title = now
    yield Moment(at=row.since, icon=icon, title=title, kind="now")
    due = row.promised_at or row.due_at
    when = (
        _("By %(moment)s at the latest") % {"moment": told.moment(due)}
        if due
        else _("The date is said as soon as the time runs")
    )
    yield Moment(at=None, icon="file-check", title=_("Decision"), detail=when, kind="next")
