"""Signed requests and answers between systems: RFC 9421, Ed25519, RFC 9530 digests. No I/O here.

A request's signature covers exactly ``@method @target-uri content-type content-digest``, and
``idempotency-key`` when that header is there, with ``created``, ``keyid``, ``nonce`` and ``tag``.
A request without a body carries the digest of no bytes and a content type all the same, so there
is one rule. An answer's signature covers ``@status content-type content-digest`` and the signature
of the request it answers, so it cannot be played back for another request. The library checks what
is signed; what must be signed, by whom, for what, when and how often is checked here.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    ContentDigest,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ED25519

CONTENT_TYPE: Final = "application/json"
MAX_AGE: Final = timedelta(seconds=300)
MAX_AHEAD: Final = timedelta(seconds=30)  # the other side's clock may run this much before ours
_REQUEST: Final = ("@method", "@target-uri", "content-type", "content-digest")
_ANSWER: Final = ("@status", "content-type", "content-digest", '"signature";req')
_IDEMPOTENCY: Final = "idempotency-key"
_LABEL: Final = "sig"
_LONGEST_HEADER: Final = 2048
_NONCE: Final = re.compile(r"[\x21-\x7e]{16,64}")
_KEY_ID: Final = re.compile(r"[\x21-\x7e]{1,64}")

Headers = Mapping[str, str]


class Refusal(StrEnum):
    """Why a signature was refused; safe to tell the sender."""

    UNSIGNED = "unsigned"
    MALFORMED = "malformed_signature"
    SEVERAL = "several_signatures"
    WRONG_ALGORITHM = "wrong_algorithm"
    WRONG_TAG = "wrong_tag"
    WRONG_COMPONENTS = "wrong_components"
    BAD_NONCE = "bad_nonce"
    TOO_OLD = "too_old"
    FROM_THE_FUTURE = "from_the_future"
    UNKNOWN_KEY = "unknown_key"
    WRONG_SIGNATURE = "wrong_signature"
    BODY_CHANGED = "body_changed"
    REPLAYED = "replayed"


class SignatureRefused(Exception):
    """The message does not prove who sent it; ``code`` says why."""

    def __init__(self, code: Refusal) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key to sign with: its id and its 32 raw bytes."""

    keyid: str
    private: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request as it went over the wire; an answer's signature is bound to it."""

    method: str
    url: str
    headers: Headers


@dataclass(frozen=True, slots=True)
class VerifiedRequest:
    """Who signed a request and when; the caller never takes ``nonce`` from ``keyid`` twice."""

    keyid: str
    nonce: str
    created: datetime

    @property
    def forget_nonce_at(self) -> datetime:
        """From then on the request is refused for its age alone."""
        return self.created + MAX_AGE + MAX_AHEAD


def sign_request(
    method: str,
    url: str,
    headers: Headers,
    body: bytes,
    *,
    key: SigningKey,
    tag: str,
    now: datetime,
) -> dict[str, str]:
    """``headers`` with the content type, ``Content-Digest``, ``Signature-Input`` and ``Signature``.

    ``url`` is absolute, as the receiver will see it. Each call makes a fresh nonce: sign again to
    send again.
    """
    message = _Request(method, url, _with_type(headers))
    covered = _covered(_names(message.headers))
    _sign(message, body, covered, key=key, tag=tag, now=now, nonce=secrets.token_urlsafe(18))
    return message.headers


def verify_request(
    method: str,
    url: str,
    headers: Headers,
    body: bytes,
    *,
    keys: Mapping[str, bytes],
    tag: str,
    now: datetime,
) -> VerifiedRequest:
    """Who sent this request.

    ``url`` is the receiver's own absolute address; ``keys`` the party's raw public keys by id.

    Raises:
        SignatureRefused: anything but one good signature over exactly what must be covered.
    """
    message = _Request(method, url, _names(headers))
    covered = frozenset(f'"{name}"' for name in _covered(message.headers))
    params = _verify(message, body, covered, keys=keys, tag=tag, now=now)
    nonce = params.get("nonce")
    if not isinstance(nonce, str) or not _NONCE.fullmatch(nonce):
        raise SignatureRefused(Refusal.BAD_NONCE)
    return VerifiedRequest(params["keyid"], nonce, datetime.fromtimestamp(params["created"], UTC))


def sign_answer(
    status: int,
    headers: Headers,
    body: bytes,
    *,
    request: SentRequest,
    key: SigningKey,
    tag: str,
    now: datetime,
) -> dict[str, str]:
    """``headers`` with the signature of this answer to ``request``, itself verified before."""
    message = _Answer(status, _with_type(headers), _asked(request))
    _sign(message, body, _ANSWER, key=key, tag=tag, now=now, nonce=None)
    return message.headers


def verify_answer(
    status: int,
    headers: Headers,
    body: bytes,
    *,
    request: SentRequest,
    keys: Mapping[str, bytes],
    tag: str,
    now: datetime,
) -> str:
    """The id of the key that signed this answer to our ``request``.

    Raises:
        SignatureRefused: as in :func:`verify_request`; also when it answers another request.
    """
    message = _Answer(status, _names(headers), _asked(request))
    covered = frozenset(name if name.startswith('"') else f'"{name}"' for name in _ANSWER)
    return str(_verify(message, body, covered, keys=keys, tag=tag, now=now)["keyid"])


