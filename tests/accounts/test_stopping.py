"""A stop code or stop link locks or cancels, once, without signing in, and opens nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from accounts import policy
from accounts.enums import (
    AccountState,
    ActedBy,
    AuthenticatorKind,
    ContactState,
    LockReason,
    NoticeChannel,
    NoticeKind,
    RecoveryState,
    StopKind,
)
from accounts.models import Account, ContactChange, DeviceSession, Notice, Recovery, StopCode
from accounts.services import locking, recovering, sessions, stopping, tries
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    account = factories.make_account()
    factories.make_phone(account)
    return account


def new_code(account: Account, kind: StopKind = StopKind.LOCK, target: UUID | None = None) -> Any:
    return stopping.new_code(account=account, kind=kind, target_id=target, now=clock.now())


def path_of(code: Any) -> str:
    return "/" + str(code.link).split("/", 3)[3]


def type_code(client: Client, code: str, **extra: Any) -> Any:
    return client.post("/stop/", {"code": code}, **extra)


def state(account: Account) -> str:
    account.refresh_from_db()
    return account.state


def open_recovery(account: Account) -> Recovery:
    factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret="mau@example.vn")
    return factories.start_recovery(account, device_label="Edge")


def change_phone(account: Account) -> ContactChange:
    old = account.authenticators.get(kind="SMS")
    old.__class__.objects.filter(pk=old.pk).update(state="REPLACED")  # as the change left it
    new = factories.make_phone(account, "+84912000098")
    return ContactChange.objects.create(
        state=ContactState.REVERTIBLE,
        account=account,
        old=old,
        new=new,
        made_at=clock.now(),
        revert_until=clock.now() + policy.REVERT_WITHIN,
    )


# --- Locking ------------------------------------------------------------------------------------
def test_the_code_of_a_message_locks_and_signs_everybody_out(account: Account) -> None:
    owner, thief, passer_by = (
        factories.signed_in(Client(), account),
        factories.signed_in(Client(), account),
        Client(),
    )
    code = new_code(account)

    page = type_code(passer_by, code.shown)

    assert page.status_code == 200
    assert "2" in page.content.decode()
    assert (state(account), account.lock_reason) == (AccountState.LOCKED, LockReason.OWNER)
    for browser in (owner, thief):
        assert browser.get("/").status_code == 302
    event = AuditEvent.objects.get(name="accounts.account_locked")
    assert event.data == {"reason": "OWNER", "by": "stop_code", "why": "NOT_ME"}
    assert "__Host-session" not in passer_by.cookies


@pytest.mark.parametrize(
    "typed", ["{a} {b}", "{a}{b}", "{a}-{b}", "  {a}.{b} ", "{a}–{b}", "{l}", "{wide}"]
)
def test_a_code_may_be_typed_as_people_type(client: Client, account: Account, typed: str) -> None:
    code = new_code(account).shown
    first, second = code.split()
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in first + second)

    page = type_code(client, typed.format(a=first, b=second, l=(first + second).lower(), wide=wide))

    assert page.status_code == 200
    assert state(account) == AccountState.LOCKED


def test_looking_at_a_link_changes_nothing_and_its_button_does(account: Account) -> None:
    path = path_of(new_code(account))

    for preview in ("get", "head", "get"):
        assert getattr(Client(), preview)(path).status_code == 200
    assert state(account) == AccountState.ACTIVE
    assert StopCode.objects.get().used_at is None

    page = Client().post(path)

    assert page.status_code == 200
    assert state(account) == AccountState.LOCKED


def test_the_link_and_the_code_are_one(account: Account, client: Client) -> None:
    code = new_code(account)
    client.post(path_of(code))

    page = type_code(client, code.shown)

    assert page.status_code == 200
    assert AuditEvent.objects.filter(name="accounts.account_locked").count() == 1


def test_who_holds_a_used_code_reads_what_it_did(account: Account, client: Client) -> None:
    code = new_code(account)
    type_code(client, code.shown)

    for page in (
        type_code(client, code.shown),
        client.get(path_of(code)),
        client.post(path_of(code)),
    ):
        assert page.status_code == 200
        assert 'class="govuk-panel' in page.content.decode()
    assert AuditEvent.objects.filter(name="accounts.account_locked").count() == 1


def test_unknown_and_expired_codes_look_alike(account: Account, client: Client) -> None:
    code = new_code(account)
    late = clock.now() + policy.STOP_LASTS + timedelta(seconds=1)

    unknown = type_code(client, "K7QF3MXA").content.decode()
    with clock.frozen(late):
        expired = type_code(client, code.shown).content.decode()
        by_link = client.get(path_of(code))

    same = [
        page.replace("K7QF3MXA", "").replace(code.shown, "").partition("<main")[2]
        for page in (unknown, expired)
    ]
    assert [_without_token(page) for page in same] == [_without_token(same[0])] * 2
    assert by_link.status_code == client.get("/stop/nothing/").status_code == 404
    assert state(account) == AccountState.ACTIVE


def _without_token(page: str) -> str:
    head, _mark, rest = page.partition('name="csrfmiddlewaretoken" value="')
    return head + rest.partition('"')[2]


def test_an_account_that_is_locked_stays_locked_for_its_reason(
    account: Account, client: Client
) -> None:
    code = new_code(account)
    locking.lock(
        account=account, by=ActedBy.AUTHORITY, reason=LockReason.AUTHORITY, actor=SYSTEM, now=clock.now()
    )  # fmt: skip

    assert type_code(client, code.shown).status_code == 200

    assert (state(account), account.lock_reason) == (AccountState.LOCKED, LockReason.AUTHORITY)


# --- Cancelling ---------------------------------------------------------------------------------
def test_a_recovery_is_cancelled_and_the_account_stays_open(
    account: Account, client: Client
) -> None:
    recovery = open_recovery(account)
    code = new_code(account, StopKind.RECOVERY, recovery.pk)

    page = type_code(client, code.shown)

    recovery.refresh_from_db()
    assert page.status_code == 200
    assert recovery.state == RecoveryState.CANCELLED
    assert state(account) == AccountState.ACTIVE
    event = AuditEvent.objects.get(name="accounts.recovery_cancelled")
    assert event.data == {"by": "stop_code"}


def test_a_recovery_that_was_cancelled_before_is_said_to_be(
    account: Account, client: Client
) -> None:
    recovery = open_recovery(account)
    code = new_code(account, StopKind.RECOVERY, recovery.pk)
    recovering.cancel(recovery=recovery, by=ActedBy.OWNER, now=clock.now())

    page = type_code(client, code.shown)

    assert page.status_code == 200
    assert "verdict--late" in page.content.decode()


def test_a_change_is_taken_back(account: Account, client: Client) -> None:
    factories.make_password(account)  # with the phone that comes back, a way in
    change = change_phone(account)
    code = new_code(account, StopKind.CHANGE, change.pk)

    page = client.post(path_of(code))

    change.refresh_from_db()
    assert page.status_code == 200
    assert change.state == ContactState.REVERTED
    assert state(account) == AccountState.ACTIVE


def test_help_leads_to_stopping_and_recovering(client: Client) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = client.get("/help/").content.decode()
    for words in ('href="/stop/"', 'href="/recover/"', "passkey"):
        assert words in page
    stop = client.get("/stop/").content.decode()
    for words in ("a new password", "a recovery that is finished", "a copy of your data"):
        assert words in stop


# --- Limits and races ---------------------------------------------------------------------------
def test_guessing_is_limited_by_network_and_holds_up_no_right_code(account: Account) -> None:
    for _time in range(policy.STOP_TRY.allowed - 1):
        tries.within(policy.STOP_TRY, sessions.network_of("127.0.0.1"), clock.now())

    guesses = [type_code(Client(), "K7QF3MXA") for _time in range(3)]

    assert [page.status_code for page in guesses] == [200, 429, 429]
    assert int(guesses[-1]["Retry-After"]) > 0
    assert type_code(Client(), new_code(account).shown).status_code == 200
    assert state(account) == AccountState.LOCKED
    assert type_code(Client(), "K7QF3MXA", REMOTE_ADDR="198.51.100.7").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_have_one_effect() -> None:
    account = factories.make_account()
    factories.signed_in(Client(), account)
    code = new_code(account)
    path = path_of(code)

    def press(place: int) -> int:
        try:
            page = Client().post(path) if place % 2 else type_code(Client(), code.shown)
            return int(page.status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, range(8)))

    assert answers == [200] * 8
    assert AuditEvent.objects.filter(name="accounts.account_locked").count() == 1
    inbox = Notice.objects.filter(kind=NoticeKind.ACCOUNT_LOCKED, channel=NoticeChannel.INBOX)
    assert inbox.count() == 1
    assert not DeviceSession.objects.filter(ended_at__isnull=True).exists()
