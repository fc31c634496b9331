"""The tests' own switch and billers: they keep books of what they were asked and did, and do as they are told.

``how`` says by path and reference what becomes of a call; without a word all is done and said.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from unittest.mock import patch

from django.db import connection

from eid_portal.core import clock, jobs, outside
from eid_portal.core.models import Job
from eid_portal.core.outside import Accepted, Call, Outcome, Refused, Unavailable, Unknown
from payments.services import ordering

PAYEE_NAME = "TRAN VAN MAU"
NAMED = {"/v1/payments": "receipt", "/v1/payouts": "switch_reference"}


@dataclass
class World:
    """What was asked and done, by path and reference."""

    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    asked: dict[tuple[str, str], int] = field(default_factory=dict)  # amounts
    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    amounts: dict[tuple[str, str], int] = field(default_factory=dict)
    asked_status: Counter[tuple[str, str]] = field(default_factory=Counter)
    how: dict[str, list[str]] = field(default_factory=dict)  # path: words for the calls to come
    during: dict[str, Callable[[Mapping[str, Any]], None]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def send(self, party: str, asked: Call) -> Outcome:
        """Stands for ``outside.send``."""
        outside._refuse_transaction()
        assert (asked.method, asked.tag) == ("POST", f"eid-{party}")
        assert asked.payload is not None
        path = asked.path
        if path == "/v1/names":
            return self._name(asked.payload)
        if path == "/v1/contracts/of-person":
            return Refused("not_found")
        if path.endswith("/status"):
            return self._status(path.removesuffix("/status"), asked.payload["reference"])
        assert asked.idempotency_key == asked.payload["reference"]
        return self._move(path, asked.payload)

    def _name(self, payload: Mapping[str, Any]) -> Outcome:
        """Whose account it is: every account is one person's, unless told otherwise."""
        with self.lock:
            word = self._word("/v1/names")
        match word:
            case "silent":
                return Unknown("read_timeout")
            case "nobody":
                return Refused("not_found")
            case _:
                return Accepted({**payload, "name": word or PAYEE_NAME})

    def _status(self, path: str, reference: str) -> Outcome:
        key = (path, reference)
        with self.lock:
            self.asked_status[key] += 1
            word = self._word(path + "/status")
            if word == "silent":
                return Unknown("read_timeout")
            return self._said(key) or Refused("not_found")

    def _move(self, path: str, payload: Mapping[str, Any]) -> Outcome:
        key = (path, payload["reference"])
        with self.lock:
            word = self._word(path)
            if word == "away":
                return Unavailable("no_connection")
            self.sent[key] += 1
            self.asked[key] = payload["amount"]
            if word == "never":
                return Unknown("read_timeout")
            if word not in {"", "silent", "processing"}:
                self.refused[key] = word
            elif key not in self.refused:
                self.done[key] = self.done[key] or 1
                self.amounts[key] = payload["amount"]
        if path in self.during:
            self.during.pop(path)(payload)
        if word == "silent":
            return Unknown("connection_lost")
        if word == "processing":
            return Accepted(self._about(key) | {"state": "processing"})
        return self._said(key) or Unknown("malformed_answer")

    def _word(self, path: str) -> str:
        words = self.how.get(path, [])
        return words.pop(0) if words else ""

    def _said(self, key: tuple[str, str]) -> Outcome | None:
        if key in self.refused:
            return Accepted(self._about(key) | {"state": "refused", "code": self.refused[key]})
        if self.done[key]:
            named = NAMED.get(key[0], "bank_reference")
            return Accepted(self._about(key) | {"state": "done", named: f"R-{key[1][:20]}"})
        return None

    def _about(self, key: tuple[str, str]) -> dict[str, Any]:
        return {"reference": key[1], "amount": self.asked[key], "code": None}

    def moved(self, path: str) -> int:
        """How much was really moved by calls of a path."""
        return sum(amount for (where, _), amount in self.amounts.items() if where == path)


@contextmanager
def world() -> Iterator[World]:
    """Every call of the portal reaches the tests' own world."""
    here = World()
    with patch.object(outside, "send", here.send):
        yield here


def work(rounds: int = 8) -> None:
    """Do all jobs of money, waits and leases over, until none is left or so many rounds are done."""
    for _round in range(rounds):
        waiting = Job.objects.filter(done_at__isnull=True, given_up_at__isnull=True).filter(
            task__startswith="payments."
        )
        waiting = waiting.exclude(task=ordering.EXPIRE)
        waiting.update(next_attempt_at=clock.now(), lease_until=None, rung_at=None)
        found = list(waiting.values_list("pk", "task"))
        if not found:
            return
        for pk, task in found:
            jobs.run_here(pk, task)


def on_a_thread(function: Callable[[int], Any]) -> Callable[[int], Any]:
    """``function`` for a pool's threads, each with a connection that it closes."""

    def run(place: int) -> Any:
        try:
            return function(place)
        finally:
            connection.close()

    return run
