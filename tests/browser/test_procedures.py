"""The catalogue of procedures: found by the words of life and read before signing in, with and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = pytest.mark.browser
ASKED = {"vi": "chuyen nha", "en": "moved"}
NAMES = {"vi": "Đăng ký tạm trú", "en": "temporary residence"}


@pytest.mark.parametrize(
    ("language", "width", "javascript"),
    [("vi", 390, True), ("en", 390, False), ("vi", 1280, False), ("en", 1280, True)],
)
def test_somebody_who_moved_finds_what_they_need(
    portal: Portal, window: Callable[..., Eyes], *, language: str, width: int, javascript: bool
) -> None:
    eyes = window(width=width, language=language, name="catalogue", javascript=javascript)
    page = eyes.page
    page.goto(f"{portal.url}/procedures/")
    eyes.look("catalogue")

    page.fill("#q", ASKED[language])
    page.keyboard.press("Enter")
    page.wait_for_url("**/procedures/?q=*")
    expect(page.locator("#q")).to_have_value(ASKED[language])
    eyes.look("found")

    page.locator('.proc a[href="/procedures/temporary-residence/"]').click()
    expect(page.locator("h1")).to_contain_text(NAMES[language], ignore_case=True)
    eyes.look("procedure")

    for group in page.locator("aside fieldset").all():
        group.locator("label").last.click()
    page.locator('button[name="check"]').click()
    expect(page.locator("#answer")).to_be_visible()
    eyes.look("answer")

    page.go_back()
    page.go_back()
    expect(page.locator("#q")).to_have_value(ASKED[language])
    page.fill("#q", "xyzzy")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_be_visible()
    eyes.look("nothing")
    page.locator(".linklist a").first.click()
    expect(page.locator(".proc li")).not_to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
def test_who_is_signed_in_reaches_it_from_every_page(
    portal: Portal, window: Callable[..., Eyes], width: int
) -> None:
    eyes = window(width=width, language="vi", name="catalogue-signed-in")
    steps.signs_in(eyes, portal, portal.person("citizen with an empty wallet", 1))
    eyes.page.locator('.eid-nav a[href="/procedures/"]').click()
    expect(eyes.page.locator("h1")).to_have_text("Thủ tục hành chính")
    expect(eyes.page.locator('.eid-nav a[aria-current="page"]')).to_contain_text("Thủ tục")
    eyes.look("catalogue")
