"""Step-up: what a session must have proved, how strongly and how lately, before an action.

``policy.ASSURANCE`` is the table.
"""

from datetime import datetime
from typing import Final

from accounts import policy
from accounts.enums import Action, AuthenticatorKind, AuthenticatorState, Strength
from accounts.models import Account, Authenticator
from accounts.services.sessions import Session

PASSKEY_AMR: Final = ("pop", "user")  # RFC 8176: proof of possession of a key, user verified


class StepUpNeeded(Exception):
    """The person must prove themselves afresh for ``action``; with a passkey alone if ``passkey``."""

    code = "step_up_needed"

    def __init__(self, action: Action, *, passkey: bool) -> None:
        super().__init__(self.code)
        self.action = action
        self.passkey = passkey


def require(session: Session, action: Action, *, now: datetime) -> None:
    """Go on only if the session meets what the table says of the action.

    Raises:
        StepUpNeeded: see the class.
    """
    if not is_met(session, action, now=now):
        raise StepUpNeeded(action, passkey=needs_passkey(session.account, action, now=now))


def is_met(session: Session, action: Action, *, now: datetime) -> bool:
    """Whether the session meets what the table says of the action."""
    needed = policy.ASSURANCE[action]
    if session.aal < needed.level or now - session.authenticated_at > needed.max_age:
        return False
    return is_phishing_resistant(session.amr) or not needs_passkey(session.account, action, now=now)


def needs_passkey(account: Account, action: Action, *, now: datetime) -> bool:
    """Whether nothing but a passkey will do for this account."""
    match policy.ASSURANCE[action].strength:
        case Strength.ANY:
            return False
        case Strength.BEST:
            return _had_passkey(account, now=now)
        case Strength.PHISHING_RESISTANT:
            return True


def has_passkey(account: Account) -> bool:
    """Whether the account has a passkey in use."""
    return Authenticator.objects.filter(
        account=account, kind=AuthenticatorKind.PASSKEY, state=AuthenticatorState.ACTIVE
    ).exists()


def _had_passkey(account: Account, *, now: datetime) -> bool:
    """Whether it has had one for ``policy.PASSKEY_ASKED_AFTER``.

    One that is disabled counts until it is removed: wrong answers turn no passkey into a password.
    """
    return Authenticator.objects.filter(
        account=account,
        kind=AuthenticatorKind.PASSKEY,
        state__in=[AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED],
        bound_at__lte=now - policy.PASSKEY_ASKED_AFTER,
    ).exists()


def is_phishing_resistant(amr: tuple[str, ...]) -> bool:
    """Whether a passkey was proved, by the names of RFC 8176."""
    return set(PASSKEY_AMR) <= set(amr)
