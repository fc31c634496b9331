"""Ask the register that owns a wrong value to correct it, follow the answer, and verify the paper anew by itself.

What the paper's registry owns goes over its wire: the request is a row, a job sends it under its reference, and an
answer that never came is asked for again with the same reference. What the population register owns goes as a request
about data to the portal's administrators, who write to it: the portal has no wire for that, and says so.

Locks are taken in one order: the account, the paper, its correction.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import (
    AccountState,
    DataRequestKind,
    DataRequestState,
    DataSubject,
    NoticeKind,
)
from accounts.models import Account, Citizen, DataRequest
from accounts.policy import ANSWER_WITHIN, SLIP_ALPHABET
from accounts.services import data_requests, notices
from documents import events, gateways, kinds, policy, states
from documents.enums import (
    CorrectionSide,
    CorrectionState,
    DocumentState,
    FieldResult,
    VerificationReason,
)
from documents.gateways.base import NotTaken, Received, Wrong
from documents.models import Correction, Document
from documents.rules.papers import from_json
from documents.selectors import corrections, holders
from documents.services import showable, verification
from eid_portal.core import audit, clock, ids, jobs, metrics, outside, working_days
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.core.transitions import StaleState, move

SEND: Final = "documents.send_correction"
POPULATION: Final = "population"  # the party that no correction is sent to over a wire
OPEN: Final = corrections.OPEN
AT_ONCE: Final = 500
_TAIL: Final = 4
_WRONG: Final = frozenset({FieldResult.DIFFERENT.value, FieldResult.MISSING.value})

log = structlog.get_logger()


class CorrectionRefused(Exception):
    """The correction cannot be asked for, or not so; ``message`` says why."""

    code = "correction_refused"
    message: Any = gettext_lazy("This cannot be done any more. Here is where your paper stands.")


class NothingToCorrect(CorrectionRefused):
    """The paper's state changed meanwhile, or it never was one that can be corrected so."""

    code = "nothing_to_correct"
    message = gettext_lazy("There is nothing to correct any more. Here is where your paper stands.")


class TooManyOpen(CorrectionRefused):
    """So many requests of the person wait that another has to wait for their answers."""

    code = "too_many_open_corrections"
    message = gettext_lazy(
        "Ten of your requests wait for an answer. Wait for one of them, or take one back."
    )


class NotOpen(CorrectionRefused):
    """It was answered, or taken back, in the meantime."""

    code = "correction_not_open"
    message = gettext_lazy("This request was answered in the meantime. Here is the answer.")


class NotWithdrawable(CorrectionRefused):
    """It is a request about data, which runs its course."""

    code = "correction_not_withdrawable"
    message = gettext_lazy(
        "This request is with the administrators and cannot be taken back here. Call the helpline."
    )


@dataclass(frozen=True, slots=True)
class Registry:
    """A register, in words."""

    name: Any
    corrects: Any


# --- Asking -----------------------------------------------------------------------------------------
@transaction.atomic
def request(
    *,
    account: Account,
    citizen: Citizen,
    public_id: str,
    side: CorrectionSide,
    words: str,
    actor: Actor,
    now: datetime,
) -> Correction:
    """Ask for the correction of a paper of ``citizen``, for whom ``account`` acts. While one is open it is that one.

    Raises:
        NothingToCorrect: see the class; also if there is no such paper.
        TooManyOpen: see the class.
    """
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    document = _hold(citizen, public_id)
    open_ = Correction.objects.filter(document=document, state__in=OPEN).first()
    if open_ is not None:
        return open_
    if side not in corrections.sides_of(document):
        raise NothingToCorrect
    mine = Correction.objects.filter(requested_by=account, state__in=OPEN)
    if mine.count() >= policy.CORRECTIONS_OPEN:
        raise TooManyOpen
    fields = [code for code, said in document.differing.items() if said in _WRONG]
    if side == CorrectionSide.REGISTRY:
        row = _ask_population(document, account, citizen, fields, words, actor=actor, now=now)
    else:
        row = Correction.objects.create(
            state=CorrectionState.SENDING,
            reference=_new_reference(now),
            document=document,
            registry=document.registry,
            side=side,
            fields=fields,
            words=words or None,
            requested_at=now,
            requested_by=account,
            due_at=working_days.due(now, working_days=policy.CORRECTION_WORKING_DAYS),
        )
        jobs.enqueue(SEND, subject_id=row.pk)
    audit.record(
        events.CorrectionRequested(kind=document.kind, side=side.value, fields=fields),
        actor=actor,
        subject_id=document.citizen_id,
        target=row,
        now=now,
    )
    return row


