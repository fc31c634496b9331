"""What of an account's ways to sign in may go: never the last one in."""

from collections.abc import Collection
from typing import Final

from accounts.enums import AccountKind, AuthenticatorKind

# What counts towards getting in: what is not among these may always go.
COUNT: Final = frozenset(
    {
        AuthenticatorKind.PASSKEY,
        AuthenticatorKind.PASSWORD,
        AuthenticatorKind.TOTP,
        AuthenticatorKind.SMS,
    }
)


def lets_in(kinds: Collection[AuthenticatorKind], holder: AccountKind) -> bool:
    """Whether somebody who has these kinds left, usable, can sign in.

    A passkey alone is enough; else a password with an authenticator app or, for citizens, text messages. Recovery
    codes are few and an e-mail address never signs in, so neither counts.
    """
    if AuthenticatorKind.PASSKEY in kinds:
        return True
    second = {AuthenticatorKind.TOTP}
    if holder == AccountKind.CITIZEN:
        second.add(AuthenticatorKind.SMS)
    return AuthenticatorKind.PASSWORD in kinds and not second.isdisjoint(kinds)
