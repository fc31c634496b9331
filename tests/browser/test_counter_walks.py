"""Other ways through the counter: keyboard only, without JavaScript, with a supervisor, with a broken scan."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
MOST_PAGES = 6  # from the box to the slip
MOST_TABS = 25
LONG_NAME = "Công Huyền Tôn Nữ Thị Hoàng Nguyên Phương Thảo Khánh Quỳnh Nghiêng"


def tab_to(page: Page, selector: str) -> None:
    """Go on with the Tab key until the element has the focus."""
    for _press in range(MOST_TABS):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by {MOST_TABS} tabs")


def test_the_counter_is_worked_by_keyboard_alone_on_few_pages(portal: Portal, window: Window):
    person, officer = portal.by_number("031202000009"), portal.person("counter officer")
    eyes = window(width=1280, language="vi", name="keyboard")
    page, keyboard = eyes.page, eyes.page.keyboard

    page.goto(f"{portal.url}/counter/")  # the cursor stands in the first box
    keyboard.type(officer["sign_in_name"])
    keyboard.press("Tab")
    keyboard.type(officer["password"])
    keyboard.press("Enter")
    steps.at(eyes, "/sign-in/code/")
    tab_to(page, "#id_code")
    keyboard.type(portal.app_code(officer["totp_secret"]))
    keyboard.press("Enter")
    steps.at(eyes, "/counter/")

    loaded: list[str] = []

    def on_page(frame: Frame) -> None:
        if frame == page.main_frame:
            loaded.append(frame.url)

    page.on("framenavigated", on_page)
    expect(page.locator("#id_card")).to_be_focused()
    keyboard.insert_text(person["qr"])  # as a scanner set to end with Tab and Enter
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(page.locator("#h-who")).to_be_visible()
    page.wait_for_load_state()  # its keys are listened to by a script that runs last
    keyboard.press("F4")
    keyboard.type(steps.local(person["phone"]))
    keyboard.press("Enter")
    expect(page.locator("#id_code")).to_be_focused()
    keyboard.type(portal.code(person["phone"]))
    keyboard.press("Enter")
    expect(page.locator('form[action$="/phone/change/"] button')).to_be_visible()
    tab_to(page, "#id_checks_0")
    keyboard.press("Space")
    keyboard.press("Tab")
    keyboard.press("Space")
    keyboard.press("F9")
    expect(page.locator(".slip__code strong")).to_be_visible()
    first = page.locator(".slip__code strong").inner_text()
    assert 1 + len(loaded) <= MOST_PAGES, loaded  # the box itself was the first

    tab_to(page, 'a[href*="/counter/cases/"]')
    keyboard.press("Enter")
    expect(page.locator('form[action$="/slip/"]')).to_be_visible()
    keyboard.press("F10")
    expect(page.locator(".slip__code strong")).not_to_have_text(first)
    keyboard.press("F2")
    expect(page.locator("#id_card")).to_be_focused()
    eyes.look("counter-after")


def test_the_whole_story_works_without_javascript(portal: Portal, window: Window):
    person = portal.by_number("038075000010")
    counter = window(width=1280, language="en", name="nojs-counter", javascript=False)
    phone = window(width=390, language="vi", name="nojs-citizen", javascript=False)

    steps.officer_signs_in(counter, portal, portal.person("counter supervisor"))
    steps.officer_scans(counter, "\n".join(person["mrz"]))
    steps.officer_confirms_phone(counter, portal, person["phone"])
    slip_code = steps.officer_issues(counter)
    steps.slip_fits_a_sheet(counter)
    secret = steps.citizen_activates(phone, portal, person, slip_code)
    steps.citizen_signs_out(phone)
    steps.citizen_signs_in(phone, portal, person["personal_number"], secret)

    expect(phone.page.locator(".doc--id")).to_contain_text(person["name"].upper())


def test_a_case_without_a_card_waits_for_a_supervisor(portal: Portal, window: Window):
    person = portal.by_number("040188000013")
    officer = window(width=1280, language="en", name="exception-officer")
    supervisor = window(width=1280, language="vi", name="exception-supervisor")

    steps.officer_signs_in(officer, portal, portal.person("counter officer"))
    steps.officer_scans(officer, person["personal_number"])
    steps.officer_confirms_phone(officer, portal, person["phone"])
    for box in officer.page.locator('input[name="checks"]').all():
        box.check()
    steps.press(officer, "/issue/")
    expect(officer.page.locator("#h-wait")).to_be_visible()
    officer.look("waiting")

    steps.officer_signs_in(supervisor, portal, portal.person("counter supervisor"))
    supervisor.page.locator('a[href="/counter/approvals/"]').click()
    supervisor.look("approvals")
    supervisor.page.locator("table a").first.click()
    supervisor.look("proposal")
    supervisor.page.locator('button[value="refuse"]').click()
    expect(supervisor.page.locator("#id_note_error")).to_be_visible()
    supervisor.look("decide-error")
    supervisor.page.locator('button[value="approve"]').click()
    steps.at(supervisor, "/counter/approvals/")
    supervisor.look("approvals-after")

    officer.page.reload()
    officer.look("approved")
    assert steps.officer_issues(officer)
    officer.page.goto(f"{portal.url}/counter/")
    officer.look("counter-with-cases")


def test_what_a_scanner_or_an_officer_gets_wrong_is_explained(portal: Portal, window: Window):
    person = portal.by_number("042093000091")
    eyes = window(width=1280, language="en", name="clumsy-officer")
    page = eyes.page
    steps.officer_signs_in(eyes, portal, portal.person("counter officer", 1))

    steps.press(eyes)
    expect(page.locator("#id_card_error")).to_be_visible()
    eyes.look("empty-box")
    cut = person["qr"][: person["qr"].rindex("|") - 4]
    page.fill("#id_card", cut)
    steps.press(eyes)
    expect(page.locator("#id_card_error")).to_be_visible()
    expect(page.locator("#id_card")).to_have_value(cut)
    eyes.look("truncated")

    steps.officer_scans(eyes, person["qr"].replace(person["name"], LONG_NAME))
    expect(page.locator("#h-who")).to_be_visible()
    expect(page.locator("tr.differs")).to_have_count(1)  # the name alone
    eyes.look("another-name")
    steps.press(eyes, "/issue/")
    expect(page.locator("#id_checks_error")).to_be_visible()
    eyes.look("no-checks")
    page.fill("#id_phone", "12")
    steps.press(eyes, "/phone/")
    expect(page.locator("#id_phone_error")).to_be_visible()
    eyes.look("no-phone")
    page.fill("#id_phone", steps.local(portal.person("counter officer")["phone"]))
    steps.press(eyes, "/phone/")
    expect(page.locator("#id_phone_error")).to_be_visible()
    eyes.look("a-colleagues-phone")
    page.fill("#id_phone", steps.local(person["phone"]))
    steps.press(eyes, "/phone/")
    page.fill("#id_code", "000000")
    steps.press(eyes, "/phone/code/")
    expect(page.locator("#id_code_error")).to_be_visible()
    eyes.look("wrong-phone-code")

    # The session ends in the middle: signing in leads back to the case.
    case = page.url.removesuffix("phone/code/")
    page.context.clear_cookies(name="__Host-session")
    page.locator('button[form="change-phone"]').click()
    steps.at(eyes, "/counter/sign-in/")
    eyes.look("session-over")
    page.context.clear_cookies(name="__Host-csrf")
    page.goto(case)
    steps.at(eyes, "/counter/sign-in/")
    steps.officer_signs_in_here(eyes, portal, portal.person("counter officer", 1))
    assert page.url == case
