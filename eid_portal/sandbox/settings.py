"""Where the sandbox runs, from the environment."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from eid_portal import env


class NotInProduction(Exception):
    """The sandbox answers everybody with made-up people; it must never stand beside real ones."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One sandbox: its own address, the portal's address, and the data folder they share."""

    url: str
    portal_url: str
    var: Path
    outside_keys: Path
    bank_url: str = ""  # the address of the banks' pages as a browser reaches it, if another
    slow: timedelta = timedelta(seconds=3)
    silent: timedelta = timedelta(seconds=15)  # longer than the portal waits
    corrects_after: timedelta | None = None  # a registry, by itself; None: never

    @property
    def public_url(self) -> str:
        """Where a browser reaches the sandbox."""
        return self.bank_url or self.url

    @property
    def store(self) -> Path:
        """The sandbox's own SQLite file."""
        return self.var / "sandbox" / "sandbox.sqlite3"

    @property
    def own_keys(self) -> Path:
        """The private keys of the parties it plays."""
        return self.var / "sandbox" / "keys.json"

    @property
    def country_signer(self) -> Path:
        """The certificate, DER, that signs the signers of the made-up cards' chips."""
        return self.var / "country-signer.cer"

    @property
    def portal_keys(self) -> Path:
        """The portal's public keys, written by ``manage.py make_keys``."""
        return self.var / "portal-public-keys.json"


def read() -> Settings:
    """The settings of this process.

    Raises:
        NotInProduction: the environment is that of a real installation.
    """
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    if module.rpartition(".")[2] == "production" or env.truth("EID_PRODUCTION"):
        raise NotInProduction
    port = env.whole("EID_PORT", 8000)
    var = env.var()
    return Settings(
        url=env.text("EID_SANDBOX_URL", f"http://localhost:{port + 1}").rstrip("/"),
        portal_url=env.text("EID_PORTAL_URL", f"http://localhost:{port}").rstrip("/"),
        var=var,
        bank_url=env.text("EID_SANDBOX_PUBLIC_URL", "").rstrip("/"),
        corrects_after=timedelta(seconds=env.whole("EID_SANDBOX_CORRECTS_AFTER", 20)),
        outside_keys=Path(env.text("EID_OUTSIDE_KEYS_FILE") or var / "outside-keys.json"),
    )
