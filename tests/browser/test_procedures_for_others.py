"""Filing for others: a mother for her child, and somebody by a mandate that is given, used and ended."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import procedure_steps, steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
AWAY = "absence-declaration"
MOTHER = "citizen, guardian of two children and of her mother"
DAUGHTER = "child, account not yet activated"


def test_a_mother_files_for_her_child(portal: Portal, window: Window) -> None:
    eyes = window(width=390, language="vi", name="for-child", javascript=False)
    page, child = eyes.page, portal.person(DAUGHTER)["name"]
    steps.signs_in(eyes, portal, portal.person(MOTHER))
    portal.sql("DELETE FROM procedures_draft")
    procedure_steps.begins(eyes, portal, AWAY)
    eyes.look("for-whom")
    steps.press(eyes)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look("for-whom-wrong")
    page.get_by_text(child, exact=True).click()
    steps.press(eyes)
    expect(page.locator(".acting")).to_contain_text(child)
    expect(page.locator(".prefill")).to_contain_text(child)
    eyes.look("first-page")
    page.goto(f"{portal.url}/drafts/")
    expect(page.locator("main")).to_contain_text(child)
    eyes.look("drafts")
    page.locator("main .card a.govuk-button").first.click()
    procedure_steps.files_an_absence(eyes)
    page.goto(f"{portal.url}/applications/")
    eyes.look("applications")
    page.locator("main .card h2 a").first.click()
    expect(page.locator(".acting")).to_contain_text(child)
    eyes.look("application")


def gives(giver: Eyes, mother: dict[str, Any], holder: dict[str, Any]) -> None:
    """From the page of mandates to one that is given; what is wrong first says so and keeps what was typed."""
    page = giver.page
    page.locator('main a[href="/mandates/new/"]').click()
    giver.look("new")
    steps.press(giver)
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    giver.look("new-empty")
    page.select_option("#id_procedure", AWAY)
    page.fill("#id_number", mother["personal_number"])
    page.fill("#id_name", "Nguyễn Văn Nhầm")
    until = procedure_steps.day_in(30)
    for place, box in enumerate(("day", "month", "year")):
        page.fill(f"#id_until_{place}", str(getattr(until, box)))
    steps.press(giver)
    expect(page.locator("#id_number_error")).to_be_visible()
    page.fill("#id_number", holder["personal_number"])
    steps.press(giver)
    expect(page.locator(".govuk-error-summary")).to_be_visible()  # another's name
    expect(page.locator("#id_name")).to_have_value("Nguyễn Văn Nhầm")
    giver.look("new-no-match")
    page.fill("#id_name", holder["name"])
    steps.press(giver)
    steps.at(giver, "/mandates/")
    expect(page.locator("section", has=page.locator("#h-g"))).to_contain_text(holder["name"])
    giver.look("given")


def begins_for(eyes: Eyes, portal: Portal, name: str) -> None:
    """A form for somebody who gave a mandate."""
    procedure_steps.begins(eyes, portal, AWAY)
    eyes.page.get_by_text(name, exact=True).click()
    steps.press(eyes)
    expect(eyes.page.locator(".acting")).to_contain_text(name)


def test_a_mandate_is_given_used_and_ended(portal: Portal, window: Window) -> None:
    mother, holder = portal.person(MOTHER), portal.person("citizen with an empty wallet", 3)
    portal.sql("DELETE FROM procedures_draft")
    giver = window(width=390, language="vi", name="mandate-giver")
    page = giver.page
    steps.signs_in(giver, portal, mother)
    page.goto(f"{portal.url}/mandates/")
    giver.look("none")
    gives(giver, mother, holder)

    other = window(width=1280, language="en", name="mandate-holder")
    theirs = other.page
    steps.signs_in(other, portal, holder)
    theirs.goto(f"{portal.url}/mandates/")
    expect(theirs.locator("section", has=theirs.locator("#h-h"))).to_contain_text(mother["name"])
    other.look("held")
    begins_for(other, portal, mother["name"])
    procedure_steps.files_an_absence(other)
    theirs.locator('main a[href^="/applications/"]').first.click()
    other.look("application")
    application = theirs.url
    page.goto(application)
    expect(page.locator(".tl")).to_contain_text(f"{holder['name']} đã nộp thay bạn")
    giver.look("application")

    begins_for(other, portal, mother["name"])  # one more, that the end of the mandate meets
    page.goto(f"{portal.url}/mandates/")
    page.locator('main form[action$="/withdraw/"] button').first.click()
    expect(page.locator('main form[action$="/withdraw/"]')).to_have_count(0)
    giver.look("ended")
    procedure_steps.goes_on(other)
    expect(theirs.locator("main h1")).to_have_text("This cannot be done")
    other.look("refused")
    theirs.goto(application)
    expect(theirs.locator("main h1")).to_have_text("This cannot be done")
    theirs.goto(f"{portal.url}/drafts/")
    theirs.get_by_role("link", name="Throw away").click()
    other.look("discard")
    steps.press(other)
    steps.at(other, "/drafts/")
    expect(theirs.locator("main .card")).to_have_count(0)
