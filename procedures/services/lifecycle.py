"""The way of an application from its receipt to its end: its state, its clock, its decision.

State and pauses follow from what is open: a consent that is asked for, a question to the citizen, an opinion that is
waited for. Whoever opens or closes one of these calls :func:`refresh` in the same transaction, with the application
locked by :func:`hold`; nobody else moves an application.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import NoticeKind
from accounts.models import Account
from eid_portal.core import clock, jobs, working_days
from eid_portal.core.events import SYSTEM, Actor, Event
from eid_portal.core.transitions import move
from procedures import events, states
from procedures.enums import (
    ApplicationState,
    ConsentState,
    Outcome,
    PauseReason,
    RequestState,
)
from procedures.models import (
    Application,
    ClockPause,
    ConsentRequest,
    CorrectionRequest,
    Decision,
    OpinionRequest,
)
from procedures.rules import clocks
from procedures.rules.clocks import Deadline, Pause
from procedures.rules.documents import Document
from procedures.selectors import filed, revisions
from procedures.services import agencies, consents, effects, results, telling

A = ApplicationState
REFUND_FEE: Final = "procedures.refund_fee"
# What an application waits for first, if for several.
_WAITS: Final[Mapping[PauseReason, ApplicationState]] = {
    PauseReason.CONSENT: A.WAITING_CONSENT,
    PauseReason.CITIZEN: A.WAITING_CITIZEN,
    PauseReason.OPINION: A.WAITING_OPINION,
}


class CannotDecide(Exception):
    """It cannot be decided now; ``message`` says why."""

    code = "cannot_decide"
    message: Any = _("This application cannot be decided now. Here is where it stands.")


class CannotWithdraw(Exception):
    """It cannot be taken back now; ``message`` says why."""

    code = "cannot_withdraw"
    message: Any = _("This application cannot be withdrawn any more. Here is where it stands.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How an application is to end; ``refusal`` is the key of a reason in its document."""

    outcome: Outcome
    refusal: str = ""
    words: str = ""
    is_exempt: bool = False
    by_silence: bool = False


def hold(application_id: UUID) -> Application:
    """An application, locked until the caller's transaction ends.

    Raises:
        Application.DoesNotExist: there is none.
    """
    rows = Application.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("procedure", "filer", "citizen", "desk__office").get(
        pk=application_id
    )


def of(application: Application) -> dict[str, str]:
    """What every event of an application says."""
    return {"procedure": application.procedure.code, "reference": application.reference}


def move_on(
    row: Application,
    *,
    to: ApplicationState,
    event: Event,
    actor: Actor,
    now: datetime,
    **values: Any,
) -> None:
    """Move an application that the caller holds, and have the agency of its desk told: in one transaction.

    Raises:
        IllegalTransition, StaleState: see :mod:`eid_portal.core.transitions`.
    """
    with transaction.atomic():
        moved = move(
            row, states.APPLICATION, to=to, event=event, actor=actor,
            subject_id=row.citizen_id, now=now, since=now, **values,
        )  # fmt: skip
        agencies.report(row, moved)


# --- Receiving ------------------------------------------------------------------------------------
def receive(
    application: Application,
    *,
    now: datetime,
    payment_id: UUID | None = None,
    receipt: str = "",
) -> bool:
    """The fee came, or there is none: others are asked to agree, and the clock runs. In the caller's transaction.

    False if that was so already, or the application was taken back before.
    """
    row = hold(application.pk)
    if row.state != A.FILED:
        return False
    document = revisions.document(row.revision_id)
    form = filed.read(row)
    awaited = [
        (key, str(form.values[field.of]))
        for key in form.settle().awaited
        if (field := document.find(key)) is not None
    ]
    due = clocks.deadline(document.clock, form.facts, received_at=now, days=_days(now), pauses=())
    move_on(
        row, to=A.IN_REVIEW, event=events.ApplicationReceived(**of(row)),
        actor=SYSTEM, now=now, received_at=now,
        received_on=due.received, due_at=due.due_at, alert_at=_next_alert(due, 0),
        fee_payment_id=payment_id, fee_receipt=receipt,
    )  # fmt: skip
    consents.ask(row, awaited, document=document, now=now)
    refresh(row, actor=SYSTEM, now=now)
    if document.clock.kind == "instant" and row.state == A.IN_REVIEW:
        refusal = effects.why_not(row, document=document, now=now)
        outcome = Outcome.REFUSED if refusal else Outcome.GRANTED
        verdict = Verdict(outcome=outcome, refusal=refusal, by_silence=True)
        decide(row, verdict, actor=SYSTEM, now=now)
    else:
        telling.tell(row, NoticeKind.APPLICATION_RECEIVED, now=now)
    _give_back(application, row)
    return True


