"""The end of any recovery: the sign-ins of before are over, the level stays, and its holder is told everywhere.

Nobody is signed in by it: whoever recovered an account signs in as always, with the new password and another factor.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events, policy, states
from accounts.enums import (
    AccountState,
    ActedBy,
    AuthenticatorKind,
    AuthenticatorState,
    LockReason,
    NoticeKind,
    RecoveryProof,
    RecoveryRoute,
    RecoveryState,
    SessionEnd,
    StopKind,
)
from accounts.models import Account, Authenticator, Flow, Recovery, RecoveryAttempt
from accounts.services import (
    authenticators,
    notices,
    recovering,
    recovery_attempts,
    recovery_codes,
    sessions,
    stopping,
)
from accounts.services.recovery_attempts import AttemptOver, Stage
from eid_portal.core import audit, clock, limits
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.transitions import move


class CodeUsed(recovering.RecoveringRefused):
    """The recovery code was used up in the meantime, here or at sign-in."""

    code = "code_used"

    def __init__(self) -> None:
        super().__init__(
            _("That recovery code was used in the meantime. Begin again with another code.")
        )


class AccountGone(recovering.RecoveringRefused):
    """The account was closed in the meantime."""

    code = "account_gone"

    def __init__(self) -> None:
        super().__init__(_("This account was closed. Any ID-card counter can tell you more."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What the person is told."""

    locked: LockReason | None  # a lock outlives a recovery
    money_held_until: datetime | None


# --- With a new password -------------------------------------------------------------------------
def set_password(*, token: str, password: str, device_label: str, now: datetime) -> Recovered:
    """Set the new password and end the recovery: what was proved is used up, all or nothing.

    Raises:
        AttemptOver: see the class.
        recovery_attempts.WrongStage: see the class.
        authenticators.PasswordRefused: see the class.
        recovering.RecoveringRefused: see its subclasses; another browser may have been faster.
        Busy: too many hashes are waiting.
    """
    attempt = recovery_attempts.get(token, Stage.PASSWORD, now=now)
    account = attempt.account
    if account is None:
        raise AttemptOver  # nobody's proof is never right
    password_hash = authenticators.hash_new(account, password)
    proof = RecoveryProof(attempt.data["proof"])
    actor = Actor(
        kind=ActorKind(account.kind), account_id=account.pk, citizen_id=account.citizen_id
    )
    with transaction.atomic():
        if not RecoveryAttempt.objects.filter(pk=attempt.pk, ended_at__isnull=True).update(
            ended_at=now
        ):
            raise AttemptOver
        account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        if account.state == AccountState.CLOSED:
            raise AccountGone
        # It was proved up to 20 minutes ago: what was changed or taken away since proves nothing.
        recovering.require_counts(UUID(attempt.data["authenticator"]), account=account, now=now)
        route = RecoveryRoute(attempt.data["route"])
        if route == RecoveryRoute.DELAYED:
            recovering.finish(
                recovery=Recovery(pk=UUID(attempt.data["recovery"])), proof=proof, actor=actor, now=now
            )  # fmt: skip
        else:
            if not recovery_codes.use_up(UUID(attempt.data["code"]), now=now):
                raise CodeUsed
            audit.record(
                events.RecoveryFinished(
                    route=route, proofs=[RecoveryProof.RECOVERY_CODE.value, proof.value]
                ),
                actor=actor, subject_id=account.citizen_id, target=account, now=now,
            )  # fmt: skip
        _replace_password(account, password_hash, actor=actor, now=now)
        held = now + policy.MONEY_HELD if route == RecoveryRoute.DELAYED else None
        complete(account=account, device_label=device_label, money_held_until=held, now=now)
    limits.forget(policy.RECOVERY_TRY, attempt.data["key"])
    return Recovered(
        locked=LockReason(account.lock_reason) if account.state == AccountState.LOCKED else None,
        money_held_until=held,
    )


def _replace_password(account: Account, password_hash: str, *, actor: Actor, now: datetime) -> None:
    old = Authenticator.objects.filter(
        account=account,
        kind=AuthenticatorKind.PASSWORD,
        state__in=[AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED],
    )
    for row in old:
        move(
            row, states.AUTHENTICATOR, to=AuthenticatorState.REMOVED,
            event=events.AuthenticatorRemoved(kind=row.kind), actor=actor,
            subject_id=account.citizen_id, now=now, ended_at=now,
        )  # fmt: skip
    new = authenticators.set_aside(account=account, password_hash=password_hash, now=now)
    authenticators.bind(new, account=account, actor=actor, now=now)


# --- However it came about ------------------------------------------------------------------------
def complete(
    *, account: Account, device_label: str, money_held_until: datetime | None, now: datetime
) -> None:
    """End what went on before, in the caller's transaction: sessions, sign-ins half done, an open delayed reset.

    Money is held if ``money_held_until`` says so; its holder is told on every channel, with a code that locks.
    """
    sessions.end_all(account_ids=[account.pk], reason=SessionEnd.RECOVERED, now=now)
    Flow.objects.filter(account=account, ended_at__isnull=True).update(ended_at=now)
    opened = Recovery.objects.filter(account=account, state=RecoveryState.OPEN).first()
    if opened is not None:
        recovering.cancel(recovery=opened, by=ActedBy.SYSTEM, now=now)
    if money_held_until is not None:
        account.money_held_until = money_held_until
        account.save(update_fields=["money_held_until"])
    code = stopping.new_code(account=account, kind=StopKind.LOCK, target_id=None, now=now)
    local = now.astimezone(clock.VIET_NAM)
    notices.tell(
        account=account,
        kind=NoticeKind.RECOVERED,
        values={
            "time": f"{local:%H:%M}",
            "date": f"{local:%d/%m/%Y}",
            "device": device_label,
            "helpline": settings.HELPLINE,
        },
        private={"stop_code": code.shown, "stop_link": code.link},
        now=now,
    )
