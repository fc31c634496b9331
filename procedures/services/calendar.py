"""The calendar of working days: administrators enter what the Government announces, for days to come alone.

It stands here and not in the core, which counts with it, because open applications follow when it changes.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from eid_portal.core import audit, clock, jobs, working_days
from eid_portal.core.events import Actor
from eid_portal.core.models import CalendarDay
from procedures import events, policy
from procedures.models import Application
from procedures.services import lifecycle

FOLLOW: Final = "procedures.follow_calendar"
LEASE: Final = timedelta(minutes=2)  # of one batch
_BEGIN: Final = UUID(int=0)
_AT_ONCE: Final = 200
_SAYS_NOTHING: Final = {
    True: _("This day is worked already, as its weekday says. Nothing has to be entered."),
    False: _("Nobody works on this day already, as its weekday says. Nothing has to be entered."),
}
_TAKEN: Final = _("This day is in the calendar already. Remove it first, then enter it anew.")
_BEGUN: Final = _(
    "Periods were counted with this day already. Only days after today can be changed."
)
log = structlog.get_logger()


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
    _have_followed(now)
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
    _have_followed(now)


def is_to_come(day: date, now: datetime) -> bool:
    """Whether nothing was counted with the day yet, so that it may be changed."""
    return day > clock.today(now)


# --- What follows -----------------------------------------------------------------------------------
def follow(claim: jobs.Claim) -> None:
    """Count the due dates of open applications anew: a batch, and the next by another job.

    The job's subject is the last application that was counted. One that fails is logged, and the others go on.

    Raises:
        LostClaim: see the class.
    """
    keys = _open_after(claim.subject_id, clock.now())
    for key in keys:
        try:
            with transaction.atomic():
                row = lifecycle.hold(key)
                if row.ended_at is None:  # nobody decided it meanwhile
                    lifecycle.recount(row)
        except Exception:
            log.exception("application.recount_failed", key=str(key))
    with transaction.atomic():
        claim.finish()
        if len(keys) == _AT_ONCE:
            jobs.enqueue(FOLLOW, subject_id=keys[-1])


def _open_after(key: UUID, now: datetime) -> list[UUID]:
    """What is late already was counted with days that have passed, and stays."""
    rows = Application.objects.filter(
        pk__gt=key, received_at__isnull=False, ended_at__isnull=True
    ).exclude(due_at__lt=now)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])


def _have_followed(now: datetime) -> None:
    """One pass for all days that are entered one after the other."""
    at = now + policy.CALENDAR_SETTLES
    if not jobs.postpone(FOLLOW, subject_id=_BEGIN, at=at):
        jobs.enqueue(FOLLOW, subject_id=_BEGIN, at=at)


def _check_to_come(day: date, now: datetime) -> None:
    if not is_to_come(day, now):
        raise DayRefused(_BEGUN)