# --- The clock --------------------------------------------------------------------------------------
def refresh(row: Application, *, actor: Actor, now: datetime) -> None:
    """Bring state, pauses and due date in line with what is open; the caller holds the application's lock."""
    if row.state not in {A.IN_REVIEW, *states.WAITING}:
        return
    document = revisions.document(row.revision_id)
    waits = _waits_for(row)
    pausing = {each for each in waits if each.value in document.clock.pauses}
    running = {PauseReason(each.reason): each for each in row.pauses.filter(until__isnull=True)}
    for reason in sorted(pausing - running.keys()):
        ClockPause.objects.create(application=row, reason=reason, since=now)
    for reason in sorted(running.keys() - pausing):
        pause = running[reason]
        pause.until = now
        pause.save(update_fields=["until"])
    values = _clock_of(row, document, is_stopped=bool(pausing))
    first = next((each for each in _WAITS if each in waits), None)
    state = _WAITS[first] if first else A.IN_REVIEW
    if state == row.state:
        _store(row, values)
        return
    event = (
        events.ClockStopped(**of(row), reason=first.value)
        if first
        else events.ClockWentOn(**of(row))
    )
    move_on(row, to=state, event=event, actor=actor, now=now, **values)


def recount(row: Application) -> None:
    """Bring the due date in line with the calendar of working days; the caller holds the application's lock.

    Raises:
        ValueError: it was not received.
    """
    document = revisions.document(row.revision_id)
    is_stopped = row.pauses.filter(until__isnull=True).exists()
    _store(row, _clock_of(row, document, is_stopped=is_stopped))


def _clock_of(row: Application, document: Document, *, is_stopped: bool) -> dict[str, Any]:
    due = deadline_of(row, document)
    return {
        "received_on": due.received,
        "due_at": due.due_at,
        "alert_at": _alert_at(row, due, is_stopped=is_stopped),
    }


def _store(row: Application, values: Mapping[str, Any]) -> None:
    Application.objects.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)


def deadline_of(row: Application, document: Document) -> Deadline:
    """By when an application that was received is decided, with the pauses it has.

    Raises:
        ValueError: it was not received.
    """
    if row.received_at is None:
        raise ValueError("not received")
    pauses = [Pause(each.since, each.until) for each in row.pauses.all()]
    return clocks.deadline(
        document.clock,
        filed.read(row).facts,
        received_at=row.received_at,
        days=_days(row.received_at),
        pauses=pauses,
    )


def _waits_for(row: Application) -> set[PauseReason]:
    waits = set()
    if ConsentRequest.objects.filter(application=row, state=ConsentState.ASKED).exists():
        waits.add(PauseReason.CONSENT)
    if CorrectionRequest.objects.filter(application=row, state=RequestState.OPEN).exists():
        waits.add(PauseReason.CITIZEN)
    if OpinionRequest.objects.filter(application=row, state=RequestState.OPEN).exists():
        waits.add(PauseReason.OPINION)
    return waits


def _days(since: datetime) -> Mapping[Any, bool]:
    return working_days.load(clock.today(since))


def _alert_at(row: Application, due: Deadline, *, is_stopped: bool) -> datetime | None:
    """The next reminder; of what is late and was written about, the day that was promised then."""
    if row.alerted < clocks.ALERTS[-1]:
        return _next_alert(due, row.alerted)
    promised: datetime | None = row.promised_at
    return None if is_stopped else promised


