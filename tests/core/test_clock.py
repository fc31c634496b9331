"""There is one clock."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from eid_portal.core import clock

NOON = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)


def test_now_is_aware_and_moves() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_frozen_clock_stands_still_and_runs_again() -> None:
    with clock.frozen(NOON):
        assert clock.now() == NOON
        with clock.frozen(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON
    assert clock.now() > NOON


def test_a_clock_is_released_when_the_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), clock.frozen(NOON):
        raise ZeroDivisionError
    assert clock.now() != NOON


def test_other_threads_keep_their_time() -> None:
    seen = []
    with clock.frozen(NOON):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0] != NOON


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"), clock.frozen(NOON.replace(tzinfo=None)):
        pass


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 2, 28, 16, 59, 59, tzinfo=UTC), date(2026, 2, 28)),
        (datetime(2026, 2, 28, 17, 0, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2028, 2, 28, 17, 0, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_the_day_is_that_of_viet_nam(moment: datetime, day: date) -> None:
    assert clock.today(moment) == day
    with clock.frozen(moment):
        assert clock.today() == day
