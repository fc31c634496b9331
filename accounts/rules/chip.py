"""Passive authentication of an ID card's chip (ICAO Doc 9303-11 §5.1): is what DG1 and DG2 say what the State signed?

It proves that the data is genuine, not that the chip is the one it was written to: a clone holds the same bytes. So the
card is still compared with its holder's face and with the register.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from accounts.enums import ChipVerdict
from accounts.rules import scan

LONGEST_FILE: Final = 256 * 1024  # bytes; DG2 with its picture is some 20,000
LDS_SECURITY_OBJECT: Final = "2.23.136.1.1.1"  # ICAO Doc 9303-10 §4.6.2
# SHA-1 is not among them: it collides.
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
# In these words asn1crypto and cryptography say that bytes are none of theirs.
_NONE_OF_THEIRS: Final = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, UnsupportedAlgorithm,
    x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
)  # fmt: skip
_SOD, _DG1, _DG2 = 0x77, 0x61, 0x75  # tags of the files
_MRZ, _GROUP, _TEMPLATE = 0x5F1F, 0x7F61, 0x7F60
_BLOCKS: Final = (0x5F2E, 0x7F2E)
_JPEG, _JPEG2000 = b"\xff\xd8\xff", (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")


class _DataGroupHash(core.Sequence):  # type: ignore[misc] # no types
    _fields = [("number", core.Integer), ("value", core.OctetString)]


class _DataGroupHashes(core.SequenceOf):  # type: ignore[misc] # no types
    _child_spec = _DataGroupHash


class _SecurityObject(core.Sequence):  # type: ignore[misc] # no types
    """LDSSecurityObject (ICAO Doc 9303-10 §4.6.2.2)."""

    _fields = [
        ("version", core.Integer),
        ("hash_algorithm", algos.DigestAlgorithm),
        ("data_group_hash_values", _DataGroupHashes),
        ("lds_version_info", core.Any, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files the reader sent: machine-readable zone, face, and the document security object."""

    dg1: bytes = field(repr=False)
    dg2: bytes = field(repr=False)
    sod: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A country signing certificate of the trust store, and its revocation list; both DER."""

    certificate: bytes
    revocation_list: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """What came out. Only of a genuine chip are there a reading and a face."""

    verdict: ChipVerdict
    reading: scan.MrzReading | None = field(default=None, repr=False)
    face: bytes | None = field(default=None, repr=False)  # JPEG or JPEG 2000


class _Wrong(Exception):
    def __init__(self, verdict: ChipVerdict) -> None:
        super().__init__(verdict)
        self.verdict = verdict


def authenticate(files: Files, trusted: Sequence[Trusted], *, now: datetime) -> Chip:
    """Check the chip's files against the trust store. It never raises: whatever is wrong has a verdict."""
    try:
        _verify(files, trusted, now=now)
        reading, face = _mrz(files.dg1), _face(files.dg2)
    except _Wrong as wrong:
        return Chip(verdict=wrong.verdict)
    except _NONE_OF_THEIRS:
        return Chip(verdict=ChipVerdict.UNREADABLE)
    return Chip(verdict=ChipVerdict.GENUINE, reading=reading, face=face)


def name_of(content: bytes) -> str | None:
    """Which file this is, by its tag: "dg1", "dg2", "sod"; None for others."""
    return {_SOD: "sod", _DG1: "dg1", _DG2: "dg2"}.get(content[0]) if content else None


# --- The signature ------------------------------------------------------------------------------
def _verify(files: Files, trusted: Sequence[Trusted], *, now: datetime) -> None:
    if max(map(len, (files.dg1, files.dg2, files.sod))) > LONGEST_FILE:
        raise _Wrong(ChipVerdict.UNREADABLE)
    signed = _signed_data(files.sod)
    content = signed["encap_content_info"]
    if content["content_type"].dotted != LDS_SECURITY_OBJECT:
        raise _Wrong(ChipVerdict.UNREADABLE)
    payload: bytes = content["content"].contents
    signer_info = signed["signer_infos"][0]
    signer = x509.load_der_x509_certificate(_signer_certificate(signed, signer_info).dump())
    _check_chain(signer, trusted, now=now)
    _check_signature(signer, signer_info, payload)
    _check_hashes(files, _SecurityObject.load(payload, strict=True))


