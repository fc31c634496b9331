"""By when a procedure is decided: its period, what stops it, and when to remind.

A period begins on the day after that of receipt. What comes on a day of rest, or later than ``received_before``, is
received on the next working day. A period ends with its last day, and calendar days end on a working day
(``core.working_days`` has the law). While the clock stands still no day is counted from the one on which it stopped
until the one on which it goes on: that day is counted again, so a question that is answered on the same day costs
nobody anything, and the period never ends while the clock stands still.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from eid_portal.core import clock as clocks
from eid_portal.core.working_days import Days, works
from procedures.rules.documents import Clock
from procedures.rules.expressions import Facts

ALERTS: Final = (50, 80, 100)  # per cent of the working time
_WHOLE: Final = 100
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_NO_TIME: Final = timedelta(0)
_LAST_MOMENT: Final = time(23, 59, 59)


class Pause(NamedTuple):
    """From when until when the clock stands still; without an end it still does."""

    since: datetime
    until: datetime | None


class Alert(NamedTuple):
    """When so much of the working time has passed."""

    per_cent: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When a form counts as received, and by when it is decided; None while nobody can say."""

    received: date
    due_at: datetime | None
    alerts: Sequence[Alert]  # those that can be said


def period_of(clock: Clock, facts: Facts) -> tuple[int, str]:
    """How many days its period has, and of which kind: the first alternative that holds, or the usual ones."""
    other = next((each for each in clock.otherwise if each.when.holds(facts)), None)
    return (clock.count, clock.kind) if other is None else (other.count, other.kind)


def received_on(clock: Clock, received_at: datetime, days: Days) -> date:
    """The day on which something that comes at a moment (aware) is received; ``days`` are the exceptions."""
    local = _local(received_at)
    day = local.date()
    if works(day, days) and clock.received_before and f"{local:%H:%M}" >= clock.received_before:
        day += _DAY
    while not works(day, days):
        day += _DAY
    return day


def deadline(
    clock: Clock,
    facts: Facts,
    *,
    received_at: datetime,
    days: Days,
    pauses: Sequence[Pause] = (),
) -> Deadline:
    """By when a form that came at ``received_at`` is decided (Viet Nam time).

    ``days`` are the exceptions from the week, ``pauses`` those that stop this clock, in any order.

    Raises:
        ValueError: a moment without a time zone.
    """
    if clock.kind == "instant":
        moment = _local(received_at)
        return Deadline(received=moment.date(), due_at=moment, alerts=())
    received = received_on(clock, received_at, days)
    (count, kind), stops = period_of(clock, facts), _Stops(pauses)
    used: list[date] = []  # the days of the period, as far as they can be said
    due_on: date | None = None
    for day in stops.days_from(received + _DAY if count else received):
        is_working = works(day, days)
        if len(used) < count and (is_working or kind == "calendar_days"):
            used.append(day)
        if len(used) == count and is_working:
            due_on = day
            break
    due_at = datetime.combine(due_on, _LAST_MOMENT, tzinfo=clocks.VIET_NAM) if due_on else None
    begins_at = max(_local(received_at), _start_of(received))
    alerts = []
    for per_cent in ALERTS:
        at = _moment(per_cent, count, used, begins_at, due_at)
        if at is not None:
            alerts.append(Alert(per_cent, stops.after(at)))
    return Deadline(received=received, due_at=due_at, alerts=tuple(alerts))


def passed(
    clock: Clock,
    *,
    received: date,
    received_at: datetime,
    due_at: datetime,
    now: datetime,
    days: Days,
    pauses: Sequence[Pause] = (),
) -> int:
    """Per cent of a period that have passed at ``now``: of the days that :func:`deadline` counts up to its ``due_at``.

    Above 100 when it is late. Calendar days that end on a day of rest last until the next working day here.

    Raises:
        ValueError: a moment without a time zone.
    """
    moment, end = _local(now), _local(due_at)
    counted = []
    for day in _Stops(pauses).days_from(received + _DAY):
        if day > max(end.date(), moment.date()):
            break
        counted.append(day)
    if _is_of_working_days(clock, [day for day in counted if day <= end.date()], days):
        counted = [day for day in counted if works(day, days)]
    whole = sum(day <= end.date() for day in counted)
    if not whole:  # what is left of a day
        begins_at = max(_local(received_at), _start_of(end.date()))
        return int((moment - begins_at) / max(end - begins_at, _SECOND) * _WHOLE)
    over = sum(
        (min(moment - _start_of(day), _DAY) for day in counted if day <= moment.date()), _NO_TIME
    )
    return int(over / (whole * _DAY) * _WHOLE)


def _is_of_working_days(clock: Clock, window: Sequence[date], days: Days) -> bool:
    """Whether those of its periods that fits a window is of working days."""
    periods = [(clock.count, clock.kind)] + [(each.count, each.kind) for each in clock.otherwise]
    count = sum(works(day, days) for day in window)
    kinds = {kind for _count, kind in periods}
    return (count, "working_days") in periods or kinds == {"working_days"}


def _moment(
    per_cent: int, count: int, used: Sequence[date], begins_at: datetime, due_at: datetime | None
) -> datetime | None:
    """When so much of a period has passed: of its days, or of what is left of the day if it has none."""
    if per_cent == _WHOLE:
        return due_at
    if not count:
        if due_at is None:
            return None
        begins_at = max(begins_at, _start_of(due_at.date()))
        return begins_at + (due_at - begins_at) * per_cent / _WHOLE
    days, rest = divmod(count * per_cent, _WHOLE)
    if rest:
        return _start_of(used[days]) + _DAY * rest / _WHOLE if days < len(used) else None
    return _start_of(used[days - 1]) + _DAY if days <= len(used) else None


def last_moment(begun: datetime, lasts: timedelta) -> datetime:
    """The last moment (Viet Nam time) of the day on which so many days since a moment are over.

    Whoever is told a day has all of it.
    """
    return datetime.combine(_local(begun + lasts).date(), _LAST_MOMENT, tzinfo=clocks.VIET_NAM)


class _Stops:
    """The times during which a clock stands still."""

    def __init__(self, pauses: Sequence[Pause]) -> None:
        local = [(_local(since), _local(until) if until else None) for since, until in pauses]
        self.pauses = sorted(local, key=lambda pause: pause[0])

    def days_from(self, day: date) -> Iterator[date]:
        """The days on which it runs; they end where it has not gone on yet."""
        while True:
            stopped = [until for since, until in self.pauses if self._stops(since, until, day)]
            if None in stopped:
                return
            if not stopped:
                yield day
            day += _DAY

    def after(self, at: datetime) -> datetime:
        """The moment, or if it stands still then, when it goes on."""
        for since, until in self.pauses:
            if until and since <= at < until:
                at = until
        return at

    @staticmethod
    def _stops(since: datetime, until: datetime | None, day: date) -> bool:
        return since.date() <= day and (until is None or day < until.date())


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clocks.VIET_NAM)


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(clocks.VIET_NAM)
