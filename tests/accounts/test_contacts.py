"""A new phone or e-mail address: proved, told at the old one, taken back within a day, settled after it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts import policy
from accounts.enums import (
    AccountKind,
    AccountState,
    ActedBy,
    Action,
    AuthenticatorKind,
    AuthenticatorState,
    ContactState,
    StopKind,
)
from accounts.models import Account, Authenticator, ContactChange, DeviceSession, Notice, StopCode
from accounts.rules import emails
from accounts.services import assurance, codes, contacts, sessions
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent
from tests import factories

SMS, EMAIL = AuthenticatorKind.SMS, AuthenticatorKind.EMAIL
NEW, OLD_ADDRESS, NEW_ADDRESS = "+84501234561", "mau@vidu.vn", "an@vidu.vn"
DAY = policy.REVERT_WITHIN


@pytest.fixture
def account(db: None) -> Account:
    """A citizen with a phone and an address."""
    made = factories.make_account()
    factories.make_phone(made)
    factories.make_authenticator(made, EMAIL, secret=OLD_ADDRESS)
    return made


def session_of(account: Account, *, passkey: bool = False) -> sessions.Session:
    key, _device, _new = sessions.start(
        account=account,
        device_token=None,
        device_label="Firefox, Linux",
        amr=assurance.PASSKEY_AMR if passkey else ("pwd", "otp"),
        address="203.0.113.9",
        office_id=None,
        now=clock.now(),
    )
    found = sessions.find(key, now=clock.now())
    assert found is not None
    return found


def change(
    session: sessions.Session, kind: AuthenticatorKind, to: str, now: datetime | None = None
) -> ContactChange:
    now = now or clock.now()
    contacts.send_code(session=session, kind=kind, to=to, now=now)
    contacts.confirm(session=session, kind=kind, code=factories.sent_code(), now=now)
    return ContactChange.objects.latest("made_at")


def held(account: Account, kind: AuthenticatorKind) -> dict[str, str]:
    rows = Authenticator.objects.filter(account=account, kind=kind)
    return {row.secret: row.state for row in rows}


def told(kind: str) -> list[tuple[str, str | None]]:
    return sorted((row.channel, row.to) for row in Notice.objects.filter(kind=kind))


# --- Changing -----------------------------------------------------------------------------------
def test_a_new_phone_signs_in_at_once_and_counts_for_money_and_recovery_a_day_later(
    account: Account,
) -> None:
    now = clock.now()

    made = change(session_of(account), SMS, NEW, now)

    assert held(account, SMS) == {factories.PHONE: "REPLACED", NEW: "ACTIVE"}
    new = Authenticator.objects.get(pk=made.new_id)
    assert new.trusted_from == made.revert_until == now + DAY
    assert not new.is_trusted(now + DAY - timedelta(seconds=1))
    assert new.is_trusted(now + DAY)
    account.refresh_from_db()
    assert account.money_held_until == now + DAY
    names = {"accounts.authenticator_replaced", "accounts.authenticator_bound"}
    assert names <= set(AuditEvent.objects.values_list("name", flat=True))


def test_a_longer_hold_on_money_stays(account: Account) -> None:
    later = clock.now() + timedelta(days=9)
    Account.objects.filter(pk=account.pk).update(money_held_until=later)

    change(session_of(account), SMS, NEW)

    account.refresh_from_db()
    assert account.money_held_until == later


def test_the_old_phone_is_told_how_to_take_it_back_and_the_new_one_is_not(account: Account) -> None:
    made = change(session_of(account), SMS, NEW)

    assert told("PHONE_REPLACED") == [
        ("EMAIL", OLD_ADDRESS), ("INBOX", None), ("SMS", factories.PHONE),
    ]  # fmt: skip
    stop = StopCode.objects.get(kind=StopKind.CHANGE)
    assert stop.target_id == made.pk
    sms = Notice.objects.get(kind="PHONE_REPLACED", channel="SMS")
    mail = Notice.objects.get(kind="PHONE_REPLACED", channel="EMAIL")
    inbox = Notice.objects.get(kind="PHONE_REPLACED", channel="INBOX")
    assert "/stop/" in sms.text
    assert "http" not in sms.text
    assert len(sms.text) <= 160
    assert "http" in mail.text
    assert NEW[-3:] in inbox.text
    assert "stop_code" not in inbox.values


def test_a_first_address_is_told_on_the_phone_and_can_be_taken_back(account: Account) -> None:
    Authenticator.objects.filter(kind=EMAIL).delete()
    now = clock.now()

    made = change(session_of(account), EMAIL, NEW_ADDRESS, now)

    assert made.old_id is None
    assert told("EMAIL_CHANGED") == [("INBOX", None), ("SMS", factories.PHONE)]
    contacts.revert(change=made, by=ActedBy.STOP_CODE, now=now)
    assert held(account, EMAIL) == {NEW_ADDRESS: "REMOVED"}


def test_who_took_the_phone_first_does_not_silence_what_comes_next(account: Account) -> None:
    session = session_of(account)
    change(session, SMS, NEW)

    change(session, EMAIL, NEW_ADDRESS)

    assert set(told("EMAIL_CHANGED")) == {
        ("INBOX", None), ("SMS", NEW), ("SMS", factories.PHONE), ("EMAIL", OLD_ADDRESS),
    }  # fmt: skip


def test_a_second_change_waits_until_the_first_is_settled(account: Account) -> None:
    now, session = clock.now(), session_of(account)
    change(session, SMS, NEW, now)

    with pytest.raises(contacts.ChangedLately):
        contacts.send_code(session=session, kind=SMS, to="+84501234562", now=now)


def test_the_same_phone_or_address_is_no_change(account: Account) -> None:
    session, now = session_of(account), clock.now()
    with pytest.raises(contacts.Same):
        contacts.send_code(session=session, kind=SMS, to=factories.PHONE, now=now)
    with pytest.raises(contacts.Same):
        contacts.send_code(session=session, kind=EMAIL, to="Mau@vidu.vn", now=now)


def test_a_disabled_phone_is_bound_anew_by_its_own_number(account: Account) -> None:
    Authenticator.objects.filter(kind=SMS).delete()
    factories.make_phone(account, state=AuthenticatorState.DISABLED)

    change(session_of(account), SMS, factories.PHONE)

    rows = Authenticator.objects.filter(kind=SMS).order_by("created_at")
    assert [row.state for row in rows] == ["REMOVED", "ACTIVE"]


def test_it_wants_a_fresh_proof_and_a_passkey_where_there_is_one(account: Account) -> None:
    session, now = session_of(account), clock.now()
    late = now + policy.ASSURANCE[Action.CHANGE_PHONE].max_age + timedelta(seconds=1)
    with pytest.raises(assurance.StepUpNeeded):
        contacts.send_code(session=session, kind=SMS, to=NEW, now=late)
    factories.make_authenticator(account, AuthenticatorKind.PASSKEY)
    for kind, to in ((SMS, NEW), (EMAIL, NEW_ADDRESS)):
        with pytest.raises(assurance.StepUpNeeded) as needed:
            contacts.send_code(session=session, kind=kind, to=to, now=now)
        assert needed.value.passkey
    change(session_of(account, passkey=True), SMS, NEW, now)


def test_the_code_to_one_phone_confirms_no_other_and_not_for_another_session(
    account: Account,
) -> None:
    now, session, other = clock.now(), session_of(account), session_of(account)
    contacts.send_code(session=session, kind=SMS, to=NEW, now=now)
    first = factories.sent_code()
    with pytest.raises(codes.NoCode):
        contacts.confirm(session=other, kind=SMS, code=first, now=now)
    contacts.forget(session=session, kind=SMS, now=now)

    with pytest.raises(codes.NoCode):
        contacts.confirm(session=session, kind=SMS, code=first, now=now)
    assert held(account, SMS) == {factories.PHONE: "ACTIVE"}


def test_a_wrong_code_changes_nothing_and_pressing_twice_changes_once(account: Account) -> None:
    now, session = clock.now(), session_of(account)
    contacts.send_code(session=session, kind=SMS, to=NEW, now=now)
    right = factories.sent_code()
    wrong = "000000" if right != "000000" else "111111"
    with pytest.raises(codes.WrongCode):
        contacts.confirm(session=session, kind=SMS, code=wrong, now=now)

    contacts.confirm(session=session, kind=SMS, code=right, now=now)
    contacts.confirm(session=session, kind=SMS, code=right, now=now)

    assert ContactChange.objects.count() == 1


def test_a_session_that_was_ended_meanwhile_changes_nothing(account: Account) -> None:
    now, session = clock.now(), session_of(account)
    contacts.send_code(session=session, kind=SMS, to=NEW, now=now)
    DeviceSession.objects.update(ended_at=now)

    with pytest.raises(sessions.SessionOver):
        contacts.confirm(session=session, kind=SMS, code=factories.sent_code(), now=now)
    assert held(account, SMS) == {factories.PHONE: "ACTIVE"}


# --- Phones of others ---------------------------------------------------------------------------
def another_citizen() -> Account:
    return factories.make_account(factories.make_citizen(16))


def officer() -> Account:
    return factories.make_staff(kind=AccountKind.OFFICER)


@pytest.mark.parametrize("holder", [another_citizen, officer])
@pytest.mark.parametrize("state", [AuthenticatorState.ACTIVE, AuthenticatorState.REPLACED])
def test_anothers_phone_is_refused_only_to_who_has_it_in_hand(
    account: Account, holder: Callable[[], Account], state: AuthenticatorState
) -> None:
    factories.make_phone(holder(), NEW, state=state)
    now, session = clock.now(), session_of(account)

    contacts.send_code(session=session, kind=SMS, to=NEW, now=now)  # says nothing of the number

    with pytest.raises(contacts.PhoneNotYours):
        contacts.confirm(session=session, kind=SMS, code=factories.sent_code(), now=now)
    assert held(account, SMS) == {factories.PHONE: "ACTIVE"}


def test_an_officers_own_citizen_account_may_share_the_phone(account: Account) -> None:
    at_work = factories.make_staff(citizen=account.citizen)
    factories.make_phone(at_work, NEW)

    change(session_of(account), SMS, NEW)

    assert held(account, SMS)[NEW] == "ACTIVE"


@pytest.mark.django_db(transaction=True)
def test_one_phone_for_two_accounts_racing_is_bound_once() -> None:
    people = [factories.make_account(factories.make_citizen(serial)) for serial in (20, 21, 22)]
    live, now = [session_of(person) for person in people], clock.now()
    sent = []
    for session in live:
        contacts.send_code(session=session, kind=SMS, to=NEW, now=now)
        sent.append(factories.sent_code())
    together = threading.Barrier(len(live))

    def race(place: int) -> str:
        together.wait(timeout=20)
        try:
            contacts.confirm(session=live[place], kind=SMS, code=sent[place], now=now)
        except contacts.PhoneNotYours as refused:
            return refused.code
        else:
            return "bound"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(live)) as pool:
        outcomes = sorted(pool.map(race, range(len(live))))

    assert outcomes == ["bound", "phone_not_yours", "phone_not_yours"]
    assert Authenticator.objects.filter(kind=SMS, state="ACTIVE").count() == 1


# --- Taking back --------------------------------------------------------------------------------
def test_the_old_phone_takes_it_back_and_everybody_is_signed_out(account: Account) -> None:
    session, now = session_of(account), clock.now()
    session_of(account)
    made = change(session, SMS, NEW, now)

    contacts.revert(change=made, by=ActedBy.STOP_CODE, now=now + timedelta(hours=23))

    assert held(account, SMS) == {factories.PHONE: "ACTIVE", NEW: "REMOVED"}
    made.refresh_from_db()
    assert made.state == ContactState.REVERTED
    assert not DeviceSession.objects.filter(ended_at__isnull=True).exists()
    assert told("CHANGE_REVERTED") == [
        ("EMAIL", OLD_ADDRESS), ("INBOX", None), ("SMS", NEW), ("SMS", factories.PHONE),
    ]  # fmt: skip
    event = AuditEvent.objects.get(name="accounts.contact_reverted")
    assert event.data["by"] == "stop_code"
    back = Authenticator.objects.get(kind=SMS, state="ACTIVE")
    assert back.is_trusted(now)


def test_it_is_taken_back_from_the_account_itself(account: Account) -> None:
    session, now = session_of(account), clock.now()
    change(session, EMAIL, NEW_ADDRESS, now)

    contacts.take_back(session=session, kind=EMAIL, now=now)

    assert held(account, EMAIL) == {OLD_ADDRESS: "ACTIVE", NEW_ADDRESS: "REMOVED"}
    with pytest.raises(contacts.NotRevertible):
        contacts.take_back(session=session, kind=EMAIL, now=now)


def test_a_new_phone_that_failed_too_often_can_be_taken_back_too(account: Account) -> None:
    now = clock.now()
    made = change(session_of(account), SMS, NEW, now)
    Authenticator.objects.filter(pk=made.new_id).update(state="DISABLED", failures=100)

    contacts.revert(change=made, by=ActedBy.STOP_CODE, now=now)

    assert held(account, SMS) == {factories.PHONE: "ACTIVE", NEW: "REMOVED"}


def test_it_is_too_late_after_a_day_and_after_a_counter_set_another_phone(account: Account) -> None:
    now = clock.now()
    made = change(session_of(account), SMS, NEW, now)
    with pytest.raises(contacts.NotRevertible):
        contacts.revert(change=made, by=ActedBy.STOP_CODE, now=now + DAY)
    Authenticator.objects.filter(pk=made.new_id).update(state="REMOVED")
    factories.make_phone(account, "+84501234569")

    with pytest.raises(contacts.NotRevertible):
        contacts.revert(change=made, by=ActedBy.STOP_CODE, now=now)
    assert held(account, SMS)["+84501234569"] == "ACTIVE"


def test_a_locked_account_takes_back_and_a_closed_one_does_not(account: Account) -> None:
    now = clock.now()
    made = change(session_of(account), SMS, NEW, now)
    Account.objects.update(state=AccountState.CLOSED)
    with pytest.raises(contacts.NotRevertible):
        contacts.revert(change=made, by=ActedBy.STOP_CODE, now=now)
    Account.objects.update(state=AccountState.LOCKED, locked_at=now, lock_reason="OWNER")

    contacts.revert(change=made, by=ActedBy.STOP_CODE, now=now)

    assert held(account, SMS)[factories.PHONE] == "ACTIVE"


@pytest.mark.django_db(transaction=True)
def test_taking_back_and_settling_at_the_same_moment_leave_one_phone() -> None:
    person = factories.make_account()
    factories.make_phone(person)
    now = clock.now()
    made = change(session_of(person), SMS, NEW, now)
    together = threading.Barrier(4)

    def race(place: int) -> Any:
        together.wait(timeout=20)
        try:
            if place % 2:
                return bool(contacts.settle(now=now + DAY))
            contacts.revert(change=made, by=ActedBy.STOP_CODE, now=now + DAY - timedelta(seconds=1))
        except contacts.NotRevertible:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(race, range(4))) == [False, False, False, True]

    assert Authenticator.objects.filter(kind=SMS, state="ACTIVE").count() == 1
    assert not Authenticator.objects.filter(state="REPLACED").exists()


# --- Settling -----------------------------------------------------------------------------------
def test_after_a_day_the_change_is_settled_once_and_the_old_phone_is_free(account: Account) -> None:
    now = clock.now()
    made = change(session_of(account), SMS, NEW, now)
    assert contacts.settle(now=now + DAY - timedelta(seconds=1)) == 0

    assert contacts.settle(now=now + DAY) == 1
    assert contacts.settle(now=now + DAY) == 0

    made.refresh_from_db()
    assert made.state == ContactState.SETTLED
    assert held(account, SMS) == {factories.PHONE: "REMOVED", NEW: "ACTIVE"}
    with pytest.raises(contacts.NotRevertible):
        contacts.revert(change=made, by=ActedBy.STOP_CODE, now=now)
    factories.make_phone(another_citizen())


# --- Addresses ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" An@ViDu.VN ", "An@vidu.vn"),
        ("a.b+c@mail.vidu.vn", "a.b+c@mail.vidu.vn"),
        ("an@đỏ.vn", "an@" + "đỏ".encode("idna").decode() + ".vn"),
    ],
)
def test_an_address_has_one_form(typed: str, kept: str) -> None:
    assert emails.to_normal(typed) == kept == emails.to_normal(kept)
    assert kept.isascii()


@pytest.mark.parametrize(
    "typed",
    [
        "", "an", "@vidu.vn", "an@", "an@vidu", "an@@vidu.vn", "a b@vidu.vn", ".an@vidu.vn",
        "an.@vidu.vn", "a..n@vidu.vn", "an@-vidu.vn", "an@vidu.vn.", "an@127.0.0.1", "ân@vidu.vn",
        "an@vi du.vn", "an\r\nBcc: x@vidu.vn", "x" * 65 + "@vidu.vn", "an@" + "a." * 130 + "vn",
        "<an@vidu.vn>", "an@[127.0.0.1]", '"an"@vidu.vn', "an@" + "a" * 64 + ".vn",
    ],
)  # fmt: skip
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(emails.NotEmail):
        emails.to_normal(typed)


def test_a_shown_address_tells_little() -> None:
    assert emails.masked("minh.anh@vidu.vn") == "m•••@vidu.vn"
