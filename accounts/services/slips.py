"""Activation slips: a code on paper, shown once, kept as a hash, worth nothing without the code sent to the phone."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, policy
from accounts.enums import AccountState, AuthenticatorKind, FlowKind
from accounts.models import Account, ActivationSlip, CardCase, Flow
from accounts.selectors.counter import ACTIVATION
from accounts.services import authenticators
from eid_portal.core import approvals, audit, clock, passwords
from eid_portal.core.events import Actor


class SlipRefused(Exception):
    """No slip can be made; ``code`` says why and ``message`` tells the officer."""

    code = "slip_refused"
    message: Any = _("No slip can be printed for this account.")


class AlreadyActive(SlipRefused):
    """The account was activated, locked or closed: a slip would open nothing."""

    code = "already_active"
    message = _("The account is already active. Its holder signs in, no slip is needed.")


class OwnSlip(SlipRefused):
    """The account is the officer's own."""

    code = "own_slip"
    message = _("This is your own account: a colleague must print your slip.")


@dataclass(frozen=True, slots=True)
class NewCode:
    """A fresh activation code and its hash; making one costs a password hash, so it is done outside transactions."""

    code: str = field(repr=False)
    hash: str


def new_code() -> NewCode:
    """Make a code of ``policy.SLIP_ALPHABET``.

    Raises:
        Busy: too many hashes are waiting.
    """
    code = "".join(secrets.choice(policy.SLIP_ALPHABET) for _place in range(policy.SLIP_CODE_LENGTH))  # fmt: skip
    return NewCode(code=code, hash=passwords.hash_password(code))


def print_slip(
    *, account: Account, case: CardCase | None, actor: Actor, now: datetime
) -> tuple[ActivationSlip, str]:
    """Make a slip; an older one of the account dies. The code is returned here and never again.

    Raises:
        AlreadyActive: see the class.
        OwnSlip: see the class.
        Busy: too many hashes are waiting.
    """
    made = new_code()
    with transaction.atomic():
        return write(account=account, case=case, made=made, actor=actor, now=now), made.code


def write(
    *,
    account: Account,
    case: CardCase | None,
    made: NewCode,
    actor: Actor,
    now: datetime,
    recovers: bool = False,
) -> ActivationSlip:
    """Write the slip of a code in the caller's transaction; an activation begun with an older one ends.

    One that ``recovers`` opens an account in use to new ways to sign in.

    Raises:
        AlreadyActive: see the class.
        OwnSlip: see the class.
    """
    approvals.withdraw(kind=ACTIVATION, target_id=account.pk, actor=actor, now=now)
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if actor.account_id is None or locked.citizen_id == actor.citizen_id:
        raise OwnSlip
    if locked.state != AccountState.ISSUED and not recovers:
        raise AlreadyActive
    older = ActivationSlip.objects.filter(account=locked)
    again = older.exists()
    older.filter(used_at__isnull=True, void_at__isnull=True).update(void_at=now)
    if again:
        _end_activation(locked, now=now)
    slip = ActivationSlip.objects.create(
        number=_number(now),
        account=locked,
        case=case,
        code_hash=made.hash,
        recovers=recovers,
        printed_by_id=actor.account_id,
        printed_at=now,
        expires_at=now + policy.SLIP_LASTS,
    )
    audit.record(
        events.SlipPrinted(again=again),
        actor=actor,
        subject_id=locked.citizen_id,
        target=slip,
        now=now,
    )
    return slip


def void_recovering(*, account_ids: list[UUID], now: datetime) -> None:
    """Slips that recover open nothing once the account is locked: whoever has one may be why it was.

    In the caller's transaction, which holds the accounts; what was begun with one ends.
    """
    rows = ActivationSlip.objects.filter(
        account_id__in=account_ids, recovers=True, used_at__isnull=True, void_at__isnull=True
    ).select_related("account")
    for slip in rows:
        _end_activation(slip.account, now=now)
    rows.update(void_at=now)


def _end_activation(account: Account, *, now: datetime) -> None:
    Flow.objects.filter(account=account, kind=FlowKind.ACTIVATION, ended_at__isnull=True).update(
        ended_at=now
    )
    authenticators.discard_pending(account=account, kinds=tuple(AuthenticatorKind), now=now)


def _number(now: datetime) -> str:
    """Day and six letters: says nothing about how many are printed."""
    tail = "".join(secrets.choice(policy.SLIP_ALPHABET) for _place in range(6))
    return f"{clock.today(now):%y%m%d}-{tail}"
