"""What goes wrong, in an order that a seed chooses."""

import hashlib
import http.client
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import urlencode

from tests.chaos.everything import Everything, within
from tests.chaos.failing.base import AFTER, BEFORE

Strike = Callable[[Everything], None]
_AT_A_COMMIT: Final = 60.0  # seconds until there is a commit to die at
_DIES_WITHIN: Final = 0.5  # seconds
_AWAY: Final = 3.0  # seconds that a bank, a biller or Redis is away


def _program(name: str) -> Strike:
    return lambda here: here.kill(name)


def _web_worker(here: Everything) -> None:
    """One of the web server's processes is killed in the middle of its requests; the server starts another."""
    workers = here.processes["web"].children()
    if workers:
        os.kill(workers[0], signal.SIGKILL)


def _at_commit(name: str, word: str) -> Strike:
    def strike(here: Everything) -> None:
        process = here.processes[name]
        process.fail.write_text(word, encoding="utf-8")

        def taken() -> bool:
            here.look()
            return not process.fail.exists()

        within(_AT_A_COMMIT, f"{name} commits", taken)
        time.sleep(_DIES_WITHIN)
        here.look()  # a web server starts another of its processes by itself

    return strike


def _party(party: str, state: str) -> Strike:
    def strike(here: Everything) -> None:
        _turn(here, party, state)
        time.sleep(_AWAY)
        _turn(here, party, "working")

    return strike


def _turn(here: Everything, party: str, state: str) -> None:
    line = http.client.HTTPConnection("127.0.0.1", here.port + 1, timeout=20)
    try:
        headers = {
            "Host": f"localhost:{here.port + 1}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        line.request("POST", f"/money/{party}/switch", urlencode({"to": state}), headers)
        status = line.getresponse().status
    finally:
        line.close()
    if status >= 400:
        raise AssertionError(f"the switch of {party} did not turn: {status}")


ALL: Final[dict[str, tuple[int, Strike]]] = {
    "a web process killed": (6, _web_worker),
    "the web server killed": (3, _program("web")),
    "web killed before a commit": (4, _at_commit("web", BEFORE)),
    "web killed after a commit": (4, _at_commit("web", AFTER)),
    "worker killed": (5, _program("worker")),
    "worker killed before a commit": (6, _at_commit("worker", BEFORE)),
    "worker killed after a commit": (6, _at_commit("worker", AFTER)),
    "relay killed": (5, _program("relay")),
    "beat killed": (1, _program("beat")),
    "Redis wiped": (4, Everything.wipe_redis),
    "Redis frozen": (4, partial(Everything.freeze_redis, seconds=_AWAY)),
    "Redis killed": (4, Everything.kill_redis),
    "PostgreSQL crashed": (3, Everything.crash_postgres),
    "PostgreSQL killed": (2, Everything.kill_postgres),
    "the bank away": (2, _party("napas", "down")),
    "the bank silent": (1, _party("napas", "hanging")),
    "a biller broken": (2, _party("evn", "broken")),
    "a biller silent": (1, _party("water", "hanging")),
    "bank and billers killed": (1, _program("sandbox")),
}


def draw(count: int, *, seed: int) -> list[str]:
    """So many faults, of all kinds in turn until there are enough, in no order but the same one for a seed."""
    left = {name: often for name, (often, _strike) in ALL.items()}
    drawn: list[str] = []
    while len(drawn) < count:
        for name in sorted(left, key=lambda name: _lot(seed, name)):
            if left[name] > 0 and len(drawn) < count:
                left[name] -= 1
                drawn.append(name)
        if not any(left.values()):
            left = {name: often for name, (often, _strike) in ALL.items()}
    return [
        drawn[place] for place in sorted(range(count), key=lambda place: _lot(seed, str(place)))
    ]


def _lot(seed: int, what: str) -> bytes:
    return hashlib.sha256(f"{seed} {what}".encode()).digest()
