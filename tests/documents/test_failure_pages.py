"""What a person reads and does where a paper does not agree, was not found, or its registry does not answer."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, DataRequest
from documents import policy
from documents.enums import CorrectionState, DocumentState
from documents.models import Correction, Document, Verification
from documents.services import correcting
from eid_portal.core import clock
from eid_portal.sandbox import switches
from eid_portal.sandbox.switches import Switch
from tests import factories
from tests.alarm import Alarm
from tests.documents import wired
from tests.documents.wired import FOREIGN, OTHER_DAY, OTHER_NAME, POLICE, UNKNOWN
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
LIST = "/papers/corrections/"


@pytest.fixture(autouse=True)
def near(settings: Any, sandbox: OutsideWorld) -> Iterator[None]:
    with wired.near(settings):
        yield


@pytest.fixture
def account(db: None) -> Account:
    return wired.make_an()


@pytest.fixture
def browser(account: Account) -> Client:
    client = factories.signed_in(Client(), account)
    client.cookies["__Host-language"] = "en"
    return client


def place(document: Document) -> str:
    return f"/papers/{document.public_id}/correction/"


def get(browser: Client, path: str, status: int = 200) -> str:
    answer = browser.get(path, secure=True)
    assert answer.status_code == status, (path, answer.status_code, answer.headers)
    return re.sub(r"\s+", " ", answer.content.decode())


def post(browser: Client, path: str, **data: str) -> Any:
    return browser.post(path, data, secure=True)


def ask(browser: Client, document: Document, side: str = "POPULATION", words: str = "") -> str:
    answer = post(browser, place(document), side=side, words=words)
    assert answer.status_code == 303
    assert answer["Location"].startswith(LIST)
    return str(answer["Location"])


# --- It does not agree ------------------------------------------------------------------------------
def test_both_values_stand_side_by_side_with_the_word_that_lacks(
    browser: Client, account: Account, personal_data_alarm: Alarm
) -> None:
    page = get(browser, place(wired.link(account, OTHER_NAME)))

    assert "Does not agree: 1 of 3 compared" in page
    assert "NGUYỄN" in page
    assert "<mark>VĂN</mark>" in page
    assert "lacks the word VĂN" in page
    assert "The paper lacks “VĂN”." in page
    assert "The rest agrees: date of birth, personal number." in page
    assert page.count('type="radio"') == 3
    assert "checked" not in page.partition("<form")[2].partition("</form>")[0]
    assert "working days" in page


def test_a_date_is_marked_whole(browser: Client, account: Account) -> None:
    page = get(browser, place(wired.link(account, OTHER_DAY)))

    assert '<mark class="num">12/03/1985</mark>' in page
    assert "lacks the word" not in page


def test_of_another_person_nothing_is_shown(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    from eid_portal.sandbox import data, papers

    document = wired.link(account, FOREIGN)
    other = papers.somebody_else(data.PEOPLE[wired.AN])

    for path in (place(document), f"/papers/{document.public_id}/", "/papers/"):
        page = get(browser, path)
        assert other.name.upper() not in page.upper()
        assert other.number[-4:] not in page
        assert f"{other.born:%d/%m/%Y}" not in page
    page = get(browser, place(document))
    assert "registered to somebody else" in page
    assert 'type="radio"' not in page
    assert ask(browser, document, "NEITHER")


def test_nothing_chosen_is_said_and_nothing_typed_is_lost(
    browser: Client, account: Account
) -> None:
    document = wired.link(account, OTHER_NAME)

    answer = post(browser, place(document), words="Cấp năm 2015.")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose which is right." in page
    assert "Cấp năm 2015." in page
    for bad in ("", "MISSING", "X", "POPULATION\x00"):
        assert post(browser, place(document), side=bad).status_code in {400, 422}
    long = post(browser, place(document), side="POPULATION", words="x" * 501)
    assert long.status_code == 422
    assert 'value="POPULATION" checked' in long.content.decode()
    assert not Correction.objects.exists()


def test_pressed_twice_and_back_it_is_one_request(browser: Client, account: Account) -> None:
    document = wired.link(account, OTHER_NAME)

    first, second = ask(browser, document), ask(browser, document, "NEITHER")

    assert first == second
    assert Correction.objects.get().side == "POPULATION"
    back = browser.get(place(document), secure=True)
    assert (back.status_code, back["Location"]) == (303, first)


def test_too_many_requests_are_said_and_lead_on(
    browser: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "CORRECTIONS_OPEN", 1)
    ask(browser, wired.link(account, OTHER_DAY))

    answer = post(browser, place(wired.link(account, OTHER_NAME)), side="POPULATION")

    assert answer.status_code == 422
    assert "take one back" in answer.content.decode()


def test_what_the_population_register_has_wrong_shows_its_own_clock(
    browser: Client, account: Account
) -> None:
    page = get(browser, ask(browser, wired.link(account, OTHER_NAME), "REGISTRY"))

    made = DataRequest.objects.get()
    assert made.reference in page
    assert f"/account/data/requests/{made.public_id}/" in page
    assert "An administrator received it" in page
    assert "/withdraw/" not in page


# --- After it was sent --------------------------------------------------------------------------------
def test_the_page_of_a_request_follows_it_to_the_end(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    document = wired.link(account, OTHER_NAME)
    address = ask(browser, document)

    page = get(browser, address)
    assert "The request is on its way" in page
    assert "Look again" in page
    wired.work()
    row = Correction.objects.get()
    page = get(browser, address)
    assert "The request was received" in page
    assert row.office in page
    assert "The original is looked up" in page
    assert "0 of 3 working days have passed" in page
    assert row.reference in get(browser, LIST)

    wired.answer(sandbox, row, words="Đã sửa theo dân cư.")
    wired.tell(sandbox, row)
    page = get(browser, address)
    assert "Đã sửa theo dân cư." in page
    assert "We compare anew" in page
    wired.work()
    page = get(browser, address)
    assert "In the wallet, verified" in page
    assert "Take the request back" not in page
    assert "report wrong information" in get(browser, place(document))


def test_a_refused_request_says_why_and_leads_on(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    document = wired.link(account, OTHER_NAME)
    address = ask(browser, document)
    wired.work()
    row = Correction.objects.get()
    wired.answer(sandbox, row, "refused", "Hồ sơ gốc ghi như vậy.")
    wired.tell(sandbox, row)
    wired.work()

    page = get(browser, address)
    assert "Hồ sơ gốc ghi như vậy." in page
    assert place(document) in page
    page = get(browser, place(document))
    assert "was refused on" in page
    assert ask(browser, document, "NEITHER") != address


def test_a_late_request_says_who_has_it(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    address = ask(browser, wired.link(account, OTHER_NAME))
    wired.work()
    row = Correction.objects.get()
    late = row.due_at + timedelta(hours=1)
    correcting.follow(now=late)

    page = get(browser, address)
    assert "Late: the answer was due by" in page
    assert f"Who has it: {row.office}" in page
    assert "take it up with the superiors" in get(browser, LIST)


def test_taking_it_back_twice_is_once(browser: Client, account: Account) -> None:
    document = wired.link(account, OTHER_NAME)
    address = ask(browser, document)

    for _press in range(2):
        answer = post(browser, f"{address}withdraw/")
        assert (answer.status_code, answer["Location"]) == (303, address)

    assert Correction.objects.get().state == CorrectionState.WITHDRAWN
    assert "You took the request back" in get(browser, address)
    assert browser.get(f"{address}withdraw/", secure=True)["Location"] == address
    assert get(browser, place(document))


def test_what_was_answered_meanwhile_is_said(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    address = ask(browser, wired.link(account, OTHER_NAME))
    wired.work()
    row = Correction.objects.get()
    wired.answer(sandbox, row)
    wired.tell(sandbox, row)

    answer = post(browser, f"{address}withdraw/")

    assert answer.status_code == 303
    assert "was answered in the meantime" in get(browser, address)


# --- Not found, no answer ---------------------------------------------------------------------------
def test_what_was_not_found_says_what_was_searched_and_asks(
    browser: Client, account: Account
) -> None:
    document = wired.link(account, UNKNOWN)
    assert document.state == DocumentState.NOT_FOUND
    page = get(browser, place(document))

    assert "was asked for the number •••• 6797" in page
    assert "The usual reasons" in page
    assert "We ask again by ourselves at" in page
    assert 'type="radio"' not in page
    assert "on its way" in get(browser, ask(browser, document, "MISSING"))


def test_a_silent_registry_says_since_when_and_when_next(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    switches.turn(sandbox.world, POLICE, Switch.DOWN)
    document = wired.link(account, OTHER_NAME)
    assert browser.get(place(document), secure=True)["Location"] == f"/papers/{document.public_id}/"
    from documents import events, states
    from eid_portal.core.events import SYSTEM
    from eid_portal.core.transitions import move

    move(
        document, states.DOCUMENT, to=DocumentState.UNAVAILABLE, actor=SYSTEM, now=clock.now(),
        event=events.PaperUnavailable(kind=document.kind, reason="LINK", differing=[]),
        subject_id=document.citizen_id,
    )  # fmt: skip

    page = get(browser, place(document))
    waiting = Verification.objects.get()
    assert waiting.failed_since
    assert f"{waiting.failed_since.astimezone(clock.VIET_NAM):%H:%M}" in page
    assert "Asked again" in page
    assert "None yet" in page
    assert post(browser, place(document), side="POPULATION").status_code == 422
    assert not Correction.objects.exists()


# --- A paper that agrees ------------------------------------------------------------------------------
def test_wrong_information_on_a_good_paper_is_reported_in_words(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    document = wired.link(account, UNKNOWN)
    ask(browser, document, "MISSING")
    wired.work()
    row = Correction.objects.get()
    wired.answer(sandbox, row)
    wired.tell(sandbox, row)
    wired.work()
    document.refresh_from_db()
    assert document.state == DocumentState.VERIFIED

    answer = post(browser, place(document), side="NEITHER")
    assert answer.status_code == 422
    assert "Write what is wrong." in answer.content.decode()
    assert ask(browser, document, "NEITHER", "Địa chỉ cũ.")
    assert "Địa chỉ cũ." in get(browser, LIST + Correction.objects.latest("pk").public_id + "/")


# --- Whose it is --------------------------------------------------------------------------------------
def test_nobody_else_sees_or_does_anything(browser: Client, account: Account) -> None:
    document = wired.link(account, OTHER_NAME)
    address = ask(browser, document)
    stranger = factories.signed_in(Client(), factories.make_account(factories.make_citizen(16)))

    for path in (place(document), address, f"{LIST}{'x' * 22}/", f"/papers/{'x' * 22}/correction/"):
        assert stranger.get(path, secure=True).status_code == 404
        assert post(stranger, path, side="POPULATION").status_code in {404, 405}
    assert post(stranger, f"{address}withdraw/").status_code == 404
    assert document.kind
    assert Correction.objects.get().reference not in get(stranger, LIST)
    assert Correction.objects.get().state == CorrectionState.SENDING


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_speaks_both_languages(
    language: str, browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    browser.cookies["__Host-language"] = language
    document = wired.link(account, OTHER_NAME)
    for path in (place(document), LIST):
        assert f'<html lang="{language}"' in get(browser, path)
    address = ask(browser, document)
    for path in (address, LIST):
        assert f'<html lang="{language}"' in get(browser, path)


def test_a_refused_request_about_a_paper_that_left_the_wallet_has_a_way_on(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    document = wired.link(account, OTHER_NAME)
    address = ask(browser, document)
    wired.work()
    row = Correction.objects.get()
    post(browser, f"/papers/{document.public_id}/unlink/")
    wired.answer(sandbox, row, "refused", "Hồ sơ gốc đúng.")
    for _again in range(2):
        [(status, said)] = wired.tell(sandbox, row)
        assert (status, said["outcome"]) == (202, "applied")
    row.refresh_from_db()
    assert row.state == CorrectionState.REFUSED

    page = get(browser, address)

    assert not Verification.objects.filter(document=document, outcome="PENDING").exists()
    assert place(document) not in page
    assert 'href="/papers/add/"' in page
