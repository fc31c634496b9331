"""Codes are read from pictures as phones make them, and nothing that is sent instead costs much or is a fault."""

import io
import secrets
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import segno
from PIL import Image, ImageEnhance, ImageFilter

from eid_portal.core import pictures
from eid_portal.core.errors import Busy
from eid_portal.core.passwords import Gate
from eid_portal.core.pictures import Flaw, Unreadable, qr_texts
from tests.payments.pictures import code, framed, saved

TEXT = "00020101021238540010A00000072701240006970418011001000000990208QRIBFTTA6304ABCD"


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with the size it says and whatever chunks."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    made = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", head), *chunks, (b"IEND", b"")):
        made += struct.pack(">I", len(body)) + name + body
        made += struct.pack(">I", zlib.crc32(name + body))
    return made


def _flaw(content: bytes) -> Flaw:
    with pytest.raises(Unreadable) as refused:
        qr_texts(content)
    return refused.value.flaw


# --- What is read ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "changed",
    [
        lambda picture: picture,
        lambda picture: picture.rotate(33, expand=True, fillcolor="white"),
        lambda picture: picture.rotate(180),
        lambda picture: picture.filter(ImageFilter.GaussianBlur(5)),
        lambda picture: picture.resize((180, 180), Image.Resampling.LANCZOS),
        lambda picture: ImageEnhance.Brightness(picture).enhance(0.15),
        lambda picture: framed(picture, (4032, 3024), share=0.15),
        lambda picture: framed(picture, (1080, 2400), share=0.3),
        lambda picture: Image.eval(picture, lambda value: 255 - value),
    ],
    ids=["as drawn", "rotated", "upside down", "blurred", "small", "dark", "in a photo", "in a screenshot", "inverted"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_code_is_read_as_phones_see_it(
    changed: Callable[[Image.Image], Image.Image], kind: str
) -> None:
    picture = changed(code(TEXT))
    if kind == "WEBP" and picture.width * picture.height > 9_000_000:
        picture = picture.resize((picture.width // 2, picture.height // 2))
    assert qr_texts(saved(picture, kind)) == [TEXT]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_a_code_is_read_in_every_kind_of_colour(mode: str) -> None:
    grey = code(TEXT).convert("L")
    if mode == "I;16":
        deep = b"".join(bytes((value, value)) for value in grey.tobytes())
        drawn = Image.frombytes("I;16", grey.size, deep)
    else:
        drawn = grey.convert(mode)
    assert qr_texts(saved(drawn, "JPEG" if mode == "CMYK" else "PNG")) == [TEXT]


def test_black_on_nothing_is_read_as_black_on_white() -> None:
    ink = code(TEXT).convert("L").point(lambda value: 255 - value)
    clear = Image.new("RGBA", ink.size)
    clear.putalpha(ink)
    assert qr_texts(saved(clear, "PNG")) == [TEXT]


def test_a_jpeg_in_steps_or_with_more_behind_it_is_read() -> None:
    picture = code(TEXT)
    assert qr_texts(saved(picture, "JPEG", progressive=True)) == [TEXT]
    film = (
        saved(picture, "JPEG") + b"\xff\xda\xff\xda" * 50_000
    )  # as phones put behind a live photo
    assert qr_texts(film) == [TEXT]
    pair = io.BytesIO()  # a picture and its brighter self, as phones save them
    picture.save(pair, "MPO", save_all=True, append_images=[picture.resize((200, 200))])
    assert qr_texts(pair.getvalue()) == [TEXT]


def test_each_code_is_told_once() -> None:
    side = code(TEXT)
    for other, expected in ((side, [TEXT]), (code("other"), [TEXT, "other"])):
        page = Image.new("RGB", (side.width + other.width, side.height), "white")
        page.paste(side, (0, 0))
        page.paste(other, (side.width, 0))
        assert sorted(qr_texts(saved(page, "PNG"))) == sorted(expected)
    assert qr_texts(saved(Image.new("RGB", (600, 400), "white"), "PNG")) == []


# --- What is not -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (b"", Flaw.KIND),
        (b"hello", Flaw.KIND),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Flaw.KIND),
        (b"%PDF-1.7\n" + saved(Image.new("L", (9, 9)), "JPEG"), Flaw.KIND),
        (saved(Image.new("L", (9, 9)), "GIF"), Flaw.KIND),
        (saved(Image.new("L", (9, 9)), "TIFF"), Flaw.KIND),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", Flaw.HEIC),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1", Flaw.HEIC),
        (_png(50_000, 50_000), Flaw.PIXELS),
        (_png(2**31 - 1, 1), Flaw.PIXELS),
        (_png(4001, 4000, (b"IDAT", zlib.compress(b"\0" * 100))), Flaw.PIXELS),
        (_png(0, 9), Flaw.BROKEN),
        (_png(9, 9), Flaw.BROKEN),
        (_png(9, 9, (b"IDAT", b"no stream")), Flaw.BROKEN),
        (_png(9, 9, *[(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 2_000_000))] * 3), Flaw.BROKEN),
        (b"\xff\xd8\xff", Flaw.BROKEN),
        (b"RIFF\xff\xff\xff\xffWEBPVP8X", Flaw.BROKEN),
    ],
)  # fmt: skip
def test_something_else_is_refused_by_what_is_in_it(content: bytes, flaw: Flaw) -> None:
    assert _flaw(content) == flaw


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_moves_is_refused(kind: str) -> None:
    film = io.BytesIO()
    code(TEXT).save(film, kind, save_all=True, append_images=[code(TEXT).rotate(90)])
    assert _flaw(film.getvalue()) == Flaw.MOVING


