"""The story of papers on a phone: three are linked, verified, corrected and shown, and the looks are read."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import paper_steps, steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
BUSY, OTHER_NAME = (
    "96",
    "91",
)  # last digits by which a registry is busy twice, or lacks a word of the name


def number_that(person: dict[str, Any], type_: str, outcome: str) -> str:
    """A number in the form of the person's own, with an outcome."""
    own = next(paper["number"] for paper in person["papers"] if paper["type"] == type_)
    return f"{own[:-2]}{outcome}"


def licence_is_found_and_linked(phone: Eyes, portal: Portal) -> str:
    """Found by the person, linked by one press, verified; the address of its page."""
    paper_steps.asks_every_registry(phone, portal)
    licence = 'button[id^="link-traffic-police-"]'
    paper_steps.comes(phone, licence)
    phone.look("found")
    paper_steps.links_found(phone, phone.page.locator(licence))
    phone.page.locator("#h-l ~ ul a").first.click()
    paper_steps.comes(phone, 'form[action$="/show/"]')
    phone.look("licence")
    return phone.page.url


def health_card_is_watched_until_it_is_verified(
    phone: Eyes, portal: Portal, person: dict[str, Any]
) -> None:
    number = number_that(person, "health_card", BUSY)
    paper_steps.links_by_number(phone, portal, "HEALTH_INSURANCE", number)
    expect(phone.page.locator(".tag--info")).to_be_visible()
    expect(phone.page.locator('form[action$="/show/"]')).to_have_count(0)
    phone.look("health-card-verifying")
    paper_steps.comes(phone, 'form[action$="/show/"]')
    expect(phone.page.locator(".tag--info")).to_have_count(0)
    phone.look("health-card-verified")


def motorcycle_is_corrected(phone: Eyes, portal: Portal, person: dict[str, Any]) -> None:
    """From "does not agree" through its registry's correction to verified."""
    page = phone.page
    number = number_that(person, "vehicle", OTHER_NAME)
    motorcycle = paper_steps.links_by_number(phone, portal, "VEHICLE_REGISTRATION", number)
    paper_steps.comes(phone, ".differs")
    expect(page.locator('form[action$="/show/"]')).to_have_count(0)
    phone.look("motorcycle-differs")
    page.locator('a[href$="/correction/"]').first.click()
    expect(page.locator(".vs__gap").first).to_be_visible()
    phone.look("does-not-agree")
    reference = paper_steps.asks_for_correction(phone, "POPULATION")
    phone.look("correction-asked")
    paper_steps.asked_of_the_sandbox(
        portal, "/corrections/answer", reference=reference, verdict="corrected", way="once"
    )
    paper_steps.again_until(phone, 'li.done use[href$="#badge-check"]')
    phone.look("corrected")
    page.goto(motorcycle)
    expect(page.locator('form[action$="/show/"]')).to_be_visible()
    phone.look("motorcycle-verified")


@pytest.mark.parametrize(
    ("javascript", "language", "walk"),
    [(True, "vi", "story"), (False, "en", "story without JavaScript")],
    ids=["phone", "plain"],
)
def test_three_papers_from_the_registries_to_the_data_log(
    portal: Portal, window: Window, *, javascript: bool, language: str, walk: str
) -> None:
    def opens(name: str) -> Eyes:
        what = f"papers-story-{name}-{'js' if javascript else 'plain'}"
        return window(width=390, language=language, name=what, javascript=javascript)

    paper_steps.asked_of_the_sandbox(portal, "/corrections/delay", seconds="")  # by hand below
    person, phone = paper_steps.holder(portal, walk), opens("holder")
    steps.signs_in(phone, portal, person)
    licence = licence_is_found_and_linked(phone, portal)
    health_card_is_watched_until_it_is_verified(phone, portal, person)
    motorcycle_is_corrected(phone, portal, person)
    phone.page.goto(f"{portal.url}/papers/")
    expect(phone.page.locator("ul.grid-docs > li")).to_have_count(
        5
    )  # the ID card, three, and "add"
    phone.look("wallet")

    phone.page.goto(licence)
    button = phone.page.locator('form[action$="/show/"] button').bounding_box()
    assert button
    assert button["y"] < 800  # on the first screen of a phone: nobody scrolls to show it
    address = paper_steps.shows(phone, portal, "shown")
    stranger = opens("stranger")
    stranger.page.goto(address)
    paper_steps.reads(stranger)
    expect(stranger.page.locator(".verdict")).not_to_have_class(re.compile("verdict--"))
    expect(stranger.page.locator("main")).to_contain_text(person["name"].upper())
    expect(stranger.page.locator("main img.photo")).to_be_visible()
    stranger.look("read")
    if not javascript:  # with it the page notices by itself
        phone.page.reload()
    expect(phone.page.locator('[data-showing="read"]')).to_be_visible(timeout=10_000)
    phone.look("was-read")

    phone.page.goto(licence)
    address = paper_steps.shows(phone, portal, "shown-to-officer")
    officer = opens("officer")
    paper_steps.officer_on_the_road(officer, portal)
    paper_steps.officer_checks_licence(officer, address.rstrip("/").rsplit("/", 1)[1])
    paper_steps.both_looks_stand_in_the_data_log(phone, portal)
