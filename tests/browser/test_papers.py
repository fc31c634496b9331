"""Papers on a phone: found by their registries, linked by a click, watched until they are verified, taken out again."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import paper_steps, steps
from tests.browser.conftest import Eyes, Portal
from tests.browser.paper_steps import ANSWERED
from tests.browser.test_wards import MOTHER

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
FATHER = "citizen, guardian of a child"
HOLDER = "citizen, active"  # whose papers are linked from the first start
BUSY = "busy: status 503 twice, then an answer"


def number_of(portal: Portal, role: str, kind: str, outcome: str) -> str:
    """A number of the demonstration's list: of that person's own, with that outcome."""
    listed: list[dict[str, Any]] = portal.person(role)["papers"]
    return next(
        str(one["number"]) for one in listed if (one["type"], one["outcome"]) == (kind, outcome)
    )


def links_all(eyes: Eyes) -> int:
    """Press every button there is; how many papers were linked."""
    count = 0
    while (button := eyes.page.locator('button[name="paper"]')).count():
        count += 1
        paper_steps.links_found(eyes, button)
    return count


def test_three_papers_are_found_linked_and_watched(portal: Portal, window: Window) -> None:
    eyes = window(width=390, language="vi", name="papers")
    page = eyes.page
    steps.signs_in(eyes, portal, portal.person(MOTHER))
    paper_steps.asks_every_registry(eyes, portal)
    # The answers come by themselves: nobody presses anything.
    expect(page.locator("[data-moves]")).to_have_count(0, timeout=ANSWERED)
    eyes.look("found")
    linked = links_all(eyes)
    assert linked >= 1
    eyes.look("linked")
    expect(page.locator("#h-l ~ ul .tag--info")).to_have_count(0, timeout=ANSWERED)
    eyes.look("verified")

    # By number, one whose registry is busy at first: seen being verified, then verified, on the same page.
    page.goto(f"{portal.url}/papers/number/")
    eyes.look("which-paper")
    page.locator('a[href="?kind=DRIVER_LICENCE"]').click()
    eyes.look("number")
    page.fill("#id_number", "12")
    steps.press(eyes)
    expect(page.locator("#id_number_error")).to_be_visible()
    expect(page.locator("#id_number")).to_have_value("12")
    eyes.look("wrong-number")
    page.fill("#id_number", number_of(portal, MOTHER, "licence", BUSY))
    steps.press(eyes)
    expect(page.locator(".tag--info")).to_be_visible()
    eyes.look("being-verified")
    expect(page.locator(".tag--ok, .tag--warn")).to_be_visible(timeout=ANSWERED)
    eyes.look("paper")
    address = page.url

    page.goto(f"{portal.url}/papers/")
    expect(page.locator("ul.grid-docs > li")).to_have_count(linked + 3)
    eyes.look("wallet")
    page.goto(f"{portal.url}/")
    eyes.look("first-page")

    page.goto(f"{address}unlink/")
    eyes.look("unlink")
    steps.press(eyes, "/unlink/")
    expect(page.locator("#h-gone")).to_be_visible()
    eyes.look("taken-out")
    page.goto(f"{portal.url}/papers/left/")
    eyes.look("left")


def test_without_javascript_the_same_is_done_by_links(portal: Portal, window: Window) -> None:
    eyes = window(width=390, language="en", name="papers-plain", javascript=False)
    page = eyes.page
    steps.signs_in(eyes, portal, portal.person(FATHER))
    paper_steps.asks_every_registry(eyes, portal)
    paper_steps.comes(eyes, "[data-part=found]:not([data-moves])")
    eyes.look("found")
    assert links_all(eyes) >= 1

    number = number_of(portal, FATHER, "licence", BUSY)
    paper_steps.links_by_number(eyes, portal, "DRIVER_LICENCE", number)
    eyes.look("being-verified")
    paper_steps.comes(eyes, ".tag--ok")
    eyes.look("verified")
    page.goto(f"{portal.url}/papers/")
    eyes.look("wallet")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_papers_that_were_linked_before(
    portal: Portal, window: Window, width: int, language: str
) -> None:
    eyes = window(width=width, language=language, name="papers-before")
    page = eyes.page
    steps.signs_in(eyes, portal, portal.person(HOLDER))
    eyes.look("first-page")
    page.goto(f"{portal.url}/papers/")
    expect(page.locator("[data-moves]")).to_have_count(0, timeout=ANSWERED)
    expect(page.locator(".docitem .tag--err")).to_have_count(1)
    eyes.look("wallet")
    for address in [str(a.get_attribute("href")) for a in page.locator("a.doc-link").all()]:
        page.goto(f"{portal.url}{address}")
        eyes.look(f"paper-{address.split('/')[2][:4]}")


def test_a_guardian_sees_a_childs_papers(portal: Portal, window: Window) -> None:
    eyes = window(width=390, language="vi", name="papers-ward")
    page = eyes.page
    steps.signs_in(eyes, portal, portal.person(MOTHER))
    page.goto(f"{portal.url}/account/wards/")
    daughter = portal.person("child, account not yet activated")["name"]
    card = page.locator("section.card", has=page.locator("h2", has_text=daughter))
    card.locator("a.govuk-button").click()
    page.locator('main a[href$="/papers/"]').click()
    expect(page.locator(".acting")).to_contain_text(daughter)
    eyes.look("wallet")
    page.locator(".doc-add").click()
    eyes.look("ask")
    steps.press(eyes, name="all", value="1")
    expect(page.locator("[data-moves]")).to_have_count(0, timeout=ANSWERED)
    expect(page.locator(".acting")).to_contain_text(daughter)
    eyes.look("found")
    assert links_all(eyes) >= 1
    page.locator("#h-l ~ ul a").first.click()
    expect(page.locator(".tag--ok, .tag--warn")).to_be_visible(timeout=ANSWERED)
    eyes.look("paper")
