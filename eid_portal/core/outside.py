"""The outside world's wire: the one HTTP client, and the one check of requests that come signed.

A call ends in one of four ways, and callers match all of them: ``Accepted`` (done), ``Refused`` (final, not done),
``Unavailable`` (not done, ask later), ``Unknown`` (perhaps done: ask again with the same idempotency key, never guess).
Nothing that is sent or received is ever logged, only party, tag, outcome and time.
"""

import base64
import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

import requests
import structlog
from django.conf import settings
from django.db import connections
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from eid_portal.core import circuit, clock, keys, signatures
from eid_portal.core.models import UsedNonce
from eid_portal.core.signatures import Refusal, SentRequest, SignatureRefused, VerifiedRequest

LARGEST_ANSWER: Final = 1024 * 1024  # bytes
LONGEST_RETRY: Final = timedelta(hours=1)
DEFAULT_RETRY: Final = timedelta(seconds=30)
RESTING: Final = "circuit_open"  # the reason of an Unavailable that was never tried
BEGINS_WITH: Final = 4  # calls in flight
_LOOKED_FOR: Final = 1.0  # seconds that one look at the circuit is good for
_IDLE_AFTER: Final = 0.05  # seconds
_NOT_NOW: Final = frozenset({401, 429, 503})  # turned away before anything was done
_log = structlog.get_logger()
K = TypeVar("K")
V = TypeVar("V")


class InsideTransaction(Exception):
    """Code tried to call out while a database transaction was open: it would hold locks for as long as the call."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The party did it; ``data`` is its answer."""

    data: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The party will not do it, now or later; ``code`` is its word for why."""

    code: str
    data: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Nothing was done: the party could not be reached, or asks for patience."""

    reason: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say whether it was done."""

    reason: str


Outcome = Accepted | Refused | Unavailable | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked of a party; see :func:`call` for each part."""

    method: str
    path: str
    payload: Mapping[str, Any] | None = field(default=None, repr=False)
    tag: str
    idempotency_key: str | None = None
    patience: float | None = None  # seconds a read may last, if less than the settings say


def patient(asked: Call, seconds: float) -> Call:
    """The same call for who waits no longer than so many seconds for each read."""
    return replace(asked, patience=seconds)


# What a thread says of a call: None if it was not begun, else its outcome or our own fault, and milliseconds.
_Ended = tuple[K, Call, Outcome | BaseException | None, int]


# --- Calling out ----------------------------------------------------------------------------------
def call(
    party: str,
    method: str,
    path: str,
    *,
    payload: Mapping[str, Any] | None = None,
    tag: str,
    idempotency_key: str | None = None,
) -> Outcome:
    """Ask an outside party over its signed JSON wire and verify that the answer is its own.

    ``party`` is a name in ``settings.OUTSIDE``; ``path`` begins with a slash, has no query and names no person;
    ``payload`` is sent as JSON. The connection and each read wait as long as the settings say, never longer than both
    together in all once the answer has begun. After :data:`circuit.OPENS_AFTER` failures in a row the party is spared.

    Raises:
        InsideTransaction: a database transaction is open.
    """
    asked = Call(
        method=method, path=path, payload=payload, tag=tag, idempotency_key=idempotency_key
    )
    return send(party, asked)


def send(party: str, asked: Call) -> Outcome:
    """Make one call; see :func:`call`.

    Raises:
        InsideTransaction: a database transaction is open.
    """
    _refuse_transaction()
    seen = circuit.look(party, now=clock.now())
    if seen.rest is not None:
        return Unavailable(RESTING, seen.rest)
    outcome, _milliseconds = _timed(party, asked)
    circuit.note(party, failed=_has_failed(outcome), now=clock.now())
    return outcome


