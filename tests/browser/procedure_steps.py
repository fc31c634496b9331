"""What a citizen, an owner and an officer do with an application in a browser, with or without JavaScript."""

import json
import re
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import expect

from eid_portal.core import clock
from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

STAY = "temporary-residence"
REFERENCE = re.compile(r"HS-\d{6}-\w{6}")


def reference(eyes: Eyes) -> str:
    """The number of the application on the page."""
    found = REFERENCE.search(eyes.page.locator("main").inner_text())
    assert found
    return found[0]


def day_in(days: int) -> date:
    """So many days from today, as days are counted in Viet Nam."""
    return clock.today() + timedelta(days=days)


def goes_on(eyes: Eyes) -> None:
    """Save this page of a form, and go on to the next."""
    eyes.page.locator('main form .govuk-button-group button[type="submit"]').first.click()


def begins(eyes: Eyes, portal: Portal, code: str, *, on: str = "") -> None:
    """From the page of a procedure to its form, perhaps at the page ``on``."""
    eyes.page.goto(f"{portal.url}/procedures/{code}/")
    steps.press(eyes, "/start/")
    if on:
        expect(eyes.page).to_have_url(re.compile(rf"/steps/{on}/(\?.*)?$"))


def says_where(eyes: Eyes, field: str, line: str) -> None:
    """An address in Hải Phòng."""
    eyes.page.select_option(f"#f-{field}_province", "Hải Phòng")
    eyes.page.fill(f"#f-{field}_commune", "Phường Hồng Bàng")
    eyes.page.fill(f"#f-{field}_line", line)


def fills_an_absence(eyes: Eyes) -> None:
    """From the first page of its form to the check."""
    page = eyes.page
    expect(page).to_have_url(re.compile(r"/steps/dates/$"))
    page.locator("label[for=f-group]").click()
    back = day_in(400)
    for box in ("day", "month", "year"):
        page.fill(f"#f-end_{box}", str(getattr(back, box)))
    goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/steps/where/$"))
    says_where(eyes, "destination", "7 Mẫu")
    page.locator("label[for=f-reason]").click()
    goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/check/$"))


def files_an_absence(eyes: Eyes) -> None:
    """From the first page of its form to the slip."""
    fills_an_absence(eyes)
    eyes.look("check")
    steps.press(eyes)
    expect(eyes.page).to_have_url(re.compile(r"/filed/$"))
    eyes.look("filed")


def comes_to_the_desk(eyes: Eyes, portal: Portal, officer: dict[str, Any]) -> None:
    """An officer without a counter lands on the desk."""
    eyes.page.goto(f"{portal.url}/counter/")
    steps.at(eyes, "/counter/sign-in/")
    steps.officer_signs_in_here(eyes, portal, officer)
    steps.at(eyes, "/desk/")


def makes_most_urgent(portal: Portal, wanted: str) -> None:
    """What other walks left at the desk is due later than this file."""
    portal.sql(
        "UPDATE procedures_application SET due_at = due_at + interval '90 days'"
        f" WHERE ended_at IS NULL AND reference <> '{wanted}'"
    )


def takes_the_most_urgent(eyes: Eyes, portal: Portal, wanted: str) -> None:
    """One press; what other walks left at the desk is due later than this file."""
    makes_most_urgent(portal, wanted)
    eyes.page.goto(f"{portal.url}/desk/")
    steps.press(eyes, "/desk/next/")
    expect(eyes.page.locator("#h-clock")).to_be_visible()
    assert reference(eyes) == wanted


def asks_for(eyes: Eyes, field: str, words: str) -> None:
    """The officer asks the citizen to answer one field again."""
    page = eyes.page
    page.locator('details:has(form[action$="/correct/"]) summary').click()
    form = page.locator('form[action$="/correct/"]')
    form.locator(f'input[value="{field}"]').check()
    form.locator("textarea").fill(words)
    eyes.look("asking")
    form.locator("button").click()
    expect(page.locator("#h-corr")).to_be_visible()


def within(portal: Portal, lines: str, **names: Any) -> Any:
    """Run lines of Python in the portal, with these names and ``person(number)``; what they ``tell``, as JSON."""
    given = "\n".join(f"{name} = {value!r}" for name, value in names.items())
    said = portal.python("-c", f"{_BEGIN}\n{given}\n{lines}").splitlines()
    told = [line.removeprefix("told ") for line in said if line.startswith("told ")]
    return json.loads(told[0]) if told else None


_BEGIN = """
import json
import django; django.setup()
from datetime import timedelta
from accounts.models import Account
from accounts.services import register
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from procedures.models import *
from tests.procedures import world
def tell(value):
    print("told", json.dumps(value))
def person(number):
    return world.Filer(Account.objects.get(citizen=register.find_citizen(number)))
"""
