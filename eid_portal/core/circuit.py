"""The circuit breaker: a party that fails again and again is spared, and tried again by one call at a time.

The row is shared by all processes. A call costs one look-up; only failures and recoveries write.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from eid_portal.core.models import Circuit

OPENS_AFTER: Final = 5  # failures in a row
TRIED_EVERY: Final = timedelta(seconds=10)


def rest_of(party: str, *, now: datetime) -> timedelta | None:
    """None if the party may be called, else how long to wait. After the rest exactly one caller is let through."""
    row = Circuit.objects.filter(party=party).first()
    if row is None or row.open_until is None:
        return None
    if now < row.open_until:
        return row.open_until - now
    mine = Circuit.objects.filter(party=party, open_until=row.open_until).update(
        open_until=now + TRIED_EVERY
    )
    return None if mine else TRIED_EVERY


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
