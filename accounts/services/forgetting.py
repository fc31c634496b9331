"""What the hourly tidying deletes of this app: steps, tries, codes and links that strangers can begin without end.

What happened stays: it is in the audit trail and in the notices.
"""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts import policy
from accounts.models import Flow, OneTimeCode, RecoveryAttempt, StopCode
from eid_portal.core import tidying


def register() -> None:
    """Register with the core's tidying."""
    tidying.register("flows", _flows)
    tidying.register("recovery_attempts", _attempts)
    tidying.register("one_time_codes", _codes)
    tidying.register("stop_codes", _stop_codes)


def _flows(now: datetime) -> QuerySet[Any]:
    return _over(Flow.objects.all(), now - policy.ENDED_KEPT)


def _attempts(now: datetime) -> QuerySet[Any]:
    return _over(RecoveryAttempt.objects.all(), now - policy.ENDED_KEPT)


def _codes(now: datetime) -> QuerySet[Any]:
    """Those nobody got, soon; "did you send me this?" still says of the others whether they were used."""
    nobodys = Q(account__isnull=True, expires_at__lt=now - policy.ENDED_KEPT)
    before = now - policy.MESSAGES_CHECKED_FOR
    return _older(OneTimeCode.objects.all(), now - policy.ENDED_KEPT).filter(
        nobodys | Q(expires_at__lt=before)
    )


def _stop_codes(now: datetime) -> QuerySet[Any]:
    return _over(StopCode.objects.all(), now - policy.ENDED_KEPT)


def _over(rows: QuerySet[Any], before: datetime) -> QuerySet[Any]:
    return _older(rows, before).filter(expires_at__lt=before)


def _older(rows: QuerySet[Any], before: datetime) -> QuerySet[Any]:
    """Made before then: one range of the primary key."""
    return rows.filter(pk__lt=tidying.first_id(before))
