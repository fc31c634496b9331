"""The calendar of working days: what has begun stays, and open applications follow what is changed."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import QuerySet
from django.test import Client

from accounts.enums import AccountKind
from accounts.models import Account
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent, CalendarDay, Job
from procedures import policy
from procedures.enums import ApplicationState, Outcome, PauseReason
from procedures.models import Application, ClockPause
from procedures.selectors.calendar import lacking
from procedures.services import calendar, lifecycle, ticking
from procedures.services.lifecycle import Verdict
from tests import factories
from tests.procedures import world
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
DAYS: Final = "/admin/core/calendarday/"
TODAY: Final = clock.today()
FRIDAY: Final = datetime(2026, 11, 20, 3, tzinfo=UTC)  # 24 November is a day of rest
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


def test_the_list_says_how_many_public_holidays_are_missing(window: Client) -> None:
    """The seed has 2026, and of 2027 the three whose day the law fixes."""
    with clock.frozen(FRIDAY):
        assert lacking(TET.replace(year=2026)) == [(2027, 3)]
        for day in range(1, 9):
            assert lacking(date(2026, 12, 1)) == [(2027, 2 + day)], "one more each time"
            CalendarDay.objects.create(
                day=date(2027, 3, day), works=False, note="Mẫu", source="Mẫu"
            )
        assert lacking(date(2026, 12, 1)) == []
        swapped = [(date(2027, 3, 9), False), (date(2027, 3, 13), True)]
        CalendarDay.objects.filter(day=date(2027, 3, 1)).delete()
        for day_off, works in swapped:
            CalendarDay.objects.create(day=day_off, works=works, note="Mẫu", source="Mẫu")
        assert lacking(date(2026, 12, 1)) == [(2027, 10)], "a swapped day is no holiday more"
    following = TODAY.year + 1
    CalendarDay.objects.filter(day__year=following).delete()
    said = f"{following}: 0 of 11 public holidays are entered."
    assert said in window.get(DAYS).content.decode()


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


# --- Open applications follow -----------------------------------------------------------------------
@pytest.fixture
def filer() -> Filer:
    with clock.frozen(FRIDAY - timedelta(hours=1)):
        return world.make_filer()


def filed(filer: Filer, code: str = "temporary-residence", at: datetime = FRIDAY) -> Application:
    given = {"proof": "contract"} if code == "temporary-residence" else {}
    with clock.frozen(at):
        return filer.file_paid(code, **given)


def change(day: str, *, works: bool, at: datetime = FRIDAY) -> None:
    """Enter a day of 2026."""
    with clock.frozen(at):
        calendar.add(
            day=date.fromisoformat(f"2026-{day}"), works=works, note="Mẫu", source="Thông báo mẫu",
            actor=SYSTEM, now=at,
        )  # fmt: skip


def waiting() -> QuerySet[Job]:
    return Job.objects.filter(task=calendar.FOLLOW, done_at__isnull=True)


def follow(at: datetime = FRIDAY) -> int:
    """Do what waits, and what comes of it; how many batches that were."""
    done = 0
    with clock.frozen(at + policy.CALENDAR_SETTLES):
        while (job := waiting().first()) is not None:
            jobs.run_here(job.pk, calendar.FOLLOW)
            done += 1
            assert done < 20
    return done


def due(row: Application) -> str:
    row.refresh_from_db()
    assert row.due_at is not None
    return f"{clock.today(row.due_at):%d/%m}"


def test_a_holiday_moves_due_dates_of_what_was_filed_before(filer: Filer) -> None:
    row = filed(filer)
    assert due(row) == "26/11"
    before = row.alert_at
    assert before is not None

    change("11-23", works=False)
    assert due(row) == "26/11", "nothing waits for it"
    follow()

    assert due(row) == "27/11"
    assert row.alert_at is not None
    assert row.alert_at > before
    with clock.frozen(FRIDAY):
        mine = factories.signed_in(Client(), filer.account)
        page = mine.get(f"/applications/{row.public_id}/").content.decode()
    assert "27/11/2026" in page

    with clock.frozen(FRIDAY):
        calendar.remove(
            day=date(2026, 11, 23), reason="Thu hồi thông báo", actor=SYSTEM, now=FRIDAY
        )
    follow()
    assert (due(row), row.alert_at) == ("26/11", before)


def test_a_saturday_that_is_worked_moves_them_back(filer: Filer) -> None:
    row = filed(filer)
    change("11-21", works=True)
    follow()
    assert due(row) == "25/11"


def test_what_came_on_a_day_of_rest_counts_as_received_on_the_next_working_day(
    filer: Filer,
) -> None:
    saturday = FRIDAY + timedelta(days=1)
    row = filed(filer, at=saturday)
    assert (row.received_on, due(row)) == (date(2026, 11, 23), "27/11")
    change("11-23", works=False, at=saturday)
    follow(saturday)
    assert due(row) == "30/11"
    assert row.received_on == date(2026, 11, 25)


def test_what_stands_still_or_has_ended_or_is_late_stays(filer: Filer) -> None:
    paused, ended, late = filed(filer), filed(filer, "marital-status"), filed(filer, "passport")
    ClockPause.objects.create(application=paused, reason=PauseReason.CITIZEN, since=FRIDAY)
    with transaction.atomic():
        lifecycle.recount(lifecycle.hold(paused.pk))
        lifecycle.withdraw(lifecycle.hold(ended.pk), actor=SYSTEM, now=FRIDAY)
    Application.objects.filter(pk=late.pk).update(due_at=FRIDAY - timedelta(days=1), alerted=100)
    change("11-23", works=False)

    follow()

    for row in (paused, ended, late):
        row.refresh_from_db()
    assert (paused.due_at, ended.due_at, ended.alert_at) == (None, None, None)
    assert late.due_at == FRIDAY - timedelta(days=1)


def test_days_entered_one_after_the_other_are_followed_once(filer: Filer) -> None:
    row = filed(filer)
    change("11-23", works=False)
    change("11-25", works=False, at=FRIDAY + timedelta(seconds=30))
    [job] = waiting()
    assert job.next_attempt_at == FRIDAY + timedelta(seconds=30) + policy.CALENDAR_SETTLES

    with clock.frozen(job.next_attempt_at):
        assert jobs.claim(job.pk) is not None  # it has begun, perhaps without the next one
        change("11-26", works=False, at=job.next_attempt_at)
    assert waiting().count() == 2
    follow(job.next_attempt_at + timedelta(minutes=5))
    assert due(row) == "01/12"


def test_they_follow_in_batches_and_one_that_fails_stops_no_other(
    filer: Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [filed(filer), filed(filer, "marital-status"), filed(filer, "passport")]
    before = [due(row) for row in rows]
    monkeypatch.setattr(calendar, "_AT_ONCE", 1)
    good = lifecycle.recount

    def fail(row: Application) -> None:
        if row.pk == rows[0].pk:
            raise RuntimeError("broken")
        good(row)

    monkeypatch.setattr(lifecycle, "recount", fail)
    change("11-23", works=False)

    assert follow() == 4  # the last finds none

    after = [due(row) for row in rows]
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert after[2] != before[2]


def test_a_reminder_writes_down_what_it_counted(filer: Filer) -> None:
    row = filed(filer)
    change("11-25", works=False)
    assert row.alert_at is not None
    with clock.frozen(row.alert_at):
        ticking.tick(now=row.alert_at)
    assert due(row) == "27/11"


def test_what_is_decided_meanwhile_stays_decided(
    filer: Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = filed(filer)
    change("11-23", works=False)
    good = calendar._open_after

    def decided_then(key: UUID, now: datetime) -> list[UUID]:
        found = good(key, now)
        with transaction.atomic():
            verdict = Verdict(outcome=Outcome.GRANTED, by_silence=True)
            lifecycle.decide(lifecycle.hold(row.pk), verdict, actor=SYSTEM, now=now)
        return found

    monkeypatch.setattr(calendar, "_open_after", decided_then)
    follow()

    assert due(row) == "26/11"
    assert (row.state, row.alert_at) == (ApplicationState.GRANTED, None)
