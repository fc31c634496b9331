"""A visit to the counter: the card is read, the register asked, what disagrees is found."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import CaseState, ChipVerdict, RegisterStatus, ScanSource
from accounts.gateways import population
from accounts.models import Account, CardCase, ChipReading, Citizen, RegistrationCode
from accounts.models.offices import in_force
from accounts.rules import findings, kept, scan
from accounts.selectors import counter as counter_pages
from accounts.services import register, watching
from eid_portal.core import audit, clock
from eid_portal.core.events import SYSTEM, Actor, Event
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.core.transitions import move

PURPOSE: Final = "counter"
Answer = population.Found | population.NotFound | Unavailable | Unknown
LEFT_AFTER: Final = timedelta(
    hours=24
)  # what register and citizen said is older than a visit lasts
APPROVED_LASTS: Final = (
    policy.APPROVAL_LASTS + LEFT_AFTER
)  # from the scan: the citizen comes back with the approval


class CounterRefused(Exception):
    """The counter cannot do this; ``code`` says why and ``message`` tells the officer what to do."""

    code = "counter_refused"
    message: Any = _("This cannot be done at the counter.")


class ForOneself(CounterRefused):
    """The officer is the citizen."""

    code = "for_oneself"
    message = _("This is your own number. A colleague must serve you.")


class NotOpen(CounterRefused):
    """The case was issued, refused, put before somebody or left in the meantime."""

    code = "not_open"
    message = _("This case is no longer open. Here is where it stands.")


class AskFirst(CounterRefused):
    """Neither the register nor we know this person yet."""

    code = "ask_first"
    message = _("The population register has not answered about this person yet. Ask it first.")


class NotAtCounter(CounterRefused):
    """Whoever acts has no account or no office: the portal itself, a party."""

    code = "not_at_counter"


# --- The card -----------------------------------------------------------------------------------
@transaction.atomic
def open_case(*, reading: scan.Reading, actor: Actor, now: datetime) -> CardCase:
    """A case for what the box held; the officer's open case for the same number is used again.

    Raises:
        ForOneself: see the class.
        NotAtCounter: see the class.
    """
    if actor.account_id is None or actor.office_id is None:
        raise NotAtCounter
    officer = Account.objects.select_for_update().get(pk=actor.account_id)  # one scan at a time
    citizen = register.find_citizen(reading.number)
    if citizen is not None and citizen.pk == actor.citizen_id:
        raise ForOneself
    source, values = kept.source_of(reading), kept.keep(reading)
    case = _open_case_of(officer, actor.office_id, reading.number)
    if case is not None and source in {ScanSource(case.source), ScanSource.TYPED}:
        return case
    if case is not None:  # the number was typed and now the card is here, or its other side
        case.source, case.card_reading = source, values
        case.findings = _findings(case, held=case.citizen, today=clock.today(now))
        case.save(update_fields=["source", "card_reading", "findings"])
    else:
        case = CardCase.objects.create(
            state=CaseState.OPEN,
            officer=officer,
            office_id=actor.office_id,
            source=source,
            number_typed=source == ScanSource.TYPED,
            citizen=citizen,
            card_reading=values,
            opened_at=now,
        )
    _record(events.CaseOpened(source=source.value), case, actor, now)
    watching.looked(actor=actor, citizen_id=case.citizen_id, case=case, now=now)
    return case


def start(*, reading: scan.Reading, actor: Actor, now: datetime) -> CardCase:
    """Open a case and ask the register about it, unless it has answered: what a scan does.

    Raises:
        ForOneself: see the class.
    """
    case = open_case(reading=reading, actor=actor, now=now)
    if case.register_status in {RegisterStatus.FOUND, RegisterStatus.NOT_FOUND}:
        return case
    return ask_register(case=case, actor=actor, now=now)


# --- The register -------------------------------------------------------------------------------
def ask_register(*, case: CardCase, actor: Actor, now: datetime) -> CardCase:
    """Ask the population register about the person of an open case, and keep what it says.

    Three steps: the case is looked at, the register called outside any transaction, the answer recorded.

    Raises:
        NotOpen: see the class.
    """
    with transaction.atomic():
        number = locked(case).card_reading["number"]
    answer = population.look_up(number)
    with transaction.atomic():
        return _keep_answer(locked(case), answer, actor=actor, now=now)


def _keep_answer(case: CardCase, answer: Answer, *, actor: Actor, now: datetime) -> CardCase:
    held = case.citizen
    status = RegisterStatus.UNAVAILABLE
    match answer:
        case population.Found(person):
            status = RegisterStatus.FOUND
            case.register_answer = register.kept_answer(person)
            case.citizen = register.take_in(person, now=now)
        case population.NotFound():
            status = RegisterStatus.NOT_FOUND
            case.register_answer = None
        case Unavailable() | Unknown():
            pass
    if status != RegisterStatus.UNAVAILABLE or case.register_status != RegisterStatus.FOUND:
        case.register_status = status
    case.findings = _findings(case, held=held, today=clock.today(now))
    case.save(update_fields=["register_status", "register_answer", "citizen", "findings"])
    _record(events.RegisterAsked(status=status.value), case, actor, now)
    return case


def find_again(case: CardCase, *, now: datetime) -> None:
    """Look again for what disagrees, in the caller's transaction: something new was read."""
    case.findings = _findings(case, held=case.citizen, today=clock.today(now))
    case.save(update_fields=["findings"])


