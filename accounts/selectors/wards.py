"""Whom a person acts for, and who acts for them."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.enums import GuardianshipState
from accounts.models import Account, Citizen, Guardianship
from accounts.rules import guardianship as rules
from eid_portal.core import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """Somebody the person asking acts for now."""

    guardianship_id: UUID
    public_id: str
    citizen: Citizen = field(repr=False)
    until: datetime | None = field(repr=False)  # the moment it ends by itself


def find_ward(account: Account, public_id: str, *, now: datetime) -> Ward | None:
    """The ward of a guardianship that is this person's and in force at this moment."""
    row = (
        Guardianship.objects.select_related("ward", "guardian")
        .filter(guardian_id=account.citizen_id, public_id=public_id, state=GuardianshipState.ACTIVE)
        .first()
    )
    if row is None or not row.ward.alive or rules.ended_by(row.terms(), clock.today(now)):
        return None
    return Ward(
        guardianship_id=row.pk,
        public_id=row.public_id,
        citizen=row.ward,
        until=row.ends_at(),
    )
