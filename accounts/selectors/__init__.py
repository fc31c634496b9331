"""The read side: the first argument says who asks, so authorisation cannot be forgotten."""

from dataclasses import dataclass
from uuid import UUID

from accounts.models import Account, Office, OfficeRole


@dataclass(frozen=True, slots=True)
class Post:
    """Where an officer works and as what."""

    office: Office
    roles: frozenset[str]


def find_post(account: Account, *, office_id: UUID | None) -> Post | None:
    """The officer's post at the office of their session, by one query; None if they have none there any more."""
    if office_id is None:
        return None
    rows = list(
        OfficeRole.objects.select_related("office").filter(
            account=account, ended_at__isnull=True, office_id=office_id
        )
    )
    if not rows:
        return None
    return Post(office=rows[0].office, roles=frozenset(row.role for row in rows))


def list_posts(account: Account) -> list[Office]:
    """The offices an officer has a role at."""
    return list(
        Office.objects.filter(roles__account=account, roles__ended_at__isnull=True)
        .distinct()
        .order_by("code")
    )
