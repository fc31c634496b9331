"""A licence is shown by its QR code, read at /verify/ and on the road, and its holder reads both in the data log."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
PURPOSE = "Công ty Vận tải Mẫu, hồ sơ xin việc"
CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4})+")


def signs_in(eyes: Eyes, portal: Portal, person: dict[str, Any]) -> None:
    page = eyes.page
    page.goto(f"{portal.url}/sign-in/")
    page.fill("#id_username", person["personal_number"])
    page.fill("#id_password", person["password"])
    steps.press(eyes)
    page.fill("#id_code", portal.app_code(person["totp_secret"]))
    steps.press(eyes)
    steps.at(eyes, "/")


def opens_licence(eyes: Eyes, portal: Portal) -> str:
    """From the wallet to the licence, once its registry has confirmed it; returns the address of its page."""
    page = eyes.page
    for _time in range(60):
        page.goto(f"{portal.url}/papers/")
        licence = page.locator("main a", has_text=re.compile("Giấy phép lái xe|Driver licence"))
        licence.first.click()
        if page.locator('form[action$="/show/"]').count():
            return page.url
        page.wait_for_timeout(500)
    raise AssertionError("the licence was not confirmed")


def shows(eyes: Eyes, what: str) -> str:
    """One press in the wallet; returns the code."""
    steps.press(eyes, "/show/")
    expect(eyes.page.locator("#code")).to_be_visible()
    eyes.look(what)
    found = CODE.fullmatch(eyes.page.locator("#code").inner_text().strip())
    assert found
    return found[0]


def reads(eyes: Eyes, portal: Portal, code: str) -> None:
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
    expect(page.locator('input[name="press"]')).to_have_count(1)
    eyes.look("verify-code")
    steps.press(eyes)
    expect(page.locator(".verdict")).to_be_visible()


@pytest.mark.parametrize(
    ("javascript", "width", "language"),
    [(True, 390, "vi"), (False, 390, "en"), (True, 1280, "en")],
    ids=["phone", "no-script", "desktop"],
)
def test_a_licence_is_shown_and_read_and_both_looks_stand_in_the_data_log(
    portal: Portal, window: Window, *, javascript: bool, width: int, language: str
) -> None:
    person = portal.by_number("001085000001")
    phone = window(
        width=width, language=language, name=f"shows-{javascript}", javascript=javascript
    )
    signs_in(phone, portal, person)
    opens_licence(phone, portal)
    phone.look("licence")
    code = shows(phone, "shown")

    guard = window(
        width=width, language=language, name=f"reads-{javascript}", javascript=javascript
    )
    reads(guard, portal, code)
    expect(guard.page.locator(".verdict")).not_to_have_class(re.compile("verdict--"))
    expect(guard.page.locator("main")).to_contain_text("An".upper())
    guard.look("read")
    guard.page.locator("details summary").click()
    guard.look("another-face")
    reads_again = guard.page
    reads_again.goto(f"{portal.url}/verify/{code.replace('-', '')}/")
    expect(reads_again.locator(".verdict--late")).to_be_visible()
    guard.look("used")
    reads_again.goto(f"{portal.url}/verify/X00000000000/")
    expect(reads_again.locator(".verdict--bad")).to_be_visible()
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

    phone.page.goto(f"{portal.url}/account/data-log/?details=1")
    log = phone.page.locator("main")
    expect(log).to_contain_text(
        re.compile("Giấy tờ bạn xuất trình đã được xem|A paper you showed was read")
    )
    expect(log).to_contain_text(re.compile(r"KT-\d{6}-[0-9A-Z]{4}"))
    expect(log).to_contain_text(
        re.compile("Phòng Cảnh sát giao thông Hà Nội|Ha Noi Traffic Police")
    )
    phone.look("data-log")


def checks_on_the_road(officer: Eyes, portal: Portal, code: str, person: dict[str, Any]) -> None:
    page = officer.page
    page.goto(f"{portal.url}/counter/")
    steps.officer_signs_in_here(officer, portal, portal.person("traffic officer"))
    steps.at(officer, "/roadside/")
    officer.look("roadside")
    steps.press(officer)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    officer.look("roadside-errors")
    page.check('input[name="reason"][value="STOP"]')
    page.fill("#id_typed", code)
    steps.press(officer)
    expect(page.locator(".verdict")).to_contain_text(re.compile("Được lái|May drive"))
    officer.look("roadside-licence")
    plate = next(paper["number"] for paper in person["papers"] if paper["type"] == "vehicle")
    page.fill("#id_typed", plate)
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
    person = portal.by_number("001085000001")
    holder = window(width=width, language="vi", name=f"shares-{javascript}", javascript=javascript)
    signs_in(holder, portal, person)
    opens_licence(holder, portal)
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
