"""Delete what nobody needs any more. Records of fact stay for ever."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from eid_portal.core import outside
from eid_portal.core.models import Job, LimitCounter

KEEP_DONE_JOBS: Final = timedelta(days=7)
AT_ONCE: Final = 5000
_more: dict[str, Callable[[datetime], QuerySet[Any]]] = {}


def register(name: str, rows: Callable[[datetime], QuerySet[Any]]) -> None:
    """Have an app's rows deleted too: ``rows`` says which nobody needs any more at a moment."""
    _more[name] = rows


def first_id(moment: datetime) -> UUID:
    """The first key that could have been made then: a key begins with the time it was made."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def delete_old(*, now: datetime) -> dict[str, int]:
    """Delete limit counters that no longer count, nonces of requests too old to be taken, jobs long done, and what
    the apps have registered. Returns how many of each.
    """
    counters = LimitCounter.objects.filter(window_ends_at__lt=now).filter(
        Q(locked_until__isnull=True) | Q(locked_until__lt=now)
    )
    # The old ones are one range of the primary key.
    jobs = Job.objects.filter(pk__lt=first_id(now - KEEP_DONE_JOBS), done_at__isnull=False)
    return {
        "limit_counters": _delete(counters),
        "jobs": _delete(jobs),
        "nonces": outside.forget_nonces(now=now),
        **{name: _delete(rows(now)) for name, rows in _more.items()},
    }


def _delete(rows: QuerySet[Any]) -> int:
    """Delete in portions, so that no lock is held for long."""
    total = 0
    while True:
        some = list(rows.values_list("pk", flat=True)[:AT_ONCE])
        deleted, _each = rows.filter(pk__in=some).delete()
        total += deleted
        if len(some) < AT_ONCE:
            return total
