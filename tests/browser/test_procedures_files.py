"""Papers given with a form: a picture, a PDF, one given before; what is refused, and the officer who gets them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser import procedure_steps, steps
from tests.browser.conftest import Eyes, Portal
from tests.core.test_files import _action as action
from tests.core.test_files import changed, pdf, picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
STAY = "temporary-residence"
OWNER = "001300000016"  # of nobody
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def person(portal: Portal) -> dict[str, Any]:
    return portal.person("citizen with an empty wallet", 2)


def comes_to_the_contract(eyes: Eyes, portal: Portal) -> None:
    """The page that asks for a contract, all else on it answered."""
    page = eyes.page
    portal.sql("DELETE FROM procedures_draft")
    procedure_steps.begins(eyes, portal, STAY, on="place")
    procedure_steps.says_where(eyes, "address", "45/2 Lê Thánh Tôn")
    page.locator("label[for=f-duration-1]").click()
    procedure_steps.goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/steps/owner/(#.*)?$"))
    page.fill("#f-owner", OWNER)
    page.locator("label[for=f-relation]").click()
    page.locator("label[for=f-proof-1]").click()
    if not eyes.javascript:
        procedure_steps.goes_on(eyes)
    expect(page.locator("#f-contract")).to_be_visible()


def sends(eyes: Eyes, name: str, kind: str, content: bytes) -> None:
    """Choose a file and press the button."""
    payload = FilePayload(name=name, mimeType=kind, buffer=content)
    eyes.page.locator("#f-contract").set_input_files(payload)
    procedure_steps.goes_on(eyes)


@pytest.mark.parametrize(
    ("language", "width", "javascript"), [("vi", 390, False), ("en", 1280, True)]
)
def test_what_is_refused_says_why_and_loses_nothing(
    portal: Portal,
    window: Window,
    person: dict[str, Any],
    *,
    language: str,
    width: int,
    javascript: bool,
) -> None:
    eyes = window(width=width, language=language, name="files-refused", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    portal.sql(
        "DELETE FROM procedures_attachment WHERE id NOT IN (SELECT attachment_id FROM procedures_applicationfile)"
    )
    comes_to_the_contract(eyes, portal)
    eyes.look("asked")
    active = changed(OpenAction=action("/JavaScript"))
    for what, name, kind, content in (
        ("active", "hop-dong.pdf", "application/pdf", active),
        ("svg", "anh.svg", "image/svg+xml", SVG),
        ("disguised", "anh.jpg", "image/jpeg", SVG),
        ("empty", "trong.pdf", "application/pdf", b""),
    ):
        sends(eyes, name, kind, content)
        expect(page.locator("#f-contract-error")).to_be_visible()
        expect(page.locator("#f-owner")).to_have_value(re.compile("001.?300.?000.?016"))
        eyes.look(f"refused-{what}")
    sends(eyes, "../../x.pdf", "application/pdf", pdf(2))
    expect(page).to_have_url(re.compile(r"/check/(#.*)?$"))
    expect(page.locator("main")).not_to_contain_text("..")
    eyes.look("check")


def test_papers_are_given_given_again_and_fetched_by_the_officer(
    portal: Portal, window: Window, person: dict[str, Any], tmp_path: Path
) -> None:
    eyes = window(width=390, language="vi", name="files")
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    comes_to_the_contract(eyes, portal)
    sends(eyes, "ảnh hợp đồng.jpg", "image/jpeg", picture(size=(900, 600)))
    expect(page).to_have_url(re.compile(r"/check/(#.*)?$"))
    expect(page.locator("main")).to_contain_text("ảnh hợp đồng.jpg")
    eyes.look("check-picture")
    page.locator('main a[href$="#f-contract"]').click()
    expect(page.locator("main")).to_contain_text("ảnh hợp đồng.jpg")
    eyes.look("given-once")
    sends(eyes, "hợp đồng thuê nhà ký ngày mười tháng mười một.pdf", "application/pdf", pdf(3))
    expect(page.locator("main")).to_contain_text("hợp đồng thuê nhà")
    page.locator('main a[href$="#f-contract"]').click()
    eyes.look("given-twice")
    page.get_by_text("ảnh hợp đồng.jpg").click()
    procedure_steps.goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/check/(#.*)?$"))
    expect(page.locator("main")).to_contain_text("ảnh hợp đồng.jpg")
    eyes.look("check-again")
    steps.press(eyes)
    expect(page).to_have_url(re.compile(r"/(payments/orders|banks/link)/"))
    portal.sql("UPDATE procedures_application SET fee = 0 WHERE state = 'FILED'")
    reference = procedure_steps.within(portal, RECEIVE, number=person["personal_number"])

    desk = window(width=1280, language="en", name="files-desk")
    procedure_steps.comes_to_the_desk(desk, portal, portal.person("case officer"))
    desk.page.goto(f"{portal.url}/desk/{reference}/")
    desk.look("case")
    with desk.page.expect_download() as fetched:
        desk.page.locator("#h-papers ~ ul a").first.click()
    kept = tmp_path / "kept"
    fetched.value.save_as(kept)
    assert re.fullmatch(r"eid-file-[\w-]{6}\.jpg", fetched.value.suggested_filename)
    assert kept.read_bytes()[:3] == b"\xff\xd8\xff"
    page.goto(f"{portal.url}/account/data-log/?details=1")
    eyes.look("data-log")


RECEIVE = """
from django.db import transaction
from procedures.services import lifecycle
row = Application.objects.filter(filer=person(number).account).latest("pk")
with transaction.atomic():
    lifecycle.receive(lifecycle.hold(row.pk), now=clock.now())
tell(row.public_id)
"""