@pytest.mark.parametrize(
    ("kind", "size", "options"),
    [
        ("JPEG", (8200, 8000), {}),
        ("JPEG", (4100, 4000), {"progressive": True}),
        ("PNG", (4100, 4000), {}),
        ("WEBP", (3100, 3000), {}),
    ],
)
def test_a_picture_that_would_fill_the_memory_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch, kind: str, size: tuple[int, int], options: dict[str, Any]
) -> None:
    content = saved(Image.new("L", size), kind, **options)
    monkeypatch.setattr(pictures, "_on_white", lambda _picture: pytest.fail("unpacked"))
    assert _flaw(content) == Flaw.PIXELS


def test_a_jpeg_of_many_scans_is_not_unpacked() -> None:
    whole = saved(code(TEXT), "JPEG", progressive=True)
    scan = whole.rindex(b"\xff\xda")
    assert qr_texts(whole)
    for between in (b"", b"\xff\x01", b"\xff\xfe\x00\x04\xff\xd9", b"\xff\xff\xff"):
        many = whole[:scan] + (between + whole[scan:-2]) * 20 + b"\xff\xd9"
        assert _flaw(many) == Flaw.PIXELS


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff\xe0\x00\x02" + b"\xff\xe1\x00\x02" * 20_000,
        _png(50, 50, *[(b"abCd", b"")] * 20_000),
        _png(50, 50, *[(b"IDAT", b"")] * 20_000),
    ],
    ids=["markers", "chunks", "pieces of data"],
)
def test_a_picture_of_countless_parts_is_not_opened(
    monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    for name in ("JpegImageFile", "PngImageFile"):
        monkeypatch.setattr(pictures, name, lambda _file: pytest.fail("opened"))
    assert _flaw(content) == Flaw.PIXELS


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_cut_or_damaged_picture_is_an_answer(kind: str) -> None:
    whole = saved(framed(code(TEXT), (700, 500), share=0.5), kind)
    for length in range(12, len(whole) - 20, max(1, len(whole) // 60)):
        assert _flaw(whole[:length]) == Flaw.BROKEN
    answers = set[Any]()
    for _time in range(300):
        damaged = bytearray(whole)
        for _byte in range(1 + secrets.randbelow(8)):
            damaged[12 + secrets.randbelow(min(len(whole), 900) - 12)] = secrets.randbelow(256)
        try:
            answers.add(bool(qr_texts(bytes(damaged))))
        except Unreadable as refused:
            answers.add(refused.flaw)
    assert Flaw.BROKEN in answers


def test_past_a_short_queue_the_gate_sheds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "gate", Gate(width=0, queue=0))
    with pytest.raises(Busy):
        qr_texts(saved(code(TEXT), "PNG"))


def test_codes_of_other_kinds_are_none() -> None:
    small = io.BytesIO()
    segno.make("123", micro=True).save(small, kind="png", scale=20)
    assert qr_texts(small.getvalue()) == []
