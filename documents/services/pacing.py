"""How fast a registry may be asked: all workers together take their turns from its one row."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from documents.models import Registry
from eid_portal.core import statements

# Never so far ahead that a clock put right, or a pace that was raised, leaves a registry unasked.
_FURTHEST: Final = timedelta(seconds=30)
_RESERVE: Final = """
UPDATE documents_registry SET next_call_at =
    LEAST(GREATEST(COALESCE(next_call_at, %(now)s), %(now)s), %(furthest)s)
    + %(turns)s * interval '1 second' / calls_per_second
WHERE party = %(party)s
RETURNING next_call_at - %(turns)s * interval '1 second' / calls_per_second, calls_per_second"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a registry may be asked."""

    calls_per_second: int
    in_flight: int

    @property
    def at_once(self) -> int:
        """How many calls are taken on together: at most half a second's, so that a slow registry holds up none."""
        return max(1, min(self.in_flight, self.calls_per_second // 2))


@dataclass(slots=True)
class Turns:
    """Turns that were reserved, one a call."""

    next_at: float  # by the monotonic clock
    gap: float

    @property
    def ahead(self) -> float:
        """Seconds until the next turn."""
        return max(0.0, self.next_at - time.monotonic())

    def wait(self) -> None:
        """Wait for the next turn and take it."""
        time.sleep(self.ahead)
        self.next_at += self.gap


def of(party: str) -> Pace:
    """A registry's pace; its row is made at the first use."""
    row, _new = Registry.objects.get_or_create(party=party)
    return Pace(row.calls_per_second, row.in_flight)


def reserve(party: str, turns: int, *, now: datetime) -> Turns:
    """Take the next ``turns`` turns of a registry whose row there is, in one statement."""
    found = statements.fetch_one(
        _RESERVE, {"now": now, "furthest": now + _FURTHEST, "turns": turns, "party": party}
    )
    if found is None:
        raise Registry.DoesNotExist(party)
    first, calls_per_second = found
    return Turns(time.monotonic() + (first - now).total_seconds(), 1 / calls_per_second)


def note(party: str, *, answered: bool, now: datetime) -> None:
    """Note when the registry last answered, or failed to."""
    column = "last_answer_at" if answered else "last_failure_at"
    Registry.objects.filter(party=party).update(**{column: now})
