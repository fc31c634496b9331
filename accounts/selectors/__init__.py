"""The read side: the first argument says who asks, so authorisation cannot be forgotten."""

from dataclasses import dataclass
from uuid import UUID

from accounts.models import Account, Office, OfficeRole
from accounts.models.offices import in_force
from eid_portal.core import clock


@dataclass(frozen=True, slots=True)
class Post:
    """Where an officer works and as what."""

    office: Office
    roles: frozenset[str]


def find_post(account: Account, *, office_id: UUID | None) -> Post | None:
    """The officer's post at the office of their session, by one query; None if they have none there any more."""
    if office_id is None:
        return None
    today = clock.today(clock.now())
    rows = [
        row
        for row in OfficeRole.objects.select_related("office").filter(
            account=account, ended_at__isnull=True, office_id=office_id
        )
        if row.office.is_in_force(today)
    ]
    if not rows:
        return None
    return Post(office=rows[0].office, roles=frozenset(row.role for row in rows))


def list_posts(account: Account) -> list[Office]:
    """The offices an officer has a role at."""
    today = clock.today(clock.now())
    return list(
        Office.objects.filter(in_force(today))
        .filter(roles__account=account, roles__ended_at__isnull=True)
        .distinct()
        .order_by("code")
    )
