"""Check what people prove themselves with: an authenticator app, a code sent to the phone, a recovery code.

Every check is counted before it is made, so that at most ``policy.FAILURES_IN_A_ROW`` wrong ones in a row are ever
checked; then the authenticator is disabled (SP 800-63B-4 §3.2.2). Unknown devices may use up half of them.
"""

import hmac
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import pyotp
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import events, policy, states
from accounts.enums import (
    AuthenticatorKind,
    AuthenticatorState,
    CodePurpose,
    NoticeChannel,
    NoticeKind,
)
from accounts.models import Account, Authenticator
from accounts.services import codes, notices, recovering, recovery_codes
from eid_portal.core import clock, limits, passwords, sealed, statements, transitions
from eid_portal.core.events import SYSTEM
from eid_portal.core.text import ascii_digits

_NOBODY: Final = UUID(int=0)  # the same statement runs for an account that does not exist
_TRY: Final = """
UPDATE accounts_authenticator
SET failures = failures + 1, stranger_failures = stranger_failures + %(strange)s
WHERE account_id = %(account)s AND kind = %(kind)s AND state = 'ACTIVE' AND failures < %(most)s
    AND (%(strange)s = 0 OR stranger_failures < %(strangers)s)
"""
_TRIED: Final = "RETURNING id, password_hash, secret, last_step, failures, stranger_failures"
_RESERVE: Final = _TRY + _TRIED
_RESERVE_WITHIN: Final = f"""
WITH hit AS ({limits.HIT}), tried AS ({_TRY} AND EXISTS (SELECT FROM hit) {_TRIED})
SELECT hit.*, tried.* FROM hit LEFT JOIN tried ON true
"""  # noqa: S608 - put together from constants; values go apart
_COUNT_ONE: Final = f"""
UPDATE accounts_authenticator
SET failures = failures + 1, stranger_failures = stranger_failures + %(strange)s
WHERE id = %(id)s AND state = 'ACTIVE' AND failures < %(most)s
    AND (%(strange)s = 0 OR stranger_failures < %(strangers)s)
{_TRIED}
"""  # noqa: S608 - put together from constants; values go apart
_GIVE_BACK: Final = """
UPDATE accounts_authenticator SET failures = GREATEST(failures - 1, 0),
    stranger_failures = GREATEST(stranger_failures - %(strange)s, 0)
WHERE id = %(id)s
"""
_SUCCESS: Final = """
UPDATE accounts_authenticator SET failures = 0, stranger_failures = 0, last_used_at = %(now)s,
    last_step = GREATEST(last_step, %(step)s)
WHERE id = %(id)s AND state = 'ACTIVE' AND (%(step)s = 0 OR last_step < %(step)s)
"""


class ProofRefused(Exception):
    """What was given proves nothing; ``code`` says why and ``message`` tells the person."""

    code = "proof_refused"

    def __init__(self, message: str) -> None:
        super().__init__(self.code)
        self.message = message


class WrongProof(ProofRefused):
    """It is another one."""

    code = "wrong_proof"


class UsedProof(ProofRefused):
    """It was right, and used already."""

    code = "used_proof"


class WrongClock(WrongProof):
    """It is the right app's, and its phone's clock is ``minutes`` fast, or slow below zero."""

    code = "wrong_clock"

    def __init__(self, minutes: int) -> None:
        fast = ngettext(
            "Your phone's clock is about %(count)s minute fast. Have it set automatically, then enter the next code.",
            "Your phone's clock is about %(count)s minutes fast. Have it set automatically, then enter the next code.",
            abs(minutes),
        )
        slow = ngettext(
            "Your phone's clock is about %(count)s minute slow. Have it set automatically, then enter the next code.",
            "Your phone's clock is about %(count)s minutes slow. Have it set automatically, then enter the next code.",
            abs(minutes),
        )
        super().__init__((fast if minutes > 0 else slow) % {"count": abs(minutes)})


class NoAuthenticator(ProofRefused):
    """There is none of this kind, it was disabled, or strangers have used up their share of tries."""

    code = "no_authenticator"

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message or _("This way of signing in cannot be used at the moment. Choose another.")
        )


