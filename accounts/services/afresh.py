"""Prove oneself again before something that must not be a mistake: by passkey, or by password and code."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import ngettext

from accounts import policy
from accounts.enums import Action, AuthenticatorKind
from accounts.services import assurance, passkeys, proofs, second_factor, sessions, tries
from accounts.services.passkeys import Purpose
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How the person of a session can prove themselves for what they are about to do."""

    passkey: bool  # they have one
    passkey_alone: bool  # nothing else will do
    code: AuthenticatorKind | None  # what the password goes with


def ways(*, session: sessions.Session, action: Action | None, now: datetime) -> Ways:
    """What there is to choose from before an action. Read only."""
    account = session.account
    codes_ = second_factor.ways_of(account)
    return Ways(
        passkey=assurance.has_passkey(account),
        passkey_alone=action is not None and assurance.needs_passkey(account, action, now=now),
        code=codes_[0] if codes_ else None,
    )


def passkey_options(*, session: sessions.Session, now: datetime) -> dict[str, Any]:
    """What the browser is asked to sign with one of the account's passkeys. Read only."""
    return passkeys.options(
        Purpose.AGAIN, binding=str(session.id), account=session.account, now=now
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


def prove_with_passkey(*, session: sessions.Session, answer: str, now: datetime) -> str:
    """Check a passkey's answer, and note in the session that it was now. Returns the session's new key.

    Raises:
        tries.TooManyTries: see the class.
        proofs.ProofRefused: see its subclasses.
        sessions.SessionOver: see the class.
    """
    account = session.account
    key = f"{account.pk}:{session.device_id}"
    tries.within(policy.SECOND_FACTOR, key, now)
    proved = passkeys.verify(
        answer,
        purpose=Purpose.AGAIN,
        binding=str(session.id),
        account_id=account.pk,
        known_device=True,
        now=now,
    )
    with transaction.atomic():
        passkeys.use(proved, limits.forgetting(policy.SECOND_FACTOR, key), now=now)
        return sessions.renew(
            session,
            amr=assurance.PASSKEY_AMR,
            authenticator_id=proved.authenticator_id,
            now=now,
        )
