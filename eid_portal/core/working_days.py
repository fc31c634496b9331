"""Working days and the clocks that count them: Saturdays, Sundays and holidays rest, swapped Saturdays work.

What a day's weekday does not say stands in ``CalendarDay``, which administrators edit: the government announces
holidays and swaps every year. The day something is received is not counted; a period of calendar days that would
end on a day of rest ends on the next working day (Civil Code arts. 147, 148).
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from eid_portal.core import clock
from eid_portal.core.models import CalendarDay

_SATURDAY: Final = 5
_LAST_MOMENT: Final = time(23, 59, 59)
_HORIZON: Final = timedelta(days=400)

Days = Mapping[date, bool]


def works(day: date, days: Days) -> bool:
    """Whether it is a working day; ``days`` has the exceptions."""
    return days.get(day, day.weekday() < _SATURDAY)


def after_working_days(received: date, count: int, days: Days) -> date:
    """The last day of a period of ``count`` working days; the day of receipt is not counted."""
    day = received
    while count > 0:
        day += timedelta(days=1)
        count -= works(day, days)
    return day


def after_calendar_days(received: date, count: int, days: Days) -> date:
    """The last day of a period of ``count`` calendar days; if it is a day of rest, the next working day."""
    day = received + timedelta(days=count)
    while not works(day, days):
        day += timedelta(days=1)
    return day


def load(since: date) -> dict[date, bool]:
    """The exceptions from a day on, by one query."""
    rows = CalendarDay.objects.filter(day__gte=since, day__lte=since + _HORIZON)
    return dict(rows.values_list("day", "works"))


def due(now: datetime, *, working_days: int = 0, calendar_days: int = 0) -> datetime:
    """The last moment (Viet Nam time) of a period that begins now."""
    today = clock.today(now)
    days = load(today)
    if working_days:
        last = after_working_days(today, working_days, days)
    else:
        last = after_calendar_days(today, calendar_days, days)
    return datetime.combine(last, _LAST_MOMENT, tzinfo=clock.VIET_NAM)