def _signed_data(sod: bytes) -> Any:
    tag, inner, rest = _tlv(sod)
    if tag != _SOD or rest.strip(b"\x00"):
        raise _Wrong(ChipVerdict.UNREADABLE)
    info = cms.ContentInfo.load(inner, strict=True)
    if info["content_type"].native != "signed_data":
        raise _Wrong(ChipVerdict.UNREADABLE)
    signed = info["content"]
    if len(signed["signer_infos"]) != 1:
        raise _Wrong(ChipVerdict.UNREADABLE)
    return signed


def _signer_certificate(signed: Any, signer_info: Any) -> asn1_x509.Certificate:
    """The document signer's certificate: it stands in the security object itself (ICAO Doc 9303-10 §4.6.2.1)."""
    wanted = signer_info["sid"]
    for choice in signed["certificates"]:
        certificate = choice.chosen
        if wanted.name == "issuer_and_serial_number":
            named = wanted.chosen
            if (
                certificate.serial_number == named["serial_number"].native
                and certificate.issuer.dump() == named["issuer"].dump()
            ):
                return certificate
        elif certificate.key_identifier == wanted.chosen.native:
            return certificate
    raise _Wrong(ChipVerdict.UNREADABLE)


def _check_chain(signer: x509.Certificate, trusted: Sequence[Trusted], *, now: datetime) -> None:
    named = False
    for one in trusted:
        country = x509.load_der_x509_certificate(one.certificate)
        if country.subject != signer.issuer:
            continue
        named = True
        try:
            signer.verify_directly_issued_by(country)
        except (InvalidSignature, ValueError, TypeError):
            continue
        if not _is_valid(country, now) or not _is_valid(signer, now):
            raise _Wrong(ChipVerdict.SIGNER_EXPIRED)
        if one.revocation_list is not None and _is_revoked(signer, country, one.revocation_list):
            raise _Wrong(ChipVerdict.SIGNER_REVOKED)
        if one.revocation_list is not None and not is_current(one.revocation_list, now=now):
            raise _Wrong(ChipVerdict.SIGNER_EXPIRED)
        return
    # Somebody wrote a trusted name on a certificate which that country did not sign.
    raise _Wrong(ChipVerdict.FORGED if named else ChipVerdict.UNKNOWN_COUNTRY_SIGNER)


def _is_valid(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def is_current(revocation_list: bytes, *, now: datetime) -> bool:
    """Whether the next list is not due yet: an old one cannot say that a signer was not revoked since.

    A country publishes one every 90 days at most (ICAO Doc 9303-12); a later one that never came is a doubt, no proof.
    """
    due = x509.load_der_x509_crl(revocation_list).next_update_utc
    return due is None or now <= due


def _is_revoked(signer: x509.Certificate, country: x509.Certificate, crl: bytes) -> bool:
    revoked = x509.load_der_x509_crl(crl)
    if not revoked.is_signature_valid(country.public_key()):  # type: ignore[arg-type] # of a certificate that signs
        raise _Wrong(ChipVerdict.UNKNOWN_COUNTRY_SIGNER)
    return revoked.get_revoked_certificate_by_serial_number(signer.serial_number) is not None


def _check_signature(signer: x509.Certificate, signer_info: Any, payload: bytes) -> None:
    """Over the signed attributes, which hold the hash of the payload (RFC 5652 §5.4)."""
    digest_name = signer_info["digest_algorithm"]["algorithm"].native
    if digest_name not in _HASHES:
        raise _Wrong(ChipVerdict.FORGED)
    attributes = {each["type"].native: each["values"] for each in signer_info["signed_attrs"]}
    said = attributes["message_digest"][0].native
    kind = attributes["content_type"][0].dotted
    digest = hashlib.new(digest_name, payload).digest()
    if kind != LDS_SECURITY_OBJECT or not hmac.compare_digest(said, digest):
        raise _Wrong(ChipVerdict.FORGED)
    signed = signer_info["signed_attrs"].untag().dump(force=True)
    signature = signer_info["signature"].native
    try:
        _verify_signature(signer.public_key(), signer_info, digest_name, signature, signed)
    except InvalidSignature:
        raise _Wrong(ChipVerdict.FORGED) from None


def _verify_signature(
    key: Any, signer_info: Any, digest_name: str, signature: bytes, signed: bytes
) -> None:
    algorithm = signer_info["signature_algorithm"]
    chosen = _HASHES[digest_name]()
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(chosen))
    elif isinstance(key, rsa.RSAPublicKey) and algorithm.signature_algo == "rsassa_pss":
        salt = algorithm["parameters"]["salt_length"].native
        key.verify(signature, signed, padding.PSS(padding.MGF1(chosen), salt), chosen)
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), chosen)
    else:
        raise _Wrong(ChipVerdict.UNREADABLE)


