"""An administrator writes the next revision of a procedure, tries it as a citizen, simulates and proposes it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal
from tests.browser.test_money_admin import enters

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
CODE = "absence-declaration"
PARTS = (
    "part/names", "part/fee", "part/clock", "texts", "fields", "fields/add", "fields/library", "field/start",
    "document", "copy", "discard",
)  # fmt: skip


@pytest.mark.parametrize("width", [390, 1280])
def test_a_revision_is_written_tried_and_proposed(portal: Portal, window: Window, width: int):
    portal.python("manage.py", "load_procedures")
    eyes = window(width=width, language="en", name=f"author-{width}")
    enters(eyes, portal, 0 if width == 1280 else 1)
    page = eyes.page
    page.goto(f"{portal.url}/admin/procedures/procedure/")
    eyes.look(f"authoring-procedures-{width}")
    page.get_by_role("link", name=CODE).click()
    eyes.look(f"authoring-procedure-{width}")
    page.locator("#content table a").first.click()
    eyes.look(f"authoring-published-{width}")
    page.get_by_role("button", name="Write the next revision").click()
    steps.at(eyes, "/change/")
    row = page.url.removesuffix("change/")
    eyes.look(f"authoring-draft-{width}")
    for part in PARTS:
        page.goto(f"{row}{part}/")
        eyes.look(f"authoring-{part.replace('/', '-')}-{width}")
    page.goto(f"{row}part/fee/")
    page.fill("#id_amount", '{"add": [1}')
    page.locator("form [type=submit].default").click()
    expect(page.locator("#id_amount_error")).to_contain_text("Line 1")
    eyes.look(f"authoring-wrong-{width}")
    page.fill("#id_amount", "9000")
    page.locator("form [type=submit].default").click()
    steps.at(eyes, "/change/")
    page.goto(f"{row}fields/")
    page.get_by_role("button", name="Remove start").click()
    page.goto(f"{row}document/")
    expect(page.locator("#faults")).to_be_visible()
    eyes.look(f"authoring-faults-{width}")
    page.goto(f"{row}discard/")
    page.locator("form [type=submit].default").click()
    follows(eyes, portal, width)


def follows(eyes: Eyes, portal: Portal, width: int) -> None:
    """Another draft, with another fee alone."""
    page = eyes.page
    page.goto(f"{portal.url}/admin/procedures/revision/?state__exact=PUBLISHED")
    eyes.look(f"authoring-revisions-{width}")
    page.get_by_role("link", name=CODE).click()
    page.get_by_role("button", name="Write the next revision").click()
    row = page.url.removesuffix("change/")
    page.goto(f"{row}part/fee/")
    page.fill("#id_amount", "9000")
    page.locator("form [type=submit].default").click()
    page.goto(f"{row}compare/")
    expect(page.get_by_text("fee/amount")).to_be_visible()
    tries(eyes, row, width)


def tries(eyes: Eyes, row: str, width: int) -> None:
    """A draft is compared, simulated, tried and proposed."""
    page = eyes.page
    eyes.look(f"authoring-compare-{width}")
    page.goto(f"{row}simulate/")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("Files read")).to_be_visible()
    eyes.look(f"authoring-simulate-{width}")
    page.goto(f"{row}try/")
    eyes.look(f"authoring-try-{width}")
    page.get_by_role("button", name="Continue").last.click()
    eyes.look(f"authoring-try-wrong-{width}")
    page.goto(f"{row}change/")
    page.get_by_role("button", name="Propose to publish it").click()
    expect(page.get_by_text("Another administrator decides").first).to_be_visible()
    eyes.look(f"authoring-proposed-{width}")
    page.goto(f"{row}discard/")
    page.locator("form [type=submit].default").click()
