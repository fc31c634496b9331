"""Pictures that people send: opened with bounded memory and time, and the QR codes in them. Nothing of them is kept.

What a picture is, its content says, and how large, before anything is unpacked; what is unpacked is grey and small.
One at a time is unpacked in a process; past a short queue the gate sheds.
"""

import io
import re
import struct
from enum import StrEnum
from typing import Final

import zxingcpp
from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from eid_portal.core.passwords import Gate

LONGEST_SIDE: Final = 1600  # pixels of what is searched: a code on a tenth of it is still read
SCANS_MOST: Final = (
    16  # of a JPEG; one that is drawn in steps has about ten, and each costs as much as the picture
)
PARTS_MOST: Final = 10_000  # markers or chunks, which Pillow walks through in Python
# What is unpacked before it is made small: a JPEG of one scan a line at a time, the rest as a whole, WebP four times.
_PIXELS_MOST: Final = {"JPEG": 64_000_000, "PNG": 16_000_000, "WEBP": 9_000_000}
_PIXELS_IN_STEPS: Final = 16_000_000
_HEIF: Final = re.compile(rb"....ftyp(?:hei|hev|mif1|msf1|avi)", re.DOTALL)  # ISO/IEC 23008-12
# One with a length, or the end; the others stand in scans (ISO/IEC 10918-1 §B.1.1.3).
_MARKER: Final = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_CHUNK: Final = struct.Struct(">I4s")  # how long, and what; a check sum follows
_CHECK_SUM: Final = 4  # bytes
_FORMATS: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
_SCAN, _END = b"\xda", b"\xd9"
_WHITE: Final = 255

# Shorter than a process has threads, together with the queues for password hashes and documents.
gate = Gate(width=1, queue=2, patience=5.0)


class Flaw(StrEnum):
    """Why a picture is not read."""

    KIND = "kind"  # no JPEG, PNG or WebP
    HEIC = "heic"  # a phone's own format (HEIF, AVIF), which can save others
    MOVING = "moving"  # more than one picture after another
    PIXELS = "pixels"  # too many, or too many steps to draw them
    BROKEN = "broken"


class Unreadable(ValueError):
    """The picture is not read; ``flaw`` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


def qr_texts(content: bytes) -> list[str]:
    """The texts of the QR codes in a picture, each once.

    Raises:
        Unreadable: see ``Flaw``.
        Busy: too many pictures are being read.
    """
    with gate.entered():
        found = zxingcpp.read_barcodes(
            _grey(content),
            formats=_FORMATS,
            text_mode=zxingcpp.TextMode.Plain,
        )
    return list(dict.fromkeys(code.text for code in found))


def _grey(content: bytes) -> Image.Image:
    """The picture in grey on white, at most ``LONGEST_SIDE`` pixels long and wide."""
    try:
        picture, most = _opened(content)
        with picture:
            if picture.width * picture.height > most:
                raise Unreadable(Flaw.PIXELS)
            if getattr(picture, "is_animated", False):
                raise Unreadable(Flaw.MOVING)
            picture.draft("L", _fitting(picture.size))  # a JPEG is made small while it is unpacked
            plain = _on_white(picture).convert("L")
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error) as error:
        # What Pillow raises for content that is not as it says; where more should come, for instance.
        raise (error if isinstance(error, Unreadable) else Unreadable(Flaw.BROKEN)) from None
    if max(plain.size) > LONGEST_SIDE:
        plain = plain.resize(_fitting(plain.size), Image.Resampling.BOX)
    return plain


def _opened(content: bytes) -> tuple[ImageFile.ImageFile, int]:
    """The picture with its size known and nothing unpacked, and how many pixels may be."""
    if content.startswith(b"\xff\xd8\xff"):
        is_in_steps = _scans(content) > 1
        most = _PIXELS_IN_STEPS if is_in_steps else _PIXELS_MOST["JPEG"]
        return JpegImageFile(io.BytesIO(content)), most
    if content.startswith(_PNG):
        _count_chunks(content)
        return PngImageFile(io.BytesIO(content)), _PIXELS_MOST["PNG"]
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WebPImageFile(io.BytesIO(content)), _PIXELS_MOST["WEBP"]
    raise Unreadable(Flaw.HEIC if _HEIF.match(content) else Flaw.KIND)


def _scans(content: bytes) -> int:
    """How many scans a JPEG has; a small picture inside it for previews, or a film behind it, is not counted."""
    scans = parts = 0
    found = _MARKER.search(content, 2)
    while found and found[1] != _END:
        scans += found[1] == _SCAN
        parts += 1
        if scans > SCANS_MOST or parts > PARTS_MOST:
            raise Unreadable(Flaw.PIXELS)
        length = int.from_bytes(content[found.end() : found.end() + 2])
        found = _MARKER.search(content, found.end() + length)
    return scans


def _count_chunks(content: bytes) -> None:
    """Refuse a PNG of too many."""
    place = len(_PNG)
    for _part in range(PARTS_MOST):
        if place + _CHUNK.size > len(content):
            return
        length, name = _CHUNK.unpack_from(content, place)
        if name == b"IEND":
            return
        place += _CHUNK.size + length + _CHECK_SUM
    raise Unreadable(Flaw.PIXELS)


def _on_white(picture: Image.Image) -> Image.Image:
    """What is transparent as it looks on a page."""
    if not picture.has_transparency_data:
        return picture
    seen = picture.convert("LA")
    page = Image.new("L", seen.size, _WHITE)
    page.paste(seen.getchannel("L"), mask=seen.getchannel("A"))
    return page


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    """The size made to fit ``LONGEST_SIDE``; never larger, never nothing."""
    part = min(1.0, LONGEST_SIDE / max(size))
    return max(1, round(size[0] * part)), max(1, round(size[1] * part))
