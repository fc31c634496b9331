"""A VietQR is read from a photo or a picture, on a phone and at a desk, with and without JavaScript."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, expect

from payments.rules import vietqr
from tests.browser import steps
from tests.browser.conftest import Eyes, Portal
from tests.payments.pictures import code, framed, saved

pytestmark = pytest.mark.browser


def _photo(account: dict[str, Any]) -> FilePayload:
    """What a phone's camera makes of somebody's code."""
    text = vietqr.make(
        vietqr.Code(
            bank=account["bank"], account=account["account"], amount=75_000, is_dynamic=True
        )
    )
    picture = saved(framed(code(text), (4032, 3024), share=0.3), "JPEG", quality=85)
    return {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": picture}


@pytest.mark.parametrize(
    ("language", "width", "touch", "javascript", "place"),
    [
        ("vi", 390, True, True, 0),
        ("en", 390, True, True, 1),
        ("vi", 390, True, False, 2),
        ("en", 390, False, False, 3),
        ("vi", 1280, False, True, 0),
        ("en", 1280, False, True, 1),
    ],
)
def test_a_code_is_read_from_a_picture(
    portal: Portal,
    window: Callable[..., Eyes],
    *,
    language: str,
    width: int,
    touch: bool,
    javascript: bool,
    place: int,
) -> None:
    person = portal.person("citizen with an empty wallet", place)
    account = portal.person("citizen with an empty wallet", 3 - place)["bank_accounts"][0]
    name = f"scanning{'' if touch else '-mouse'}{'' if javascript else '-plain'}"
    eyes = window(width=width, language=language, name=name, javascript=javascript, touch=touch)
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    field = "#id_photo" if touch else "#id_picture"

    page.goto(f"{portal.url}/transfers/")
    expect(page.locator('label[for="id_photo"]')).to_be_visible(visible=touch)
    expect(page.locator('label[for="id_picture"]')).to_be_visible()
    expect(page.locator('button[name="read"]')).to_be_visible(visible=not javascript)
    eyes.look("choose")

    _choose(eyes, field, {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(page.locator(f".govuk-error-summary a[href='{field}']")).to_be_visible()
    expect(page.locator(f"{field}_error")).to_be_visible()
    eyes.look("no-picture")

    large = b"\xff\xd8\xff" + b"\x00" * 20_000_000
    _choose(eyes, field, {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": large})
    expect(page.locator(f"{field}_error")).to_contain_text("10 MB")
    eyes.look("too-large")

    _choose(eyes, field, _photo(account))
    expect(page.locator("#id_account")).to_have_value(account["account"])
    expect(page.locator("#id_amount")).to_have_value("75000")
    expect(page.locator(".qrscan")).to_have_count(0)
    eyes.look("read")

    page.goto(f"{portal.url}/transfers/")
    page.locator(".qrscan summary").click()
    page.fill("#id_code", "this is no code")
    eyes.look("paste")
    page.locator('button[name="read"]').click()
    expect(page.locator("#id_code_error")).to_be_visible()
    eyes.look("no-code")


def _choose(eyes: Eyes, field: str, file: FilePayload) -> None:
    """Choose a picture; without JavaScript the button sends it."""
    with eyes.page.expect_navigation():
        eyes.page.set_input_files(field, files=file)
        if not eyes.javascript:
            eyes.page.locator('button[name="read"]').click()
