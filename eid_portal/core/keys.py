"""Key material, read from one file outside the database (``EID_KEYS_FILE``).

The file is JSON: ``{purpose: {"current": id, "keys": {id: base64}}}``. It is read again when it changes, so keys
rotate while the portal runs. A KMS takes its place by writing the same file into memory (see docs/operations.md).
"""

import base64
import json
import os
import secrets
import threading
import time
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

# What each purpose protects: kek wraps the data keys in the database; index is the blind index; pepper goes into
# password and code hashes; audit_mac authenticates events; audit_signing signs blocks; outbound signs our requests.
SYMMETRIC: Final = ("kek", "index", "pepper", "audit_mac", "django")
SIGNING: Final = ("audit_signing", "outbound")
PURPOSES: Final = SYMMETRIC + SIGNING
_CHECK_EVERY: Final = 1.0  # seconds between looks at the file's time of change


class KeyMissing(Exception):
    """The key file has no such key."""


class _File:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.path: Path | None = None
        self.stamp: tuple[int, int, int] | None = None
        self.checked = 0.0
        self.keys: dict[str, dict[str, bytes]] = {}
        self.current: dict[str, str] = {}

    def load(self, *, anew: bool = False) -> None:
        path = Path(settings.KEYS_FILE)
        if not anew and path == self.path and time.monotonic() - self.checked < _CHECK_EVERY:
            return
        with self.lock:
            try:
                seen = path.stat()
            except FileNotFoundError:
                raise KeyMissing("no key file; `manage.py make_keys` makes one") from None
            stamp = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
            if path != self.path or stamp != self.stamp:
                document = json.loads(path.read_text(encoding="utf-8"))
                self.keys = {
                    purpose: {
                        key_id: base64.b64decode(key) for key_id, key in entry["keys"].items()
                    }
                    for purpose, entry in document.items()
                }
                self.current = {purpose: entry["current"] for purpose, entry in document.items()}
                self.path, self.stamp = path, stamp
            self.checked = time.monotonic()


_file = _File()


def current(purpose: str) -> tuple[str, bytes]:
    """The id and the 32 bytes of the key now used to write.

    Raises:
        KeyMissing: the file or the purpose is missing.
    """
    _file.load()
    try:
        key_id = _file.current[purpose]
        return key_id, _file.keys[purpose][key_id]
    except KeyError:
        raise KeyMissing(purpose) from None


def get(purpose: str, key_id: str) -> bytes:
    """The 32 bytes of one key, current or older.

    Raises:
        KeyMissing: there is none of that id.
    """
    _file.load()
    if key_id not in _file.keys.get(purpose, {}):
        _file.load(anew=True)
    try:
        return _file.keys[purpose][key_id]
    except KeyError:
        raise KeyMissing(f"{purpose} {key_id}") from None


def every(purpose: str) -> dict[str, bytes]:
    """All keys of a purpose by id, the current one first."""
    key_id, key = current(purpose)
    return {key_id: key} | _file.keys[purpose]


def signing_key(purpose: str) -> tuple[str, Ed25519PrivateKey]:
    """The current signing key of a purpose and its id."""
    key_id, key = current(purpose)
    return key_id, Ed25519PrivateKey.from_private_bytes(key)


def public_keys(purpose: str) -> dict[str, str]:
    """The public halves of all signing keys of a purpose: ``{id: base64 of 32 bytes}``."""
    return {
        key_id: base64.b64encode(
            Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()
        ).decode()
        for key_id, key in every(purpose).items()
    }


def write(path: Path, document: dict[str, dict[str, object]]) -> None:
    """Replace the key file in one step, safe on disk, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def new_document() -> dict[str, dict[str, object]]:
    """A key file with one fresh key a purpose."""
    return {purpose: _entry(f"{purpose}-1") for purpose in PURPOSES}


def add(path: Path, purpose: str) -> str:
    """Add a fresh key to a purpose and make it current; older ones stay readable. Returns its id."""
    document = json.loads(path.read_text(encoding="utf-8"))
    entry = document[purpose]
    newest = max(int(key_id.rsplit("-", 1)[1]) for key_id in entry["keys"])
    key_id = f"{purpose}-{newest + 1}"
    entry["keys"][key_id] = base64.b64encode(secrets.token_bytes(32)).decode()
    entry["current"] = key_id
    write(path, document)
    _file.load(anew=True)
    return key_id


def _entry(key_id: str) -> dict[str, object]:
    return {
        "current": key_id,
        "keys": {key_id: base64.b64encode(secrets.token_bytes(32)).decode()},
    }
