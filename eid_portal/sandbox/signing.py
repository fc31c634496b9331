"""The sandbox's end of the signed wire (RFC 9421, Ed25519), over the same library as the portal but not its code.

Requests: exactly ``@method @target-uri content-type content-digest`` and, when there, ``idempotency-key``; with
``created``, ``keyid``, ``nonce``, ``tag``. Answers: ``@status content-type content-digest`` and
the request's signature.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ED25519

MAX_AGE: Final = timedelta(seconds=300)
MAX_AHEAD: Final = timedelta(seconds=30)
_REQUEST: Final = ("@method", "@target-uri", "content-type", "content-digest")
_ANSWER: Final = ("@status", "content-type", "content-digest", '"signature";req')


class NotSigned(Exception):
    """The request does not prove that it comes from the portal."""


@dataclass(frozen=True, slots=True)
class Key:
    """A party's key: id and 32 raw private bytes."""

    keyid: str
    private: bytes = field(repr=False)

    def sign(self, text: bytes) -> bytes:
        """The bare Ed25519 signature of ``text``."""
        return Ed25519PrivateKey.from_private_bytes(self.private).sign(text)


@dataclass(frozen=True, slots=True)
class Message:
    """A request, as the library wants it."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Answer:
    status_code: int
    headers: dict[str, str]
    request: Message


class _Verifier(HTTPMessageVerifier):
    """Leaves the clock to us."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Nothing: see :func:`verify`."""


def verify(
    message: Message, body: bytes, *, keys: Mapping[str, bytes], tag: str, now: datetime
) -> tuple[str, str]:
    """The key id and the nonce of a request signed as agreed; header names are in lower case.

    Raises:
        NotSigned: it is not.
    """
    public = {keyid: Ed25519PublicKey.from_public_bytes(key) for keyid, key in keys.items()}
    verifier = _Verifier(
        signature_algorithm=ED25519,
        key_resolver=MappingKeyResolver(public_keys=public, private_keys={}),
    )
    try:
        (result,) = verifier.verify(message, max_age=None, expect_tag=tag, body=body)
    except (HTTPMessageSignaturesException, ValueError) as error:
        raise NotSigned(str(error)) from error
    wanted = {f'"{name}"' for name in _covered(message.headers)} | {'"@signature-params"'}
    nonce, created = result.nonce, result.parameters.get("created")
    if result.covered_components.keys() != wanted:
        raise NotSigned("other components than agreed are covered")
    if not isinstance(nonce, str) or not isinstance(created, int):
        raise NotSigned("nonce or created is missing")
    if not -MAX_AHEAD.total_seconds() <= now.timestamp() - created <= MAX_AGE.total_seconds():
        raise NotSigned("too old, or from the future")
    return str(result.parameters["keyid"]), nonce


def sign_request(message: Message, body: bytes, *, key: Key, tag: str, now: datetime) -> None:
    """Add digest and signature to the headers of ``message`` (in lower case)."""
    _signer(key).sign(
        message,
        key_id=key.keyid,
        created=now,
        nonce=secrets.token_urlsafe(18),
        tag=tag,
        label="sig",
        covered_component_ids=_covered(message.headers),
        body=body,
    )


def sign_answer(
    status: int,
    headers: dict[str, str],
    body: bytes,
    *,
    request: Message,
    key: Key,
    tag: str,
    now: datetime,
) -> None:
    """Add digest and signature to the headers of an answer to ``request``."""
    _signer(key).sign(
        _Answer(status, headers, request),
        key_id=key.keyid,
        created=now,
        tag=tag,
        label="sig",
        covered_component_ids=_ANSWER,
        body=body,
    )


def _covered(headers: Mapping[str, str]) -> tuple[str, ...]:
    return (*_REQUEST, "idempotency-key") if "idempotency-key" in headers else _REQUEST


def _signer(key: Key) -> HTTPMessageSigner:
    private = Ed25519PrivateKey.from_private_bytes(key.private)
    return HTTPMessageSigner(
        signature_algorithm=ED25519,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={key.keyid: private}),
    )
