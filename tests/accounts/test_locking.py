"""Locks: who may, who may not, what ends at once, what everybody is told, and how one's own lock is undone."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from accounts import events, texts
from accounts.enums import (
    AccountKind,
    AccountState,
    ActedBy,
    AuthenticatorKind,
    AuthenticatorState,
    CardState,
    CodePurpose,
    FlowKind,
    LockReason,
    NoticeChannel,
    NoticeKind,
    OwnerLockReason,
    RecoveryState,
    StopKind,
)
from accounts.models import Account, Authenticator, DeviceSession, Flow, IdCard, Notice, Recovery
from accounts.rules import locks
from accounts.selectors.locks import standing
from accounts.services import codes, flows, locking, stopping
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db
PAIRS = list(product(LockReason, ActedBy))


@pytest.fixture
def account() -> Account:
    account = factories.make_account()
    factories.make_password(account)
    factories.make_totp(account)
    return account


def lock(
    account: Account, reason: LockReason = LockReason.OWNER, by: Any = None, why: str = ""
) -> int:
    by = by or min(locks.LOCKS[reason])
    return locking.lock(
        account=account, by=by, reason=reason, why=why, actor=SYSTEM, now=clock.now()
    )


def unlock(account: Account, by: ActedBy) -> Account:
    return locking.unlock(account=account, by=by, actor=SYSTEM, now=clock.now())


def state(account: Account) -> tuple[str, str]:
    account.refresh_from_db()
    return account.state, account.lock_reason


def sign_in(client: Client, account: Account, at: Any = None) -> Any:
    with clock.frozen(at or clock.now()):
        number = account.citizen.personal_number
        client.post("/sign-in/", {"username": number, "password": factories.PASSWORD})
        return client.post("/sign-in/code/", {"way": "TOTP", "code": factories.totp_code()})


# --- Who may: state × reason × by ----------------------------------------------------------------
@pytest.mark.parametrize(("reason", "by"), PAIRS)
def test_who_may_lock_an_active_account(reason: LockReason, by: ActedBy, account: Account) -> None:
    if by in locks.LOCKS[reason]:
        lock(account, reason, by)
        assert state(account) == (AccountState.LOCKED, reason)
    else:
        with pytest.raises(ValueError, match="does not lock"):
            lock(account, reason, by)
        assert state(account) == (AccountState.ACTIVE, "")


@pytest.mark.parametrize("before", list(AccountState))
@pytest.mark.parametrize("reason", list(LockReason))
def test_what_a_lock_meets(before: AccountState, reason: LockReason) -> None:
    columns: dict[str, Any] = {"state": before}
    if before == AccountState.LOCKED:
        columns |= {"lock_reason": LockReason.OWNER, "locked_at": clock.now()}
    account = factories.make_account(**columns)
    replaces = before == AccountState.LOCKED and reason == LockReason.AUTHORITY

    if before == AccountState.ACTIVE or replaces:
        lock(account, reason)
        assert state(account) == (AccountState.LOCKED, reason)
    else:
        with pytest.raises(locking.NotActive) as refused:
            lock(account, reason)
        assert refused.value.state == before
        assert state(account)[0] == before


@pytest.mark.parametrize(("reason", "by"), PAIRS)
def test_who_may_unlock(reason: LockReason, by: ActedBy, account: Account) -> None:
    lock(account, reason)

    if by in locks.UNLOCKS[reason]:
        unlock(account, by)
        assert state(account) == (AccountState.ACTIVE, "")
    else:
        with pytest.raises(locking.AnotherUnlocks):
            unlock(account, by)
        assert state(account) == (AccountState.LOCKED, reason)


def test_only_what_is_locked_is_unlocked(account: Account) -> None:
    with pytest.raises(locking.NotLocked):
        unlock(account, ActedBy.COUNTER)


# --- What everybody is told ------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("reason", "by"), [(reason, by) for reason, by in PAIRS if by in locks.LOCKS[reason]]
)
def test_a_notice_of_a_lock_says_who_why_until_when_and_how(
    reason: LockReason, by: ActedBy, language: str, account: Account
) -> None:
    account.language = language
    account.save(update_fields=["language"])
    factories.make_phone(account)
    factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret="mau@example.vn")
    why = OwnerLockReason.LOST_PHONE if reason == LockReason.OWNER else ""

    lock(account, reason, by, why)

    told = {row.channel: row.text for row in Notice.objects.filter(kind=NoticeKind.ACCOUNT_LOCKED)}
    assert set(told) == set(NoticeChannel.values)
    with translation.override(language):
        for words in (by.label, (OwnerLockReason(why) if why else reason).label, "1900 0000"):
            assert str(words) in told["INBOX"]
            assert str(words) in told["EMAIL"]
    assert told["SMS"].isascii()
    assert told["SMS"].endswith("1900 0000")
    assert len(told["SMS"]) <= 160


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("by", [ActedBy.OWNER, ActedBy.COUNTER])
def test_a_notice_of_unlocking_carries_what_locks_again(
    by: ActedBy, language: str, account: Account
) -> None:
    account.language = language
    account.save(update_fields=["language"])
    factories.make_phone(account)
    factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret="mau@example.vn")
    lock(account, why=OwnerLockReason.NOT_ME)

    unlock(account, by)

    told = {
        row.channel: row.text for row in Notice.objects.filter(kind=NoticeKind.ACCOUNT_UNLOCKED)
    }
    code = re.search(r"[2-9A-Z]{4} [2-9A-Z]{4}", told["SMS"])
    assert code
    assert code[0] not in told["INBOX"]
    assert "http" not in told["SMS"]
    assert "/stop/" in told["EMAIL"]
    assert len(told["SMS"]) <= 160
    Client().post("/stop/", {"code": code[0]})
    assert state(account)[0] == AccountState.LOCKED


# --- Money -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("why", list(OwnerLockReason))
def test_money_waits_where_somebody_else_may_have_got_in(
    why: OwnerLockReason, account: Account
) -> None:
    lock(account, why=why)
    now = clock.now()

    with clock.frozen(now):
        held = unlock(account, ActedBy.OWNER).money_held_until

    doubtful = why in {"SECRET_KNOWN", "NOT_ME", "LOST_PHONE"}
    assert held == (now + timedelta(hours=24) if doubtful else None)


def test_unlocking_shortens_no_hold(account: Account) -> None:
    later = clock.now() + timedelta(days=3)
    Account.objects.filter(pk=account.pk).update(money_held_until=later)
    lock(account, why=OwnerLockReason.NOT_ME)

    assert unlock(account, ActedBy.OWNER).money_held_until == later


# --- Sessions end ----------------------------------------------------------------------------------
@pytest.mark.parametrize("what", ["lock", "close"])
def test_every_browser_is_out_by_its_next_request(what: str, account: Account) -> None:
    browsers = [factories.signed_in(Client(), account) for _place in range(2)]
    for browser in browsers:
        assert browser.get("/").status_code == 200

    if what == "lock":
        browsers[0].post("/account/lock/", {"why": "NOT_USED"})
    else:
        locking.close_after_death(citizen=account.citizen, actor=SYSTEM, now=clock.now())

    for browser in browsers:
        assert browser.get("/").status_code == 302
    assert not DeviceSession.objects.filter(ended_at__isnull=True).exists()


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_at_the_moment_of_the_lock_leaves_no_session() -> None:
    begun = []
    for serial in range(6):
        account = factories.make_account(factories.make_citizen(serial))
        factories.make_password(account)
        factories.make_totp(account)
        client = Client()
        number = account.citizen.personal_number
        client.post("/sign-in/", {"username": number, "password": factories.PASSWORD})
        begun.append((account, client))

    def act(place: int) -> None:
        account, client = begun[place // 2]
        try:
            if place % 2:
                lock(account)
            else:
                client.post("/sign-in/code/", {"way": "TOTP", "code": factories.totp_code()})
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(2 * len(begun))))

    assert {state(account)[0] for account, _client in begun} == {AccountState.LOCKED}
    assert not DeviceSession.objects.filter(ended_at__isnull=True).exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_locks_at_once_one_is_written() -> None:
    account = factories.make_account()

    def try_to(_place: int) -> str:
        try:
            lock(account, why=OwnerLockReason.NOT_ME)
        except locking.NotActive:
            return "late"
        finally:
            connection.close()
        return "locked"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(try_to, range(8)))

    assert sorted(answers) == ["late"] * 7 + ["locked"]
    assert AuditEvent.objects.filter(name=events.AccountLocked.name).count() == 1
    assert Notice.objects.filter(kind=NoticeKind.ACCOUNT_LOCKED).count() == 1


# --- The owner's pages -----------------------------------------------------------------------------
def test_the_page_says_how_it_stands_and_when_it_locks_by_itself(account: Account) -> None:
    factories.make_card(account.citizen)
    page = factories.signed_in(Client(), account).get("/account/lock/").content.decode()

    assert "29/02/2040" in page
    assert page.count('name="why"') == 4
    assert "NOT_ME" not in page


def test_locking_answers_with_what_to_do_next(account: Account) -> None:
    client = factories.signed_in(Client(), account)

    refused = client.post("/account/lock/", {"why": "because"})
    assert state(account)[0] == AccountState.ACTIVE
    page = client.post("/account/lock/", {"why": "LOST_CARD"})

    assert (refused.status_code, page.status_code) == (200, 200)
    assert 'class="govuk-panel' in page.content.decode()
    assert client.cookies["__Host-session"].value == ""
    assert state(account) == (AccountState.LOCKED, LockReason.OWNER)
    assert client.post("/account/lock/", {"why": "LOST_CARD"}).status_code == 302


def test_the_history_names_every_lock(account: Account) -> None:
    for why in (OwnerLockReason.LOST_PHONE, OwnerLockReason.NOT_USED):
        lock(account, why=why, by=ActedBy.OWNER)
        account = unlock(account, ActedBy.COUNTER)
    lock(account, why=OwnerLockReason.NOT_ME, by=ActedBy.STOP_CODE)
    account.refresh_from_db()

    told = standing(account)

    assert (told.state, told.by, told.why) == ("LOCKED", "stop_code", "NOT_ME")
    assert [(line.why, line.by, line.ended_by) for line in told.before] == [
        ("NOT_USED", "owner", "counter"),
        ("LOST_PHONE", "owner", "counter"),
    ]


# --- Unlocking after proving both factors ------------------------------------------------------------
def test_who_locked_it_proves_both_factors_and_unlocks_with_one_press(
    client: Client, account: Account
) -> None:
    lock(account, why=OwnerLockReason.NOT_ME, by=ActedBy.STOP_CODE)
    page = sign_in(client, account)
    assert page.status_code == 403
    assert 'action="/account/unlock/"' in page.content.decode()
    assert client.get("/account/unlock/").status_code == 403
    assert state(account)[0] == AccountState.LOCKED

    answer = client.post("/account/unlock/")

    assert (answer.status_code, answer["Location"]) == (303, "/account/lock/")
    assert state(account) == (AccountState.ACTIVE, "")
    assert client.get("/account/lock/").status_code == 200
    assert account.money_held_until is not None
    event = AuditEvent.objects.get(name=events.AccountUnlocked.name)
    assert event.data == {"reason": "OWNER", "by": "owner"}
    assert client.post("/account/unlock/").status_code == 303
    assert AuditEvent.objects.filter(name=events.AccountUnlocked.name).count() == 1


def test_a_proof_unlocks_for_five_minutes_only(client: Client, account: Account) -> None:
    lock(account)
    sign_in(client, account)

    with clock.frozen(clock.now() + timedelta(minutes=5, seconds=1)):
        answer = client.post("/account/unlock/")

    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/")
    assert state(account)[0] == AccountState.LOCKED


def test_the_password_alone_unlocks_nothing(client: Client, account: Account) -> None:
    lock(account)
    number = account.citizen.personal_number
    client.post("/sign-in/", {"username": number, "password": factories.PASSWORD})

    assert client.get("/account/unlock/").status_code == 303
    assert client.post("/account/unlock/").status_code == 303
    assert Client().post("/account/unlock/").status_code == 303
    assert state(account)[0] == AccountState.LOCKED


def test_who_has_a_passkey_needs_it_to_unlock(client: Client, account: Account) -> None:
    factories.make_authenticator(account, AuthenticatorKind.PASSKEY)
    lock(account)

    page = sign_in(client, account).content.decode()

    assert 'action="/account/unlock/"' not in page
    assert "TK03" in page
    assert not Flow.objects.filter(kind=FlowKind.UNLOCK).exists()


@pytest.mark.parametrize("reason", [reason for reason in LockReason if reason != LockReason.OWNER])
def test_other_locks_offer_no_button(reason: LockReason, client: Client, account: Account) -> None:
    lock(account, reason)

    page = sign_in(client, account)

    assert page.status_code == 403
    assert 'action="/account/unlock/"' not in page.content.decode()
    assert not Flow.objects.filter(kind=FlowKind.UNLOCK).exists()


def test_an_offer_does_not_outlive_an_authoritys_lock(client: Client, account: Account) -> None:
    lock(account)
    sign_in(client, account)
    lock(account, LockReason.AUTHORITY)

    assert client.post("/account/unlock/").status_code == 303

    assert state(account) == (AccountState.LOCKED, LockReason.AUTHORITY)


# --- Cards -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("to", [CardState.LOST, CardState.REVOKED])
def test_a_card_that_is_gone_locks_once(to: CardState, account: Account) -> None:
    factories.make_card(account.citizen)
    browser = factories.signed_in(Client(), account)

    answers = [
        locking.lock_for_card(
            citizen=account.citizen, to=to, by=ActedBy.REGISTER, actor=SYSTEM, now=clock.now()
        )
        for _time in range(2)
    ]

    assert answers == [True, False]
    assert state(account) == (AccountState.LOCKED, f"CARD_{to}")
    assert IdCard.objects.get().state == to
    assert browser.get("/").status_code == 302
    assert Notice.objects.filter(kind=NoticeKind.ACCOUNT_LOCKED, channel="INBOX").count() == 1


def test_what_its_owner_locked_stays_so_until_there_is_a_valid_card(account: Account) -> None:
    factories.make_card(account.citizen)
    lock(account)
    locking.lock_for_card(
        citizen=account.citizen, to=CardState.LOST, by=ActedBy.REGISTER, actor=SYSTEM, now=clock.now()
    )  # fmt: skip
    assert state(account) == (AccountState.LOCKED, LockReason.OWNER)

    with pytest.raises(locking.CardNotValid) as refused:
        unlock(account, ActedBy.OWNER)

    assert refused.value.reason == LockReason.CARD_LOST


def test_an_authoritys_lock_ends_in_the_cards_own(account: Account) -> None:
    factories.make_card(account.citizen, expires_on=date(2026, 1, 1))
    lock(account, LockReason.AUTHORITY)

    unlock(account, ActedBy.AUTHORITY)

    assert state(account) == (AccountState.LOCKED, LockReason.CARD_EXPIRED)


def test_an_authoritys_lock_gives_its_owners_back(account: Account) -> None:
    lock(account, by=ActedBy.OWNER, why=OwnerLockReason.SECRET_KNOWN)
    lock(account, LockReason.AUTHORITY)
    assert state(account) == (AccountState.LOCKED, LockReason.AUTHORITY)

    unlock(account, ActedBy.AUTHORITY)

    assert state(account) == (AccountState.LOCKED, LockReason.OWNER)
    assert locking.why_locked(account) == OwnerLockReason.SECRET_KNOWN
    assert unlock(account, ActedBy.OWNER).money_held_until is not None
    assert state(account) == (AccountState.ACTIVE, "")


# --- Death -----------------------------------------------------------------------------------------
def test_nothing_of_somebody_who_died_works_any_more(account: Account) -> None:
    factories.make_phone(account)
    now = clock.now()
    recovery = factories.start_recovery(account, now=now)
    stop = stopping.new_code(account=account, kind=StopKind.LOCK, target_id=None, now=now)
    slip = factories.make_slip(account)
    flow, token = flows.begin(
        kind=FlowKind.SIGN_IN, account_id=account.pk, data={"device": None}, now=now
    )
    code = codes.send(
        purpose=CodePurpose.SIGN_IN, request_id=flow.pk, account=account, to=factories.PHONE,
        action_text="x", now=now,
    )  # fmt: skip
    staff = factories.make_staff(citizen=account.citizen, kind=AccountKind.OFFICER)
    told = Notice.objects.exclude(channel="INBOX").count()

    closed = locking.close_after_death(citizen=account.citizen, actor=SYSTEM, now=now)

    assert closed == 2
    assert (state(account)[0], state(staff)[0]) == (AccountState.CLOSED, AccountState.CLOSED)
    kinds = set(Authenticator.objects.filter(account=account).values_list("state", flat=True))
    assert kinds == {AuthenticatorState.REMOVED}
    assert Recovery.objects.get(pk=recovery.pk).state == RecoveryState.CANCELLED
    for row in (slip, code):
        row.refresh_from_db()
        assert row.void_at == now
    with pytest.raises(flows.FlowOver):
        flows.get(token, kind=FlowKind.SIGN_IN, now=now)
    answer = Client().post("/stop/", {"code": stop.shown})
    assert 'class="govuk-panel' not in answer.content.decode()
    assert Notice.objects.exclude(channel="INBOX").count() == told
    factories.make_phone(factories.make_account(factories.make_citizen(16)))  # the number is free


def test_templates_of_locks_leave_no_place_unfilled() -> None:
    """Whatever version is read: the first one was written before anybody but the portal locked."""
    for version in (1, 2):
        words = texts.words(
            NoticeKind.ACCOUNT_LOCKED,
            version,
            {
                "date": "26/11/2026", "time": "09:41", "helpline": "1900", "by": "owner",
                "why": "NOT_ME", "lock_end": "OWNER",
            },
        )  # fmt: skip
        assert "%(" not in words
