"""Files that people send, made safe to keep and to hand on: pictures become JPEGs of ours, PDFs are written anew.

What a file is, its content says. Of a PDF only what its pages are made of is written again: what lies before or behind
it or is reached from no page is gone, and so are metadata, forms and signatures. One that would do something when it
is opened, or brings other files along, is refused.

A PDF that is signed is kept as it came, or its signature would be worth nothing: if the signature is of these very
bytes, from the first to the last, and nothing in any of its revisions, reached from a page or not, is active. Who
signed it is for its reader to judge. What is signed in another way is written anew like any other. Nothing is kept that
is an archive as well.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from eid_portal.core import pictures

JPEG: Final = "image/jpeg"
PDF: Final = "application/pdf"
ENDINGS: Final = {JPEG: "jpg", PDF: "pdf"}
PAGES_MOST: Final = 200
OBJECTS_MOST: Final = 20_000  # of a PDF; each costs some tenths of a millisecond
LONGEST_NAME: Final = 80  # characters
_BEGINS: Final = b"%PDF-"
_ENDS: Final = re.compile(rb"%%EOF\s*\Z")
_END_IN: Final = 1024  # bytes before the end: white space may follow
_SIGNED: Final = b"/ByteRange"  # stands in the open: it says which bytes are signed
_HEXADECIMAL: Final = re.compile(rb"<[0-9A-Fa-f]*>")
_LINK: Final = re.compile(r"(https?://|mailto:|tel:|#)", re.IGNORECASE)
# What does something by itself, or holds what does (ISO 32000-2 §7.11, 12.6, 12.7.8, 13).
_ACTIVE_KEYS: Final = frozenset(
    {"/JS", "/JavaScript", "/AA", "/EF", "/RF", "/EmbeddedFiles", "/XFA", "/Collection", "/RichMediaContent"}
)  # fmt: skip
_ACTIONS: Final = frozenset(
    {
        "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/GoToR", "/GoToE", "/GoToDp",
        "/GoTo3DView", "/Rendition", "/Movie", "/Sound", "/Hide", "/SetOCGState", "/RichMediaExecute",
    }
)  # fmt: skip
_ACTIVE_PARTS: Final = frozenset(
    {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D", "/EmbeddedFile"}
)
# Of the catalogue: what would be wrong, or must not come along, once the pages are written anew.
_LEFT_OUT: Final = (
    "/AcroForm", "/AF", "/DSS", "/Extensions", "/Legal", "/Perms", "/SpiderInfo", "/Threads",
)  # fmt: skip
_ABOUT: Final = ("/Metadata", "/PieceInfo")  # of any part


_FILES: Final = ("/F", "/UF")  # words there are the path or address of a file that a reader fetches
_STRINGS: Final = (generic.TextStringObject, generic.ByteStringObject)


class Flaw(StrEnum):
    """Why a file is not taken; besides those of ``pictures.Flaw``."""

    EMPTY = "empty"
    KIND = "not_taken"  # no picture that is taken, and no PDF from its first byte to its last
    ACTIVE = "active"  # it would do something, or brings files along
    LOCKED = "locked"  # encrypted
    COMPLEX = "complex"  # too many pages or parts
    BROKEN = "broken_pdf"


class Unsafe(ValueError):
    """The file is not taken; ``code`` is a ``Flaw``'s or a ``pictures.Flaw``'s."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Safe:
    """A file as it is kept."""

    media_type: str  # JPEG or PDF
    content: bytes = field(repr=False)
    pages: int


def make_safe(content: bytes) -> Safe:
    """What was sent, as it may be kept.

    Raises:
        Unsafe: see the class.
        Busy: too many files are being read.
    """
    if not content:
        raise Unsafe(Flaw.EMPTY)
    if _BEGINS in content[:_END_IN]:  # other readers look that far
        with pictures.gate.entered():
            return _written_anew(content)
    try:
        return Safe(JPEG, pictures.jpeg(content), 1)
    except pictures.Unreadable as error:
        code = Flaw.KIND if error.flaw is pictures.Flaw.KIND else error.flaw
        raise Unsafe(code) from None


