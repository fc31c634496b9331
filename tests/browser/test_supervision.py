"""Officers are watched: a look by keyboard alone, its alert on the supervisor's console, and the person's question."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal
from tests.browser.test_counter_walks import tab_to

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
NEED = "Gọi lại để hỏi về giấy tờ còn thiếu"
ANSWER = "Cán bộ đã tra cứu vì bạn đang đứng trước quầy để hỏi về tài khoản."


def test_a_look_by_keyboard_is_watched_and_asked_about(portal: Portal, window: Window):
    person, officer = portal.person("citizen, active"), portal.person("counter officer")
    desk = window(width=1280, language="vi", name="look-up")
    steps.officer_signs_in(desk, portal, officer)
    looks_up_by_keyboard(desk, person)
    asks_for_more(desk)
    masks(desk, person)
    desk.page.select_option("#id_reason", "AT_COUNTER")
    desk.page.fill("#id_number", portal.person("counter officer", 1)["personal_number"])
    steps.press(desk)
    expect(desk.page.locator("#h-see")).to_be_visible()

    phone = window(width=390, language="vi", name="asked")
    asks_about_the_look(phone, portal, person)

    room = window(width=1280, language="en", name="supervision")
    steps.officer_signs_in(room, portal, portal.person("counter supervisor"))
    decides(room, officer)
    phone.page.reload()
    expect(phone.page.locator("main")).to_contain_text(ANSWER)
    phone.look("answered")


def looks_up_by_keyboard(desk: Eyes, person: dict[str, Any]) -> None:
    page, keyboard = desk.page, desk.page.keyboard
    page.locator('nav a[href="/counter/look-up/"]').click()
    desk.look("look-up")
    keyboard.press("F9")
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    desk.look("look-up-errors")
    tab_to(page, "#id_reason")
    keyboard.press("ArrowDown")
    keyboard.press("F4")
    keyboard.type(person["personal_number"])
    keyboard.press("F9")
    expect(page.locator("#h-see")).to_be_visible()
    assert person["personal_number"] not in page.content()
    assert person["personal_number"] not in page.url
    desk.look("look-up-result")


def asks_for_more(desk: Eyes) -> None:
    page, keyboard = desk.page, desk.page.keyboard
    keyboard.press("F9")
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    desk.look("look-up-nothing-chosen")
    tab_to(page, 'input[value="phone"]')
    keyboard.press("Space")
    tab_to(page, "#id_need")
    keyboard.type(NEED)
    keyboard.press("F9")
    expect(page.locator(".msgs")).to_contain_text(NEED)
    desk.look("look-up-unmasked")


def masks(desk: Eyes, person: dict[str, Any]) -> None:
    """And neither the way back nor the address shows anybody again."""
    page = desk.page
    result = page.url
    page.locator('form[action$="/mask/"] button').click()
    steps.at(desk, "/counter/look-up/")
    page.go_back()
    expect(page.locator("h1")).not_to_contain_text(person["name"].split()[-1])
    page.goto(result)
    desk.look("look-up-over")
    assert person["name"] not in page.content()
    page.keyboard.press("F9")
    steps.at(desk, "/counter/look-up/")


def asks_about_the_look(phone: Eyes, portal: Portal, person: dict[str, Any]) -> None:
    page = phone.page
    page.goto(f"{portal.url}/sign-in/")
    page.fill("#id_username", person["personal_number"])
    page.fill("#id_password", person["password"])
    steps.press(phone)
    page.fill("#id_code", portal.app_code(person["totp_secret"]))
    steps.press(phone)
    steps.at(phone, "/")
    page.goto(f"{portal.url}/account/data-log/?details=1")
    page.locator('form[action$="/question/"] button').first.click()
    phone.look("ask-about-look")
    steps.press(phone)
    steps.at(phone, "/account/data-log/questions/")
    phone.look("questions")


def decides(room: Eyes, officer: dict[str, Any]) -> None:
    """The alert, then the question."""
    page, keyboard = room.page, room.page.keyboard
    page.locator('nav a[href="/counter/supervision/"]').click()
    expect(page.locator("#h-alerts")).to_be_visible()
    room.look("supervision")
    page.locator('a[href*="/supervision/alerts/"]').first.click()
    expect(page.locator("dl").first).to_contain_text(officer["name"])
    room.look("alert")
    keyboard.press("F9")
    steps.at(room, "/counter/supervision/")
    page.locator('a[href*="/supervision/inspections/"]').first.click()
    room.look("inspection")
    keyboard.press("F9")
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    room.look("inspection-error")
    page.check('input[value="JUSTIFIED"]')
    page.fill("#id_answer", ANSWER)
    keyboard.press("F9")
    steps.at(room, "/counter/supervision/")
    room.look("supervision-after")


def test_a_desk_nobody_uses_hides_what_it_shows(portal: Portal, window: Window):
    desk = window(width=1280, language="vi", name="idle")
    page = desk.page
    steps.officer_signs_in(desk, portal, portal.person("counter officer"))
    page.clock.install()
    page.reload()
    page.clock.fast_forward("04:30")
    page.keyboard.press("Shift")
    page.clock.fast_forward("01:00")
    expect(page.locator("#id_card")).to_be_visible()  # the key counted
    page.clock.fast_forward("05:01")
    expect(page.locator("#desk-locked-again")).to_be_focused()
    expect(page.locator("#id_card")).to_have_count(0)
    desk.look("desk-locked")
