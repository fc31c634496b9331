"""A delayed reset: begun with one proof, told everywhere, finished a day later with another, never by waiting alone.

Whoever holds the account can cancel it without signing in. What happens later (reminders, the end of a request nobody
finished) is a job written when it begins.
"""

import secrets
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import (
    ActedBy,
    AuthenticatorKind,
    AuthenticatorState,
    NoticeKind,
    RecoveryProof,
    RecoveryRoute,
    RecoveryState,
    StopKind,
)
from accounts.models import Account, Authenticator, Recovery
from accounts.services import notices, stopping
from eid_portal.core import audit, clock, jobs
from eid_portal.core.events import SYSTEM, Actor, ActorKind
from eid_portal.core.transitions import StaleState, move

REMIND: Final = "accounts.remind_recovery"
EXPIRE: Final = "accounts.expire_recovery"
# What a delayed reset goes by; a password or a recovery code opens the quicker way.
PROOFS: Final = {
    AuthenticatorKind.SMS: RecoveryProof.SMS,
    AuthenticatorKind.EMAIL: RecoveryProof.EMAIL,
    AuthenticatorKind.PASSKEY: RecoveryProof.PASSKEY,
    AuthenticatorKind.TOTP: RecoveryProof.TOTP,
}
_REFERENCE_LENGTH: Final = 6
_NONE: Final = UUID(int=0)
_CLOSED: Final = {
    RecoveryState.FINISHED: _(
        "This request was finished, perhaps in another browser. Sign in with the new password."
    ),
    RecoveryState.CANCELLED: _(
        "This request was cancelled. Nothing has changed, and it can no longer be used."
    ),
    RecoveryState.EXPIRED: _(
        "This request was not finished in time. Nothing has changed. You can begin a new one."
    ),
}


class RecoveringRefused(Exception):
    """The delayed reset does not go on; ``code`` says why and ``message`` tells the person."""

    code = "recovering_refused"

    def __init__(self, message: Any) -> None:
        super().__init__(self.code)
        self.message = message


class NotOpen(RecoveringRefused):
    """It was finished, cancelled or has run out; ``state`` says which."""

    code = "not_open"

    def __init__(self, state: RecoveryState) -> None:
        self.state = state
        super().__init__(_CLOSED[state])


class NotReady(RecoveringRefused):
    """The wait is not over."""

    code = "not_ready"

    def __init__(self, ready_at: datetime) -> None:
        local = ready_at.astimezone(clock.VIET_NAM)
        super().__init__(
            _("The wait is over at %(time)s on %(date)s. Come back then with your second proof.")
            % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"}
        )


class ProofGone(RecoveringRefused):
    """What was proved counts no more: changed, removed, disabled, or the SIM of the phone was changed."""

    code = "proof_gone"

    def __init__(self) -> None:
        super().__init__(
            _(
                "What you proved before no longer counts: it was changed or removed in the meantime, or the SIM of"
                " the phone was changed. Nothing was set. Begin again with another way, or go to any ID-card counter."
            )
        )


class TooFewWays(RecoveringRefused):
    """There is no second way to prove oneself: at the end nobody could finish it."""

    code = "too_few_ways"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Your account has no second way that works for this route, so waiting would not help."
                " Any ID-card counter helps you the same day."
            )
        )


class AlreadyOpen(RecoveringRefused):
    """Another delayed reset of the account waits."""

    code = "already_open"

    def __init__(self, opened_at: datetime) -> None:
        local = opened_at.astimezone(clock.VIET_NAM)
        super().__init__(
            _(
                "A request from %(time)s on %(date)s waits already. Go on with its reference, or cancel it with the"
                " code or link we sent you and begin again."
            )
            % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"}
        )


# --- What counts --------------------------------------------------------------------------------
def ways_of(account: Account, *, now: datetime) -> frozenset[RecoveryProof]:
    """What the account can prove in a delayed reset now.

    A phone or address changed lately does not count yet, nor a phone whose SIM was changed.
    """
    rows = Authenticator.objects.filter(
        account=account, kind__in=list(PROOFS), state=AuthenticatorState.ACTIVE
    )
    return frozenset(PROOFS[AuthenticatorKind(row.kind)] for row in rows if row.is_trusted(now))


