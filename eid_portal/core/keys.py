"""Key material, read from one file outside the database (``EID_KEYS_FILE``).

The file is JSON: ``{purpose: {"current": id, "keys": {id: base64}}}``; an id is the purpose and a number that grows;
keys for documents have ``"certificates": {id: base64}`` beside them, which stay when a key is forgotten. It
is read again when it changes, so keys rotate while the portal runs: a new key is announced, and becomes current when
every process knows it. A KMS takes the file's place by writing it into memory (see docs/operations.md).
"""

import base64
import fcntl
import json
import os
import secrets
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from eid_portal.core import certificates, clock

# What each purpose protects: kek wraps the data keys in the database; index is the blind index; pepper goes into
# password and code hashes; audit_mac authenticates events; django is Django's secret key; audit_signing signs blocks;
# outbound signs our requests; card_signing the codes of printed cards and the list of revoked ones; document_signing
# signs PDF documents, and document_ca its certificates; receipts names what printed receipts are of.
SYMMETRIC: Final = ("kek", "index", "pepper", "audit_mac", "django", "receipts")
SIGNING: Final = ("audit_signing", "outbound", "card_signing")
CERTIFIED: Final = (certificates.AUTHORITY, certificates.SIGNER)
PURPOSES: Final = SYMMETRIC + SIGNING + CERTIFIED
# What no row tells is under them and nobody can make again: their old keys are read for ever.
LASTING: Final = ("receipts",)
PUBLISHED: Final = {
    "outbound": "portal",
    "audit_signing": "audit",
}  # whose public halves, under which name
_CHECK_EVERY: Final = 1.0  # seconds between looks at the file's time of change
KNOWN_AFTER: Final = 3.0  # seconds until every process has read a change


class KeyMissing(Exception):
    """The key file has no such key."""


class Rotating(Exception):
    """Another process is changing the key file."""


class _File:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.path: Path | str | None = None  # as the settings name it
        self.stamp: tuple[int, int, int] | None = None
        self.checked = 0.0
        self.keys: dict[str, dict[str, bytes]] = {}
        self.current: dict[str, str] = {}
        self.certificates: dict[str, dict[str, bytes]] = {}

    def load(self, *, anew: bool = False) -> None:
        path = settings.KEYS_FILE
        if not anew and path == self.path and time.monotonic() - self.checked < _CHECK_EVERY:
            return
        with self.lock:
            try:
                seen = Path(path).stat()
            except FileNotFoundError:
                raise KeyMissing("no key file; `manage.py make_keys` makes one") from None
            stamp = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
            if path != self.path or stamp != self.stamp:
                document = json.loads(Path(path).read_text(encoding="utf-8"))
                self.keys = {
                    purpose: {
                        key_id: base64.b64decode(key) for key_id, key in entry["keys"].items()
                    }
                    for purpose, entry in document.items()
                }
                self.current = {purpose: entry["current"] for purpose, entry in document.items()}
                self.certificates = {
                    purpose: {
                        key_id: base64.b64decode(der)
                        for key_id, der in entry.get("certificates", {}).items()
                    }
                    for purpose, entry in document.items()
                }
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


def certificates_of(purpose: str) -> dict[str, bytes]:
    """The certificates (DER) of all keys of a purpose by id, the current one first, forgotten ones included."""
    key_id, _key = current(purpose)
    try:
        return {key_id: _file.certificates[purpose][key_id]} | _file.certificates[purpose]
    except KeyError:
        raise KeyMissing(f"certificate of {key_id}") from None


def pem_of(purpose: str) -> str:
    """The same as text, for whoever checks what was signed."""
    return "".join(
        ssl.DER_cert_to_PEM_cert(certificate) for certificate in certificates_of(purpose).values()
    )


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
    return completed({})


def completed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A key file's content with a fresh key for every purpose it lacks; what is there stays as it is."""
    missing = {p: _entry(f"{p}-1") for p in PURPOSES if p not in document}
    full = json.loads(json.dumps({**document, **missing}))
    certificates.complete(full, now=clock.now())
    return dict(full)


def give_django_its_key() -> None:
    """Set Django's secret key from the file, if there is one yet; a rotated one is used from a process's next start."""
    if Path(settings.KEYS_FILE).exists():
        current_key, *older = (key.hex() for key in every("django").values())
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = current_key, older


def number(key_id: str) -> int:
    """The number of a key within its purpose; newer keys have higher ones."""
    return int(key_id.rsplit("-", 1)[1])


def announced(purpose: str) -> str | None:
    """The id of the key that is to become current, if there is one."""
    newest = max(every(purpose), key=number)
    return newest if number(newest) > number(current(purpose)[0]) else None


# --- Changing the file ----------------------------------------------------------------------------
@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Keep others from changing the file during the block.

    Raises:
        Rotating: somebody else is.
    """
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Rotating from None
        yield
    finally:
        os.close(folder)


def announce(path: Path, purposes: Iterable[str]) -> dict[str, str]:
    """Add a fresh key to each purpose, to be read but not yet written with. Returns their ids by purpose."""
    document = _read(path)
    ids = {}
    for purpose in purposes:
        entry = document[purpose]
        ids[purpose] = f"{purpose}-{max(map(number, entry['keys'])) + 1}"
        entry["keys"][ids[purpose]] = _fresh()
    certificates.complete(document, now=clock.now())
    _replace(path, document)
    return ids


def make_current(path: Path, ids: Mapping[str, str]) -> None:
    """Write with these keys from now on (``{purpose: id}``)."""
    document = _read(path)
    for purpose, key_id in ids.items():
        document[purpose]["current"] = key_id
    _replace(path, document)


def remove(path: Path, purpose: str, key_id: str) -> None:
    """Take a key that is not current out of the file, for good; its certificate stays, for what it signed."""
    document = _read(path)
    del document[purpose]["keys"][key_id]
    _replace(path, document)


def publish(folder: Path) -> None:
    """Write the public keys, old ones included, to where others read them: ``audit-public-keys.json`` and the like."""
    for purpose, name in PUBLISHED.items():
        public = folder / f"{name}-public-keys.json"
        fresh = public.with_suffix(".new")
        fresh.write_text(json.dumps(public_keys(purpose), indent=1), encoding="utf-8")
        fresh.replace(public)


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def _replace(path: Path, document: dict[str, Any]) -> None:
    write(path, document)
    _file.load(anew=True)


def _fresh() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _entry(key_id: str) -> dict[str, object]:
    return {"current": key_id, "keys": {key_id: _fresh()}}
