"""Requests of authorities: received, forwarded, decided by another human, told to the citizen, in the law's time."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.test import Client

from accounts import policy
from accounts.enums import (
    AccountKind,
    AccountState,
    ActedBy,
    LockOrderKind,
    LockOrderState,
    LockReason,
    NoticeChannel,
    NoticeKind,
)
from accounts.models import Account, LockOrder, Notice
from accounts.rules import locks
from accounts.services import lock_orders, locking
from eid_portal.core import approvals, clock, metrics
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from tests import factories
from tests.accounts import desk
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
ADMIN = AccountKind.ADMINISTRATOR
THURSDAY = datetime(2026, 11, 26, 10, 0, tzinfo=clock.VIET_NAM)
REASON = "Điều tra vụ việc số 12"


@pytest.fixture
def account() -> Account:
    account = factories.make_account()
    factories.make_phone(account)
    return account


@pytest.fixture
def people() -> list[Account]:
    return [factories.make_staff(serial, kind=ADMIN) for serial in (51, 52, 53)]


def receive(
    account: Account, maker: Account, kind: LockOrderKind = LockOrderKind.LOCK, at: Any = None
) -> LockOrder:
    return lock_orders.receive(
        number=account.citizen.personal_number, kind=kind, authority="Cơ quan điều tra",
        document_number="12/YC", reason=REASON, actor=factories.actor_of(maker), now=at or clock.now(),
    )  # fmt: skip


def forward(order: LockOrder, by: Account, at: Any = None) -> None:
    order = LockOrder.objects.select_related("account").get(pk=order.pk)
    lock_orders.forward(order=order, actor=factories.actor_of(by), now=at or clock.now())


def decide(
    order: LockOrder, by: Account, *, execute: bool = True, refusal: str = "", fresh: bool = True
) -> None:
    order = LockOrder.objects.select_related("account", "received_by", "forwarded_by").get(
        pk=order.pk
    )
    now = clock.now()
    lock_orders.decide(
        order=order, execute=execute, refusal=refusal, actor=factories.actor_of(by),
        signed_in_at=now if fresh else now - timedelta(hours=1), now=now,
    )  # fmt: skip


def state(order: LockOrder) -> str:
    order.refresh_from_db()
    return order.state


def told(channel: NoticeChannel = NoticeChannel.INBOX) -> list[str]:
    rows = Notice.objects.filter(kind=NoticeKind.LOCK_ORDER, channel=channel)
    return [row.text for row in rows.order_by("created_at", "pk")]


# --- The way through --------------------------------------------------------------------------------
def test_a_request_is_carried_out_by_another_and_told_at_every_step(
    account: Account, people: list[Account]
) -> None:
    browser = factories.signed_in(Client(), account)
    order = receive(account, people[0])
    forward(order, people[0])
    assert browser.get("/").status_code == 200

    decide(order, people[1])

    account.refresh_from_db()
    assert state(order) == LockOrderState.EXECUTED
    assert (account.state, account.lock_reason) == (AccountState.LOCKED, LockReason.AUTHORITY)
    assert browser.get("/").status_code == 302
    assert len(told()) == len(told(NoticeChannel.SMS)) == 3
    assert all("12/YC" in text and REASON in text for text in told())
    assert all(len(text) <= 160 and text.isascii() for text in told(NoticeChannel.SMS))
    seen = AuditEvent.objects.filter(subject_id=account.citizen_id, shown=True)
    names = set(seen.values_list("name", flat=True))
    assert {
        "accounts.lock_order_received", "accounts.lock_order_forwarded",
        "accounts.lock_order_executed", "accounts.account_locked",
    } <= names  # fmt: skip
    assert all(
        "12/YC" not in str(data) for data in AuditEvent.objects.values_list("data", flat=True)
    )


def test_an_unlock_order_ends_an_authoritys_lock(account: Account, people: list[Account]) -> None:
    locking.lock(
        account=account, by=ActedBy.AUTHORITY, reason=LockReason.AUTHORITY, actor=SYSTEM, now=clock.now()
    )  # fmt: skip
    order = receive(account, people[0], LockOrderKind.UNLOCK)
    forward(order, people[1])

    decide(order, people[2])

    account.refresh_from_db()
    assert (state(order), account.state) == (LockOrderState.EXECUTED, AccountState.ACTIVE)


def test_a_refusal_is_in_writing_and_told_with_its_reason(
    account: Account, people: list[Account]
) -> None:
    order = receive(account, people[0])
    forward(order, people[0])

    decide(order, people[1], execute=False, refusal="Không đủ căn cứ")

    account.refresh_from_db()
    order.refresh_from_db()
    assert (order.state, order.refusal) == (LockOrderState.REFUSED, "Không đủ căn cứ")
    assert account.state == AccountState.ACTIVE
    assert "Không đủ căn cứ" in told()[-1]
    event = AuditEvent.objects.get(name="accounts.lock_order_refused")
    assert "reason" not in event.data


# --- Who may ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("forwarder", "decider"), list(product((0, 1), (0, 1, 2))))
@pytest.mark.parametrize("execute", [True, False])
def test_who_decides_neither_received_nor_forwarded(
    forwarder: int,
    decider: int,
    execute: bool,
    account: Account,
    people: list[Account],
) -> None:
    order = receive(account, people[0])
    forward(order, people[forwarder])

    if decider in {0, forwarder}:
        with pytest.raises(approvals.SamePerson):
            decide(order, people[decider], execute=execute, refusal="x")
        assert state(order) == LockOrderState.FORWARDED
        account.refresh_from_db()
        assert account.state == AccountState.ACTIVE
    else:
        decide(order, people[decider], execute=execute, refusal="x")
        assert state(order) != LockOrderState.FORWARDED


def test_another_account_of_the_same_human_is_the_same_human(
    account: Account, people: list[Account]
) -> None:
    order = receive(account, people[0])
    forward(order, people[1])
    officer = factories.make_staff(citizen=people[0].citizen, kind=AccountKind.OFFICER)

    with pytest.raises(approvals.SamePerson):
        decide(order, officer)


def test_nobody_deals_with_a_request_about_themselves(people: list[Account]) -> None:
    own = factories.make_account(people[0].citizen)

    with pytest.raises(lock_orders.AboutOneself):
        receive(own, people[0])
    order = receive(own, people[1])
    with pytest.raises((lock_orders.AboutOneself, approvals.SamePerson)):
        forward(order, people[0])
    forward(order, people[1])
    with pytest.raises(approvals.SamePerson):
        decide(order, people[0])


def test_deciding_needs_a_fresh_sign_in(account: Account, people: list[Account]) -> None:
    order = receive(account, people[0])
    forward(order, people[0])

    with pytest.raises(approvals.NotFresh):
        decide(order, people[1], fresh=False)


# --- What it meets ------------------------------------------------------------------------------------
@pytest.mark.parametrize(("reason", "kind"), list(product([None, *LockReason], LockOrderKind)))
def test_what_a_request_needs(
    reason: LockReason | None, kind: LockOrderKind, account: Account, people: list[Account]
) -> None:
    if reason is not None:
        by = min(locks.LOCKS[reason])
        locking.lock(account=account, by=by, reason=reason, actor=SYSTEM, now=clock.now())
    by_authority = reason == LockReason.AUTHORITY

    if by_authority == (kind == LockOrderKind.UNLOCK):
        order = receive(account, people[0], kind)
        forward(order, people[0])
        decide(order, people[1])
        account.refresh_from_db()
        expected = "" if by_authority else LockReason.AUTHORITY
        assert account.lock_reason == expected
    else:
        with pytest.raises(lock_orders.DoesNotFit):
            receive(account, people[0], kind)


@pytest.mark.parametrize("number", ["1", "001300000077"])
def test_a_request_about_nobody_is_not_taken(number: str, people: list[Account]) -> None:
    with pytest.raises(lock_orders.OrderRefused):
        lock_orders.receive(
            number=number, kind=LockOrderKind.LOCK, authority="x", document_number="x", reason="x",
            actor=factories.actor_of(people[0]), now=clock.now(),
        )  # fmt: skip
    assert not LockOrder.objects.exists()


def test_what_changed_since_is_not_carried_out(account: Account, people: list[Account]) -> None:
    order = receive(account, people[0])
    forward(order, people[0])
    locking.close_after_death(citizen=account.citizen, actor=SYSTEM, now=clock.now())

    with pytest.raises(lock_orders.NotPossibleNow):
        decide(order, people[1])

    assert state(order) == LockOrderState.FORWARDED
    decide(order, people[1], execute=False, refusal="Chủ tài khoản đã mất")
    assert state(order) == LockOrderState.REFUSED


# --- The clocks -------------------------------------------------------------------------------------
def test_the_clocks_count_working_days(account: Account, people: list[Account]) -> None:
    with clock.frozen(THURSDAY):
        order = receive(account, people[0], at=THURSDAY)
    friday = THURSDAY + timedelta(days=1)
    with clock.frozen(friday):
        forward(order, people[0], at=friday)

    order.refresh_from_db()
    assert f"{order.forward_by.astimezone(clock.VIET_NAM):%d/%m}" == "27/11"
    assert order.decide_by
    assert f"{order.decide_by.astimezone(clock.VIET_NAM):%d/%m}" == "01/12"  # over a weekend
    assert not lock_orders.is_overdue(order, now=order.decide_by)
    assert lock_orders.is_overdue(order, now=order.decide_by + timedelta(seconds=1))


def test_a_request_not_forwarded_in_time_stays_overdue(
    account: Account, people: list[Account]
) -> None:
    order = receive(account, people[0], at=THURSDAY)
    monday = THURSDAY + timedelta(days=4)
    assert lock_orders.is_overdue(order, now=monday)
    assert b"eid_lock_orders_overdue 0.0" in metrics.exposition(now=THURSDAY)
    assert b"eid_lock_orders_overdue 1.0" in metrics.exposition(now=monday)

    forward(order, people[0], at=monday)

    order.refresh_from_db()
    assert lock_orders.is_overdue(order, now=monday)


def test_a_request_nobody_decided_is_forwarded_again_and_decided(
    account: Account, people: list[Account]
) -> None:
    order = receive(account, people[0])
    forward(order, people[0])
    with pytest.raises(approvals.AlreadyOpen):
        lock_orders.forward_again(order=order, actor=factories.actor_of(people[0]), now=clock.now())
    late = clock.now() + policy.ORDER_WAITS_LONGEST + timedelta(seconds=1)
    at = f"/admin/accounts/lockorder/{order.pk}/"
    with clock.frozen(late):
        assert approvals.expire_old(now=late) == 1
        head = browser(people[1])
        assert head.get(f"{at}decide/", follow=True).content.decode().count("messagelist") == 1
        page = browser(people[0]).get(f"{at}change/").content.decode()
        assert f"{at}again/" in page
        assert f"{at}decide/" not in page
        assert browser(people[0]).post(f"{at}again/").status_code == 302
        assert browser(people[0]).post(f"{at}again/").status_code == 302  # pressed twice
    with clock.frozen(late + timedelta(minutes=1)):
        with pytest.raises(approvals.SamePerson):
            decide(order, people[0])
        decide(order, people[1])

    assert state(order) == LockOrderState.EXECUTED
    account.refresh_from_db()
    assert account.lock_reason == LockReason.AUTHORITY


@pytest.mark.parametrize("execute", [True, False])
def test_the_authority_gets_a_letter(
    execute: bool, account: Account, people: list[Account]
) -> None:
    order = receive(account, people[0])
    forward(order, people[0])
    clerk = browser(people[0])
    at = f"/admin/accounts/lockorder/{order.pk}/"
    assert clerk.get(f"{at}letter/").status_code == 302
    decide(order, people[1], execute=execute, refusal="Không đủ căn cứ")

    assert f"{at}letter/" in clerk.get(f"{at}change/").content.decode()
    letter = clerk.get(f"{at}letter/").content.decode()

    assert "Cơ quan điều tra" in letter
    assert "12/YC" in letter
    assert ("Không đủ căn cứ" in letter) is not execute
    assert account.citizen.full_name not in letter
    assert account.citizen.personal_number not in letter


# --- Whom it locks reads why -----------------------------------------------------------------------
def test_whom_it_locks_reads_who_asked_and_why_after_proving_both_factors(
    account: Account, people: list[Account], client: Client
) -> None:
    factories.make_password(account)
    factories.make_totp(account)
    order = receive(account, people[0])
    forward(order, people[0])
    decide(order, people[1])
    number = account.citizen.personal_number

    first = client.post("/sign-in/", {"username": number, "password": factories.PASSWORD})
    page = client.post("/sign-in/code/", {"way": "TOTP", "code": factories.totp_code()})

    assert REASON not in first.content.decode()
    assert page.status_code == 403
    for words in ("Cơ quan điều tra", "12/YC", REASON):
        assert words in page.content.decode()


def test_the_counter_shows_the_reason_and_that_is_a_look(
    people: list[Account], sandbox: OutsideWorld
) -> None:
    held = desk.hold_phone()
    order = receive(held, people[0])
    forward(order, people[0])
    decide(order, people[1])
    office = factories.make_office()
    officer = desk.make_officer(desk.OFFICER, office)
    client = factories.signed_in(Client(), officer, office)

    case = desk.open_case(client, desk.PHUC)
    page = client.get(desk.at(case)).content.decode()

    for words in ("Cơ quan điều tra", "12/YC", REASON):
        assert words in page
    looks = AuditEvent.objects.filter(name="accounts.data_seen", target_id=order.pk)
    look = looks.get(actor_id=officer.pk)
    assert (look.subject_id, look.purpose) == (held.citizen_id, "counter")


# --- In the admin -----------------------------------------------------------------------------------
def browser(staff: Account) -> Client:
    return factories.signed_in(Client(), staff)


def test_the_whole_way_in_the_admin(account: Account, people: list[Account]) -> None:
    maker, decider = browser(people[0]), None
    form = {
        "number": account.citizen.personal_number, "kind": "LOCK", "authority": "Cơ quan điều tra",
        "document_number": "12/YC", "reason": REASON,
    }  # fmt: skip

    answer = maker.post("/admin/accounts/lockorder/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    order = LockOrder.objects.get()
    at = f"/admin/accounts/lockorder/{order.pk}/"
    page = maker.get(f"{at}change/").content.decode()
    assert REASON in page
    assert maker.post(f"{at}forward/").status_code == 302
    assert maker.post(f"{at}forward/").status_code == 302
    maker.post(f"{at}decide/", {"decision": "execute"})
    assert state(order) == LockOrderState.FORWARDED

    decider = browser(people[1])  # signed in after it was forwarded
    refused = decider.post(f"{at}decide/", {"decision": "refuse", "refusal": ""})
    assert refused.status_code == 200
    assert state(order) == LockOrderState.FORWARDED
    assert decider.get(f"{at}decide/").status_code == 200
    assert decider.post(f"{at}decide/", {"decision": "execute"}).status_code == 302
    assert decider.post(f"{at}decide/", {"decision": "execute"}).status_code == 302

    account.refresh_from_db()
    assert (state(order), account.state) == (LockOrderState.EXECUTED, AccountState.LOCKED)
    assert decider.get("/admin/accounts/lockorder/").status_code == 200


def test_who_signed_in_before_it_was_forwarded_signs_in_again(
    account: Account, people: list[Account]
) -> None:
    decider = browser(people[1])
    order = receive(account, people[0])
    forward(order, people[0], at=clock.now() + timedelta(seconds=1))

    answer = decider.get(f"/admin/accounts/lockorder/{order.pk}/decide/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/again/")


def test_a_look_at_a_request_is_seen_by_the_citizen(
    account: Account, people: list[Account]
) -> None:
    order = receive(account, people[0])

    browser(people[1]).get(f"/admin/accounts/lockorder/{order.pk}/change/")

    event = AuditEvent.objects.get(name="accounts.data_seen", target_id=order.pk)
    assert (event.subject_id, event.data, event.shown) == (
        account.citizen_id, {"page": "lock_order"}, True,
    )  # fmt: skip


def test_a_request_is_not_decided_where_roles_are(account: Account, people: list[Account]) -> None:
    order = receive(account, people[0])
    forward(order, people[0])
    order.refresh_from_db()

    answer = browser(people[1]).get(f"/admin/core/approval/{order.approval_id}/decide/")

    assert answer.status_code == 404
