"""Our own small certification authority: it vouches for the keys that documents are signed with.

Both are P-256 keys made from 32 bytes of the key file, where their certificates lie beside them. A key gets its
certificate when it is made, and keeps it: readers hold the authority's, and find the other in every signed document.
"""

import base64
import hashlib
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

AUTHORITY: Final = "document_ca"
SIGNER: Final = "document_signing"
# Ours: a copy of a paper is read for years, and a new signer is made long before the old one's end.
AUTHORITY_LASTS: Final = timedelta(days=20 * 365)
SIGNER_LASTS: Final = timedelta(days=5 * 365)
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_DOCUMENT_SIGNING: Final = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336


def private_key(material: bytes) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of 32 random bytes: 48 bytes from them, modulo the order (FIPS 186-5 A.2.1)."""
    wide = hashlib.shake_256(b"eid-p256\0" + material).digest(48)
    return ec.derive_private_key(int.from_bytes(wide) % (_ORDER - 1) + 1, ec.SECP256R1())


def complete(document: MutableMapping[str, Any], *, now: datetime) -> None:
    """Give every key of a key file that should have a certificate one; those that are there stay as they are."""
    for purpose in (AUTHORITY, SIGNER):
        kept = document[purpose].setdefault("certificates", {})
        for key_id, material in document[purpose]["keys"].items():
            if key_id not in kept:
                made = _issue(
                    document, purpose, key_id, private_key(base64.b64decode(material)), now
                )
                kept[key_id] = base64.b64encode(made.public_bytes(Encoding.DER)).decode()


def ends_at(certificate: bytes) -> datetime:
    """When a certificate (DER) ends."""
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc


def _issue(
    document: MutableMapping[str, Any],
    purpose: str,
    key_id: str,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    authority_id, authority = key_id, key
    if purpose == SIGNER:
        entry = document[AUTHORITY]
        authority_id = entry["current"]
        authority = private_key(base64.b64decode(entry["keys"][authority_id]))
    is_authority = purpose == AUTHORITY
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(key_id))
        .issuer_name(_name(authority_id))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))  # clocks differ
        .not_valid_after(now + (AUTHORITY_LASTS if is_authority else SIGNER_LASTS))
        .add_extension(
            x509.BasicConstraints(is_authority, 0 if is_authority else None), critical=True
        )
        .add_extension(_usage(is_authority=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
            critical=False,
        )
    )
    if not is_authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([_DOCUMENT_SIGNING]), critical=False)
    return builder.sign(authority, hashes.SHA256())


def _name(key_id: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "National e-ID portal"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"e-ID {key_id}"),
        ]
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
