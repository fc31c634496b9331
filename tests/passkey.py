"""A passkey in software: answers what a browser would, and can be told to answer wrongly."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from django.conf import settings

from accounts.enums import AuthenticatorKind
from accounts.models import Account, Authenticator, Passkey
from accounts.services import passkeys
from tests import factories

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Key(Protocol):
    """A private key of one of the kinds in use."""

    def cose(self) -> bytes:
        """The public half."""

    def sign(self, data: bytes) -> bytes:
        """A signature."""


class Es256:
    """ECDSA on P-256."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def cose(self) -> bytes:
        """The public half."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def sign(self, data: bytes) -> bytes:
        """A signature."""
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))


class EdDsa:
    """Ed25519."""

    def __init__(self) -> None:
        self.key = ed25519.Ed25519PrivateKey.generate()

    def cose(self) -> bytes:
        """The public half."""
        return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: self.key.public_key().public_bytes_raw()})

    def sign(self, data: bytes) -> bytes:
        """A signature."""
        return self.key.sign(data)


class Rs256:
    """RSA with PKCS#1 v1.5."""

    def __init__(self, bits: int = 2048) -> None:
        self.key = rsa.generate_private_key(65537, bits)

    def cose(self) -> bytes:
        """The public half."""
        numbers = self.key.public_key().public_numbers()
        n = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
        return cbor2.dumps({1: 3, 3: -257, -1: n, -2: b"\x01\x00\x01"})

    def sign(self, data: bytes) -> bytes:
        """A signature."""
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())


@dataclass
class SoftPasskey:
    """One credential; what it answers is JSON as ``PublicKeyCredential.toJSON`` makes it."""

    key: Key = field(default_factory=Es256)
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes = b""
    count: int = 0
    counts: bool = False  # passkeys that are synchronised never count
    flags: int = PRESENT | VERIFIED | ELIGIBLE | BACKED_UP
    rp_id: str = ""
    origin: str = ""

    def create(self, options: Mapping[str, Any], **client: Any) -> str:
        """What ``navigator.credentials.create`` brings."""
        self.user_handle = base64.urlsafe_b64decode(options["user"]["id"] + "==")
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._data(ATTESTED) + attested + self.key.cose()
        whole = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            self._client("webauthn.create", options, client),
            attestationObject=b64(whole),
            transports=["internal", "hybrid"],
        )

    def get(self, options: Mapping[str, Any], **client: Any) -> str:
        """What ``navigator.credentials.get`` brings."""
        self.count += self.counts
        said = self._client("webauthn.get", options, client)
        data = self._data()
        return self._answer(
            said,
            authenticatorData=b64(data),
            signature=b64(self.key.sign(data + sha256(said).digest())),
            userHandle=b64(self.user_handle),
        )

    def belongs_to(self, account: Account, **columns: Any) -> Authenticator:
        """Bind it without a browser."""
        self.user_handle = passkeys.user_handle(account)
        row = factories.make_authenticator(account, AuthenticatorKind.PASSKEY, **columns)
        Passkey.objects.create(
            authenticator=row,
            credential_id=self.credential_id,
            public_key=self.key.cose(),
            sign_count=self.count,
            backup_eligible=True,
            backed_up=False,
            transports=["internal"],
        )
        return row

    def _client(self, kind: str, options: Mapping[str, Any], changed: Mapping[str, Any]) -> bytes:
        said = {
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin or settings.PORTAL_URL,
            "crossOrigin": False,
        }
        return json.dumps(said | dict(changed)).encode()

    def _data(self, more: int = 0) -> bytes:
        name = self.rp_id or passkeys.rp_id()
        return (
            sha256(name.encode()).digest()
            + bytes([self.flags | more])
            + self.count.to_bytes(4, "big")
        )

    def _answer(self, client: bytes, **response: Any) -> str:
        name = b64(self.credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "clientExtensionResults": {},
                "authenticatorAttachment": "platform",
                "response": {"clientDataJSON": b64(client), **response},
            }
        )
