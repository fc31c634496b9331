"""One paper goes to "does not agree" and through its correction to verified, with JavaScript and without."""

import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import paper_steps, steps
from tests.browser.conftest import Eyes, Portal
from tests.browser.paper_steps import again_until, asked_of_the_sandbox

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]


@pytest.mark.parametrize(
    ("javascript", "width", "language", "number"),
    [
        (True, 390, "vi", "790123450191"),
        (False, 390, "vi", "790123450291"),
        (True, 1280, "en", "790123450391"),
    ],
)
def test_a_mismatch_goes_through_its_correction_to_verified(
    portal: Portal, window: Window, javascript: bool, width: int, language: str, number: str
) -> None:
    asked_of_the_sandbox(portal, "/corrections/delay", seconds="")
    eyes = window(
        width=width,
        language=language,
        name=f"correction-{'js' if javascript else 'plain'}",
        javascript=javascript,
    )
    page = eyes.page
    steps.signs_in(eyes, portal, paper_steps.holder(portal, "corrections"))
    paper = paper_steps.links_by_number(eyes, portal, "DRIVER_LICENCE", number)
    again_until(eyes, ".differs")
    page.locator('a[href$="/correction/"]').first.click()

    expect(page.locator(".vs mark, .vs__gap").first).to_be_visible()
    eyes.look("does-not-agree")
    steps.press(eyes, "/correction/")
    expect(page.locator("#id_side_error")).to_be_visible()
    eyes.look("nothing-chosen")
    page.fill("#id_words", "Giấy cấp lại năm 2025.")
    reference = paper_steps.asks_for_correction(eyes, "POPULATION")
    request = page.url
    eyes.look("received")
    page.goto(f"{paper}correction/")  # the page before leads on to the one request
    expect(page).to_have_url(request)
    page.goto(f"{portal.url}/papers/corrections/")
    expect(page.locator("main")).to_contain_text(reference)
    eyes.look("list")

    asked_of_the_sandbox(
        portal, "/corrections/answer", reference=reference, verdict="corrected", way="once"
    )
    page.goto(request)
    again_until(eyes, 'li.done use[href$="#badge-check"]')
    eyes.look("corrected")
    page.goto(paper)
    expect(page.locator('a[href$="/show/"]')).to_be_visible()
    assert portal.sql("SELECT count(*) FROM documents_correction WHERE state = 'OPEN'") == "0"


def test_what_was_not_found_and_what_was_refused_lead_on(portal: Portal, window: Window) -> None:
    asked_of_the_sandbox(portal, "/corrections/delay", seconds="")
    eyes = window(width=390, language="vi", name="not-found")
    page = eyes.page
    steps.signs_in(eyes, portal, paper_steps.holder(portal, "corrections"))
    paper = paper_steps.links_by_number(eyes, portal, "DRIVER_LICENCE", "790123450197")
    again_until(eyes, f'a[href="{paper.removeprefix(portal.url)}correction/"]')
    page.goto(f"{paper}correction/")
    for _time in range(60):
        if page.url.endswith("/correction/"):
            break
        page.wait_for_timeout(500)
        page.goto(f"{paper}correction/")
    eyes.look("not-found")
    steps.press(eyes, "/correction/")
    again_until(eyes, 'li.now use[href$="#clock"]')
    reference = paper_steps.reference(eyes)
    asked_of_the_sandbox(
        portal, "/corrections/answer", reference=reference, verdict="refused", way="once"
    )
    again_until(eyes, "#h-o")
    eyes.look("refused")
    page.locator('#h-o ~ a[href$="/correction/"]').click()
    eyes.look("ask-again")
    steps.press(eyes, "/correction/")
    eyes.look("on-its-way")
    steps.press(eyes, "/withdraw/")
    expect(page.locator('form[action$="/withdraw/"]')).to_have_count(0)
    eyes.look("taken-back")


@pytest.mark.parametrize(("width", "language"), [(390, "vi"), (1280, "en")])
def test_the_calendars_link_is_made_made_anew_and_stopped(
    portal: Portal, window: Window, width: int, language: str
) -> None:
    eyes = window(width=width, language=language, name="calendar")
    page = eyes.page
    steps.signs_in(eyes, portal, paper_steps.holder(portal, "corrections"))
    page.goto(f"{portal.url}/papers/calendar/")
    eyes.look("none")
    steps.press(eyes, "/papers/calendar/")
    link = page.locator("#calendar-link")
    expect(link).to_be_visible()
    eyes.look("made")
    first = link.inner_text()
    with urllib.request.urlopen(first) as answer:  # noqa: S310 - our own portal
        assert answer.read().startswith(b"BEGIN:VCALENDAR\r\n")
    steps.press(eyes, "/renew/")
    expect(link).not_to_have_text(first)
    eyes.look("renewed")
    steps.press(eyes, "/stop/")
    expect(link).to_have_count(0)
    eyes.look("stopped")
