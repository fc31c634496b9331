"""The truth about a session lies in its row."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import policy
from accounts.enums import AccountState, LockReason, SessionEnd
from accounts.models import Account, Device, DeviceSession
from accounts.services import sessions
from eid_portal.core import bell, clock
from tests import factories

pytestmark = pytest.mark.django_db


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


@pytest.fixture
def account() -> Any:
    account = factories.make_account()
    factories.make_card(account.citizen)
    return account


@pytest.fixture
def signed_in(client: Client, account: Any) -> Client:
    return factories.signed_in(client, account)


# --- Ends -----------------------------------------------------------------------------------------
def test_a_session_ends_after_fifteen_minutes_without_a_request(signed_in: Client) -> None:
    start = clock.now()
    with clock.frozen(start + timedelta(minutes=14)):
        assert is_in(signed_in)
    with clock.frozen(start + timedelta(minutes=28)):
        assert is_in(signed_in)
    with clock.frozen(start + timedelta(minutes=43, seconds=1)):
        assert not is_in(signed_in)


def test_officers_have_five_minutes(client: Client) -> None:
    officer = factories.make_staff(51)
    office = factories.make_office()
    factories.make_role(officer, office)
    factories.signed_in(client, officer, office)
    start = clock.now()
    with clock.frozen(start + timedelta(minutes=4)):
        assert client.get("/counter/").status_code == 200
    with clock.frozen(start + timedelta(minutes=9, seconds=1)):
        assert client.get("/counter/")["Location"].startswith("/counter/sign-in/")


def test_twelve_hours_are_the_end_however_busy(signed_in: Client) -> None:
    start = clock.now()
    for minutes in range(10, 12 * 60, 10):
        with clock.frozen(start + timedelta(minutes=minutes)):
            assert is_in(signed_in)
    with clock.frozen(start + timedelta(hours=12, seconds=1)):
        assert not is_in(signed_in)


def test_a_revoked_session_is_dead_at_once_whatever_redis_holds(
    signed_in: Client, account: Any
) -> None:
    assert is_in(signed_in)

    sessions.end_all(account_ids=[account.pk], reason=SessionEnd.REVOKED, now=clock.now())

    assert not is_in(signed_in)
    client = bell.redis_client()
    assert client is not None
    assert client.keys("*session*") == []


def test_a_locked_account_has_no_session(signed_in: Client, account: Any) -> None:
    Account.objects.filter(pk=account.pk).update(
        state=AccountState.LOCKED, lock_reason=LockReason.CARD_LOST, locked_at=clock.now()
    )
    assert not is_in(signed_in)


def test_a_dead_key_is_taken_back_from_the_browser(client: Client) -> None:
    client.cookies["__Host-session"] = "x" * 43
    answer = client.get("/sign-in/")
    assert answer.cookies["__Host-session"].value == ""


# --- What is kept ---------------------------------------------------------------------------------
def test_only_hashes_are_kept_and_the_network_is_sealed(signed_in: Client) -> None:
    key = signed_in.cookies["__Host-session"].value
    device = signed_in.cookies["__Host-device"].value
    row = DeviceSession.objects.values().get()

    assert key.encode() not in bytes(row["key_hash"])
    assert device.encode() not in bytes(Device.objects.values().get()["token_hash"])
    assert b"203.0.113" not in bytes(row["network"])
    assert DeviceSession.objects.get().network == "203.0.113.0/24"


def test_last_seen_is_written_at_most_every_thirty_seconds(signed_in: Client) -> None:
    start = DeviceSession.objects.get().seen_at
    with clock.frozen(start + timedelta(seconds=20)):
        is_in(signed_in)
    assert DeviceSession.objects.get().seen_at == start
    with clock.frozen(start + timedelta(seconds=40)):
        is_in(signed_in)
    assert DeviceSession.objects.get().seen_at == start + timedelta(seconds=40)


# --- Devices --------------------------------------------------------------------------------------
def test_a_forgotten_device_is_a_stranger_even_with_its_cookie(account: Any) -> None:
    def start(token: str | None) -> tuple[str, bool]:
        _key, device, new = sessions.start(
            account=account, device_token=token, device_label="", amr=("pwd", "otp"),
            address="203.0.113.9", office_id=None, now=clock.now(),
        )  # fmt: skip
        return device, new

    token, new = start(None)
    assert new
    assert start(token) == (token, False)
    Device.objects.update(forgotten_at=clock.now())

    fresh, new = start(token)
    assert new
    assert fresh != token


def test_a_session_key_from_before_signing_in_opens_nothing_after(
    client: Client, account: Any
) -> None:
    factories.make_password(account)
    factories.make_totp(account)
    client.cookies["__Host-session"] = planted = "p" * 43
    number = account.citizen.personal_number
    client.post("/sign-in/", {"username": number, "password": factories.PASSWORD})
    client.post("/sign-in/code/", {"way": "TOTP", "code": factories.totp_code()})
    assert client.cookies["__Host-session"].value != planted
    assert is_in(client)

    client.cookies["__Host-session"] = planted

    assert not is_in(client)


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("nonsense", "")],
)
def test_networks_are_kept_coarsely(address: str, network: str) -> None:
    assert sessions.network_of(address) == network


# --- How many -------------------------------------------------------------------------------------
def test_the_oldest_of_too_many_sessions_ends(account: Any) -> None:
    browsers = [factories.signed_in(Client(), account) for _each in range(policy.SESSIONS_MOST)]
    assert all(map(is_in, browsers))

    newest = factories.signed_in(Client(), account)

    assert [is_in(browser) for browser in browsers] == [False] + [True] * (len(browsers) - 1)
    assert is_in(newest)
    ended = DeviceSession.objects.get(ended_at__isnull=False)
    assert ended.end_reason == SessionEnd.REPLACED


def test_signing_in_again_on_a_device_ends_the_session_before(account: Any) -> None:
    first = factories.signed_in(Client(), account)
    other = factories.signed_in(Client(), account)
    key, _tokens, new = sessions.start(
        account=account,
        device_token=first.cookies["__Host-device"].value,
        device_label="",
        amr=("pwd", "otp"),
        address="203.0.113.9",
        office_id=None,
        now=clock.now(),
    )

    assert not new
    assert not is_in(first)
    assert is_in(other)
    first.cookies["__Host-session"] = key
    assert is_in(first)
