"""Prove oneself again in a running session: password and second factor, before something that must not be a mistake."""

from datetime import datetime

from django.utils.translation import ngettext

from accounts import policy
from accounts.enums import AuthenticatorKind
from accounts.services import proofs, second_factor, sessions, tries
from eid_portal.core import limits, passwords
from eid_portal.core.errors import Busy


class WrongPassword(tries.SignInRefused):
    """The password is another; ``left`` tries remain."""

    code = "wrong_password"

    def __init__(self, left: int) -> None:
        super().__init__(
            ngettext(
                "The password is not right. %(left)s try left.",
                "The password is not right. %(left)s tries left.",
                left,
            )
            % {"left": left}
        )


def send_code(*, session: sessions.Session, now: datetime) -> None:
    """Send a code to the phone of the person of a session.

    Raises:
        proofs.NoAuthenticator: they have no phone, or may not sign in with one.
        codes.TooManyCodes: see the class.
    """
    second_factor.send_code(account=session.account, request_id=session.id, now=now)


def prove(
    *,
    session: sessions.Session,
    password: str,
    way: AuthenticatorKind,
    code: str,
    now: datetime,
) -> str:
    """Check password and code, and note in the session that it was now. Returns the session's new key.

    Raises:
        WrongPassword: see the class.
        tries.TooManyTries: see the class.
        proofs.ProofRefused: see its subclasses.
        codes.CodeRefused: see its subclasses.
        Busy: too many hashes are waiting; the try does not count.
    """
    account = session.account
    key = f"{account.pk}:{session.device_id}"
    left = tries.within(policy.SIGN_IN_DEVICE, key, now)
    reserved = proofs.reserve(
        account_id=account.pk, kind=AuthenticatorKind.PASSWORD, known_device=True
    )
    try:
        right = bool(reserved) and passwords.matches(password, reserved[0].password_hash)
    except Busy:
        proofs.give_back(reserved)
        limits.give_back(policy.SIGN_IN_DEVICE, key)
        raise
    if not right:
        tries.record_failure(account.pk, account.citizen_id, factor="password", known=True, now=now)
        proofs.fail(reserved, now=now)
        raise WrongPassword(left)
    proofs.succeed(reserved[0], now=now)
    proofs.refresh_password(reserved[0], password)
    tries.within(policy.SECOND_FACTOR, key, now)
    proved = second_factor.check(
        account=account, request_id=session.id, way=way, code=code, known=True, now=now
    )
    limits.forget(policy.SIGN_IN_DEVICE, key)
    limits.forget(policy.SECOND_FACTOR, key)
    return sessions.renew(session, amr=second_factor.AMR[way], authenticator_id=proved, now=now)
