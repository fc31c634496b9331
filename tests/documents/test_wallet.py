"""The wallet's pages: the ID card first, every paper with where it stands, by two queries."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.enums import DocumentState, FieldResult, VerificationOutcome
from eid_portal.core import clock
from tests import factories
from tests.documents import papers

pytestmark = pytest.mark.django_db
MINE = {
    "full_name": factories.NAME,
    "birth_date": factories.BIRTH_DATE.isoformat(),
    "personal_number": factories.personal_number(),
}


@pytest.fixture
def account() -> Any:
    account = factories.make_account()
    factories.make_card(account.citizen)
    return account


@pytest.fixture
def browser(client: Client, account: Any) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return factories.signed_in(client, account)


def text_of(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# --- The wallet -----------------------------------------------------------------------------------
def test_the_id_card_is_the_first_paper(browser: Client, account: Any) -> None:
    papers.link(account, papers.licence(**MINE))

    page = text_of(browser, "/papers/")

    assert "•••• •••• 0015" in page
    assert "ĐẶNG THỊ MẪU" in page
    assert page.index("/papers/id-card/") < page.index("Driver licence")


def test_eight_papers_are_drawn_by_two_queries_and_one_of_results(
    browser: Client, account: Any
) -> None:
    for ending in range(4):
        papers.link(account, papers.licence(**MINE, licence_no=f"79012345676{ending}"))
        row = papers.link(account, papers.vehicle(plate=f"59X3-123.4{ending}"))
        papers.verification(row)
    browser.get("/papers/?warm")

    with CaptureQueriesContext(connection) as queries:
        page = browser.get("/papers/").content.decode()

    assert page.count('class="docitem"') == 10  # the ID card, and what adds one
    assert len(queries) <= 3


def test_a_verified_paper_says_when_it_was_and_will_be_checked(
    browser: Client, account: Any
) -> None:
    papers.link(account, papers.licence(**MINE))

    page = text_of(browser, "/papers/")

    assert "Checked: Today" in page
    assert "Next: " in page
    assert "•••• •••• 6767" in page
    assert "790 123 456 767" not in page


def test_one_that_ends_soon_says_in_how_many_days(browser: Client, account: Any) -> None:
    classes = [{"class": "B", "passed_on": "2011-06-08", "valid_until": papers.in_days(19)}]
    papers.link(account, papers.licence(**MINE, classes=classes))

    page = text_of(browser, "/papers/")

    assert "Expires in 19 days" in page
    assert "Exchange it at an office of the traffic police" in page


def test_one_whose_time_is_over_is_expired_before_anybody_wrote_it_down(
    browser: Client, account: Any
) -> None:
    classes = [{"class": "B", "passed_on": "2011-06-08", "valid_until": papers.in_days(-1)}]
    row = papers.link(account, papers.licence(**MINE, classes=classes))

    assert "Expired" in text_of(browser, "/papers/")
    assert f"/papers/{row.public_id}/show/" not in text_of(browser, f"/papers/{row.public_id}/")


def test_one_being_verified_says_which_step_since_when_and_what_comes_next(
    browser: Client, account: Any
) -> None:
    row = papers.link(account, papers.vehicle(), DocumentState.VERIFYING)
    going = papers.verification(row)

    waits = text_of(browser, "/papers/")
    going.begun_at = clock.now()
    going.save()
    asked = text_of(browser, "/papers/")
    going.failed_since, going.next_try_at = clock.now(), clock.now()
    going.save()
    silent = text_of(browser, "/papers/")

    assert "Step 1 of 3: waits for its turn" in waits
    assert "at the latest; we send you a message" in waits
    assert "Step 2 of 3: Traffic Police Department compares it" in asked
    assert "Traffic Police Department does not answer" in silent
    assert "Asked again: Today" in silent
    assert "progress.js" in waits


def test_one_that_does_not_agree_says_which_field_and_what_the_paper_says(
    browser: Client, account: Any
) -> None:
    answer = papers.licence(**MINE | {"full_name": "Đặng Mẫu"}).as_json()
    row = papers.link(
        account, papers.licence(**MINE), DocumentState.MISMATCH, answer=answer,
        differing={"personal_number": FieldResult.SAME, "name": FieldResult.DIFFERENT},
    )  # fmt: skip

    page = text_of(browser, "/papers/")
    own = text_of(browser, f"/papers/{row.public_id}/")

    assert "Does not agree: Full name" in page
    assert "ĐẶNG MẪU" in page
    assert f"/papers/{row.public_id}/correction/" in page
    assert "Population register: ĐẶNG THỊ MẪU" in own
    assert f"/papers/{row.public_id}/show/" not in own


def test_of_somebody_elses_paper_nothing_is_shown(browser: Client, account: Any) -> None:
    answer = papers.licence(personal_number="001085000001", address="Số 1 Phố Kín").as_json()
    row = papers.link(
        account, papers.licence(**MINE), DocumentState.MISMATCH, answer=answer,
        differing={"personal_number": FieldResult.DIFFERENT, "name": FieldResult.DIFFERENT},
    )  # fmt: skip

    pages = text_of(browser, "/papers/") + text_of(browser, f"/papers/{row.public_id}/")

    assert "The registry has this number for somebody else" in pages
    for theirs in ("NGUYỄN VĂN AN", "Nguyễn Văn An", "001085000001", "Phố Kín", "classes A1"):
        assert theirs not in pages


def test_one_that_was_not_found_says_what_was_searched_and_what_to_do(
    browser: Client, account: Any
) -> None:
    row = papers.link(account, papers.licence(**MINE), DocumentState.NOT_FOUND)

    page = text_of(browser, f"/papers/{row.public_id}/")

    assert "was asked for the number ending in 6767" in page
    assert f"/papers/{row.public_id}/correction/" in page


def test_one_whose_registry_is_silent_keeps_its_last_copy(browser: Client, account: Any) -> None:
    papers.link(account, papers.licence(**MINE), DocumentState.UNAVAILABLE)

    page = text_of(browser, "/papers/")

    assert "This is the copy that last agreed: Today" in page
    assert "12/12" in page


def test_one_that_was_revoked_says_so(browser: Client, account: Any) -> None:
    row = papers.link(account, papers.licence(**MINE), DocumentState.REVOKED)

    assert "Taken back by its issuer" in text_of(browser, f"/papers/{row.public_id}/")


def test_what_left_is_in_the_history_alone(browser: Client, account: Any) -> None:
    row = papers.link(
        account, papers.licence(**MINE), DocumentState.UNLINKED,
        paper=None, verified_at=None, unlinked_at=clock.now(),
    )  # fmt: skip

    page = text_of(browser, "/papers/")

    assert row.public_id not in page
    assert "/papers/left/" in page
    assert "•••• 6767" in text_of(browser, "/papers/left/")
    assert "its copy was deleted" in text_of(browser, f"/papers/{row.public_id}/")


def test_a_long_name_and_a_kind_that_is_gone_break_nothing(browser: Client, account: Any) -> None:
    papers.link(account, papers.licence(**MINE | {"full_name": "Nguyễn " + "Thị Mẫu " * 20}))
    papers.link(account, papers.vehicle(), kind="GONE")

    assert text_of(browser, "/papers/").count('class="docitem"') == 3


# --- One paper ------------------------------------------------------------------------------------
def test_a_papers_page_has_its_facts_and_how_it_was_verified(browser: Client, account: Any) -> None:
    row = papers.link(account, papers.licence(**MINE))
    papers.verification(
        row, VerificationOutcome.VERIFIED,
        fields={"personal_number": FieldResult.SAME, "name": FieldResult.SPELLING},
    )  # fmt: skip

    page = text_of(browser, f"/papers/{row.public_id}/")

    assert "790 123 456 767" in page
    assert "What you may drive" in page
    assert "Full name, Personal number: the same as Traffic Police Department says" in page
    for action in ("show", "copies", "share", "correction", "unlink"):
        assert f"/papers/{row.public_id}/{action}/" in page
    assert f'action="/papers/{row.public_id}/check/"' in page


def test_the_id_card_has_a_page(browser: Client) -> None:
    page = text_of(browser, "/papers/id-card/")

    assert "/papers/id-card/show/" in page
    assert "/papers/id-card/unlink/" not in page


def test_somebody_elses_paper_is_nowhere(browser: Client) -> None:
    other = factories.make_account(factories.make_citizen(16))
    row = papers.link(other, papers.licence())

    for address in ("", "progress/"):
        assert browser.get(f"/papers/{row.public_id}/{address}").status_code == 404
    assert row.public_id not in text_of(browser, "/papers/")


def test_a_person_without_a_card_has_a_wallet(client: Client) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    browser = factories.signed_in(client, factories.make_account())

    assert "Add a paper" in text_of(browser, "/papers/")
    assert browser.get("/papers/id-card/").status_code == 404


def test_of_a_paper_that_may_be_a_namesakes_nothing_is_drawn(browser: Client, account: Any) -> None:
    theirs = papers.licence(
        **MINE | {"personal_number": "001085000099"}, address="Số 9 Phố Người Khác"
    )
    row = papers.link(
        account,
        theirs,
        DocumentState.MISMATCH,
        answer=theirs.as_json(),
        differing={"personal_number": "DIFFERENT", "name": "SAME", "birth_date": "SAME"},
    )

    for place in (f"/papers/{row.public_id}/", f"/papers/{row.public_id}/correction/", "/papers/"):
        page = browser.get(place).content.decode()
        assert "personal number" in page.lower()
        assert "001 085 000 099" not in page
        assert "Phố Người Khác" not in page
    assert "•••• •••• 0099" in browser.get(f"/papers/{row.public_id}/").content.decode()
