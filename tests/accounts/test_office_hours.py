"""Officers sign in from the networks and in the hours of their office; a desk nobody uses locks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import policy
from accounts.enums import AccountKind
from accounts.models import Account, DeviceSession, Office, Province
from accounts.rules import office_hours
from accounts.services import sessions, signing_in
from eid_portal.core import clock
from tests import factories

WEEK = [[day, "07:30", "11:30"] for day in range(5)] + [[day, "13:00", "17:00"] for day in range(5)]
NIGHT = [[4, "22:00", "24:00"], [5, "00:00", "06:00"]]
HERE, ELSEWHERE = "192.0.2.7", "203.0.113.9"


def at(text: str) -> datetime:
    """A moment of Viet Nam; 26/11/2026 is a Thursday."""
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=clock.VIET_NAM)


# --- The rules ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("hours", "moment", "opens", "lets_on"),
    [
        ([], "29 03:00", True, True),
        (WEEK, "26 07:29", False, False),
        (WEEK, "26 07:30", True, True),
        (WEEK, "26 11:29", True, True),
        (WEEK, "26 11:30", False, True),
        (WEEK, "26 11:44", False, True),
        (WEEK, "26 11:45", False, False),
        (WEEK, "26 16:59", True, True),
        (WEEK, "28 09:00", False, False),  # a Saturday
        (NIGHT, "27 23:59", True, True),
        (NIGHT, "28 00:00", True, True),
        (NIGHT, "28 06:14", False, True),
        (NIGHT, "28 06:15", False, False),
        (NIGHT, "29 00:05", False, False),
    ],
)
def test_an_office_is_open_in_its_hours_and_lets_sessions_on_a_little(
    hours: Any, moment: str, opens: bool, lets_on: bool
) -> None:
    assert office_hours.is_open(hours, at(moment)) is opens
    assert office_hours.is_open(hours, at(moment), after=policy.AFTER_HOURS) is lets_on


@pytest.mark.parametrize(
    ("networks", "address", "inside"),
    [
        ([], "203.0.113.9", True),
        ([], "", True),
        (["192.0.2.0/24", "2001:db8::/48"], "192.0.2.255", True),
        (["192.0.2.0/24", "2001:db8::/48"], "2001:db8::1", True),
        (["192.0.2.0/24"], "192.0.3.0", False),
        (["192.0.2.0/24"], "2001:db8::1", False),
        (["192.0.2.0/24"], "", False),
        (["192.0.2.0/24"], "not an address", False),
    ],
)
def test_an_address_lies_in_a_network(networks: list[str], address: str, inside: bool) -> None:
    assert office_hours.is_inside(networks, address) is inside


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", []),
        ("1-5 07:30-11:30\n1-5 13:00-17:00", WEEK),
        ("5 22:00-24:00\n6 00:00-06:00", NIGHT),
        (" 7   7:30 - 11:30 \n", [[6, "07:30", "11:30"]]),
    ],
)
def test_hours_are_typed_a_line_each_and_shown_the_same(typed: str, stored: Any) -> None:
    windows = office_hours.read_hours(typed)
    assert sorted(map(list, windows)) == sorted(stored)
    assert office_hours.read_hours(office_hours.write_hours(windows)) == windows


def test_days_with_the_same_hours_are_one_line() -> None:
    assert office_hours.write_hours(WEEK) == "1-5 07:30-11:30\n1-5 13:00-17:00"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Monday 07:30-11:30", "form"), ("1 07:30", "form"), ("1 25:00-26:00", "form"), ("0 07:30-11:30", "form"),
        ("8 07:30-11:30", "form"), ("1 07:60-11:30", "form"), ("1 00:00-24:01", "form"), ("5-1 07:30-11:30", "order"),
        ("1 11:30-07:30", "order"), ("1 07:30-07:30", "order"), ("1 07:30-11:30\n1-2 11:00-12:00", "overlap"),
    ],
)  # fmt: skip
def test_what_is_no_hours_says_so(typed: str, code: str) -> None:
    with pytest.raises(office_hours.NotHours) as refused:
        office_hours.read_hours(typed)
    assert refused.value.code == code


# --- In the administration ------------------------------------------------------------------------
@pytest.mark.django_db
def test_an_administrator_types_the_hours_of_an_office() -> None:
    window = factories.signed_in(Client(), factories.make_staff(60, kind=AccountKind.ADMINISTRATOR))
    add = "/admin/accounts/office/add/"
    values = {
        "code": "HN-09", "name": "Công an phường Mẫu", "name_en": "Sample", "valid_from": "2026-01-01",
        "valid_to": "", "networks": "", "province": Province.objects.get(code="01").pk,
    }  # fmt: skip
    headers = {"Accept-Language": "en"}
    bad = window.post(add, values | {"hours": "Monday morning"}, headers=headers)
    assert "“Monday morning” is not a line of hours" in bad.content.decode()
    assert not Office.objects.exists()
    window.post(add, values | {"hours": "1-5 07:30-11:30\n1-5 13:00-17:00"}, headers=headers)
    office = Office.objects.get()
    assert office.hours == sorted(WEEK)
    page = window.get(f"/admin/accounts/office/{office.pk}/change/").content.decode()
    assert "1-5 07:30-11:30\n1-5 13:00-17:00" in page


# --- Signing in -----------------------------------------------------------------------------------


@pytest.fixture
def officer(db: None) -> Account:
    account = factories.make_staff(51)
    factories.make_password(account)
    factories.make_totp(account)
    return account


def sign_in(account: Account, *, address: str, moment: datetime) -> Any:
    browser = Client(REMOTE_ADDR=address, headers={"Accept-Language": "en"})
    with clock.frozen(moment.astimezone(UTC)):
        first = {"username": account.sign_in_name, "password": factories.PASSWORD}
        assert browser.post("/counter/sign-in/", first).status_code == 303
        return browser.post("/sign-in/code/", {"way": "TOTP", "code": factories.totp_code(moment)})


@pytest.mark.parametrize(
    ("address", "moment", "says"),
    [
        (HERE, "26 09:00", ""),
        (ELSEWHERE, "26 09:00", "You can sign in at your office only, on its own network."),
        (HERE, "26 12:00", "Your office is closed now. You can sign in during its hours."),
        (HERE, "29 09:00", "Your office is closed now. You can sign in during its hours."),
        (ELSEWHERE, "29 09:00", "You can sign in at your office only, on its own network."),
    ],
)
def test_officers_sign_in_at_their_office_in_its_hours(
    officer: Account, address: str, moment: str, says: str
) -> None:
    office = factories.make_office(networks=["192.0.2.0/24"], hours=WEEK)
    factories.make_role(officer, office)

    answer = sign_in(officer, address=address, moment=at(moment))

    if says:
        html = answer.content.decode()
        assert answer.status_code == 403
        assert says in html
        assert ("1-5 07:30-11:30" in html) is ("closed" in says)
        assert not DeviceSession.objects.exists()
        assert "__Host-session" not in answer.cookies
    else:
        assert answer["Location"] == "/counter/"
        assert DeviceSession.objects.get().office == office


def test_without_hours_and_networks_an_office_is_open(officer: Account) -> None:
    factories.make_role(officer, factories.make_office())
    assert sign_in(officer, address=ELSEWHERE, moment=at("29 03:00")).status_code == 303


def test_of_several_offices_the_one_that_admits_counts(officer: Account) -> None:
    closed = factories.make_office("HN-01", networks=["192.0.2.0/24"], hours=WEEK)
    open_one = factories.make_office("HN-02")
    for office in (closed, open_one):
        factories.make_role(officer, office)
    with clock.frozen(at("29 09:00").astimezone(UTC)):
        assert signing_in.office_for(officer, address=HERE) == open_one.pk
    with clock.frozen(at("26 09:00").astimezone(UTC)):
        assert signing_in.office_for(officer, address=HERE) == closed.pk
        assert signing_in.office_for(officer, address=ELSEWHERE) == open_one.pk


# --- During a session -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("moment", "lives"), [("26 11:29", True), ("26 11:44", True), ("26 11:45", False), ("26 13:00", True)]
)  # fmt: skip
def test_a_session_ends_a_little_after_the_hours(
    officer: Account, moment: str, lives: bool
) -> None:
    office = factories.make_office(hours=WEEK)
    factories.make_role(officer, office)
    now = at(moment).astimezone(UTC)
    browser = Client()
    with clock.frozen(now - timedelta(minutes=2)):
        factories.signed_in(browser, officer, office)
    with clock.frozen(now):
        answer = browser.get("/counter/")
        assert answer.status_code == (200 if lives else 302)
        if not lives:
            assert answer["Location"].startswith("/counter/sign-in/")


def test_citizens_have_no_hours(db: None, django_assert_num_queries: Any) -> None:
    account = factories.make_account()
    factories.make_office(hours=[[0, "00:00", "00:01"]])
    key, _device, _new = sessions.start(
        account=account, device_token=None, device_label="", amr=("pwd", "otp"), address=ELSEWHERE,
        office_id=None, now=clock.now(),
    )  # fmt: skip
    with django_assert_num_queries(1):
        assert sessions.find(key, now=clock.now()) is not None


def test_a_desk_nobody_uses_is_locked_by_the_server(officer: Account) -> None:
    office = factories.make_office()
    factories.make_role(officer, office)
    browser = factories.signed_in(Client(), officer, office)
    page = browser.get("/counter/", headers={"Accept-Language": "en"}).content.decode()
    assert 'data-idle="300"' in page
    assert "/eid/idle" in page
    with clock.frozen(clock.now() + policy.OFFICER_IDLE + timedelta(seconds=1)):
        assert browser.get("/counter/")["Location"].startswith("/counter/sign-in/")