def send_many(
    party: str,
    calls: Iterable[tuple[K, Call]],
    *,
    in_flight: int,
    idle: Callable[[], None] | None = None,
) -> Generator[tuple[K, Outcome, int], None, None]:
    """Make calls, up to ``in_flight`` at a time, each on a thread; gives each one's key, outcome and milliseconds.

    ``calls`` is asked for more in the caller's thread, and may take its time. At full speed as many calls again stand
    ready, so that the party is kept busy while the caller writes down what was answered. Begins with few at a time, one
    more with each answer, half as many after a failure: a party that is dead or hangs sees fewer than ten before it is
    spared. Then the rest end as ``Unavailable`` without being made. ``idle`` is called when no call has ended for a
    moment: time to write down what is known so far.

    Raises:
        InsideTransaction: a database transaction is open when a call is to begin.
    """
    waiting, ended = iter(calls), SimpleQueue[_Ended[K]]()
    pace = _SlowStart(party, in_flight)
    put_back: deque[tuple[K, Call]] = deque()
    flying = 0

    with ThreadPoolExecutor(in_flight, thread_name_prefix="outside") as pool:
        while True:
            following = None
            if flying < pace.taken_on:
                following = put_back.popleft() if put_back else next(waiting, None)
            if following is not None:
                _refuse_transaction()
                rest = pace.rest()
                if rest is not None:
                    yield following[0], Unavailable(RESTING, rest), 0
                    continue
                pool.submit(
                    copy_context().run, partial(_make, *following, pace, pace.failures, ended)
                )
                flying += 1
                if flying < pace.taken_on and ended.empty():
                    continue
            if not flying:
                return
            key, asked, outcome, milliseconds = _next(ended, idle)
            flying -= 1
            match outcome:
                case None:
                    put_back.append((key, asked))
                case BaseException():
                    raise outcome
                case _:
                    pace.note(failed=_has_failed(outcome))
                    yield key, outcome, milliseconds


def _make(
    key: K, asked: Call, pace: "_SlowStart", failures: int, ended: "SimpleQueue[_Ended[K]]"
) -> None:
    """Make one call, on a thread of its own, unless another has failed since it was taken on."""
    if pace.failures != failures:
        ended.put((key, asked, None, 0))
        return
    try:
        outcome, milliseconds = _timed(pace.party, asked)
    except BaseException as error:  # noqa: BLE001 - raised again where the outcome is taken
        ended.put((key, asked, error, 0))
    else:
        if _has_failed(outcome):
            pace.failures += 1
        ended.put((key, asked, outcome, milliseconds))


def _next(ended: SimpleQueue[V], idle: Callable[[], None] | None) -> V:
    try:
        return ended.get(timeout=_IDLE_AFTER if idle else None)
    except Empty:
        if idle:
            idle()
        return ended.get()


