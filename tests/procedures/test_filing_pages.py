"""Filing in a browser without JavaScript: every page sent as its own inputs would be, and nothing typed is lost."""

import re
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from accounts.enums import GuardianshipBasis, GuardianshipState
from accounts.models import Guardianship
from documents.models import Document
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from procedures.enums import ApplicationState, Capacity, RequestState, RevisionState
from procedures.models import (
    Application,
    Attachment,
    CorrectionRequest,
    Desk,
    Draft,
    Result,
    Revision,
)
from procedures.rules import documents
from procedures.rules.share import share
from procedures.selectors import applications, forms
from procedures.selectors import filed as selector
from procedures.services import drafts, lifecycle, mandates
from tests import factories
from tests.core.test_files import picture
from tests.payments.factories import make_link
from tests.procedures import filling, world
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
CODES = sorted(documents.shipped())
STAY = "temporary-residence"


class Inputs(HTMLParser):
    """What a browser would send of the page's last form, and everything that is said on it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.names: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self._select = ""
        self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = dict(attributes)
        name, value = of.get("name") or "", of.get("value") or ""
        if of.get("id"):
            self.ids.append(str(of["id"]))
        if tag == "a":
            self.links.append(of.get("href") or "")
        if tag in {"input", "textarea", "select"} and name:
            self.names.add(name)
        match tag, of.get("type"):
            case "input", "radio" | "checkbox":
                if "checked" in of:
                    self.sent.setdefault(name, []).append(value)
            case "input", kind if kind not in {"file", "submit"} and name:
                self.sent.setdefault(name, []).append(value)
            case "select", _:
                self._select = name
                self.sent[name] = [""]
            case "option", _ if "selected" in of:
                self.sent[self._select] = [value]
            case "textarea", _:
                self._area = name
                self.sent[name] = [""]
            case _:
                pass

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] = [self.sent[self._area][0] + data.removeprefix("\n")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""


@pytest.fixture
def filer() -> Filer:
    return world.make_filer()


@pytest.fixture
def browser(client: Client, filer: Filer) -> Client:
    return factories.signed_in(client, filer.account)


def get(browser: Client, place: str, *, status: int = 200, language: str = "en") -> str:
    answer = browser.get(place, secure=True, headers={"Accept-Language": language})
    assert answer.status_code == status, place
    return " ".join(answer.content.decode().split())


def post(browser: Client, place: str, fields: Any = None) -> Any:
    return browser.post(place, fields or {}, secure=True, headers={"Accept-Language": "en"})


def begin(browser: Client, code: str) -> str:
    """The address of the first page of a form that is begun."""
    answer = post(browser, f"/procedures/{code}/start/", {"for": "self."})
    assert answer.status_code == 303, answer.content.decode()
    return follow(browser, answer["Location"])


def follow(browser: Client, place: str) -> str:
    """Where a draft's address leads."""
    answer = browser.get(place, secure=True)
    assert answer.status_code == 303
    return str(answer["Location"])


def typed(draft: Draft, key: str, answers: dict[str, Any]) -> dict[str, list[str]]:
    document = documents.read(draft.revision.text)
    step = next(each for each in document.steps if each.key == key)
    return forms.typed_of(step.fields, answers)


def key_of(place: str) -> str:
    return place.rstrip("/").rpartition("/")[2]


def send(browser: Client, place: str, fields: dict[str, list[str]], **more: Any) -> Any:
    """Send a page as it stands, with these typed in."""
    page = Inputs(browser.get(place, secure=True).content.decode())
    return post(browser, place, page.sent | fields | more)


# --- All of them -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", CODES)
def test_every_shipped_procedure_is_filed_through_its_pages(
    browser: Client, filer: Filer, code: str
) -> None:
    place = begin(browser, code)
    draft = Draft.objects.get()
    answers = answers_to(filer, draft)
    seen = []
    while "/steps/" in place:
        assert place not in seen
        seen.append(place)
        page = get(browser, place, language="vi")
        drawn = Inputs(page)
        assert len(drawn.ids) == len(set(drawn.ids)), place
        fields = typed(draft, key_of(place), answers)
        answer = send(browser, place, fields)
        while answer.status_code == 200:  # another question came up
            fields = Inputs(answer.content.decode()).sent | fields
            answer = post(browser, place, fields)
        assert answer.status_code == 303, errors(answer)
        place = answer["Location"]
    page = get(browser, place)
    assert "govuk-error-summary" not in page
    answer = post(browser, place, Inputs(page).sent)
    assert answer.status_code == 303, errors(answer)
    filed = Application.objects.get()
    assert not Draft.objects.exists()
    slip = get(browser, f"/applications/{filed.public_id}/filed/")
    assert filed.reference in slip
    assert filed.snapshots.get().sha256 in slip
    assert filed.reference in get(browser, f"/applications/{filed.public_id}/", language="vi")
    assert filed.reference in get(browser, "/applications/")


