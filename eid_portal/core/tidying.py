"""Delete what nobody needs any more. Records of fact stay for ever."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from eid_portal.core import outside
from eid_portal.core.models import Job, LimitCounter

KEEP_DONE_JOBS: Final = timedelta(days=7)
AT_ONCE: Final = 5000


def delete_old(*, now: datetime) -> dict[str, int]:
    """Delete limit counters that no longer count, nonces of requests too old to be taken, and jobs long done."""
    counters = LimitCounter.objects.filter(window_ends_at__lt=now).filter(
        Q(locked_until__isnull=True) | Q(locked_until__lt=now)
    )
    # A job's key begins with the time it was made, so the old ones are one range of the primary key.
    milliseconds = int((now - KEEP_DONE_JOBS).timestamp() * 1000)
    jobs = Job.objects.filter(pk__lt=UUID(int=milliseconds << 80), done_at__isnull=False)
    return {
        "limit_counters": _delete(counters),
        "jobs": _delete(jobs),
        "nonces": outside.forget_nonces(now=now),
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
