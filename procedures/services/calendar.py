"""The calendar of working days: administrators enter what the Government announces, for days to come alone.

It stands here and not in the core, which counts with it, because open applications follow when it changes.
"""

from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from eid_portal.core import audit, clock, working_days
from eid_portal.core.events import Actor
from eid_portal.core.models import CalendarDay
from procedures import events

_SAYS_NOTHING: Final = {
    True: _("This day is worked already, as its weekday says. Nothing has to be entered."),
    False: _("Nobody works on this day already, as its weekday says. Nothing has to be entered."),
}
_TAKEN: Final = _("This day is in the calendar already. Remove it first, then enter it anew.")
_BEGUN: Final = _(
    "Periods were counted with this day already. Only days after today can be changed."
)


class DayRefused(Exception):
    """The day cannot be entered or removed; ``message`` says why."""

    code = "day_refused"

    def __init__(self, message: Any) -> None:
        super().__init__(self.code)
        self.message = message


class NoSuchDay(Exception):
    """The day is not in the calendar."""

    code = "no_such_day"
    message: Any = _("This day is not in the calendar any more.")


@transaction.atomic
def add(
    *, day: date, works: bool, note: str, source: str, actor: Actor, now: datetime
) -> CalendarDay:
    """Say that a day to come is worked, or is not; ``source`` says where that stands. The same again is nothing new.

    Raises:
        DayRefused: it has begun, is in the calendar as something else, or is what its weekday says.
    """
    _check_to_come(day, now)
    if works == working_days.works(day, {}):
        raise DayRefused(_SAYS_NOTHING[works])
    row = CalendarDay(day=day, works=works, note=note, source=source)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        there = CalendarDay.objects.filter(pk=day).first()
        if there and (there.works, there.note, there.source) == (works, note, source):
            return there
        raise DayRefused(_TAKEN) from None
    audit.record(
        events.CalendarDayAdded(day=day.isoformat(), works=works, note=note, source=source),
        actor=actor,
        now=now,
    )
    return row


@transaction.atomic
def remove(*, day: date, reason: str, actor: Actor, now: datetime) -> None:
    """Say that a day to come is what its weekday says after all.

    Raises:
        NoSuchDay: it is not in the calendar.
        DayRefused: it has begun.
    """
    row = CalendarDay.objects.select_for_update().filter(pk=day).first()
    if row is None:
        raise NoSuchDay
    _check_to_come(day, now)
    audit.record(
        events.CalendarDayRemoved(day=day.isoformat(), works=row.works, reason=reason),
        actor=actor,
        now=now,
    )
    row.delete()


def is_to_come(day: date, now: datetime) -> bool:
    """Whether nothing was counted with the day yet, so that it may be changed."""
    return day > clock.today(now)


def _check_to_come(day: date, now: datetime) -> None:
    if not is_to_come(day, now):
        raise DayRefused(_BEGUN)