def _ask_population(
    document: Document,
    account: Account,
    citizen: Citizen,
    fields: list[str],
    words: str,
    *,
    actor: Actor,
    now: datetime,
) -> Correction:
    try:
        made = data_requests.make(
            account=account,
            form_id=ids.public_id(),
            kind=DataRequestKind.CORRECT,
            subject=DataSubject.IDENTITY,
            question=_question(document, account, citizen, fields, words),
            actor=actor,
            now=now,
        )
    except data_requests.TooManyOpen:
        raise TooManyOpen from None
    return Correction.objects.create(
        state=CorrectionState.OPEN,
        reference=made.reference,
        document=document,
        registry=POPULATION,
        side=CorrectionSide.REGISTRY,
        fields=fields,
        words=words or None,
        outside_id=made.public_id,
        requested_at=now,
        requested_by=account,
        received_at=now,
        due_at=made.done_by,
    )


def _question(
    document: Document, account: Account, citizen: Citizen, fields: list[str], words: str
) -> str:
    """What an administrator reads: whose data, which paper, both values, and what the person adds."""
    kind, holder = kinds.find(document.kind), holders.with_former(citizen)
    lines = []
    if citizen.pk != account.citizen_id:
        lines.append(
            _("About somebody I am the guardian of: %(name)s") % {"name": citizen.full_name}
        )
    said = {"paper": kind.title, "ending": document.number[-4:]}
    lines.append(_("The paper is right: %(paper)s, ending in %(ending)s") % said)
    answer = from_json(document.answer)
    for code in fields:
        on_paper, in_register = kind.value_of(code, holder, answer)
        values = {"field": kind.field_label(code), "paper": on_paper, "register": in_register}
        lines.append(
            _("%(field)s: on the paper %(paper)s, in the population register %(register)s") % values
        )
    return "\n".join([*lines, words] if words else lines)


def _hold(citizen: Citizen, public_id: str) -> Document:
    document = (
        Document.objects.select_for_update(of=("self",), no_key=True)
        .filter(citizen_id=citizen.pk, public_id=public_id)
        .first()
    )
    if document is None:
        raise NothingToCorrect
    return document


def _new_reference(now: datetime) -> str:
    """Such as ``YC-261126-3KQ8``; nobody has it yet, and who makes another at the same time is refused by the table."""
    day = f"{clock.today(now):%y%m%d}"
    while True:
        tail = "".join(secrets.choice(SLIP_ALPHABET) for _place in range(_TAIL))
        reference = f"YC-{day}-{tail}"
        if not Correction.objects.filter(reference=reference).exists():
            return reference


# --- Sending ----------------------------------------------------------------------------------------
def send(claimed: jobs.Claim) -> None:
    """Send a request to its registry: look what is to be sent, call, write down the answer.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    row = (
        Correction.objects.select_related("document__citizen")
        .filter(pk=claimed.subject_id, state=CorrectionState.SENDING)
        .first()
    )
    if row is None:  # taken back, or answered before it was known to have arrived
        claimed.finish()
        return
    gateway = gateways.find(row.registry)
    call = gateway.correction_call(_wrong(row))
    payload = _sent_first(row, call.payload)
    outcome = outside.call(
        row.registry,
        call.method,
        call.path,
        payload=payload,
        tag=call.tag,
        idempotency_key=call.idempotency_key,
    )
    match gateway.read_correction(outcome):
        case Received() as received:
            _note_received(claimed, row, received)
        case NotTaken(code):
            _note_refused(claimed, row, code)
        case Unavailable(reason, retry_after):
            at = clock.now() + retry_after if retry_after else None
            claimed.retry(at=at, error=reason[:80])
        case Unknown(reason):  # perhaps it has arrived: the same reference asks for no second one
            claimed.retry(error=reason[:80])


@transaction.atomic
def _sent_first(row: Correction, payload: Any) -> Any:
    """What was sent at the first try, or now becomes it: a name may change between two, the request may not."""
    held = Correction.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if held.sent is None and held.state == CorrectionState.SENDING:
        held.sent = payload
        held.save(update_fields=["sent"])
    return held.sent or payload


def _wrong(row: Correction) -> Wrong:
    document = row.document
    return Wrong(
        reference=row.reference,
        kind=document.kind,
        number=document.number,
        holder=holders.with_former(document.citizen),
        side=row.side,
        fields=tuple(row.fields),
        words=row.words or "",
    )


def _note_received(claimed: jobs.Claim, row: Correction, received: Received) -> None:
    now = clock.now()
    try:
        with transaction.atomic():
            claimed.finish()
            move(
                row, states.CORRECTION, to=CorrectionState.OPEN,
                event=events.CorrectionReceived(kind=row.document.kind), actor=SYSTEM,
                subject_id=row.document.citizen_id, now=now, received_at=now,
                office=received.office[:200], outside_id=received.outside_id, sent=None,
            )  # fmt: skip
    except StaleState:  # taken back, or answered already, while the registry was asked
        with transaction.atomic():
            claimed.finish()
            # What the registry calls it is kept, so that a later answer finds it.
            Correction.objects.filter(pk=row.pk, outside_id="").update(
                outside_id=received.outside_id, office=received.office[:200]
            )
    except IntegrityError:  # the registry gave two requests one id
        log.warning("correction.id_given_twice", correction_id=str(row.pk))
        claimed.retry(error="id_given_twice")


def _note_refused(claimed: jobs.Claim, row: Correction, code: str) -> None:
    now = clock.now()
    log.info("correction.not_taken", correction_id=str(row.pk), code=code)
    with transaction.atomic():
        claimed.finish()
        Document.objects.select_for_update(of=("self",), no_key=True).get(pk=row.document_id)
        _end(row, corrected=False, words="", actor=SYSTEM, now=now)


# --- Answers ----------------------------------------------------------------------------------------
def answer(
    *,
    document: Document,
    party: str,
    outside_id: str,
    corrected: bool,
    words: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Take a registry's answer about a paper that the caller holds; whether a request was waiting for it.

    It may come before the registry's word that it received the request, and after the holder took it back.
    """
    mine = Correction.objects.filter(document=document, registry=party)
    row = mine.filter(outside_id=outside_id).first()
    row = row or mine.filter(outside_id="", state=CorrectionState.SENDING).first()
    if row is None or row.state not in OPEN:
        return False
    row.document = document
    if row.state == CorrectionState.SENDING:
        try:
            move(
                row, states.CORRECTION, to=CorrectionState.OPEN,
                event=events.CorrectionReceived(kind=document.kind), actor=actor,
                subject_id=document.citizen_id, now=now, received_at=now, outside_id=outside_id, sent=None,
            )  # fmt: skip
        except StaleState:  # its receipt was noted, or it was taken back, at this moment
            row.refresh_from_db(fields=["state", "outside_id"])
        except IntegrityError:  # the id is of another request: it is no answer to this one
            return False
    return _end(row, corrected=corrected, words=words, actor=actor, now=now)


