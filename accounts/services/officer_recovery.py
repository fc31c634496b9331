"""Officers and administrators who lost their ways to sign in: two administrators agree, and one prints a recovery slip.

No counter serves staff. The slip opens the account to new ways together with a code to the phone on file; whoever lost
the phone too gets a new account.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.enums import AccountState, AuthenticatorKind, AuthenticatorState, SessionEnd
from accounts.models import Account, ActivationSlip, Authenticator
from accounts.services import authenticators, locking, proofs, sessions, slips
from eid_portal.core import approvals
from eid_portal.core.events import Actor
from eid_portal.core.models import Approval, ApprovalState

KIND: Final = "accounts.officer_recovery"
IN_USE: Final = frozenset({AccountState.ACTIVE, AccountState.LOCKED})
_GIVEN_UP: Final = (
    AuthenticatorKind.PASSWORD,
    AuthenticatorKind.PASSKEY,
    AuthenticatorKind.TOTP,
    AuthenticatorKind.RECOVERY_CODES,
)


class NotInUse(slips.SlipRefused):
    """The account is closed, or was never activated."""

    code = "not_in_use"
    message = _("Only an account in use is recovered. One that was not activated gets a new slip.")


class NotAgreed(slips.SlipRefused):
    """No second administrator has agreed lately, or the slip that they agreed to was used."""

    code = "not_agreed"
    message = _("Propose the recovery first; another administrator approves it.")


class MakerPrints(slips.SlipRefused):
    """Who proposed the recovery may not hold the slip too."""

    code = "maker_prints"
    message = _("You proposed this recovery: the administrator who approved it prints the slip.")


@transaction.atomic
def propose(*, account: Account, actor: Actor, now: datetime) -> Approval:
    """Propose to recover the account of an officer or administrator; another administrator decides.

    Raises:
        NotInUse: see the class.
        slips.OwnSlip: administrators propose nothing for themselves.
        approvals.AlreadyOpen: the same proposal waits.
    """
    held = locking.hold(account.pk)
    if held.citizen_id == actor.citizen_id:
        raise slips.OwnSlip
    if held.state not in IN_USE:
        raise NotInUse
    return approvals.propose(
        kind=KIND,
        target_id=held.pk,
        reason=f"{held.sign_in_name}: RECOVERY",
        maker=actor,
        subject_citizen_id=held.citizen_id,
        lasts=policy.APPROVAL_LASTS,
        now=now,
    )


def print_slip(*, account: Account, actor: Actor, now: datetime) -> tuple[ActivationSlip, str]:
    """Print the slip that was agreed to: all ways in but the phone go, every session ends. The lock, if any, stays.

    The code is returned here and never again. Until the slip is used it can be printed again, and the older one dies.

    Raises:
        NotInUse, NotAgreed, MakerPrints: see there.
        slips.OwnSlip: see the class.
        Busy: too many hashes are waiting.
    """
    made = slips.new_code()
    with transaction.atomic():
        held = locking.hold(account.pk)
        if held.state not in IN_USE:
            raise NotInUse
        agreed = find_agreed(held, now=now)
        if agreed is None:
            raise NotAgreed
        if agreed.maker_citizen_id == actor.citizen_id:
            raise MakerPrints
        rows = Authenticator.objects.filter(
            account=held,
            kind__in=_GIVEN_UP,
            state__in=[AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED],
        )
        authenticators.give_up(list(rows), account=held, actor=actor, now=now)
        sessions.end_all(account_ids=[held.pk], reason=SessionEnd.RECOVERED, now=now)
        proofs.forgive(held)
        slip = slips.write(account=held, case=None, made=made, actor=actor, now=now, recovers=True)
    return slip, made.code


def find_agreed(account: Account, *, now: datetime) -> Approval | None:
    """The agreement under which a slip may be printed now."""
    agreed = (
        Approval.objects.filter(
            kind=KIND,
            target_id=account.pk,
            state=ApprovalState.APPROVED,
            decided_at__gt=now - policy.APPROVAL_LASTS,
        )
        .order_by("-decided_at")
        .first()
    )
    used = ActivationSlip.objects.filter(account=account, recovers=True, used_at__isnull=False)
    if agreed is None or used.filter(printed_at__gte=agreed.decided_at).exists():
        return None
    return agreed


class RecoveryHandler:
    """The recovery of an officer or administrator; the target is the account."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """The slip may be printed from now on."""

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """Nothing was changed yet, so nothing is to be undone."""


def register() -> None:
    """Tell the core what this approval does; called in ``apps.ready()``."""
    approvals.register(KIND, RecoveryHandler())


def withdraw(account: Account, *, actor: Actor, now: datetime) -> None:
    """Close an open proposal about an account that is closed."""
    approvals.withdraw(kind=KIND, target_id=account.pk, actor=actor, now=now)
