"""Number and password, then a code."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.test import Client

from accounts import policy
from accounts.enums import AccountKind, AccountState, AuthenticatorState, LockReason
from accounts.models import (
    Authenticator,
    Citizen,
    Device,
    DeviceSession,
    Flow,
    FormerPersonalNumber,
    Notice,
    OneTimeCode,
)
from accounts.models.indexes import number_index
from accounts.services import authenticators, recovery_attempts
from eid_portal.core import clock, passwords
from eid_portal.core.errors import Busy
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent, LimitCounter
from tests import factories

pytestmark = pytest.mark.django_db
WRONG = "sai mật khẩu rồi"


@pytest.fixture
def account() -> Any:
    account = factories.make_account()
    factories.make_password(account)
    factories.make_totp(account)
    return account


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that is hashed for checking."""
    seen: list[str] = []
    real = hashers.check_password

    def counted(password: str, encoded: str) -> bool:
        seen.append(password)
        return real(password, encoded)

    monkeypatch.setattr(passwords, "check_password", counted)
    return seen


NEW_NUMBER = "079090000991"


def renumbered(account: Any) -> str:
    """The register re-established the number of the account's holder; the number that was theirs."""
    citizen = account.citizen
    before: str = citizen.personal_number
    FormerPersonalNumber.objects.create(
        citizen=citizen, personal_number=before, personal_number_index=number_index(before),
        basis="population register", ended_at=clock.now(),
    )  # fmt: skip
    citizen.personal_number, citizen.personal_number_index = NEW_NUMBER, number_index(NEW_NUMBER)
    citizen.save(update_fields=["personal_number", "personal_number_index"])
    return before


def test_a_number_that_was_replaced_still_signs_in_activates_and_recovers() -> None:
    """Its holder may not know yet; tries with it are not spent on nothing."""
    account = factories.make_account()
    factories.make_card(account.citizen)
    factories.make_password(account)
    factories.make_totp(account)
    factories.make_phone(account)
    before = renumbered(account)

    for number in (before, NEW_NUMBER):
        client = Client()
        values = {"username": number, "password": factories.PASSWORD}
        assert client.post("/sign-in/", values)["Location"] == "/sign-in/code/"
        found = recovery_attempts._find(number, None)
        assert found[0] == account.pk

    waiting = factories.make_account(factories.make_citizen(18), state="ISSUED", activated_at=None)
    factories.make_card(waiting.citizen)
    factories.make_phone(waiting, "+84912000018")
    factories.make_slip(waiting)
    Citizen.objects.filter(pk=account.citizen_id).update(
        personal_number_index=number_index("079090000992")
    )
    values = {"username": renumbered(waiting), "code": factories.SLIP_CODE}
    assert Client().post("/activate/", values)["Location"] == "/activate/code/"


def test_a_number_belongs_to_whoever_has_it_now() -> None:
    """A number that was given to two people is re-established for one of them; the other keeps it."""
    keeps, changes = (factories.make_account(factories.make_citizen(n)) for n in (16, 17))
    factories.make_password(keeps, "mật khẩu của người giữ số")
    factories.make_password(changes)
    factories.make_totp(keeps)
    FormerPersonalNumber.objects.create(
        citizen=changes.citizen, personal_number=keeps.citizen.personal_number,
        personal_number_index=number_index(keeps.citizen.personal_number),
        basis="population register", ended_at=clock.now(),
    )  # fmt: skip

    assert first_step(Client(), keeps, "mật khẩu của người giữ số").status_code == 303
    assert first_step(Client(), keeps).status_code == 200


def first_step(
    client: Client, account: Any, password: str = factories.PASSWORD, **extra: Any
) -> Any:
    name = account.sign_in_name or account.citizen.personal_number
    return client.post("/sign-in/", {"username": name, "password": password}, **extra)


def enter_code(client: Client, code: str = "", way: str = "TOTP", **extra: Any) -> Any:
    return client.post(
        "/sign-in/code/", {"way": way, "code": code or factories.totp_code()} | extra
    )


def sign_in(client: Client, account: Any, at: Any = None) -> Any:
    with clock.frozen(at or clock.now()):
        assert first_step(client, account).status_code == 303
        return enter_code(client)


# --- The way through ------------------------------------------------------------------------------
def test_number_password_and_code_open_the_account(client: Client, account: Any) -> None:
    answer = first_step(client, account)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/code/")
    assert client.get("/sign-in/code/").status_code == 200

    answer = enter_code(client)

    assert (answer.status_code, answer["Location"]) == (303, "/")
    session = DeviceSession.objects.get()
    assert (session.account, session.aal, session.amr) == (account, 2, ["pwd", "otp"])
    assert client.cookies["__Host-flow"].value == ""
    for name in ("__Host-session", "__Host-device"):
        cookie = client.cookies[name]
        assert (cookie["secure"], cookie["httponly"]) == (True, True)
        assert (cookie["samesite"], cookie["path"]) == ("Lax", "/")


