"""Payments captured a second by the database alone, against TPC-B on the same server, 16 clients each."""

from benchmarks.ground import Ground
from benchmarks.meter import Figure
from benchmarks.payment_replay import Replay

ROUNDS = 5


def measure(here: Ground) -> Figure:
    """Both in turn; one round more at first, since what runs for the first time is slower."""
    figure = Figure("payment_database", "payments/s", limit_name="pgbench TPC-B, scale 30")
    replay = Replay(here, hot=[False] * (ROUNDS + 1))
    replay.make_tpcb()
    replay.settle(hot=False)
    replay.tpcb()
    for _round in range(ROUNDS):
        figure.ours.append(replay.settle(hot=False))
        figure.limit.append(replay.tpcb())
    replay.check()
    figure.note = f"{len(replay.statements)} statements in one trip between BEGIN and COMMIT; TPC-B makes five trips"
    return figure
