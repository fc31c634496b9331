"""Working days: the four dated examples, swaps, and periods of calendar days."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eid_portal.core import clock, working_days
from eid_portal.core.models import CalendarDay


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("received", "count", "last"),
    [
        (date(2026, 11, 20), 3, date(2026, 11, 26)),  # 24 November is a holiday
        (date(2026, 2, 12), 3, date(2026, 2, 24)),  # Tết
        (date(2026, 4, 24), 3, date(2026, 5, 4)),  # Hùng Kings, 30 April, 1 May
        (date(2026, 8, 27), 7, date(2026, 9, 10)),  # National Day, and a Monday swapped
    ],
)
def test_the_dated_examples(received: date, count: int, last: date) -> None:
    days = working_days.load(received)
    assert working_days.after_working_days(received, count, days) == last


def test_a_swapped_saturday_works() -> None:
    saturday = date(2026, 8, 22)
    assert not working_days.works(saturday, {})
    assert working_days.works(saturday, {saturday: True})


def test_calendar_days_end_on_a_working_day() -> None:
    # Fifteen days after 21 November 2026 is a Sunday.
    assert working_days.after_calendar_days(date(2026, 11, 21), 15, {}) == date(2026, 12, 7)


@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.integers(1, 30))
def test_a_period_ends_on_a_working_day_and_holds_that_many(received: date, count: int) -> None:
    last = working_days.after_working_days(received, count, {})
    assert working_days.works(last, {})
    between = [date.fromordinal(n) for n in range(received.toordinal() + 1, last.toordinal() + 1)]
    assert sum(working_days.works(day, {}) for day in between) == count


@pytest.mark.django_db
def test_the_last_moment_is_of_viet_nam() -> None:
    CalendarDay.objects.all().delete()
    now = datetime(2026, 11, 20, 20, 0, tzinfo=clock.VIET_NAM)
    assert working_days.due(now, working_days=2).isoformat() == "2026-11-24T23:59:59+07:00"
