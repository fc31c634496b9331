"""The desk of an office: several files at once, an officer who is away, filters, opinions, and two who act at once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import procedure_steps, steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
AWAY = "absence-declaration"
FILED = """
me = person(filer)
filed = [me.file_paid(code) for each in range(count)]
tell([(row.reference, row.public_id) for row in filed])
"""
# Another office's desk, and the counter officer there who answers for it.
OTHER_DESK = """
from accounts.enums import Role
from accounts.models import OfficeRole, Province
from procedures.enums import Agency
account = Account.objects.get(sign_in_name=officer)
office = OfficeRole.objects.filter(account=account).latest("pk").office
OfficeRole.objects.get_or_create(
    account=account, office=office, role=Role.CASE, defaults={"granted_at": clock.now()}
)
Desk.objects.get_or_create(
    agency=Agency.COMMUNE_COMMITTEE, province=Province.objects.get(name="Cà Mau"), commune="",
    valid_from=world.SINCE, defaults={"office": office},
)
"""


def file_several(portal: Portal, count: int) -> list[tuple[str, str]]:
    """References and public ids of files that nobody has yet."""
    portal.sql("UPDATE procedures_application SET claimed_by_id = NULL, claimed_until = NULL")
    number = portal.person("citizen with an empty wallet", 0)["personal_number"]
    made = procedure_steps.within(portal, FILED, filer=number, code=AWAY, count=count)
    return [(reference, public_id) for reference, public_id in made]


def chooses(eyes: Eyes, references: list[str], action: str) -> None:
    """Tick files in the queue and choose what to do with them."""
    for reference in references:
        row = eyes.page.locator("main tbody tr", has_text=reference)
        row.locator("label").click()
    eyes.page.select_option("#action", action)
    eyes.page.locator('main form[action$="/several/"] button').click()


@pytest.mark.parametrize(
    ("language", "width", "javascript"), [("vi", 390, False), ("en", 1280, True)]
)
def test_several_files_at_once(
    portal: Portal, window: Window, *, language: str, width: int, javascript: bool
) -> None:
    files = file_several(portal, 3)
    references = [reference for reference, _id in files]
    other = window(width=1280, language="en", name="several-other", javascript=False)
    procedure_steps.comes_to_the_desk(other, portal, portal.person("case officer", 1))
    other.page.goto(f"{portal.url}/desk/{files[0][1]}/")
    other.page.locator('main form[action$="/take/"] button').click()

    eyes = window(width=width, language=language, name="several", javascript=javascript)
    page = eyes.page
    procedure_steps.comes_to_the_desk(eyes, portal, portal.person("case officer"))
    queue = f"{portal.url}/desk/queue/?procedure={AWAY}"
    page.goto(queue)
    chooses(eyes, [], "mine")
    expect(page.locator("#procedure")).to_have_value(AWAY)
    eyes.look("none-chosen")
    page.goto(newest(portal, queue, references))
    chooses(eyes, references, "mine")
    expect(page.locator("main .checks .bad")).to_have_count(1)  # a colleague's
    expect(page.locator("main .checks .ok")).to_have_count(2)
    eyes.look("taken")
    page.goto(newest(portal, queue, references))
    eyes.look("queue")
    chooses(eyes, references[1:], "message")
    eyes.look("which-message")
    page.locator('main form button[type="submit"]').last.click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look("no-message")
    page.locator("main form label.govuk-radios__label").first.click()
    page.locator('main form button[type="submit"]').last.click()
    expect(page.locator("main .checks .ok")).to_have_count(2)
    eyes.look("sent")
    page.goto(newest(portal, queue, references))
    chooses(eyes, references[1:2], "give")
    eyes.look("to-whom")
    page.select_option("#id_give-colleague", index=1)
    page.locator('main form button[type="submit"]').last.click()
    expect(page.locator("main .checks .ok")).to_have_count(1)
    page.goto(newest(portal, queue, references))
    chooses(eyes, references[2:], "release")
    expect(page.locator("main .checks .ok")).to_have_count(1)
    eyes.look("released")


def newest(portal: Portal, queue: str, references: list[str]) -> str:
    """The queue with these files on its first page: they are made the most urgent."""
    named = ", ".join(f"'{each}'" for each in references)
    portal.sql(
        "UPDATE procedures_application SET due_at = now() - interval '9 days' "
        f"WHERE reference IN ({named})"
    )
    return queue


def test_the_head_covers_and_reassigns_and_filters_are_kept(portal: Portal, window: Window) -> None:
    ((reference, public_id),) = file_several(portal, 1)
    away, head = portal.person("case officer", 1), portal.person("head of a desk")
    absent = window(width=1280, language="en", name="cover-absent", javascript=False)
    procedure_steps.comes_to_the_desk(absent, portal, away)
    absent.page.goto(f"{portal.url}/desk/{public_id}/")
    absent.page.locator('main form[action$="/take/"] button').click()

    eyes = window(width=390, language="vi", name="cover")
    page = eyes.page
    procedure_steps.comes_to_the_desk(eyes, portal, head)
    page.goto(f"{portal.url}/desk/colleagues/")
    eyes.look("colleagues")
    page.locator("main tr", has_text=away["name"]).locator("a").click()
    eyes.look("to-whom")
    page.locator("main form button").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    page.select_option("#id_give-colleague", label=head["name"])
    page.locator("main form button").click()
    expect(page.locator("main .checks")).to_contain_text(reference)
    eyes.look("report")

    page.goto(f"{portal.url}/desk/{public_id}/")
    page.locator('details:has(form[action$="/give/"]) summary').click()
    page.select_option("#id_give-colleague", label=portal.person("case officer")["name"])
    page.locator('form[action$="/give/"] button').click()
    expect(page.locator("main")).to_contain_text(portal.person("case officer")["name"])
    eyes.look("reassigned")

    page.goto(f"{portal.url}/desk/queue/?late=1&tab=review")
    if page.locator('form[action$="/desk/filters/"]').count():
        page.locator('form[action$="/desk/filters/"] button').click()
    eyes.look("filter-kept")
    keep = page.locator('main form[action$="/desk/filters/"]')
    expect(keep).to_have_count(0)
    page.locator('main form[action*="/desk/filters/"] button').click()
    expect(keep).to_have_count(1)  # still narrowed as it was, and no longer kept
    eyes.look("filter-dropped")


def test_two_officers_act_on_one_file(portal: Portal, window: Window) -> None:
    ((_reference, public_id),) = file_several(portal, 1)
    first = window(width=1280, language="en", name="race-first", javascript=False)
    second = window(width=390, language="vi", name="race-second")
    for eyes, place in ((first, 0), (second, 1)):
        procedure_steps.comes_to_the_desk(eyes, portal, portal.person("case officer", place))
        eyes.page.goto(f"{portal.url}/desk/{public_id}/")
    before = second.page.context.new_page()  # drawn while nobody had the file
    before.goto(f"{portal.url}/desk/{public_id}/")
    first.page.locator('main form[action$="/take/"] button').click()
    page = second.page
    page.locator('details:has(form[action$="/note/"]) summary').click()
    page.fill("#id_note-words", "Đã gọi điện cho người nộp.")
    page.locator('form[action$="/note/"] button').click()
    second.look("note-too")
    page.locator('details:has(form[action$="/message/"]) summary').click()
    page.fill("#id_message-words", "Chào bạn, tôi xem hồ sơ này.")
    page.locator('form[action$="/message/"] button').click()
    expect(page.locator("#id_message-words")).to_have_value("Chào bạn, tôi xem hồ sơ này.")
    expect(page.locator("main")).to_contain_text(portal.person("case officer")["name"])
    form = 'main form[action$="/decide/"]'
    expect(page.locator(form)).to_have_count(0)  # who has it decides
    second.look("told")

    first.page.locator(f"{form} label.govuk-radios__label").first.click()
    first.page.locator(f"{form} button").click()
    first.page.locator(f"{form} button").click()
    expect(first.page.locator("#h-dec")).to_be_visible()
    second.page = before
    before.locator(f"{form} label.govuk-radios__label").nth(1).click()
    before.select_option("#id_decide-refusal", index=1)
    before.locator(f"{form} button").click()
    expect(before.locator("#h-dec")).to_be_visible()
    expect(before.locator(".govuk-error-summary")).to_contain_text("vừa thay đổi")
    second.look("decided-meanwhile")


@pytest.fixture
def neighbour(portal: Portal) -> Iterator[dict[str, Any]]:
    """The counter officer who works at another office's desk as well, as long as the walk lasts."""
    officer = portal.person("counter officer", 1)
    procedure_steps.within(portal, OTHER_DESK, officer=officer["sign_in_name"])
    yield officer
    portal.sql(
        "DELETE FROM accounts_officerole WHERE role = 'CASE' AND account_id IN "
        f"(SELECT id FROM accounts_account WHERE sign_in_name = '{officer['sign_in_name']}')"
    )


