"""A pytest plugin: the stores the tests run on, and their addresses before Django reads its settings.

The first process starts an embedded PostgreSQL and Redis in a temporary folder; the workers of
pytest-xdist share them. Each process has its own database, Redis number and data folder; all share
one key file.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from eid_portal.core import keys
from eid_portal.env import ROOT
from eid_portal.run.stores import APP, OWNER, SUPERUSER, Place, Postgres, Redis
from eid_portal.run.texts import compile_texts

_FOLDER: Final = "EID_TEST_FOLDER"  # set by the first process for its workers
_TEMPLATE: Final = "eid_template"


@dataclass(frozen=True)
class Ground:
    """What one test process stands on."""

    folder: Path
    postgres: Postgres
    redis: Redis
    worker: str
    first: bool

    @property
    def database(self) -> str:
        """The name of this process's own database."""
        return f"eid_{self.worker}"

    def export(self) -> None:
        """Tell the settings, and the programs that tests start, where everything is."""
        number = int(self.worker.removeprefix("gw")) + 1 if self.worker.startswith("gw") else 0
        var = self.folder / self.worker
        var.mkdir(mode=0o711, exist_ok=True)
        (var / "static").mkdir(exist_ok=True)  # WhiteNoise warns where there is none
        os.environ |= {
            "EID_VAR": str(var),
            "EID_KEYS_FILE": str(self.folder / "keys.json"),
            "DATABASE_URL": self.postgres.url(APP, self.database),
            "DATABASE_OWNER_URL": self.postgres.url(OWNER, self.database),
            "EID_SUPERUSER_URL": self.postgres.url(SUPERUSER, self.database),
            "REDIS_URL": self.redis.url(number % 16),
            "EID_BROKER_URL": self.redis.broker_url(number % 16),
        }

    def renew_database(self) -> None:
        """Give this process a fresh copy of the migrated database; every connection to the old ends."""
        self.postgres.drop_database(self.database)
        self.postgres.make_database(self.database, template=_TEMPLATE)

    def make_template(self) -> None:
        """Migrate and grant once for all processes, or load what an earlier run kept."""
        with _one_at_a_time(self.folder / "template.lock"):
            done = self.folder / "template.done"
            if done.exists():
                return
            self.postgres.make_database(_TEMPLATE)
            kept = ROOT / ".pytest_cache" / f"template-{_schema_hash()}.sql"
            if kept.exists():
                self.postgres.sql(kept.read_text(encoding="utf-8"), database=_TEMPLATE)
                self.postgres.sql(_wrap_anew(), database=_TEMPLATE)
            else:
                self._manage("migrate", "--verbosity=0")
                _keep(self.postgres.dump(_TEMPLATE), kept)
            self._manage("grant_app")
            done.touch()

    def _manage(self, *words: str) -> None:
        address = self.postgres.url(OWNER, _TEMPLATE)
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=os.environ
            | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "eid_portal.settings.test"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.exit(f"manage.py {words[0]} failed:\n{done.stdout}{done.stderr}", returncode=3)


_ground: Ground | None = None


def ground() -> Ground:
    """What this process stands on."""
    assert _ground is not None
    return _ground


def pytest_addoption() -> None:
    """Lay the ground: the first hook of all, called while Django's settings are still unread."""
    global _ground  # noqa: PLW0603
    given = os.environ.get(_FOLDER)
    folder = Path(given or tempfile.mkdtemp(prefix="eid-test-"))
    folder.chmod(0o711)  # the stores' user passes through
    place = Place.under(folder)
    _ground = Ground(
        folder=folder,
        postgres=Postgres(place, log=folder / "postgres.log", durable=False, connections=400),
        redis=Redis(place, log=folder / "redis.log", durable=False),
        worker=os.environ.get("PYTEST_XDIST_WORKER", "main"),
        first=given is None,
    )
    if _ground.first:
        os.environ[_FOLDER] = str(folder)
        compile_texts()
        keys.write(folder / "keys.json", keys.new_document())
        _ground.postgres.start()
        _ground.postgres.make_roles()
        _ground.redis.start()
    _ground.export()


def pytest_unconfigure() -> None:
    """Stop the stores and remove every trace of them."""
    if _ground is None or not _ground.first or _FOLDER not in os.environ:
        return
    del os.environ[_FOLDER]
    _ground.redis.stop()
    _ground.postgres.stop()
    for folder in (_ground.folder, _ground.postgres.place.folder, _ground.postgres.place.sockets):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _schema_hash() -> str:
    """Changes with everything that a migration is made of."""
    digest = hashlib.sha256()
    for pattern in (
        "*/migrations/*",
        "eid_portal/core/migrations/*",
        "eid_portal/core/database.py",
    ):
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                digest.update(path.read_bytes())
    digest.update((ROOT / "requirements" / "portal.lock").read_bytes())
    return digest.hexdigest()[:16]


def _wrap_anew() -> str:
    """The statement that replaces the kept data key, which no key of this run opens."""
    from eid_portal.core import sealed

    kek_id, wrapped = sealed.wrap(secrets.token_bytes(32), "data-key:1")
    return f"UPDATE core_datakey SET kek_id = '{kek_id}', wrapped = '\\x{wrapped.hex()}';"


def _keep(script: str, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    for older in path.parent.glob("template-*.sql"):
        older.unlink(missing_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(script, encoding="utf-8")
    fresh.replace(path)
