"""Make the database, the static files and the demonstration ready; what is ready is not made again."""

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from eid_portal.env import ROOT
from eid_portal.run.processes import end, spawn
from eid_portal.run.stores import APP
from eid_portal.run.texts import compile_texts

_CODE: Final = ("manage.py", "requirements/portal.lock")
_FOLDERS: Final = (
    "eid_portal",
    "accounts",
    "documents",
    "payments",
    "procedures",
    "static",
    "locale",
)


class NotReady(Exception):
    """A step of the preparation failed; the message is its last words."""


class Preparation:
    """The steps between the stores and the programs."""

    def __init__(
        self,
        *,
        var: Path,
        env: Mapping[str, str],
        owner_url: str | None,
        remember: bool,
        say: Callable[[str], None],
    ) -> None:
        """``remember`` only if nobody else can change the database between two starts."""
        self.var = var
        self.env = dict(env)
        self.owner_url = owner_url
        self.remember = remember
        self.say = say
        self.log = var / "log" / "prepare.log"
        self.stamp = var / "prepared"

    def run(self) -> None:
        """Make keys, tables, grants, static files and the sandbox's store.

        Raises:
            NotReady: a step failed.
        """
        now = code_hash()
        if self.remember and self.stamp.exists() and self.stamp.read_text() == now:
            self.say("Database and static files are as the code wants them")
            return
        compile_texts()
        self.say("Keys")
        self._manage("make_keys")
        self.say("Database tables")
        owner = self.env | ({"DATABASE_URL": self.owner_url} if self.owner_url else {})
        self._manage("migrate", "--verbosity=1", env=owner)
        if self.owner_url:
            self._manage("grant_app", f"--role={self.env.get('EID_APP_ROLE', APP)}", env=owner)
        else:
            self.say("No DATABASE_OWNER_URL: the portal runs as the owner, and grants are off")
        self.say("Procedures")
        self._manage("load_procedures")
        self.say("Static files")
        self._manage("collectstatic", "--noinput", "--verbosity=0")
        self.say("Sandbox")
        self._python("-m", "eid_portal.sandbox.prepare")
        self.stamp.write_text(now)

    def seed(self) -> None:
        """Make the demonstration people, their papers and linked bank accounts, if they are not there.

        Raises:
            NotReady: it failed.
        """
        if not (self.var / "demo.json").exists():
            self.say("Demonstration people")
            self._manage("seed_demo")
            self._manage("seed_desks")
        if not (self.var / "demo-papers").exists():
            self.say("Demonstration papers")
            self._manage("seed_papers")
        if not (self.var / "demo-banks").exists():
            self.say("Demonstration bank accounts")
            self._manage("seed_banks")

    def _manage(self, *words: str, env: Mapping[str, str] | None = None) -> None:
        self._python("manage.py", *words, env=env)

    def _python(self, *words: str, env: Mapping[str, str] | None = None) -> None:
        start = self.log.stat().st_size if self.log.exists() else 0
        process = spawn([sys.executable, *words], log=self.log, env=env or self.env, cwd=ROOT)
        try:
            code = process.wait()
        finally:
            end(process, by=signal.SIGKILL, within=5)
        if code:
            said = self.log.read_bytes()[start:].decode(errors="replace")
            raise NotReady(f"{' '.join(words)} failed:\n{said[-4000:]}")


def code_hash() -> str:
    """Changes with any file that the preparation depends on."""
    digest = hashlib.sha256()
    paths = [ROOT / name for name in _CODE]
    for folder in _FOLDERS:
        paths += (ROOT / folder).rglob("*")
    for path in sorted(paths):
        if path.suffix not in {".pyc", ".mo"} and path.is_file():
            digest.update(os.fsencode(path.relative_to(ROOT)) + b"\0" + path.read_bytes())
    return digest.hexdigest()


def people(var: Path) -> list[str]:
    """The addresses and demonstration people of ``demo.json`` as lines to read."""
    path = var / "demo.json"
    if not path.exists():
        return []
    demo = json.loads(path.read_text(encoding="utf-8"))
    lines = [f"  {name:<11} {address}" for name, address in demo.get("addresses", {}).items()]
    lines += ["", f"Demonstration people (also in {path}):"]
    for person in demo.get("people", []):
        lines += ["", f"  {person.get('role', '')}: {person.get('name', '')}"]
        lines += [
            f"    {label:<16} {person[key]}" for key, label in _LABELS.items() if person.get(key)
        ]
        lines += [f"    {'try':<16} {thing}" for thing in person.get("try", [])]
    return lines


_LABELS: Final = {
    "sign_in_name": "sign-in name",
    "password": "password",
    "totp_secret": "TOTP secret",
    "phone": "phone",
    "personal_number": "personal number",
}
