"""Write to the people of an application: who filed it, and whom it is about."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from accounts.enums import AccountKind, AccountState, NoticeKind
from accounts.models import Account
from accounts.services import notices
from procedures.models import Application


def tell(row: Application, kind: NoticeKind, *, now: datetime, **values: str) -> None:
    """Write to who filed, and to the person it is about if they have an account of their own."""
    people = [row.filer]
    if row.citizen_id != row.filer.citizen_id:
        people += accounts_of(row.citizen_id)
    for account in people:
        notices.tell(
            account=account,
            kind=kind,
            values={"reference": row.reference, **values},
            event_key=f"{row.pk.hex}:{kind.value}:{account.pk.hex[-8:]}:{int(now.timestamp() * 1000)}",
            now=now,
        )


def accounts_of(citizen_id: UUID) -> list[Account]:
    """The accounts of a person that can be written to."""
    return accounts_of_many([citizen_id]).get(citizen_id, [])


def accounts_of_many(citizens: Collection[UUID]) -> dict[UUID, list[Account]]:
    """The accounts that can be written to, by their people."""
    rows = Account.objects.filter(
        citizen_id__in=citizens,
        kind=AccountKind.CITIZEN,
        state__in=[AccountState.ACTIVE, AccountState.LOCKED],
    )
    found: dict[UUID, list[Account]] = {}
    for row in rows:
        found.setdefault(row.citizen_id, []).append(row)
    return found
