"""Devices and sessions: what their owner sees, and what each button ends."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts import policy
from accounts.enums import AccountKind, AccountState, LockReason, SessionEnd
from accounts.models import Account, Device, DeviceSession
from accounts.selectors import places
from accounts.services import sessions
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/account/devices/"


@pytest.fixture
def account() -> Account:
    return factories.make_account()


def browser(account: Account, label: str, address: str = "203.0.113.9", **at: float) -> Client:
    """A browser that signed in some time ago."""
    client = Client()
    with clock.frozen(factories.ago(**at)):
        key, device, _new = sessions.start(
            account=account, device_token=None, device_label=label, amr=("pwd", "otp"),
            address=address, office_id=None, now=clock.now(),
        )  # fmt: skip
    client.cookies["__Host-session"] = key
    client.cookies["__Host-device"] = device
    return client


def text(client: Client) -> str:
    page = client.get(PAGE)
    assert page.status_code == 200
    return page.content.decode()


def device_of(label: str) -> Device:
    return Device.objects.get(label=label)


def press(client: Client, action: str, label: str = "") -> Any:
    about = ""
    if action == "end":
        about = str(DeviceSession.objects.get(device__label=label).pk)
    elif label:
        about = str(device_of(label).pk)
    return client.post(PAGE, {"action": action, "id": about})


@pytest.fixture
def own(account: Account) -> Client:
    """The owner's first browser, used for long."""
    with clock.frozen(factories.ago(days=40)):
        factories.signed_in(Client(), account)
    client = browser(account, "Firefox, Linux", minutes=1)
    Device.objects.filter(label="Firefox, Linux").update(first_seen_at=factories.ago(days=41))
    return client


# --- What is seen -----------------------------------------------------------------------------------
def test_the_page_shows_browser_network_way_and_when(own: Client, account: Account) -> None:
    browser(account, "Edge, Windows", "198.51.100.7", minutes=2)

    page = text(own)

    for words in ("Firefox, Linux", "Edge, Windows", "203.0.113.0/24", "198.51.100.0/24"):
        assert words in page
    assert "198.51.100.7" not in page


def test_a_session_that_ran_out_is_shown_as_ended_though_nobody_wrote_it(
    own: Client, account: Account
) -> None:
    browser(account, "Cốc Cốc, Windows", hours=2)

    page = text(own)

    assert 'value="end"' not in page
    assert str(SessionEnd.IDLE.label) in page


def test_nobody_else_is_shown(own: Client) -> None:
    browser(factories.make_account(factories.make_citizen(16)), "Opera, macOS", minutes=1)

    assert "Opera, macOS" not in text(own)


# --- Ending -------------------------------------------------------------------------------------------
def test_one_is_signed_out_by_its_next_request(own: Client, account: Account) -> None:
    other, third = (
        browser(account, "Edge, Windows", minutes=2),
        browser(account, "Opera, macOS", minutes=2),
    )

    assert press(own, "end", "Edge, Windows").status_code == 303

    assert (other.get("/").status_code, third.get("/").status_code) == (302, 200)
    event = AuditEvent.objects.get(name="accounts.signed_out")
    assert event.data == {"reason": "REVOKED"}
    assert press(own, "end", "Edge, Windows").status_code == 303
    assert AuditEvent.objects.filter(name="accounts.signed_out").count() == 1


def test_all_others_are_signed_out(own: Client, account: Account) -> None:
    others = [browser(account, f"Edge {place}", minutes=2) for place in range(3)]

    press(own, "end-others")

    assert {other.get("/").status_code for other in others} == {302}
    assert own.get("/").status_code == 200


def test_nobody_ends_or_locks_what_is_anothers(own: Client) -> None:
    stranger = factories.make_account(factories.make_citizen(16))
    theirs = browser(stranger, "Opera, macOS", minutes=1)

    for action in ("end", "forget", "me", "not-me"):
        assert press(own, action, "Opera, macOS").status_code == 303

    assert theirs.get("/").status_code == 200
    device = device_of("Opera, macOS")
    assert (device.forgotten_at, device.confirmed_at) == (None, None)
    assert set(Account.objects.values_list("state", flat=True)) == {AccountState.ACTIVE}


@pytest.mark.parametrize("form", [{}, {"action": "end", "id": "1"}, {"action": "?", "id": ""}])
def test_a_button_of_nothing_says_so(form: dict[str, str], own: Client) -> None:
    assert own.post(PAGE, form).status_code == 303
    assert "govuk-notification-banner" in text(own)


# --- Forgetting and confirming --------------------------------------------------------------------------
def test_a_forgotten_device_is_out_and_counts_as_new(own: Client, account: Account) -> None:
    other = browser(account, "Edge, Windows", minutes=2)

    press(own, "forget", "Edge, Windows")

    assert other.get("/").status_code == 302
    token = other.cookies["__Host-device"].value
    (device,) = Device.objects.filter(token_hash__in=sessions.device_hashes(token))
    assert device.forgotten_at is not None
    assert AuditEvent.objects.filter(name="accounts.device_forgotten").count() == 1


def test_a_new_device_is_asked_about_until_its_owner_says_whose_it_was(
    own: Client, account: Account
) -> None:
    browser(account, "Edge, Windows", "198.51.100.7", minutes=2)
    assert text(own).count('value="not-me"') == 1

    press(own, "me", "Edge, Windows")
    press(own, "me", "Edge, Windows")

    assert 'value="not-me"' not in text(own)
    assert AuditEvent.objects.filter(name="accounts.device_confirmed").count() == 1


