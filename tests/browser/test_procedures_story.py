"""Temporary residence from the search to the result, through the hands of all whom it concerns."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response, expect
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.browser import paper_steps, procedure_steps, steps
from tests.browser.conftest import Eyes, Portal
from tests.browser.procedure_steps import STAY, goes_on

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Window = Callable[..., Eyes]
ASKED = {"vi": "chuyển nhà", "en": "I moved"}
LOOKED = re.compile("Cán bộ đã mở hồ sơ của bạn|An official opened your application")
OFFICE = re.compile("Bộ phận Một cửa Hà Nội|Ha Noi One-Stop Office")
# Known already and confirmed at a glance, of all that the form would otherwise ask.
PREFILLED = 75  # per cent at least


@dataclass
class Effort:
    """What it costs somebody to file: the pages of the form that were drawn, and what was typed into them."""

    eyes: Eyes
    pages: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.eyes.page.on("response", self._drawn)

    def _drawn(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if response.request.is_navigation_request() and response.ok and "/drafts/" in path:
            self.pages.append(path.split("/", 3)[3])

    def types(self, selector: str, text: str) -> None:
        """Type into a box."""
        self.typed.append(selector)
        self.eyes.page.fill(selector, text)


def finds_it(eyes: Eyes, portal: Portal, language: str) -> None:
    """By the words of life; ends at the page of the procedure."""
    page = eyes.page
    page.goto(f"{portal.url}/procedures/")
    page.fill("#q", ASKED[language])
    page.keyboard.press("Enter")
    page.wait_for_url("**/procedures/?q=*")
    eyes.look("found")
    found = page.locator(".proc a").evaluate_all("found => found.map((each) => each.pathname)")
    assert f"/procedures/{STAY}/" in found[:2]  # beside the permanent kind
    page.locator(f'.proc a[href="/procedures/{STAY}/"]').click()
    steps.at(eyes, f"/procedures/{STAY}/")
    eyes.look("procedure")


def begins(eyes: Eyes, portal: Portal, person: dict[str, Any]) -> None:
    """Signing in on the way; ends at the first page of the form."""
    eyes.page.locator(f'main a[href="/procedures/{STAY}/start/"]').click()
    steps.at(eyes, "/sign-in/")
    steps.signs_in_here(eyes, portal, person)
    steps.at(eyes, f"/procedures/{STAY}/start/")
    eyes.look("begin")
    steps.press(eyes)
    expect(eyes.page).to_have_url(re.compile(r"/steps/place/$"))


def known(eyes: Eyes) -> int:
    """What the form says of itself, in per cent."""
    told = eyes.page.locator("aside dl > div").last.inner_text()
    some, of_all = map(int, re.findall(r"\d+", told))
    return 100 * some // of_all


def files_it(eyes: Eyes, portal: Portal, owner: str) -> Effort:
    """The pages of the form; ends where the fee is paid."""
    page, effort = eyes.page, Effort(eyes)
    page.reload()
    boxes = page.locator("#f-address_commune, #f-address_line, main .govuk-date-input__input")
    assert all(box.input_value() for box in boxes.all())
    assert page.locator("#f-address_province").input_value() == "Đà Nẵng"  # the contract's
    assert known(eyes) >= PREFILLED
    eyes.look("place")
    page.locator("label[for=f-duration-1]").click()
    goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/steps/owner/(#.*)?$"))
    effort.types("#f-owner", owner)
    page.locator("label[for=f-relation]").click()
    page.locator("label[for=f-proof]").click()
    eyes.look("owner")
    goes_on(eyes)
    expect(page).to_have_url(re.compile(r"/check/(#.*)?$"))
    eyes.look("check")
    steps.press(eyes)
    expect(page).to_have_url(re.compile(r"/payments/orders/"))
    return effort


def pays(eyes: Eyes, portal: Portal, person: dict[str, Any]) -> str:
    """The fee, by a code to the phone; ends at the slip, whose number it returns."""
    page = eyes.page
    expect(page.locator(".big-amt")).to_contain_text(re.compile(r"7[.,]000"))
    expect(page.locator("main")).to_contain_text(procedure_steps.REFERENCE)  # what it is for
    eyes.look("fee")
    steps.pays_with_a_code(eyes, portal, person)
    expect(page.locator(steps.RECEIPTS)).to_have_count(1, timeout=30_000)
    eyes.look("fee-paid")
    page.locator('main a[href$="/filed/"]').click()
    expect(page.locator(".govuk-panel--confirmation")).to_be_visible()
    eyes.look("filed")
    eyes.look_printed("filed-printed")
    return procedure_steps.reference(eyes)


def owner_agrees(eyes: Eyes, portal: Portal, place: str) -> None:
    """From the first page of somebody else's account, who reads for which place it is."""
    page = eyes.page
    page.goto(f"{portal.url}/")
    eyes.look("asked")
    page.locator('.todo a[href^="/consents/asked/"]').first.click()
    expect(page.locator("main")).to_contain_text(place)
    eyes.look("question")
    steps.press(eyes, name="answer", value="agree")
    expect(page.locator('button[name="answer"]')).to_have_count(0)
    eyes.look("agreed")


