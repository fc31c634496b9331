"""What becomes of an application: others agree or not, the office asks, writes and decides, and the citizen answers."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import procedure_steps, steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
FILED = 1, 3  # which citizen with an empty wallet files, and which owns the house

# --- What is there before a walk begins ---------------------------------------------------------
ASKED = """
found = []
for each in range(3):
    row = person(filer).file_paid("temporary-residence", proof="consent", owner=owner)
    found.append((row.public_id, row.consent_requests.get().public_id))
tell(found)
"""
LATER = """
asked = ConsentRequest.objects.get(public_id=public_id)
asked.asked_at = asked.asked_at - timedelta(days=2)
asked.save()
"""
OVER = """
from django.db import transaction
from procedures.services import consent_answers
asked = ConsentRequest.objects.get(public_id=public_id)
asked.lapses_at = clock.now() - timedelta(minutes=1)
asked.save()
if at_once:
    with transaction.atomic():
        consent_answers._lapse(asked, now=clock.now())
"""
DECIDED = """
from django.db import transaction
from accounts.models import Office
from accounts.services import sessions
from procedures.enums import Outcome
from procedures.services import corrections, deciding, following, lifecycle, messages, ticking
officer = Account.objects.get(sign_in_name=officer)
session = world.session_of(officer, Office.objects.get(code="HN-MC"))
actor, me = sessions.actor_of(session), person(filer)
def filed(): return me.file_paid("absence-declaration")
def decided(outcome, **more):
    row = filed()
    verdict = lifecycle.Verdict(outcome=outcome, **more)
    deciding.decide(application=row, verdict=verdict, officer=officer, actor=actor, now=clock.now())
    return row
asked = filed()
corrections.ask(
    application=asked, fields=["destination", "reason"], actor=actor, now=clock.now(),
    words="Đề nghị ghi rõ số nhà nơi đến.\\n\\nNếu đi làm, ghi tên nơi làm việc.",
)
messages.send(application=asked, words="Chào bạn, chúng tôi đang xem hồ sơ.", actor=actor, now=clock.now())
withdrawn = filed()
following.withdraw(session=me.session, public_id=withdrawn.public_id, now=clock.now())
late = filed()
Application.objects.filter(pk=late.pk).update(due_at=clock.now(), alert_at=clock.now(), alerted=100)
with transaction.atomic():
    ticking._alert(late.pk, clock.now() + timedelta(minutes=1))
unpaid = me.file("temporary-residence", proof="contract")
tell({
    "asked": asked.public_id, "withdrawn": withdrawn.public_id, "late": late.public_id,
    "refused": decided(Outcome.REFUSED, refusal="untrue", words="Địa chỉ nơi đến không có thật.").public_id,
    "granted": decided(Outcome.GRANTED).public_id, "review": filed().public_id, "unpaid": unpaid.public_id,
})
"""


@pytest.fixture
def people(portal: Portal) -> list[dict[str, Any]]:
    """Who files, and who owns the house."""
    return [portal.person("citizen with an empty wallet", place) for place in FILED]


def comes(eyes: Eyes, portal: Portal, path: str, what: str) -> None:
    """Open a page and look at it."""
    eyes.page.goto(f"{portal.url}{path}")
    eyes.look(what)


def test_the_owner_agrees_refuses_or_says_nothing(
    portal: Portal, window: Window, people: list[dict[str, Any]]
) -> None:
    filer, owner = people
    given = {"filer": filer["personal_number"], "owner": owner["personal_number"]}
    agreed, denied, lapsed = procedure_steps.within(portal, ASKED, **given)
    procedure_steps.within(portal, LATER, public_id=lapsed[1])

    mine = window(width=1280, language="en", name="consents-filer", javascript=False)
    steps.signs_in(mine, portal, filer)
    comes(mine, portal, f"/applications/{lapsed[0]}/", "asked")
    steps.press(mine, "/remind/")
    expect(mine.page.locator("main")).to_contain_text("We wrote to them once more")
    mine.look("reminded")

    theirs = window(width=390, language="vi", name="consents-owner")
    page = theirs.page
    steps.signs_in(theirs, portal, owner)
    theirs.look("home")
    comes(theirs, portal, "/consents/asked/", "list")
    page.locator(f'main a[href="/consents/asked/{agreed[1]}/"]').click()
    theirs.look("question")
    steps.press(theirs, name="answer", value="agree")
    expect(page.locator("main form")).to_have_count(0)
    theirs.look("agreed")
    page.goto(f"{portal.url}/consents/asked/{denied[1]}/")
    steps.press(theirs, name="answer", value="deny")
    expect(page.locator("main form")).to_have_count(0)
    theirs.look("denied")
    page.goto(f"{portal.url}/consents/asked/{lapsed[1]}/")
    procedure_steps.within(portal, OVER, public_id=lapsed[1], at_once=False)
    steps.press(theirs, name="answer", value="agree")  # too late by a minute
    expect(page.locator("main form")).to_have_count(0)
    theirs.look("too-late")
    procedure_steps.within(portal, OVER, public_id=lapsed[1], at_once=True)
    comes(theirs, portal, f"/consents/asked/{lapsed[1]}/", "lapsed")
    comes(theirs, portal, "/consents/asked/", "list-after")

    for what, (public_id, _asked) in (("agreed", agreed), ("denied", denied), ("lapsed", lapsed)):
        comes(mine, portal, f"/applications/{public_id}/", what)
        expect(mine.page.locator("#due")).to_contain_text("Under review")


@pytest.mark.parametrize(
    ("language", "width", "javascript"), [("vi", 390, True), ("en", 1280, False)]
)
def test_an_application_in_every_state(
    portal: Portal,
    window: Window,
    people: list[dict[str, Any]],
    *,
    language: str,
    width: int,
    javascript: bool,
) -> None:
    filer, _owner = people
    officer = portal.person("case officer")["sign_in_name"]
    there = procedure_steps.within(portal, DECIDED, filer=filer["personal_number"], officer=officer)
    eyes = window(width=width, language=language, name="states", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, filer)
    eyes.look("home")
    comes(eyes, portal, "/applications/", "list")
    for state in ("withdrawn", "late", "review", "unpaid", "granted", "refused"):
        comes(eyes, portal, f"/applications/{there[state]}/", state)
    page.locator('main a[href^="/results/"]').first.click()
    expect(page.locator("#h-n")).to_be_visible()
    eyes.look("refusal")
    comes(eyes, portal, f"/applications/{there['review']}/withdraw/", "withdraw")

    comes(eyes, portal, f"/applications/{there['asked']}/", "asked")
    page.locator('main form[action$="/messages/"] button').click()
    expect(page.locator(".govuk-error-message")).to_be_visible()
    eyes.look("message-empty")
    page.fill("#id_words", "Tôi sẽ bổ sung trong hôm nay.")
    page.locator('main form[action$="/messages/"] button').click()
    expect(page.locator(".msgs .me")).to_contain_text("Tôi sẽ bổ sung")
    eyes.look("message-sent")
    page.locator('main a[href^="/corrections/"]').click()
    eyes.look("correction")
    expect(page.locator("#f-end_year")).to_have_count(0)  # only what is asked for
    page.fill("#f-destination_line", "")
    page.locator("main form button.govuk-button").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look("correction-wrong")
    page.fill("#f-destination_line", "17 Lạch Tray")
    page.locator("main form button.govuk-button").click()
    expect(page).to_have_url(re.compile(rf"/applications/{there['asked']}/$"))
    expect(page.locator("main")).to_contain_text("17 Lạch Tray")
    eyes.look("answered")
