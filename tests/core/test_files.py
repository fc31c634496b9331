"""Files from people are kept as pictures and PDFs of our own making, and what could harm its reader is refused."""

import io
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import typst
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer
from pyhanko.sign.validation.status import SignatureCoverageLevel

from eid_portal.core import files, pictures
from eid_portal.core import pdf as portal_pdf

Name, Text, Dict, Array = (
    generic.pdf_name,
    generic.pdf_string,
    generic.DictionaryObject,
    generic.ArrayObject,
)


def pdf(pages: int = 1) -> bytes:
    """As programs write one."""
    text = '#link("https://example.vn")[Hợp đồng]'
    made: bytes = typst.compile(
        "\n#pagebreak()\n".join([text] * pages).encode(), format="pdf", ignore_system_fonts=True
    )
    return made


def changed(**root: Any) -> bytes:
    """A PDF with more in its catalogue."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf())))
    for name, value in root.items():
        writer.root[Name("/" + name)] = writer.add_object(value)
    return _bytes(writer)


def _bytes(writer: PdfFileWriter) -> bytes:
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **how: Any) -> bytes:
    made = io.BytesIO()
    image = Image.new("RGB", size, (200, 30, 30))
    image.paste((30, 30, 200), (0, 0, size[0] // 2, size[1]))  # the left half is blue
    image.save(made, kind, **how)
    return made.getvalue()


def _code(content: bytes) -> str:
    with pytest.raises(files.Unsafe) as refused:
        files.make_safe(content)
    return refused.value.code


# --- Pictures --------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_jpeg_of_ours(kind: str) -> None:
    safe = files.make_safe(picture(kind))

    with Image.open(io.BytesIO(safe.content)) as kept:
        assert (kept.format, kept.size) == ("JPEG", (60, 40))
    assert (safe.media_type, safe.pages) == (files.JPEG, 1)


def test_what_a_camera_writes_about_a_picture_goes_and_its_turn_is_carried_out() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: turn right
    exif[0x010E] = "at home, Hoa Mẫu 99"
    sent = picture(exif=exif, comment=b"a secret", icc_profile=b"x" * 200)

    kept = files.make_safe(sent).content

    assert b"secret" in sent
    assert b"Exif" in sent
    assert not any(word in kept for word in (b"secret", b"Exif", b"Hoa", b"ICC_PROFILE"))
    with Image.open(io.BytesIO(kept)) as turned:
        assert turned.size == (40, 60)
        red, _green, blue = turned.convert("RGB").getpixel((20, 5))  # type: ignore[misc]
        assert blue > red  # what was left is on top


def test_what_is_transparent_is_white() -> None:
    made = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(made, "PNG")

    with Image.open(io.BytesIO(files.make_safe(made.getvalue()).content)) as kept:
        assert kept.getpixel((10, 10)) == (255, 255, 255)


def test_a_phones_largest_picture_is_made_smaller_and_a_larger_one_refused() -> None:
    with Image.open(
        io.BytesIO(files.make_safe(picture(size=(8160, 6120), quality=30)).content)
    ) as kept:
        assert max(kept.size) == pictures.KEPT_SIDE

    assert _code(picture(size=(9000, 9000), quality=5)) == "pixels"


def test_a_png_of_50000_by_50000_pixels_is_refused_before_it_is_unpacked() -> None:
    from tests.core.test_pictures import _png

    began = time.monotonic()

    assert _code(_png(50_000, 50_000, (b"IDAT", b"\x00" * 1000))) == "pixels"
    assert time.monotonic() - began < 1


def test_what_follows_a_picture_is_gone() -> None:
    sent = picture() + b"<script>alert(1)</script>PK\x05\x06" + b"\0" * 18

    assert b"script" not in files.make_safe(sent).content


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not_taken"),
        (b"PK\x03\x04" + b"\0" * 100, "not_taken"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 100, "heic"),
        (b"GIF89a" + b"\0" * 100, "not_taken"),
        (picture()[:200], "broken"),
        (b"MZ" + b"\0" * 100, "not_taken"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(content: bytes, code: str) -> None:
    assert _code(content) == code


# --- PDF -------------------------------------------------------------------------------------------
def test_a_pdf_is_written_anew_with_its_pages_and_links() -> None:
    safe = files.make_safe(pdf(3))

    kept = PdfFileReader(io.BytesIO(safe.content))
    assert (safe.media_type, safe.pages, kept.root["/Pages"]["/Count"]) == (files.PDF, 3, 3)
    assert "/Metadata" not in kept.root
    link = kept.root["/Pages"]["/Kids"][0]["/Annots"][0]
    assert link["/A"]["/URI"] == "https://example.vn"


def test_what_is_reached_from_no_page_is_gone() -> None:
    hidden = changed(PieceInfo=Dict({Name("/Zip"): Text("PKhidden")}))
    assert b"PKhidden" in hidden

    assert b"PKhidden" not in files.make_safe(hidden).content


def test_a_form_that_was_filled_in_is_a_form_no_more() -> None:
    form = Dict({Name("/Fields"): Array(), Name("/SigFlags"): generic.NumberObject(3)})

    assert b"AcroForm" not in files.make_safe(changed(AcroForm=form)).content


def _action(kind: str, **more: Any) -> Any:
    return Dict(
        {Name("/S"): Name(kind)} | {Name("/" + name): value for name, value in more.items()}
    )


@pytest.mark.parametrize(
    "root",
    [
        {"OpenAction": _action("/JavaScript", JS=Text("app.alert(1)"))},
        {"OpenAction": _action("/Launch", F=Text("cmd.exe"))},
        {"OpenAction": _action("/SubmitForm")},
        {"OpenAction": _action("/URI", URI=Text("javascript:alert(1)"))},
        {"OpenAction": Array([_action("/JavaScript")])},
        {"OpenAction": _action("/GoTo", Next=_action("/JavaScript"))},
        {"AA": Dict()},
        {"Names": Dict({Name("/EmbeddedFiles"): Dict()})},
        {"Names": Dict({Name("/JavaScript"): Dict()})},
        {"Names": Dict({Name("/Other"): Array([Dict({Name("/Type"): Name("/EmbeddedFile")})])})},
        {"AcroForm": Dict({Name("/XFA"): Array()})},
        {"AcroForm": Dict({Name("/CO"): Array()})},
        {"Collection": Dict()},
        {"Outlines": Dict({Name("/Subtype"): Name("/RichMedia")})},
        {"OpenAction": _action("/Thread", F=Text("//evil.example/x"))},
        {"Names": Dict({Name("/Ref"): Dict({Name("/F"): Text("http://evil.example/x.pdf")})})},
        {"Names": Dict({Name("/OPI"): Dict({Name("/2.0"): Dict({Name("/UF"): Text("x")})})})},
    ],
)
def test_a_pdf_that_would_do_something_is_refused(root: dict[str, Any]) -> None:
    assert _code(changed(**root)) == "active"


def test_an_action_whose_kind_stands_elsewhere_is_seen() -> None:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf())))
    kind = writer.add_object(Name("/Launch"))
    writer.root[Name("/OpenAction")] = Dict({Name("/S"): kind})

    assert _code(_bytes(writer)) == "active"


def test_a_name_that_is_written_in_another_way_hides_nothing() -> None:
    plain = changed(OpenAction=_action("/JavaScript", JS=Text("app.alert(1)")))
    hidden = plain.replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/J#53")
    # The table of places is off by the two longer names, and is looked for anew by lenient readers.
    assert _code(hidden) in {"active", "broken_pdf"}


def test_a_locked_pdf_is_refused() -> None:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf())))
    writer.encrypt(owner_pass="a", user_pass="")

    assert isinstance(writer.security_handler, StandardSecurityHandler)
    assert _code(_bytes(writer)) == "locked"


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a;" + pdf(),
        b"\n" + pdf(),
        pdf() + b"PK\x05\x06" + b"\0" * 18,
        pdf() + b"<script>alert(1)</script>",
        b"%PDF-1.7\n<html><script>",
    ],
)
def test_what_is_a_pdf_and_something_else_is_refused(content: bytes) -> None:
    assert _code(content) == "not_taken"


def test_a_zip_with_a_pdfs_end_as_its_comment_is_gone() -> None:
    made = pdf()
    head, tail = made.rsplit(b"startxref", 1)
    sent = head + b"%PK\x05\x06" + b"\0" * 16 + b"\x40\x00\nstartxref" + tail

    assert b"PK\x05\x06" not in files.make_safe(sent).content


@pytest.mark.parametrize(
    "content",
    [
        pdf()[:2000] + b"\n%%EOF",
        b"%PDF-1.7\n" + b"[" * 100_000 + b"\n%%EOF",
        b"%PDF-1.7\nstartxref\n99999999999999\n%%EOF",
        b"%PDF-1.7\ntrailer<</Root 1 0 R/Size 1>>\nstartxref\n9\n%%EOF",
        b"%PDF-1.7\nxref\n0 1000000000\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF",
        b"%PDF-1.7\n" + bytes(range(256)) * 50 + b"\n%%EOF",
    ],
)
def test_a_broken_pdf_is_refused_soon(content: bytes) -> None:
    began = time.monotonic()

    assert _code(content) == "broken_pdf"
    assert time.monotonic() - began < 3


def test_a_pdf_of_countless_pages_or_parts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = pdf(files.PAGES_MOST + 1)
    assert _code(sent) == "complex"

    monkeypatch.setattr(files, "OBJECTS_MOST", 5)
    assert _code(pdf()) == "complex"


def test_a_small_file_that_unpacks_to_a_large_one_is_refused() -> None:
    # The place of a compressed part is what a bomb stands in: what the pages draw is never unpacked here.
    import zlib

    bomb = zlib.compress(zlib.compress(b"\0" * 300_000_000, 9), 9)
    body = b"%PDF-1.7\n"
    at = len(body)
    body += (
        b"1 0 obj<</Type/XRef/Size 9/W[1 2 1]/Root 2 0 R/Filter[/FlateDecode/FlateDecode]/Length "
        + str(len(bomb)).encode()
        + b">>stream\n"
        + bomb
        + b"\nendstream endobj\nstartxref\n"
        + str(at).encode()
        + b"\n%%EOF"
    )
    began = time.monotonic()

    assert _code(body) == "broken_pdf"
    assert time.monotonic() - began < 3


# --- Signed PDF ------------------------------------------------------------------------------------
def signed(content: bytes) -> bytes:
    """As a signing service returns it: PAdES, appended."""
    return portal_pdf.sign(content, reason="Hợp đồng")


def _then(content: bytes, **root: Any) -> bytes:
    """The same with a revision appended that puts something into the catalogue."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    for name, value in root.items():
        writer.root[Name("/" + name)] = writer.add_object(value)
    writer.update_root()
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_a_signed_pdf_is_kept_byte_for_byte_and_its_signature_counts() -> None:
    sent = signed(pdf(2))

    safe = files.make_safe(sent)

    assert (safe.media_type, safe.content, safe.pages) == (files.PDF, sent, 2)
    (kept,) = PdfFileReader(io.BytesIO(safe.content)).embedded_signatures
    kept.compute_integrity_info()
    assert kept.coverage is SignatureCoverageLevel.ENTIRE_FILE


