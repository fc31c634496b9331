"""A VietQR is read from a picture on the page of transfers, and whatever else is sent there is answered in words."""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.conf.global_settings import FILE_UPLOAD_MAX_MEMORY_SIZE
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from eid_portal.core import clock, pictures
from eid_portal.core.passwords import Gate
from payments import policy
from payments.rules import vietqr
from payments.services import scanning
from payments.texts import PICTURES, QR_CODES
from tests.factories import signed_in
from tests.payments import world as outside_world
from tests.payments.paying import Payer, make_payer
from tests.payments.pictures import code, framed, saved
from tests.payments.world import World

pytestmark = pytest.mark.django_db(transaction=True)
TO = vietqr.Code(
    bank="970415", account="0100000099", amount=75_000, is_dynamic=True, purpose="tien nha"
)
TEXT = vietqr.make(TO)


@pytest.fixture
def world() -> Iterator[World]:
    with outside_world.world() as here:
        yield here


@pytest.fixture
def payer(world: World) -> Payer:
    return make_payer()


@pytest.fixture
def browser(client: Client, payer: Payer) -> Client:
    return signed_in(client, payer.account)


def _read(payer: Payer, content: bytes) -> vietqr.Code:
    return scanning.read_picture(
        account=payer.account, picture=SimpleUploadedFile("a", content), now=clock.now()
    )


def _send(browser: Client, content: bytes, field: str = "picture", **more: Any) -> Any:
    file = SimpleUploadedFile("../../code.jpg", content, "image/jpeg")
    return browser.post("/transfers/", {"read": "1", field: file} | more, secure=True)


def _phone_picture(quality: int = 85) -> bytes:
    return saved(framed(code(TEXT), (4032, 3024), share=0.3), "JPEG", quality=quality)


# --- The service ----------------------------------------------------------------------------------
def test_what_a_picture_says_is_what_the_code_says(payer: Payer) -> None:
    assert _read(payer, _phone_picture()) == TO


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], PICTURES["none"]),
        ([TEXT, "https://example.vn"], PICTURES["several"]),
        (["https://example.vn"], QR_CODES["structure"]),
        ([TEXT[:-4] + "0000"], QR_CODES["checksum"]),
        ([TEXT.replace("tien nha", "tien\u202ena")], QR_CODES["structure"]),
    ],
)
def test_there_must_be_one_code_that_can_be_paid(payer: Payer, texts: list[str], said: Any) -> None:
    page = Image.new("RGB", (1600, 800), "white")
    for place, text in enumerate(texts):
        page.paste(code(text).resize((600, 600)), (100 + 800 * place, 100))
    with pytest.raises(scanning.NotRead) as refused:
        _read(payer, saved(page, "PNG"))
    assert refused.value.message == said


def test_every_flaw_has_words() -> None:
    assert {flaw.value for flaw in pictures.Flaw} < PICTURES.keys()


# --- The page -------------------------------------------------------------------------------------
@pytest.mark.parametrize("field", ["picture", "photo"])
def test_the_form_is_filled_from_a_picture(browser: Client, field: str) -> None:
    shown = _send(browser, _phone_picture(), field, code="left over from before")
    page = shown.content.decode()
    assert shown.status_code == 200
    assert 'value="0100000099"' in page
    assert 'value="75000"' in page
    assert 'value="tien nha"' in page
    assert "error-summary" not in page


def _zipped() -> bytes:
    held = io.BytesIO(saved(Image.new("L", (50, 50), 255), "PNG"))
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr("a.html", "<script>alert(1)</script>" * 100)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "status", "code_of_words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 422, "kind"),
        (b"GIF89a/*" + b"*/alert(1)", 422, "kind"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", 422, "heic"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 50, 422, "broken"),
        (_zipped(), 422, "none"),
        (b"\xff\xd8\xff" + b"\x00" * settings.UPLOAD_LIMIT, 413, "large"),
    ],
    ids=["drawing", "script", "heic", "cut", "picture and archive", "large"],
)
def test_whatever_else_is_sent_is_answered_in_words(
    browser: Client, content: bytes, status: int, code_of_words: str
) -> None:
    for field in ("picture", "photo"):
        answer = _send(browser, content, field, HTTP_ACCEPT_LANGUAGE="en")
        assert answer.status_code == status
        said = str(PICTURES[code_of_words] % {"most": settings.UPLOAD_LIMIT // 2**20})
        page = answer.content.decode()
        assert page.count(said) == 2  # in the summary and at the field
        assert f'href="#id_{field}"' in page


def test_nothing_chosen_and_an_empty_file_are_answered(browser: Client) -> None:
    nothing = browser.post("/transfers/", {"read": "1"}, secure=True)
    assert (nothing.status_code, "error-summary" in nothing.content.decode()) == (422, True)
    empty = _send(browser, b"")
    assert (empty.status_code, "error-summary" in empty.content.decode()) == (422, True)
    text = browser.post("/transfers/", {"read": "1", "picture": "no file"}, secure=True)
    assert text.status_code == 422


def test_pictures_are_not_read_without_end(
    browser: Client, payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = type(policy.READ_PICTURE)(
        name="payments.read_picture", allowed=1, per=timedelta(minutes=10)
    )
    monkeypatch.setattr(policy, "READ_PICTURE", limit)
    picture = saved(code(TEXT), "PNG")
    assert _send(browser, picture).status_code == 200
    monkeypatch.setattr(pictures, "qr_texts", lambda _content: pytest.fail("read"))
    assert _send(browser, picture).status_code == 429
    by_text = browser.post("/transfers/", {"read": "1", "code": TEXT}, secure=True)
    assert by_text.status_code == 200


def test_while_too_many_are_read_the_portal_says_when_to_come_back(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "gate", Gate(width=0, queue=0))
    answer = _send(browser, saved(code(TEXT), "PNG"))
    assert answer.status_code == 503
    assert "Retry-After" in answer


def test_no_file_is_made_and_nothing_is_logged(
    browser: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    picture = _phone_picture(quality=95)
    assert len(picture) > FILE_UPLOAD_MAX_MEMORY_SIZE  # Django's own handlers would write it down
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", lambda *_a, **_k: pytest.fail("a file"))
    assert _send(browser, picture).status_code == 200
    assert "transfers/" in caplog.text
    for secret in ("0100000099", "970415", "tien nha", "code.jpg"):
        assert secret not in caplog.text
