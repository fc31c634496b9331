"""An administrator looks into a citizen's data, and the citizen sees it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
REASON = "Thư của công dân ngày 20/11 hỏi về địa chỉ"


def test_a_citizen_reads_why_an_administrator_opened_their_data(portal: Portal, window: Window):
    boss, person = portal.person("administrator"), portal.person("citizen, active")
    number = person["personal_number"]
    admin = window(width=1280, language="en", name="admin")
    phone = window(width=390, language="vi", name="citizen-told")
    page = admin.page

    page.goto(f"{portal.url}/admin/")
    steps.at(admin, "/sign-in/")
    admin.look("admin-sign-in")
    page.fill("#id_username", boss["sign_in_name"])
    page.fill("#id_password", boss["password"])
    steps.press(admin)
    page.fill("#id_code", portal.app_code(boss["totp_secret"]))
    steps.press(admin)
    steps.at(admin, "/admin/")
    admin.look("admin-index")
    for model in ("account", "office", "officerole"):
        page.goto(f"{portal.url}/admin/accounts/{model}/")
        admin.look(f"admin-{model}")
    page.goto(f"{portal.url}/admin/accounts/citizen/")
    expect(page.locator("#result_list")).not_to_contain_text(number[-4:])
    assert number not in page.content()
    assert person["name"] not in page.content()
    admin.look("admin-citizens")

    page.fill("#find", number)
    page.locator("#find ~ [type=submit]").click()
    steps.at(admin, "/change/")
    assert number not in page.url
    admin.look("admin-citizen")
    page.locator('a[href$="/unmask/"]').click()
    admin.look("admin-reason")
    page.locator("form [type=submit].default").click()
    expect(page.locator("#id_reason_error")).to_be_visible()
    assert number not in page.content()
    admin.look("admin-no-reason")
    page.fill("#id_reason", REASON)
    page.locator("form [type=submit].default").click()
    expect(page.get_by_text(number, exact=True)).to_be_visible()
    expect(page.get_by_text(person["name"], exact=True)).to_be_visible()
    admin.look("admin-shown-once")

    page = phone.page
    page.goto(f"{portal.url}/sign-in/")
    page.fill("#id_username", number)
    page.fill("#id_password", person["password"])
    steps.press(phone)
    page.fill("#id_code", portal.app_code(person["totp_secret"]))
    steps.press(phone)
    steps.at(phone, "/")
    expect(page.locator('section[aria-labelledby="h-msg"]')).to_contain_text(REASON)
    phone.look("home-told")


def test_an_administrator_looks_after_registries_kinds_and_figures(portal: Portal, window: Window):
    boss = portal.person("administrator")
    for width, language in ((1280, "en"), (390, "vi")):
        admin = window(width=width, language=language, name=f"registries-{width}")
        page = admin.page
        page.goto(f"{portal.url}/admin/documents/registry/")
        page.fill("#id_username", boss["sign_in_name"])
        page.fill("#id_password", boss["password"])
        steps.press(admin)
        page.fill("#id_code", portal.app_code(boss["totp_secret"]))
        steps.press(admin)
        steps.at(admin, "/admin/documents/registry/")
        admin.look("registries")
        for place in (
            "documents/registry/traffic-police/change/",
            "documents/verification/",
            "documents/correction/",
            "documents/document/",
            "documents/document/kind/DRIVER_LICENCE/",
            "documents/definedkind/",
            "documents/definedkind/add/",
            "payments/biller/",
            "payments/biller/evn-hcmc/change/",
            "core/calendarday/",
            "core/calendarday/add/",
            "core/calendarday/2027-09-02/change/",
            "payments/tariff/add/",
            "payments/tariff/",
        ):
            page.goto(f"{portal.url}/admin/{place}")
            admin.look(place.partition("/")[2].replace("/", "-"))
        page.locator("#result_list tbody th a").first.click()
        steps.at(admin, "/change/")
        admin.look("tariff-change")
