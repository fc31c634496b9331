"""Take events from card production: each is answered by its id, and the same id is answered the same for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import DeadlockDetected

from accounts.enums import CardEventOutcome
from accounts.models import CardEvent
from accounts.services import card_event_reading as reading
from accounts.services import grants, issuing
from accounts.services.card_event_reading import Malformed, ReadEvent
from eid_portal.core import bulk, telling
from eid_portal.core.events import Actor
from eid_portal.core.transitions import StaleState

CARD_PRODUCTION: Final = "card-production"  # the party whose events come signed or by file
_BODY: Final = "card_event"
_TRIES: Final = 3
# Which part of the event a refusal of :mod:`grants` is about.
FIELDS: Final = {
    "personal_number": "personal_number",
    "former_number": "personal_number",
    "birth_year_number": "birth_date",
    "sex_number": "sex",
    "birth_date": "birth_date",
    "card_number": "card.number",
    "card_in_future": "card.issued_on",
    "card_expired": "card.expires_on",
    "card_older": "card.issued_on",
    "deceased": "personal_number",
    "phone_taken": "phone",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an event. ``code`` and ``field`` are empty unless it was refused or is a conflict.

    A malformed event has not used up its id: corrected, it may come again. ``event_id`` is None if it had none.
    ``again`` says that the id was taken before.
    """

    event_id: UUID | None
    outcome: CardEventOutcome | Literal["conflict"]
    code: str = ""
    field: str = ""
    again: bool = False


def take(*, events: Sequence[Any], party: str, actor: Actor, now: datetime) -> list[Answer]:
    """Issue or refresh the accounts of a batch (at most ``policy.CARD_EVENTS_AT_ONCE``), in one transaction.

    ``events`` are what JSON made of the wire format (``docs``: ``/api/docs/``). Answers stand in their order. An event
    whose id was taken before with the same body gets the same answer, with another body ``conflict``.
    """
    for _try in range(_TRIES - 1):
        try:
            return _take(events, party=party, actor=actor, now=now)
        except (IntegrityError, StaleState):
            continue  # another batch took an id, a phone or a card at the same moment: now we see it
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    return _take(events, party=party, actor=actor, now=now)


@transaction.atomic
def _take(events: Sequence[Any], *, party: str, actor: Actor, now: datetime) -> list[Answer]:
    answers: list[Answer | None] = [None] * len(events)
    fresh: dict[UUID, tuple[int, ReadEvent]] = {}
    again: list[tuple[int, UUID]] = []
    known = _known(events)
    for place, event in enumerate(events):
        event_id = reading.event_id_of(event)
        if event_id is not None and event_id in known:
            answers[place] = _repeated(known[event_id], event, party)
        elif event_id is not None and event_id in fresh:
            again.append((place, event_id))
        else:
            try:
                read = reading.read(event)
            except Malformed as error:
                answers[place] = Answer(event_id, CardEventOutcome.REFUSED, error.code, error.field)
            else:
                fresh[read.event_id] = place, read
    for place, row in _issue(fresh, events, party=party, actor=actor, now=now):
        known[row.event_id] = row
        answers[place] = _answer(row)
    for place, event_id in again:
        answers[place] = _repeated(known[event_id], events[place], party)
    return [answer for answer in answers if answer is not None]


def _known(events: Sequence[Any]) -> dict[UUID, CardEvent]:
    named = {event_id for event in events if (event_id := reading.event_id_of(event))}
    return {row.event_id: row for row in CardEvent.objects.filter(event_id__in=named)}


def _issue(
    fresh: dict[UUID, tuple[int, ReadEvent]],
    events: Sequence[Any],
    *,
    party: str,
    actor: Actor,
    now: datetime,
) -> list[tuple[int, CardEvent]]:
    if not fresh:
        return []
    results = issuing.issue_accounts(
        grants=[read.grant for _place, read in fresh.values()],
        by="card_production",
        actor=actor,
        now=now,
    )
    rows = []
    for (place, read), result in zip(fresh.values(), results, strict=True):
        row = CardEvent(
            event_id=read.event_id,
            party=party,
            body_hash=telling.hash_of(events[place], purpose=_BODY),
            kind=read.grant.kind,
            received_at=now,
        )
        if isinstance(result, grants.Refusal):
            row.outcome, row.code = CardEventOutcome.REFUSED, result.code
        else:
            row.outcome, row.citizen_id = result.outcome, result.citizen_id
        rows.append((place, row))
    # In one order for all, so that two batches with the same ids do not wait in a circle.
    in_order = sorted((row for _place, row in rows), key=lambda row: row.event_id)
    bulk.insert(in_order)
    return rows


def _answer(row: CardEvent, *, again: bool = False) -> Answer:
    outcome = CardEventOutcome(row.outcome)
    return Answer(row.event_id, outcome, row.code, FIELDS.get(row.code, ""), again)


def _repeated(row: CardEvent, event: Any, party: str) -> Answer:
    if telling.is_same(row, body=event, purpose=_BODY, party=party):
        return _answer(row, again=True)
    return Answer(row.event_id, "conflict", "conflict", "event_id", again=True)
