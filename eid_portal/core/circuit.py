"""The circuit breaker: a party that fails again and again is spared, and tried again by one call at a time.

The row is shared by all processes. A call costs one look-up; only failures and recoveries write.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from eid_portal.core.models import Circuit

OPENS_AFTER: Final = 5  # failures in a row
TRIED_EVERY: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Look:
    """Whether a party may be called: after ``rest``, or now; ``probing``: by this caller alone, to see how it is."""

    rest: timedelta | None = None
    probing: bool = False


def look(party: str, *, now: datetime) -> Look:
    """Whether the party may be called. After the rest exactly one caller is let through."""
    until = open_until(party)
    if until is None:
        return Look()
    if now < until:
        return Look(rest=until - now)
    mine = Circuit.objects.filter(party=party, open_until=until).update(
        open_until=now + TRIED_EVERY
    )
    return Look(probing=True) if mine else Look(rest=TRIED_EVERY)


def open_until(party: str) -> datetime | None:
    """Until when a failing party is spared, also when that is over; None if it answers."""
    return Circuit.objects.filter(party=party).values_list("open_until", flat=True).first()


def note(party: str, *, failed: bool, now: datetime) -> None:
    """Count what became of a call."""
    if not failed:
        Circuit.objects.filter(party=party, failures__gt=0).update(failures=0, open_until=None)
        return
    if not Circuit.objects.filter(party=party).update(failures=F("failures") + 1):
        Circuit.objects.get_or_create(party=party, defaults={"failures": 1})
    Circuit.objects.filter(party=party, failures__gte=OPENS_AFTER).update(
        open_until=now + TRIED_EVERY
    )