class SimChangedLately(NoAuthenticator):
    """The SIM of the phone was changed; codes to it wait ``until`` then."""

    code = "sim_changed_lately"

    def __init__(self, until: datetime) -> None:
        local = until.astimezone(clock.VIET_NAM)
        self.until = until
        super().__init__(
            _(
                "Your operator told us that the SIM of your phone was changed. We text no codes to it before"
                " %(time)s on %(date)s. Use a passkey, an authenticator app or a recovery code, or go to any"
                " ID-card counter."
            )
            % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"}
        )


@dataclass(frozen=True, slots=True)
class Try:
    """A counted right to check one authenticator once."""

    authenticator_id: UUID
    password_hash: str
    secret: sealed.Sealed | None
    last_step: int
    failures: int
    stranger_failures: int
    strange: bool


# --- Counting -----------------------------------------------------------------------------------
def reserve(*, account_id: UUID | None, kind: AuthenticatorKind, known_device: bool) -> list[Try]:
    """Count one try against the active authenticators of a kind, before it is made; empty if none may be tried.

    Call it outside transactions. ``account_id`` None runs the same statement and finds nothing.
    """
    rows = statements.fetch_all(_RESERVE, _reserving(account_id, kind, known_device=known_device))
    return [_try(row, known_device=known_device) for row in rows]


def reserve_within(
    limit: limits.Limit,
    key: str,
    *,
    account_id: UUID | None,
    kind: AuthenticatorKind,
    known_device: bool,
    now: datetime,
) -> tuple[limits.Answer, list[Try]]:
    """Count one try against a limit and, unless that is used up, against the authenticators, by one statement.

    So the disk is waited for once, whether there is an account or not.
    """
    values = limits.hit_values(limit, key, now=now) | _reserving(
        account_id, kind, known_device=known_device
    )
    while True:
        rows = statements.fetch_all(_RESERVE_WITHIN, values)
        if rows:
            tries = [_try(row[1:], known_device=known_device) for row in rows if row[1] is not None]
            return limits.Permitted(max(limit.allowed - rows[0][0], 0)), tries
        answer = limits.peek(limit, key, now=now)
        if isinstance(answer, limits.LockedUntil):
            return answer, []  # else somebody's success made it forget in between


def _reserving(
    account_id: UUID | None, kind: AuthenticatorKind, *, known_device: bool
) -> dict[str, Any]:
    return {
        "account": account_id or _NOBODY,
        "kind": kind.value,
        "strange": 0 if known_device else 1,
        "most": policy.FAILURES_IN_A_ROW,
        "strangers": policy.STRANGERS_IN_A_ROW,
    }


def _try(row: Sequence[Any], *, known_device: bool) -> Try:
    return Try(
        authenticator_id=row[0],
        password_hash=row[1],
        secret=None if row[2] is None else sealed.Sealed(row[2]),
        last_step=row[3],
        failures=row[4],
        stranger_failures=row[5],
        strange=not known_device,
    )


def give_back(tries: list[Try]) -> None:
    """Take tries back that were never checked: the portal was too busy."""
    with connection.cursor() as cursor:
        for one in tries:
            cursor.execute(_GIVE_BACK, {"id": one.authenticator_id, "strange": int(one.strange)})


def succeed(one: Try, *, now: datetime, step: int = 0) -> bool:
    """Start counting anew after a right proof. ``step`` is a TOTP step, used up here; False if it was already."""
    return bool(statements.run(*success(one, now=now, step=step)))


def success(one: Try, *, now: datetime, step: int = 0) -> statements.Step:
    """What :func:`succeed` sends, for who sends more in the same trip."""
    return success_of(one.authenticator_id, now=now, step=step)


def success_of(authenticator_id: UUID, *, now: datetime, step: int = 0) -> statements.Step:
    """The same for an authenticator that needs no counting before it is checked."""
    return _SUCCESS, {"id": authenticator_id, "now": now, "step": step}


def refresh_password(one: Try, password: str) -> None:
    """Hash a password that was right anew, if the pepper was rotated since. Call it outside transactions."""
    fresh = passwords.hash_anew(password, one.password_hash)
    if fresh is not None:
        Authenticator.objects.filter(
            pk=one.authenticator_id, password_hash=one.password_hash
        ).update(password_hash=fresh)


