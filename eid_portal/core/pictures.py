"""Pictures that people send: opened with bounded memory and time, to read QR codes in them or to make one of our own.

What a picture is, its content says, and how large, before anything is unpacked; what is unpacked is small, and grey
where its colours do not matter. One at a time is unpacked in a process; past a short queue the gate sheds.
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
KEPT_SIDE: Final = 4000  # pixels of what is kept: more than a sheet of A4 at 300 dots an inch
KEPT_QUALITY: Final = 85  # of a JPEG: small print stays readable
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
_COLOURS_MOST: Final = 16_000_000  # pixels that are unpacked in colour
_SHRINKS: Final = (1, 2, 4, 8)  # by which a JPEG can be made small while it is unpacked
_ORIENTATION: Final = 0x0112  # of Exif: how the camera was held
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow raises for content that is not as it says; where more should come, for instance.
_FAULTS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
)

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


def jpeg(content: bytes) -> bytes:
    """The picture as a JPEG of our own: upright, on white, ``KEPT_SIDE`` pixels at most, and nothing else in it.

    Raises:
        Unreadable: see ``Flaw``.
        Busy: too many pictures are being read.
    """
    with gate.entered():
        plain = _coloured(content)
        kept = io.BytesIO()
        plain.save(kept, "JPEG", quality=KEPT_QUALITY, optimize=True)
    return kept.getvalue()


def _grey(content: bytes) -> Image.Image:
    """The picture in grey on white, at most ``LONGEST_SIDE`` pixels long and wide."""
    try:
        with _opened(content) as picture:
            # A JPEG is made small while it is unpacked.
            picture.draft("L", _fitting(picture.size, LONGEST_SIDE))
            plain = _on_white(picture, "L")
    except _FAULTS as error:
        raise (error if isinstance(error, Unreadable) else Unreadable(Flaw.BROKEN)) from None
    if max(plain.size) > LONGEST_SIDE:
        plain = plain.resize(_fitting(plain.size, LONGEST_SIDE), Image.Resampling.BOX)
    return plain


def _coloured(content: bytes) -> Image.Image:
    """The picture in colours on white, upright, at most ``KEPT_SIDE`` pixels long and wide; nothing comes along."""
    try:
        with _opened(content) as picture:
            area = picture.width * picture.height
            by = next((by for by in _SHRINKS if area <= _COLOURS_MOST * by * by), _SHRINKS[-1])
            if by > 1:
                picture.draft("RGB", (picture.width // by, picture.height // by))
            turn = _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
            plain = _on_white(picture, "RGB")
    except _FAULTS as error:
        raise (error if isinstance(error, Unreadable) else Unreadable(Flaw.BROKEN)) from None
    if max(plain.size) > KEPT_SIDE:
        plain = plain.resize(_fitting(plain.size, KEPT_SIDE), Image.Resampling.LANCZOS)
    plain = plain.transpose(turn) if turn is not None else plain
    plain.info = {}  # comments, for one, would be written again
    return plain


def _opened(content: bytes) -> ImageFile.ImageFile:
    """The one picture, with its size known and nothing unpacked.

    Raises:
        Unreadable: it is none, moves, or has more pixels than are unpacked.
    """
    picture, most = _recognised(content)
    if picture.width * picture.height > most:
        raise Unreadable(Flaw.PIXELS)
    if getattr(picture, "is_animated", False):
        raise Unreadable(Flaw.MOVING)
    return picture


def _recognised(content: bytes) -> tuple[ImageFile.ImageFile, int]:
    """The picture, and how many pixels may be unpacked."""
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


def _on_white(picture: Image.Image, mode: str) -> Image.Image:
    """What is transparent as it looks on a page; ``mode`` is L or RGB."""
    if picture.mode.startswith("I"):  # 16 bits a pixel, of which the upper ones are seen
        picture = picture.point(lambda value: value / 256).convert("L")
    if not picture.has_transparency_data:
        return picture.convert(mode)
    seen = picture.convert("LA" if mode == "L" else "RGBA")
    page = Image.new(mode, seen.size, "white")
    page.paste(seen.convert(mode), mask=seen.getchannel("A"))
    return page


def _fitting(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """The size made to fit ``longest``; never larger, never nothing."""
    part = min(1.0, longest / max(size))
    return max(1, round(size[0] * part)), max(1, round(size[1] * part))
