"""A licence is shown by its QR code, read at /verify/ and on the road, and its holder reads both in the data log."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import paper_steps, steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
PURPOSE = "Công ty Vận tải Mẫu, hồ sơ xin việc"


def number_of(person: dict[str, Any], type_: str) -> str:
    """The number of the person's own paper of a type."""
    return str(next(one["number"] for one in person["papers"] if one["type"] == type_))


def holder_with_papers(eyes: Eyes, portal: Portal) -> dict[str, Any]:
    """Somebody whose wallet no other walk opens; ends at the page of the licence, verified like the motorcycle."""
    person = paper_steps.holder(portal, "showing")
    steps.signs_in(eyes, portal, person)
    for kind, type_ in (("VEHICLE_REGISTRATION", "vehicle"), ("DRIVER_LICENCE", "licence")):
        paper_steps.links_by_number(eyes, portal, kind, number_of(person, type_))
        paper_steps.comes(eyes, 'form[action$="/show/"]')
    return person


def reads_typed(eyes: Eyes, portal: Portal, code: str) -> None:
    """Types the code at /verify/ and presses the one button."""
    page = eyes.page
    page.goto(f"{portal.url}/verify/")
    eyes.look("verify")
    page.fill("#id_code", "hello")
    steps.press(eyes)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look("verify-error")
    page.fill("#id_code", code)
    steps.press(eyes)
    paper_steps.reads(eyes)


@pytest.mark.parametrize(
    ("javascript", "width", "language"),
    [(True, 390, "vi"), (False, 390, "en"), (True, 1280, "en")],
    ids=["phone", "no-script", "desktop"],
)
def test_a_licence_is_shown_and_read_and_both_looks_stand_in_the_data_log(
    portal: Portal, window: Window, *, javascript: bool, width: int, language: str
) -> None:
    phone = window(
        width=width, language=language, name=f"shows-{javascript}", javascript=javascript
    )
    person = holder_with_papers(phone, portal)
    phone.look("licence")
    address = paper_steps.shows(phone, portal, "shown")

    guard = window(
        width=width, language=language, name=f"reads-{javascript}", javascript=javascript
    )
    reads_typed(guard, portal, phone.page.locator("#code").inner_text())
    expect(guard.page.locator(".verdict")).not_to_have_class(re.compile("verdict--"))
    expect(guard.page.locator("main")).to_contain_text(person["name"].upper())
    guard.look("read")
    guard.page.locator("details summary").click()
    guard.look("another-face")
    steps.press(guard, "/verify/report/")
    expect(guard.page.locator(".verdict")).not_to_have_class(re.compile("verdict--"))
    guard.look("reported")
    guard.page.goto(address)
    expect(guard.page.locator(".verdict--late")).to_be_visible()
    guard.look("used")
    guard.page.goto(f"{portal.url}/verify/X00000000000/")
    expect(guard.page.locator(".verdict--bad")).to_be_visible()
    guard.look("not-ours")

    if javascript:  # the page notices by itself
        expect(phone.page.locator('[data-showing="read"]')).to_be_visible(timeout=10_000)
    else:
        phone.page.reload()
    expect(phone.page.locator('[data-showing="read"]')).to_be_visible()
    phone.look("was-read")
    steps.press(phone, "")
    second = phone.page.locator("#code").inner_text().strip()

    officer = window(
        width=width, language=language, name=f"road-{javascript}", javascript=javascript
    )
    checks_on_the_road(officer, portal, second, person)

    paper_steps.both_looks_stand_in_the_data_log(phone, portal)


def checks_on_the_road(officer: Eyes, portal: Portal, code: str, person: dict[str, Any]) -> None:
    page = officer.page
    paper_steps.officer_on_the_road(officer, portal)
    steps.press(officer)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    officer.look("roadside-errors")
    paper_steps.officer_checks_licence(officer, code)
    page.locator("details summary").first.click()
    officer.look("roadside-another-face")
    steps.press(officer, "/other-face/")
    expect(page.locator(".verdict--bad")).to_be_visible()
    officer.look("roadside-reported")
    page.fill("#id_typed", number_of(person, "vehicle"))
    page.locator('main form[action="/roadside/"] button[type="submit"]').click()
    expect(page.locator(".checks")).to_be_visible()
    officer.look("roadside-vehicle")
    steps.press(officer, "/done/")
    steps.at(officer, "/roadside/")
    page.go_back()
    page.reload()
    officer.look("roadside-over")
    assert person["name"].upper() not in page.content()
    page.goto(f"{portal.url}/counter/")
    steps.at(officer, "/roadside/")


@pytest.mark.parametrize(("javascript", "width"), [(True, 390), (False, 1280)])
def test_a_copy_is_shared_opened_and_closed(
    portal: Portal, window: Window, *, javascript: bool, width: int
) -> None:
    holder = window(width=width, language="vi", name=f"shares-{javascript}", javascript=javascript)
    holder_with_papers(holder, portal)
    page = holder.page
    page.locator('main a[href$="/share/"]').click()
    holder.look("share")
    steps.press(holder)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    holder.look("share-errors")
    page.fill("#id_purpose", PURPOSE)
    steps.press(holder)
    expect(page.locator("#link")).to_be_visible()
    holder.look("shared")

    office = window(width=width, language="vi", name=f"opens-{javascript}", javascript=javascript)
    office.page.goto(page.locator("#link").input_value())
    office.look("share-code")
    steps.press(office)
    expect(office.page.locator("main")).to_contain_text(PURPOSE)
    office.look("share-read")

    page.reload()
    expect(page.locator("ol.log li")).to_have_count(1)
    holder.look("shared-opened")
    link = page.locator("#link").input_value()
    steps.press(holder, "/revoke/")
    expect(page.locator("#link")).to_have_count(0)
    holder.look("closed")
    office.page.goto(link)
    expect(office.page.locator(".verdict--bad")).to_be_visible()
    office.look("share-closed")
