"""Payments booked by the service a CPU-second of Python, against the bare transfer of django-hordak on the same server.

Ours is what a worker does when a payee has answered: it commits the payment's state, event, entry, notice and finished
job. The peer's is ``Account.transfer_to`` in a transaction: a transaction and two legs, nothing of state, of doing it
once, or of telling anybody. Neither has HTTP or a bank in it, and what is moved was read before: our payments, the
peer's accounts. Each works in one process on one connection.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from benchmarks.ground import ROOT, Ground
from benchmarks.meter import Figure, cpu_of_tree
from benchmarks.payment_replay import Replay
from eid_portal.run.stores import SUPERUSER

if TYPE_CHECKING:  # the services load once Django is set up
    from eid_portal.core.jobs import Claim
    from payments.models import Payment

ROUNDS: Final = 7
EACH: Final = 500  # payments a round
_PEER: Final = "hordak"
_PACKAGES: Final = ROOT / ".venv" / "benchmark"  # what `make bench` installs for it alone


class Spent(NamedTuple):
    """CPU seconds of a round."""

    python: float
    postgres: float


def measure(here: Ground) -> Figure:
    """Both in turn; one round more at first, since what runs for the first time is slower."""
    figure = Figure(
        "payment_service", "payments/CPU-s", peer_name="django-hordak 2.0.0, transfer_to"
    )
    replay = Replay(here, hot=[False])
    waiting = replay.payments()
    server = here.postgres.process.pid if here.postgres.process else 0
    spent: list[tuple[Spent, Spent]] = []
    with _peer(here) as (say, hear):
        for _round in range(ROUNDS + 1):
            due = _read(waiting)
            before = cpu_of_tree(server)
            ours = _book(due)
            between = cpu_of_tree(server)
            say.write(f"{EACH}\n")
            say.flush()
            theirs = float(json.loads(hear.readline()))
            after = cpu_of_tree(server)
            spent.append((Spent(ours, between - before), Spent(theirs, after - between)))
    for mine, peers in spent[1:]:
        figure.ours.append(EACH / mine.python)
        figure.peer.append(EACH / peers.python)
    replay.check((ROUNDS + 1) * EACH)
    ours, theirs = (sum(pair[who].postgres for pair in spent[1:]) for who in (0, 1))
    figure.note = (
        f"goal: 1.0 × the peer; by PostgreSQL’s own CPU time {theirs / ours:.2f} × as many"
    )
    return figure


def _read(waiting: Iterator[tuple[str, str]]) -> list[tuple["Payment", "Claim"]]:
    from eid_portal.core.jobs import Claim
    from payments.services import settling

    found = (map(UUID, next(waiting)) for _place in range(EACH))
    return [(settling.find(payment), Claim(job, payment, 1)) for payment, job in found]


def _book(due: list[tuple["Payment", "Claim"]]) -> float:
    from eid_portal.core.events import SYSTEM
    from payments.services import settling

    began = time.process_time()
    for seen, claim in due:
        settling.record_settled(seen.pk, receipt="TR-0099", actor=SYSTEM, claim=claim, seen=seen)
    return time.process_time() - began


@contextmanager
def _peer(here: Ground) -> Iterator[tuple[IO[str], IO[str]]]:
    """A process that makes as many transfers as it is told, and says what CPU time each lot took."""
    if not (_PACKAGES / "hordak").is_dir():
        raise SystemExit(
            "django-hordak is not installed: start this as `make bench ONLY=payment_service`"
        )
    here.postgres.make_database(_PEER)
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.peer.transfer_settings",
        "PEER_DATABASE_URL": here.postgres.url(SUPERUSER, _PEER),
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, _PACKAGES))),
    }
    run = [sys.executable, "-W", "ignore"]
    subprocess.run([*run, "-m", "django", "migrate", "-v0"], env=env, cwd=ROOT, check=True)
    with subprocess.Popen(
        [*run, "-m", "benchmarks.peer.transferring"],
        env=env, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the peer’s process has no pipes")
        yield process.stdin, process.stdout
        process.stdin.close()