def plain_name(name: str, media_type: str) -> str:
    """A name to show: without path, control and direction characters, not too long, with the ending of what it is."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(each if each.isprintable() else " " for each in last)
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}\Z", "", " ".join(seen.split()).strip(". "))[:LONGEST_NAME]
    return f"{stem.strip('. ') or 'file'}.{ENDINGS[media_type]}"


def _written_anew(content: bytes) -> Safe:
    """A PDF of the same pages.

    Raises:
        Unsafe: see the class.
    """
    if not content.startswith(_BEGINS) or not _ENDS.search(content[-_END_IN:]):
        raise Unsafe(Flaw.KIND)
    try:
        safe = _copied(PdfFileReader(io.BytesIO(content), strict=False))
    except Unsafe:
        raise
    except Exception:  # noqa: BLE001 - a reader written in Python meets bytes that say anything
        raise Unsafe(Flaw.BROKEN) from None
    kept = Safe(PDF, content, safe.pages) if _is_signed_and_still(content) else safe
    if zipfile.is_zipfile(io.BytesIO(kept.content)):
        raise Unsafe(Flaw.KIND)
    return kept


def _is_signed_and_still(content: bytes) -> bool:
    """Whether it is signed from its first byte to its last, and nothing in it would do anything."""
    if _SIGNED not in content:
        return False
    try:
        # A strict reader finds things where the file says they are, as every other does.
        reader = PdfFileReader(io.BytesIO(content), strict=True)
        signatures = reader.embedded_regular_signatures
        if not signatures or reader.xrefs.hybrid_xrefs_present:
            return False
        if not all(_is_intact(each) for each in signatures):
            return False
        is_whole = _covers(signatures[-1], content) and not zipfile.is_zipfile(io.BytesIO(content))
        return is_whole and not any(map(_is_active, _all_parts(reader)))
    except Exception:  # noqa: BLE001 - as above: what cannot be read so is written anew
        return False


def _is_intact(signature: EmbeddedPdfSignature) -> bool:
    """Whether what it signs is what was signed, by the key of the certificate that comes with it."""
    is_same, is_valid = validate_sig_integrity(
        signature.signer_info, signature.signer_cert, "data", signature.compute_digest()
    )
    return bool(is_same and is_valid)


def _covers(signature: EmbeddedPdfSignature, content: bytes) -> bool:
    """Whether it signs all but itself."""
    begin, before, after, rest = map(int, signature.byte_range)
    return (
        begin == 0
        and after + rest == len(content)
        and len(signature.pkcs7_content) * 2 + 2 == after - before
        and _HEXADECIMAL.fullmatch(content, before, after) is not None
    )


def _all_parts(reader: PdfFileReader) -> Iterator[generic.DictionaryObject]:
    """Every dictionary of every revision, reached from the catalogue or not.

    Raises:
        Unsafe: there are too many.
    """
    count = 0
    for revision in range(reader.xrefs.total_revisions):
        for place in reader.xrefs.explicit_refs_in_revision(revision):
            waiting: list[Any] = [reader.get_object(place, revision=revision)]  # type: ignore[no-untyped-call] # pyhanko
            while waiting:
                count += 1
                if count > OBJECTS_MOST * 10:
                    raise Unsafe(Flaw.COMPLEX)
                each = waiting.pop()
                if isinstance(each, generic.DictionaryObject):
                    yield each
                    waiting += dict.values(each)
                elif isinstance(each, generic.ArrayObject):
                    waiting += list.__iter__(each)


def _is_active(part: generic.DictionaryObject) -> bool:
    try:
        _check(part)
    except Unsafe:
        return True
    return "/CO" in part and "/Fields" in part  # a form that works things out


def _copied(reader: PdfFileReader) -> Safe:
    if "/Encrypt" in reader.trailer:
        raise Unsafe(Flaw.LOCKED)
    for name in _LEFT_OUT:
        if name == "/AcroForm":
            _check_form(reader)
        reader.root.pop(name, None)
    pages = sum(_check(each) for each in _parts(reader))
    if not pages or not isinstance(reader.root["/Pages"], generic.DictionaryObject):
        raise Unsafe(Flaw.BROKEN)
    if pages > PAGES_MOST:
        raise Unsafe(Flaw.COMPLEX)
    written = io.BytesIO()
    copy_into_new_writer(reader).write(written)  # type: ignore[no-untyped-call] # pyhanko
    return Safe(PDF, written.getvalue(), pages)


def _check_form(reader: PdfFileReader) -> None:
    """What is filled in is drawn on the pages; a form of another kind, or one that works things out, is refused."""
    form = _value(reader.root, "/AcroForm")
    if isinstance(form, generic.DictionaryObject) and {"/XFA", "/CO"} & form.keys():
        raise Unsafe(Flaw.ACTIVE)


def _parts(reader: PdfFileReader) -> Iterator[generic.DictionaryObject]:
    """Every dictionary that is reached from the catalogue, once."""
    waiting: list[Any] = [reader.root]
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        each = waiting.pop()
        count += 1
        if count > OBJECTS_MOST * 10 or len(seen) > OBJECTS_MOST:
            raise Unsafe(Flaw.COMPLEX)
        if isinstance(each, generic.IndirectObject):
            place = (each.idnum, each.generation)
            if place not in seen:
                seen.add(place)
                waiting.append(each.get_object())  # type: ignore[no-untyped-call] # pyhanko
        elif isinstance(each, generic.DictionaryObject):
            for name in _ABOUT:
                each.pop(name, None)
            yield each
            waiting += dict.values(each)
        elif isinstance(each, generic.ArrayObject):
            waiting += list.__iter__(each)


def _check(part: generic.DictionaryObject) -> bool:
    """Refuse what is active. Returns whether it is a page."""
    kind, part_kind, action = (str(_value(part, name)) for name in ("/Type", "/Subtype", "/S"))
    if (
        part.keys() & _ACTIVE_KEYS
        or {kind, part_kind} & _ACTIVE_PARTS
        or action in _ACTIONS
        or (action == "/URI" and not _LINK.match(str(_value(part, "/URI"))))
        or (isinstance(part, generic.StreamObject) and "/F" in part)  # its content lies elsewhere
        or any(isinstance(_value(part, name), _STRINGS) for name in _FILES)
    ):
        raise Unsafe(Flaw.ACTIVE)
    return kind == "/Page"


def _value(part: generic.DictionaryObject, name: str) -> Any:
    """What an entry is worth, wherever it stands; "" if there is none. ``get`` would give the place."""
    try:
        return part[name]
    except KeyError:
        return ""
