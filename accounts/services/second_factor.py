"""The second factor of a sign-in: which ways an account has, a code by text message, the check."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import pgettext

from accounts.enums import AccountKind, AuthenticatorKind, AuthenticatorState, CodePurpose
from accounts.models import Account, Authenticator
from accounts.services import assurance, codes, proofs, tries
from accounts.services.proofs import NoAuthenticator

# RFC 8176; a recovery code is a one-time password, a passkey both factors by itself.
AMR: Final[dict[AuthenticatorKind, tuple[str, ...]]] = {
    AuthenticatorKind.TOTP: ("pwd", "otp"),
    AuthenticatorKind.SMS: ("pwd", "sms"),
    AuthenticatorKind.RECOVERY_CODES: ("pwd", "otp"),
    AuthenticatorKind.PASSKEY: assurance.PASSKEY_AMR,
}
_PREFERRED: Final = (
    AuthenticatorKind.TOTP,
    AuthenticatorKind.SMS,
    AuthenticatorKind.RECOVERY_CODES,
)


def ways_of(account: Account) -> tuple[AuthenticatorKind, ...]:
    """The second factors the account has, the preferred one first."""
    has = set(
        Authenticator.objects.filter(account=account, state=AuthenticatorState.ACTIVE).values_list(
            "kind", flat=True
        )
    )
    allowed = _PREFERRED if account.kind == AccountKind.CITIZEN else _PREFERRED[:1]
    return tuple(way for way in allowed if way in has)


def send_code(*, account: Account, request_id: UUID, now: datetime) -> None:
    """Send the account's phone a code for one request to sign in.

    Raises:
        NoAuthenticator: the account has no phone, or may not sign in with one.
        proofs.SimChangedLately: see the class.
        codes.TooManyCodes: see the class.
    """
    phone = find_phone(account)
    if phone is None:
        raise NoAuthenticator
    proofs.refuse_changed_sim(account_id=account.pk, now=now)
    codes.send(
        purpose=CodePurpose.SIGN_IN,
        request_id=request_id,
        account=account,
        to=phone.secret,
        action_text=pgettext("sms", "SIGN IN to the e-ID portal"),
        now=now,
    )


def check(
    *,
    account: Account,
    request_id: UUID,
    way: AuthenticatorKind,
    code: str,
    known: bool,
    now: datetime,
) -> UUID:
    """Check one way of proof; officers and administrators have their authenticator app alone.

    Returns the id of what was proved.

    Raises:
        proofs.ProofRefused: see its subclasses.
        codes.CodeRefused: see its subclasses.
    """
    try:
        if way == AuthenticatorKind.TOTP:
            return proofs.check_totp(account_id=account.pk, code=code, known_device=known, now=now)
        if account.kind != AccountKind.CITIZEN:
            raise NoAuthenticator
        if way == AuthenticatorKind.SMS:
            return proofs.check_sms(
                account_id=account.pk,
                request_id=request_id,
                code=code,
                known_device=known,
                now=now,
            )
        if way == AuthenticatorKind.RECOVERY_CODES:
            return proofs.check_recovery_code(
                account_id=account.pk, code=code, known_device=known, now=now
            )
        raise NoAuthenticator
    except (proofs.ProofRefused, codes.CodeRefused):
        tries.record_failure(
            account.pk, account.citizen_id, factor=way.value.lower(), known=known, now=now
        )
        raise


def find_phone(account: Account) -> Authenticator | None:
    """The phone a citizen may sign in with."""
    if account.kind != AccountKind.CITIZEN:
        return None
    return Authenticator.objects.filter(
        account=account, kind=AuthenticatorKind.SMS, state=AuthenticatorState.ACTIVE
    ).first()
