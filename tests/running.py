"""The whole portal, started as `make run` starts it, in a folder and on a port of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyotp

from eid_portal.run.processes import marked
from eid_portal.run.stores import APP, DATABASE, Place, Postgres, Redis

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN = 120  # seconds
STEP = 30  # seconds an app shows a code


@dataclass
class Portal:
    """A running portal and what its demonstration says."""

    var: Path
    port: int
    process: subprocess.Popen[bytes]
    demo: dict[str, Any] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    shown: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address people type."""
        return f"http://localhost:{self.port}"

    @property
    def sandbox(self) -> str:
        """The address of the outside world."""
        return f"http://localhost:{self.port + 1}"

    @cached_property
    def place(self) -> Place:
        """Where its stores are."""
        return Place.under(self.var)

    @property
    def postgres(self) -> Postgres:
        """Its PostgreSQL, to be asked as superuser."""
        return Postgres(self.place, log=self.var / "log" / "postgres.log")

    @property
    def redis(self) -> Redis:
        """Its Redis, to be asked."""
        return Redis(self.place, log=self.var / "log" / "redis.log")

    @property
    def people(self) -> list[dict[str, Any]]:
        """The demonstration people."""
        return list(self.demo["people"])

    def person(self, role: str, place: int = 0) -> dict[str, Any]:
        """The demonstration person of a role."""
        return [person for person in self.people if person["role"] == role][place]

    def by_number(self, number: str) -> dict[str, Any]:
        """The demonstration person with a personal number."""
        return next(person for person in self.people if person["personal_number"] == number)

    def message(self, phone: str, *, saying: str = "", within: float = 60) -> str:
        """The newest text message with such words that was not read yet, waited for; they may arrive in any order."""
        address = f"{self.sandbox}/phones/{phone}/messages.json"
        until = time.monotonic() + within
        while time.monotonic() < until:
            with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own sandbox
                messages = json.load(answer)["messages"]
            for message in messages:
                if message["message_id"] not in self.read and saying in message["text"]:
                    self.read.add(message["message_id"])
                    return str(message["text"])
            time.sleep(0.1)
        raise AssertionError("no text message came")

    def code(self, phone: str, *, within: float = 60) -> str:
        """The newest one-time code on a phone that was not read yet, waited for among other messages."""
        while True:
            # A day of six digits in the number of an application is none.
            found = re.search(r"(?<![\w-])\d{6}(?![\w-])", self.message(phone, within=within))
            if found:
                return found[0]

    def app_code(self, secret: str) -> str:
        """An app's code of now; for one that was used half a minute passes, as far as the portal knows."""
        step = int(time.time()) // STEP
        if self.shown.get(secret) == step:
            self.sql("UPDATE accounts_authenticator SET last_step = 0 WHERE kind = 'TOTP'")
        self.shown[secret] = step
        return pyotp.TOTP(secret, interval=STEP).at(step * STEP)

    def answers(self) -> bool:
        """Whether it says that it is ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz") as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def sql(self, query: str) -> str:
        """What a query as superuser gives, unaligned."""
        return self.postgres.sql(query, database=DATABASE)

    def python(self, *words: str, expected: int = 0) -> str:
        """Run a program of the portal beside it and return what it prints."""
        env = plain_environment() | {
            "EID_VAR": str(self.var),
            "EID_PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "eid_portal.settings.development",
            "DATABASE_URL": self.postgres.url(APP),
            "REDIS_URL": self.redis.url(),
            "EID_BROKER_URL": self.redis.broker_url(),
        }
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == expected, done.stderr[-2000:]
        return done.stdout + done.stderr

    def pids(self, *words: str) -> list[int]:
        """The running processes of the portal whose command line has all these words."""
        found = []
        for pid in marked(str(self.var)):
            try:
                line = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            except OSError:  # it has ended
                continue
            if set(words) <= set(line):
                found.append(pid)
        return found

    def memory(self) -> dict[int, int]:
        """What every process below `make run` holds in bytes, shared pages by their part (PSS)."""
        held = {}
        for pid in _family(self.process.pid):
            try:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            except (FileNotFoundError, ProcessLookupError):  # it has ended
                continue
            held[pid] = 1024 * next(
                int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")
            )
        return held


def _family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = tasks.read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children.split():
            found += _family(int(child))
    return found


def free_port() -> int:
    """A port whose next one is free too."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@contextmanager
def started() -> Iterator[Portal]:
    """Everything running in a folder of its own, from the first start until the block ends."""
    with tempfile.TemporaryDirectory(prefix="eid-story-") as folder:
        Path(folder).chmod(0o711)  # the stores' user passes through
        var, port = Path(folder) / "var", free_port()
        env = plain_environment() | {"EID_VAR": str(var), "EID_PORT": str(port)}
        said = Path(folder) / "run.log"
        with said.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "eid_portal.run"], cwd=ROOT, env=env, stdout=log, stderr=log
            )
        try:
            running = Portal(var, port, process)
            _wait_until_ready(running, said)
            running.demo = json.loads((var / "demo.json").read_text(encoding="utf-8"))
            yield running
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


@contextmanager
def overheard(portal: Portal) -> Iterator[bytearray]:
    """Every command that reaches Redis meanwhile, as it prints them."""
    heard = bytearray()
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(portal.redis.socket))
        line.sendall(b"MONITOR\r\n")
        assert line.recv(5) == b"+OK\r\n"  # what is heard may follow at once

        def listen() -> None:
            while part := line.recv(65536):
                heard.extend(part)

        ear = threading.Thread(target=listen)
        ear.start()
        try:
            yield heard
        finally:
            line.shutdown(socket.SHUT_RDWR)
            ear.join()


def plain_environment() -> dict[str, str]:
    """Our environment without what the tests tell their own portal."""
    kept = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _wait_until_ready(running: Portal, log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        assert running.process.poll() is None, log.read_text()[-3000:]
        if running.answers() and (running.var / "demo.json").exists():
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])