def answers_to(filer: Filer, draft: Draft) -> dict[str, Any]:
    """What would be answered; the draft itself stays empty."""
    form = filer.open(draft)
    if any(each.kind == "file" for each in form.document.fields):
        world.make_file(filer.account, draft.citizen)
        form = filer.open(draft)
    return filling.fill(
        form.document,
        lambda given: world._settle(form, given),
        today=form.today,
        held=form.held,
    )


def errors(answer: Any) -> list[str]:
    return re.findall(r'error-message"[^>]*>(.*?)</p>', answer.content.decode())


# --- Beginning -------------------------------------------------------------------------------------------
def test_a_stranger_signs_in_and_finds_the_button(client: Client, filer: Filer) -> None:
    place = f"/procedures/{STAY}/start/"
    assert place in Inputs(get(client, f"/procedures/{STAY}/")).links
    answer = client.get(place, secure=True)
    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in/?next=%2Fprocedures%2F{STAY}%2Fstart%2F"
    factories.signed_in(client, filer.account)
    get(client, place)
    assert not Draft.objects.exists()


def test_a_draft_is_begun_once_and_found_again(browser: Client) -> None:
    place = begin(browser, STAY)
    assert begin(browser, STAY) == place
    assert Draft.objects.count() == 1
    assert "as you left it" in get(browser, place)
    assert "You have a draft" in get(browser, f"/procedures/{STAY}/")


