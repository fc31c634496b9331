"""Unlock one's own account: whoever has just proved both factors at sign-in is offered it, and one POST does it.

An account its owner locked cannot be signed in to, so the proof is kept in a flow of its own for some minutes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import policy
from accounts.enums import (
    AccountKind,
    AccountState,
    ActedBy,
    Action,
    FlowKind,
    LockReason,
)
from accounts.models import Account
from accounts.services import assurance, flows, locking, sessions, tries
from eid_portal.core.events import Actor, ActorKind


class AccountLocked(tries.SignInRefused):
    """The person has proved who they are, and may know why their account does not open; see :func:`refuse`.

    ``unlock`` is the token with which they may unlock it, if they may; ``needs_passkey`` that they must prove more.
    """

    code = "account_locked"

    def __init__(self, account: Account, *, unlock: str = "", needs_passkey: bool = False) -> None:
        self.account = account
        self.unlock = unlock
        self.needs_passkey = needs_passkey
        super().__init__(_("Your account is locked."))


class ProofTooOld(flows.FlowOver):
    """The offer is older than ``policy.ASSURANCE`` allows; sign in again."""

    code = "proof_too_old"
    message = gettext_lazy("To unlock, sign in again and press the button within 5 minutes.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a person may unlock."""

    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    """The account is open and a citizen's session has begun; the secrets go into cookies.

    Staff sign in again: an office has to admit them. There are no secrets then.
    """

    account: Account
    key: str = field(repr=False)
    device_token: str = field(repr=False)


def refuse(
    *, account: Account, amr: tuple[str, ...], authenticator_id: UUID | None, now: datetime
) -> AccountLocked:
    """What to raise after a right proof of an account that does not open, with the offer to unlock it if one may.

    Call it outside transactions.
    """
    account.refresh_from_db(fields=["state", "lock_reason", "locked_at", "closed_at"])
    own = account.state == AccountState.LOCKED and account.lock_reason == LockReason.OWNER
    if not own:
        return AccountLocked(account)
    weak = not assurance.is_phishing_resistant(amr)
    if weak and assurance.needs_passkey(account, Action.UNLOCK, now=now):
        return AccountLocked(account, needs_passkey=True)
    data: dict[str, Any] = {
        "amr": list(amr),
        "authenticator": str(authenticator_id) if authenticator_id else None,
    }
    _flow, token = flows.begin(kind=FlowKind.UNLOCK, account_id=account.pk, data=data, now=now)
    return AccountLocked(account, unlock=token)


def show(*, token: str, now: datetime) -> Offer:
    """The offer of a token. Read only.

    Raises:
        flows.FlowOver: see the class.
    """
    return Offer(account=flows.get(token, kind=FlowKind.UNLOCK, now=now).account)


@transaction.atomic
def unlock(
    *, token: str, device_token: str | None, device_label: str, address: str, now: datetime
) -> Unlocked:
    """Unlock the account of an offer and begin the session, if it is a citizen's.

    Raises:
        flows.FlowOver: see the class.
        ProofTooOld: see the class.
        locking.NotLocked, locking.AnotherUnlocks, locking.CardNotValid: see there.
    """
    flow = flows.get(token, kind=FlowKind.UNLOCK, now=now)
    if now - flow.created_at > policy.ASSURANCE[Action.UNLOCK].max_age:
        raise ProofTooOld
    account = flow.account
    actor = Actor(
        kind=ActorKind(account.kind), account_id=account.pk, citizen_id=account.citizen_id
    )
    held = locking.unlock(account=account, by=ActedBy.OWNER, actor=actor, now=now)
    flows.end(flow, now=now)
    if held.kind != AccountKind.CITIZEN:
        return Unlocked(account=held, key="", device_token="")
    authenticator_id = flow.data["authenticator"]
    key, cookie, _new = sessions.start(  # a new device is no news: the notice says it was unlocked
        account=held,
        device_token=device_token,
        device_label=device_label,
        amr=tuple(flow.data["amr"]),
        authenticator_id=UUID(authenticator_id) if authenticator_id else None,
        address=address,
        office_id=None,
        now=now,
    )
    return Unlocked(account=held, key=key, device_token=cookie)
