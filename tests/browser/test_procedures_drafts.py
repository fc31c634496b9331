"""Drafts that meet something: a new revision of their procedure, the end of a session, another thought."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import procedure_steps, steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
AWAY = "absence-declaration"
PUBLISH = """
import json
from procedures.enums import RevisionState
from procedures.rules import documents
from procedures.services import publishing
data = json.loads((documents.SHIPPED / f"{code}.json").read_text(encoding="utf-8"))
for step, field in more.items():
    next(each for each in data["steps"] if each["key"] == step)["fields"].append(field)
text = json.dumps(data, ensure_ascii=False)
publishing.publish(publishing.draft(text, documents.read(text), now=clock.now()), actor=SYSTEM, now=clock.now())
"""
FLOOR = {
    "key": "companions",
    "type": "number",
    "label": {"vi": "Mấy người đi cùng?", "en": "How many people go with you?"},
    "least": 0,
    "most": 20,
}
CARRIER = {
    "key": "vehicle",
    "type": "text",
    "label": {"vi": "Đi bằng gì?", "en": "How do you travel?"},
}


@pytest.fixture
def person(portal: Portal) -> dict[str, Any]:
    return portal.person("citizen with an empty wallet", 0)


@pytest.fixture
def revised(portal: Portal) -> Iterator[Callable[..., None]]:
    """Publish the procedure with more fields, by the key of their page; afterwards as it was."""

    def publish(**more: dict[str, Any]) -> None:
        procedure_steps.within(portal, PUBLISH, code=AWAY, more=more)

    yield publish
    publish()


@pytest.mark.parametrize(
    ("language", "width", "javascript"), [("vi", 390, True), ("en", 1280, False)]
)
def test_a_draft_goes_on_under_a_new_revision(
    portal: Portal,
    window: Window,
    person: dict[str, Any],
    revised: Callable[..., None],
    *,
    language: str,
    width: int,
    javascript: bool,
) -> None:
    eyes = window(width=width, language=language, name="revised", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    portal.sql("DELETE FROM procedures_draft")
    procedure_steps.begins(eyes, portal, AWAY, on="dates")
    page.locator("label[for=f-group]").click()
    back = procedure_steps.day_in(400)
    for box in ("day", "month", "year"):
        page.fill(f"#f-end_{box}", str(getattr(back, box)))
    procedure_steps.goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/steps/where/$"))
    procedure_steps.says_where(eyes, "destination", "7 Mẫu")
    revised(dates=FLOOR, where=CARRIER)

    page.locator("label[for=f-reason]").click()
    procedure_steps.goes_on(eyes)
    expect(page.locator("main")).to_contain_text(
        re.compile("Thủ tục đã thay đổi|procedure has changed")
    )
    expect(page.locator("#f-destination_line")).to_have_value("7 Mẫu")
    eyes.look("told")
    page.fill("#f-vehicle", "Tàu hỏa")
    procedure_steps.goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/check/$"))
    eyes.look("check-not-yet")
    page.locator('main a[href$="#f-companions"]').click()
    expect(page).to_have_url(re.compile(r"/steps/dates/"))
    expect(page.locator("#f-end_year")).to_have_value(str(back.year))
    eyes.look("first-page-again")
    page.fill("#f-companions", "2")
    procedure_steps.goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/check/(#.*)?$"))
    eyes.look("check")
    steps.press(eyes)
    expect(page).to_have_url(re.compile(r"/filed/(#.*)?$"))


def test_a_session_ends_on_the_check_page(
    portal: Portal, window: Window, person: dict[str, Any]
) -> None:
    eyes = window(width=390, language="vi", name="session-ends")
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    portal.sql("DELETE FROM procedures_draft")
    procedure_steps.begins(eyes, portal, AWAY, on="dates")
    procedure_steps.fills_an_absence(eyes)
    place = page.url
    page.context.clear_cookies(name="__Host-session")
    steps.press(eyes)
    steps.at(eyes, "/sign-in/")
    eyes.look("signed-out")
    page.fill("#id_username", person["personal_number"])
    page.fill("#id_password", person["password"])
    steps.press(eyes)
    steps.at(eyes, "/sign-in/code/")
    page.fill("#id_code", portal.app_code(person["totp_secret"]))
    steps.press(eyes)
    expect(page).to_have_url(place)
    expect(page.locator("main")).to_contain_text("7 Mẫu")
    eyes.look("check-again")
    steps.press(eyes)
    expect(page).to_have_url(re.compile(r"/filed/(#.*)?$"))


def test_a_draft_is_kept_and_thrown_away(
    portal: Portal, window: Window, person: dict[str, Any]
) -> None:
    eyes = window(width=1280, language="en", name="discard")
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    portal.sql("DELETE FROM procedures_draft")
    procedure_steps.begins(eyes, portal, AWAY, on="dates")
    page.locator("label[for=f-group]").click()
    page.locator("main button[name=form-later]").click()
    steps.at(eyes, "/drafts/")
    eyes.look("kept")
    page.goto(f"{portal.url}/")
    eyes.look("home")
    page.goto(f"{portal.url}/procedures/{AWAY}/")
    eyes.look("procedure")
    steps.press(eyes, "/start/")
    expect(page).to_have_url(re.compile(r"/steps/dates/$"))
    expect(page.locator("#f-group")).to_be_checked()
    eyes.look("resumed")
    page.goto(f"{portal.url}/drafts/")
    page.get_by_role("link", name="Throw away").click()
    eyes.look("discard")
    steps.press(eyes)
    steps.at(eyes, "/drafts/")
    eyes.look("none")
