"""An owner's lock survives what else locks the account, and takes with it the slips a thief may hold."""

from typing import Any

import pytest
from django.test import Client

from accounts import events
from accounts.enums import (
    AccountState,
    ActedBy,
    CardEventKind,
    CardState,
    FlowKind,
    LockReason,
    NoticeKind,
    OwnerLockReason,
    Sex,
    StopKind,
)
from accounts.models import Account, ActivationSlip, Authenticator, Flow, IdCard, Notice
from accounts.services import activation_slip, grants, issuing, locking, stopping
from accounts.services.signing_in import Visitor
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db
STOPPED = (LockReason.OWNER, ActedBy.STOP_CODE, OwnerLockReason.NOT_ME)
CARD_LOCKS = [
    (LockReason.CARD_EXPIRED, CardState.EXPIRED, ActedBy.SYSTEM),
    (LockReason.CARD_LOST, CardState.LOST, ActedBy.REGISTER),
    (LockReason.CARD_REVOKED, CardState.REVOKED, ActedBy.REGISTER),
]


@pytest.fixture
def account() -> Account:
    account = factories.make_account()
    factories.make_phone(account)
    return account


def lock(account: Account, reason: LockReason, by: ActedBy, why: str = "") -> None:
    locking.lock(account=account, by=by, reason=reason, why=why, actor=SYSTEM, now=clock.now())


def unlock(account: Account, by: ActedBy) -> Account:
    return locking.unlock(account=account, by=by, actor=SYSTEM, now=clock.now())


def stop(account: Account) -> Any:
    code = stopping.new_code(account=account, kind=StopKind.LOCK, target_id=None, now=clock.now())
    return Client().post("/stop/", {"code": code.shown})


def new_card() -> None:
    issuing.issue_account(
        grant=grants.Grant(
            person=grants.Person(
                personal_number=factories.personal_number(),
                full_name=factories.NAME,
                birth_date=factories.BIRTH_DATE,
                sex=Sex.FEMALE,
            ),
            card=grants.Card(number="300000099", issued_on=clock.today()),
            kind=CardEventKind.RENEWED,
        ),
        by="counter",
        actor=SYSTEM,
        now=clock.now(),
    )


def standing(account: Account) -> tuple[str, str, str]:
    account.refresh_from_db()
    return account.state, account.lock_reason, account.owner_locked_why


@pytest.mark.parametrize(("reason", "card_state", "by"), CARD_LOCKS)
def test_a_stop_code_holds_after_the_next_card(
    account: Account, reason: LockReason, card_state: CardState, by: ActedBy
) -> None:
    factories.make_card(account.citizen, state=card_state)
    lock(account, reason, by)

    page = stop(account)

    assert page.status_code == 200
    assert standing(account) == (AccountState.LOCKED, reason, "NOT_ME")
    assert AuditEvent.objects.filter(name=events.OwnerLockKept.name).count() == 1
    new_card()
    assert standing(account) == (AccountState.LOCKED, LockReason.OWNER, "NOT_ME")
    assert stop(account).status_code == 200  # one more code changes nothing
    held = unlock(account, ActedBy.COUNTER)
    assert held.money_held_until is not None
    assert standing(account) == (AccountState.ACTIVE, "", "")
    new_card()
    assert standing(account) == (AccountState.ACTIVE, "", "")


def test_a_new_card_alone_opens_what_only_the_card_locked(account: Account) -> None:
    factories.make_card(account.citizen, state=CardState.LOST)
    lock(account, LockReason.CARD_LOST, ActedBy.COUNTER)
    new_card()
    assert standing(account) == (AccountState.ACTIVE, "", "")


def test_an_authoritys_lock_that_ends_with_a_bad_card_keeps_the_owners(account: Account) -> None:
    factories.make_card(account.citizen)
    lock(account, LockReason.OWNER, ActedBy.OWNER, OwnerLockReason.LOST_PHONE)
    lock(account, LockReason.AUTHORITY, ActedBy.AUTHORITY)
    IdCard.objects.update(state=CardState.LOST)

    unlock(account, ActedBy.AUTHORITY)
    assert standing(account) == (AccountState.LOCKED, LockReason.CARD_LOST, "LOST_PHONE")
    new_card()

    assert standing(account) == (AccountState.LOCKED, LockReason.OWNER, "LOST_PHONE")
    last = AuditEvent.objects.filter(name=events.AccountLocked.name).order_by("-pk")[0]
    assert last.data == {"reason": "OWNER", "by": "owner", "why": "LOST_PHONE"}


def test_an_authoritys_lock_takes_a_stop_code_too_and_gives_it_back(account: Account) -> None:
    lock(account, LockReason.AUTHORITY, ActedBy.AUTHORITY)
    stop(account)
    assert standing(account) == (AccountState.LOCKED, LockReason.AUTHORITY, "NOT_ME")
    told = Notice.objects.filter(kind=NoticeKind.ACCOUNT_LOCKED, channel="INBOX").count()

    unlock(account, ActedBy.AUTHORITY)

    assert standing(account) == (AccountState.LOCKED, LockReason.OWNER, "NOT_ME")
    later = Notice.objects.filter(kind=NoticeKind.ACCOUNT_LOCKED, channel="INBOX").count()
    assert later == told + 1


def test_under_another_lock_an_owners_is_noted_once(account: Account) -> None:
    lock(account, LockReason.AUTHORITY, ActedBy.AUTHORITY)
    lock(account, *STOPPED)
    with pytest.raises(locking.NotActive):
        lock(account, *STOPPED)
    assert AuditEvent.objects.filter(name=events.OwnerLockKept.name).count() == 1


# --- Slips ------------------------------------------------------------------------------------------
def test_a_lock_ends_a_recovery_slip_and_what_was_begun_with_it(account: Account) -> None:
    factories.make_card(account.citizen)
    slip = factories.make_slip(account)
    ActivationSlip.objects.filter(pk=slip.pk).update(recovers=True)
    visitor = Visitor(address="203.0.113.9", device_token=None, device_label="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eid_portal.core.passwords.matches", lambda *_given: True)
        activation_slip.begin(
            identifier=account.citizen.personal_number,
            slip_code="ABCD2345",
            visitor=visitor,
            now=clock.now(),
        )
    factories.make_password(account, state="PENDING")
    assert Flow.objects.filter(kind=FlowKind.ACTIVATION, ended_at=None).count() == 1

    lock(account, LockReason.OWNER, ActedBy.OWNER, OwnerLockReason.LOST_PHONE)

    slip.refresh_from_db()
    assert slip.void_at is not None
    assert not Flow.objects.filter(kind=FlowKind.ACTIVATION, ended_at=None).exists()
    assert not Authenticator.objects.filter(state="PENDING").exists()
    with pytest.raises(activation_slip.WrongSlip):
        activation_slip.begin(
            identifier=account.citizen.personal_number,
            slip_code="ABCD2345",
            visitor=visitor,
            now=clock.now(),
        )
