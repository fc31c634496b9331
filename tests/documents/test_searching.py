"""Registries are asked for a person's papers: with consent, in the background, each as it answers."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.db import connection
from django.test import Client

from accounts.models import Account, Consent
from accounts.services import consents
from documents import policy
from documents.gateways import traffic_police
from documents.gateways.base import ReadMany
from documents.models import Search, SearchAnswer
from documents.services import searching
from documents.services.searching import NothingChosen, TooManySearches
from eid_portal.core import clock, jobs, tidying
from eid_portal.core.models import AuditEvent, Job
from eid_portal.sandbox import switches
from eid_portal.sandbox.switches import Switch
from tests import factories
from tests.documents import papers
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
POLICE, REGISTER = "traffic-police", "vehicle-register"


@pytest.fixture
def account() -> Account:
    return papers.known()


@pytest.fixture
def browser(client: Client, account: Account) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return factories.signed_in(client, account)


def begin(account: Account, *parties: str) -> Search:
    return searching.begin(
        session=papers.session_of(account), ward_id="", parties=parties or None, now=clock.now()
    )


def answer(search: Search, party: str = POLICE) -> SearchAnswer:
    return SearchAnswer.objects.get(search=search, registry=party)


def page_of(browser: Client, search: Search) -> str:
    response = browser.get(f"/papers/searches/{search.public_id}/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


# --- Beginning ------------------------------------------------------------------------------------
def test_the_button_is_the_consent_and_its_words_are_kept(
    browser: Client, account: Account
) -> None:
    page = browser.get("/papers/add/").content.decode()
    assert 'type="checkbox"' in page
    assert not re.search(r"<input[^>]*\bchecked", page)

    response = browser.post("/papers/add/", {"all": "1"})

    search = Search.objects.get()
    assert response["Location"] == f"/papers/searches/{search.public_id}/"
    asked = {row.registry for row in search.answers.all()}
    assert asked == {one.party for one in searching.askable()} >= {POLICE, REGISTER}
    given = {row.party: row for row in Consent.objects.filter(citizen=account.citizen)}
    assert set(given) == asked
    assert all(row.words in page for row in given.values())
    assert given[POLICE].categories == ["name", "number", "birth_date"]
    assert Job.objects.filter(task=searching.SEARCH).count() == len(asked)
    event = AuditEvent.objects.get(name="documents.papers_searched")
    assert event.subject_id == account.citizen_id


def test_some_registries_can_be_chosen(browser: Client) -> None:
    browser.post("/papers/add/", {"some": "1", "registries": [POLICE]})

    assert [row.registry for row in SearchAnswer.objects.all()] == [POLICE]
    assert [row.party for row in Consent.objects.all()] == [POLICE]


@pytest.mark.parametrize("chosen", [[], ["population"], ["'; --"], ["traffic-police\0"]])
def test_what_cannot_be_chosen_is_said_and_nobody_is_asked(
    browser: Client, chosen: list[str]
) -> None:
    response = browser.post("/papers/add/", {"some": "1", "registries": chosen})

    assert response.status_code == 200
    assert "govuk-error-summary" in response.content.decode()
    assert not Search.objects.exists()
    assert not Consent.objects.exists()


def test_nobody_chosen_is_refused(account: Account) -> None:
    with pytest.raises(NothingChosen):
        begin(account, "population")


def test_the_same_search_pressed_twice_is_one(account: Account) -> None:
    assert begin(account).pk == begin(account).pk
    assert begin(account, POLICE).pk != begin(account).pk


@pytest.mark.django_db(transaction=True)
def test_the_same_search_pressed_twice_at_once_is_one(account: Account) -> None:
    session, together = papers.session_of(account), threading.Barrier(4)

    def press(_place: int) -> str:
        try:
            together.wait(timeout=20)
            now = clock.now()
            return searching.begin(session=session, ward_id="", parties=None, now=now).public_id
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(press, range(4)))

    assert len(found) == Search.objects.count() == 1
    assert SearchAnswer.objects.count() == len(searching.askable())


def test_so_many_an_hour(account: Account) -> None:
    now = clock.now()
    session = papers.session_of(account)
    for place in range(policy.SEARCH.allowed):
        searching.begin(
            session=session, ward_id="", parties=None, now=now + place * policy.SEARCH_ONCE
        )

    with pytest.raises(TooManySearches):
        searching.begin(session=session, ward_id="", parties=None, now=now + timedelta(minutes=30))


# --- The registries' answers ------------------------------------------------------------------------
def test_what_a_registry_holds_is_proposed_not_linked(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    search = begin(account)

    waits = page_of(browser, search)
    jobs.run_due()
    found = page_of(browser, search)

    assert "Being asked" in waits
    assert "Driver licence" in found
    assert f'value="{POLICE}.0"' in found
    assert 'name="paper"' not in waits
    assert not account.citizen.documents.exists()


def test_what_is_found_stands_sealed(account: Account, sandbox: OutsideWorld) -> None:
    search = begin(account, POLICE)
    jobs.run_due()

    row = answer(search)
    with connection.cursor() as cursor:
        cursor.execute("SELECT found FROM documents_searchanswer WHERE id = %s", [row.pk])
        raw = bytes(cursor.fetchone()[0])
    assert row.found[0]["kind"] == papers.LICENCE
    assert row.found[0]["number"].encode() not in raw


def test_nothing_found_says_what_was_searched_and_offers_the_number(
    client: Client, sandbox: OutsideWorld
) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    child = papers.known("001216000004")
    search = begin(child, POLICE)
    jobs.run_due()

    page = page_of(factories.signed_in(client, child), search)

    assert "No papers were found" in page
    assert "Searched by the personal number." in page
    assert f"/papers/number/?kind={papers.LICENCE}" in page


@pytest.mark.parametrize("switch", [Switch.DOWN, Switch.BROKEN, Switch.HANGING])
def test_a_silent_registry_is_asked_again_and_the_page_says_when(
    browser: Client, account: Account, sandbox: OutsideWorld, switch: Switch
) -> None:
    switches.turn(sandbox.world, POLICE, switch)
    search, now = begin(account, POLICE, REGISTER), clock.now()
    jobs.run_due()

    page = page_of(browser, search)
    silent = answer(search)
    assert "1 of 2 registries have answered" in page
    assert "We ask again: Today" in page
    assert (silent.outcome, silent.tries) == ("UNAVAILABLE", 1)
    assert silent.next_try_at is not None

    switches.turn(sandbox.world, POLICE, Switch.WORKING)
    with clock.frozen(now + timedelta(minutes=2)):
        jobs.run_due()
        assert "All 2 registries have answered" in page_of(browser, search)
    assert answer(search).outcome == "FOUND"


def test_after_enough_tries_it_is_said_that_nobody_asks_again(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    switches.turn(sandbox.world, POLICE, Switch.BROKEN)
    search, moment = begin(account, POLICE), clock.now()
    for _ in range(policy.SEARCH_TRIES):
        with clock.frozen(moment):
            jobs.run_due()
        moment += timedelta(hours=2)

    row = answer(search)
    assert (row.tries, row.next_try_at) == (policy.SEARCH_TRIES, None)
    assert not Job.objects.filter(done_at__isnull=True, task=searching.SEARCH).exists()
    assert "/papers/add/" in page_of(browser, search)


def test_without_the_consent_a_registry_is_not_asked(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    search = begin(account, POLICE)
    consent = Consent.objects.get(party=POLICE)
    consents.withdraw(
        citizen_id=account.citizen_id,
        public_id=consent.public_id,
        actor=factories.actor_of(account),
        now=clock.now(),
    )

    sandbox.adapter.sent.clear()
    jobs.run_due()

    assert not [one for one in sandbox.adapter.sent if "licences" in str(one.url)]
    assert "the consent was withdrawn" in page_of(browser, search)


def withdraw(account: Account) -> None:
    consents.withdraw(
        citizen_id=account.citizen_id,
        public_id=Consent.objects.get(party=POLICE, state="GIVEN").public_id,
        actor=factories.actor_of(account),
        now=clock.now(),
    )


def test_what_was_found_goes_with_the_consent(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    search = begin(account, POLICE)
    jobs.run_due()
    assert "Not in the wallet yet" in page_of(browser, search)

    withdraw(account)

    row = answer(search)
    assert (row.outcome, row.found, row.code) == ("NOTHING", None, "consent_withdrawn")
    page = page_of(browser, search)
    assert "Not in the wallet yet" not in page
    assert "the consent was withdrawn" in page


def test_what_is_found_while_the_consent_is_withdrawn_is_not_kept(
    account: Account, sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, theirs = begin(account, POLICE), papers.licence()

    def read(_answer: Any) -> ReadMany:
        withdraw(account)
        return ReadMany(papers=(theirs,))

    monkeypatch.setattr(traffic_police, "read_search", read)
    jobs.run_due()

    row = answer(search)
    assert (row.outcome, row.found, row.code) == ("NOTHING", None, "consent_withdrawn")


def test_who_agrees_again_at_once_searches_again(account: Account) -> None:
    first = begin(account, POLICE)
    withdraw(account)

    again = begin(account, POLICE)

    assert again.pk != first.pk
    assert Consent.objects.filter(party=POLICE, state="GIVEN").count() == 1


def test_another_persons_papers_are_never_proposed(
    account: Account, sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = papers.licence(
        full_name="Trần Thị Bình", birth_date="1987-01-01", personal_number="001187000002"
    )
    monkeypatch.setattr(traffic_police, "read_search", lambda _answer: ReadMany(papers=(theirs,)))
    search = begin(account, POLICE)

    jobs.run_due()

    assert (answer(search).outcome, answer(search).found) == ("NOTHING", None)


def test_a_paper_that_cannot_be_read_hides_no_other(
    browser: Client, account: Account, sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ReadMany((papers.licence(),), ("malformed_status",))
    monkeypatch.setattr(traffic_police, "read_search", lambda _answer: said)
    search = begin(account, POLICE)

    with structlog.testing.capture_logs() as logs:
        jobs.run_due()

    assert (answer(search).outcome, answer(search).code) == ("FOUND", "malformed_status")
    assert "Driver licence" in page_of(browser, search)
    (line,) = [line for line in logs if line["event"] == "search.unreadable_papers"]
    assert (line["registry"], line["codes"]) == (POLICE, ("malformed_status",))


def test_where_only_what_cannot_be_read_may_be_theirs_the_registry_is_asked_again(
    browser: Client, account: Account, sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = papers.licence(
        full_name="Trần Thị Bình", birth_date="1987-01-01", personal_number="001187000002"
    )
    said = ReadMany((theirs,), ("malformed_status",))
    monkeypatch.setattr(traffic_police, "read_search", lambda _answer: said)
    search = begin(account, POLICE)

    jobs.run_due()

    row = answer(search)
    assert (row.outcome, row.code, row.next_try_at is not None) == (
        "UNAVAILABLE", "malformed_status", True,
    )  # fmt: skip


def test_the_job_run_twice_asks_once(account: Account, sandbox: OutsideWorld) -> None:
    search = begin(account, POLICE)
    jobs.run_due()
    sandbox.adapter.sent.clear()
    job = jobs.enqueue(searching.SEARCH, subject_id=answer(search).pk)

    jobs.run_here(job.pk, searching.SEARCH)

    assert sandbox.adapter.sent == []
    assert answer(search).tries == 1


def test_old_searches_go_with_what_was_found(account: Account, sandbox: OutsideWorld) -> None:
    search = begin(account, POLICE)
    jobs.run_due()
    late = clock.now() + policy.SEARCH_KEPT + timedelta(days=1)

    tidying.delete_old(now=late)

    assert not SearchAnswer.objects.filter(search=search).exists()
    job = Job.objects.create(
        task=searching.SEARCH, subject_id=search.pk, created_at=late, next_attempt_at=clock.now()
    )
    jobs.run_here(job.pk, searching.SEARCH)
    job.refresh_from_db()
    assert job.done_at is not None


# --- The page -------------------------------------------------------------------------------------
def test_the_changing_part_is_a_small_piece_that_says_when_to_stop(
    browser: Client, account: Account, sandbox: OutsideWorld
) -> None:
    search = begin(account, POLICE)
    address = f"/papers/searches/{search.public_id}/progress/"

    waits = browser.get(address).content.decode()
    jobs.run_due()
    done = browser.get(address).content.decode()

    assert "data-moves" in waits
    assert "data-moves" not in done
    assert "<html" not in waits
    assert 'role="status"' in waits


def test_somebody_elses_search_is_nowhere(client: Client, account: Account) -> None:
    search = begin(account)
    other = factories.signed_in(client, factories.make_account(factories.make_citizen(17)))

    for address in ("", "progress/"):
        assert other.get(f"/papers/searches/{search.public_id}/{address}").status_code == 404
    link = f"/papers/searches/{search.public_id}/link/"
    assert other.post(link, {"paper": f"{POLICE}.0"}).status_code == 404


def test_no_page_ever_calls_out(browser: Client, account: Account, sandbox: OutsideWorld) -> None:
    row: Any = papers.link(account, papers.licence())
    search = begin(account)
    sandbox.adapter.sent.clear()

    for address in ("", "add/", "number/", f"{row.public_id}/", f"searches/{search.public_id}/"):
        assert browser.get(f"/papers/{address}").status_code == 200

    assert sandbox.adapter.sent == []
