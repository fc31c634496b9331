"""Temporary residence filed on a phone and at a desk: three pages and a confirmation, with and without JavaScript."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal
from tests.browser.procedure_steps import STAY, goes_on

pytestmark = pytest.mark.browser
Window = Callable[..., Eyes]
OWNER = "001300000016"  # of nobody


@pytest.fixture
def person(portal: Portal) -> dict[str, Any]:
    """Somebody whose bank account is linked."""
    return portal.person("citizen with an empty wallet", 2)


def begins(eyes: Eyes, portal: Portal) -> None:
    """From the page of the procedure to the first page of its form; what another walk left is thrown away."""
    portal.sql("DELETE FROM procedures_draft")
    eyes.page.goto(f"{portal.url}/procedures/{STAY}/")
    steps.press(eyes, "/start/")
    expect(eyes.page).to_have_url(re.compile(r"/steps/place/$"))


def says_where(eyes: Eyes) -> None:
    page = eyes.page
    page.select_option("#f-address_province", "Hải Phòng")
    page.fill("#f-address_commune", "Phường Hồng Bàng")
    page.fill("#f-address_line", "45/2 Lê Thánh Tôn")
    page.locator("label[for=f-duration-1]").click()


@pytest.mark.parametrize(
    ("language", "width", "javascript"),
    [("vi", 390, True), ("en", 1280, True), ("en", 390, False), ("vi", 1280, False)],
)
def test_a_stay_is_filed_on_three_pages(
    portal: Portal,
    window: Window,
    person: dict[str, Any],
    *,
    language: str,
    width: int,
    javascript: bool,
) -> None:
    eyes = window(width=width, language=language, name="filing", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    begins(eyes, portal)
    eyes.look("place")
    goes_on(eyes)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look("place-errors")
    page.locator(".govuk-error-summary a").first.click()
    says_where(eyes)
    if javascript:
        expect(page.locator('[data-block="field-until"]')).to_be_visible()
        eyes.look("place-saved")
    goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/steps/owner/(#.*)?$"))
    page.fill("#f-owner", OWNER)
    page.locator("label[for=f-relation]").click()
    page.locator("label[for=f-proof-1]").click()
    if javascript:
        expect(page.locator("#f-contract")).to_be_visible()
        eyes.look("owner-with-file")
    page.locator("label[for=f-proof]").click()
    if javascript:
        expect(page.locator("#f-contract")).to_have_count(0)
    eyes.look("owner")
    goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/check/(#.*)?$"))
    eyes.look("check")
    page.goto(f"{portal.url}/drafts/")
    eyes.look("drafts")
    page.go_back()
    steps.press(eyes)
    expect(page).to_have_url(re.compile(r"/(payments/orders|banks/link)/"))
    page.goto(f"{portal.url}/applications/")
    eyes.look("applications")
    page.locator("main .card h2 a").first.click()
    eyes.look("application")
    place = page.url
    page.goto(f"{place}filed/")
    eyes.look("filed")
    eyes.look_printed("filed-printed")
    page.goto(f"{place}withdraw/")
    eyes.look("withdraw")
    steps.press(eyes)
    expect(page).to_have_url(place)
    eyes.look("withdrawn")


def test_what_a_save_brings_up_moves_no_button_under_a_finger(
    portal: Portal, window: Window, person: dict[str, Any]
) -> None:
    eyes = window(width=390, language="en", name="filing-pressed")
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    begins(eyes, portal)
    page.wait_for_load_state()  # its script listens
    saves: list[Route] = []
    page.select_option("#f-address_province", "Hải Phòng")
    page.fill("#f-address_commune", "Phường Hồng Bàng")
    page.fill("#f-address_line", "45/2 Lê Thánh Tôn")
    with page.expect_response("**/autosave/"):
        pass
    page.wait_for_timeout(2_000)  # all of it is saved
    page.route("**/autosave/", lambda route: saves.append(route))  # noqa: PLW0108 - Playwright wants a function
    with page.expect_request("**/autosave/"):
        page.locator("label[for=f-duration-1]").click()
    while not saves:
        page.wait_for_timeout(20)
    button = page.locator('main form .govuk-button-group button[type="submit"]').first
    button.hover()
    page.mouse.down()
    saves.pop().continue_()
    page.wait_for_timeout(1_000)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"/steps/owner/(#.*)?$"))
