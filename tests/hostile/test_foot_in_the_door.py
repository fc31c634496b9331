"""People with a foot in the door: a slip in the hand, a shared browser, a uniform. What they try does not work."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from accounts.enums import AccountKind, AccountState, ActedBy, LockReason, SessionEnd
from accounts.gateways import population
from accounts.models import Account, Authenticator, CardCase, Flow, Notice
from accounts.services import (
    activation_slip,
    changing_password,
    counter_issue,
    flows,
    locking,
    officers,
    proofs,
    register,
    sessions,
    unlocking,
)
from eid_portal.core import approvals, clock, limits, passwords, sealed
from eid_portal.core.models import Approval, LimitCounter
from tests import factories
from tests.accounts import test_activating as activation
from tests.accounts import test_signing_in as sign_in
from tests.accounts.desk import (
    ALL,
    PHUC,
    at,
    confirm_phone,
    desk,
    findings,
    hold_phone,
    office,
    officer,
    open_case,
    phones_of,
    scan_card,
)
from tests.outside_world import OutsideWorld

__all__ = ["desk", "office", "officer"]  # fixtures
pytestmark = pytest.mark.django_db
HERE: dict[str, Any] = {"REMOTE_ADDR": "198.51.100.9"}
SECOND_APP = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"


def issued_account() -> Account:
    account = factories.make_account(state=AccountState.ISSUED, activated_at=None)
    factories.make_card(account.citizen)
    factories.make_phone(account)
    factories.make_slip(account)
    return account


# --- A slip in the hand -----------------------------------------------------------------------------
def test_wrong_codes_are_slowed_down_and_do_not_take_the_phone_out_of_the_way() -> None:
    account = issued_account()
    thief = Client()
    activation.hand_in_slip(thief, account)
    answers = {thief.post("/activate/code/", {"code": "000000"}).status_code for _ in range(100)}
    phone = Authenticator.objects.get(account=account, kind="SMS")
    assert 429 in answers
    assert (phone.state, phone.failures <= 5) == (
        "ACTIVE",
        True,
    )  # five were compared with the code

    Authenticator.objects.filter(pk=phone.pk).update(state="DISABLED")
    again = activation.hand_in_slip(Client(), account)
    assert again.status_code == 200
    assert str(activation_slip.PhoneDisabled.message) in again.content.decode()
    assert not Flow.objects.filter(data__no_phone=True).exists()


def test_a_phone_that_is_disabled_is_told_so_itself() -> None:
    account = issued_account()
    Authenticator.objects.filter(account=account).update(failures=99)
    client = Client()
    activation.hand_in_slip(client, account)
    client.post("/activate/code/", {"code": "000000"})

    told = Notice.objects.filter(kind="AUTHENTICATOR_DISABLED", channel="SMS")
    assert [notice.to for notice in told] == [factories.PHONE]


def test_staff_do_not_activate_without_their_phone() -> None:
    alice, carol = (factories.make_staff(n, kind=AccountKind.ADMINISTRATOR) for n in (61, 62))
    factories.make_citizen(64)
    now = clock.now()
    made = officers.create_officer(
        number=factories.personal_number(64), kind=AccountKind.ADMINISTRATOR, sign_in_name="dora",
        phone="0501234567", actor=factories.actor_of(alice), now=now,
    )  # fmt: skip
    approvals.approve(
        approval=Approval.objects.get(), approver=factories.actor_of(carol), signed_in_at=now, now=now
    )  # fmt: skip
    _slip, code = officers.print_slip(
        account=made.account, actor=factories.actor_of(carol), now=now
    )
    Authenticator.objects.filter(account=made.account, kind="SMS").update(state="DISABLED")

    assert activation.hand_in_slip(Client(), made.account, code).status_code == 200
    assert not Flow.objects.exists()


# --- Knowing a number, or a browser -------------------------------------------------------------------
def test_who_keeps_trying_is_told_of_and_a_visit_with_the_card_opens_new_devices_again(
    desk: Client, sandbox: OutsideWorld
) -> None:
    account = hold_phone(state="ACTIVE")
    factories.make_password(account)
    factories.make_totp(account)
    Authenticator.objects.filter(kind="PASSWORD").update(failures=49, stranger_failures=49)
    assert sign_in.first_step(Client(), account, "wrong").status_code == 200
    assert {n.channel for n in Notice.objects.filter(kind="STRANGERS_TRY")} == {"INBOX", "SMS"}
    assert sign_in.first_step(Client(), account).status_code == 200  # not even the right one

    case = open_case(desk, PHUC)
    desk.post(at(case, "issue/"), {"checks": ALL})

    assert sign_in.first_step(Client(), account).status_code == 303


def test_an_invented_device_cookie_buys_no_more_tries_of_the_second_factor() -> None:
    account = factories.make_account()
    factories.make_password(account)
    totp = factories.make_totp(account)
    client = factories.signed_in(Client(), account)
    client.cookies.pop("__Host-session")
    assert sign_in.first_step(client, account).status_code == 303
    seen = []
    for turn in range(30):
        client.cookies["__Host-device"] = f"anything-{turn}"
        seen.append(sign_in.enter_code(client, "000000").status_code)

    totp.refresh_from_db()
    assert 429 in seen
    assert totp.failures == 10


def test_a_device_cookie_copied_from_a_shared_browser_knows_nobody_else() -> None:
    thief, victim = (factories.make_account(factories.make_citizen(n)) for n in (16, 17))
    factories.make_password(victim)
    factories.make_totp(victim)
    shared = factories.signed_in(Client(), thief)
    shared.cookies.pop("__Host-session")
    copied = shared.cookies["__Host-device"].value
    sign_in.first_step(shared, victim)
    assert sign_in.enter_code(shared).status_code == 303

    home = Client()
    home.cookies["__Host-device"] = copied
    sign_in.first_step(home, victim, "wrong")

    password = Authenticator.objects.get(account=victim, kind="PASSWORD")
    assert (password.failures, password.stranger_failures) == (1, 1)
    both = shared.cookies["__Host-device"].value
    assert both.startswith(copied + ".")  # the browser still knows who used it before
    assert both != copied


def test_using_one_app_does_not_wear_out_the_other() -> None:
    account = factories.make_account()
    factories.make_totp(account)
    other = factories.make_totp(account, secret=SECOND_APP)
    begun = clock.now()
    for turn in range(120):
        now = begun + timedelta(seconds=30 * turn)
        proofs.check_totp(
            account_id=account.pk, code=factories.totp_code(now), known_device=False, now=now
        )

    other.refresh_from_db()
    assert (other.failures, other.stranger_failures, other.state) == (0, 0, "ACTIVE")


def test_a_code_sent_to_the_old_phone_opens_nothing_after_it_was_replaced() -> None:
    account = factories.make_account()
    factories.make_password(account)
    old = factories.make_phone(account)
    client = Client()
    sign_in.first_step(client, account)
    code = factories.sent_code()
    Authenticator.objects.filter(pk=old.pk).update(state="REMOVED", ended_at=clock.now())
    factories.make_phone(account, "+84912000077")

    assert sign_in.enter_code(client, code, "SMS").status_code == 200


@pytest.mark.parametrize("by", ["password", "lock", "counter"])
def test_a_sign_in_half_done_does_not_outlive_the_password_it_was_begun_with(by: str) -> None:
    account = factories.make_account()
    factories.make_card(account.citizen)
    factories.make_password(account)
    factories.make_totp(account)
    thief = Client()
    assert sign_in.first_step(thief, account)["Location"] == "/sign-in/code/"
    now, actor = clock.now(), factories.actor_of(account)

    if by == "password":
        owner = factories.signed_in(Client(), account)
        session = sessions.find(owner.cookies["__Host-session"].value, now=now)
        assert session is not None
        changing_password.change_password(
            session=session, password="một mật khẩu khác hẳn nữa", now=now
        )
    elif by == "lock":
        locking.lock(
            account=account, by=ActedBy.OWNER, reason=LockReason.OWNER, actor=actor, now=now
        )
        locking.unlock(account=account, by=ActedBy.OWNER, actor=actor, now=now)
    else:
        sessions.end_all(account_ids=[account.pk], reason=SessionEnd.RECOVERED, now=now)

    assert sign_in.enter_code(thief)["Location"] == "/sign-in/"
    assert "__Host-session" not in thief.cookies


def test_an_offer_to_unlock_does_not_outlive_what_was_proved_for_it() -> None:
    account = factories.make_account()
    factories.make_card(account.citizen)
    factories.make_password(account)
    factories.make_totp(account)
    now, actor = clock.now(), factories.actor_of(account)
    locking.lock(account=account, by=ActedBy.OWNER, reason=LockReason.OWNER, actor=actor, now=now)
    refused = unlocking.refuse(account=account, amr=("pwd", "otp"), authenticator_id=None, now=now)
    assert refused.unlock

    sessions.end_all(account_ids=[account.pk], reason=SessionEnd.RECOVERED, now=now)

    with pytest.raises(flows.FlowOver):
        unlocking.show(token=refused.unlock, now=now)


def test_a_password_changed_while_it_was_compared_opens_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = factories.make_account()
    factories.make_password(account)
    factories.make_totp(account)
    matches = passwords.matches

    def slowly(*args: Any) -> bool:
        right = matches(*args)
        Authenticator.objects.filter(account=account, kind="PASSWORD").update(
            state="REMOVED", ended_at=clock.now()
        )
        return right

    monkeypatch.setattr(passwords, "matches", slowly)

    assert sign_in.first_step(Client(), account).status_code == 200


# --- A uniform --------------------------------------------------------------------------------------
def test_a_code_sent_to_one_phone_never_confirms_another(desk: Client) -> None:
    case = open_case(desk, PHUC)
    for _ in range(5):
        desk.post(at(case, "phone/"), {"phone": "0501234567"})
    code = factories.sent_code()
    assert desk.post(at(case, "phone/"), {"phone": "0507654321"}).status_code == 422  # too many

    assert desk.post(at(case, "phone/code/"), {"code": code}).status_code == 422

    case.refresh_from_db()
    assert case.phone_verified_at is None


def test_a_first_phone_for_an_account_in_use_takes_two_officers(
    desk: Client, sandbox: OutsideWorld
) -> None:
    account = hold_phone(state="ACTIVE")
    for row in Authenticator.objects.filter(account=account):
        row.delete()
    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)
    desk.post(at(case, "issue/"), {"checks": ALL})

    case.refresh_from_db()
    assert (case.state, case.exceptions) == ("WAITING", ["PHONE_CHANGE"])
    assert phones_of(account) == {}


def test_a_disabled_phone_still_counts_as_the_one_on_record(
    desk: Client, sandbox: OutsideWorld
) -> None:
    account = hold_phone(state="ISSUED")
    Authenticator.objects.filter(account=account).update(state="DISABLED")
    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)
    desk.post(at(case, "issue/"), {"checks": ALL})

    case.refresh_from_db()
    assert case.exceptions == ["PHONE_CHANGE"]


def test_a_payload_written_by_hand_after_typing_the_number_is_no_card_in_hand(
    desk: Client, sandbox: OutsideWorld, officer: Account, office: Any
) -> None:
    scan_card(desk, PHUC)
    case = CardCase.objects.get()
    told = case.register_answer
    day = ["".join(reversed(told[name].split("-"))) for name in ("birth_date", "issued_on")]
    place = ", ".join(told["residence"][part] for part in ("line", "commune", "province"))
    sex = {"M": "Nam", "F": "Nữ"}[told["sex"]]
    forged = f"{told['number']}||{told['name']}|{day[0]}|{sex}|{place}|{day[1]}"

    for leave_first in (False, True):  # in the same case, and in a new one
        if leave_first:
            desk.post(at(case, "leave/"))
        scan_card(desk, forged)
        case = CardCase.objects.get(state="OPEN")
        assert findings(case) == []
        confirm_phone(desk, case, sandbox)
        done = counter_issue.issue(
            case=case, checks=ALL, level_2_requested=False, no_phone=False,
            actor=factories.actor_of(officer, office), now=clock.now(),
        )  # fmt: skip
        assert isinstance(done, counter_issue.Waiting)
        assert "NO_CARD" in done.reasons
        CardCase.objects.filter(pk=case.pk).update(state="OPEN")
        Approval.objects.update(state="EXPIRED")
        LimitCounter.objects.all().delete()


# --- At the same moment -----------------------------------------------------------------------------
def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each answers when all begin at once, in threads of their own."""
    gate, answers = threading.Barrier(len(acts)), []

    def run(act: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            gate.wait(30)
            answers.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def posting(cookies: dict[str, str], path: str, values: dict[str, str]) -> Callable[[], int]:
    def post() -> int:
        client = Client(raise_request_exception=False)
        for name, value in cookies.items():
            client.cookies[name] = value
        status: int = client.post(path, values, REMOTE_ADDR="198.51.100.9").status_code
        return status

    return post


def walk_to_recovery(account: Account) -> tuple[dict[str, str], str]:
    """An activation that comes from a counter's network, up to its last button; the cookies, and a recovery code."""
    factories.make_office(networks=["198.51.100.0/24"])
    client, here = Client(), HERE
    activation.walk_to_factor(client, account, **here)
    secret = activation.secret_on(client.get("/activate/factor/"))
    client.post("/activate/factor/", {"code": factories.totp_code(secret=secret)}, **here)
    code = activation.make_codes(client, **here)[0]
    activation.choose_routes(client, **here)
    return {"__Host-flow": client.cookies["__Host-flow"].value}, code


@pytest.mark.django_db(transaction=True)
def test_what_was_put_before_the_supervisor_is_what_becomes_active() -> None:
    account = issued_account()
    cookies, code = walk_to_recovery(account)
    finish = posting(cookies, "/activate/try/", {"code": code})
    change = posting(cookies, "/activate/password/", {"password": "một mật khẩu khác hẳn nữa"})

    assert set(together(change, finish)) <= {302, 303}

    flow = Flow.objects.get(kind="ACTIVATION")
    if not Approval.objects.exists():  # the new password came first: it must be finished anew
        assert flow.data["step"] == "factor"
        return
    assert flow.data["step"] == "waiting"
    now = clock.now()
    boss = factories.actor_of(factories.make_staff(70))
    approvals.approve(approval=Approval.objects.get(), approver=boss, signed_in_at=now, now=now)
    account.refresh_from_db()
    assert account.state == "ACTIVE"
    active = Authenticator.objects.filter(account=account, state="ACTIVE")
    assert {row.kind for row in active} == {"PASSWORD", "TOTP", "RECOVERY_CODES", "SMS"}


@pytest.mark.django_db(transaction=True)
def test_a_button_pressed_four_times_breaks_nothing() -> None:
    account = issued_account()
    cookies, code = walk_to_recovery(account)
    finish = posting(cookies, "/activate/try/", {"code": code})
    assert set(together(*[finish] * 4)) == {303}
    assert Approval.objects.count() == 1

    other = factories.make_account(factories.make_citizen(16))
    factories.make_password(other)
    factories.make_totp(other)
    client = factories.signed_in(Client(), other)
    client.post("/account/security/app/add/", {"action": "begin"})
    secret = Authenticator.objects.get(account=other, state="PENDING").secret
    session = {"__Host-session": client.cookies["__Host-session"].value}
    bind = posting(
        session, "/account/security/app/add/", {"code": factories.totp_code(secret=secret)}
    )
    assert set(together(*[bind] * 4)) == {303}
    assert Authenticator.objects.filter(account=other, kind="TOTP", state="ACTIVE").count() == 2


# --- While things change ------------------------------------------------------------------------------
def test_a_number_that_goes_back_and_forth_is_followed(sandbox: OutsideWorld) -> None:
    answer = population.look_up(PHUC)
    assert isinstance(answer, population.Found)
    first = answer.person
    second = replace(first, personal_number="079090000007", former_numbers=(PHUC,))
    citizen = register.take_in(first, now=clock.now())
    for person in (second, first, second, first):
        again = register.take_in(person, now=clock.now())
        assert (again.pk, again.personal_number) == (citizen.pk, person.personal_number)


def test_a_lock_under_either_key_is_found_while_keys_rotate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit = limits.Limit(name="x", allowed=3, per=timedelta(days=1))
    now = clock.now()
    keys = [UUID(int=2), UUID(int=1)]
    monkeypatch.setattr(sealed, "blind_indexes", lambda _purpose, _value: keys)
    soon = now + timedelta(hours=23)
    LimitCounter.objects.create(
        name="x", key=keys[0], count=3, locked_until=soon, window_ends_at=soon
    )
    LimitCounter.objects.create(
        name="x", key=keys[1], count=1, window_ends_at=soon + timedelta(seconds=1)
    )

    assert limits.hit(limit, "k", now=now) == limits.LockedUntil(soon)