def test_the_password_alone_opens_nothing(client: Client, account: Any) -> None:
    first_step(client, account)

    assert client.get("/").status_code == 302
    assert DeviceSession.objects.count() == 0


@pytest.mark.parametrize("typed", ["001 300 000015", "001.300.000.015", "００１３００００００１５"])
def test_the_number_may_be_typed_as_people_type(client: Client, account: Any, typed: str) -> None:
    answer = client.post("/sign-in/", {"username": typed, "password": factories.PASSWORD})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("typed", "words"),
    [("00130000001", "11"), ("0013000000155", "13"), ("", "id_username_error"), ("<script>", "001 300 000 015")],
)  # fmt: skip
def test_a_number_of_another_length_is_said_so_unchecked(
    client: Client, hashes: list[str], typed: str, words: str
) -> None:
    page = client.post("/sign-in/", {"username": typed, "password": "x"})

    assert page.status_code == 200
    assert words in page.content.decode()
    assert "<script>" not in page.content.decode()
    assert hashes == []


def test_a_code_by_text_message_is_sent_at_once_and_may_be_sent_again(client: Client) -> None:
    account = factories.make_account()
    factories.make_password(account)
    factories.make_phone(account)
    first_step(client, account)
    assert "099" in client.get("/sign-in/code/").content.decode()
    first = factories.sent_code()

    client.post("/sign-in/code/", {"action": "send"})
    second = factories.sent_code()
    if first != second:
        assert enter_code(client, first, "SMS").status_code == 200
    answer = enter_code(client, second, "SMS")

    assert answer["Location"] == "/"
    assert DeviceSession.objects.get().amr == ["pwd", "sms"]


def test_another_way_may_be_chosen(client: Client, account: Any) -> None:
    factories.make_phone(account)
    sheet, plain = authenticators.new_recovery_codes(account=account, now=clock.now())
    authenticators.bind(sheet, account=account, actor=SYSTEM, now=clock.now())
    first_step(client, account)
    assert OneTimeCode.objects.count() == 0
    assert "?way=SMS" in client.get("/sign-in/code/").content.decode()
    assert 'value="send"' in client.get("/sign-in/code/?way=SMS").content.decode()

    answer = enter_code(client, plain[3], "RECOVERY_CODES")

    assert answer["Location"] == "/"


def test_a_code_of_one_sign_in_does_not_open_another(client: Client) -> None:
    account = factories.make_account()
    factories.make_password(account)
    factories.make_phone(account)
    first_step(client, account)
    code = factories.sent_code()
    other = Client()
    first_step(other, account)

    if code != factories.sent_code():
        assert enter_code(other, code, "SMS").status_code == 200
    assert enter_code(client, code, "SMS").status_code == 303


# --- Where to go on -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wanted", "place"),
    [("/help/", "/help/"), ("//evil.example", "/"), ("https://evil.example/", "/"), ("/\\evil.example", "/"),
     ("/counter/", "/"), ("/sign-in/", "/"), ("javascript:alert(1)", "/")],
)  # fmt: skip
def test_next_leads_to_pages_of_ones_own_only(
    client: Client, account: Any, wanted: str, place: str
) -> None:
    number = account.citizen.personal_number
    form = {"username": number, "password": factories.PASSWORD, "next": wanted}
    step = client.post("/sign-in/", form)

    assert step["Location"].startswith("/sign-in/code/")
    assert enter_code(client, next=wanted)["Location"] == place


@pytest.mark.parametrize(
    ("kind", "home"), [(AccountKind.OFFICER, "/counter/"), (AccountKind.ADMINISTRATOR, "/admin/")]
)
def test_staff_sign_in_by_name_with_their_app_alone(client: Client, kind: Any, home: str) -> None:
    account = factories.make_staff(51, kind=kind)
    office = factories.make_office()
    factories.make_role(account, office)
    factories.make_password(account)
    factories.make_phone(account)
    name = (account.sign_in_name or "").upper()
    form = {"username": name, "password": factories.PASSWORD}
    client.post("/counter/sign-in/", form)
    assert OneTimeCode.objects.count() == 0
    client.post("/sign-in/code/", {"action": "send"})
    assert OneTimeCode.objects.count() == 0
    assert enter_code(client, "123456", "SMS").status_code == 200

    factories.make_totp(account)
    answer = enter_code(client)

    assert answer["Location"] == home
    session = DeviceSession.objects.get()
    assert session.office == (office if kind == AccountKind.OFFICER else None)