def count_failure(authenticator_id: UUID, *, known_device: bool, now: datetime) -> None:
    """Count a failure of one authenticator after it was checked: of a passkey, whose signature nobody guesses."""
    values = _reserving(None, AuthenticatorKind.PASSKEY, known_device=known_device)
    rows = statements.fetch_all(_COUNT_ONE, values | {"id": authenticator_id})
    fail([_try(row, known_device=known_device) for row in rows], now=now)


def fail(tries: list[Try], *, now: datetime) -> None:
    """Disable what has now failed as often as it ever may; say so when strangers have used up their share."""
    for one in tries:
        spent = one.strange and one.stranger_failures == policy.STRANGERS_IN_A_ROW
        if one.failures < policy.FAILURES_IN_A_ROW and not spent:
            continue
        row = Authenticator.objects.select_related("account").get(pk=one.authenticator_id)
        if one.failures < policy.FAILURES_IN_A_ROW:
            _tell_strangers(row, now=now)
            continue
        with (
            suppress(
                transitions.StaleState, transitions.IllegalTransition
            ),  # another request did it
            transaction.atomic(),
        ):
            disable(row, now=now)
            _tell_disabled(row, now=now)


def disable(row: Authenticator, *, now: datetime) -> None:
    """Take what is in force out of use, in the caller's transaction.

    Raises:
        transitions.StaleState, transitions.IllegalTransition: another request did it.
    """
    # The account before its authenticators, as everywhere.
    account = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=row.account_id)
    transitions.move(
        row,
        states.AUTHENTICATOR,
        to=AuthenticatorState.DISABLED,
        event=events.AuthenticatorDisabled(kind=row.kind),
        actor=SYSTEM,
        subject_id=account.citizen_id,
        now=now,
        ended_at=now,
    )
    recovering.cancel_resting_on(row.pk, account_id=account.pk, now=now)


# --- Second factors: each call is one counted try ------------------------------------------------
def check_totp(*, account_id: UUID, code: str, known_device: bool, now: datetime) -> UUID:
    """Prove possession of an authenticator app (RFC 6238); every step works once, however many come at once.

    Returns the id of the app.

    Raises:
        NoAuthenticator: see the class.
        WrongProof, WrongClock: see there.
        UsedProof: see the class.
    """
    tries = reserve(account_id=account_id, kind=AuthenticatorKind.TOTP, known_device=known_device)
    if not tries:
        raise NoAuthenticator
    for one in tries:
        step = matching_step(_open(one), code, now=now)
        if step is None:
            continue
        if succeed(one, now=now, step=step):
            give_back([other for other in tries if other is not one])
            return one.authenticator_id
        fail(tries, now=now)
        raise UsedProof(_("That code was already used. Wait for the next one, at most 30 seconds."))
    fail(tries, now=now)
    for one in tries:
        refuse_clock(_open(one), code, known_device=known_device, now=now)
    raise WrongProof(
        _("The code is not right. Check that your phone's clock is set automatically.")
    )


def check_sms(
    *,
    account_id: UUID,
    request_id: UUID,
    code: str,
    known_device: bool,
    now: datetime,
    purpose: CodePurpose = CodePurpose.SIGN_IN,
) -> UUID:
    """Prove possession of the phone by the code that was sent for this sign-in, or this activation.

    Returns the id of the phone as an authenticator.

    Raises:
        NoAuthenticator, SimChangedLately: see there.
        codes.CodeRefused: see its subclasses.
    """
    refuse_changed_sim(account_id=account_id, now=now)
    tries = reserve(account_id=account_id, kind=AuthenticatorKind.SMS, known_device=known_device)
    if not tries:
        raise NoAuthenticator
    try:
        codes.check(purpose=purpose, request_id=request_id, to=_open(tries[0]), code=code, now=now)
    except codes.CodeRefused as refused:
        compared = isinstance(refused, codes.WrongCode) and not isinstance(
            refused, codes.TriedTooOften
        )
        if compared:
            fail(tries, now=now)
        else:
            give_back(tries)
        raise
    succeed(tries[0], now=now)
    return tries[0].authenticator_id