# What the library expects of a message: these very attributes.
@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Answer:
    status_code: int
    headers: dict[str, str]
    request: _Request


class _Verifier(HTTPMessageVerifier):
    """The library's check without its look at the machine's clock: times are judged here."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Nothing; see :func:`_check_age`."""


class _PrivateKey(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        self.key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.key.private)


def _names(headers: Headers) -> dict[str, str]:
    """The headers by their lower-case names."""
    lowered = {name.lower(): value for name, value in headers.items()}
    if len(lowered) != len(headers):  # one of them would be judged and the other used
        raise SignatureRefused(Refusal.MALFORMED)
    return lowered


def _covered(headers: Headers) -> tuple[str, ...]:
    return (*_REQUEST, _IDEMPOTENCY) if _IDEMPOTENCY in headers else _REQUEST


def _with_type(headers: Headers) -> dict[str, str]:
    return (
        dict(headers)
        if "content-type" in _names(headers)
        else {**headers, "Content-Type": CONTENT_TYPE}
    )


def _asked(request: SentRequest) -> _Request:
    return _Request(request.method, request.url, dict(request.headers))


def _sign(
    message: _Request | _Answer,
    body: bytes,
    covered: tuple[str, ...],
    *,
    key: SigningKey,
    tag: str,
    now: datetime,
    nonce: str | None,
) -> None:
    HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_PrivateKey(key)).sign(
        message,
        key_id=key.keyid,
        created=now,
        nonce=nonce,
        tag=tag,
        label=_LABEL,
        covered_component_ids=covered,
        body=body,
    )


def _verify(
    message: _Request | _Answer,
    body: bytes,
    covered: frozenset[str],
    *,
    keys: Mapping[str, bytes],
    tag: str,
    now: datetime,
) -> dict[str, Any]:
    headers = message.headers
    params = _one_signature(headers)
    if params.get("tag") != tag:
        raise SignatureRefused(Refusal.WRONG_TAG)
    if params.get("alg", "ed25519") != "ed25519":
        raise SignatureRefused(Refusal.WRONG_ALGORITHM)
    _check_age(params.get("created"), now)
    keyid = params.get("keyid")
    if not isinstance(keyid, str) or not _KEY_ID.fullmatch(keyid) or keyid not in keys:
        raise SignatureRefused(Refusal.UNKNOWN_KEY)
    public = Ed25519PublicKey.from_public_bytes(keys[keyid])
    verifier = _Verifier(
        signature_algorithm=ED25519,
        key_resolver=MappingKeyResolver(public_keys={keyid: public}, private_keys={}),
    )
    try:
        (result,) = verifier.verify(message, max_age=None, expect_tag=tag)
    except InvalidSignature as refused:
        missing = not covered <= _claimed(headers)
        code = Refusal.WRONG_COMPONENTS if missing else Refusal.WRONG_SIGNATURE
        raise SignatureRefused(code) from refused
    # The library lets a signature cover anything at all.
    if result.covered_components.keys() != covered | {'"@signature-params"'}:
        raise SignatureRefused(Refusal.WRONG_COMPONENTS)
    # Only now, so that a stranger cannot make us hash megabytes.
    try:
        ContentDigest.verify(result.covered_components['"content-digest"'], body)
    except InvalidSignature as refused:
        raise SignatureRefused(Refusal.BODY_CHANGED) from refused
    return params


def _one_signature(headers: Headers) -> dict[str, Any]:
    """The parameters of the only signature, not yet verified."""
    if "signature-input" not in headers or "signature" not in headers:
        raise SignatureRefused(Refusal.UNSIGNED)
    inputs, values = _dictionary(headers["signature-input"]), _dictionary(headers["signature"])
    if len(inputs) > 1 or len(values) > 1:
        raise SignatureRefused(Refusal.SEVERAL)
    if not inputs or inputs.keys() != values.keys():
        raise SignatureRefused(Refusal.MALFORMED)
    ((components, params),) = inputs.values()
    if not isinstance(components, list):
        raise SignatureRefused(Refusal.MALFORMED)
    return dict(params)


def _claimed(headers: Headers) -> frozenset[str]:
    """The components the signature says it covers, serialised."""
    ((components, _params),) = _dictionary(headers["signature-input"]).values()
    return frozenset(http_sf.ser(component) for component in components)


def _dictionary(value: str) -> dict[str, Any]:
    if len(value) > _LONGEST_HEADER:
        raise SignatureRefused(Refusal.MALFORMED)
    try:
        parsed = http_sf.parse(value.encode(), tltype="dictionary", on_duplicate_key=_no_duplicate)
    except ValueError as malformed:  # its own errors and bad Unicode alike
        raise SignatureRefused(Refusal.MALFORMED) from malformed
    if not isinstance(parsed, dict):
        raise SignatureRefused(Refusal.MALFORMED)
    return parsed


def _no_duplicate(_key: str, context: str) -> None:
    if context == "dictionary":
        raise SignatureRefused(Refusal.SEVERAL)


def _check_age(created: object, now: datetime) -> None:
    if type(created) is not int:
        raise SignatureRefused(Refusal.MALFORMED)
    age = now.timestamp() - created
    if age > MAX_AGE.total_seconds():
        raise SignatureRefused(Refusal.TOO_OLD)
    if age < -MAX_AHEAD.total_seconds():
        raise SignatureRefused(Refusal.FROM_THE_FUTURE)