def _next_alert(due: Deadline, alerted: int) -> datetime | None:
    return next((each.at for each in due.alerts if each.per_cent > alerted), None)


# --- Ending -----------------------------------------------------------------------------------------
def decide(
    row: Application,
    verdict: Verdict,
    *,
    actor: Actor,
    now: datetime,
    officer: Account | None = None,
) -> Decision:
    """End an application, held by the caller: its decision, result, effects and notices, in one transaction.

    A decision that was proposed is the one that is made. ``officer`` is who decides; None if the law or a rule does.

    Raises:
        CannotDecide: it waits for something, or has ended.
    """
    if row.state not in {A.IN_REVIEW, A.PROPOSED}:
        raise CannotDecide
    document = revisions.document(row.revision_id)
    with transaction.atomic():
        proposed = Decision.objects.filter(application=row).first()
        decision = proposed or Decision(application=row, proposed_by=officer, proposed_at=now)
        decision.outcome = verdict.outcome
        decision.refusal = verdict.refusal
        decision.words = verdict.words or None
        decision.is_exempt = verdict.is_exempt
        decision.by_silence = verdict.by_silence
        decision.decided_by, decision.decided_at = officer, now
        decision.appeal_until = clock.today(now) + timedelta(days=document.data["appeal"]["days"])
        decision.save()
        _close_requests(row, actor=actor, now=now)
        move_on(
            row, to=A(verdict.outcome.value),
            event=events.ApplicationDecided(
                **of(row), outcome=verdict.outcome, reason=verdict.refusal, by_silence=verdict.by_silence
            ),
            actor=actor, now=now, ended_at=now,
            claimed_by=None, claimed_until=None, alert_at=None,
        )  # fmt: skip
        results.begin(row, decision, document=document, now=now)
        if verdict.outcome == Outcome.GRANTED:
            effects.begin(row, document=document, now=now)
        if verdict.is_exempt and row.fee_payment_id is not None:
            jobs.enqueue(REFUND_FEE, subject_id=row.pk)
        telling.tell(row, NoticeKind.APPLICATION_DECIDED, now=now)
    return decision


def withdraw(row: Application, *, actor: Actor, now: datetime) -> None:
    """Take an application back, held by the caller.

    Raises:
        CannotWithdraw: it has ended.
    """
    if row.state in states.ENDED:
        raise CannotWithdraw
    with transaction.atomic():
        _close_requests(row, actor=actor, now=now)
        Decision.objects.filter(application=row, decided_at__isnull=True).delete()
        move_on(
            row, to=A.WITHDRAWN, event=events.ApplicationWithdrawn(**of(row)),
            actor=actor, now=now, ended_at=now,
            claimed_by=None, claimed_until=None, alert_at=None, due_at=None,
        )  # fmt: skip


def _close_requests(row: Application, *, actor: Actor, now: datetime) -> None:
    """Nobody has to answer any more; the pauses end."""
    for asked in row.consent_requests.filter(state=ConsentState.ASKED):
        move(
            asked, states.CONSENT, to=ConsentState.CLOSED,
            event=events.ConsentClosed(**of(row), field=asked.field),
            actor=actor, subject_id=asked.citizen_id, now=now, answered_at=now,
        )  # fmt: skip
    for question in row.corrections.filter(state=RequestState.OPEN):
        move(
            question, states.CORRECTION, to=RequestState.CLOSED,
            event=events.CorrectionClosed(**of(row)),
            actor=actor, subject_id=row.citizen_id, now=now, answered_at=now,
        )  # fmt: skip
    for opinion in row.opinions.filter(state=RequestState.OPEN):
        move(
            opinion, states.OPINION, to=RequestState.CLOSED, event=events.OpinionClosed(**of(row)),
            actor=actor, subject_id=row.citizen_id, now=now, answered_at=now,
        )  # fmt: skip
    row.pauses.filter(until__isnull=True).update(until=now)


def _give_back(application: Application, row: Application) -> None:
    """The caller's copy of an application as it is now."""
    for name in ("state", "received_at", "received_on", "due_at", "alert_at", "since", "ended_at"):
        setattr(application, name, getattr(row, name))
