"""Start processes that cannot outlive us, and find those that did."""

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)
_PROC: Final = Path("/proc")
MARK: Final = "EID_RUN_MARK"  # in every child's environment: the folder the run belongs to


@dataclass(frozen=True)
class Servant:
    """The user and group that the stores run as when we are root: PostgreSQL refuses to be root."""

    uid: int
    gid: int


def servant() -> Servant | None:
    """``nobody`` if we are root; otherwise None: the stores run as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Servant(65534, 65534)
    return Servant(nobody.pw_uid, nobody.pw_gid)


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    death_signal: signal.Signals = signal.SIGTERM,
    user: Servant | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own that gets ``death_signal`` when this one dies.

    Its output is appended to ``log``. Call it from the main thread only: the kernel ties the
    signal to the thread.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_dies_with(os.getpid(), death_signal),  # noqa: PLW1509
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )


def _dies_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    def before_exec() -> None:
        # Python runs this after the change of user, which would have cleared the death signal.
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def end(process: subprocess.Popen[bytes], *, by: signal.Signals, within: float) -> bool:
    """Ask a process to end and wait; kill its whole group if it has not after ``within`` seconds.

    Returns whether it ended when asked.
    """
    if process.poll() is None:
        process.send_signal(by)
    try:
        process.wait(within)
        willing = True
    except subprocess.TimeoutExpired:
        willing = False
    kill_group(process)
    process.wait()
    return willing


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a child's group: workers outlive a killed parent and keep its port."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def at_home(folder: Path) -> list[int]:
    """The processes (zombies excepted) whose working directory is ``folder``."""
    return [pid for pid in _pids() if _cwd(pid) == str(folder)]


def marked(mark: str) -> list[int]:
    """The processes, ourselves excepted, that carry this run's mark in their environment."""
    wanted = f"{MARK}={mark}".encode()
    return [pid for pid in _pids() if pid != os.getpid() and wanted in _environment(pid)]


def clear(find: Callable[[], list[int]], *, patience: float) -> list[int]:
    """Wait for the processes that ``find`` names to end, then kill those left and return them."""
    end_of_patience = time.monotonic() + patience
    while (left := find()) and time.monotonic() < end_of_patience:
        time.sleep(0.05)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    gone_by = time.monotonic() + 5
    while find() and time.monotonic() < gone_by:
        time.sleep(0.05)
    return left


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _cwd(pid: int) -> str | None:
    try:
        return str((_PROC / str(pid) / "cwd").readlink())
    except OSError:  # it has ended, is a zombie, or belongs to somebody else
        return None


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []
