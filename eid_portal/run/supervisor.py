"""Keep processes running, and stop them in order."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from eid_portal.env import ROOT
from eid_portal.run.processes import end, kill_group, spawn
from eid_portal.run.programs import Program
from eid_portal.run.stores import StoreFailed

_SUSPICIOUS: Final = 3  # deaths in a row
LOOK_EVERY: Final = 0.2  # seconds
LONGEST_WAIT: Final = 15.0  # seconds between two tries to start what keeps dying
PROVEN_AFTER: Final = 30.0  # seconds alive after which earlier deaths are forgotten
PATIENCE: Final = 12.0  # seconds that programs have to finish what they do when they are to stop


class Child(Protocol):
    """What can be supervised: a store, or a program."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The running or last process."""

    @property
    def log(self) -> Path:
        """Where its words go."""

    def start(self) -> None:
        """Start it. Raises StoreFailed if it does not come up."""

    def stop(self, *, within: float) -> bool:
        """Stop it; returns whether it stopped when asked."""


class Running:
    """A program as a child."""

    def __init__(self, program: Program, *, env: Mapping[str, str], log: Path) -> None:
        self.name = program.name
        self.program = program
        self.env = {k: v for k, v in env.items() if k not in program.without} | program.env
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without waiting for anything."""
        self.process = spawn(self.program.argv, log=self.log, env=self.env, cwd=ROOT)

    def ask_to_stop(self) -> None:
        """Send the signal and do not wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self, *, within: float) -> bool:
        """Stop it; returns whether it stopped when asked."""
        return self.process is None or end(self.process, by=signal.SIGTERM, within=within)


@dataclass
class _Watched:
    child: Child
    deaths: int = 0
    since: float = field(default_factory=time.monotonic)
    due: float | None = None  # when to start it again


class Supervisor:
    """Starts children in order, starts again those that die, and stops all in reverse order."""

    def __init__(self, *, say: Callable[[str], None]) -> None:
        self.say = say
        self.watched: list[_Watched] = []

    def add(self, child: Child) -> None:
        """Start a child and watch it from now on.

        Raises:
            StoreFailed: it did not come up.
        """
        entry = _Watched(child)
        self.watched.append(entry)
        child.start()
        entry.since = time.monotonic()

    def look(self) -> None:
        """See who has died, and start again whose time has come."""
        for entry in self.watched:
            process = entry.child.process
            if entry.due is None and process is not None and process.poll() is not None:
                kill_group(process)
                now = time.monotonic()
                entry.deaths = 1 if now - entry.since > PROVEN_AFTER else entry.deaths + 1
                wait = min(LONGEST_WAIT, 0.5 * 2 ** (entry.deaths - 2)) if entry.deaths > 1 else 0.0
                entry.due = now + wait
                again = f"again in {wait:.0f} s" if wait >= 1 else "again now"
                where = f"; its log is {entry.child.log}" if entry.deaths == _SUSPICIOUS else ""
                self.say(f"{entry.child.name} ended ({_how(process.returncode)}); {again}{where}")
            if entry.due is not None and time.monotonic() >= entry.due:
                self._again(entry)

    def watch(self, until: Callable[[], bool]) -> None:
        """Look again and again until told that it is enough."""
        while not until():
            self.look()
            time.sleep(LOOK_EVERY)

    def stop(self, *, patience: float = PATIENCE) -> None:
        """Stop the programs together, then the stores, the last started first; in half a minute."""
        programs = [entry.child for entry in self.watched if isinstance(entry.child, Running)]
        stores = [entry.child for entry in self.watched if not isinstance(entry.child, Running)]
        for program in reversed(programs):
            program.ask_to_stop()
        end_of_patience = time.monotonic() + patience
        for program in reversed(programs):
            self._stop(program, within=max(0.1, end_of_patience - time.monotonic()))
        for store in reversed(stores):
            self._stop(store, within=6)
        self.watched.clear()

    def _again(self, entry: _Watched) -> None:
        entry.due = None
        entry.since = time.monotonic()
        try:
            entry.child.start()
        except StoreFailed as failure:
            # Its process has ended, so the next look counts this as one more death.
            self.say(f"{entry.child.name}: {failure}")

    def _stop(self, child: Child, *, within: float) -> None:
        if not child.stop(within=within):
            self.say(f"{child.name} did not stop when asked and was killed")


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"code {code}"