def test_another_office_gives_its_opinion(
    portal: Portal, window: Window, neighbour: dict[str, Any]
) -> None:
    ((reference, public_id),) = file_several(portal, 1)
    eyes = window(width=1280, language="en", name="opinion-asked")
    page = eyes.page
    procedure_steps.comes_to_the_desk(eyes, portal, portal.person("case officer"))
    page.goto(f"{portal.url}/desk/{public_id}/")
    page.locator('details:has(form[action$="/opinion/"]) summary').click()
    form = page.locator('form[action$="/opinion/"]')
    page.select_option("#id_opinion-agency", "commune_committee")
    page.fill("#id_opinion-question", "Người này có cư trú ở xã không?\n\nNếu có, từ bao giờ?")
    form.locator("button").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()  # the office itself
    eyes.look("nobody-else")
    page.select_option("#id_opinion-province", "Cà Mau")
    form.locator("button").click()
    expect(page.locator("#h-op")).to_be_visible()
    eyes.look("asked")

    theirs = window(width=390, language="vi", name="opinion")
    page = theirs.page
    page.goto(f"{portal.url}/counter/")
    steps.at(theirs, "/counter/sign-in/")
    steps.officer_signs_in_here(theirs, portal, neighbour)
    page.goto(f"{portal.url}/desk/")
    theirs.look("today")
    page.locator('main a[href^="/desk/opinions/"]').first.click()
    expect(page.locator("main")).to_contain_text(reference)
    theirs.look("question")
    page.locator("main form button").last.click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    theirs.look("empty")
    page.fill("#id_words", "Có, từ năm 2024.")
    page.locator("main form button").last.click()
    theirs.look("given")
    eyes.page.goto(f"{portal.url}/desk/{public_id}/")
    expect(eyes.page.locator("section", has=eyes.page.locator("#h-op"))).to_contain_text("2024")
    eyes.look("answered")