# --- Flows ----------------------------------------------------------------------------------------
def test_without_the_first_step_there_is_no_second(client: Client) -> None:
    assert client.get("/sign-in/code/")["Location"] == "/sign-in/"
    assert enter_code(client, "123456")["Location"] == "/sign-in/"


def test_a_flow_ends_after_twenty_minutes_and_with_success(client: Client, account: Any) -> None:
    first_step(client, account)
    with clock.frozen(clock.now() + timedelta(minutes=20)):
        assert enter_code(client)["Location"] == "/sign-in/"
    first_step(client, account)
    flow = client.cookies["__Host-flow"].value
    enter_code(client)

    client.cookies["__Host-flow"] = flow
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        assert enter_code(client)["Location"] == "/sign-in/"
    assert DeviceSession.objects.count() == 1
    assert Flow.objects.filter(ended_at__isnull=True).count() == 1


# --- Budgets --------------------------------------------------------------------------------------
def test_strangers_are_refused_before_any_hash_and_the_owners_device_still_gets_in(
    client: Client, account: Any, hashes: list[str]
) -> None:
    sign_in(client, account)
    client.post("/sign-out/")
    hashes.clear()
    stranger = Client()
    for _try in range(policy.SIGN_IN_STRANGER.allowed):
        assert first_step(stranger, account, WRONG).status_code == 200
    assert len(hashes) == policy.SIGN_IN_STRANGER.allowed

    refused = first_step(stranger, account, factories.PASSWORD)

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 80_000
    assert len(hashes) == policy.SIGN_IN_STRANGER.allowed
    assert sign_in(client, account, clock.now() + timedelta(seconds=60))["Location"] == "/"


def test_a_known_device_has_a_budget_of_its_own_that_waits_longer_each_time(
    client: Client, account: Any, hashes: list[str]
) -> None:
    sign_in(client, account)
    client.post("/sign-out/")
    for _try in range(policy.SIGN_IN_DEVICE.allowed):
        first_step(client, account, WRONG)
    hashes.clear()

    assert first_step(client, account).status_code == 429
    assert hashes == []
    with clock.frozen(clock.now() + timedelta(seconds=31)):
        assert first_step(client, account).status_code == 303


def test_success_starts_the_budget_anew(client: Client, account: Any) -> None:
    for _round in range(3):
        for _try in range(policy.SIGN_IN_STRANGER.allowed - 1):
            first_step(client, account, WRONG)
        assert first_step(client, account).status_code == 303
    assert LimitCounter.objects.filter(name="sign_in.stranger").count() == 0


def test_a_device_of_another_account_is_a_stranger(
    client: Client, account: Any, hashes: list[str]
) -> None:
    other = factories.make_account(factories.make_citizen(16))
    factories.make_password(other)
    factories.make_totp(other)
    sign_in(client, account)
    client.post("/sign-out/")
    for _try in range(policy.SIGN_IN_STRANGER.allowed):
        first_step(client, other, WRONG)

    assert first_step(client, other).status_code == 429


def test_a_full_gate_answers_503_and_the_try_does_not_count(
    client: Client, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_password: str, _encoded: str) -> bool:
        raise Busy(retry_after=5)

    monkeypatch.setattr(passwords, "matches", full)
    for number in (account.citizen.personal_number, factories.personal_number(17)):
        for _try in range(policy.SIGN_IN_STRANGER.allowed + 2):
            answer = client.post("/sign-in/", {"username": number, "password": WRONG})
            assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert Authenticator.objects.get(kind="PASSWORD").failures == 0


