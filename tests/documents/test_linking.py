"""Papers come into a wallet once, are in one wallet at a time, and leave their history behind."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Account, Consent
from accounts.services import consents
from documents import policy
from documents.enums import DocumentState, VerificationOutcome
from documents.kinds.base import NumberRefused
from documents.models import Document, Search, SearchAnswer, Verification
from documents.services import linking, searching
from documents.services.linking import (
    ConsentEnded,
    LinkedElsewhere,
    NoSuchProposal,
    NotLinkable,
    TooManyNumbers,
)
from eid_portal.core import clock, jobs
from eid_portal.core.models import AuditEvent
from tests import factories
from tests.documents import papers
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
POLICE = "traffic-police"
NUMBER = "790123456767"
HEALTH = "HEALTH_INSURANCE"


@pytest.fixture
def account() -> Account:
    return papers.known()


@pytest.fixture
def other() -> Account:
    return papers.known("001187000002")


@pytest.fixture
def browser(client: Client, account: Account) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return factories.signed_in(client, account)


def found(account: Account, *registered: Any, agree: bool = True) -> Search:
    """A search whose registry has answered with these papers, or with a licence."""
    search = Search.objects.create(citizen=account.citizen, asked_by=account, asked_at=clock.now())
    SearchAnswer.objects.create(
        search=search,
        registry=POLICE,
        outcome="FOUND",
        found=[one.as_json() for one in registered or (papers.licence(),)],
        answered_at=clock.now(),
    )
    if agree:
        give_consent(account)
    return search


def give_consent(account: Account) -> Consent:
    from documents.services import consenting

    return consenting.agree(
        citizen_id=account.citizen_id,
        party=POLICE,
        actor=factories.actor_of(account),
        now=clock.now(),
    )


def link(account: Account, search: Search, place: int = 0, registry: str = POLICE) -> Document:
    return linking.link_found(
        session=papers.session_of(account), search_id=search.public_id,
        registry=registry, place=place, now=clock.now(),
    )  # fmt: skip


def by_number(
    account: Account, number: str = NUMBER, kind: str = papers.LICENCE, session: Any = None
) -> Document:
    return linking.link_by_number(
        session=session or papers.session_of(account),
        ward_id="",
        kind=kind,
        number=number,
        now=clock.now(),
    )


def told(name: str) -> int:
    return AuditEvent.objects.filter(name=f"documents.{name}").count()


def at_once(*presses: Callable[[], Any]) -> list[Any]:
    """What each press gave, or why it was refused, when all are pressed at the same moment."""
    together = threading.Barrier(len(presses))

    def press(one: Callable[[], Any]) -> Any:
        try:
            together.wait(timeout=20)
            return one()
        except linking.LinkUnable as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(press, presses))


# --- What was found -------------------------------------------------------------------------------
def test_one_click_links_and_has_the_registry_asked(browser: Client, account: Account) -> None:
    search = found(account)

    answer = browser.post(f"/papers/searches/{search.public_id}/link/", {"paper": f"{POLICE}.0"})

    row = Document.objects.get()
    assert answer["Location"] == f"/papers/searches/{search.public_id}/"
    assert (row.state, row.citizen_id, row.number) == ("VERIFYING", account.citizen_id, NUMBER)
    assert (row.linked_by_id, row.registry) == (account.pk, POLICE)
    assert Verification.objects.get().document_id == row.pk
    assert told("paper_linked") == 1
    page = browser.get(answer["Location"]).content.decode()
    assert 'name="paper"' not in page
    assert f"/papers/{row.public_id}/" in page


def test_pressed_twice_it_is_linked_once(account: Account) -> None:
    search = found(account)

    assert link(account, search).pk == link(account, search).pk
    assert told("paper_linked") == 1


@pytest.mark.django_db(transaction=True)
def test_pressed_at_once_it_is_linked_once(account: Account) -> None:
    search, session = found(account), papers.session_of(account)

    def press() -> Document:
        return linking.link_found(
            session=session, search_id=search.public_id, registry=POLICE, place=0, now=clock.now()
        )

    rows = at_once(press, press, press, press)

    assert len({row.pk for row in rows}) == 1
    assert Document.objects.count() == Verification.objects.count() == 1
    assert told("paper_linked") == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_paper_by_two_people_at_once_is_in_one_wallet(
    account: Account, other: Account
) -> None:
    mine, theirs = papers.session_of(account), papers.session_of(other)

    def press(session: Any) -> Callable[[], Document]:
        return lambda: linking.link_by_number(
            session=session, ward_id="", kind=papers.LICENCE, number=NUMBER, now=clock.now()
        )

    answers = at_once(press(mine), press(theirs))

    assert Document.objects.count() == Verification.objects.count() == 1
    assert answers.count(LinkedElsewhere) == 1


@pytest.mark.parametrize(
    "paper",
    ["", ".", "0", "traffic-police", "traffic-police.1", "traffic-police.-1", "traffic-police.٠",
     "traffic-police.99999999999999999999", "vehicle-register.0", "\0.0", "traffic-police.0x",
     "traffic-police." + "9" * 5000],
)  # fmt: skip
def test_what_was_not_found_is_not_linked(browser: Client, account: Account, paper: str) -> None:
    search = found(account)

    answer = browser.post(f"/papers/searches/{search.public_id}/link/", {"paper": paper})

    assert answer.status_code in {400, 409}
    assert not Document.objects.exists()


def test_a_search_that_found_nothing_links_nothing(account: Account) -> None:
    search = found(account)
    SearchAnswer.objects.update(outcome="NOTHING")

    with pytest.raises(NoSuchProposal):
        link(account, search)


def test_without_the_consent_nothing_is_linked(account: Account) -> None:
    with pytest.raises(ConsentEnded):
        link(account, found(account, agree=False))


# --- Another wallet -------------------------------------------------------------------------------
def test_a_paper_in_another_wallet_is_refused_without_saying_whose(
    browser: Client, account: Account, other: Account
) -> None:
    papers.link(other, papers.licence())
    search = found(account)

    page = browser.post(f"/papers/searches/{search.public_id}/link/", {"paper": f"{POLICE}.0"})

    text = page.content.decode()
    assert page.status_code == 409
    assert "This paper is in another wallet" in text
    assert "tell the registry that issued it" in text
    assert other.citizen.full_name not in text
    with pytest.raises(LinkedElsewhere):
        by_number(account)


@pytest.mark.parametrize(
    "state", [DocumentState.MISMATCH, DocumentState.NOT_FOUND, DocumentState.VERIFYING]
)
def test_whom_the_registry_names_is_not_kept_out_by_somebody_who_typed_the_number(
    account: Account, other: Account, state: DocumentState
) -> None:
    theirs = papers.link(other, papers.licence(), state)

    mine = link(account, found(account))

    theirs.refresh_from_db()
    assert (theirs.state, mine.citizen_id) == ("UNLINKED", account.citizen_id)
    event = AuditEvent.objects.get(name="documents.paper_unlinked")
    assert event.subject_id == other.citizen_id


def test_a_number_that_was_typed_puts_nobody_out(account: Account, other: Account) -> None:
    papers.link(other, papers.licence(), DocumentState.NOT_FOUND)

    with pytest.raises(LinkedElsewhere):
        by_number(account)


def test_a_paper_that_names_nobody_puts_nobody_out(account: Account, other: Account) -> None:
    papers.link(other, papers.licence(), DocumentState.MISMATCH)
    unnamed = papers.licence().as_json() | {"holder_number": None}
    search = found(account)
    SearchAnswer.objects.get().delete()
    SearchAnswer.objects.create(search=search, registry=POLICE, outcome="FOUND", found=[unnamed])

    with pytest.raises(LinkedElsewhere):
        link(account, search)


# --- By number ------------------------------------------------------------------------------------
def test_a_number_is_linked_in_its_normal_form(browser: Client, account: Account) -> None:
    page = browser.get(f"/papers/number/?kind={papers.LICENCE}").content.decode()
    answer = browser.post(
        "/papers/number/", {"kind": papers.LICENCE, "number": "７９０ 123 456 767"}
    )

    row = Document.objects.get()
    assert answer["Location"] == f"/papers/{row.public_id}/"
    assert row.number == NUMBER
    assert Consent.objects.get().words in page
    assert Verification.objects.get().reason == "LINK"


def test_pressed_twice_a_number_is_linked_and_counted_once(account: Account) -> None:
    for _ in range(policy.LINK_BY_NUMBER.allowed + 3):
        by_number(account)

    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    "number", ["12", "79O123456767", "<script>", "7" * 41, "790123456767\u202e", "", " "]
)
def test_a_wrong_number_is_explained_and_what_was_typed_is_kept(
    browser: Client, number: str
) -> None:
    page = browser.post("/papers/number/", {"kind": papers.LICENCE, "number": number})

    text = page.content.decode()
    assert page.status_code == 200
    assert "govuk-error-summary" in text
    assert "<script>" not in text
    if number.isalnum():
        assert f'value="{number}"' in text
    assert not Document.objects.exists()


def test_a_plate_with_a_letter_no_plate_has_is_explained(browser: Client) -> None:
    page = browser.post("/papers/number/", {"kind": papers.VEHICLE, "number": "59I3-123.45"})

    assert "Plates never have the letter I" in page.content.decode()


@pytest.mark.parametrize("kind", ["", "ID_CARD", "NONE", "\0", "../x"])
def test_another_kind_asks_which_paper_it_is(browser: Client, account: Account, kind: str) -> None:
    page = browser.post("/papers/number/", {"kind": kind, "number": NUMBER})

    assert "Which paper is it?" in page.content.decode()
    with pytest.raises(NotLinkable):
        by_number(account, kind=kind)
    with pytest.raises(NumberRefused):
        by_number(account, "12")


def test_so_many_numbers_a_day(browser: Client, account: Account) -> None:
    session = papers.session_of(account)
    for ending in range(policy.LINK_BY_NUMBER.allowed):
        by_number(account, f"7901234567{ending:02d}", session=session)

    with pytest.raises(TooManyNumbers):
        by_number(account, session=session)
    page = browser.post("/papers/number/", {"kind": papers.LICENCE, "number": NUMBER})
    assert page.status_code == 429
    assert NUMBER in page.content.decode()


# --- Checking now ---------------------------------------------------------------------------------
def test_a_check_is_asked_for_once_at_a_time(browser: Client, account: Account) -> None:
    row = papers.link(account, papers.licence())

    for _ in range(2):
        answer = browser.post(f"/papers/{row.public_id}/check/")
        assert answer["Location"] == f"/papers/{row.public_id}/"

    assert Verification.objects.get().reason == "HOLDER"
    assert (
        f'action="/papers/{row.public_id}/check/"'
        not in browser.get(f"/papers/{row.public_id}/").content.decode()
    )


def test_so_many_checks_an_hour(browser: Client, account: Account) -> None:
    row = papers.link(account, papers.licence())
    for _ in range(policy.CHECK_NOW.allowed):
        browser.post(f"/papers/{row.public_id}/check/")

    assert browser.post(f"/papers/{row.public_id}/check/").status_code == 429


def test_nobody_elses_paper_is_checked_or_taken_out(
    browser: Client, account: Account, other: Account
) -> None:
    row = papers.link(other, papers.licence())

    for what in ("check", "unlink"):
        assert browser.post(f"/papers/{row.public_id}/{what}/").status_code == 404
    assert browser.post("/papers/id-card/unlink/").status_code == 404
    assert browser.post("/papers/id-card/check/").status_code == 404
    row.refresh_from_db()
    assert row.state == "VERIFIED"


# --- Taking it out --------------------------------------------------------------------------------
def test_a_paper_taken_out_leaves_its_history_and_no_copy(
    browser: Client, account: Account
) -> None:
    row = papers.link(account, papers.licence(), answer=papers.licence().as_json())
    papers.verification(row, VerificationOutcome.VERIFIED)
    address = f"/papers/{row.public_id}/"
    assert "Take the paper out" in browser.get(f"{address}unlink/").content.decode()

    answers = [browser.post(f"{address}unlink/") for _ in range(2)]

    row.refresh_from_db()
    assert [one["Location"] for one in answers] == [address, address]
    assert (row.state, row.paper, row.answer, row.verified_at) == ("UNLINKED", None, None, None)
    assert told("paper_unlinked") == 1
    page = browser.get(address).content.decode()
    assert "It agrees" in page
    assert "790 123 456 767" not in page
    assert browser.get(f"{address}unlink/")["Location"] == address
    assert browser.post(f"{address}check/").status_code == 404


@pytest.mark.parametrize("first", ["DN4010123456789", "0123456789"])
def test_a_health_card_with_ten_digits_and_with_fifteen_characters_is_one_paper(
    account: Account, other: Account, first: str
) -> None:
    row = by_number(account, first, HEALTH)

    for number in ("dn 4 01 0123456789", "012 345 6789", "GD4010123456789"):
        assert by_number(account, number, HEALTH) == row
        with pytest.raises(linking.LinkedElsewhere):
            by_number(other, number, HEALTH)
    assert Document.objects.count() == 1


def test_a_health_card_that_was_found_is_the_one_that_was_typed(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    search = searching.begin(
        session=papers.session_of(account),
        ward_id="",
        parties=["social-insurance"],
        now=clock.now(),
    )
    jobs.run_due()
    found = SearchAnswer.objects.get(search=search).found
    place = next(at for at, paper in enumerate(found) if paper["kind"] == HEALTH)
    card_no = found[place]["values"]["card_no"]
    assert len(card_no) == 15

    row = by_number(account, card_no[-10:], HEALTH)
    assert by_number(account, card_no, HEALTH) == row
    linked = linking.link_found(
        session=papers.session_of(account), search_id=search.public_id,
        registry="social-insurance", place=place, now=clock.now(),
    )  # fmt: skip
    assert linked == row
    page = browser.get(f"/papers/searches/{search.public_id}/").content.decode()
    assert f"/papers/{row.public_id}/" in page


def test_linked_again_it_is_a_new_paper(account: Account) -> None:
    first = by_number(account)
    linking.unlink(session=papers.session_of(account), public_id=first.public_id, now=clock.now())

    second = by_number(account)

    assert first.pk != second.pk
    assert Document.objects.count() == 2


def test_withdrawing_the_consent_takes_the_registrys_papers_out(
    browser: Client, account: Account
) -> None:
    row = by_number(account)
    stays = papers.link(account, papers.vehicle())
    consent = Consent.objects.get(party=POLICE)

    browser.post(f"/account/consents/{consent.public_id}/withdraw/")

    row.refresh_from_db()
    stays.refresh_from_db()
    assert (row.state, stays.state) == ("UNLINKED", "VERIFIED")
    with pytest.raises(ConsentEnded):
        link(account, found(account, agree=False))


def test_a_consent_whose_day_comes_takes_them_out_too(account: Account) -> None:
    row = by_number(account)
    Consent.objects.update(valid_until=clock.now())

    assert consents.end_due(now=clock.now()) == 1

    row.refresh_from_db()
    assert row.state == "UNLINKED"


@pytest.mark.django_db(transaction=True)
def test_linked_while_the_consent_is_withdrawn_nothing_stays(account: Account) -> None:
    search, session = found(account), papers.session_of(account)
    consent = Consent.objects.get()

    def withdraw() -> None:
        consents.withdraw(
            citizen_id=account.citizen_id, public_id=consent.public_id,
            actor=factories.actor_of(account), now=clock.now(),
        )  # fmt: skip

    def press() -> Document:
        return linking.link_found(
            session=session, search_id=search.public_id, registry=POLICE, place=0, now=clock.now()
        )

    at_once(withdraw, press)

    assert not Document.objects.exclude(state="UNLINKED").exists()


# --- The whole way --------------------------------------------------------------------------------
def test_from_the_search_to_a_paper_that_is_being_verified(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    browser.post("/papers/add/", {"all": "1"})
    search = Search.objects.get()
    jobs.run_here(
        jobs.enqueue(searching.SEARCH, subject_id=search.answers.get(registry=POLICE).pk).pk,
        searching.SEARCH,
    )

    browser.post(f"/papers/searches/{search.public_id}/link/", {"paper": f"{POLICE}.0"})

    row = Document.objects.get()
    page = browser.get("/papers/").content.decode()
    assert "Being verified" in page
    assert f"/papers/{row.public_id}/" in page
