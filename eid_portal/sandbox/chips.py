"""What the chip of an ID card holds (ICAO Doc 9303-10, -11), signed by a State that the sandbox plays."""
# ruff: noqa: PLR2004 - lengths and tags are numbers

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from PIL import Image

from eid_portal.sandbox import photo

DAY = timedelta(days=1)
LDS_SECURITY_OBJECT: Final = "2.23.136.1.1.1"  # ICAO Doc 9303-10 §4.6.2


class _DataGroupHash(core.Sequence):  # type: ignore[misc] # no types
    _fields = [("number", core.Integer), ("value", core.OctetString)]


class _DataGroupHashes(core.SequenceOf):  # type: ignore[misc] # no types
    _child_spec = _DataGroupHash


class SecurityObject(core.Sequence):  # type: ignore[misc] # no types
    """LDSSecurityObject (ICAO Doc 9303-10 §4.6.2.2)."""

    _fields = [
        ("version", core.Integer),
        ("hash_algorithm", algos.DigestAlgorithm),
        ("data_group_hash_values", _DataGroupHashes),
        ("lds_version_info", core.Any, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True)
class Files:
    """The files a reader sends."""

    dg1: bytes
    dg2: bytes
    sod: bytes


def tlv(tag: int, value: bytes) -> bytes:
    """A tag, its length and its value."""
    head = tag.to_bytes(2 if tag > 0xFF else 1, "big")
    size = len(value)
    if size < 0x80:
        return head + bytes([size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return head + bytes([0x80 | len(length)]) + length + value


def picture(number: str, form: str = "JPEG") -> bytes:
    """The face of a made-up person, as JPEG or JPEG2000."""
    held = io.BytesIO()
    Image.open(io.BytesIO(photo.png(number))).convert("RGB").save(held, form)
    return held.getvalue()


def dg1(zone: str) -> bytes:
    """The file with the machine-readable zone."""
    return tlv(0x61, tlv(0x5F1F, zone.encode()))


def dg2(face: bytes) -> bytes:
    """The file with the face."""
    record = b"FAC\x00" + b"010\x00" + bytes(42) + face
    template = tlv(0x7F60, tlv(0xA1, b"\x80\x02\x01\x01") + tlv(0x5F2E, record))
    return tlv(0x75, tlv(0x7F61, tlv(0x02, b"\x01") + template))


def _certificate(
    subject: str, key: Any, issuer: str, issuer_key: Any, since: datetime, until: datetime, *, is_ca: bool
) -> x509.Certificate:  # fmt: skip
    named, by = (
        x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.COMMON_NAME, common),
            ]
        )
        for common in (subject, issuer)
    )
    return (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def new_key(kind: str = "ec") -> Any:
    """A key of a signer."""
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class State:
    """A country signer and a document signer of its."""

    country: x509.Certificate
    country_key: Any
    signer: x509.Certificate
    signer_key: Any

    @property
    def certificate(self) -> bytes:
        """The country signer's certificate, DER."""
        return self.country.public_bytes(serialization.Encoding.DER)

    def revocation_list(self, *, now: datetime) -> bytes:
        """A list, DER, that revokes the document signer."""
        revoked = (
            x509.RevokedCertificateBuilder()
            .serial_number(self.signer.serial_number)
            .revocation_date(now - DAY)
            .build()
        )
        crl = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.country.subject)
            .last_update(now - DAY)
            .next_update(now + 30 * DAY)
            .add_revoked_certificate(revoked)
            .sign(self.country_key, hashes.SHA256())
        )
        return crl.public_bytes(serialization.Encoding.DER)

    def files(self, zone: str, face: bytes | None = None, **how: Any) -> Files:
        """The files of a chip this State signed; ``zone`` are the 90 characters of the card's back."""
        one, two = dg1(zone), dg2(face or picture(zone[15:27]))
        return Files(dg1=one, dg2=two, sod=self.sod(one, two, **how))

    def sod(
        self, one: bytes, two: bytes, *, digest: str = "sha256", pss: bool = False, key: Any = None
    ) -> bytes:
        """The security object over the two files; ``key`` signs instead of the document signer's."""
        listed = SecurityObject(
            {
                "version": 0,
                "hash_algorithm": {"algorithm": digest},
                "data_group_hash_values": [
                    {"number": n, "value": hashlib.new(digest, each).digest()}
                    for n, each in ((1, one), (2, two))
                ],
            }
        ).dump()
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": [LDS_SECURITY_OBJECT]},
                {"type": "message_digest", "values": [hashlib.new(digest, listed).digest()]},
            ]
        )
        signing = key or self.signer_key
        chosen = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512(), "sha1": hashes.SHA1()}[  # noqa: S303 - which the portal refuses
            digest
        ]
        text = attributes.dump()
        if isinstance(signing, ec.EllipticCurvePrivateKey):
            signature = signing.sign(text, ec.ECDSA(chosen))
            algorithm: Any = {"algorithm": f"{digest}_ecdsa"}
        elif pss:
            size = chosen.digest_size
            signature = signing.sign(text, padding.PSS(padding.MGF1(chosen), size), chosen)
            algorithm = {
                "algorithm": "rsassa_pss",
                "parameters": algos.RSASSAPSSParams(
                    {
                        "hash_algorithm": {"algorithm": digest},
                        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": digest}},
                        "salt_length": size,
                    }
                ),
            }  # fmt: skip
        else:
            signature = signing.sign(text, padding.PKCS1v15(), chosen)
            algorithm = {"algorithm": f"{digest}_rsa"}
        certificate = asn1_x509.Certificate.load(
            self.signer.public_bytes(serialization.Encoding.DER)
        )
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": digest}],
                "encap_content_info": {
                    "content_type": LDS_SECURITY_OBJECT,
                    "content": core.ParsableOctetString(listed),
                },
                "certificates": [certificate],
                "signer_infos": [
                    {
                        "version": "v1",
                        "sid": cms.SignerIdentifier(
                            {
                                "issuer_and_serial_number": {
                                    "issuer": certificate.issuer,
                                    "serial_number": certificate.serial_number,
                                }
                            }
                        ),
                        "digest_algorithm": {"algorithm": digest},
                        "signed_attrs": attributes,
                        "signature_algorithm": algorithm,
                        "signature": signature,
                    }
                ],
            }
        )
        info = cms.ContentInfo({"content_type": "signed_data", "content": signed})
        return tlv(0x77, info.dump())


