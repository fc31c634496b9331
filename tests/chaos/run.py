"""What a run of chaos consists of, whatever people do meanwhile: a world of its own, people at work, faults, an end."""

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.chaos import faults
from tests.chaos.clients import Callers
from tests.chaos.everything import SETTINGS, Everything, NotInTime, running, within
from tests.running import free_port

SETTLED_WITHIN: Final = 60.0  # seconds after the last fault
_LAST_FAULT_AT: Final = 0.95  # of all there is to do
_OURS: Final = ("EID_", "DATABASE_", "REDIS_", "DJANGO_", "PG")
LINES: Final = 40  # of what is bad, at most


def words(prog: str, about: str | None) -> argparse.ArgumentParser:
    """What every run is asked on its command line."""
    found = argparse.ArgumentParser(prog=prog, description=about)
    found.add_argument("--faults", type=int, default=64)
    found.add_argument("--at-once", type=int, default=12, help="people who act at the same time")
    found.add_argument("--seed", type=int, default=20261126)
    found.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    return found


def go(act: Callable[[Everything], bool], *, keep: bool) -> int:
    """Start everything in a folder of its own, act there, end it; 0 if it was good."""
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="eid-chaos-"))
    folder.chmod(0o711)  # the stores' user passes through
    var = folder / "var"
    var.mkdir(mode=0o711)
    good = False
    try:
        with running(var, free_port(), _prepare) as here:
            good = act(here)
    finally:
        if good and not keep:
            from eid_portal.run.stores import Place

            shutil.rmtree(Place.under(var).folder, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"logs are in {var / 'log'}")
    return 0 if good else 1


def say(line: str) -> None:
    """A line with the time."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", flush=True)  # noqa: T201 - a command speaks


def conclude(bad: Sequence[str], verdict: str) -> None:
    """What was bad, and the last line."""
    for line in bad[:LINES]:
        say(line)
    print(verdict, flush=True)  # noqa: T201 - a command speaks


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


def strike(
    here: Everything,
    callers: Callers,
    *,
    work: Callable[[], None],
    done: Callable[[], int],
    drawn: Sequence[str],
    total: int,
    unfinished: Callable[[], int],
) -> float:
    """Let people work, and every fault strike in its turn, spread over what there is to do, ``total`` of it.

    Returns:
        Seconds from the last fault until nothing was ``unfinished``.
    """
    working = threading.Thread(target=work)
    try:
        working.start()
        for place, name in enumerate(drawn):
            goal = int(total * _LAST_FAULT_AT * (place + 1) / len(drawn))
            while done() + len(callers.given_up) < goal and working.is_alive():
                _look(here)
                time.sleep(0.02)
            say(f"fault {place + 1}: {name} ({done()} done)")
            faults.ALL[name][1](here)
        last = time.monotonic()
        say(f"the last fault; {done()} done, {callers.tried_again} calls tried again")
        while working.is_alive():
            _look(here)
            working.join(0.1)
        return _wait(here, last, unfinished)
    except BaseException:
        callers.over.set()
        raise


def say_faults(drawn: Sequence[str]) -> None:
    """Which there were."""
    kinds = Counter(drawn)
    say("; ".join(f"{often} × {name}" for name, often in sorted(kinds.items())))


def _look(here: Everything) -> None:
    for name in here.look():
        say(f"{name} had ended by itself, and was started again")


def _wait(here: Everything, last: float, unfinished: Callable[[], int]) -> float:
    from django.db import connection

    def over() -> bool:
        _look(here)
        return unfinished() == 0

    connection.close()  # of before the faults
    try:
        within(2 * SETTLED_WITHIN, "everything is over", over)
    except NotInTime as late:
        say(str(late))
    finally:
        connection.close()
    return time.monotonic() - last
