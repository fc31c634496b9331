"""The calendar of working days: what has begun stays, and open applications follow what is changed."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from django.test import Client

from accounts.enums import AccountKind
from accounts.models import Account
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent, CalendarDay
from procedures.services import calendar
from tests import factories

pytestmark = pytest.mark.django_db
DAYS: Final = "/admin/core/calendarday/"
TODAY: Final = clock.today()
FRIDAY: Final = datetime(2026, 11, 27, 3, tzinfo=UTC)
TET: Final = date(2027, 2, 5)  # a Friday


def next_day(weekday: int) -> date:
    """The next such weekday (Monday is 0) after today that the calendar does not have."""
    day = TODAY + timedelta(days=1)
    while day.weekday() != weekday or CalendarDay.objects.filter(pk=day).exists():
        day += timedelta(days=1)
    return day


def entry(day: date, **changed: Any) -> dict[str, Any]:
    """What the form sends."""
    return {
        "day": day.isoformat(),
        "kind": "rest",
        "note": "Nghỉ mẫu",
        "source": "Thông báo mẫu 12/2026",
        **changed,
    }


def page_of(day: date) -> str:
    return f"{DAYS}{day.isoformat()}/change/"


def audited(name: str) -> list[dict[str, Any]]:
    return [row.data for row in AuditEvent.objects.filter(name=f"procedures.{name}")]


@pytest.fixture
def administrator() -> Account:
    return factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)


@pytest.fixture
def window(administrator: Account) -> Client:
    return factories.signed_in(Client(headers={"accept-language": "en"}), administrator)


# --- The window -------------------------------------------------------------------------------------
def test_a_day_is_entered_and_its_source_stands_in_the_audit(
    window: Client, administrator: Account
) -> None:
    day = next_day(2)

    answer = window.post(f"{DAYS}add/", entry(day))

    assert (answer.status_code, answer["Location"]) == (302, DAYS)
    row = CalendarDay.objects.get(pk=day)
    assert (row.works, row.note, row.source) == (False, "Nghỉ mẫu", "Thông báo mẫu 12/2026")
    event = AuditEvent.objects.get(name="procedures.calendar_day_added")
    assert event.actor_id == administrator.pk
    assert event.data == {
        "day": day.isoformat(), "works": False, "note": row.note, "source": row.source,
    }  # fmt: skip
    window.post(f"{DAYS}add/", entry(day))
    assert len(audited("calendar_day_added")) == 1, "a second press is nothing new"
    assert f"Wednesday, {day:%d/%m/%Y}" in window.get(f"{DAYS}?year={day.year}").content.decode()


def test_a_saturday_is_swapped(window: Client) -> None:
    day = next_day(5)
    assert window.post(f"{DAYS}add/", entry(day, kind="work")).status_code == 302
    assert CalendarDay.objects.get(pk=day).works


@pytest.mark.parametrize(
    ("weekday", "changed", "said"),
    [
        (2, {"day": TODAY.isoformat()}, "Only days after today can be changed"),
        (2, {"day": "2020-03-04"}, "Only days after today can be changed"),
        (5, {}, "Nobody works on this day already"),
        (2, {"kind": "work"}, "This day is worked already"),
        (2, {"kind": "holiday"}, "Select a valid choice"),
        (2, {"day": "31/02/2027"}, "Enter a valid date"),
        (2, {"note": ""}, "This field is required"),
        (2, {"source": "x"}, "at least 5 characters"),
    ],
)
def test_what_says_nothing_or_comes_too_late_is_refused(
    window: Client, weekday: int, changed: dict[str, str], said: str
) -> None:
    before = CalendarDay.objects.count()

    answer = window.post(f"{DAYS}add/", entry(next_day(weekday)) | changed)

    assert answer.status_code == 200
    page = answer.content.decode()
    assert said in page
    assert "Nghỉ mẫu" in page or "note" in changed, "nothing that was typed is lost"
    assert CalendarDay.objects.count() == before
    assert audited("calendar_day_added") == []


def test_a_day_stands_in_the_calendar_once(window: Client) -> None:
    day = next_day(2)
    window.post(f"{DAYS}add/", entry(day))

    answer = window.post(f"{DAYS}add/", entry(day, note="Nghỉ bù"))

    assert "This day is in the calendar already" in answer.content.decode()
    assert CalendarDay.objects.get(pk=day).note == "Nghỉ mẫu"


def test_a_day_to_come_is_removed_with_a_reason(window: Client) -> None:
    day = next_day(2)
    window.post(f"{DAYS}add/", entry(day))
    assert "Remove it from the calendar" in window.get(page_of(day)).content.decode()

    short = window.post(page_of(day), {"reason": "x"})
    assert "at least 10 characters" in short.content.decode()
    assert CalendarDay.objects.filter(pk=day).exists()
    answer = window.post(page_of(day), {"reason": "Thông báo bị thu hồi"})

    assert (answer.status_code, answer["Location"]) == (302, DAYS)
    assert not CalendarDay.objects.filter(pk=day).exists()
    assert audited("calendar_day_removed") == [
        {"day": day.isoformat(), "works": False, "reason": "Thông báo bị thu hồi"}
    ]
    assert window.post(page_of(day), {"reason": "Thông báo bị thu hồi"}).status_code in {302, 404}
    assert len(audited("calendar_day_removed")) == 1


def test_what_has_begun_stays(window: Client) -> None:
    CalendarDay.objects.update_or_create(
        day=TODAY, defaults={"works": False, "note": "Hôm nay", "source": "Mẫu"}
    )
    for day in (TODAY, date(2026, 1, 1)):
        assert "Remove it from the calendar" not in window.get(page_of(day)).content.decode()
        answer = window.post(page_of(day), {"reason": "Nhập nhầm ngày này"}, follow=True)
        assert "Only days after today can be changed" in answer.content.decode()
        assert CalendarDay.objects.filter(pk=day).exists()


def test_the_list_is_by_year_and_takes_any_address(window: Client) -> None:
    page = window.get(f"{DAYS}?year=2026").content.decode()
    assert "22/08/2026" in page
    assert "01/01/2027" not in page
    for query in ("year=x", "year=0", "year=99999", "year="):
        assert window.get(f"{DAYS}?{query}").status_code in {200, 302}
    for missing in ("2026-02-30", "x", "2030-01-01"):
        assert window.get(f"{DAYS}{missing}/change/").status_code == 404
    assert window.get(f"{DAYS}2026-01-01/history/").status_code == 404
    assert window.post(f"{DAYS}2026-01-01/delete/").status_code == 403


def test_both_languages_say_why(administrator: Account) -> None:
    window = factories.signed_in(Client(headers={"accept-language": "vi"}), administrator)
    page = window.post(f"{DAYS}add/", entry(TODAY)).content.decode()
    assert "Chỉ thay đổi được những ngày sau hôm nay" in page
    assert not re.search(r"Periods were counted|Enter a day", page)


def test_a_day_that_is_removed_twice_at_once_is_said_to_be_gone() -> None:
    calendar.add(day=TET, works=False, note="Tết", source="Thông báo mẫu", actor=SYSTEM, now=FRIDAY)
    calendar.remove(day=TET, reason="Thu hồi", actor=SYSTEM, now=FRIDAY)
    with pytest.raises(calendar.NoSuchDay):
        calendar.remove(day=TET, reason="Thu hồi", actor=SYSTEM, now=FRIDAY)