def test_a_new_device_confirms_no_other(own: Client, account: Account) -> None:
    first = browser(account, "Thief one", "198.51.100.7", minutes=3)
    later = browser(account, "Thief two", "198.51.100.8", minutes=2)

    assert 'value="me"' not in text(first)
    assert 'value="not-me"' in text(first)
    for client, label in ((first, "Thief two"), (later, "Thief one")):
        press(client, "me", label)
        assert device_of(label).confirmed_at is None
    assert 'class="' in text(first)
    assert text(own).count('value="me"') == 2

    press(
        own, "me", "Thief one"
    )  # its owner's after all: now it is known, and older than the other
    press(first, "me", "Thief two")
    assert device_of("Thief two").confirmed_at is not None


def test_nobody_becomes_the_first_by_forgetting_the_first(own: Client, account: Account) -> None:
    thief = browser(account, "Thief one", minutes=3)
    browser(account, "Thief two", minutes=2)
    for device in Device.objects.exclude(label__startswith="Thief"):
        thief.post(PAGE, {"action": "forget", "id": str(device.pk)})

    press(thief, "me", "Thief two")

    assert device_of("Thief two").confirmed_at is None


def test_saying_it_was_me_takes_a_fresh_proof(own: Client, account: Account) -> None:
    browser(account, "Edge, Windows", minutes=2)
    DeviceSession.objects.filter(device__in=Device.objects.filter(label="Firefox, Linux")).update(
        authenticated_at=factories.ago(minutes=16)
    )

    answer = press(own, "me", "Edge, Windows")

    assert answer["Location"].startswith("/sign-in/again/?next=%2Faccount%2Fdevices%2F")
    assert device_of("Edge, Windows").confirmed_at is None


@pytest.mark.parametrize("kind", [AccountKind.OFFICER, AccountKind.ADMINISTRATOR])
def test_staff_see_their_devices_and_lock(kind: AccountKind) -> None:
    staff = factories.make_staff(50, kind=kind)
    here = browser(staff, "Firefox, Linux", minutes=1)
    other = browser(staff, "Edge, Windows", minutes=2)
    Device.objects.filter(label="Firefox, Linux").update(first_seen_at=factories.ago(days=41))

    page = text(here)
    assert "Edge, Windows" in page
    assert "/account/wards/" not in page
    assert here.get("/account/messages/").status_code == 200
    locked = press(here, "not-me", "Edge, Windows")

    staff.refresh_from_db()
    assert locked.status_code == 200
    assert "TK03" not in locked.content.decode()
    assert (staff.state, staff.lock_reason) == (AccountState.LOCKED, LockReason.OWNER)
    assert other.get("/account/security/").status_code == 302


def test_after_some_days_nobody_is_asked_any_more(own: Client, account: Account) -> None:
    days = policy.NEW_DEVICE_SHOWN / timedelta(days=1)
    browser(account, "Edge, Windows", days=days + 0.1)

    assert 'value="not-me"' not in text(own)


def test_nobody_is_asked_about_the_device_they_sit_at(account: Account) -> None:
    browser(account, "Edge, Windows", days=1)
    here = browser(account, "Firefox, Linux", minutes=1)

    page = text(here)

    assert 'value="not-me"' not in page  # the other one was the first ever


def test_not_me_locks_at_once_and_forgets_the_device(own: Client, account: Account) -> None:
    thief = browser(account, "Edge, Windows", "198.51.100.7", minutes=2)

    page = press(own, "not-me", "Edge, Windows")

    account.refresh_from_db()
    assert page.status_code == 200
    assert 'class="govuk-panel' in page.content.decode()
    assert (account.state, account.lock_reason) == (AccountState.LOCKED, LockReason.OWNER)
    assert device_of("Edge, Windows").forgotten_at is not None
    assert {client.get("/").status_code for client in (own, thief)} == {302}
    event = AuditEvent.objects.get(name="accounts.account_locked")
    assert event.data == {"reason": "OWNER", "by": "owner", "why": "NOT_ME"}


# --- Places ---------------------------------------------------------------------------------------------
def location_file(folder: Path, *lines: str) -> str:
    file = folder / "places.csv"
    file.write_text("\n".join(["network;place_vi;place_en", *lines]), encoding="utf-8")
    return str(file)


def test_a_place_is_shown_only_where_the_operator_says_one(
    own: Client, settings: Any, tmp_path: Path
) -> None:
    assert "Huế" not in text(own)

    settings.LOCATION_FILE = location_file(tmp_path, "203.0.113.0/24;Huế;Hue")

    assert "Huế" in text(own)


@pytest.mark.parametrize(
    ("network", "vi", "en"),
    [
        ("203.0.113.0/24", "Huế", "Hue"),
        ("203.0.114.0/24", "Việt Nam", "Viet Nam"),
        ("198.51.100.0/24", "", ""),
        ("2001:db8:5::/48", "Đà Nẵng", "Da Nang"),
        ("2001:db9::/48", "", ""),
        ("", "", ""),
    ],
)
def test_the_longest_prefix_wins(
    network: str, vi: str, en: str, settings: Any, tmp_path: Path
) -> None:
    settings.LOCATION_FILE = location_file(
        tmp_path,
        "203.0.0.0/16;Việt Nam;Viet Nam",
        "203.0.113.0/24;Huế;Hue",
        "203.0.113.128/25;hẹp quá;too narrow",
        "2001:db8::/32;Đà Nẵng;Da Nang",
    )

    for language, place in (("vi", vi), ("en", en)):
        with translation.override(language):
            assert places.place_of(network) == place


@pytest.mark.parametrize("line", ["not a network;a;b", "203.0.113.9/24;a;b", ";a;b"])
def test_a_wrong_file_is_refused_with_its_line(line: str, settings: Any, tmp_path: Path) -> None:
    settings.LOCATION_FILE = location_file(tmp_path, "203.0.113.0/24;Huế;Hue", line)

    with pytest.raises(places.NotALocationFile, match="line 3"):
        places.load()
