"""How fast a registry is asked: all workers take their turns from one row."""

from datetime import UTC, datetime, timedelta

import pytest

from documents import policy
from documents.models import Registry
from documents.services import pacing
from tests.core.test_jobs import race

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PARTY = "tests-registry"


@pytest.fixture
def ten_a_second() -> Registry:
    return Registry.objects.create(party=PARTY, calls_per_second=10, in_flight=4)


class Watch:
    """Time that passes only while somebody sleeps, or when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    made = Watch()
    monkeypatch.setattr(pacing, "time", made)
    return made


def reserve(turns: int, at: datetime = NOW) -> float:
    """Reserve, and say in how many seconds the first turn is."""
    return pacing.reserve(PARTY, turns, now=at).next_at - 100


def test_a_registry_nobody_set_a_pace_for_has_the_usual_one() -> None:
    pace = pacing.of(PARTY)

    assert (pace.calls_per_second, pace.in_flight) == (policy.CALLS_PER_SECOND, policy.BATCH)
    assert Registry.objects.count() == 1
    assert pacing.of(PARTY) == pace


@pytest.mark.parametrize(
    ("calls_per_second", "in_flight", "at_once"),
    [(1, 16, 1), (3, 16, 1), (10, 16, 5), (50, 16, 16), (1000, 1, 1)],
)
def test_at_most_half_a_second_is_taken_on(
    calls_per_second: int, in_flight: int, at_once: int
) -> None:
    assert pacing.Pace(calls_per_second, in_flight).at_once == at_once


def test_turns_follow_one_another(ten_a_second: Registry) -> None:
    assert [reserve(turns) for turns in (3, 1, 6)] == pytest.approx([0, 0.3, 0.4])
    ten_a_second.refresh_from_db()
    assert ten_a_second.next_call_at == NOW + SECOND


def test_turns_nobody_took_are_gone(ten_a_second: Registry) -> None:
    reserve(5)

    assert reserve(1, NOW + timedelta(minutes=5)) == pytest.approx(0)
    assert reserve(1, NOW + timedelta(minutes=5)) == pytest.approx(0.1)


def test_no_turn_is_further_ahead_than_half_a_minute(ten_a_second: Registry) -> None:
    Registry.objects.update(next_call_at=NOW + timedelta(days=300))  # by a clock that was wrong

    assert reserve(10) == pytest.approx(30)
    assert reserve(10) == pytest.approx(30)
    assert reserve(10, NOW + 40 * SECOND) == pytest.approx(0)


def test_a_pace_that_is_raised_counts_from_the_next_turns(ten_a_second: Registry) -> None:
    reserve(10)
    Registry.objects.update(calls_per_second=100)

    assert [reserve(10), reserve(10)] == pytest.approx([1, 1.1])


def test_a_registry_without_a_row_is_an_error() -> None:
    with pytest.raises(Registry.DoesNotExist):
        pacing.reserve(PARTY, 1, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_workers_share_one_pace() -> None:
    Registry.objects.create(party=PARTY, calls_per_second=100)

    def take(_worker: int) -> list[float]:
        return [reserve(7) for _times in range(10)]

    firsts = sorted(first for worker in race(4, take) for first in worker)

    assert firsts == pytest.approx([0.07 * place for place in range(40)])


# --- Waiting for a turn -----------------------------------------------------------------------------
def test_each_call_waits_for_its_turn(watch: Watch) -> None:
    turns = pacing.Turns(100.5, 0.1)
    began = []
    for _call in range(3):
        turns.wait()
        began.append(watch.now)

    assert began == pytest.approx([100.5, 100.6, 100.7])


def test_nobody_waits_for_a_turn_that_has_come(watch: Watch) -> None:
    turns = pacing.Turns(100, 0.1)
    watch.now = 100.05
    turns.wait()

    assert watch.now == 100.05
