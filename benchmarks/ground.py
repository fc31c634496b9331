"""A portal to measure: stores of its own in a temporary folder, and web processes as `make run` starts them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from eid_portal.run import programs
from eid_portal.run.processes import end, spawn
from eid_portal.run.stores import APP, OWNER, SUPERUSER, Place, Postgres, Redis

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Ground:
    """The stores, and the environment of every process that uses them."""

    var: Path
    postgres: Postgres
    redis: Redis
    env: dict[str, str]


def measure(name: str) -> dict[str, object]:
    """One figure, on ground of its own; call it in a process of its own, since settings are read once."""
    with ground() as here:
        row: dict[str, object] = import_module(f"benchmarks.{name}").measure(here).as_row()
    return row


@contextmanager
def ground() -> Iterator[Ground]:
    """Start the stores, migrate, and put the environment in place for this process too."""
    var = Path(tempfile.mkdtemp(prefix="eid-bench-"))
    var.chmod(0o711)
    place = Place.under(var)
    postgres = Postgres(place, log=var / "log" / "postgres.log", connections=60)
    redis = Redis(place, log=var / "log" / "redis.log")
    try:
        postgres.start()
        redis.start()
        postgres.make_roles()
        postgres.make_database()
        env = {
            **os.environ,
            "EID_VAR": str(var),
            "DATABASE_URL": postgres.url(APP),
            "DATABASE_OWNER_URL": postgres.url(OWNER),
            "EID_SUPERUSER_URL": postgres.url(SUPERUSER),
            "REDIS_URL": redis.url(),
            "EID_BROKER_URL": redis.broker_url(),
            "DJANGO_SETTINGS_MODULE": "eid_portal.settings.development",
            "EID_LOG_LEVEL": "WARNING",
        }
        manage(env, "make_keys")
        owner = env | {"DATABASE_URL": env["DATABASE_OWNER_URL"]}
        manage(owner, "migrate", "-v0")
        manage(owner, "grant_app", "--role", APP)
        manage(env, "collectstatic", "--noinput", "-v0")
        os.environ.update(env)
        yield Ground(var, postgres, redis, env)
    finally:
        redis.stop()
        postgres.stop()
        shutil.rmtree(place.folder, ignore_errors=True)
        shutil.rmtree(var, ignore_errors=True)


def manage(env: dict[str, str], *words: str) -> None:
    """Run a management command."""
    subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=env,
        check=True,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def web(
    here: Ground, *, application: str = "eid_portal.wsgi:application", settings: str = ""
) -> Iterator[tuple[int, int]]:
    """One web worker process as `make run` starts it. Yields its port and its process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = here.env | malloc_settings() | {"EID_PORT": str(port)}
    if settings:
        env["DJANGO_SETTINGS_MODULE"] = settings
    process = spawn(
        [
            Path(sys.executable).with_name("granian"), "--interface", "wsgi", "--host", "127.0.0.1",
            "--port", str(port), "--workers", "1",
            "--blocking-threads", str(programs.WEB_THREADS), "--backpressure", "64",
            "--workers-kill-timeout", "5", "--no-ws", "--log-level", "warning", application,
        ],
        log=here.var / "log" / f"web-{port}.log",
        env=env,
        cwd=ROOT,
    )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process)
        yield port, process.pid
    finally:
        end(process, by=signal.SIGTERM, within=10)


@contextmanager
def peer(here: Ground, *, users: int) -> Iterator[tuple[int, int]]:
    """The peer project, served the same way, with ``users`` people. Yields its port and its process id."""
    here.postgres.make_database("peer")
    env = here.env | {
        "PEER_DATABASE_URL": here.postgres.url(OWNER, "peer"),
        "DJANGO_SETTINGS_MODULE": "benchmarks.peer.settings",
    }
    fill = [sys.executable, "-m", "benchmarks.peer.fill", str(users)]
    subprocess.run(fill, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    there = Ground(here.var, here.postgres, here.redis, env)
    with web(there, application="benchmarks.peer.wsgi:application") as running:
        yield running


def malloc_settings() -> dict[str, str]:
    """The web processes' memory settings, from where `make run` keeps them."""
    return {**programs.ONE_ARENA, **programs.KEEP_BLOCKS}


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
                return
        except OSError:
            if process.poll() is not None:
                raise SystemExit(f"the web process ended with {process.returncode}") from None
            time.sleep(0.1)
    raise SystemExit("the web process does not answer")


def columns_of(model: Any) -> list[str]:
    """The columns of a table that are written, not computed by the database."""
    return [field.column for field in model._meta.concrete_fields if not field.generated]
