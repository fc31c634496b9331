"""Reads PDF documents as somebody who was given one does: by the published certificate, without the portal."""

import io
import re
from dataclasses import dataclass

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from eid_portal.core import keys


@dataclass(frozen=True)
class Verdict:
    """What a reader says of the one signature."""

    intact: bool
    valid: bool
    trusted: bool
    whole: bool


def verdict(document: bytes) -> Verdict:
    """By the authority the portal publishes, and no other."""
    (signature,) = PdfFileReader(io.BytesIO(document)).embedded_signatures
    roots = [x509.Certificate.load(der) for der in keys.certificates_of("document_ca").values()]
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    status = validate_pdf_signature(signature, context)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    return Verdict(status.intact, status.valid, status.trusted, whole)


def words(document: bytes) -> str:
    """What stands on the pages, as a reader that cannot see reads it."""
    found: list[str] = []
    for kid in PdfFileReader(io.BytesIO(document)).root["/Pages"]["/Kids"]:
        page = kid.get_object()
        maps = {
            name: _characters(font.get_object()["/ToUnicode"].data)
            for name, font in page["/Resources"]["/Font"].items()
        }
        font: dict[bytes, str] = {}
        text = page["/Contents"].data
        for name, shown in _TEXT.findall(text):
            if name:
                font = maps[name.decode()]
                continue
            found += [*(_read(glyphs, font) for glyphs in _GLYPHS.findall(shown)), " "]
    return re.sub(r"\s+", " ", "".join(found))


_STRING = rb"\((?:\\.|[^\\)])*\)|<[0-9A-Fa-f]*>"
_GLYPHS = re.compile(_STRING, re.DOTALL)
_TEXT = re.compile(rb"(/\w+) [\d.]+ Tf|\[((?:" + _STRING + rb"|[-\d. ])*)\] ?TJ", re.DOTALL)


def _characters(cmap: bytes) -> dict[bytes, str]:
    pairs = re.findall(rb"^<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>$", cmap, re.MULTILINE)
    return {
        bytes.fromhex(code.decode()): bytes.fromhex(said.decode()).decode("utf-16-be")
        for code, said in pairs
    }


def _read(glyphs: bytes, font: dict[bytes, str]) -> str:
    raw = bytes.fromhex(glyphs[1:-1].decode()) if glyphs[:1] == b"<" else _unescaped(glyphs[1:-1])
    return "".join(font.get(raw[at : at + 2], "�") for at in range(0, len(raw), 2))


_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _unescaped(text: bytes) -> bytes:
    return re.sub(
        rb"\\([0-7]{1,3}|.)",
        lambda m: bytes([int(m[1], 8)]) if m[1][:1].isdigit() else _ESCAPES.get(m[1], m[1]),
        text,
        flags=re.DOTALL,
    )