class _SlowStart:
    """How many calls may be in flight at once, and whether any may begin; kept by one thread."""

    def __init__(self, party: str, most: int) -> None:
        self.party = party
        self.most = most
        self.allowed = min(BEGINS_WITH, most)
        self.failures = 0  # counted by the threads that call: what is taken on and not begun learns of them at once
        self.look_at = self.note_at = 0.0  # by the monotonic clock; the row is shared by many

    @property
    def taken_on(self) -> int:
        """How many calls may be in flight or stand ready."""
        return 2 * self.most if self.allowed == self.most else self.allowed

    def rest(self) -> timedelta | None:
        """None if a call may begin, else how long to wait."""
        if time.monotonic() < self.look_at:
            return None
        seen = circuit.look(self.party, now=clock.now())
        if seen.rest is not None:
            return seen.rest
        if seen.probing:
            self.allowed = 1
        self.look_at = time.monotonic() + _LOOKED_FOR
        return None

    def note(self, *, failed: bool) -> None:
        """Count what became of a call."""
        if failed:
            self.allowed = max(1, self.allowed // 2)
            self.look_at = self.note_at = 0.0
        else:
            self.allowed = min(self.most, self.allowed + 1)
            if time.monotonic() < self.note_at:
                return
            self.note_at = time.monotonic() + _LOOKED_FOR
        circuit.note(self.party, failed=failed, now=clock.now())


def _has_failed(outcome: Outcome) -> bool:
    return isinstance(outcome, Unavailable | Unknown)


def _timed(party: str, asked: Call) -> tuple[Outcome, int]:
    """Make a call and log how it went and how many milliseconds it took; touches no database, so any thread may."""
    started = time.monotonic()
    outcome = _ask(party, asked)
    milliseconds = round((time.monotonic() - started) * 1000)
    _log.info(
        "outside_call",
        party=party,
        tag=asked.tag,
        outcome=type(outcome).__name__,
        reason=outcome.reason if isinstance(outcome, Unavailable | Unknown) else None,
        milliseconds=milliseconds,
    )
    return outcome, milliseconds


@contextmanager
def transport(adapter: BaseAdapter) -> Iterator[None]:
    """Send every call of this process through ``adapter``; for tests."""
    global _transport  # noqa: PLW0603 - one for all threads of a test
    before, _transport = _transport, adapter
    try:
        yield
    finally:
        _transport = before


_transport: BaseAdapter | None = None
_local = threading.local()


def _session() -> requests.Session:
    """A session a thread: ``requests`` does not promise that threads may share one."""
    if _transport is not None:
        return _new_session(_transport)
    if not hasattr(_local, "session"):
        _local.session = _new_session(HTTPAdapter(max_retries=0, pool_maxsize=4))
    session: requests.Session = _local.session
    session.cookies.clear()
    return session


def _new_session(adapter: BaseAdapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy and no .netrc from the environment
    session.headers.clear()
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


def _refuse_transaction() -> None:
    for connection in connections.all(initialized_only=True):
        # A test case's own transaction is none of ours; Django marks it for `atomic(durable=True)`.
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise InsideTransaction
        if connection.in_atomic_block and not connection.atomic_blocks:
            raise InsideTransaction


def _ask(party: str, asked: Call) -> Outcome:
    method, idempotency_key = asked.method, asked.idempotency_key
    path, payload, tag = asked.path, asked.payload, asked.tag
    url = settings.OUTSIDE[party].rstrip("/") + path
    body = b"" if payload is None else json.dumps(payload, ensure_ascii=False).encode()
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"} | _request_id()
    if idempotency_key is not None:
        headers["Idempotency-Key"] = idempotency_key
    key = signatures.SigningKey(*keys.current("outbound"))
    headers = signatures.sign_request(method, url, headers, body, key=key, tag=tag, now=clock.now())
    prepared = requests.Request(method, url, headers=headers, data=body or None).prepare()
    if prepared.url != url:
        raise ValueError("the address changes on its way; the other side would refuse it")
    connect = settings.OUTSIDE_CONNECT_TIMEOUT.total_seconds()
    read = settings.OUTSIDE_READ_TIMEOUT.total_seconds()
    if asked.patience is not None:
        read = min(read, asked.patience)
    try:
        with _session().send(
            prepared, timeout=(connect, read), allow_redirects=False, stream=True
        ) as answer:
            content = _read(answer, until=time.monotonic() + connect + read)
    except (requests.RequestException, HTTPError, OSError) as error:
        return _without_answer(error)
    if content is None:
        return Unknown("answer_too_large_or_slow")
    try:
        signatures.verify_answer(
            answer.status_code,
            answer.headers,
            content,
            request=SentRequest(method, url, headers),
            keys=public_keys(party),
            tag=tag,
            now=clock.now(),
        )
    except SignatureRefused as refused:
        # Whoever turns us away at the door need not be the party itself, and cannot always sign.
        if answer.status_code in _NOT_NOW:
            return Unavailable(f"unsigned_{answer.status_code}", _retry_after(answer))
        return Unknown(f"answer_{refused.code.value}")
    return _meaning(answer, content)


def _read(answer: requests.Response, *, until: float) -> bytes | None:
    """The body, or None if it is too large or drips in too slowly."""
    content = bytearray()
    while chunk := answer.raw.read1(65_536, decode_content=False):
        content += chunk
        if len(content) > LARGEST_ANSWER or time.monotonic() > until:
            return None
    return bytes(content)


def _meaning(answer: requests.Response, content: bytes) -> Outcome:
    status = answer.status_code
    if status in {429, 503} and "Retry-After" in answer.headers:
        return Unavailable(f"status_{status}", _retry_after(answer))
    data = _object(content)
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110 §15
        return Unknown("malformed_answer") if data is None else Accepted(data)
    if 400 <= status < 500:  # noqa: PLR2004
        return Refused(str((data or {}).get("code", f"status_{status}"))[:80], data or {})
    return Unknown(f"status_{status}")


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _retry_after(answer: requests.Response) -> timedelta:
    seconds = answer.headers.get("Retry-After", "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 10):  # noqa: PLR2004
        return DEFAULT_RETRY
    return min(timedelta(seconds=int(seconds)), LONGEST_RETRY)


def _without_answer(error: Exception) -> Unavailable | Unknown:
    """What a call came to that ended before its answer was here."""
    match error:
        case requests.ConnectTimeout():
            return Unavailable("connect_timeout")
        case requests.exceptions.SSLError():
            return (
                Unavailable("bad_certificate") if _is_about_certificate(error) else Unknown("tls")
            )
        case requests.ConnectionError():
            return (
                Unavailable("no_connection") if _never_sent(error) else Unknown("connection_lost")
            )
        case requests.Timeout():
            return Unknown("read_timeout")
        case _:
            return Unknown(type(error).__name__)


def _never_sent(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _is_about_certificate(error: BaseException | None) -> bool:
    """Whether the handshake ended because the certificate is not good: then nothing was sent."""
    seen = error
    while seen is not None and not isinstance(seen, ssl.SSLCertVerificationError):
        seen = seen.__cause__ or seen.__context__
    return seen is not None


def _request_id() -> dict[str, str]:
    name = structlog.contextvars.get_contextvars().get("request_id")
    return {"X-Request-Id": str(name)} if name else {}


# --- Being called ---------------------------------------------------------------------------------
def accept_request(
    party: str,
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    tag: str,
    now: datetime,
) -> VerifiedRequest:
    """Who sent us this request; its nonce is used up. Call it before, not inside, the transaction of what it asks.

    ``url`` is our own public address of what was asked (``settings.PORTAL_URL`` and the path), not what the request
    says of itself.

    Raises:
        SignatureRefused: it is not signed as it must be, or its nonce was used before.
    """
    verified = signatures.verify_request(
        method, url, headers, body, keys=public_keys(party), tag=tag, now=now
    )
    # Only verified nonces are kept, so a stranger cannot fill the table.
    _nonce, fresh = UsedNonce.objects.get_or_create(
        keyid=f"{party}/{verified.keyid}",
        nonce=verified.nonce,
        defaults={"expires_at": verified.forget_nonce_at},
    )
    if not fresh:
        raise SignatureRefused(Refusal.REPLAYED)
    return verified


def forget_nonces(*, now: datetime) -> int:
    """Delete the nonces of requests that are too old anyway; says how many. For a periodic task."""
    deleted, _each = UsedNonce.objects.filter(expires_at__lt=now - timedelta(minutes=1)).delete()
    return deleted


# --- Whose keys -----------------------------------------------------------------------------------
_keys_read: tuple[Path, int, int, dict[str, dict[str, bytes]]] | None = None


def public_keys(party: str) -> dict[str, bytes]:
    """The raw public keys of a party by id, from ``OUTSIDE_KEYS_FILE``; read again when the file changes."""
    global _keys_read  # noqa: PLW0603 - replaced whole, so no thread sees half of it
    path = Path(settings.OUTSIDE_KEYS_FILE)
    try:
        seen = path.stat()
    except FileNotFoundError:
        return {}
    if _keys_read is None or _keys_read[:3] != (path, seen.st_mtime_ns, seen.st_size):
        document = json.loads(path.read_text(encoding="utf-8"))
        decoded = {
            name: {keyid: base64.b64decode(key) for keyid, key in entry.items()}
            for name, entry in document.items()
        }
        _keys_read = (path, seen.st_mtime_ns, seen.st_size, decoded)
    return _keys_read[3].get(party, {})