def check_recovery_code(*, account_id: UUID, code: str, known_device: bool, now: datetime) -> UUID:
    """Use up one of the codes kept for the day the phone is gone. Returns the id of the sheet.

    Raises:
        NoAuthenticator: see the class.
        WrongProof: see the class.
        UsedProof: it was right once; its owner is told that it was given again.
    """
    tries = reserve(
        account_id=account_id, kind=AuthenticatorKind.RECOVERY_CODES, known_device=known_device
    )
    if not tries:
        raise NoAuthenticator
    found = recovery_codes.find(authenticator_id=tries[0].authenticator_id, typed=code)
    if found is not None and found.used_at is None and recovery_codes.use_up(found.pk, now=now):
        succeed(tries[0], now=now)
        return tries[0].authenticator_id
    fail(tries, now=now)
    if found is None:
        raise WrongProof(_("The recovery code is not right."))
    recovery_codes.tell_reused(Account.objects.get(pk=account_id), found, now=now)
    raise UsedProof(_("This recovery code was already used. Each works once: enter another."))


def matching_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The time step a TOTP code belongs to, one step of drift either side; None if to none."""
    typed = "".join(ascii_digits(code).split())
    totp = pyotp.TOTP(secret, interval=policy.TOTP_PERIOD)
    current = int(now.timestamp()) // policy.TOTP_PERIOD
    drift = policy.TOTP_STEPS_EITHER_SIDE
    found = None
    for step in range(current - drift, current + drift + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            found = step
    return found


def refuse_clock(secret: str, code: str, *, known_device: bool, now: datetime) -> None:
    """Say that the clock of the phone is off, if the code is an older or a later one of its app; else return.

    Strangers hear of codes that are over alone: who guesses must not learn which code will be right soon.

    Raises:
        WrongClock: see the class.
    """
    typed = "".join(ascii_digits(code).split()).encode()
    totp = pyotp.TOTP(secret, interval=policy.TOTP_PERIOD)
    current, most = int(now.timestamp()) // policy.TOTP_PERIOD, policy.TOTP_STEPS_TOLD
    off = None
    for steps in range(-most, most + 1):
        if hmac.compare_digest(totp.generate_otp(current + steps).encode(), typed):
            off = steps
    if off is not None and (off < 0 or known_device):
        minutes = max(round(abs(off) * policy.TOTP_PERIOD / 60), 1)
        raise WrongClock(minutes if off > 0 else -minutes)


def refuse_changed_sim(*, account_id: UUID, now: datetime) -> None:
    """Go on only if codes may be texted to the account's phone, and taken from it.

    Raises:
        SimChangedLately: see the class.
    """
    blocked = Authenticator.objects.filter(
        account_id=account_id,
        kind=AuthenticatorKind.SMS,
        state=AuthenticatorState.ACTIVE,
        blocked_until__gt=now,
    ).first()
    if blocked is not None and blocked.blocked_until is not None:
        raise SimChangedLately(blocked.blocked_until)


def _open(one: Try) -> str:
    """The secret of an authenticator, opened for its row."""
    return str(Authenticator(id=one.authenticator_id, secret=one.secret).secret)


def forgive(account: Account) -> None:
    """Start all counting anew, in the caller's transaction: the holder stood before us with their card."""
    Authenticator.objects.filter(account=account, state=AuthenticatorState.ACTIVE).update(
        failures=0, stranger_failures=0
    )


def _tell_strangers(row: Authenticator, *, now: datetime) -> None:
    """Tell the person that somebody keeps trying, and how they themselves get in."""
    notices.tell(account=row.account, kind=NoticeKind.STRANGERS_TRY, now=now)


def _tell_disabled(row: Authenticator, *, now: datetime) -> None:
    """Tell the person; on the phone or by e-mail too, also if it is that which was disabled."""
    kind = AuthenticatorKind(row.kind)
    values = {"kind": kind.value}
    notices.tell(
        account=row.account, kind=NoticeKind.AUTHENTICATOR_DISABLED, values=values, now=now
    )
    if kind in {AuthenticatorKind.SMS, AuthenticatorKind.EMAIL}:
        notices.tell_at(
            account=row.account,
            kind=NoticeKind.AUTHENTICATOR_DISABLED,
            channel=NoticeChannel(kind.value),
            to=row.secret,
            values=values,
            now=now,
        )
