"""Password hashing: argon2id (19 MiB, t=2, p=1) over a peppered password, behind an admission gate.

The pepper is HMAC-SHA-256 with a key outside the database (NIST SP 800-63B-4 §3.1.1.2). One hash at a time runs in a
process, first come first served, so that a flood of sign-ins cannot hold up pages; past a short queue the gate sheds.
The queue is shorter than the process has threads, so that there is always one for somebody who needs no hash.
"""

import base64
import hmac
import secrets
import threading
import unicodedata
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from eid_portal.core import keys
from eid_portal.core.errors import Busy

LONGEST: Final = 256  # characters; longer ones are refused before any work


class TooLong(ValueError):
    """The password is longer than ``LONGEST``."""


class Gate:
    """Lets ``width`` threads in at a time, in order; at most ``queue`` wait, each at most ``patience`` seconds."""

    def __init__(self, *, width: int = 1, queue: int = 6, patience: float = 4.0) -> None:
        self.width, self.queue, self.patience = width, queue, patience
        self.lock = threading.Lock()
        self.inside = 0
        self.waiting: deque[threading.Event] = deque()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Hold a place while the block runs.

        Raises:
            Busy: the queue is full, or the wait was too long.
        """
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self.lock:
            if self.inside < self.width and not self.waiting:
                self.inside += 1
                return
            if len(self.waiting) >= self.queue:
                raise Busy(retry_after=int(self.patience) + 1)
            turn = threading.Event()
            self.waiting.append(turn)
        if turn.wait(self.patience):
            return
        with self.lock:
            if turn.is_set():  # the place came at the last moment
                return
            self.waiting.remove(turn)
        raise Busy(retry_after=int(self.patience) + 1)

    def _leave(self) -> None:
        with self.lock:
            if self.waiting:
                self.waiting.popleft().set()  # the place passes on
            else:
                self.inside -= 1


gate = Gate()


class PepperedArgon2Hasher(Argon2PasswordHasher):
    """Django's hasher with the chosen parameters over the peppered password."""

    algorithm = "argon2pepper"
    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """``argon2pepper$<pepper id>$<argon2 string>``."""
        pepper_id, pepper = keys.current("pepper")
        plain = super().encode(_peppered(password, pepper), salt)
        return f"{self.algorithm}${pepper_id}{plain.removeprefix(self.algorithm)}"

    def verify(self, password: str, encoded: str) -> bool:
        """Whether the password made this string, under the pepper it names."""
        _algorithm, pepper_id, rest = encoded.split("$", 2)
        return super().verify(
            _peppered(password, keys.get("pepper", pepper_id)), f"{self.algorithm}${rest}"
        )

    def decode(self, encoded: str) -> dict[str, Any]:
        """The parts of the argon2 string."""
        _algorithm, _pepper_id, rest = encoded.split("$", 2)
        return super().decode(f"{self.algorithm}${rest}")

    def must_update(self, encoded: str) -> bool:
        """Whether to hash again: other parameters, or an older pepper."""
        return not encoded.startswith(self.head())

    def head(self) -> str:
        """What strings made now begin with: pepper and parameters."""
        cost = f"m={self.memory_cost},t={self.time_cost},p={self.parallelism}"
        return f"{self.algorithm}${keys.current('pepper')[0]}$argon2id$v=19${cost}$"

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing: all our hashes cost the same."""


def normal(password: str) -> str:
    """The password in NFKC (NIST SP 800-63B-4 §3.1.1.2): the same on every keyboard."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """Hash a new password.

    Raises:
        Busy: too many hashes are waiting.
        TooLong: see the class.
    """
    if len(password) > LONGEST:
        raise TooLong
    with gate.entered():
        return make_password(normal(password))


def matches(password: str, encoded: str) -> bool:
    """Whether the password is the hashed one; costs one hash, or nothing when it is longer than any can be.

    Raises:
        Busy: too many hashes are waiting.
    """
    if len(password) > LONGEST:
        return False
    with gate.entered():
        return check_password(normal(password), encoded)


def hash_anew(password: str, encoded: str) -> str | None:
    """A fresh hash of the password that ``encoded`` is of, if its pepper or parameters are older than today's.

    None if they are not, or if too many hashes are waiting: there will be a next sign-in.
    """
    if not PepperedArgon2Hasher().must_update(encoded):
        return None
    with suppress(Busy):
        return hash_password(password)
    return None


def spend_the_same(password: str) -> None:
    """Cost what :func:`matches` costs, for an account that does not exist.

    Raises:
        Busy: too many hashes are waiting.
    """
    matches(password, _decoy())


def _decoy() -> str:
    """A string that looks like a hash of ours; no password makes it."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (22, 32)
    )
    return f"{PepperedArgon2Hasher().head()}{salt}${digest}"


def _peppered(password: str, pepper: bytes) -> str:
    return hmac.digest(pepper, password.encode("utf-8", "surrogatepass"), "sha256").hex()