def answers(eyes: Eyes, portal: Portal, application: str, line: str) -> None:
    """What the office asks, found on the first page; nothing else can be changed."""
    page = eyes.page
    page.goto(f"{portal.url}/")
    eyes.look("home-asked")
    page.locator(f'.todo a[href="{application}"]').click()
    eyes.look("application-asked")
    page.locator('main a[href^="/corrections/"]').click()
    boxes = page.locator("main form :is(input:not([type=hidden]), select, textarea)")
    names = {box.get_attribute("name") for box in boxes.all()}
    assert names == {"address_province", "address_commune", "address_line"}
    eyes.look("correction")
    page.fill("#f-address_line", line)
    page.locator("main form button.govuk-button").click()
    steps.at(eyes, application)
    eyes.look("application-answered")


def grants(eyes: Eyes, portal: Portal, wanted: str, line: str) -> None:
    """The officer reads what will be written, and grants it."""
    page = eyes.page
    page.reload()
    expect(page.locator(".tbl-cmp")).to_contain_text(line)
    eyes.look("case-answered")
    page.locator('form[action$="/decide/"] label.govuk-radios__label').first.click()
    page.locator('form[action$="/decide/"] button').click()
    expect(page.locator("section:has(> #h-says)")).to_contain_text(line)
    eyes.look("preview")
    steps.press(eyes, "/decide/")
    expect(page.locator("#h-dec")).to_be_visible()
    assert procedure_steps.reference(eyes) == wanted
    eyes.look("granted")


def has_the_result(eyes: Eyes, portal: Portal, application: str, folder: Path) -> str:
    """From the first page to the wallet and the signed PDF; the code to verify it."""
    page = eyes.page
    page.goto(f"{portal.url}/")
    eyes.look("home-granted")
    page.locator(f'.todo a[href="{application}"]').click()
    eyes.look("application-granted")
    expect(page.locator(".tl li").last).to_contain_text(re.compile("Chấp thuận|Granted"))
    page.locator('main a[href^="/results/"]').click()
    document = page.locator('main a[href$="/pdf/"]')
    if not eyes.javascript:  # with it the page notices by itself
        steps.come_back(eyes, lambda: document.count() > 0)
    expect(document).to_be_visible(timeout=paper_steps.ANSWERED)
    steps.come_back(eyes, lambda: page.locator(".checks .wait").count() == 0)
    eyes.look("result")
    expect(page.locator(f'main a[href="{application}"]')).to_have_count(1)
    place, code = urlsplit(page.url).path, page.locator("#result-code").inner_text()
    paper = steps.saved(eyes, document, folder).read_bytes()
    assert paper.startswith(b"%PDF-")
    (signature,) = PdfFileReader(io.BytesIO(paper)).embedded_signatures
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    page.goto(f"{portal.url}/papers/")
    eyes.look("wallet")
    page.locator(f'main a[href="{place}"]').first.click()
    steps.at(eyes, place)
    return code


