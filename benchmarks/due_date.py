"""Due dates a second: ``rules.clocks.deadline`` with its holidays, its pauses and the moments of its reminders.

Forms come at any minute of two years; the clocks are those of all procedures that come with the portal, each in its
turn, and every third form has two pauses that are over. The holidays are those of the calendar that is seeded, read
before. The limit is the bare walk over the days to the same last day, without pauses, reminders or moments: what
counting days costs in Python at all. Neither asks the database.
"""

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.ground import Ground
from benchmarks.meter import Figure, per_wall_second

if TYPE_CHECKING:  # the rules load once Django is set up
    from eid_portal.core.working_days import Days
    from procedures.rules.clocks import Pause
    from procedures.rules.documents import Clock

GOAL: Final = 10_000  # a second
ROUNDS: Final = 9
EACH: Final = 5_000
_BEGIN: Final = date(2026, 1, 1)
_YEARS: Final = 2
_PAUSED: Final = 3  # every so many-th
_APART: Final = 7919  # minutes, prime: every hour of every day of the week comes up


class Case(NamedTuple):
    """One form that came."""

    clock: "Clock"
    at: datetime
    pauses: "Sequence[Pause]"


def measure(here: Ground) -> Figure:
    """Both in turn."""
    import django

    django.setup()
    from eid_portal.core import working_days

    figure = Figure("due_date", "due dates/s", limit_name="a bare count of the same days")
    days, cases = working_days.load(_BEGIN), _cases()
    spent = []
    for place in range(ROUNDS + 1):
        bare = per_wall_second(lambda: _count(cases, days))
        began = time.process_time()
        ours = per_wall_second(lambda: _work_out(cases, days))
        if place:  # what runs for the first time is slower
            figure.limit.append(bare)
            figure.ours.append(ours)
            spent.append((time.process_time() - began) / EACH)
    figure.note = (
        f"goal: at least {GOAL:,} a second; slowest round {min(figure.ours):,.0f}, "
        f"{1e6 * sum(spent) / len(spent):.0f} µs of CPU each"
    )
    return figure


def _cases() -> list[Case]:
    from eid_portal.core.clock import VIET_NAM
    from procedures.rules import documents
    from procedures.rules.clocks import Pause

    clocks = [each.clock for each in documents.shipped().values()]
    start = datetime.combine(_BEGIN, datetime.min.time(), tzinfo=VIET_NAM)
    cases = []
    for place in range(EACH):
        at = start + timedelta(minutes=place * _APART % (_YEARS * 365 * 24 * 60))
        pauses: list[Pause] = []
        since = at
        for pause in range(0 if place % _PAUSED else 2):
            since += timedelta(hours=1 + place % 59)
            until = since + timedelta(hours=1 + (place + pause) % 97)
            pauses.append(Pause(since, until))
            since = until
        cases.append(Case(clocks[place % len(clocks)], at, pauses))
    return cases


def _work_out(cases: Sequence[Case], days: "Days") -> int:
    from procedures.rules.clocks import deadline
    from procedures.rules.expressions import Facts

    facts = Facts(answers={}, known={}, today=_BEGIN)
    found = [
        deadline(each.clock, facts, received_at=each.at, days=days, pauses=each.pauses)
        for each in cases
    ]
    if not all(each.due_at for each in found):
        raise SystemExit("a form without a due date")
    return len(found)


def _count(cases: Sequence[Case], days: "Days") -> int:
    from eid_portal.core.working_days import after_calendar_days, after_working_days

    for each in cases:
        received = each.at.date()
        if each.clock.kind == "calendar_days":
            after_calendar_days(received, each.clock.count, days)
        elif each.clock.kind == "working_days":
            after_working_days(received, each.clock.count, days)
    return len(cases)
