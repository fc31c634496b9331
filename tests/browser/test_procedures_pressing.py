"""The button of a form pressed while its page is being saved: what was typed last is kept, whoever is faster."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser import procedure_steps, steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
AWAY = "absence-declaration"


def begins(eyes: Eyes, portal: Portal) -> None:
    """A form of somebody who had none."""
    person = portal.person("citizen with an empty wallet", 3)
    steps.signs_in(eyes, portal, person)
    portal.sql("DELETE FROM procedures_draft")
    procedure_steps.begins(eyes, portal, AWAY, on="dates")


def answers_held(page: Page) -> list[Callable[[], None]]:
    """From now on saves in the background reach the server, and their answers wait to be let go."""
    held: list[Callable[[], None]] = []

    def hold(route: Route) -> None:
        answer = route.fetch()
        held.append(lambda: route.fulfill(response=answer))

    page.route("**/autosave/", hold)
    return held


@pytest.mark.parametrize("presses", [1, 2])
def test_a_press_during_a_save_sends_the_page_once(
    portal: Portal, window: Window, presses: int
) -> None:
    eyes = window(width=390, language="en", name="pressing")
    page = eyes.page
    begins(eyes, portal)
    held = answers_held(page)
    sent: list[Request] = []
    page.on("request", lambda each: sent.append(each) if each.is_navigation_request() else None)
    page.locator("label[for=f-group]").click()
    for _again in range(100):
        if held:
            break
        page.wait_for_timeout(50)
    back = procedure_steps.day_in(400)
    for box in ("day", "month", "year"):  # after what was saved
        page.fill(f"#f-end_{box}", str(getattr(back, box)))
    procedure_steps.goes_on(eyes)
    for _again in range(presses - 1):
        page.locator("#f-end_year").press("Enter")
    page.wait_for_timeout(300)
    assert not [each for each in sent if each.method == "POST"]
    held.pop()()
    expect(page).to_have_url(re.compile(r"/steps/where/$"))
    assert len([each for each in sent if each.method == "POST"]) == 1
    page.go_back()
    expect(page.locator("#f-end_year")).to_have_value(str(back.year))
