"""A guardian acts for the children, until the fourteenth birthday closes the page: the birthday is moved to today."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
MOTHER = "citizen, guardian of two children and of her mother"
SON = "child who turns 14 soon"
TURNS_14_TODAY = """
import django; django.setup()
from accounts.models import Citizen, Guardianship, GuardianshipReview
from accounts.models.indexes import number_index
from eid_portal.core import clock
today = clock.today()
son = Citizen.objects.get(personal_number_index=number_index({number!r}))
son.birth_date = today.replace(year=today.year - 14)
son.save(update_fields=["birth_date"])
Guardianship.objects.filter(ward=son).update(review_month=today.replace(day=1))
"""
NIGHT = """
import django; django.setup()
from accounts import tasks
tasks.begin_guardianship_review()
"""


def opens_ward(eyes: Eyes, portal: Portal, name: str) -> str:
    """From the list to the page of a child; its address."""
    eyes.page.goto(f"{portal.url}/account/wards/")
    card = eyes.page.locator("section.card", has=eyes.page.locator("h2", has_text=name))
    card.locator("a.govuk-button").click()
    expect(eyes.page.locator(".acting")).to_contain_text(name)
    return eyes.page.url


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_guardian_sees_all_of_their_wards_and_opens_one(
    portal: Portal, window: Window, width: int, language: str
) -> None:
    eyes = window(width=width, language=language, name="wards")
    page, mother = eyes.page, portal.person(MOTHER)
    steps.signs_in(eyes, portal, portal.person(MOTHER))
    page.goto(f"{portal.url}/account/wards/")
    expect(page.locator("main section.card")).to_have_count(4)  # two children, her mother, herself
    eyes.look("list")
    daughter = portal.person("child, account not yet activated")["name"]
    opens_ward(eyes, portal, daughter)
    expect(page.locator(".acting")).to_contain_text(mother["name"])
    expect(page.locator("#h-log ~ ul")).to_contain_text(mother["name"])
    eyes.look("daughter")
    page.locator(".acting a").click()
    steps.at(eyes, "/account/wards/")

    page.goto(f"{portal.url}/account/wards/add/")
    eyes.look("add")
    steps.press(eyes)
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    eyes.look("add-empty")
    page.goto(f"{portal.url}/account/wards/{'x' * 22}/")
    eyes.look("not-mine")


def test_adding_somebody_unknown_leads_on_without_javascript(
    portal: Portal, window: Window
) -> None:
    eyes = window(width=390, language="vi", name="wards-plain", javascript=False)
    page = eyes.page
    steps.signs_in(eyes, portal, portal.person(MOTHER))
    page.goto(f"{portal.url}/account/wards/add/")
    page.fill("#id_number", "079 317 000 077")
    for box, value in enumerate(("2", "5", "2017")):
        page.fill(f"#id_birth_date_{box}", value)
    page.check('input[name="basis"][value="PARENT"]')
    page.fill("#id_document", "117/2017, Phường Bến Thành")
    steps.press(eyes)
    expect(page.locator("#id_number_error")).to_be_visible()
    expect(page.locator("#id_document")).to_have_value("117/2017, Phường Bến Thành")
    eyes.look("nobody-found")


def test_a_childs_fourteenth_birthday(portal: Portal, window: Window) -> None:
    mine = window(width=390, language="vi", name="fourteen")
    wide = window(width=1280, language="en", name="fourteen")
    son = portal.person(SON)
    place = ""
    for eyes in (mine, wide):
        steps.signs_in(eyes, portal, portal.person(MOTHER))
        place = opens_ward(eyes, portal, son["name"])
        eyes.look("before")

    portal.python("-c", TURNS_14_TODAY.format(number=son["personal_number"]))
    for eyes in (mine, wide):  # at once, before any job has run
        answer = eyes.page.goto(place)
        assert answer
        assert answer.status == 410
        expect(eyes.page.locator("h1")).to_contain_text(son["name"])
        expect(eyes.page.locator(".acting")).to_have_count(0)
        eyes.look("fourteen")
        eyes.page.locator("main .govuk-button").click()
        steps.at(eyes, "/account/wards/")
        eyes.look("list-after")

    portal.sql("DELETE FROM accounts_guardianshipreview")  # this day's has been
    portal.python("-c", NIGHT)
    told = portal.by_number(son["personal_number"])
    theirs = window(width=390, language="vi", name="fourteen-son")
    steps.signs_in(theirs, portal, portal.person(SON))  # the child's own account goes on
    expect(theirs.page.locator(".doc--id")).to_contain_text(told["name"].upper())
    ended = theirs.page.get_by_text("giám hộ", exact=False).first
    for _again in range(60):
        if "GUARDIANSHIP_ENDED" in portal.sql("SELECT kind FROM accounts_notice"):
            break
        theirs.page.wait_for_timeout(500)
    theirs.page.reload()
    expect(ended).to_be_visible()
    theirs.look("first-page")
    theirs.page.goto(f"{portal.url}/account/wards/")
    theirs.look("nobody-acts")
