"""Worker, relay, Redis and a registry of licences as real processes on the test's own database: to be killed."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import redis
from django.conf import settings
from django.db import transaction

from benchmarks import papers
from benchmarks import registry as licences
from documents.enums import VerificationReason
from documents.models import Document, Registry, Verification
from documents.services import verification
from eid_portal.core import clock
from eid_portal.run import programs
from eid_portal.run.processes import end, kill_group, spawn
from eid_portal.run.stores import Place, Redis
from tests.running import free_port
from tests.stores import ground

PARTY = papers.PARTY


@dataclass
class Program:
    """A process that is started again whenever it was killed, as the runner does it."""

    name: str
    argv: Sequence[str | Path]
    env: dict[str, str]
    log: Path

    def start(self) -> None:
        """Start it; what it prints is added to its log."""
        self.process = spawn(self.argv, log=self.log, env=self.env, cwd=settings.ROOT)

    def kill(self) -> None:
        """Kill it, without a word of warning."""
        kill_group(self.process)
        self.process.wait()

    def stop(self) -> None:
        """End it for good."""
        self.process.send_signal(signal.SIGCONT)
        end(self.process, by=signal.SIGTERM, within=15)

    def said(self, word: str) -> list[dict[str, str]]:
        """The lines of its log with an event."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        read = (json.loads(line) for line in lines if line.startswith("{") and word in line)
        return [line for line in read if line.get("event") == word]

    def wrote(self, words: str) -> int:
        """How often the words stand in its log."""
        return self.log.read_text(encoding="utf-8").count(words) if self.log.exists() else 0


@dataclass
class AtWork:
    """Everything that verifies papers."""

    redis: Redis
    relay: Program
    workers: list[Program]
    registry: Program
    port: int
    killed_at: list[float] = field(default_factory=list)

    def revive(self) -> None:
        """Start what ended by itself again, as whatever runs the portal does."""
        for each in (self.relay, *self.workers):
            if each.process.poll() is not None:
                each.start()

    def flush_redis(self) -> None:
        """Redis forgets everything."""
        with redis.Redis.from_url(self.redis.url()) as client:
            client.flushall()

    def kill_redis(self) -> None:
        """Kill Redis and start it again, empty."""
        assert self.redis.process is not None
        self.redis.process.kill()
        self.redis.process.wait()
        self.redis.start()

    def asked(self) -> dict[str, int]:
        """How often the registry was asked about each number, also what it had no time to answer."""
        said = self.registry.log.read_text(encoding="utf-8")
        self.registry.process.send_signal(signal.SIGUSR1)
        within(10, lambda: len(self.registry.log.read_text(encoding="utf-8")) > len(said))
        said = self.registry.log.read_text(encoding="utf-8")
        asked: dict[str, int] = json.loads(said.splitlines()[-1])["asked"]
        return asked

    def wait_for_registry(self) -> None:
        """Until it takes calls."""

        def takes() -> bool:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                return False
            return True

        within(20, takes)


@contextmanager
def at_work(*, workers: int, milliseconds: int, lease: float | None = None) -> Iterator[AtWork]:
    """Everything running; with a ``lease`` workers hold what they claim so many seconds only."""
    folder = ground().folder / uuid4().hex[:8]
    folder.mkdir(mode=0o711)
    store = Redis(Place.under(folder), log=folder / "redis.log", durable=False)
    port = free_port()
    licences.new_key(folder / "registry.key", folder / "keys.json")
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.hostile.chaos_settings",
        "EID_BROKER_URL": store.broker_url(),
        "REDIS_URL": store.url(),
        "EID_SANDBOX_URL": f"http://127.0.0.1:{port}",
        "EID_OUTSIDE_KEYS_FILE": str(folder / "keys.json"),
        "CELERY_SKIP_CHECKS": "true",
    }
    if lease is not None:
        env["EID_TEST_LEASE"] = str(lease)

    def program(name: str, *words: str | Path) -> Program:
        return Program(name, [sys.executable, *words], env, folder / f"{name}.log")

    known = {each.name: each.python for each in programs.background()}
    made = AtWork(
        redis=store,
        relay=program("relay", *known["relay"]),
        workers=[program(f"worker-{place}", *known["worker"]) for place in range(workers)],
        registry=program(
            "registry",
            *("-m", "benchmarks.registry", str(port), str(milliseconds), folder / "registry.key"),
        ),
        port=port,
    )
    started = [made.registry, made.relay, *made.workers]
    store.start()
    try:
        for each in started:
            each.start()
        made.wait_for_registry()
        yield made
    finally:
        for each in reversed(started):
            each.stop()
        store.stop()


def within(seconds: float, true: Callable[[], bool]) -> float:
    """Wait until it is true, and say how long that took; what is not true in time is named by its line."""
    begun = time.monotonic()
    while not true():
        waited_for = f"what line {true.__code__.co_firstlineno} waits for"
        assert time.monotonic() - begun < seconds, f"not within {seconds} s: {waited_for}"
        time.sleep(0.02)
    return time.monotonic() - begun


def link(count: int, *, calls_per_second: int, in_flight: int = 16) -> list[UUID]:
    """So many people just linked a licence each; gives the papers."""
    Registry.objects.create(party=PARTY, calls_per_second=calls_per_second, in_flight=in_flight)
    documents = papers.make_licences(papers.make_holders(count), first=10**11)
    with transaction.atomic():
        for document in Document.objects.filter(pk__in=documents):
            verification.request(document, reason=VerificationReason.LINK, now=clock.now())
    return documents


def answered() -> int:
    """How many verifications are over."""
    return Verification.objects.exclude(outcome="PENDING").count()
