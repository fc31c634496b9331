"""A file from the citizen to the decision, at an officer's desk: by keyboard, on a phone, and without JavaScript."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import procedure_steps, steps
from tests.browser.conftest import Eyes, Portal
from tests.browser.procedure_steps import comes_to_the_desk

pytestmark = pytest.mark.browser
Window = Callable[..., Eyes]
AWAY = "absence-declaration"


def files_an_absence(eyes: Eyes, portal: Portal, person: dict[str, Any]) -> str:
    """A form without a fee; returns the number of the file, which is the most urgent of all from now on."""
    steps.signs_in(eyes, portal, person)
    procedure_steps.begins(eyes, portal, AWAY)
    procedure_steps.fills_an_absence(eyes)
    steps.press(eyes)
    expect(eyes.page).to_have_url(re.compile(r"/filed/$"))
    filed = procedure_steps.reference(eyes)
    procedure_steps.makes_most_urgent(portal, filed)
    return filed


def opens(eyes: Eyes, portal: Portal, reference: str) -> None:
    eyes.page.goto(f"{portal.url}/desk/queue/")
    eyes.page.get_by_role("link", name=reference).click()
    expect(eyes.page.locator("#h-clock")).to_be_visible()


def test_a_file_is_taken_corrected_and_decided(portal: Portal, window: Window) -> None:
    phone = window(width=390, language="vi", name="files", javascript=False)
    reference = files_an_absence(phone, portal, portal.person("citizen with an empty wallet", 1))

    desk = window(width=1280, language="vi", name="desk")
    page = desk.page
    comes_to_the_desk(desk, portal, portal.person("case officer"))
    desk.look("today")
    page.goto(f"{portal.url}/desk/queue/?procedure={AWAY}")
    desk.look("queue")
    page.get_by_role("button", name="Giữ bộ lọc này").click()
    desk.look("queue-kept")
    opens(desk, portal, reference)
    desk.look("case")
    page.keyboard.press("F2")
    expect(page.locator('form[action$="/release/"]')).to_be_visible()
    desk.look("case-taken")

    page.locator('details:has(form[action$="/correct/"]) summary').click()
    page.locator('form[action$="/correct/"] button').click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    desk.look("correct-errors")
    form = page.locator('form[action$="/correct/"]')
    form.locator("label.govuk-checkboxes__label").first.click()
    form.locator("textarea").fill("Đề nghị ông/bà ghi rõ hơn.")
    form.locator("button").click()
    expect(page.locator("#h-corr")).to_be_visible()
    desk.look("case-asked")
    page.locator('form[action$="/correct/end/"] button').click()
    expect(page.locator("#h-corr")).to_have_count(0)

    page.locator('details:has(form[action$="/message/"]) summary').click()
    page.locator('form[action$="/message/"] textarea').fill(
        "Chào ông/bà, chúng tôi đang xem hồ sơ."
    )
    page.locator('form[action$="/message/"] button').click()
    expect(page.locator(".msgs")).to_contain_text("đang xem hồ sơ")
    page.locator('details:has(form[action$="/opinion/"]) summary').click()
    page.locator('form[action$="/opinion/"] button').click()
    desk.look("opinion-errors")

    colleague = window(width=1280, language="en", name="desk-colleague")
    comes_to_the_desk(colleague, portal, portal.person("case officer", 1))
    opens(colleague, portal, reference)
    expect(colleague.page.locator("main")).to_contain_text("has had this file since")
    colleague.look("case-of-another")

    opens(desk, portal, reference)
    page.keyboard.press("F9")
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    page.locator('form[action$="/decide/"] label.govuk-radios__label').first.click()
    page.keyboard.press("F9")
    expect(page.locator("#h-says")).to_be_visible()
    desk.look("decide")
    page.keyboard.press("F9")
    expect(page.locator("#h-dec")).to_be_visible()
    desk.look("decided")


def test_the_desk_fits_a_phone_without_javascript(portal: Portal, window: Window) -> None:
    phone = window(width=390, language="en", name="files", javascript=False)
    reference = files_an_absence(phone, portal, portal.person("citizen with an empty wallet", 2))
    eyes = window(width=390, language="en", name="desk", javascript=False)
    page = eyes.page
    comes_to_the_desk(eyes, portal, portal.person("head of a desk"))
    eyes.look("today")
    page.goto(f"{portal.url}/desk/queue/")
    eyes.look("queue")
    opens(eyes, portal, reference)
    eyes.look("case")
    page.locator('form[action$="/take/"] button').click()
    page.locator('form[action$="/decide/"] label.govuk-radios__label').nth(1).click()
    page.locator('form[action$="/decide/"] button').click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look("refusal-without-reason")
    page.select_option("#id_decide-refusal", index=1)
    page.fill("#id_decide-words", "Please come to the office with your papers.")
    page.locator('form[action$="/decide/"] button').click()
    eyes.look("decide")
    page.locator('form[action$="/decide/"] button').click()
    expect(page.locator("#h-dec")).to_be_visible()
    eyes.look("decided")
    page.goto(f"{portal.url}/desk/queue/?tab=ended")
    expect(page.locator("main table")).to_contain_text(reference)
    page.goto(f"{portal.url}/desk/colleagues/")
    eyes.look("colleagues")
