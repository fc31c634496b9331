"""Bind authenticators to an account: a password, an authenticator app, a sheet of recovery codes.

What is made here waits as PENDING until :func:`bind`; every authenticator ever bound stays on record. Checking them is
``proofs``.
"""

import secrets
from datetime import datetime
from typing import Any, Final

import pyotp
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events, policy, states
from accounts.enums import AccountState, AuthenticatorKind, AuthenticatorState
from accounts.models import Account, Authenticator, Citizen, DeviceSession, RecoveryCode
from accounts.rules import passwords as rules
from accounts.services import proofs, recovering, recovery_codes, sessions
from accounts.services.proofs import ProofRefused, WrongProof
from eid_portal.core import passwords, sealed, transitions
from eid_portal.core.events import SYSTEM, Actor

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUP: Final = 4


class PasswordRefused(ProofRefused):
    """The new password is not allowed; ``reason`` says why."""

    code = "password_refused"

    def __init__(self, reason: rules.Refusal) -> None:
        self.reason = reason
        super().__init__(_refusal_text(reason))


# --- Binding ------------------------------------------------------------------------------------
def new_password(*, account: Account, password: str, now: datetime) -> Authenticator:
    """Set a password aside, to be bound by :func:`bind`. Hashes, so call it outside transactions.

    Raises:
        PasswordRefused: see the class.
        Busy: too many hashes are waiting.
    """
    return set_aside(account=account, password_hash=hash_new(account, password), now=now)


def hash_new(account: Account, password: str) -> str:
    """The hash of a password an account may have. Call it outside transactions.

    Raises:
        PasswordRefused: see the class.
        Busy: too many hashes are waiting.
    """
    normal = passwords.normal(password)
    reason = rules.refuse(normal, _owner(account))
    if reason is not None:
        raise PasswordRefused(reason)
    return passwords.hash_password(normal)


def set_aside(*, account: Account, password_hash: str, now: datetime) -> Authenticator:
    """Set a hashed password aside, to be bound by :func:`bind`."""
    return _pending(account, AuthenticatorKind.PASSWORD, now=now, password_hash=password_hash)


def begin_totp(*, account: Account, now: datetime) -> Authenticator:
    """Make the secret of an authenticator app, to be confirmed and bound."""
    return _pending(account, AuthenticatorKind.TOTP, now=now, secret=pyotp.random_base32())


def begin_passkey(*, account: Account, label: str, now: datetime) -> Authenticator:
    """The record of a passkey that was just made, to be bound by :func:`bind`."""
    return _pending(account, AuthenticatorKind.PASSKEY, now=now, label=label)


def confirm_totp(*, authenticator: Authenticator, code: str, now: datetime) -> None:
    """Make sure the app shows the right codes; the step is used up.

    Raises:
        WrongProof: it shows others.
        proofs.WrongClock: it shows those of another time.
    """
    step = proofs.matching_step(authenticator.secret, code, now=now)
    if step is None:
        proofs.refuse_clock(authenticator.secret, code, known_device=True, now=now)
        raise WrongProof(
            _("The code is not right. Check that your phone's clock is set automatically.")
        )
    Authenticator.objects.filter(pk=authenticator.pk).update(last_step=step)


def otpauth_uri(authenticator: Authenticator, *, name: str, issuer: str) -> str:
    """What an authenticator app reads from the QR code; ``name`` holds no whole personal number."""
    return pyotp.TOTP(authenticator.secret).provisioning_uri(name=name, issuer_name=issuer)


@transaction.atomic
def new_recovery_codes(*, account: Account, now: datetime) -> tuple[Authenticator, list[str]]:
    """Make a sheet of codes, to be bound by :func:`bind`. The codes are returned here and never again."""
    authenticator = _pending(account, AuthenticatorKind.RECOVERY_CODES, now=now)
    plain = [_recovery_code() for _place in range(policy.RECOVERY_CODES)]
    place = recovery_codes.place(authenticator.pk)
    RecoveryCode.objects.bulk_create(
        [
            RecoveryCode(authenticator=authenticator, code_hash=sealed.keyed_hash(place, code))
            for code in plain
        ]
    )
    return authenticator, [
        "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP)) for code in plain
    ]


def bind(authenticator: Authenticator, *, account: Account, actor: Actor, now: datetime) -> None:
    """Make a pending authenticator the account's, in the caller's transaction."""
    transitions.move(
        authenticator,
        states.AUTHENTICATOR,
        to=AuthenticatorState.ACTIVE,
        event=events.AuthenticatorBound(kind=authenticator.kind),
        actor=actor,
        subject_id=account.citizen_id,
        now=now,
        bound_at=now,
    )


