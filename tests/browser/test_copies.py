"""Signed copies and printed cards in a browser: made, fetched, checked by others, revoked; and without network."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from eid_portal.env import ROOT
from tests.browser import steps
from tests.browser.conftest import Eyes, Portal
from tests.browser.steps import saved
from tests.documents.test_cards_document import EXAMPLES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
PURPOSE = "Công ty Vận tải Sao Mai, hồ sơ xin việc lái xe đường dài Bắc Nam"


@pytest.mark.parametrize(
    ("width", "language", "javascript"), [(390, "vi", True), (1280, "en", True), (390, "en", False)]
)
def test_a_copy_is_made_checked_and_revoked(
    portal: Portal, window: Window, tmp_path: Path, width: int, language: str, javascript: bool
) -> None:
    eyes = window(width=width, language=language, name="copies", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, portal.person("citizen, active"))
    page.goto(f"{portal.url}/papers/id-card/copies/")
    eyes.look("copy-form")
    steps.press(eyes)
    expect(page.locator("#id_purpose_error, .govuk-error-summary").first).to_be_visible()
    eyes.look("copy-refused")
    page.fill("#id_purpose", f"{PURPOSE} {width} {javascript}")
    steps.press(eyes)
    expect(page.locator('a[href$="/pdf/"]')).to_be_visible()
    eyes.look("copy")
    file = saved(eyes, page.locator('a[href$="/pdf/"]'), tmp_path)
    assert file.read_bytes().startswith(b"%PDF-1.7")

    steps.press(eyes, "/revoke/")
    expect(page.locator('a[href$="/pdf/"]')).to_have_count(0)
    eyes.look("copy-revoked")
    page.goto(f"{portal.url}/papers/copies/")
    eyes.look("copies-and-cards")


@pytest.mark.parametrize(("width", "language"), [(390, "vi"), (1280, "en")])
def test_a_card_is_printed_and_verified_with_and_without_network(
    portal: Portal, window: Window, tmp_path: Path, width: int, language: str
) -> None:
    eyes = window(width=width, language=language, name="cards")
    page = eyes.page
    steps.signs_in(eyes, portal, portal.person("citizen, active"))
    page.goto(f"{portal.url}/papers/id-card/card/")
    eyes.look("card-form")
    steps.press(eyes)
    expect(page.locator('a[href$="/pdf/"]')).to_be_visible()
    eyes.look("card")
    eyes.look_printed("card-printed")
    typed = page.locator("#card-code").inner_text()
    card = page.url
    sheet = saved(eyes, page.locator('a[href$="/pdf/"]'), tmp_path)
    assert sheet.read_bytes().startswith(b"%PDF-1.7")

    reader = window(width=width, language=language, name="cards-reader")
    reader.page.goto(f"{portal.url}/verify/")
    reader.page.fill("#id_code", typed)
    steps.press(reader)
    reader.look("card-code")
    steps.press(reader)
    expect(reader.page.locator(".verdict")).to_be_visible()
    reader.look("card-genuine")
    page.goto(f"{portal.url}/account/data-log/")
    expect(page.locator(".log > li").first).to_be_visible()

    reader.page.goto(f"{portal.url}/verify/cards/")
    reader.look("offline")
    verifier = saved(reader, reader.page.locator('a[href$="verify_card.html"]'), tmp_path)
    assert verifier.read_bytes() == (ROOT / "static/offline/verify_card.html").read_bytes()
    keys = saved(reader, reader.page.locator('a[href$="card-keys.json"]'), tmp_path)
    revoked = saved(reader, reader.page.locator('a[href$="revoked-cards.jws"]'), tmp_path)

    page.goto(card)
    steps.press(eyes, "/revoke/")
    eyes.look("card-revoked")

    alone = window(width=width, language=language, name="cards-alone")
    alone.page.context.set_offline(True)
    alone.page.goto(verifier.as_uri())
    alone.look("verifier")
    alone.page.fill("#code", "x.y.z")
    alone.page.set_input_files("#keys", keys)
    alone.page.set_input_files("#list", revoked)
    alone.page.click("#go")
    expect(alone.page.locator('[data-outcome="wrong"]')).to_be_visible()
    alone.look("verifier-wrong")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_without_network_says_what_the_document_says(
    window: Window, language: str
) -> None:
    """By the example of docs/cards.md, on days of its time and after it."""
    eyes = window(width=390, language=language, name="verifier")
    page = eyes.page
    page.clock.set_fixed_time(datetime(2026, 12, 1, tzinfo=UTC))
    page.context.set_offline(True)
    page.goto((ROOT / "static/offline/verify_card.html").as_uri())

    def outcome(code: str, *, keys: str = EXAMPLES["keys"], revoked: str | None = None) -> str:
        page.reload()
        page.fill("#code", code)
        for box, content in (("#keys", keys), ("#list", revoked)):
            if content is not None:
                file = {"name": "file", "mimeType": "text/plain", "buffer": content.encode()}
                page.set_input_files(box, file)  # type: ignore[arg-type]
        page.click("#go")
        answer = page.locator("#answer [data-outcome]")
        expect(answer).to_be_visible()
        return answer.get_attribute("data-outcome") or ""

    card, revoked = EXAMPLES["card"], EXAMPLES["list"]
    assert outcome(card) == "valid"
    eyes.look("verifier-valid")
    expect(page.locator("#answer")).to_contain_text("NGUYỄN VĂN AN")
    assert outcome(card, revoked=revoked) == "revoked"
    eyes.look("verifier-revoked")
    assert outcome(card[:-3] + "AAA") == "wrong"
    assert outcome(card.replace(".", ".A", 1)) == "wrong"
    assert outcome(card, keys='{"keys": []}') == "wrong"
    assert outcome(card, keys="x") == "unusable"
    assert outcome(card, revoked=revoked[:-3] + "AAA") == "unusable"
    assert outcome(card, revoked=card) == "unusable"
    assert outcome(revoked) == "wrong"
    page.clock.set_fixed_time(datetime(2028, 1, 1, tzinfo=UTC))
    assert outcome(card) == "ended"
    page.clock.set_fixed_time(datetime(2026, 11, 1, tzinfo=UTC))
    assert outcome(card) == "unusable"