# --- The end ------------------------------------------------------------------------------------
def abandon(*, case: CardCase, actor: Actor, now: datetime) -> None:
    """Leave an open case: the person went away, or it was a mistake.

    Raises:
        NotOpen: see the class.
    """
    with transaction.atomic():
        row = locked(case, also=CaseState.APPROVED)
        move(
            row,
            states.CASE,
            to=CaseState.ABANDONED,
            event=events.CaseAbandoned(),
            actor=actor,
            subject_id=row.citizen_id,
            purpose=PURPOSE,
            now=now,
            closed_at=now,
        )


def abandon_old(*, now: datetime) -> int:
    """Leave the open and approved cases of people who went away. Returns how many; for a periodic task."""
    count = 0
    old = Q(state=CaseState.OPEN, opened_at__lt=now - LEFT_AFTER) | Q(
        state=CaseState.APPROVED, opened_at__lt=now - APPROVED_LASTS
    )
    for case in CardCase.objects.filter(old)[:500]:
        try:
            abandon(case=case, actor=SYSTEM, now=now)
        except NotOpen:
            continue
        count += 1
    return count


# --- Parts the other modules of the counter use --------------------------------------------------
def locked(case: CardCase, *, also: CaseState | None = None) -> CardCase:
    """The case, locked until the end of the transaction.

    Raises:
        NotOpen: it is neither open nor in the state ``also``.
    """
    row = CardCase.objects.select_for_update(of=("self",)).select_related("citizen").get(pk=case.pk)
    if row.state not in {CaseState.OPEN, also}:
        raise NotOpen
    return row


def is_too_old(case: CardCase, *, now: datetime) -> bool:
    """Whether so much time has passed since the scan that the card must be scanned again."""
    lasts = APPROVED_LASTS if case.state == CaseState.APPROVED else LEFT_AFTER
    return now - case.opened_at > lasts


def _open_case_of(officer: Account, office_id: UUID, number: str) -> CardCase | None:
    rows = CardCase.objects.filter(
        officer=officer, office_id=office_id, state=CaseState.OPEN
    ).select_related("citizen")
    return next((case for case in rows if case.card_reading["number"] == number), None)


def _findings(case: CardCase, *, held: Citizen | None, today: date) -> list[str]:
    answer = case.register_answer
    found = findings.find(
        source=ScanSource(case.source),
        card=kept.card_told(case.card_reading),
        status=RegisterStatus(case.register_status),
        register=kept.register_told(answer) if answer else None,
        held=counter_pages.held_facts(held) if held else None,
        registration_codes=set(
            RegistrationCode.objects.filter(in_force(today)).values_list("code", flat=True)
        ),
        today=today,
    )
    chip = ChipReading.objects.filter(case=case).first()
    if chip is not None:
        found += findings.of_chip(ChipVerdict(chip.verdict), chip.differences)
    return [code.value for code in found]


def _record(event: Event, case: CardCase, actor: Actor, now: datetime) -> None:
    audit.record(
        event, actor=actor, subject_id=case.citizen_id, target=case, purpose=PURPOSE, now=now
    )
