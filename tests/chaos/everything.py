"""All processes of the portal, and the sandbox, on stores of their own; each can be killed and started again."""

import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
import redis

from eid_portal.env import ROOT
from eid_portal.run import programs
from eid_portal.run.processes import at_home, clear, end, kill_group, spawn
from eid_portal.run.stores import APP, DATABASE, OWNER, SUPERUSER, Place, Postgres, Redis
from tests.chaos.failing.base import WHERE

SETTINGS: Final = "tests.chaos.settings"


class NotInTime(AssertionError):
    """Something did not happen when it had to."""


def within(seconds: float, what: str, true: Callable[[], bool]) -> float:
    """Wait until it is true, and say how long that took.

    Raises:
        NotInTime: it was not true in time.
    """
    begun = time.monotonic()
    while not true():
        if time.monotonic() - begun > seconds:
            raise NotInTime(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - begun


@dataclass
class Process:
    """A program that is started again by whoever killed it."""

    program: programs.Program
    env: Mapping[str, str]
    log: Path
    fail: Path  # the word that makes it die at a commit

    def start(self) -> None:
        """Start it."""
        env = {k: v for k, v in self.env.items() if k not in self.program.without}
        env |= self.program.env | {WHERE: str(self.fail)}
        self.process = spawn(self.program.argv, log=self.log, env=env, cwd=ROOT)

    def kill(self) -> None:
        """Kill it and whatever it started, without a word of warning."""
        kill_group(self.process)  # what is left of it, if it has ended
        self.process.wait()

    def children(self) -> list[int]:
        """The processes it started: a web server's workers."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in listed.read_text(encoding="ascii").split()]

    def stop(self) -> None:
        """End it for good."""
        end(self.process, by=signal.SIGTERM, within=15)


@dataclass
class Everything:
    """The stores and the programs."""

    var: Path
    port: int
    postgres: Postgres
    redis: Redis
    processes: dict[str, Process] = field(default_factory=dict)

    @property
    def sandbox(self) -> str:
        """The address of the outside world."""
        return f"http://localhost:{self.port + 1}"

    def look(self) -> list[str]:
        """Start again what ended by itself, as `make run` does; the names."""
        ended = [name for name, each in self.processes.items() if each.process.poll() is not None]
        for name in ended:
            self.kill(name)
        return ended

    def kill(self, name: str) -> None:
        """Kill a program and start it again."""
        self.processes[name].kill()
        self.processes[name].start()

    def kill_redis(self) -> None:
        """Kill Redis and start it again, with what it had written to its disk."""
        assert self.redis.process is not None
        self.redis.process.kill()
        self.redis.process.wait()
        self.redis.start()

    def freeze_redis(self, seconds: float) -> None:
        """Redis hears nothing for a while."""
        assert self.redis.process is not None
        self.redis.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.redis.process.send_signal(signal.SIGCONT)

    def wipe_redis(self) -> None:
        """Redis forgets everything."""
        with redis.Redis.from_url(self.redis.url()) as client:
            client.flushall()

    def crash_postgres(self) -> None:
        """Kill one of its processes: it ends all others, and recovers from its log."""
        within(30, "somebody is connected", self._kill_backend)
        within(60, "PostgreSQL recovers", self.takes_connections)

    def _kill_backend(self) -> bool:
        try:
            with psycopg.connect(self.postgres.url(SUPERUSER), autocommit=True) as connection:
                row = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = %s AND usename = %s LIMIT 1",
                    [DATABASE, APP],
                ).fetchone()
            if row is not None:
                os.kill(row[0], signal.SIGKILL)
        except (
            psycopg.OperationalError,
            ProcessLookupError,
        ):  # it recovers, or that one has ended by itself
            return False
        return row is not None

    def kill_postgres(self) -> None:
        """Kill all of it at once, as when the machine loses its power, and start it again."""
        clear(lambda: at_home(self.postgres.data), patience=0)
        assert self.postgres.process is not None
        self.postgres.process.wait()
        self.postgres.start()

    def takes_connections(self) -> bool:
        """Whether PostgreSQL answers the portal."""
        try:
            psycopg.connect(self.postgres.url(APP), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def web_answers(self) -> bool:
        """Whether the portal answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                return True
        except OSError:
            return False


@contextmanager
def running(
    var: Path, port: int, prepare: Callable[[Mapping[str, str]], None]
) -> Iterator[Everything]:
    """Everything, as `make run` starts it; ``prepare`` is called with the environment once the stores are there."""
    place = Place.under(var)
    here = Everything(
        var=var,
        port=port,
        postgres=Postgres(place, log=var / "log" / "postgres.log"),
        redis=Redis(place, log=var / "log" / "redis.log"),
    )
    try:
        here.postgres.start()
        here.redis.start()
        here.postgres.make_roles()
        here.postgres.make_database()
        env = os.environ | {
            "EID_VAR": str(var),
            "EID_PORT": str(port),
            "DATABASE_URL": here.postgres.url(APP),
            "REDIS_URL": here.redis.url(),
            "EID_BROKER_URL": here.redis.broker_url(),
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "PYTHONUNBUFFERED": "1",
        }
        prepare(env | {"DATABASE_OWNER_URL": here.postgres.url(OWNER)})
        started = programs.sandbox(port=port + 1), programs.web(port=port), *programs.background()
        for program in started:
            log = var / "log" / f"{program.name}.log"
            process = Process(program, env, log, var / f"fail-{program.name}")
            here.processes[program.name] = process
            process.start()
        within(90, "the portal answers", here.web_answers)
        yield here
    finally:
        for process in reversed(here.processes.values()):
            process.stop()
        here.redis.stop()
        here.postgres.stop()