def require_counts(authenticator_id: UUID | None, *, account: Account, now: datetime) -> None:
    """Go on only if what was proved is the account's still and counts for recovery.

    Raises:
        ProofGone: see the class.
    """
    row = Authenticator.objects.filter(pk=authenticator_id or _NONE, account=account).first()
    if row is None or not row.is_trusted(now):
        raise ProofGone


# --- Its life -----------------------------------------------------------------------------------
def start(
    *,
    account: Account,
    proof: RecoveryProof,
    authenticator_id: UUID,
    device_label: str,
    now: datetime,
) -> Recovery:
    """Begin, after ``proof`` was checked: told on every channel with what stops it, the reminders and the end written.

    It rests on the authenticator that was proved, until it is finished.

    Raises:
        ProofGone: see the class.
        TooFewWays: see the class.
        AlreadyOpen: see the class.
    """
    if not ways_of(account, now=now) - {proof}:
        raise TooFewWays
    try:
        with transaction.atomic():
            _hold(account.pk)
            require_counts(authenticator_id, account=account, now=now)
            recovery = _create(account, proof, authenticator_id, device_label, now=now)
            audit.record(
                events.RecoveryStarted(proof=proof),
                actor=SYSTEM,
                subject_id=account.citizen_id,
                target=recovery,
                now=now,
            )
            _tell_with_stop(recovery, NoticeKind.RECOVERY_STARTED, now=now)
            for wait in policy.RECOVERY_REMINDERS:
                jobs.enqueue(REMIND, subject_id=recovery.pk, at=now + wait)
            jobs.enqueue(EXPIRE, subject_id=recovery.pk, at=recovery.expires_at)
    except IntegrityError:
        opened = Recovery.objects.filter(account=account, state=RecoveryState.OPEN).first()
        if opened is None:  # the reference exists already, or the other was closed just now
            return start(
                account=account, proof=proof, authenticator_id=authenticator_id,
                device_label=device_label, now=now,
            )  # fmt: skip
        raise AlreadyOpen(opened.opened_at) from None
    return recovery


@transaction.atomic
def cancel(*, recovery: Recovery, by: ActedBy, now: datetime) -> None:
    """Cancel a delayed reset, in the caller's transaction if there is one; its holder is told on every channel.

    Raises:
        NotOpen: see the class.
    """
    account = _hold(recovery.account_id)
    actor = SYSTEM
    if by == ActedBy.OWNER:
        actor = Actor(
            kind=ActorKind(account.kind), account_id=account.pk, citizen_id=account.citizen_id
        )
    require_open(recovery)
    try:
        move(
            recovery, states.RECOVERY, to=RecoveryState.CANCELLED, event=events.RecoveryCancelled(by=by),
            actor=actor, subject_id=account.citizen_id, now=now, closed_at=now,
        )  # fmt: skip
    except StaleState:
        recovery.refresh_from_db(fields=["state"])
        raise NotOpen(RecoveryState(recovery.state)) from None
    notices.tell(
        account=account,
        kind=NoticeKind.RECOVERY_CANCELLED,
        values=_moment(now) | {"by": by.value, "helpline": settings.HELPLINE},
        now=now,
    )


def cancel_resting_on(authenticator_id: UUID, *, account_id: UUID, now: datetime) -> None:
    """Cancel the one that waits, if what was proved first counts no more; in the transaction that made it so.

    The caller holds the account.
    """
    waiting = Recovery.objects.filter(
        account_id=account_id, first_authenticator_id=authenticator_id, state=RecoveryState.OPEN
    )
    for recovery in waiting:
        cancel(recovery=recovery, by=ActedBy.SYSTEM, now=now)


def cancel_own(*, account: Account, now: datetime) -> None:
    """Cancel the one that waits, by its owner signed in.

    Raises:
        NotOpen: none does any more.
    """
    recovery = Recovery.objects.filter(account=account).order_by("-opened_at").first()
    if recovery is None:
        raise NotOpen(RecoveryState.CANCELLED)
    cancel(recovery=recovery, by=ActedBy.OWNER, now=now)


def require_open(recovery: Recovery) -> None:
    """Go on only with one that is open, as it was read.

    Raises:
        NotOpen: see the class.
    """
    if recovery.state != RecoveryState.OPEN:
        raise NotOpen(RecoveryState(recovery.state))