def test_one_network_cannot_try_a_password_on_everybody(
    client: Client, hashes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = policy.SIGN_IN_NETWORK.__class__(
        name="sign_in.network_test", allowed=3, per=timedelta(minutes=5), store="redis"
    )
    monkeypatch.setattr(policy, "SIGN_IN_NETWORK", few)
    statuses = []
    for serial in range(20, 26):
        form = {"username": factories.personal_number(serial), "password": WRONG}
        address = f"192.0.2.{serial}"
        statuses.append(client.post("/sign-in/", form, REMOTE_ADDR=address).status_code)

    assert statuses == [200, 200, 200, 429, 429, 429]
    assert len(hashes) == 3


def test_the_second_factor_has_a_budget_too(client: Client, account: Any) -> None:
    first_step(client, account)
    statuses = [enter_code(client, "000000").status_code for _try in range(12)]

    assert statuses == [200] * 10 + [429] * 2
    assert Authenticator.objects.get(kind="TOTP").failures == 10


def test_never_more_than_a_hundred_wrong_passwords_are_checked(
    client: Client, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, account)
    client.post("/sign-out/")
    calls: list[str] = []

    def wrong(_password: str, encoded: str) -> bool:
        calls.append(encoded)
        return False

    monkeypatch.setattr(passwords, "check_password", wrong)
    row = Authenticator.objects.get(kind="PASSWORD")
    at = clock.now()
    for hour in range(130):
        with clock.frozen(at + timedelta(hours=hour)):
            first_step(client, account, WRONG)

    assert calls.count(row.password_hash) == policy.FAILURES_IN_A_ROW
    row.refresh_from_db()
    assert row.state == AuthenticatorState.DISABLED


# --- Accounts that do not open --------------------------------------------------------------------
@pytest.mark.parametrize("reason", list(LockReason))
def test_who_proves_themselves_is_told_why_the_account_is_locked(
    client: Client, account: Any, reason: LockReason
) -> None:
    type(account).objects.filter(pk=account.pk).update(
        state=AccountState.LOCKED, lock_reason=reason, locked_at=clock.now()
    )
    assert first_step(client, account, WRONG).status_code == 200
    step = first_step(client, account)
    assert step["Location"] == "/sign-in/code/"
    wrong = enter_code(client, "000000")
    assert "verdict" not in wrong.content.decode()

    page = enter_code(client)

    assert page.status_code == 403
    assert "verdict" in page.content.decode()
    assert DeviceSession.objects.count() == 0


# --- What is kept and told ------------------------------------------------------------------------
def test_a_new_device_is_told_of_and_a_known_one_is_not(client: Client, account: Any) -> None:
    factories.make_phone(account)
    at = clock.now()
    sign_in(client, account, at)
    assert Notice.objects.filter(kind="NEW_DEVICE").count() == 2

    sign_in(client, account, at + timedelta(seconds=60))

    assert Notice.objects.filter(kind="NEW_DEVICE").count() == 2
    assert Device.objects.count() == 1


def test_failures_and_success_stand_in_the_audit_without_number_or_password(
    client: Client, account: Any
) -> None:
    first_step(client, account, WRONG)
    client.post("/sign-in/", {"username": factories.personal_number(17), "password": WRONG})
    sign_in(client, account)

    failed = AuditEvent.objects.filter(name="accounts.sign_in_failed").order_by("id")
    assert [row.subject_id for row in failed] == [account.citizen_id, None]
    assert AuditEvent.objects.filter(name="accounts.signed_in").get().data["new_device"] is True
    text = "".join(str(row.data) for row in AuditEvent.objects.all())
    assert WRONG not in text
    assert account.citizen.personal_number not in text


# --- Signing out, and proving oneself again ---------------------------------------------------------
def test_signing_out_ends_the_session_and_keeps_the_device(client: Client, account: Any) -> None:
    sign_in(client, account)
    key = client.cookies["__Host-session"].value

    answer = client.post("/sign-out/")

    assert answer["Location"] == "/sign-in/"
    assert "cookies" not in answer["Clear-Site-Data"]
    client.cookies["__Host-session"] = key
    assert client.get("/").status_code == 302
    assert client.get("/sign-out/").status_code == 405
    assert client.cookies["__Host-device"].value


def test_proving_oneself_again_renews_the_session(client: Client, account: Any) -> None:
    at = clock.now()
    sign_in(client, account, at)
    old = client.cookies["__Host-session"].value
    later = at + timedelta(minutes=10)
    with clock.frozen(later):
        assert client.get("/sign-in/again/?next=/help/").status_code == 200
        form = {"password": WRONG, "code": factories.totp_code(later), "next": "/help/"}
        assert client.post("/sign-in/again/", form).status_code == 200
        form["password"] = factories.PASSWORD
        answer = client.post("/sign-in/again/", form)

    assert answer["Location"] == "/help/"
    session = DeviceSession.objects.get()
    assert session.authenticated_at == later
    assert client.cookies["__Host-session"].value != old
    client.cookies["__Host-session"] = old
    with clock.frozen(later):
        assert client.get("/").status_code == 302


def test_signing_in_as_somebody_else_ends_the_session_before(client: Client, account: Any) -> None:
    officer = factories.make_staff(51)
    factories.make_password(officer)
    factories.make_totp(officer)
    sign_in(client, account)
    form = {"username": officer.sign_in_name, "password": factories.PASSWORD}
    client.post("/counter/sign-in/", form)
    enter_code(client)

    assert DeviceSession.objects.filter(ended_at__isnull=True).get().account == officer