def _end(
    row: Correction,
    *,
    corrected: bool,
    words: str,
    actor: Actor,
    now: datetime,
    verify: bool = True,
) -> bool:
    """Close a request, verify its paper anew and tell who asked; False if it was closed meanwhile."""
    document = row.document
    to = CorrectionState.CORRECTED if corrected else CorrectionState.REFUSED
    if row.state not in OPEN:
        return False
    try:
        move(
            row, states.CORRECTION, to=to,
            event=events.CorrectionEnded(kind=document.kind, corrected=corrected), actor=actor,
            subject_id=document.citizen_id, now=now, answered_at=now, answer=words or None, sent=None,
        )  # fmt: skip
    except StaleState:
        return False
    if verify and document.state != DocumentState.UNLINKED:
        verification.request(document, reason=VerificationReason.CORRECTION, now=now)
    _tell(row, NoticeKind.CORRECTION_ANSWERED, {"reference": row.reference}, now=now)
    return True


def _tell(row: Correction, kind: NoticeKind, values: dict[str, str], *, now: datetime) -> None:
    """Tell who asked, unless they no longer act for whose paper it is."""
    account, holder = row.requested_by, row.document.citizen_id
    acts = account.citizen_id == holder or showable.acts_for(account, holder, now=now)
    if acts and account.state != AccountState.CLOSED:
        notices.tell(
            account=account,
            kind=kind,
            values=values,
            event_key=f"correction:{row.pk}:{kind.value}",
            now=now,
        )


# --- Taking back ------------------------------------------------------------------------------------
@transaction.atomic
def withdraw(*, citizen: Citizen, public_id: str, actor: Actor, now: datetime) -> Correction:
    """Take a request back; pressed twice it is taken back once.

    Raises:
        NotOpen: see the class.
        NotWithdrawable: see the class.
        NothingToCorrect: the person has no such request.
    """
    row = _find(citizen, public_id)
    if row is None:
        raise NothingToCorrect
    document = _hold(citizen, row.document.public_id)
    row.refresh_from_db(fields=["state"])
    if row.state == CorrectionState.WITHDRAWN:
        return row
    if row.state not in OPEN:
        raise NotOpen
    if row.registry == POPULATION:
        raise NotWithdrawable
    try:
        move(
            row, states.CORRECTION, to=CorrectionState.WITHDRAWN,
            event=events.CorrectionWithdrawn(kind=document.kind), actor=actor,
            subject_id=document.citizen_id, now=now, withdrawn_at=now, sent=None,
        )  # fmt: skip
    except StaleState:  # the registry's word that it received it came at this moment
        raise NotOpen from None
    return row