def _check_hashes(files: Files, listed: Any) -> None:
    name = listed["hash_algorithm"]["algorithm"].native
    if name not in _HASHES:
        raise _Wrong(ChipVerdict.FORGED)
    values = {
        each["number"].native: each["value"].native for each in listed["data_group_hash_values"]
    }
    for number, content in ((1, files.dg1), (2, files.dg2)):
        digest = hashlib.new(name, content).digest()
        if number not in values or not hmac.compare_digest(values[number], digest):
            raise _Wrong(ChipVerdict.ALTERED)


# --- The files ----------------------------------------------------------------------------------
def _mrz(dg1: bytes) -> scan.MrzReading:
    tag, inner, _rest = _tlv(dg1)
    found, zone, _rest = _tlv(inner)
    if (tag, found) != (_DG1, _MRZ):
        raise _Wrong(ChipVerdict.UNREADABLE)
    try:
        reading = scan.read(zone.decode("ascii"))
    except scan.ScanError:
        raise _Wrong(ChipVerdict.UNREADABLE) from None
    if not isinstance(reading, scan.MrzReading):
        raise _Wrong(ChipVerdict.UNREADABLE)
    return reading


def _face(dg2: bytes) -> bytes:
    """The picture in the first biometric template (ISO/IEC 19794-5 in ICAO Doc 9303-10 §4.7.2)."""
    tag, group, _rest = _tlv(dg2)
    outer, templates, _rest = _tlv(group)
    if (tag, outer) != (_DG2, _GROUP):
        raise _Wrong(ChipVerdict.UNREADABLE)
    while templates:
        found, inner, templates = _tlv(templates)
        if found != _TEMPLATE:
            continue
        while inner:
            kind, block, inner = _tlv(inner)
            if kind in _BLOCKS:
                return _picture(block)
    raise _Wrong(ChipVerdict.UNREADABLE)


def _picture(block: bytes) -> bytes:
    starts = [at for mark in (_JPEG, *_JPEG2000) if (at := block.find(mark)) >= 0]
    if block[:4] != b"FAC\x00" or not starts:
        raise _Wrong(ChipVerdict.UNREADABLE)
    return block[min(starts) :]


def _tlv(data: bytes) -> tuple[int, bytes, bytes]:
    """The first tag, its value and what follows (BER, ISO/IEC 7816-4 §5.2.2)."""
    size = 2 if data[0] & 0x1F == 0x1F else 1  # noqa: PLR2004 - a tag of two bytes
    tag, at = int.from_bytes(data[:size], "big"), size
    length = data[at]
    at += 1
    if length & 0x80:
        count = length & 0x7F
        if not 0 < count <= 3:  # noqa: PLR2004 - no file is that long
            raise ValueError("length")
        length = int.from_bytes(data[at : at + count], "big")
        at += count
    if len(data) < at + length:
        raise ValueError("cut off")
    return tag, data[at : at + length], data[at + length :]