def test_who_could_act_for_somebody_is_asked_for_whom(browser: Client, filer: Filer) -> None:
    ward = make_ward(filer)
    answer = post(browser, f"/procedures/{STAY}/start/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert ward.full_name in page
    answer = post(browser, f"/procedures/{STAY}/start/", {"for": "child.nobody", "chosen": "1"})
    assert answer.status_code == 422
    assert "Choose for whom you file" in answer.content.decode()
    assert not Draft.objects.exists()


def test_what_is_not_offered_is_not_begun(browser: Client) -> None:
    assert post(browser, "/procedures/nothing/start/").status_code == 404
    get(browser, "/procedures/nothing/start/", status=404)


# --- Filling in ------------------------------------------------------------------------------------------
WHERE = {
    "address_province": ["Hải Phòng"],
    "address_commune": ["Hồng Bàng"],
    "address_line": ["7 Mẫu"],
    "duration": ["one_year"],
}
OWNER = {"owner": [filling.OWNER], "relation": ["tenant"], "proof": ["consent"]}


def at_check(browser: Client) -> str:
    """The address of the check page of a form that can be filed."""
    place = begin(browser, STAY)
    for fields in (WHERE, OWNER):
        answer = send(browser, place, fields)
        assert answer.status_code == 303, errors(answer)
        place = answer["Location"]
    assert place.endswith("/check/")
    return place


def test_temporary_residence_has_two_pages_a_check_and_two_typed_fields_at_most(
    browser: Client,
) -> None:
    place, typed_in = begin(browser, STAY), 0
    for fields in (WHERE, OWNER):
        drawn = Inputs(get(browser, place))
        empty = {
            name for name, (value, *_) in drawn.sent.items() if not value and not name.startswith("address_")
        }  # fmt: skip
        typed_in += len(empty)
        place = send(browser, place, fields)["Location"]
    assert place.endswith("/check/")
    assert typed_in == 1  # the owner; the address is suggested where there is a contract


def test_known_values_are_text_with_their_source_and_no_box(browser: Client, filer: Filer) -> None:
    page = get(browser, begin(browser, STAY))
    assert filer.account.citizen.full_name in page
    assert "Population register" in page
    assert not {"full_name", "birth_date_day", "personal_number"} & Inputs(page).names


def test_what_is_wrong_is_told_above_and_beside_and_stays_typed(browser: Client) -> None:
    place = begin(browser, STAY)
    bad = {**WHERE, "address_commune": [""], "start_day": ["31"], "start_month": ["2"]}
    answer = send(browser, place, bad)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "<title>Error:" in " ".join(page.split())
    drawn = Inputs(page)
    assert drawn.sent["start_day"] == ["31"]
    assert drawn.sent["address_line"] == ["7 Mẫu"]
    targets = [link[1:] for link in drawn.links if link.startswith("#f-")]
    assert targets == ["f-address_commune", "f-start_day"]
    assert set(targets) <= set(drawn.ids)
    assert page.count("Enter a date that exists") == 2
    assert Draft.objects.get().done == []


def test_mistakes_of_the_same_words_are_told_apart_above(browser: Client) -> None:
    place = begin(browser, "absence-declaration")
    unreal = {"day": ["31"], "month": ["2"], "year": ["2027"]}
    bad = {f"{at}_{box}": each for at in ("start", "end") for box, each in unreal.items()}
    page = " ".join(send(browser, place, bad).content.decode().split())
    said = re.findall(r'<a href="#f-(\w+)">([^<]+)</a>', page)
    words = [each for at, each in said if at.endswith("_day")]
    assert len(words) == len(set(words)) == 2
    assert all(each.endswith("Enter a date that exists, for example 30 11 2026") for each in words)
    page = send(browser, place, {"start_day": ["31"], "start_month": ["2"]}).content.decode()
    assert ">Enter a date that exists" in page


def test_a_known_value_that_is_sent_is_not_believed(browser: Client, filer: Filer) -> None:
    place = begin(browser, STAY)
    answer = send(browser, place, WHERE, full_name=["Somebody Else"], until_day=["1"])
    assert answer.status_code == 303
    assert "full_name" not in Draft.objects.get().answers
    assert filer.account.citizen.full_name in get(browser, place)


def test_what_cannot_be_suggested_to_this_person_is_not_known(browser: Client) -> None:
    """Nobody has an electricity contract here: the address, three items, is theirs to type."""
    of_everybody = share(documents.shipped()[STAY], clock.today())

    page = get(browser, begin(browser, STAY))

    assert f"{of_everybody.known - 3} of {of_everybody.items} already known" in page


def test_what_is_not_on_record_is_said_with_where_it_is_kept(browser: Client) -> None:
    Document.objects.all().delete()
    place = begin(browser, "driver-licence-renewal")
    known = re.search(r"(\d+) of 20 already known", get(browser, place))
    assert known
    assert (
        int(known[1])
        == share(documents.shipped()["driver-licence-renewal"], clock.today()).known - 3
    )
    answer = send(browser, place, {"reason": ["damaged"]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "brings up another question" not in page
    assert page.count("is not on record. Ask to have it entered: Register of driver licences") == 6
    assert 'href="/papers/">Go to where it is kept' in page
    assert "#f-licence_number" in Inputs(page).links


def test_a_question_that_an_answer_brings_up_is_no_mistake(browser: Client) -> None:
    place = send(browser, begin(browser, STAY), WHERE)["Location"]
    assert "contract-file" not in Inputs(get(browser, place)).names
    answer = send(browser, place, {**OWNER, "proof": ["contract"]})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "brings up another question" in page
    assert "govuk-error-summary" not in page
    assert "contract-file" in Inputs(page).names
    again = post(browser, place, Inputs(page).sent)
    assert again.status_code == 422
    assert "Rental contract" in errors(again)[0]


def test_the_address_of_a_page_that_is_not_asked_leads_to_one_that_is(browser: Client) -> None:
    place = begin(browser, STAY)
    draft = place.partition("/steps/")[0]
    for other in ("nothing", "check"):
        assert browser.get(f"{draft}/steps/{other}/", secure=True).status_code == 303
        assert post(browser, f"{draft}/steps/{other}/").status_code == 303


def test_save_and_come_back_later_keeps_what_can_be_kept(browser: Client) -> None:
    place = begin(browser, STAY)
    answer = send(browser, place, {"duration": ["one_year"]}, **{"form-later": "1"})
    assert answer["Location"] == "/drafts/"
    assert "Register temporary residence" in get(browser, "/drafts/")
    assert Inputs(get(browser, place)).sent["duration"] == ["one_year"]
    answer = send(browser, place, {"start_day": ["99"]}, **{"form-later": "1"})
    assert answer.status_code == 422
    assert Inputs(answer.content.decode()).sent["start_day"] == ["99"]


def test_another_tab_is_told_and_both_answers_are_shown(browser: Client) -> None:
    place = begin(browser, STAY)
    first = Inputs(get(browser, place)).sent
    assert send(browser, place, {**WHERE, "duration": ["half_year"]}).status_code == 303
    answer = post(browser, place, first | WHERE)
    assert answer.status_code == 409
    page = " ".join(answer.content.decode().split())
    assert "Saved in another tab or on another device: <b>6 months</b>" in page
    drawn = Inputs(page)
    assert drawn.sent["duration"] == ["one_year"]
    assert post(browser, place, drawn.sent).status_code == 303
    assert Draft.objects.get().answers["duration"] == "one_year"


def test_pressing_twice_is_one_act(browser: Client) -> None:
    place = begin(browser, STAY)
    fields = Inputs(get(browser, place)).sent | WHERE
    assert [post(browser, place, fields).status_code for _each in range(2)] == [303, 303]


def test_autosave_keeps_a_page_and_says_when(browser: Client) -> None:
    place = begin(browser, STAY)
    fields = Inputs(get(browser, place)).sent | {"duration": ["half_year"], "start_day": ["99"]}
    answer = post(browser, f"{place}autosave/", fields)
    assert answer.status_code == 200
    told = answer.json()
    assert told["said"].startswith("Saved at ")
    assert told["version"] == Draft.objects.get().version == 2
    assert Draft.objects.get().answers["duration"] == "half_year"
    assert Draft.objects.get().done == []
    stale = post(browser, f"{place}autosave/", fields | {"duration": ["one_year"]})
    assert stale.status_code == 409
    assert "another" in stale.json()["said"]


def test_autosave_asks_what_an_answer_brings_up(browser: Client) -> None:
    place = send(browser, begin(browser, STAY), WHERE)["Location"]
    fields = Inputs(get(browser, place)).sent | {"proof": ["contract"]}
    drawn = Inputs(post(browser, f"{place}autosave/", fields).json()["html"])
    assert "contract-file" in drawn.names
    assert "contract" in drawn.sent["form-asked"][0].split()


def test_after_the_session_ended_the_same_page_comes_back(browser: Client, filer: Filer) -> None:
    place = begin(browser, STAY)
    send(browser, place, {"duration": ["one_year"]}, **{"form-later": "1"})
    browser.cookies.clear()
    for here in (place, f"{place}autosave/"):
        answer = post(browser, here, {"duration": ["half_year"]})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/?next=%2Fdrafts%2F")
    factories.signed_in(browser, filer.account)
    assert follow(browser, f"{place}autosave/") == place
    assert Inputs(get(browser, place)).sent["duration"] == ["one_year"]


@pytest.mark.parametrize("value", ["", "x", "99999999999999999999", "-1", "²"])
def test_a_version_that_is_none_is_an_old_one(browser: Client, value: str) -> None:
    place = begin(browser, STAY)
    answer = send(browser, place, WHERE, **{"form-version": value})
    assert answer.status_code == 409
    assert Inputs(answer.content.decode()).sent["address_line"] == ["7 Mẫu"]


def test_somebody_elses_draft_is_not_there(browser: Client) -> None:
    place = begin(browser, STAY)
    draft = place.partition("steps/")[0]
    other = factories.signed_in(Client(), world.make_person(20))
    for one in (place, draft, f"{draft}check/", f"{draft}discard/"):
        assert other.get(one, secure=True).status_code == 404
        if one != draft:
            assert post(other, one).status_code in {404, 303}
    assert Draft.objects.count() == 1


def test_a_draft_is_thrown_away_after_a_question(browser: Client) -> None:
    draft = begin(browser, STAY).partition("steps/")[0]
    get(browser, f"{draft}discard/")
    assert Draft.objects.exists()
    assert [post(browser, f"{draft}discard/").status_code for _each in range(2)] == [303, 303]
    assert not Draft.objects.exists()
    assert "You have no drafts" in get(browser, "/drafts/")


def test_the_slip_of_what_was_decided_at_once_leads_to_the_decision(
    browser: Client, filer: Filer
) -> None:
    decided, waits = filer.file("guest-stay"), filer.file("absence-declaration")
    page = get(browser, f"/applications/{decided.public_id}/filed/")
    assert "What happens next" not in page
    assert f"/results/{Result.objects.get(application=decided).public_id}/" in Inputs(page).links
    page = get(browser, f"/applications/{waits.public_id}/filed/")
    assert "What happens next" in page
    assert "Read the decision" not in page


# --- Rows ------------------------------------------------------------------------------------------------
def test_rows_come_and_go_without_a_script(browser: Client) -> None:
    place = begin(browser, "guest-stay")
    while "form-add" not in get(browser, place):
        place = send(browser, place, answers_on(browser, place))["Location"]
    name = re.search(r'name="form-add" value="(\w+)"', get(browser, place))
    assert name
    rows = name[1]
    page = get(browser, place)
    first = next(each for each in Inputs(page).names if each.startswith(f"{rows}-0-"))
    answer = send(browser, place, {first: ["một"]}, **{"form-add": rows})
    assert answer.status_code == 200
    drawn = Inputs(answer.content.decode())
    second = first.replace("-0-", "-1-")
    assert drawn.sent[first] == ["một"]
    assert second in drawn.names
    answer = post(browser, place, drawn.sent | {second: ["hai"], "form-remove": f"{rows}-0"})
    drawn = Inputs(answer.content.decode())
    assert drawn.sent[first] == ["hai"]
    assert second not in drawn.names


def answers_on(browser: Client, place: str) -> dict[str, list[str]]:
    draft = Draft.objects.get()
    filer = Filer(draft.filer)
    return typed(draft, key_of(place), answers_to(filer, draft))


# --- Files -----------------------------------------------------------------------------------------------
def contract_page(browser: Client) -> tuple[str, dict[str, Any]]:
    """The page on which a rental contract is asked for, and what is chosen on it."""
    place = send(browser, begin(browser, STAY), WHERE)["Location"]
    answer = send(browser, place, {**OWNER, "proof": ["contract"]})
    return place, Inputs(answer.content.decode()).sent


def test_a_file_comes_with_its_page(browser: Client, filer: Filer) -> None:
    place, fields = contract_page(browser)
    sent = SimpleUploadedFile("hop dong.jpg", picture(), content_type="image/jpeg")
    answer = post(browser, place, {**fields, "contract-file": sent})
    assert answer.status_code == 303, errors(answer)
    kept = Attachment.objects.get()
    assert Draft.objects.get().answers["contract"] == kept.public_id
    assert kept.name in get(browser, answer["Location"])
    again = Inputs(get(browser, place))
    assert again.sent["contract"] == [kept.public_id]


def test_a_file_that_is_refused_loses_nothing_else(browser: Client) -> None:
    place, fields = contract_page(browser)
    script = SimpleUploadedFile("x.svg", b"<svg onload='alert(1)'/>", content_type="image/svg+xml")
    answer = post(browser, place, {**fields, "contract-file": script})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert len(errors(answer)) == 1
    assert "f-contract" in Inputs(page).ids
    assert Inputs(page).sent["owner"] == [filling.OWNER]
    assert not Attachment.objects.exists()
    assert Draft.objects.get().done == ["place"]


def test_somebody_elses_file_is_not_taken(browser: Client) -> None:
    other = world.make_file(world.make_person(20))
    place, fields = contract_page(browser)
    answer = post(browser, place, {**fields, "contract": [other.public_id]})
    assert answer.status_code == 422
    assert other.name not in answer.content.decode()


# --- Checking and filing ---------------------------------------------------------------------------------
def test_all_is_shown_before_it_is_filed(browser: Client, filer: Filer) -> None:
    page = get(browser, at_check(browser))
    for words in (
        filer.account.citizen.full_name, "7 Mẫu, Hồng Bàng, Hải Phòng", "1 year", "A tenant",
        "Asked for when you file", "File and pay 7,000 ₫", "Sample Ward Police", "Population register",
    ):  # fmt: skip
        assert words in page, words
    assert "7.000 ₫" in get(browser, at_check_again(browser), language="vi")


def at_check_again(browser: Client) -> str:
    return f"/drafts/{Draft.objects.get().public_id}/check/"


def test_an_answer_is_changed_from_the_check_and_back(browser: Client) -> None:
    check = at_check(browser)
    change = next(link for link in Inputs(get(browser, check)).links if "#f-duration" in link)
    place = change.partition("#")[0]
    assert "f-duration" in Inputs(get(browser, place)).ids
    answer = send(browser, place, {"duration": ["half_year"]})
    assert answer["Location"] == check
    assert "6 months" in get(browser, check)


def test_an_answer_that_is_not_asked_any_more_is_told(browser: Client) -> None:
    check = at_check(browser)
    draft = Draft.objects.get()
    draft.answers = {**draft.answers, "contract": "x"}
    draft.save()
    assert "Not asked any more" in get(browser, check)


def test_it_is_filed_once_however_often_it_is_pressed(browser: Client) -> None:
    check = at_check(browser)
    fields = Inputs(get(browser, check)).sent
    places = [post(browser, check, fields)["Location"] for _each in range(2)]
    filed = Application.objects.get()
    assert places[0] == f"/banks/link/?next=%2Fapplications%2F{filed.public_id}%2Ffiled%2F"
    assert places[1] == places[0]
    assert follow(browser, check) == f"/applications/{filed.public_id}/"


def test_what_changed_since_the_check_is_shown_again(browser: Client, filer: Filer) -> None:
    check = at_check(browser)
    fields = Inputs(get(browser, check)).sent
    citizen = filer.account.citizen
    citizen.full_name = "Mẫu Thị Mới"
    citizen.save()
    answer = post(browser, check, fields)
    assert answer.status_code == 409
    assert "Mẫu Thị Mới" in answer.content.decode()
    assert not Application.objects.exists()
    assert post(browser, check, Inputs(answer.content.decode()).sent).status_code == 303


def test_a_check_says_why_nothing_can_be_filed(browser: Client, filer: Filer) -> None:
    Desk.objects.all().delete()
    no_office, not_offered = "No office for this place", "This procedure is not offered any more"
    begin(browser, STAY)
    check = at_check_again(browser)
    unfinished = get(browser, check)
    assert no_office not in unfinished  # nobody said yet which place
    assert not_offered not in unfinished
    filer.fill(Draft.objects.get())
    assert no_office in get(browser, check)
    in_force = Revision.objects.filter(pk=Draft.objects.get().revision_id)
    in_force.update(state=RevisionState.RETIRED)
    over = get(browser, check)
    assert not_offered in over
    assert no_office not in over


def test_an_unfinished_form_is_not_filed(browser: Client) -> None:
    place = begin(browser, STAY)
    check = f"{place.partition('steps/')[0]}check/"
    page = get(browser, check)
    assert "File and pay" not in page
    assert "govuk-error-summary" in page
    targets = {link[1:] for link in Inputs(page).links if link.startswith("#a-")}
    assert targets
    assert targets <= set(Inputs(page).ids)
    assert post(browser, check, {"seen": "x"}).status_code == 409
    assert not Application.objects.exists()


def test_the_fee_leads_to_its_payment(browser: Client, filer: Filer) -> None:
    make_link(filer.account)
    check = at_check(browser)
    answer = post(browser, check, Inputs(get(browser, check)).sent)
    assert answer["Location"].startswith("/payments/orders/")
    filed = Application.objects.get()
    assert filed.state == ApplicationState.FILED
    assert "Pay 7,000 ₫" in get(browser, f"/applications/{filed.public_id}/")
    again = post(browser, f"/applications/{filed.public_id}/pay/")
    assert again["Location"].startswith("/payments/orders/")


# --- Following -------------------------------------------------------------------------------------------
def test_an_application_is_followed(browser: Client, filer: Filer) -> None:
    filed = filer.file_paid(STAY)
    page = get(browser, f"/applications/{filed.public_id}/")
    assert filed.reference in page
    assert "The time stands still" in page
    assert "Somebody is asked to agree" in page
    assert filed.snapshots.get().sha256 in page
    listed = get(browser, "/applications/", language="vi")
    assert filed.reference in listed


def test_who_was_asked_is_reminded_once_a_day(browser: Client, filer: Filer) -> None:
    filed = filer.file_paid(STAY)
    asked = filed.consent_requests.get()
    place = f"/applications/{filed.public_id}/"
    remind, which = f"{place}remind/", {"asked": asked.public_id}
    assert remind not in get(browser, place)
    asked.asked_at -= timedelta(days=2)
    asked.save()
    assert remind in get(browser, place)
    answers = [post(browser, remind, which) for _each in range(2)]
    assert [(each.status_code, each["Location"]) for each in answers] == [(303, place)] * 2
    page = get(browser, place)
    assert "within the last 24 hours" in page
    assert remind not in page
    stranger = factories.signed_in(Client(), world.make_person(20))
    assert post(stranger, remind, which).status_code == 404
    assert post(browser, remind, {"asked": "nothing"}).status_code == 404


def asked_again(filer: Filer, *fields: str) -> CorrectionRequest:
    """A request for a correction; the consent came meanwhile."""
    filed = filer.file_paid(STAY)
    request = CorrectionRequest.objects.create(
        state=RequestState.OPEN, application=filed, fields=list(fields), words="Ghi rõ số nhà",
        asked_by=factories.make_staff(70), asked_at=clock.now(), answer_by=clock.now() + timedelta(days=9),
    )  # fmt: skip
    lifecycle.refresh(lifecycle.hold(filed.pk), actor=SYSTEM, now=clock.now())
    return request


def test_a_correction_opens_the_asked_fields_alone(browser: Client, filer: Filer) -> None:
    request = asked_again(filer, "address")
    filed = request.application
    place = f"/corrections/{request.public_id}/"
    assert place in Inputs(get(browser, f"/applications/{filed.public_id}/", language="vi")).links
    drawn = Inputs(get(browser, place))
    assert "Ghi rõ số nhà" in get(browser, place)
    assert {each for each in drawn.names if each.startswith("address_")}
    assert "duration" not in drawn.names
    answer = post(browser, place, drawn.sent | {"address_line": [""]})
    assert answer.status_code == 422
    assert "f-address_line" in " ".join(Inputs(answer.content.decode()).links)
    fields = drawn.sent | {"address_line": ["8 Mẫu"], "duration": ["two_years"]}
    assert post(browser, place, fields).status_code == 303
    for again in (post(browser, place, fields), browser.get(place, secure=True)):
        assert (again.status_code, again["Location"]) == (303, f"/applications/{filed.public_id}/")
    assert "This request is answered" in get(browser, f"/applications/{filed.public_id}/")
    before = selector.of_snapshot(filed, filed.snapshots.get(number=1)).answers
    after = selector.read(filed)
    assert after.number == 2
    assert after.answers == {**before, "address": {**filling.AWAY, "line": "8 Mẫu"}}
    stranger = factories.signed_in(Client(), world.make_person(20))
    assert stranger.get(place, secure=True).status_code == 404
    get(browser, "/corrections/nothing/", status=404)


def by_mandate(filer: Filer) -> tuple[Application, Filer]:
    """What somebody else filed for a person, by mandate, and who did."""
    helper = Filer(world.make_person(16, full_name="Mẫu Văn Giúp"))
    mandate = mandates.give(
        session=filer.session, number=helper.account.citizen.personal_number, name="Mẫu Văn Giúp",
        procedure="marital-status", until=clock.today(), now=clock.now(),
    )  # fmt: skip
    draft, _there = drafts.begin(
        session=helper.session, code="marital-status", capacity=Capacity.MANDATE,
        person=mandate.public_id, now=clock.now(),
    )  # fmt: skip
    return helper.submit(helper.fill(draft)), helper


def test_the_slip_tells_who_it_is_for_from_who_filed(browser: Client, filer: Filer) -> None:
    filed, helper = by_mandate(filer)
    place = f"/applications/{filed.public_id}/filed/"
    subject, writer = filer.account.citizen.full_name, "Mẫu Văn Giúp"
    own = factories.signed_in(Client(), helper.account)
    for page in (get(browser, place, language="vi"), get(own, place, language="vi")):
        assert f"Người được giải quyết</dt><dd>{subject}" in page
        assert f"Người nộp thay</dt><dd>{writer}" in page
    mine = get(browser, f"/applications/{filer.file(STAY).public_id}/filed/", language="vi")
    assert "Người nộp thay" not in mine


def test_a_slip_says_that_it_is_one_only_once_the_office_has_it(
    browser: Client, filer: Filer
) -> None:
    filed = filer.file(STAY)
    place = f"/applications/{filed.public_id}/filed/"
    before = get(browser, place)
    assert "Filed, not received yet" in before
    assert "Receipt slip" not in before
    with transaction.atomic():
        lifecycle.receive(filed, now=clock.now())
    after = get(browser, place)
    assert "Receipt slip" in after
    assert "not received yet" not in after


def test_only_who_filed_is_told_to_answer(browser: Client, filer: Filer) -> None:
    filed, helper = by_mandate(filer)
    with transaction.atomic():
        lifecycle.receive(filed, now=clock.now())
    CorrectionRequest.objects.create(
        state=RequestState.OPEN, application=filed, fields=["purpose"], words="Ghi rõ việc",
        asked_by=factories.make_staff(70), asked_at=clock.now(), answer_by=clock.now() + timedelta(days=9),
    )  # fmt: skip
    with transaction.atomic():
        lifecycle.refresh(lifecycle.hold(filed.pk), actor=SYSTEM, now=clock.now())
    own = factories.signed_in(Client(), helper.account)
    place = f"/applications/{filed.public_id}/"
    other, writer = get(browser, place), get(own, place)
    assert "Waits for who filed" in other
    assert "Asked of who filed, by" in other
    assert "Who filed is asked for something" in other
    for words in ("Waits for you", "asked of you", "Asked of you", "card--act"):
        assert words not in other
        assert words in writer or words == "asked of you"
    assert "card--act" in get(own, "/applications/")
    assert "card--act" not in get(browser, "/applications/")
    assert "Chờ người nộp thay" in get(browser, "/applications/", language="vi")


def test_messages_go_to_the_office(browser: Client, filer: Filer) -> None:
    filed = filer.file_paid(STAY)
    place = f"/applications/{filed.public_id}/"
    answer = post(browser, f"{place}messages/", {"words": "Tôi gửi sau\n được không?"})
    assert answer.status_code == 303
    assert "Tôi gửi sau" in get(browser, place)
    empty = post(browser, f"{place}messages/", {"words": " "})
    assert empty.status_code == 422
    assert "Write what you want to tell the office" in empty.content.decode()
    post(browser, f"{place}withdraw/")
    late = post(browser, f"{place}messages/", {"words": "Còn ai không?"})
    assert late.status_code == 409
    stranger = factories.signed_in(Client(), world.make_person(20))
    assert post(stranger, f"{place}messages/", {"words": "x"}).status_code == 404


def test_somebody_elses_application_is_not_there(browser: Client, filer: Filer) -> None:
    filed = filer.file_paid(STAY)
    other = factories.signed_in(Client(), world.make_person(20))
    for end in ("", "filed/", "withdraw/"):
        place = f"/applications/{filed.public_id}/{end}"
        assert other.get(place, secure=True).status_code == 404
    for end in ("withdraw/", "pay/"):
        assert post(other, f"/applications/{filed.public_id}/{end}").status_code == 404
    assert "You have filed nothing yet" in get(other, "/applications/")


def test_an_application_is_taken_back_once(browser: Client, filer: Filer) -> None:
    filed = filer.file_paid(STAY)
    place = f"/applications/{filed.public_id}/withdraw/"
    get(browser, place)
    assert [post(browser, place).status_code for _each in range(2)] == [303, 303]
    filed.refresh_from_db()
    assert filed.state == ApplicationState.WITHDRAWN
    assert AuditEvent.objects.filter(name="procedures.application_withdrawn").count() == 1
    assert "Withdrawn" in get(browser, f"/applications/{filed.public_id}/")
    assert follow(browser, place) == f"/applications/{filed.public_id}/"


def test_many_applications_come_in_pages(
    client: Client, filer: Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applications, "ON_A_PAGE", 2)
    filed = [filer.file("eid-lock").reference for _each in range(3)]
    browser = factories.signed_in(client, filer.account)
    first = get(browser, "/applications/")
    assert [each in first for each in filed] == [False, True, True]
    older = next(link for link in Inputs(first).links if link.startswith("?before="))
    assert [each in get(browser, f"/applications/{older}") for each in filed] == [
        True,
        False,
        False,
    ]
    assert "You have filed nothing yet" in get(browser, "/applications/?before=nothing")


def make_ward(filer: Filer) -> Any:
    ward = factories.make_citizen(30, full_name="Mẫu Bé Con", birth_date=date(2019, 5, 1))
    Guardianship.objects.create(
        state=GuardianshipState.ACTIVE, guardian=filer.account.citizen, ward=ward,
        basis=GuardianshipBasis.PARENT, until_age=14, review_month=date(2033, 5, 1),
        claimed_at=clock.now(), confirmed_at=clock.now(),
    )  # fmt: skip
    return ward