def lock(session: sessions.Session) -> Account:
    """The account of a session that still lives, locked until the caller's transaction ends.

    So what is added, changed and removed for one account happens one after the other, and nothing of it for who was
    signed out meanwhile.

    Raises:
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
    """
    account = Account.objects.select_for_update(no_key=True).get(pk=session.account.pk)
    here = DeviceSession.objects.select_for_update(no_key=True).filter(
        pk=session.id, ended_at__isnull=True
    )
    if account.state != AccountState.ACTIVE or not here.exists():
        raise sessions.SessionOver
    return account


def retire(row: Authenticator, *, account: Account, actor: Actor, now: datetime) -> None:
    """Remove what was in use, disabled or replaced, in the caller's transaction; its record stays."""
    transitions.move(
        row,
        states.AUTHENTICATOR,
        to=AuthenticatorState.REMOVED,
        event=events.AuthenticatorRemoved(kind=row.kind),
        actor=actor,
        subject_id=account.citizen_id,
        now=now,
        ended_at=now,
    )
    recovering.cancel_resting_on(row.pk, account_id=account.pk, now=now)


def retire_kind(
    *, account: Account, kind: AuthenticatorKind, actor: Actor, now: datetime,
    states_: tuple[AuthenticatorState, ...] = (AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED),
) -> None:  # fmt: skip
    """Remove all of a kind that are in one of these states, in the caller's transaction; another takes their place."""
    for row in Authenticator.objects.filter(account=account, kind=kind, state__in=states_):
        retire(row, account=account, actor=actor, now=now)


def give_up(rows: list[Authenticator], *, account: Account, actor: Actor, now: datetime) -> None:
    """Remove authenticators in the caller's transaction, the last way in too: another way was opened; records stay."""
    for row in rows:
        retire(row, account=account, actor=actor, now=now)


def discard_pending(
    *, account: Account, kinds: tuple[AuthenticatorKind, ...], now: datetime
) -> None:
    """Remove what was set aside and never bound; the records stay."""
    for row in Authenticator.objects.filter(
        account=account, state=AuthenticatorState.PENDING, kind__in=kinds
    ):
        transitions.move(
            row,
            states.AUTHENTICATOR,
            to=AuthenticatorState.REMOVED,
            event=events.AuthenticatorDiscarded(kind=row.kind),
            actor=SYSTEM,
            subject_id=account.citizen_id,
            now=now,
            ended_at=now,
        )


def _pending(account: Account, kind: AuthenticatorKind, *, now: datetime, **values: Any) -> Authenticator:  # fmt: skip
    with transaction.atomic():
        discard_pending(account=account, kinds=(kind,), now=now)
        return Authenticator.objects.create(
            state=AuthenticatorState.PENDING,
            account=account,
            account_kind=account.kind,
            kind=kind,
            created_at=now,
            **values,
        )


def _owner(account: Account) -> rules.Owner:
    citizen: Citizen = account.citizen
    phones = Authenticator.objects.filter(account=account, kind=AuthenticatorKind.SMS)
    return rules.Owner(
        full_name=citizen.full_name,
        birth_date=citizen.birth_date,
        numbers=(citizen.personal_number, *(phone.secret.lstrip("+") for phone in phones)),
        sign_in_name=account.sign_in_name or "",
    )


def _recovery_code() -> str:
    """120 random bits in Crockford's base 32."""
    bits = int.from_bytes(secrets.token_bytes(policy.RECOVERY_CODE_BYTES), "big")
    length = policy.RECOVERY_CODE_BYTES * 8 // 5
    return "".join(_CROCKFORD[bits >> 5 * place & 31] for place in reversed(range(length)))


def _refusal_text(reason: rules.Refusal) -> str:
    match reason:
        case rules.Refusal.SHORT:
            return _("Use at least %(count)s characters.") % {"count": policy.PASSWORD_SHORTEST}
        case rules.Refusal.LONG:
            return _("Use at most %(count)s characters.") % {"count": policy.PASSWORD_LONGEST}
        case rules.Refusal.COMMON:
            return _("Many people use this password, so it is tried first. Choose another.")
        case rules.Refusal.OWN_DATA:
            return _(
                "Others may know your name, birthday, phone or ID numbers. Choose something else."
            )
