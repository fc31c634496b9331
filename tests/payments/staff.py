"""Two administrators who decide about money, never one alone."""

from datetime import datetime

from accounts.enums import AccountKind
from accounts.models import Account
from eid_portal.core import approvals, clock
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.models import Approval
from tests import factories


def make_administrator(serial: int) -> Account:
    return factories.make_staff(serial, kind=AccountKind.ADMINISTRATOR)


def actor_of(account: Account) -> Actor:
    return Actor(kind=ActorKind.ADMINISTRATOR, account_id=account.pk, citizen_id=account.citizen_id)


def approve(approval: Approval, checker: Actor, *, signed_in_at: datetime | None = None) -> None:
    now = clock.now()
    approvals.approve(
        approval=approval, approver=checker, signed_in_at=signed_in_at or now, now=now
    )


def refuse(approval: Approval, checker: Actor) -> None:
    now = clock.now()
    approvals.refuse(approval=approval, approver=checker, signed_in_at=now, note="Không", now=now)