def new_state(
    name: str = "CSCA Viet Nam (sandbox)",
    *,
    now: datetime,
    kind: str = "ec",
    signer_since: datetime | None = None,
    signer_until: datetime | None = None,
    by: "State | None" = None,
) -> State:
    """A State with fresh keys, or another document signer of the State ``by``."""
    country_key, signer_key = by.country_key if by else new_key(kind), new_key(kind)
    country = (
        by.country
        if by
        else _certificate(
            name, country_key, name, country_key, now - 100 * DAY, now + 3650 * DAY, is_ca=True
        )
    )
    signer = _certificate(
        "Document Signer 1", signer_key, name, country_key,
        signer_since or now - 10 * DAY, signer_until or now + 1000 * DAY, is_ca=False,
    )  # fmt: skip
    return State(country, country_key, signer, signer_key)


# --- Kept between starts ------------------------------------------------------------------------
def load(folder: Path, *, now: datetime) -> State:
    """The sandbox's State: made at the first call, kept beside its other keys."""
    kept = folder / "state.pem"
    if not kept.exists():
        state = new_state(now=now)
        parts = [
            *(
                each.public_bytes(serialization.Encoding.PEM)
                for each in (state.country, state.signer)
            ),
            *(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
                for key in (state.country_key, state.signer_key)
            ),
        ]
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(".new")
        fresh.write_bytes(b"\0".join(parts))
        fresh.chmod(0o600)
        fresh.replace(kept)
    country, signer, country_key, signer_key = kept.read_bytes().split(b"\0")
    return State(
        x509.load_pem_x509_certificate(country),
        serialization.load_pem_private_key(country_key, None),
        x509.load_pem_x509_certificate(signer),
        serialization.load_pem_private_key(signer_key, None),
    )


def card_files(state: State, zone: str, outcome: str, *, now: datetime) -> Files:
    """The files of one card's chip; ``outcome`` is one of ``OUTCOMES``."""
    genuine = state.files(zone)
    match outcome:
        case "altered":
            other = picture("001300000099")
            return Files(genuine.dg1, dg2(other), genuine.sod)
        case "forged":
            return Files(
                genuine.dg1, genuine.dg2, state.sod(genuine.dg1, genuine.dg2, key=new_key())
            )
        case "expired signer":
            late = new_state(now=now, signer_since=now - 30 * DAY, signer_until=now - DAY, by=state)
            return late.files(zone)
        case "unknown country signer":
            return new_state("CSCA of nowhere", now=now).files(zone)
        case _:
            return genuine


OUTCOMES: Final = ("genuine", "altered", "forged", "expired signer", "unknown country signer")
