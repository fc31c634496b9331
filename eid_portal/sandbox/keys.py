"""The keys of the parties the sandbox plays, and the portal's public ones."""

import base64
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eid_portal.sandbox import money, registries
from eid_portal.sandbox.settings import Settings
from eid_portal.sandbox.signing import Key

_PARTIES: Final = ("population", "sms", "email", "timestamp", "card-production", "agency-desk")


def parties() -> tuple[str, ...]:
    """Everybody the sandbox plays, the registries and the banks and billers too."""
    return (*_PARTIES, *money.PARTIES, *registries.every())


def make(settings: Settings) -> None:
    """Make a key for each party that has none, and publish the public ones where the portal looks.

    Keys of other parties in that file stay.
    """
    own = _read(settings.own_keys)
    for party in parties():
        own.setdefault(
            party,
            {"keyid": f"{party}-1", "private": _text(secrets.token_bytes(32))},
        )
    _write(settings.own_keys, own, mode=0o600)
    public = _read(settings.outside_keys)
    for party in parties():
        key = of(settings, party)
        private = Ed25519PrivateKey.from_private_bytes(key.private)
        public[party] = {key.keyid: _text(private.public_key().public_bytes_raw())}
    _write(settings.outside_keys, public, mode=0o644)


def of(settings: Settings, party: str) -> Key:
    """The key a party signs with."""
    entry = _read(settings.own_keys)[party]
    return Key(entry["keyid"], base64.b64decode(entry["private"]))


def forged(settings: Settings, party: str) -> Key:
    """A key that says it is the party's, and is not."""
    private = hashlib.sha256(f"a stranger's key for {party}".encode()).digest()
    return Key(of(settings, party).keyid, private)


def of_portal(settings: Settings) -> dict[str, bytes]:
    """The portal's raw public keys by id; none before it has made them."""
    return {keyid: base64.b64decode(key) for keyid, key in _read(settings.portal_keys).items()}


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return document


def _write(path: Path, document: dict[str, Any], *, mode: int) -> None:
    """Replace the file in one step; leave it alone if nothing changed."""
    if document == _read(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
    fresh.replace(path)
