"""Start everything, say where it is, keep it running until told to stop: ``python -m eid_portal.run``."""

import contextlib
import ctypes
import fcntl
import http.client
import os
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO, Final, NoReturn

from eid_portal import env
from eid_portal.run import programs
from eid_portal.run.prepare import NotReady, Preparation, people
from eid_portal.run.processes import MARK, clear, marked
from eid_portal.run.stores import APP, OWNER, Place, Postgres, Redis, StoreFailed
from eid_portal.run.supervisor import Running, Supervisor

READY_WITHIN: Final = 90.0  # seconds
LOG_LIMIT: Final = 10 * 1024 * 1024
_BEGAN: Final = time.monotonic()
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(BaseException):
    """Somebody asked us to stop."""


class Refused(Exception):
    """We cannot start; the message says why."""


def main(words: list[str]) -> int:
    """Run until a signal; returns the exit code."""
    for number in _SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _stop)
    if "--with-parent" in words:
        ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))  # PR_SET_PDEATHSIG
    supervisor = Supervisor(say=say)
    mark = ""
    try:
        var, port = env.var(), env.whole("EID_PORT", 8000)
        with _lock(var, port):
            mark = str(var)
            _bury(mark)
            _check_port(port)
            _check_port(port + 1)
            _start(supervisor, var=var, port=port)
            supervisor.watch(until=lambda: False)
    except Stop:
        say("Stopping")
        return 0
    except (Refused, NotReady, StoreFailed, env.Misconfigured) as failure:
        say(str(failure))
        return 1
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        began = time.monotonic()
        supervisor.stop()
        if mark:
            clear(lambda: marked(mark), patience=0)
            say(f"Stopped in {time.monotonic() - began:.1f} s")
    return 0


def say(words: str) -> None:
    """Tell the person at the terminal, if there still is one."""
    with contextlib.suppress(OSError):
        print(f"[{time.monotonic() - _BEGAN:5.1f} s] {words}", flush=True)  # noqa: T201


def _start(supervisor: Supervisor, *, var: Path, port: int) -> None:
    logs = var / "log"
    logs.mkdir(exist_ok=True)
    for log in logs.glob("*.log"):
        if log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.old"))
    say(f"Data is in {var}, logs in {logs}")
    owner_url, addresses = _start_stores(supervisor, var=var)
    environment = (
        os.environ
        | {
            "EID_VAR": str(var),
            "EID_PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "eid_portal.settings.development",
            "PYTHONUNBUFFERED": "1",
            MARK: str(var),
        }
        | addresses
    )
    for name in ("DATABASE_OWNER_URL", "DATABASE_OWNER_URL_FILE"):
        environment.pop(name, None)  # the owner's rights are for the preparation only
    preparation = Preparation(
        var=var,
        env=environment,
        owner_url=owner_url,
        remember="DATABASE_URL" in addresses,
        say=say,
    )
    preparation.run()
    for program in (programs.sandbox(port=port + 1), programs.web(port=port)):
        if program.name == "web":
            preparation.seed()
        say(f"Starting {program.name}")
        supervisor.add(Running(program, env=environment, log=logs / f"{program.name}.log"))
    for program in programs.background():
        say(f"Starting {program.name}")
        supervisor.add(Running(program, env=environment, log=logs / f"{program.name}.log"))
    _wait_until_ready(supervisor, port=port, logs=logs)
    say(f"Ready: http://localhost:{port}")
    say("\n".join(["", *people(var), "", "Ctrl-C stops everything."]))


def _start_stores(supervisor: Supervisor, *, var: Path) -> tuple[str | None, dict[str, str]]:
    """Start the stores that nobody gave us; returns the owner's address and what to export."""
    addresses: dict[str, str] = {}
    owner_url = env.text("DATABASE_OWNER_URL") or None
    own_postgres, own_redis = not env.text("DATABASE_URL"), not env.text("REDIS_URL")
    if not (own_postgres or own_redis):
        say("PostgreSQL and Redis: those of DATABASE_URL and REDIS_URL")
        return owner_url, addresses
    place = Place.under(var)
    if place.folder.parent != var:
        say(f"The stores' user cannot enter {var}: their data is in {place.folder}")
    if own_postgres:
        say("Starting the embedded PostgreSQL")
        postgres = Postgres(place, log=var / "log" / "postgres.log")
        supervisor.add(postgres)
        postgres.make_roles()
        postgres.make_database()
        if postgres.is_new:  # what an earlier database was given is not in this one
            for name in ("prepared", "demo.json", "demo-papers"):
                (var / name).unlink(missing_ok=True)
        owner_url = postgres.url(OWNER)
        addresses["DATABASE_URL"] = postgres.url(APP)
    if own_redis:
        say("Starting the embedded Redis (for demonstration and development only)")
        redis = Redis(place, log=var / "log" / "redis.log")
        supervisor.add(redis)
        addresses |= {"REDIS_URL": redis.url(), "EID_BROKER_URL": redis.broker_url()}
    return owner_url, addresses


def _wait_until_ready(supervisor: Supervisor, *, port: int, logs: Path) -> None:
    end_of_patience = time.monotonic() + READY_WITHIN
    answer = "no answer"
    while time.monotonic() < end_of_patience:
        supervisor.look()
        answer = _ask(port)
        if answer.startswith("200"):
            return
        time.sleep(0.1)
    raise Refused(f"Not ready after {READY_WITHIN:.0f} s: {answer}\nThe logs are in {logs}")


def _ask(port: int) -> str:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        response = line.getresponse()
        return f"{response.status} {response.read(500).decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as failure:
        return str(failure)
    finally:
        line.close()


def _lock(var: Path, port: int) -> IO[str]:
    """Take the data folder for this run; a lock that the kernel lets go when we die.

    Raises:
        Refused: another run has it, or it cannot be written.
    """
    try:
        if not var.exists():
            var.mkdir(parents=True)
            var.chmod(0o711 if os.geteuid() == 0 else 0o700)  # the stores' user passes through
        os.umask(0o077)
        file = (var / "lock").open("a+", encoding="utf-8")
    except OSError as failure:
        raise Refused(f"The data folder {var} cannot be used: {failure}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "another process"
        file.close()
        raise Refused(
            f"The portal already runs on {var} ({holder}). Stop it,"
            " or set EID_VAR and EID_PORT to run a second copy beside it."
        ) from None
    file.truncate(0)
    file.write(f"process {os.getpid()}, port {port}\n")
    file.flush()
    return file


def _bury(mark: str) -> None:
    """What an earlier run left because it was killed ends by itself, or is ended."""
    if marked(mark):
        say("Waiting for the processes of an earlier run, which was killed, to end")
        clear(lambda: marked(mark), patience=10)


def _check_port(port: int) -> None:
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind(("127.0.0.1", port))
        except OSError as failure:
            raise Refused(
                f"Port {port} cannot be used ({failure.strerror}); set EID_PORT to another"
                " (the sandbox takes the one after it)."
            ) from None


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stop


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