@pytest.mark.parametrize(
    "made",
    [
        lambda: signed(pdf()) + b"\n",
        lambda: _then(signed(pdf()), PageMode=Name("/UseNone")),
        lambda: signed(pdf()).replace(b"/Reason", b"/Season"),
        lambda: changed(AcroForm=Dict({Name("/Fields"): Array(), Name("/ByteRange"): Array()})),
    ],
    ids=["longer", "changed afterwards", "not what was signed", "no signature"],
)
def test_what_is_not_signed_from_first_to_last_byte_is_written_anew(
    made: Callable[[], bytes],
) -> None:
    sent = made()
    assert b"ByteRange" in sent

    kept = files.make_safe(sent).content

    assert kept != sent
    assert PdfFileReader(io.BytesIO(kept)).embedded_signatures == []


def test_a_signature_does_not_make_a_program_harmless() -> None:
    assert (
        _code(signed(changed(OpenAction=_action("/JavaScript", JS=Text("app.alert(1)")))))
        == "active"
    )


@pytest.mark.parametrize("where", ["an earlier revision", "what no page reaches"])
def test_a_program_that_is_hidden_in_a_signed_pdf_does_not_stay(where: str) -> None:
    action = _action("/JavaScript", JS=Text("app.alert(1)"))
    if where == "an earlier revision":
        hidden = _then(_then(pdf(), OpenAction=action), OpenAction=_action("/GoTo"))
    else:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf()))
        writer.add_object(action)
        writer.update_root()
        made = io.BytesIO()
        writer.write(made)
        hidden = made.getvalue()
    sent = signed(hidden)
    assert b"/JavaScript" in sent

    kept = files.make_safe(sent).content

    assert b"/JavaScript" not in kept


