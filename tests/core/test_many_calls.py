"""Many calls at a time: a slow start, a failing party spared within ten calls, back within half a minute."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction

from eid_portal.core import circuit, clock, outside
from eid_portal.core.outside import Accepted, Call, InsideTransaction, Outcome, Unavailable, Unknown

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
ASKED = Call(method="POST", path="/v1/x", payload={}, tag="eid-tests")


class Party:
    """Answers as it is told, and counts how many calls it sees at once."""

    def __init__(self, answer: Callable[[int], Outcome]) -> None:
        self.answer = answer
        self.calls = self.now = self.most = 0
        self.lock = threading.Lock()

    def __call__(self, *_asked: Any) -> Outcome:
        with self.lock:
            self.calls += 1
            self.now += 1
            self.most = max(self.most, self.now)
            number = self.calls
        time.sleep(0.005)
        outcome = self.answer(number)
        with self.lock:
            self.now -= 1
        return outcome


def ask(party: Party, count: int, *, in_flight: int = 16) -> dict[int, Outcome]:
    calls = ((number, ASKED) for number in range(count))
    with patch.object(outside, "_ask", party):
        sent = outside.send_many("tests", calls, in_flight=in_flight)
        return {key: outcome for key, outcome, _milliseconds in sent}


def test_every_call_has_its_outcome_and_no_more_than_allowed_are_in_flight() -> None:
    party = Party(lambda number: Accepted({"number": number}))

    outcomes = ask(party, 200, in_flight=8)

    assert sorted(outcomes) == list(range(200))
    assert len({outcome.data["number"] for outcome in outcomes.values()}) == 200  # type: ignore[union-attr]
    assert outside.BEGINS_WITH < party.most <= 8


@pytest.mark.parametrize(
    "failure", [Unavailable("no_connection"), Unknown("read_timeout"), Unknown("answer_unsigned")]
)
def test_a_dead_hanging_or_babbling_party_sees_fewer_than_ten_calls(failure: Outcome) -> None:
    party = Party(lambda _number: failure)

    with clock.frozen(NOW):
        outcomes = ask(party, 300)

    assert party.calls < 10
    assert party.most <= outside.BEGINS_WITH
    spared = [
        outcome for outcome in outcomes.values() if outcome == Unavailable(
            outside.RESTING, circuit.TRIED_EVERY
        )
    ]  # fmt: skip
    assert len(outcomes) == 300
    assert len(spared) == 300 - party.calls


def test_a_party_that_dies_at_full_speed_sees_what_was_in_flight_and_no_more() -> None:
    dead = Unavailable("no_connection")
    party = Party(lambda number: Accepted({}) if number <= 100 else dead)

    with clock.frozen(NOW):
        outcomes = ask(party, 300, in_flight=8)

    assert 100 + circuit.OPENS_AFTER <= party.calls <= 100 + 8 + outside.BEGINS_WITH
    assert len(outcomes) == 300  # what stood ready has its outcome too
    assert list(outcomes.values()).count(Accepted({})) == 100


def test_the_party_is_kept_busy_while_its_answers_are_written_down() -> None:
    party = Party(lambda _number: Accepted({}))
    calls = ((number, ASKED) for number in range(200))

    with patch.object(outside, "_ask", party):
        sent = outside.send_many("tests", calls, in_flight=4)
        taken = len(list(islice(sent, 100)))
        time.sleep(0.1)
        answered = party.calls - party.now - taken
        sent.close()

    assert answered > 4


def test_one_call_finds_out_that_it_is_back_within_half_a_minute() -> None:
    with clock.frozen(NOW):
        ask(Party(lambda _number: Unknown("read_timeout")), 20)
    back = Party(lambda _number: Accepted({}))

    with clock.frozen(NOW + circuit.TRIED_EVERY):
        outcomes = ask(back, 50)

    assert timedelta(seconds=30) > circuit.TRIED_EVERY
    assert set(map(type, outcomes.values())) == {Accepted}
    assert circuit.open_until("tests") is None


def test_while_it_is_being_tried_nobody_else_calls() -> None:
    with clock.frozen(NOW):
        ask(Party(lambda _number: Unknown("read_timeout")), 20)
    still = Party(lambda _number: Unknown("read_timeout"))

    with clock.frozen(NOW + circuit.TRIED_EVERY):
        ask(still, 50)

    assert still.calls == 1


def test_no_call_begins_inside_a_transaction() -> None:
    party = Party(lambda _number: Accepted({}))

    with transaction.atomic(), pytest.raises(InsideTransaction):
        ask(party, 3)
    assert party.calls == 0


def test_a_quiet_moment_is_used() -> None:
    quiet: list[float] = []

    def slow(_number: int) -> Outcome:
        time.sleep(0.2)
        return Accepted({})

    with patch.object(outside, "_ask", Party(slow)):
        calls = ((number, ASKED) for number in range(2))
        list(outside.send_many("tests", calls, in_flight=2, idle=lambda: quiet.append(1)))

    assert quiet


def test_a_fault_of_ours_is_not_taken_for_an_answer() -> None:
    def broken(_number: int) -> Outcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(Party(broken), 3)
