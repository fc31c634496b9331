"""``python -m tests.chaos``: pay while everything fails. The last line, and the exit code, say what came of it."""

import argparse
import sys
import time
from typing import Final

from tests.chaos import books, faults, run
from tests.chaos.clients import Clients
from tests.chaos.everything import Everything

READS: Final = 1000


def main() -> int:
    """Run; 0 if nothing was lost, doubled, off or late."""
    words = run.words("make chaos", __doc__)
    words.add_argument("--payments", type=int, default=1250)
    words.add_argument("--reads", type=int, default=READS, help="of the books, at least")
    chosen = words.parse_args()
    return run.go(lambda here: _pay(here, chosen), keep=chosen.keep)


def _pay(here: Everything, chosen: argparse.Namespace) -> bool:
    from eid_portal.sandbox import settings
    from eid_portal.sandbox.world import World
    from tests.chaos import people

    payers = people.make(chosen.payments, sandbox=World(settings.read()))
    orders = sum(len(payer.orders) for payer in payers)
    drawn = faults.draw(chosen.faults, seed=chosen.seed)
    run.say(
        f"{chosen.payments} payments in {orders} orders of {len(payers)} people; {len(drawn)} faults"
    )
    clients = Clients(here.port, here.port + 1)
    reader = books.Reader()
    reader.start()
    try:
        settled = run.strike(
            here,
            clients,
            work=lambda: clients.pay(payers, at_once=chosen.at_once),
            done=lambda: len(clients.agreed),
            drawn=drawn,
            total=orders,
            unfinished=books.unfinished,
        )
        while reader.reads < chosen.reads:
            time.sleep(books.EVERY)
    finally:
        reader.stop()
    return _say_verdict(here, clients, reader, settled, drawn, chosen)


def _say_verdict(
    here: Everything,
    clients: Clients,
    reader: books.Reader,
    settled: float,
    drawn: list[str],
    chosen: argparse.Namespace,
) -> bool:
    other = []
    for one in clients.agreed:
        clients.look(one)
        if clients.again(one) != (one.id, one.reference):
            other.append(f"the key of order {one.reference} gives another order")
    verdict = books.judge(clients.agreed, books.movements(here.sandbox))
    verdict.doubled += other
    run.say_faults(drawn)
    run.say(f"ended: {dict(verdict.ended)}; {reader.reads} reads of the books")
    bad = [*clients.given_up, *verdict.lost, *verdict.doubled, *dict.fromkeys(reader.off)]
    run.conclude(
        bad,
        f"chaos payments: {verdict.paid} paid, {len(drawn)} faults, {len(verdict.lost)} lost,"
        f" {len(verdict.doubled)} doubled, {len(reader.off)} off, settled in {settled:.0f} s",
    )
    return not bad and settled <= run.SETTLED_WITHIN and reader.reads >= chosen.reads


if __name__ == "__main__":
    sys.exit(main())
