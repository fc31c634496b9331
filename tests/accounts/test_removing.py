"""Ways to sign in are named, replaced and removed, never the last one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts import policy
from accounts.enums import (
    AccountKind,
    ActedBy,
    Action,
    AuthenticatorKind,
    AuthenticatorState,
    StopKind,
)
from accounts.models import Account, Authenticator, ContactChange, DeviceSession, Notice, StopCode
from accounts.rules import last_way
from accounts.services import (
    adding_app,
    assurance,
    authenticators,
    changing_password,
    contacts,
    new_recovery_codes,
    proofs,
    removing,
    sessions,
)
from eid_portal.core import clock, passwords
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from tests import factories
from tests.accounts.test_contacts import session_of

K = AuthenticatorKind
NEW_PASSWORD = "một câu dài mà chỉ tôi nhớ"


def rows(account: Account, kind: AuthenticatorKind) -> list[str]:
    found = Authenticator.objects.filter(account=account, kind=kind).order_by("created_at")
    return [row.state for row in found]


# --- The rule -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kinds", "citizen", "staff"),
    [
        ((), False, False),
        ((K.PASSKEY,), True, True),
        ((K.PASSWORD,), False, False),
        ((K.PASSWORD, K.TOTP), True, True),
        ((K.PASSWORD, K.SMS), True, False),
        ((K.PASSWORD, K.RECOVERY_CODES, K.EMAIL), False, False),
        ((K.TOTP, K.SMS, K.RECOVERY_CODES, K.EMAIL), False, False),
        ((K.PASSKEY, K.PASSWORD), True, True),
    ],
)
def test_what_lets_in(kinds: tuple[AuthenticatorKind, ...], citizen: bool, staff: bool) -> None:
    assert last_way.lets_in(kinds, AccountKind.CITIZEN) is citizen
    assert last_way.lets_in(kinds, AccountKind.OFFICER) is staff
    assert last_way.lets_in(kinds, AccountKind.ADMINISTRATOR) is staff


kinds_held = st.sets(st.sampled_from(K))


@given(kinds_held, kinds_held, st.sampled_from(AccountKind))
def test_more_ways_never_let_in_less(
    held: set[AuthenticatorKind], more: set[AuthenticatorKind], holder: AccountKind
) -> None:
    assert last_way.lets_in(held | more, holder) >= last_way.lets_in(held, holder)


@given(kinds_held, st.sampled_from(AccountKind))
def test_who_is_let_in_holds_a_passkey_or_two_factors(
    held: set[AuthenticatorKind], holder: AccountKind
) -> None:
    if last_way.lets_in(held, holder):
        assert K.PASSKEY in held or (K.PASSWORD in held and held & {K.TOTP, K.SMS})
        assert last_way.lets_in(held - {K.RECOVERY_CODES, K.EMAIL}, holder)


# --- Removing -----------------------------------------------------------------------------------
@pytest.fixture
def account(db: None) -> Account:
    """A citizen with a password, an app and a phone."""
    made = factories.make_account()
    factories.make_password(made)
    factories.make_totp(made, label="Máy tính bảng")
    factories.make_phone(made)
    return made


def remove(account: Account, row: Authenticator, **given: Any) -> None:
    removing.remove(
        session=given.pop("session", None) or session_of(account),
        authenticator_id=row.pk,
        now=given.pop("now", clock.now()),
    )


def test_an_app_is_removed_told_of_and_stays_on_record(account: Account) -> None:
    app = Authenticator.objects.get(kind=K.TOTP)

    remove(account, app)

    app.refresh_from_db()
    assert (app.state, app.label) == ("REMOVED", "Máy tính bảng")
    assert app.ended_at is not None
    assert AuditEvent.objects.filter(name="accounts.authenticator_removed").count() == 1
    assert {"INBOX", "SMS"} == set(
        Notice.objects.filter(kind="AUTHENTICATOR_REMOVED").values_list("channel", flat=True)
    )
    with pytest.raises(removing.Unknown):
        remove(account, app)


@pytest.mark.parametrize("change", ["disabled", "sim"])
def test_a_phone_that_lets_nobody_in_is_no_other_way(account: Account, change: str) -> None:
    now, phone = clock.now(), Authenticator.objects.filter(kind=K.SMS)
    if change == "sim":
        phone.update(blocked_until=now + timedelta(hours=1))
    else:
        phone.update(state=AuthenticatorState.DISABLED)

    with pytest.raises(removing.LastWay):
        remove(account, Authenticator.objects.get(kind=K.TOTP))
    assert rows(account, K.TOTP) == ["ACTIVE"]


def test_what_is_disabled_may_always_go(account: Account) -> None:
    Authenticator.objects.filter(kind=K.SMS).delete()
    old = factories.make_totp(account, state=AuthenticatorState.DISABLED)

    remove(account, old)

    assert sorted(rows(account, K.TOTP)) == ["ACTIVE", "REMOVED"]


def test_an_officer_keeps_the_app_though_there_is_a_phone(db: None) -> None:
    officer = factories.make_staff()
    factories.make_password(officer)
    factories.make_phone(officer)
    app = factories.make_totp(officer)

    with pytest.raises(removing.LastWay):
        remove(officer, app)


def test_a_password_is_changed_and_not_removed(account: Account) -> None:
    factories.make_authenticator(account, K.PASSKEY)

    with pytest.raises(removing.Unknown):
        remove(
            account,
            Authenticator.objects.get(kind=K.PASSWORD),
            session=session_of(account, passkey=True),
        )


@pytest.mark.parametrize("kind", [K.SMS, K.RECOVERY_CODES, K.EMAIL])
def test_phone_address_and_recovery_codes_go_when_their_owner_says_so(
    account: Account, kind: AuthenticatorKind
) -> None:
    factories.make_authenticator(account, K.EMAIL, secret="an@vidu.vn")
    make_sheet(account)
    Account.objects.filter(pk=account.pk).update(
        recovery_routes=["RECOVERY_CODE", "DELAYED", "COUNTER"]
    )
    row = Authenticator.objects.get(kind=kind)

    remove(account, row)

    row.refresh_from_db()
    assert row.state == "REMOVED"
    if kind in {K.SMS, K.EMAIL}:
        told = Notice.objects.filter(kind="AUTHENTICATOR_REMOVED", channel=kind)
        assert row.secret in {notice.to for notice in told}
    account.refresh_from_db()
    lost = {"RECOVERY_CODE"} if kind == K.RECOVERY_CODES else set()
    assert set(account.recovery_routes) == {"RECOVERY_CODE", "DELAYED", "COUNTER"} - lost


def test_a_removed_way_leaves_no_route_that_needs_it(account: Account) -> None:
    factories.make_authenticator(account, K.EMAIL, secret="an@vidu.vn")
    Account.objects.filter(pk=account.pk).update(recovery_routes=["DELAYED", "COUNTER"])
    for kind in (K.EMAIL, K.TOTP):
        remove(account, Authenticator.objects.get(kind=kind))

    account.refresh_from_db()
    assert account.recovery_routes == ["COUNTER"]
    assert AuditEvent.objects.filter(name="accounts.recovery_routes_chosen").count() == 1


def test_the_phone_stays_where_it_is_the_second_factor(account: Account) -> None:
    remove(account, Authenticator.objects.get(kind=K.TOTP))

    with pytest.raises(removing.LastWay):
        remove(account, Authenticator.objects.get(kind=K.SMS))
    assert rows(account, K.SMS) == ["ACTIVE"]


def test_the_phone_of_staff_is_not_theirs_to_remove(db: None) -> None:
    officer = factories.make_staff()
    factories.make_password(officer)
    factories.make_totp(officer)

    with pytest.raises(removing.Unknown):
        remove(officer, factories.make_phone(officer))


def changed_phone(account: Account, session: sessions.Session) -> None:
    """A new phone, in place of the one there was, if there was one."""
    contacts.send_code(session=session, kind=K.SMS, to="+84912000077", now=clock.now())
    contacts.confirm(session=session, kind=K.SMS, code=factories.sent_code(), now=clock.now())


def test_a_phone_that_can_be_taken_back_is_no_other_way(account: Account) -> None:
    Authenticator.objects.filter(kind=K.SMS).delete()
    changed_phone(account, session_of(account))
    app = Authenticator.objects.get(kind=K.TOTP)

    with pytest.raises(removing.LastWay):
        remove(account, app)
    later = clock.now() + policy.REVERT_WITHIN + timedelta(minutes=1)
    with clock.frozen(later):
        contacts.settle(now=later)
        remove(account, app)


def test_a_changed_phone_stands_for_the_one_it_can_be_taken_back_to(account: Account) -> None:
    session = session_of(account)
    changed_phone(account, session)

    with pytest.raises(contacts.ChangedLately):
        remove(account, Authenticator.objects.get(kind=K.SMS, state="ACTIVE"), session=session)
    remove(account, Authenticator.objects.get(kind=K.TOTP), session=session)


def test_an_account_that_a_revert_leaves_without_a_way_in_waits_for_a_counter(
    account: Account,
) -> None:
    Authenticator.objects.filter(kind=K.SMS).delete()
    changed_phone(account, session_of(account))
    Authenticator.objects.filter(kind=K.TOTP).update(state="DISABLED")  # tried too often since

    contacts.revert(change=ContactChange.objects.get(), by=ActedBy.STOP_CODE, now=clock.now())

    account.refresh_from_db()
    assert (account.state, account.lock_reason) == ("LOCKED", "OWNER")
    told = Notice.objects.get(kind="ACCOUNT_LOCKED", channel="INBOX")
    assert "NO_WAY_IN" in str(told.values)


def test_nobody_removes_or_names_what_is_anothers(account: Account) -> None:
    stranger = factories.make_account(factories.make_citizen(16))
    factories.make_authenticator(stranger, K.PASSKEY)
    app = Authenticator.objects.get(kind=K.TOTP)
    session = session_of(stranger, passkey=True)

    with pytest.raises(removing.Unknown):
        remove(stranger, app, session=session)
    with pytest.raises(removing.Unknown):
        removing.rename(session=session, authenticator_id=app.pk, label="x", now=clock.now())
    with pytest.raises(removing.Unknown):
        removing.find(session=session, authenticator_id=uuid4(), now=clock.now())


def test_removing_wants_a_fresh_proof(account: Account) -> None:
    late = (
        clock.now() + policy.ASSURANCE[Action.REMOVE_AUTHENTICATOR].max_age + timedelta(minutes=1)
    )
    with pytest.raises(assurance.StepUpNeeded):
        remove(account, Authenticator.objects.get(kind=K.TOTP), now=late)


def test_a_name_is_given_once_and_recorded(account: Account) -> None:
    app, session = Authenticator.objects.get(kind=K.TOTP), session_of(account)
    for label in ("Điện thoại của Mẫu", "Điện thoại của Mẫu"):
        removing.rename(session=session, authenticator_id=app.pk, label=label, now=clock.now())

    app.refresh_from_db()
    assert app.label == "Điện thoại của Mẫu"
    assert AuditEvent.objects.filter(name="accounts.authenticator_named").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", range(3))
def test_removals_at_the_same_moment_leave_one_way_in(_again: int) -> None:
    made = factories.make_account()
    passkeys = [factories.make_authenticator(made, K.PASSKEY) for _place in range(4)]
    session = session_of(made, passkey=True)
    together = threading.Barrier(len(passkeys))

    def race(row: Authenticator) -> bool:
        together.wait(timeout=20)
        try:
            remove(made, row, session=session)
        except removing.LastWay:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(len(passkeys)) as pool:
        assert sorted(pool.map(race, passkeys)) == [False, True, True, True]
    assert sorted(rows(made, K.PASSKEY)) == ["ACTIVE", "REMOVED", "REMOVED", "REMOVED"]


# --- The password -------------------------------------------------------------------------------
def change_password(
    session: sessions.Session, password: str = NEW_PASSWORD, now: datetime | None = None
) -> None:
    changing_password.change_password(session=session, password=password, now=now or clock.now())


def test_a_new_password_ends_every_other_session_and_keeps_the_level(account: Account) -> None:
    here, elsewhere = session_of(account), session_of(account)

    change_password(here)

    assert rows(account, K.PASSWORD) == ["REMOVED", "ACTIVE"]
    live = DeviceSession.objects.filter(ended_at__isnull=True)
    assert [row.pk for row in live] == [here.id]
    assert DeviceSession.objects.get(pk=elsewhere.id).end_reason == "PASSWORD"
    current = Authenticator.objects.get(kind=K.PASSWORD, state="ACTIVE")
    assert passwords.matches(NEW_PASSWORD, current.password_hash)
    before = account.level
    account.refresh_from_db()
    assert account.level == before
    assert StopCode.objects.get().kind == StopKind.LOCK
    assert {"INBOX", "SMS"} == set(
        Notice.objects.filter(kind="PASSWORD_CHANGED").values_list("channel", flat=True)
    )


def test_pressed_twice_a_password_is_changed_once(account: Account) -> None:
    session, now = session_of(account), clock.now()
    change_password(session, now=now)
    change_password(session, now=now + timedelta(seconds=2))

    assert rows(account, K.PASSWORD) == ["REMOVED", "ACTIVE"]
    with pytest.raises(changing_password.SamePassword):
        change_password(session, now=now + timedelta(minutes=5))


def test_a_disabled_password_is_set_anew(account: Account) -> None:
    Authenticator.objects.filter(kind=K.PASSWORD).update(state=AuthenticatorState.DISABLED)

    change_password(session_of(account))

    assert rows(account, K.PASSWORD) == ["REMOVED", "ACTIVE"]


def test_a_weak_password_changes_nothing(account: Account) -> None:
    for weak in ("mật khẩu", factories.NAME, "12345678", "x" * 1000):
        with pytest.raises(authenticators.PasswordRefused):
            change_password(session_of(account), weak)
    assert rows(account, K.PASSWORD) == ["ACTIVE"]


def test_a_session_that_was_ended_meanwhile_changes_no_password(account: Account) -> None:
    session = session_of(account)
    DeviceSession.objects.update(ended_at=clock.now())

    with pytest.raises(sessions.SessionOver):
        change_password(session)
    assert rows(account, K.PASSWORD) == ["ACTIVE"]


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_same_moment_change_the_password_once() -> None:
    made = factories.make_account()
    factories.make_password(made)
    session, now = session_of(made), clock.now()
    together = threading.Barrier(2)

    def press(_place: int) -> None:
        together.wait(timeout=20)
        try:
            change_password(session, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(press, range(2)))

    assert rows(made, K.PASSWORD) == ["REMOVED", "ACTIVE"]
    assert Notice.objects.filter(kind="PASSWORD_CHANGED", channel="INBOX").count() == 1


# --- Recovery codes -----------------------------------------------------------------------------
def make_sheet(account: Account) -> list[str]:
    sheet, plain = authenticators.new_recovery_codes(account=account, now=clock.now())
    authenticators.bind(sheet, account=account, actor=SYSTEM, now=clock.now())
    return plain


def uses(account: Account, code: str) -> bool:
    try:
        proofs.check_recovery_code(
            account_id=account.pk, code=code, known_device=True, now=clock.now()
        )
    except proofs.WrongProof:
        return False
    return True


def test_the_old_sheet_works_until_the_new_one_is_kept(account: Account) -> None:
    old, session, now = make_sheet(account), session_of(account), clock.now()

    sheet_id, new = new_recovery_codes.make(session=session, now=now)
    assert uses(account, old[0])
    assert not uses(account, new[0])
    new_recovery_codes.keep(session=session, sheet_id=sheet_id, now=now)
    new_recovery_codes.keep(session=session, sheet_id=sheet_id, now=now)  # pressed twice

    assert not uses(account, old[1])
    assert uses(account, new[0])
    assert rows(account, K.RECOVERY_CODES) == ["REMOVED", "ACTIVE"]
    assert Notice.objects.filter(kind="AUTHENTICATOR_ADDED", channel="INBOX").count() == 1


def test_only_the_sheet_that_was_shown_last_can_be_kept(account: Account) -> None:
    session, now = session_of(account), clock.now()
    first, _codes = new_recovery_codes.make(session=session, now=now)
    second, _codes = new_recovery_codes.make(session=session, now=now)

    with pytest.raises(new_recovery_codes.AnotherSheet):
        new_recovery_codes.keep(session=session, sheet_id=first, now=now)
    with pytest.raises(new_recovery_codes.AnotherSheet):
        new_recovery_codes.keep(session=session, sheet_id=uuid4(), now=now)
    new_recovery_codes.keep(session=session, sheet_id=second, now=now)


# --- Apps ---------------------------------------------------------------------------------------
def test_an_app_gets_a_name_and_there_is_an_end_to_them(account: Account) -> None:
    session, now = session_of(account), clock.now()
    for place in range(1, policy.APPS_MOST):
        adding_app.begin(session=session, now=now)
        row = Authenticator.objects.get(kind=K.TOTP, state="PENDING")
        code = factories.totp_code(now, row.secret)
        adding_app.confirm(session=session, code=code, label=f"Máy {place}", now=now)
        row.refresh_from_db()
        assert (row.state, row.label) == ("ACTIVE", f"Máy {place}")

    with pytest.raises(adding_app.TooManyApps):
        adding_app.begin(session=session, now=now)
