"""The temporary residences of a person that stand."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.models import Stay
from eid_portal.core import clock


def list_stays(citizen_id: UUID, *, now: datetime) -> list[Stay]:
    """By their first day: the one of now, and one that begins later. Each may be over by its last day."""
    rows = Stay.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=now), citizen_id=citizen_id
    )
    return list(rows.order_by("since", "pk"))


def find_stay(citizen_id: UUID, *, now: datetime) -> Stay | None:
    """The one that has begun; it may be over by its last day."""
    begun = [row for row in list_stays(citizen_id, now=now) if row.since <= clock.today(now)]
    return begun[-1] if begun else None
