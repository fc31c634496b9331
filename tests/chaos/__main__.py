"""``python -m tests.chaos``: pay while everything fails. The last line, and the exit code, say what came of it."""

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.chaos import books, faults
from tests.chaos.clients import Clients
from tests.chaos.everything import SETTINGS, Everything, NotInTime, running, within
from tests.running import free_port

SETTLED_WITHIN: Final = 60.0  # seconds after the last fault
READS: Final = 1000
_LAST_FAULT_AT: Final = 0.95  # of all orders
_OURS: Final = ("EID_", "DATABASE_", "REDIS_", "DJANGO_", "PG")


def main() -> int:
    """Run; 0 if nothing was lost, doubled, off or late."""
    words = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    words.add_argument("--payments", type=int, default=1250)
    words.add_argument("--faults", type=int, default=64)
    words.add_argument("--reads", type=int, default=READS, help="of the books, at least")
    words.add_argument(
        "--at-once", type=int, default=12, help="applications that pay at the same time"
    )
    words.add_argument("--seed", type=int, default=20261126)
    words.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    chosen = words.parse_args()
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="eid-chaos-"))
    folder.chmod(0o711)  # the stores' user passes through
    var = folder / "var"
    var.mkdir(mode=0o711)
    good = False
    try:
        with running(var, free_port(), _prepare) as here:
            good = _run(here, chosen)
    finally:
        if good and not chosen.keep:
            from eid_portal.run.stores import Place

            shutil.rmtree(Place.under(var).folder, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"logs are in {var / 'log'}")
    return 0 if good else 1


def say(words: str) -> None:
    """A line with the time."""
    print(f"[{time.strftime('%H:%M:%S')}] {words}", flush=True)  # noqa: T201


def _prepare(env: Mapping[str, str]) -> None:
    """Tables, keys and the sandbox; and this process reads the same settings."""
    from eid_portal.run.prepare import Preparation

    var = Path(env["EID_VAR"])
    (var / "log").mkdir(exist_ok=True)
    ours = {name: value for name, value in env.items() if name != "DATABASE_OWNER_URL"}
    owner = env["DATABASE_OWNER_URL"]
    Preparation(var=var, env=ours, owner_url=owner, remember=False, say=say).run()
    os.environ.update(ours, DJANGO_SETTINGS_MODULE=SETTINGS, EID_LOG_LEVEL="WARNING")
    import django

    django.setup()


def _run(here: Everything, chosen: argparse.Namespace) -> bool:
    from eid_portal.sandbox import settings
    from eid_portal.sandbox.world import World
    from tests.chaos import people

    payers = people.make(chosen.payments, sandbox=World(settings.read()))
    orders = sum(len(payer.orders) for payer in payers)
    drawn = faults.draw(chosen.faults, seed=chosen.seed)
    say(
        f"{chosen.payments} payments in {orders} orders of {len(payers)} people; {len(drawn)} faults"
    )
    clients = Clients(here.port, here.port + 1)
    reader = books.Reader()
    reader.start()
    paying = threading.Thread(
        target=clients.pay, args=(payers,), kwargs={"at_once": chosen.at_once}
    )
    try:
        paying.start()
        last = _strike_all(here, clients, paying, drawn, orders)
        say(
            f"the last fault; {len(clients.agreed)} orders agreed to, {clients.tried_again} calls tried again"
        )
        while paying.is_alive():
            _look(here)
            paying.join(0.1)
        settled = _wait(here, last)
        while reader.reads < chosen.reads:
            time.sleep(books.EVERY)
    except BaseException:
        clients.over.set()
        raise
    finally:
        reader.stop()
    return _say_verdict(here, clients, reader, settled, drawn, chosen)


def _strike_all(
    here: Everything, clients: Clients, paying: threading.Thread, drawn: list[str], orders: int
) -> float:
    """Every fault in its turn, spread over the orders; when the last was over."""
    for place, name in enumerate(drawn):
        goal = int(orders * _LAST_FAULT_AT * (place + 1) / len(drawn))
        while len(clients.agreed) + len(clients.given_up) < goal and paying.is_alive():
            _look(here)
            time.sleep(0.02)
        say(f"fault {place + 1}: {name} ({len(clients.agreed)} orders agreed to)")
        faults.ALL[name][1](here)
    return time.monotonic()


def _look(here: Everything) -> None:
    for name in here.look():
        say(f"{name} had ended by itself, and was started again")


def _wait(here: Everything, last: float) -> float:
    from django.db import connection

    def over() -> bool:
        _look(here)
        return books.unfinished() == 0

    connection.close()  # of before the faults
    try:
        within(2 * SETTLED_WITHIN, "everything is over", over)
    except NotInTime as late:
        say(str(late))
    finally:
        connection.close()
    return time.monotonic() - last


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
    kinds = Counter(drawn)
    say("; ".join(f"{often} × {name}" for name, often in sorted(kinds.items())))
    say(f"ended: {dict(verdict.ended)}; {reader.reads} reads of the books")
    bad = [*clients.given_up, *verdict.lost, *verdict.doubled, *dict.fromkeys(reader.off)]
    for line in bad[:40]:
        say(line)
    print(  # noqa: T201
        f"chaos payments: {verdict.paid} paid, {len(drawn)} faults, {len(verdict.lost)} lost,"
        f" {len(verdict.doubled)} doubled, {len(reader.off)} off, settled in {settled:.0f} s",
        flush=True,
    )
    return not bad and settled <= SETTLED_WITHIN and reader.reads >= chosen.reads


if __name__ == "__main__":
    sys.exit(main())