def require_ready(recovery: Recovery, *, now: datetime) -> None:
    """Go on only with one that can be finished now, as it was read.

    Raises:
        NotOpen: see the class; also if it has run out and nobody has closed it yet.
        NotReady: see the class.
        ProofGone: see the class.
    """
    require_open(recovery)
    if now >= recovery.expires_at:
        raise NotOpen(RecoveryState.EXPIRED)
    if now < recovery.ready_at:
        raise NotReady(recovery.ready_at)
    require_counts(recovery.first_authenticator_id, account=recovery.account, now=now)


def finish(
    *, recovery: Recovery, proof: RecoveryProof, actor: Actor, now: datetime
) -> list[RecoveryProof]:
    """Close a delayed reset with its second proof, in the caller's transaction. Returns both proofs.

    The caller holds the account.

    Raises:
        NotOpen: see the class; another browser may have finished it.
        NotReady: see the class.
        ProofGone: see the class.
    """
    row = (
        Recovery.objects.select_for_update(of=("self",))
        .select_related("account")
        .get(pk=recovery.pk)
    )
    require_ready(row, now=now)
    both = [RecoveryProof(row.first_proof), proof]
    move(
        row, states.RECOVERY, to=RecoveryState.FINISHED,
        event=events.RecoveryFinished(route=RecoveryRoute.DELAYED, proofs=[each.value for each in both]),
        actor=actor, subject_id=row.account.citizen_id, now=now, closed_at=now, second_proof=proof,
    )  # fmt: skip
    return both


def remind(claim: jobs.Claim) -> None:
    """Tell its holder again, with fresh codes that stop it, if it still waits.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    now = clock.now()
    with transaction.atomic():
        recovery = _claimed(claim)
        if recovery.state == RecoveryState.OPEN:
            recovery.reminders += 1
            recovery.save(update_fields=["reminders"])
            _tell_with_stop(recovery, NoticeKind.RECOVERY_REMINDER, now=now)
        claim.finish()


def expire(claim: jobs.Claim) -> None:
    """Close one that nobody finished in time.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    now = clock.now()
    with transaction.atomic():
        recovery = _claimed(claim)
        if recovery.state == RecoveryState.OPEN:
            move(
                recovery, states.RECOVERY, to=RecoveryState.EXPIRED, event=events.RecoveryExpired(),
                actor=SYSTEM, subject_id=recovery.account.citizen_id, now=now, closed_at=now,
            )  # fmt: skip
        claim.finish()


# --- Parts --------------------------------------------------------------------------------------
def _hold(account_id: UUID) -> Account:
    """The account is held before its recovery, as everywhere."""
    return Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id)


def _claimed(claim: jobs.Claim) -> Recovery:
    account_id = Recovery.objects.values_list("account_id", flat=True).get(pk=claim.subject_id)
    _hold(account_id)
    return Recovery.objects.select_for_update().get(pk=claim.subject_id)


def _create(
    account: Account,
    proof: RecoveryProof,
    authenticator_id: UUID,
    device_label: str,
    *,
    now: datetime,
) -> Recovery:
    ready = now + policy.RECOVERY_WAITS
    day = now.astimezone(clock.VIET_NAM)
    code = "".join(secrets.choice(policy.SLIP_ALPHABET) for _place in range(_REFERENCE_LENGTH))
    return Recovery.objects.create(
        state=RecoveryState.OPEN,
        account=account,
        reference=f"DL-{day:%y%m%d}-{code}",
        first_proof=proof,
        first_authenticator_id=authenticator_id,
        device_label=device_label[:80],
        opened_at=now,
        ready_at=ready,
        expires_at=ready + policy.RECOVERY_OPEN_AFTER,
    )


def _tell_with_stop(recovery: Recovery, kind: NoticeKind, *, now: datetime) -> None:
    code = stopping.new_code(
        account=recovery.account, kind=StopKind.RECOVERY, target_id=recovery.pk, now=now
    )
    notices.tell(
        account=recovery.account,
        kind=kind,
        values=_moment(recovery.opened_at)
        | _moment(recovery.ready_at, "ready_")
        | {"device": recovery.device_label, "reference": recovery.reference}
        | {"helpline": settings.HELPLINE},
        private={"stop_code": code.shown, "stop_link": code.link},
        now=now,
    )


def _moment(moment: datetime, prefix: str = "") -> dict[str, str]:
    local = moment.astimezone(clock.VIET_NAM)
    return {f"{prefix}time": f"{local:%H:%M}", f"{prefix}date": f"{local:%d/%m/%Y}"}
