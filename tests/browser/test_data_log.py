"""The data log, one's data and consents in a browser: both languages, wide and narrow, with and without JavaScript."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from eid_portal.env import ROOT
from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]


@pytest.mark.parametrize(
    ("width", "language", "javascript"), [(390, "vi", True), (1280, "en", True)]
)
def test_a_citizen_reads_the_log_and_keeps_a_proof(
    portal: Portal, window: Window, tmp_path: Path, width: int, language: str, javascript: bool
) -> None:
    eyes = window(width=width, language=language, name="data-log", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, portal.person("citizen, active"))
    page.goto(f"{portal.url}/account/data-log/")
    eyes.look("log")
    for choice in ("staff", "systems", "sign-ins", "changes"):
        page.goto(f"{portal.url}/account/data-log/?show={choice}")
        expect(page.locator(".chipnav a[aria-current]")).to_have_count(1)
    eyes.look("changes")
    page.goto(f"{portal.url}/account/data-log/")
    page.locator("main details.noprint summary").click()
    page.fill("#id_words", "dang nhap" if language == "vi" else "signed in")
    steps.press(eyes, "/account/data-log/")
    expect(page.locator(".log > li").first).to_be_visible()
    eyes.look("found")
    page.fill("#id_words", "không có từ này 12345")
    steps.press(eyes, "/account/data-log/")
    expect(page.locator(".log > li")).to_have_count(0)
    eyes.look("found-nothing")

    page.goto(f"{portal.url}/account/data-log/?details=1")
    link = page.locator('a[href$="/proof.json"]').last
    steps.come_back(eyes, lambda: link.count() > 0)  # sealed within a minute
    expect(page.locator(".log details[open]").first).to_be_visible()
    eyes.look("details")
    eyes.look_printed("details-printed")
    expect(link).to_be_visible()
    proof = steps.saved(eyes, link, tmp_path)
    keys = steps.saved(eyes, page.locator('a[href="/.well-known/eid-audit-keys.json"]'), tmp_path)
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            str(ROOT / "deploy/verify_audit.py"),
            str(proof),
            "--keys",
            str(keys),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "stands in the sealed audit" in done.stdout


@pytest.mark.parametrize(
    ("width", "language", "javascript"), [(390, "vi", True), (1280, "en", False)]
)
def test_a_citizen_keeps_a_copy_asks_and_withdraws(
    portal: Portal, window: Window, tmp_path: Path, width: int, language: str, javascript: bool
) -> None:
    eyes = window(width=width, language=language, name="my-data", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, portal.person("citizen, active"))
    page.goto(f"{portal.url}/account/data/")
    eyes.look("data")
    steps.press(eyes, "/account/data/")
    waiting, ready = page.locator("[data-waiting]"), page.locator('form[action$="/pdf/"] button')
    if not javascript:
        steps.come_back(eyes, lambda: not waiting.count())
    expect(waiting).to_have_count(0, timeout=60_000)
    expect(ready).to_be_visible()
    eyes.look("copy-made")
    pdf = steps.saved(eyes, ready, tmp_path)
    assert pdf.read_bytes().startswith(b"%PDF-")
    copy = json.loads(
        steps.saved(eyes, page.locator('form[action$="/json/"] button'), tmp_path).read_text()
    )
    assert copy["language"] == language

    page.goto(f"{portal.url}/account/data/requests/correct/new/")
    eyes.look("ask")
    page.fill("#id_question", "ngắn")
    steps.press(eyes)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look("ask-wrong")
    page.locator('input[name="subject"]').nth(5).check()
    page.fill(
        "#id_question", "Số điện thoại ở lượt làm việc tại quầy ghi sai một chữ số.\nXin sửa lại."
    )
    steps.press(eyes)
    expect(page.locator(".tl [aria-current]")).to_be_visible()
    eyes.look("asked")
    page.goto(f"{portal.url}/account/data/")
    eyes.look("data-with-request")

    page.goto(f"{portal.url}/account/consents/")
    eyes.look("consents")
    before = page.locator('form[action$="/withdraw/"]').count()
    # One of the two that were given for other ends: without a registry's, its papers leave the wallet.
    given = page.locator("li", has_text=re.compile("Điện lực Mẫu|Ngân hàng Mẫu"))
    given.locator('form[action$="/withdraw/"] button').first.click()
    expect(page.locator('form[action$="/withdraw/"]')).to_have_count(before - 1)
    expect(page.locator(".tl [aria-current]").first).to_be_visible()
    eyes.look("withdrawn")
