"""Short signed texts that verify without us: compact JWS (RFC 7515) with Ed25519 (RFC 8037), keys as a JWK set."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from eid_portal.core import keys


def sign(content: Mapping[str, Any], *, purpose: str, kind: str) -> tuple[str, str]:
    """The content under the current key of a purpose, and that key's id; ``kind`` says what it is."""
    key_id, key = keys.signing_key(purpose)
    header = {"alg": "EdDSA", "kid": key_id, "typ": kind}
    text = f"{_encoded(header)}.{_encoded(content)}"
    return f"{text}.{_base64url(key.sign(text.encode()))}", key_id


def content_of(text: str) -> dict[str, Any]:
    """What a text of our own says; nothing is verified."""
    part = text.split(".")[1]
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content


def key_set(purpose: str) -> dict[str, Any]:
    """The public keys of a purpose, the announced one included, as a JWK set (RFC 7517)."""
    return {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "use": "sig",
                "alg": "EdDSA",
                "kid": key_id,
                "x": _base64url(base64.b64decode(public)),
            }
            for key_id, public in keys.public_keys(purpose).items()
        ]
    }


def _encoded(content: Mapping[str, Any]) -> str:
    """As JSON without blanks, letters as they are."""
    return _base64url(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
