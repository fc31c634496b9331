"""The processes that the portal consists of, beside its stores: what each is started with.

`docker-compose.yml` starts the same ones; a test holds the two together.
"""

import sys
from dataclasses import dataclass, field
from typing import Final

# glibc gives the big block of each password hash back to the kernel, and faulting its pages in
# again costs more than the hash itself; this keeps it. 32 MiB is the largest threshold it takes.
KEEP_BLOCKS: Final = {
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
ONE_ARENA: Final = {"MALLOC_ARENA_MAX": "1"}
WEB_THREADS: Final = (
    8  # of each web process; more than may wait for a password hash (`core.passwords.Gate`)
)
# One for each lane that may be drained for a while (a registry each), and some for everything else: a code by text
# message does not wait for a registry. A thread that waits costs nothing.
WORKER_THREADS: Final = 12


@dataclass(frozen=True)
class Program:
    """A process of the portal; ``python`` words follow the interpreter, ``env`` adds to the run's."""

    name: str
    python: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()  # variables of the run that are none of its business

    @property
    def argv(self) -> list[str]:
        """The whole command line."""
        return [sys.executable, *self.python]


def web(*, port: int, host: str = "127.0.0.1") -> Program:
    """The pages and the API."""
    return Program(
        "web",
        _served("eid_portal.wsgi:application", host, port, 2, WEB_THREADS),
        ONE_ARENA | KEEP_BLOCKS,
    )


def sandbox(*, port: int, host: str = "127.0.0.1") -> Program:
    """The outside world, played; it knows nothing of the portal's stores and keys."""
    return Program(
        "sandbox",
        # Many threads, since a party that is asked to stay silent holds one until the caller gives up.
        _served("eid_portal.sandbox.wsgi:application", host, port, 1, 16),
        ONE_ARENA,
        ("DATABASE_URL", "REDIS_URL", "EID_BROKER_URL", "EID_KEYS_FILE"),
    )


def background() -> tuple[Program, ...]:
    """The Celery worker, the clock that rings periodic work, and the relay that rings the rest."""
    celery = ("-m", "celery", "--app", "eid_portal.celery")
    lean = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return (
        Program(
            "worker",
            (
                *celery,
                "worker",
                "--pool",
                "threads",
                "--concurrency",
                str(WORKER_THREADS),
                "--loglevel",
                "INFO",
                *lean,
            ),
            ONE_ARENA,
        ),
        Program("beat", (*celery, "beat"), ONE_ARENA),
        Program("relay", ("manage.py", "relay"), ONE_ARENA),
    )


def _served(application: str, host: str, port: int, workers: int, threads: int) -> tuple[str, ...]:
    return (
        *("-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
        *("--http", "1", "--no-ws", "--workers", str(workers)),
        # Threads keep their database connection for as long as they live.
        *("--blocking-threads", str(threads), "--blocking-threads-idle-timeout", "600"),
        *("--backpressure", "64", "--respawn-failed-workers", "--respawn-interval", "1"),
        # Without it a stop before the workers have started hangs for good.
        *("--workers-kill-timeout", "5", application),
    )