def _find(citizen: Citizen, public_id: str) -> Correction | None:
    rows = Correction.objects.select_related("document")
    return rows.filter(public_id=public_id, document__citizen_id=citizen.pk).first()


# --- Following --------------------------------------------------------------------------------------
def follow(*, now: datetime) -> int:
    """Close requests that are settled without an answer over the wire, and escalate those that are late.

    Returns how many were touched.
    """
    return _follow_agreeing(now) + _follow_population(now) + _escalate(now)


def _follow_agreeing(now: datetime) -> int:
    """The paper agrees since: whatever was asked for is done."""
    rows = Correction.objects.filter(
        state__in=OPEN,
        document__state=DocumentState.VERIFIED,
        document__verified_at__gt=F("requested_at"),
    ).exclude(
        fields=[], side=CorrectionSide.NEITHER
    )  # something on a paper that agreed all the time
    return sum(_close(pk, corrected=True, words="", verify=False, now=now) for pk in _keys(rows))


def _follow_population(now: datetime) -> int:
    """What became of the requests about data that stand for corrections of the population register."""
    rows = Correction.objects.filter(state__in=OPEN, registry=POPULATION)
    asked = dict(rows.order_by("due_at").values_list("outside_id", "pk")[:AT_ONCE])
    count = 0
    for made in DataRequest.objects.filter(public_id__in=asked):
        pk = asked[made.public_id]
        match DataRequestState(made.state):
            case DataRequestState.DONE:
                count += _close(pk, corrected=True, words=made.answer or "", now=now)
            case DataRequestState.REFUSED:
                count += _close(pk, corrected=False, words=made.answer or "", now=now)
            case _:  # it may take longer once, for a reason its holder reads
                later = Correction.objects.filter(pk=pk, state__in=OPEN, due_at__lt=made.done_by)
                count += later.update(due_at=made.done_by)
    return count


def _escalate(now: datetime) -> int:
    late = Correction.objects.filter(state__in=OPEN, due_at__lte=now, escalated_at__isnull=True)
    return sum(_escalate_one(pk, now) for pk in _keys(late))


@transaction.atomic
def _escalate_one(pk: UUID, now: datetime) -> bool:
    late = Correction.objects.filter(pk=pk, state__in=OPEN, escalated_at__isnull=True)
    if not late.update(escalated_at=now):
        return False
    row = Correction.objects.select_related("requested_by").get(pk=pk)
    log.error("correction.late", correction_id=str(pk), registry=row.registry)
    with translation.override(row.requested_by.language):
        values = {
            "reference": row.reference,
            "due": f"{clock.today(row.due_at):%d/%m/%Y}",
            "office": str(has_it(row)),
        }
    _tell(row, NoticeKind.CORRECTION_LATE, values, now=now)
    return True


@transaction.atomic
def _close(pk: UUID, *, corrected: bool, words: str, now: datetime, verify: bool = True) -> bool:
    row = Correction.objects.select_related("document", "requested_by").get(pk=pk)
    Document.objects.select_for_update(of=("self",), no_key=True).get(pk=row.document_id)
    return _end(row, corrected=corrected, words=words, actor=SYSTEM, now=now, verify=verify)


def _keys(rows: QuerySet[Correction]) -> list[UUID]:
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:AT_ONCE])


def has_it(row: Correction) -> Any:
    """Who has a request at the moment, in words."""
    if row.registry == POPULATION:
        return gettext_lazy("an administrator of the portal, who writes to the commune police")
    if row.state == CorrectionState.SENDING:
        return gettext_lazy("the portal, because the registry could not be reached yet")
    return row.office or gateways.find(row.registry).CORRECTS


def registry_of(party: str) -> Registry:
    """The register behind a party, in words: its name, and who corrects what it holds."""
    if party == POPULATION:
        name = gettext_lazy("Population register")
        return Registry(name, gettext_lazy("The commune police where the holder is registered"))
    gateway = gateways.find(party)
    return Registry(gateway.NAME, gateway.CORRECTS)


def population_due(*, now: datetime) -> tuple[datetime, datetime]:
    """By when a request about the population register is answered, and carried out."""
    days = data_requests.days_for(DataRequestKind.CORRECT, third_parties=True)
    return (
        working_days.due(now, working_days=ANSWER_WITHIN),
        working_days.due(now, calendar_days=days),
    )


def register() -> None:
    """Let operators' alarms see what is late; called in ``apps.ready()``."""
    metrics.register(
        "eid_corrections_overdue",
        "Corrections that registries were to answer by now",
        "SELECT count(*) FROM documents_correction WHERE state IN ('SENDING', 'OPEN') AND due_at <= %(now)s",
    )
