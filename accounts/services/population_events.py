"""Take the population register's word that somebody died, or that an ID card was lost or revoked.

The same id is answered the same for ever. Somebody the portal does not hold is remembered by nothing but the id.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from accounts.enums import ActedBy, CardState, PopulationEventKind, PopulationEventOutcome
from accounts.models import Citizen, PopulationEvent
from accounts.services import card_event_reading as reading
from accounts.services import issuing, locking, register
from accounts.services.card_event_reading import Malformed
from eid_portal.core import telling
from eid_portal.core.events import Actor

NAMES: Final = frozenset({"event_id", "kind", "personal_number", "at"})
_NUMBER: Final = re.compile(r"[0-9]{12}")
_BODY: Final = "population_event"
_CLOCKS_DIFFER: Final = timedelta(minutes=5)  # as much as a signature may be old


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the register tells."""

    event_id: UUID
    kind: PopulationEventKind
    personal_number: str = field(repr=False)


def read(body: Any, *, now: datetime) -> Told:
    """Read an event as it stands on the wire.

    Raises:
        Malformed: ``malformed``, ``missing``, ``unexpected`` or ``in_future``.
    """
    if not isinstance(body, Mapping):
        raise Malformed("malformed", "")
    if body.keys() - NAMES:
        raise Malformed("unexpected", "")
    for name in ("event_id", "kind", "personal_number", "at"):
        if name not in body:
            raise Malformed("missing", name)
    event_id, kind, number = reading.event_id_of(body), body["kind"], body["personal_number"]
    if event_id is None:
        raise Malformed("malformed", "event_id")
    if not isinstance(kind, str) or kind not in PopulationEventKind.values:
        raise Malformed("malformed", "kind")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise Malformed("malformed", "personal_number")
    if reading.moment_of(body, "at") > now + _CLOCKS_DIFFER:
        raise Malformed("in_future", "at")
    return Told(event_id=event_id, kind=PopulationEventKind(kind), personal_number=number)


def take(
    told: Told, *, body: Any, party: str, actor: Actor, now: datetime
) -> PopulationEventOutcome:
    """Close or lock as the register says, in one transaction. ``body`` is what came, to know it again by.

    Raises:
        telling.Conflict: the id was taken before, with another body or from another party.
    """
    row = telling.once(
        PopulationEvent,
        lambda body_hash: _take(told, body_hash=body_hash, party=party, actor=actor, now=now),
        event_id=told.event_id,
        body=body,
        purpose=_BODY,
        party=party,
    )
    return PopulationEventOutcome(row.outcome)


@transaction.atomic
def _take(
    told: Told, *, body_hash: bytes, party: str, actor: Actor, now: datetime
) -> PopulationEvent:
    issuing.lock_people([told.personal_number])
    citizen = register.find_citizen(told.personal_number)
    outcome = PopulationEventOutcome.UNKNOWN
    if citizen is not None:
        acted = _act(told.kind, citizen, actor=actor, now=now)
        outcome = PopulationEventOutcome.DONE if acted else PopulationEventOutcome.NOTHING
    return PopulationEvent.objects.create(
        event_id=told.event_id,
        party=party,
        body_hash=body_hash,
        kind=told.kind,
        outcome=outcome,
        citizen=citizen,
        received_at=now,
    )


def _act(kind: PopulationEventKind, citizen: Citizen, *, actor: Actor, now: datetime) -> bool:
    if kind == PopulationEventKind.DIED:
        return register.note_death(citizen, actor=actor, now=now)
    lost = kind == PopulationEventKind.CARD_LOST
    to = CardState.LOST if lost else CardState.REVOKED
    return locking.lock_for_card(citizen=citizen, to=to, by=ActedBy.REGISTER, actor=actor, now=now)
