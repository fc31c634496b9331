"""What approvals of the counter and of roles do, once another human has decided."""

from datetime import datetime
from typing import Final

from accounts import events, states
from accounts.enums import CaseState, Role
from accounts.models import Account, CardCase, Office, OfficeRole
from accounts.selectors.counter import CASE
from accounts.services.counter import PURPOSE
from eid_portal.core import approvals, audit
from eid_portal.core.events import Actor
from eid_portal.core.models import Approval
from eid_portal.core.transitions import move

ROLE: Final = "accounts.role_grant"


class CaseHandler:
    """An exception at the counter."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """The officer who proposed it may issue."""
        case = CardCase.objects.get(pk=approval.target_id)
        move(
            case,
            states.CASE,
            to=CaseState.APPROVED,
            event=events.CaseApproved(),
            actor=actor,
            subject_id=case.citizen_id,
            purpose=PURPOSE,
            now=now,
        )

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """The case ends without an account."""
        case = CardCase.objects.get(pk=approval.target_id)
        reason = "refused" if approval.state == "REFUSED" else "expired"
        move(
            case,
            states.CASE,
            to=CaseState.REFUSED,
            event=events.CaseRefused(reason=reason),
            actor=actor,
            subject_id=case.citizen_id,
            purpose=PURPOSE,
            now=now,
            closed_at=now,
        )


class RoleHandler:
    """A role at an office; the target is the account, the details name office and role."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """The account holds the role."""
        account = Account.objects.get(pk=approval.details["account_id"])
        role, _new = OfficeRole.objects.get_or_create(
            account=account,
            office=Office.objects.get(pk=approval.details["office_id"]),
            role=Role(approval.details["role"]),
            ended_at=None,
            defaults={"granted_at": now, "approval_id": approval.pk},
        )
        audit.record(
            events.RoleGranted(role=role.role),
            actor=actor,
            subject_id=account.citizen_id,
            target=role,
            now=now,
        )

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """Nothing was granted yet, so nothing is to be undone."""


def register() -> None:
    """Tell the core what the approvals of this module do; called in ``apps.ready()``."""
    approvals.register(CASE, CaseHandler())
    approvals.register(ROLE, RoleHandler())


def decide(
    *,
    approval: Approval,
    approve: bool,
    note: str,
    actor: Actor,
    signed_in_at: datetime,
    now: datetime,
) -> None:
    """Approve or refuse, with a note without personal data.

    Raises:
        approvals.SamePerson, approvals.NotFresh, approvals.TooLate: see there.
    """
    if approve:
        approvals.approve(approval=approval, approver=actor, signed_in_at=signed_in_at, now=now)
    else:
        approvals.refuse(
            approval=approval, approver=actor, signed_in_at=signed_in_at, note=note, now=now
        )


def is_fresh(approval: Approval, *, signed_in_at: datetime, now: datetime) -> bool:
    """Whether somebody who proved themselves at ``signed_in_at`` may decide at once."""
    return signed_in_at >= approval.proposed_at and now - signed_in_at <= approvals.FRESH
