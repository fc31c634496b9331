"""Read settings from the environment; a secret may also stand in the file its ``NAME_FILE`` names."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent


class Misconfigured(Exception):
    """An environment variable has a value the portal cannot run with."""


def text(name: str, default: str = "") -> str:
    """The variable, or the contents of the file named by ``NAME_FILE``, or ``default``."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def whole(name: str, default: int) -> int:
    """The variable as a whole number.

    Raises:
        Misconfigured: it is not one.
    """
    value = text(name)
    if not value:
        return default
    if not (value.isascii() and value.isdigit()):
        raise Misconfigured(f"{name} must be a whole number")
    return int(value)


def truth(name: str, *, default: bool = False) -> bool:
    """The variable as yes or no.

    Raises:
        Misconfigured: it is none of 1, true, yes, on, 0, false, no, off.
    """
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise Misconfigured(f"{name} must be yes or no")


def words(name: str, default: str = "") -> list[str]:
    """The variable as a list separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


class Addresses(dict[str, str]):
    """Where outside parties answer: ``EID_<PARTY>_URL``, or the sandbox; also parties that were not named before."""

    def __init__(self, sandbox: str, *parties: str) -> None:
        self.sandbox = sandbox
        super().__init__({party: self[party] for party in parties})

    def __missing__(self, party: str) -> str:
        return text(f"EID_{party.upper().replace('-', '_')}_URL", f"{self.sandbox}/{party}")


def var() -> Path:
    """The data folder (``EID_VAR``, by default ``var/`` in the project)."""
    return Path(text("EID_VAR") or ROOT / "var").resolve()


def postgres(name: str) -> dict[str, object]:
    """A Django database entry from a ``postgresql://`` address; ``?host=`` may name a socket folder.

    Without the variable it is database ``eid`` at libpq's defaults, so that tools which never connect need nothing.

    Raises:
        Misconfigured: the address is of another kind.
    """
    parts = urlsplit(text(name) or "postgresql:///eid")
    if parts.scheme not in {"postgres", "postgresql"}:
        raise Misconfigured(f"{name} must be a postgresql:// address; `make run` sets it by itself")
    options: dict[str, object] = dict(parse_qsl(parts.query))
    host = str(options.pop("host", "") or parts.hostname or "")
    port = str(options.pop("port", "") or parts.port or "")
    return {
        "ENGINE": "eid_portal.core.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "OPTIONS": options,
    }
