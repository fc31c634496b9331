"""The proofs of a recovery: each costs the same for a number that nobody has.

Nothing that is proved here opens anything by itself: a recovery code and one other way, or two ways a day apart,
lead to ``recovery_end``.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import pyotp
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import policy
from accounts.enums import (
    AuthenticatorKind,
    AuthenticatorState,
    CodePurpose,
    RecoveryProof,
    RecoveryRoute,
)
from accounts.models import Account, Authenticator, RecoveryAttempt
from accounts.services import codes, passkeys, proofs, recovering, recovery_codes, tries
from accounts.services.recovery_attempts import (
    CHANNELS,
    NOBODY,
    WAYS,
    Stage,
    WrongProof,
    find_contact,
    get,
    recovery_of,
    update,
)
from accounts.services.signing_in import Visitor
from eid_portal.core import limits, passwords, statements
from eid_portal.core.errors import Busy

_NO_SECRET: Final = pyotp.random_base32()
_NO_TRY: Final = proofs.Try(
    authenticator_id=NOBODY,
    password_hash="",
    secret=None,
    last_step=0,
    failures=0,
    stranger_failures=0,
    strange=True,
)


def give_code(*, token: str, code: str, now: datetime) -> None:
    """Check a recovery code. It is used up only when the new password is set, so nothing is lost on the way.

    Raises:
        AttemptOver: see the class.
        WrongStage: see the class.
        tries.TooManyTries: see the class.
        WrongProof: see the class; a code that was used before is told of to its owner.
    """
    attempt = get(token, Stage.CODE, now=now)
    # Nobody guesses one, so a right one is taken whatever strangers have used up, and only wrong ones are counted.
    sheet_id = _sheet_of(attempt)
    found = recovery_codes.find(authenticator_id=sheet_id, typed=code)
    if found is None or found.used_at is not None:
        left = _count(attempt, now=now)
        reserved = _reserve(attempt, AuthenticatorKind.RECOVERY_CODES)
        _failed(attempt, reserved, factor="recovery_codes", now=now)
        if found is not None and attempt.account is not None:
            recovery_codes.tell_reused(attempt.account, found, now=now)
        raise WrongProof(left, _("Each recovery code works once."))
    statements.run(*proofs.success_of(sheet_id, now=now))
    update(attempt, code=str(found.pk), key=f"{attempt.account_id}:{sheet_id}")


def prove(*, token: str, way: RecoveryProof, answer: str, visitor: Visitor, now: datetime) -> Stage:
    """Check the other proof. Returns where it leads: to the new password, or into the wait of a delayed reset.

    Raises:
        AttemptOver: see the class.
        WrongStage: see the class.
        tries.TooManyTries: see the class.
        WrongProof: see the class.
        passkeys.PasskeyRefused: see the class.
        recovering.RecoveringRefused: see its subclasses.
        Busy: too many hashes are waiting; the try does not count.
    """
    attempt = get(token, Stage.PROOF, now=now)
    recovery = recovery_of(attempt)
    # A passkey's answer cannot be guessed either: a wrong one is counted, a right one needs no try.
    left = _count(attempt, now=now) if way != RecoveryProof.PASSKEY else 0
    allowed = WAYS[RecoveryRoute(attempt.data["route"])]
    if way not in allowed or (recovery is not None and way == recovery.first_proof):
        raise WrongProof(left)
    if recovery is not None:
        recovering.require_ready(recovery, now=now)
    proved = _CHECKS[way](attempt, answer, left, now)
    if recovery is None and attempt.data["route"] == RecoveryRoute.DELAYED:
        account = attempt.account
        if account is None:
            raise WrongProof(left)  # nobody's proof is never right
        begun = recovering.start(
            account=account, proof=way, authenticator_id=proved,
            device_label=visitor.device_label, now=now,
        )  # fmt: skip
        update(attempt, recovery=str(begun.pk), sent=None, sent_at=None)
        return Stage.WAITING
    update(attempt, proof=way.value, authenticator=str(proved))
    return Stage.PASSWORD


def passkey_options(*, token: str, now: datetime) -> dict[str, Any]:
    """What a browser asks a passkey to sign for an attempt: it names none, so nobody learns who has one. Read only.

    Raises:
        AttemptOver: see the class.
    """
    attempt = get(token, now=now)
    return passkeys.options(passkeys.Purpose.RECOVERY, binding=str(attempt.pk), now=now)


def _check_password(attempt: RecoveryAttempt, answer: str, left: int, now: datetime) -> UUID:
    reserved = _reserve(attempt, AuthenticatorKind.PASSWORD)
    try:
        if reserved[0] is _NO_TRY:
            passwords.spend_the_same(answer)
            right = False
        else:
            right = passwords.matches(answer, reserved[0].password_hash)
    except Busy:
        proofs.give_back(reserved)
        limits.give_back(policy.RECOVERY_TRY, attempt.data["key"])
        raise
    if not right:
        _failed(attempt, reserved, factor="password", now=now)
        raise WrongProof(left)
    proofs.succeed(reserved[0], now=now)
    return reserved[0].authenticator_id


def _check_totp(attempt: RecoveryAttempt, answer: str, left: int, now: datetime) -> UUID:
    reserved = _reserve(attempt, AuthenticatorKind.TOTP)
    for one in reserved:
        step = proofs.matching_step(_secret(one), answer, now=now)
        if step is not None and one is not _NO_TRY and proofs.succeed(one, now=now, step=step):
            proofs.give_back([other for other in reserved if other is not one])
            return one.authenticator_id
    _failed(attempt, reserved, factor="totp", now=now)
    raise WrongProof(left, _("Check that your phone's clock is set automatically."))


def _check_sent(
    attempt: RecoveryAttempt, answer: str, left: int, now: datetime, *, way: RecoveryProof
) -> UUID:
    channel = CHANNELS[way]
    reserved = _reserve(attempt, AuthenticatorKind(channel.value))
    contact = find_contact(attempt.account_id, channel, now=now)
    try:
        codes.check(
            purpose=CodePurpose.RECOVERY,
            request_id=attempt.pk,
            to=contact.secret if contact is not None and reserved[0] is not _NO_TRY else "",
            code=answer,
            now=now,
        )
    except codes.CodeRefused as refused:
        if isinstance(refused, codes.WrongCode) and not isinstance(refused, codes.TriedTooOften):
            _failed(attempt, reserved, factor=way.value.lower(), now=now)
        else:
            proofs.give_back(reserved)
        raise WrongProof(left, _("You can have a new code sent.")) from refused
    proofs.succeed(reserved[0], now=now)
    return reserved[0].authenticator_id


def _check_sms(attempt: RecoveryAttempt, answer: str, left: int, now: datetime) -> UUID:
    return _check_sent(attempt, answer, left, now, way=RecoveryProof.SMS)


def _check_email(attempt: RecoveryAttempt, answer: str, left: int, now: datetime) -> UUID:
    return _check_sent(attempt, answer, left, now, way=RecoveryProof.EMAIL)


def _check_passkey(attempt: RecoveryAttempt, answer: str, _left: int, now: datetime) -> UUID:
    try:
        proved = passkeys.verify(
            answer,
            purpose=passkeys.Purpose.RECOVERY,
            binding=str(attempt.pk),
            account_id=attempt.account_id or NOBODY,
            known_device=attempt.data["known"],
            now=now,
        )
        with transaction.atomic():
            passkeys.use(proved, now=now)
    except (passkeys.PasskeyRefused, proofs.NoAuthenticator):
        _count(attempt, now=now)
        raise
    return proved.authenticator_id


_CHECKS: Final[dict[RecoveryProof, Callable[[RecoveryAttempt, str, int, datetime], UUID]]] = {
    RecoveryProof.PASSWORD: _check_password,
    RecoveryProof.TOTP: _check_totp,
    RecoveryProof.SMS: _check_sms,
    RecoveryProof.EMAIL: _check_email,
    RecoveryProof.PASSKEY: _check_passkey,
}


def _sheet_of(attempt: RecoveryAttempt) -> UUID:
    return (
        Authenticator.objects.filter(
            account_id=attempt.account_id or NOBODY,
            kind=AuthenticatorKind.RECOVERY_CODES,
            state=AuthenticatorState.ACTIVE,
        )
        .values_list("pk", flat=True)
        .first()
        or NOBODY
    )


def _count(attempt: RecoveryAttempt, *, now: datetime) -> int:
    stranger = not attempt.data["known"]
    return tries.within(policy.RECOVERY_TRY, attempt.data["key"], now, stranger=stranger)


def _reserve(attempt: RecoveryAttempt, kind: AuthenticatorKind) -> list[proofs.Try]:
    """The counted tries; where there is nothing to try, one that matches nothing.

    Who gave a recovery code is no stranger: what strangers used up does not hold them up.
    """
    known = attempt.data["known"] or "code" in attempt.data
    return proofs.reserve(account_id=attempt.account_id, kind=kind, known_device=known) or [_NO_TRY]


def _failed(
    attempt: RecoveryAttempt, reserved: list[proofs.Try], *, factor: str, now: datetime
) -> None:
    account: Account | None = attempt.account
    tries.record_failure(
        attempt.account_id,
        account.citizen_id if account else None,
        factor=factor,
        known=attempt.data["known"],
        now=now,
    )
    proofs.fail(reserved, now=now)


def _secret(one: proofs.Try) -> str:
    if one.secret is None:
        return _NO_SECRET
    return str(Authenticator(id=one.authenticator_id, secret=one.secret).secret)