def is_genuine(eyes: Eyes, portal: Portal, code: str, line: str) -> None:
    """Whoever is handed the result checks it, signed in nowhere."""
    eyes.page.goto(f"{portal.url}/verify/")
    eyes.page.fill("#id_code", code)
    steps.press(eyes)
    eyes.look("verify-code")
    steps.press(eyes)
    expect(eyes.page.locator("main .verdict:not([class*='--'])")).to_be_visible()
    expect(eyes.page.locator("main")).to_contain_text(line)
    eyes.look("genuine")


def reads_who_looked(eyes: Eyes, portal: Portal, wanted: str) -> None:
    """In the data log: the official's looks, with their office."""
    eyes.page.goto(f"{portal.url}/account/data-log/?show=staff")
    look = eyes.page.locator(".log > li", has_text=wanted).filter(has_text=LOOKED)
    expect(look.first).to_contain_text(OFFICE)
    eyes.look("data-log")


def lives_there_now(eyes: Eyes, portal: Portal, line: str) -> None:
    """The address that is held is the new one: an extension knows it."""
    page = eyes.page
    page.goto(f"{portal.url}/procedures/{STAY}-extension/")
    steps.press(eyes, "/start/")
    expect(page.locator(".prefill").first).to_contain_text(line)
    eyes.look("extension")


def keeps_a_copy(
    eyes: Eyes, portal: Portal, person: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """All data that is held, on another day's device."""
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    page.goto(f"{portal.url}/account/data/")
    steps.press(eyes, "/account/data/")
    made = page.locator('form[action$="/json/"] button')
    if not eyes.javascript:
        steps.come_back(eyes, lambda: not page.locator("[data-waiting]").count())
    expect(made).to_be_visible(timeout=paper_steps.ANSWERED)
    copy: dict[str, Any] = json.loads(steps.saved(eyes, made, folder).read_text())
    return copy


@pytest.mark.parametrize(
    ("language", "width", "javascript"),
    [("vi", 390, True), ("en", 1280, False), ("en", 390, False), ("vi", 1280, True)],
)
def test_a_stay_from_the_search_to_the_result(
    portal: Portal,
    window: Window,
    tmp_path: Path,
    *,
    language: str,
    width: int,
    javascript: bool,
) -> None:
    def opens(name: str) -> Eyes:
        return window(width=width, language=language, name=f"stay-{name}", javascript=javascript)

    person = portal.person("citizen with an empty wallet", 1)  # no other walk has a code sent
    owner = portal.person("citizen, guardian of a child")
    line = f"Số 41 Đường Điện Mẫu, phòng {width}{'' if javascript else 'B'}"

    citizen = opens("citizen")
    finds_it(citizen, portal, language)
    begins(citizen, portal, person)
    steps.known_for_long(portal)
    effort = files_it(citizen, portal, owner["personal_number"])
    reference = pays(citizen, portal, person)
    assert effort.pages == ["steps/place/", "steps/owner/", "check/"]
    assert effort.typed == ["#f-owner"]  # and the code: at most two
    application = urlsplit(citizen.page.url).path.removesuffix("filed/")

    other = opens("owner")
    steps.signs_in(other, portal, owner)
    owner_agrees(other, portal, "Đường Điện Mẫu")

    officer = opens("officer")
    procedure_steps.comes_to_the_desk(officer, portal, portal.person("case officer"))
    officer.look("desk")
    procedure_steps.takes_the_most_urgent(officer, portal, reference)
    name = officer.page.locator(".tbl-cmp tbody tr").first.locator("td")
    for declared_or_registered in (0, 1):
        expect(name.nth(declared_or_registered)).to_contain_text(person["name"])
    officer.look("case")
    procedure_steps.asks_for(officer, "address", "Đề nghị ông/bà ghi thêm số phòng.")
    officer.look("case-asked")
    answers(citizen, portal, application, line)
    owner_agrees(other, portal, line)  # it is not what they agreed to before
    grants(officer, portal, reference, line)

    code = has_the_result(citizen, portal, application, tmp_path)
    is_genuine(opens("stranger"), portal, code, line)
    reads_who_looked(citizen, portal, reference)
    lives_there_now(citizen, portal, line)
    copy = keeps_a_copy(opens("later"), portal, person, tmp_path)
    assert line in json.dumps(copy, ensure_ascii=False)
