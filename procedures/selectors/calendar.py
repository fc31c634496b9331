"""What the calendar of working days lacks."""

from datetime import date
from typing import Final, NamedTuple

from eid_portal.core.models import CalendarDay
from procedures import policy

_CULTURE_DAY: Final = (11, 24)  # a day of rest by another resolution than the Labour Code


class Lacking(NamedTuple):
    """A year with so many of its public holidays in the calendar, and no more."""

    year: int
    entered: int


def lacking(today: date) -> list[Lacking]:
    """This year and the next, if public holidays of them are not entered; the Government announces most each year."""
    years = [Lacking(year, _entered(year)) for year in (today.year, today.year + 1)]
    return [each for each in years if each.entered < policy.PUBLIC_HOLIDAYS]


def _entered(year: int) -> int:
    """The days of rest, without those that a Saturday is worked for."""
    rows = CalendarDay.objects.filter(day__year=year).exclude(
        day__month=_CULTURE_DAY[0], day__day=_CULTURE_DAY[1]
    )
    works = list(rows.values_list("works", flat=True))
    return max(works.count(False) - works.count(True), 0)
