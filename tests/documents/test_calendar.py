"""The calendar of papers: what a calendar reads, and the private link it fetches it by."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import ActedBy, LockReason, OwnerLockReason
from accounts.models import Account
from accounts.services import locking
from documents import policy
from documents.models import CalendarFeed
from documents.rules import icalendar
from documents.rules.icalendar import Entry
from eid_portal.core import clock, limits
from eid_portal.core.models import AuditEvent
from tests import factories
from tests.alarm import Alarm

PAGE = "/papers/calendar/"
FILE = "/papers/calendar.ics"


# --- What a calendar reads ------------------------------------------------------------------------
def entry(**parts: Any) -> Entry:
    values: dict[str, Any] = {
        "uid": "1@x",
        "day": date(2027, 1, 3),
        "title": "Licence",
        "words": "",
        "link": "https://x/papers/1/",
        "stamp": datetime(2026, 11, 26, 1, 2, 3, tzinfo=UTC),
    }
    return Entry(**values | parts)


def written(*entries: Entry, name: str = "Mine") -> bytes:
    return icalendar.write(entries, name=name, language="vi", refreshed_every=timedelta(hours=12))


def unfolded(body: bytes) -> list[str]:
    """As a reader of RFC 5545 takes it in."""
    assert body.endswith(b"\r\n")
    return body.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")


def test_a_calendar_is_what_the_standard_asks_for() -> None:
    lines = unfolded(written(entry()))

    assert (lines[0], lines[1], lines[-1]) == ("BEGIN:VCALENDAR", "VERSION:2.0", "END:VCALENDAR")
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT12H" in lines
    assert lines[lines.index("BEGIN:VEVENT") + 1 : -2] == [
        "UID:1@x",
        "DTSTAMP:20261126T010203Z",
        "DTSTART;VALUE=DATE:20270103",
        "SUMMARY;LANGUAGE=vi:Licence",
        "DESCRIPTION;LANGUAGE=vi:",
        "URL:https://x/papers/1/",
        "TRANSP:TRANSPARENT",
        "CLASS:PRIVATE",
    ]


def test_what_means_something_to_a_calendar_is_escaped() -> None:
    lines = unfolded(written(entry(title="a;b,c\\d\ne\r\x00f")))

    assert "SUMMARY;LANGUAGE=vi:a\\;b\\,c\\\\d\\nef" in lines


@given(st.text(max_size=300))
def test_no_line_is_too_long_and_no_letter_is_cut(title: str) -> None:
    title = title.encode("utf-8", "ignore").decode()
    body = written(entry(title=title))

    pieces = body.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(piece) <= 75 for piece in pieces)
    assert [piece.decode() for piece in pieces]
    assert len([line for line in unfolded(body) if line.startswith("SUMMARY")]) == 1
    assert b"\n" not in body.replace(b"\r\n", b"")


def test_the_longest_line_is_folded_after_seventy_five_octets() -> None:
    body = written(entry(title="ữ" * 60))  # three octets each

    folded = [piece for piece in body.split(b"\r\n") if "ữ".encode() in piece]
    assert len(folded) == 3
    assert "SUMMARY;LANGUAGE=vi:" + "ữ" * 60 in unfolded(body)


# --- The link -------------------------------------------------------------------------------------
@pytest.fixture
def account(db: None) -> Account:
    account = factories.make_account()
    factories.make_card(account.citizen, expires_on=date(2040, 2, 29))
    return account


@pytest.fixture
def browser(account: Account) -> Client:
    return factories.signed_in(Client(), account)


def make(browser: Client) -> str:
    """The address of the link, without its host."""
    assert browser.post(PAGE, secure=True).status_code == 303
    page = browser.get(PAGE, secure=True).content.decode()
    return re.search(r"/papers/calendar\.ics\?key=[A-Za-z0-9_-]{43}", page)[0]  # type: ignore[index]


def fetch(address: str, **headers: str) -> Any:
    return Client().get(address, secure=True, headers=headers)


def test_the_link_needs_no_session_and_says_when_papers_expire(
    browser: Client, account: Account, personal_data_alarm: Alarm
) -> None:
    answer = fetch(make(browser))

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, max-age=3600"
    assert not answer.cookies
    lines = unfolded(answer.content)
    assert "DTSTART;VALUE=DATE:20400229" in lines
    text = "\n".join(lines)
    assert account.citizen.personal_number[-4:] in text
    assert account.citizen.personal_number not in text
    assert account.citizen.full_name not in text
    assert str(account.pk) not in text


def test_what_has_not_changed_is_not_sent_again(browser: Client) -> None:
    address = make(browser)
    tag = fetch(address)["ETag"]

    again = fetch(address, **{"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == "private, max-age=3600"


def test_fetching_writes_nothing(browser: Client) -> None:
    address = make(browser)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        fetch(address)

    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_a_button_pressed_twice_makes_one_link_and_renews_it_once(browser: Client) -> None:
    first = make(browser)
    assert make(browser) == first
    feed = CalendarFeed.objects.get()

    for _press in range(2):
        assert browser.post(f"{PAGE}{feed.public_id}/renew/", secure=True).status_code == 303

    assert CalendarFeed.objects.count() == 2
    assert fetch(first).status_code == 404
    assert fetch(make(browser)).status_code == 200
    # Both of the renewal may be of one millisecond, whose keys stand in any order.
    names = AuditEvent.objects.filter(name__startswith="documents.calendar").order_by("name")
    assert list(names.values_list("name", flat=True)) == [
        "documents.calendar_link_made",
        "documents.calendar_link_made",
        "documents.calendar_link_stopped",
    ]


def test_a_stopped_link_fetches_nothing(browser: Client) -> None:
    address = make(browser)
    feed = CalendarFeed.objects.get()
    for _press in range(2):
        browser.post(f"{PAGE}{feed.public_id}/stop/", secure=True)

    assert fetch(address).status_code == 404
    assert AuditEvent.objects.filter(name="documents.calendar_link_stopped").count() == 1


def test_nobody_else_renews_or_stops_it(browser: Client) -> None:
    address = make(browser)
    feed = CalendarFeed.objects.get()
    stranger = factories.signed_in(Client(), factories.make_account(factories.make_citizen(16)))

    for what in ("renew", "stop"):
        stranger.post(f"{PAGE}{feed.public_id}/{what}/", secure=True)

    assert fetch(address).status_code == 200
    assert CalendarFeed.objects.count() == 1


def test_a_locked_account_fetches_nothing(browser: Client, account: Account) -> None:
    address = make(browser)
    locking.lock(
        account=account,
        by=ActedBy.OWNER,
        reason=LockReason.OWNER,
        why=OwnerLockReason.NOT_USED,
        actor=factories.actor_of(account),
        now=clock.now(),
    )

    assert fetch(address).status_code == 404


@pytest.mark.parametrize(
    "query", ["", "?key=", "?key=" + "x" * 43, "?key=%F0%9F%98%80", "?key=a&key=b"]
)
def test_another_key_fetches_nothing(query: str, db: None) -> None:
    assert fetch(FILE + query).status_code == 404


def test_a_link_is_fetched_so_often_and_no_more(browser: Client, account: Account) -> None:
    address = make(browser)
    feed = CalendarFeed.objects.get()
    for _time in range(policy.CALENDAR_FETCHED.allowed):
        assert isinstance(
            limits.hit(policy.CALENDAR_FETCHED, str(feed.pk), now=clock.now()), limits.Permitted
        )

    answer = fetch(address)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_a_calendar_speaks_the_language_of_the_account(browser: Client, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(language="en")
    answer = fetch(make(browser), **{"Accept-Language": "vi"})

    assert answer["Content-Language"] == "en"
    assert "SUMMARY;LANGUAGE=en:ID card\\, ending in 0015\\, expires" in unfolded(answer.content)