def _with_archive(*, is_reached: bool) -> bytes:
    """A PDF with a ZIP in a stream, which programs for ZIPs open."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("program.js", "alert(1)")
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf()))
    place = writer.add_object(generic.StreamObject(stream_data=archive.getvalue()))
    if is_reached:
        writer.root[Name("/X")] = place
    writer.update_root()
    made = io.BytesIO()
    writer.write(made)
    assert zipfile.is_zipfile(made)
    return made.getvalue()


@pytest.mark.parametrize("how", [bytes, signed], ids=["plain", "signed"])
def test_what_is_a_zip_as_well_does_not_stay(how: Callable[[bytes], bytes]) -> None:
    assert _code(how(_with_archive(is_reached=True))) == "not_taken"

    kept = files.make_safe(how(_with_archive(is_reached=False))).content

    assert b"program.js" not in kept


def test_a_signed_pdf_of_too_many_parts_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "OBJECTS_MOST", 5)
    assert _code(signed(pdf())) == "complex"


# --- Names -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x", "x.pdf"),
        ("C:\\fakepath\\thuê nhà.PDF", "thuê nhà.pdf"),
        ("a\x00\u202efdp.exe", "a fdp.pdf"),
        ("line\r\nSet-Cookie: a=b.pdf", "line Set-Cookie: a=b.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("ô" * 500, "ô" * files.LONGEST_NAME + ".pdf"),
    ],
)
def test_a_name_is_a_name_and_no_path(name: str, shown: str) -> None:
    assert files.plain_name(name, files.PDF) == shown
