"""PDF documents: drawn by typst as PDF/A-2a, and signed by us so that any PDF reader says whose they are (PAdES B-B).

Drawing and signing cost tens of milliseconds of a core, so one at a time is made in a process; past a short queue the
gate sheds. There is no trusted time in a signature: our time-stamp service does not speak RFC 3161.
"""

import io
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import typst
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko_certvalidator.registry import SimpleCertificateStore

from eid_portal.core import certificates, clock, keys
from eid_portal.core.passwords import Gate

# Shorter than a process has threads, together with the queue for password hashes.
gate = Gate(width=1, queue=3, patience=5.0)

# Hexadecimal digits for signature and certificates, which fill a third of them; else pyHanko signs twice to see.
_RESERVED: Final = 8192


class Undrawable(ValueError):
    """Some of the words hold a character that our fonts do not have."""


def draw(template: Path, values: Mapping[str, Any]) -> bytes:
    """A document from a template of ours; ``values`` reach it as data, so nothing in them is read as markup.

    Raises:
        Undrawable: see the class.
    """
    try:
        made: bytes = typst.compile(
            template,
            root=template.parent,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"copy": json.dumps(values, ensure_ascii=False)},
            pdf_standards=["a-2a"],
            timestamp=int(clock.now().timestamp()),
        )
    except typst.TypstError as error:
        if "could not be displayed" in error.message:
            raise Undrawable from None
        raise
    return made


def sign(document: bytes, *, reason: str) -> bytes:
    """The document with our signature over all of it; whatever is changed afterwards is seen."""
    key_id, material = keys.current(certificates.SIGNER)
    signed: io.BytesIO = _Certifier(
        signers.PdfSignatureMetadata(
            field_name="Signature",
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason=reason,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            cades_signed_attr_spec=CAdESSignedAttrSpec(),
        ),
        signer=_signer(key_id, material),
    ).sign_pdf(_Appender(io.BytesIO(document)), bytes_reserved=_RESERVED)
    return signed.getvalue()


class _Appender(IncrementalPdfFileWriter):
    """Appends the signature and nothing else: metadata rewritten by others would no longer be PDF/A's."""

    def _update_meta(self) -> None:
        """Leave it as typst wrote it."""


class _Certifier(signers.PdfSigner):
    """Declares PAdES alone: the extension for elliptic curves would make it PDF 2.0, which PDF/A-2 is not."""

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:
        """PAdES in PDF 1.7."""
        pdf_out.register_extension(ESIC_EXTENSION_1)


@lru_cache(maxsize=2)
def _signer(key_id: str, material: bytes) -> signers.SimpleSigner:
    """The signer of a key, with the certificates that a reader needs."""
    own = keys.certificates_of(certificates.SIGNER)[key_id]
    authorities = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    for der in keys.certificates_of(certificates.AUTHORITY).values():
        authority = asn1_x509.Certificate.load(der)
        if authority.subject == asn1_x509.Certificate.load(own).issuer:
            authorities.register(authority)
    private = certificates.private_key(material).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(own),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=authorities,
    )
