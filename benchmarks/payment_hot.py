"""Payments captured a second by the database when one biller receives all, against a thousand that share them."""

from benchmarks.ground import Ground
from benchmarks.meter import Figure
from benchmarks.payment_replay import BILLERS, Replay

ROUNDS = 7


def measure(here: Ground) -> Figure:
    """Both in turn; the order changes each time, since tables grow."""
    figure = Figure("payment_hot", "payments/s", limit_name=f"spread over {BILLERS} billers")
    turns = [place % 4 in (1, 2) for place in range(2 * ROUNDS)]
    replay = Replay(here, hot=[False, *turns])
    replay.settle(hot=False)
    for hot in turns:
        (figure.ours if hot else figure.limit).append(replay.settle(hot=hot))
    replay.check()
    return figure
