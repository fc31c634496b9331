"""Make ``.venv`` and bring it to what the lock files say: ``python3 -m eid_portal.run.install [LOCK…]``.

It runs on the machine's own Python, before anything is installed. What has not changed since the
last time is not installed again.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from eid_portal.env import ROOT

_VENV = ROOT / ".venv"
_PYTHON = _VENV / "bin" / "python"
_INSTALLED = _VENV / "installed.json"  # {lock: its hash}
_OLDEST = (3, 11)


def main(locks: list[str]) -> int:
    """Install what the named lock files of ``requirements/`` say; returns the exit code."""
    if sys.version_info < _OLDEST:
        return _fail(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    project = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(project, fcntl.LOCK_EX)  # until we end: two copies may start at once
    if not _works() and not _make():
        return _fail(
            "the virtual environment cannot be made; on Debian: apt-get install python3-venv"
        )
    return _install(locks)


def _install(locks: list[str]) -> int:
    wanted = {name: _hash(name) for name in locks}
    have = json.loads(_INSTALLED.read_text()) if _INSTALLED.exists() else {}
    changed = [name for name, value in wanted.items() if have.get(name) != value]
    if not changed:
        return 0
    _say(f"Installing {' and '.join(changed)} packages (only when the lock files change)")
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [
            *(_PYTHON, "-m", "pip", "install", "--disable-pip-version-check"),
            *("--require-hashes", "--only-binary=:all:", "--no-deps"),
            *(f"--requirement={_lock(name)}" for name in changed),
        ],
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        return _fail("pip could not install the packages; its message is above")
    _INSTALLED.write_text(json.dumps(have | wanted))
    _say(f"Installed in {time.monotonic() - began:.0f} s")
    return 0


def _works() -> bool:
    """Whether the environment is complete and its Python, which may have been moved, still runs."""
    if not _PYTHON.exists():
        return False
    tried = subprocess.run([_PYTHON, "-m", "pip", "--version"], capture_output=True, check=False)  # noqa: S603
    return tried.returncode == 0


def _make() -> bool:
    _say("Making the virtual environment in .venv")
    _INSTALLED.unlink(missing_ok=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", _VENV], check=False)  # noqa: S603
    return made.returncode == 0


def _lock(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.lock"


def _hash(name: str) -> str:
    return hashlib.sha256(_lock(name).read_bytes()).hexdigest()


def _say(words: str) -> None:
    print(f"==> {words}", flush=True)  # noqa: T201


def _fail(words: str) -> int:
    print(f"==> {words}", file=sys.stderr, flush=True)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
