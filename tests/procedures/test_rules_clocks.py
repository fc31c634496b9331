"""By when a procedure is decided: the four dated examples, receipt, pauses, and reminders."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eid_portal.core import clock as clocks
from eid_portal.core import working_days
from procedures.rules.clocks import Deadline, Pause, deadline, passed, received_on
from procedures.rules.expressions import Facts
from tests.procedures import making

# facts.md 2.10: what the government announced for 2026.
HOLIDAYS = {
    date(2026, month, day): False
    for month, day in (
        (1, 1), (2, 16), (2, 17), (2, 18), (2, 19), (2, 20), (4, 27), (4, 30), (5, 1), (8, 31), (9, 1), (9, 2),
        (11, 24),
    )
} | {date(2026, 8, 22): True}  # fmt: skip
NOTHING = Facts(answers={}, known={}, today=making.TODAY)


def at(text: str) -> datetime:
    """A moment in Viet Nam."""
    return datetime.fromisoformat(text).replace(tzinfo=clocks.VIET_NAM)


def due(received: str, *pauses: Pause, facts: Facts = NOTHING, **clock: Any) -> Deadline:
    document = making.of_fields(
        making.field("x", "yes_no"), clock={"kind": "working_days", "count": 3} | clock
    )
    return deadline(document.clock, facts, received_at=at(received), days=HOLIDAYS, pauses=pauses)


def last(received: str, *pauses: Pause, **clock: Any) -> str | None:
    found = due(received, *pauses, **clock).due_at
    return f"{found:%Y-%m-%d %H:%M:%S}" if found else None


@pytest.mark.parametrize(
    ("received", "count", "day"),
    [
        ("2026-11-20 10:00", 3, "2026-11-26"),
        ("2026-02-12 10:00", 3, "2026-02-24"),
        ("2026-04-24 10:00", 3, "2026-05-04"),
        ("2026-08-27 10:00", 7, "2026-09-10"),
    ],
)
def test_the_dated_examples(received: str, count: int, day: str) -> None:
    assert last(received, count=count) == f"{day} 23:59:59"


@pytest.mark.django_db
def test_the_calendar_that_is_shipped_agrees() -> None:
    document = making.of_fields(
        making.field("x", "text"), clock={"kind": "working_days", "count": 7}
    )
    found = deadline(
        document.clock,
        NOTHING,
        received_at=at("2026-08-27 10:00"),
        days=working_days.load(date(2026, 8, 27)),
    )
    assert found.due_at == at("2026-09-10 23:59:59")


@pytest.mark.parametrize(
    ("moment", "before", "day"),
    [
        ("2026-11-26 14:59:59", "15:00", "2026-11-26"),
        ("2026-11-26 15:00", "15:00", "2026-11-27"),
        ("2026-11-26 23:59", "", "2026-11-26"),
        ("2026-11-27 16:00", "15:00", "2026-11-30"),  # a Friday
        ("2026-11-28 08:00", "15:00", "2026-11-30"),  # a Saturday
        (
            "2026-11-29 16:00",
            "15:00",
            "2026-11-30",
        ),  # a Sunday: late means nothing on a day of rest
        ("2026-11-23 15:00", "15:00", "2026-11-25"),  # tomorrow is a holiday
        ("2026-08-22 10:00", "", "2026-08-22"),  # a Saturday that works
    ],
)
def test_a_day_of_receipt_is_a_working_day(moment: str, before: str, day: str) -> None:
    clock = {"kind": "working_days", "count": 1} | ({"received_before": before} if before else {})
    document = making.of_fields(making.field("x", "text"), clock=clock)
    assert received_on(document.clock, at(moment), HOLIDAYS).isoformat() == day


def test_the_day_is_that_of_viet_nam() -> None:
    document = making.of_fields(making.field("x", "text"))
    utc = datetime.fromisoformat("2026-11-25T18:30:00+00:00")  # 01:30 on Thursday the 26th
    assert received_on(document.clock, utc, HOLIDAYS) == date(2026, 11, 26)
    with pytest.raises(ValueError, match="time zone"):
        received_on(document.clock, datetime(2026, 11, 26), HOLIDAYS)  # noqa: DTZ001


def test_calendar_days_end_on_a_working_day() -> None:
    clock: dict[str, Any] = {"kind": "calendar_days", "count": 15}
    assert last("2026-11-20 10:00", **clock) == "2026-12-07 23:59:59"  # the 5th is a Saturday
    assert last("2026-11-23 10:00", **clock) == "2026-12-08 23:59:59"


def test_no_days_is_the_same_day_and_at_once_is_now() -> None:
    assert last("2026-11-26 10:00", count=0) == "2026-11-26 23:59:59"
    assert last("2026-11-28 10:00", count=0) == "2026-11-30 23:59:59"
    document = making.of_fields(making.field("x", "text"), clock={"kind": "instant"})
    found = deadline(document.clock, NOTHING, received_at=at("2026-11-28 10:00"), days=HOLIDAYS)
    assert found == Deadline(received=date(2026, 11, 28), due_at=at("2026-11-28 10:00"), alerts=())


def test_an_alternative_takes_the_place_of_the_count() -> None:
    clock: dict[str, Any] = {"count": 3, "otherwise": [{"when": {"answer": "x"}, "count": 23}]}
    usual = Facts(answers={"x": False}, known={}, today=making.TODAY)
    longer = Facts(answers={"x": True}, known={}, today=making.TODAY)
    assert last("2026-11-20 10:00", facts=usual, **clock) == "2026-11-26 23:59:59"
    assert last("2026-11-20 10:00", facts=longer, **clock) == "2026-12-24 23:59:59"
    clock["otherwise"][0]["kind"] = "calendar_days"
    assert (
        last("2026-11-20 10:00", facts=longer, **clock) == "2026-12-14 23:59:59"
    )  # the 13th is a Sunday


@pytest.mark.parametrize(
    ("pauses", "day"),
    [
        ((), "2026-11-26"),
        # A question answered on the same day costs nobody anything, not even on the last day.
        ((("2026-11-25 09:00", "2026-11-25 16:00"),), "2026-11-26"),
        ((("2026-11-26 09:00", "2026-11-26 16:00"),), "2026-11-26"),
        # Over night: a day.
        ((("2026-11-25 16:00", "2026-11-26 08:00"),), "2026-11-27"),
        # Asked on the last day, answered later: the day of the answer is the last one.
        ((("2026-11-26 16:00", "2026-12-02 08:00"),), "2026-12-02"),
        # Over a week end and a holiday only the working days are given back.
        ((("2026-11-20 16:00", "2026-11-23 08:00"),), "2026-11-26"),
        ((("2026-11-21 08:00", "2026-11-22 08:00"),), "2026-11-26"),
        ((("2026-11-23 08:00", "2026-11-25 08:00"),), "2026-11-27"),
        # Two that overlap, in any order.
        ((("2026-11-25 16:00", "2026-11-27 08:00"), ("2026-11-23 08:00", "2026-11-26 08:00")), "2026-12-01"),
        # Too late to matter; or turned round.
        ((("2026-11-27 08:00", "2026-12-09 08:00"),), "2026-11-26"),
        ((("2026-11-25 08:00", "2026-11-23 08:00"),), "2026-11-26"),
        # Not over yet.
        ((("2026-11-25 08:00", ""),), None),
        ((("2026-11-26 23:00", ""),), None),
        ((("2026-11-27 08:00", ""),), "2026-11-26"),
    ],
)  # fmt: skip
def test_while_the_clock_stands_still_nothing_counts(
    pauses: tuple[tuple[str, str], ...], day: str | None
) -> None:
    stops = [Pause(at(since), at(until) if until else None) for since, until in pauses]
    assert last("2026-11-20 10:00", *stops) == (day and f"{day} 23:59:59")


def test_reminders_come_at_half_and_four_fifths_of_the_working_time() -> None:
    found = due("2026-11-20 10:00", count=4).alerts  # counted: 23, 25, 26, 27
    assert [(each.per_cent, f"{each.at:%m-%d %H:%M:%S}") for each in found] == [
        (50, "11-26 00:00:00"),
        (80, "11-27 04:48:00"),
        (100, "11-27 23:59:59"),
    ]


def test_reminders_of_a_single_day_are_within_it() -> None:
    found = due("2026-11-26 12:00", count=0).alerts
    assert [f"{each.at:%H:%M}" for each in found] == ["17:59", "21:35", "23:59"]


def test_nobody_is_reminded_while_the_clock_stands_still() -> None:
    over_noon = Pause(at("2026-11-25 11:00"), at("2026-11-25 15:00"))
    assert due("2026-11-20 10:00", over_noon).alerts[0].at == at("2026-11-25 15:00")
    not_over = Pause(at("2026-11-26 01:00"), None)
    found = due("2026-11-20 10:00", not_over)
    assert found.due_at is None
    assert [each.per_cent for each in found.alerts] == [50]
    # Half of four days had just passed when it stopped; of three days, it had not.
    assert [each.per_cent for each in due("2026-11-20 10:00", not_over, count=4).alerts] == [50]
    stopped_earlier = Pause(at("2026-11-25 01:00"), None)
    assert due("2026-11-20 10:00", stopped_earlier).alerts == ()


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=clocks.VIET_NAM)
)


@given(
    moments,
    st.integers(0, 20),
    st.sampled_from(["working_days", "calendar_days"]),
    st.lists(
        st.tuples(moments, st.timedeltas(timedelta(0), timedelta(days=9)) | st.none()), max_size=4
    ),
)
def test_whatever_happens_the_period_holds_its_days(
    received_at: datetime,
    count: int,
    kind: str,
    spans: list[tuple[datetime, timedelta | None]],
) -> None:
    clock = making.of_fields(making.field("x", "text"), clock={"kind": kind, "count": count}).clock
    pauses = [Pause(since, since + span if span is not None else None) for since, span in spans]

    found = deadline(clock, NOTHING, received_at=received_at, days=HOLIDAYS, pauses=pauses)
    plain = deadline(clock, NOTHING, received_at=received_at, days=HOLIDAYS)

    assert working_days.works(found.received, HOLIDAYS)
    assert found.received >= received_at.date()
    moments_of = [each.at for each in found.alerts]
    assert moments_of == sorted(moments_of)
    assert plain.due_at is not None
    if found.due_at is None:
        assert any(pause.until is None for pause in pauses)
        return
    assert found.due_at >= plain.due_at
    assert found.due_at > received_at or found.due_at.date() == received_at.date()
    assert working_days.works(found.due_at.date(), HOLIDAYS)
    assert not any(pause.since <= found.due_at and pause.until is None for pause in pauses)
    day = timedelta(days=1)
    between = [
        found.received + day * n for n in range(1, (found.due_at.date() - found.received).days + 1)
    ]
    ran = [
        each
        for each in between
        if not any(
            p.since.date() <= each and (p.until is None or each < p.until.date()) for p in pauses
        )
        and (kind == "calendar_days" or working_days.works(each, HOLIDAYS))
    ]
    if kind == "working_days" and count:
        assert len(ran) == count
    else:
        assert len(ran) >= count


# --- How much has passed --------------------------------------------------------------------------
def used(now: str, received: str, *pauses: Pause, **clock: Any) -> int:
    document = making.of_fields(
        making.field("x", "yes_no"), clock={"kind": "working_days", "count": 3} | clock
    )
    found = due(received, *pauses, **clock)
    assert found.due_at is not None
    return passed(
        document.clock, received=found.received, received_at=at(received), due_at=found.due_at, now=at(now),
        days=HOLIDAYS, pauses=pauses,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "per_cent"),
    [
        ("2026-12-17 00:00", 0),
        ("2026-12-17 08:00", 11),  # a third of the first of three days
        ("2026-12-18 12:00", 50),
        ("2026-12-20 12:00", 66),  # a Sunday
        ("2026-12-21 23:59:59", 99),
        ("2026-12-22 12:00", 116),
    ],
)
def test_time_that_stood_still_is_not_used(now: str, per_cent: int) -> None:
    asked = Pause(at("2026-11-23 09:00"), at("2026-12-17 08:00"))
    assert last("2026-11-20 10:00", asked) == "2026-12-21 23:59:59"
    assert used(now, "2026-11-20 10:00", asked) == per_cent


def test_of_no_days_the_rest_of_the_day_is_used() -> None:
    assert used("2026-11-26 17:00", "2026-11-26 10:00", count=0) == 50
    assert used("2026-11-26 09:00", "2026-11-26 10:00", count=0) < 0
    asked = Pause(at("2026-11-26 11:00"), at("2026-11-27 09:00"))
    assert used("2026-11-27 12:00", "2026-11-26 10:00", asked, count=0) == 50
    assert used("2026-11-26 23:59:59", "2026-11-26 23:59:59", count=0) == 0


def test_the_period_that_was_chosen_tells_which_days_count() -> None:
    other = {"when": {"answer": "x"}, "count": 20, "kind": "calendar_days"}
    document = making.of_fields(
        making.field("x", "yes_no"),
        clock={"kind": "working_days", "count": 3, "otherwise": [other]},
    )
    for due_at, now, per_cent in (
        ("2026-11-26 23:59:59", "2026-11-22 12:00", 0),  # three working days: a Sunday is none
        ("2026-12-10 23:59:59", "2026-11-22 12:00", 7),  # a day and a half of twenty
        ("2026-12-10 23:59:59", "2026-12-01 00:00", 50),
    ):
        found = passed(
            document.clock, received=date(2026, 11, 20), received_at=at("2026-11-20 10:00"), due_at=at(due_at),
            now=at(now), days=HOLIDAYS,
        )  # fmt: skip
        assert found == per_cent, due_at


@given(
    count=st.integers(1, 20),
    hours=st.integers(0, 24 * 60),
    asked=st.integers(1, 24 * 20),
    waits=st.integers(0, 24 * 20),
)
def test_reminders_and_what_is_used_agree(count: int, hours: int, asked: int, waits: int) -> None:
    received_at = at("2026-11-20 10:00") + timedelta(hours=hours)
    since = received_at + timedelta(hours=asked)
    pause = Pause(since, since + timedelta(hours=waits))
    clock = making.of_fields(
        making.field("x", "yes_no"), clock={"kind": "working_days", "count": count}
    ).clock
    found = deadline(clock, NOTHING, received_at=received_at, days=HOLIDAYS, pauses=[pause])
    assert found.due_at is not None
    for alert in found.alerts:
        part = passed(
            clock, received=found.received, received_at=received_at, due_at=found.due_at, now=alert.at,
            days=HOLIDAYS, pauses=[pause],
        )  # fmt: skip
        # The clock may have gone on within a day that counts.
        assert alert.per_cent - 1 <= part <= alert.per_cent + 100 / count
