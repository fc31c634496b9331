"""What the first page says of papers: a few of them, and what to do, by no query more."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents import policy
from documents.enums import DocumentState
from documents.models import Correction
from eid_portal.core import clock
from tests import factories
from tests.documents import papers

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Any:
    return papers.known()


@pytest.fixture
def browser(client: Client, account: Any) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return factories.signed_in(client, account)


def first_page(browser: Client) -> str:
    return " ".join(browser.get("/").content.decode().split())


def test_somebody_without_papers_is_shown_how_to_find_them(browser: Client) -> None:
    page = first_page(browser)

    assert "/papers/add/" in page
    assert "/papers/id-card/show/" in page


def test_a_few_papers_stand_on_the_first_page_by_four_queries(
    browser: Client, account: Any
) -> None:
    for ending in range(8):
        papers.link(account, papers.licence(licence_no=f"79012345676{ending}"))
    browser.get("/?warm")

    with CaptureQueriesContext(connection) as queries:
        page = browser.get("/").content.decode()

    assert len(queries) <= 4
    assert page.count("Driver licence <span") == 3
    assert "See all (8)" in page
    assert "790123456767" not in page


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (DocumentState.MISMATCH, "Driver licence •••• 6767 does not agree"),
        (DocumentState.NOT_FOUND, "Driver licence •••• 6767 was not found"),
        (DocumentState.UNAVAILABLE, "has not been checked of late"),
        (DocumentState.EXPIRED, "Driver licence •••• 6767 has expired"),
        (DocumentState.REVOKED, "Driver licence •••• 6767 was revoked"),
    ],
)
def test_what_is_not_in_order_is_to_be_done(
    browser: Client, account: Any, state: DocumentState, said: str
) -> None:
    row = papers.link(account, papers.licence(), state)

    page = first_page(browser)

    assert said in page
    assert f'href="/papers/{row.public_id}/">Look' in page


def test_one_that_ends_soon_is_to_be_renewed(browser: Client, account: Any) -> None:
    ends = papers.in_days(19)
    classes = [{"class": "B", "passed_on": "2011-06-08", "valid_until": ends}]
    papers.link(account, papers.licence(classes=classes), warned_days=30)
    papers.link(account, papers.licence(licence_no="790123456700"))

    page = first_page(browser)

    assert f"Driver licence •••• 6767 expires on {papers.day(ends)}" in page
    assert "Exchange it at an office of the traffic police" in page
    assert "6700 expires" not in page


def test_one_that_ended_at_midnight_has_expired_on_every_page(
    browser: Client, account: Any
) -> None:
    classes = [{"class": "B", "passed_on": "2011-06-08", "valid_until": papers.in_days(-1)}]
    long_ago = clock.now() - timedelta(days=400)
    papers.link(account, papers.licence(classes=classes), warned_days=7, since=long_ago)

    page = first_page(browser)

    assert "Driver licence •••• 6767 has expired" in page
    assert "6767 expires on" not in page
    assert "Expired" in browser.get("/papers/").content.decode()


def test_while_a_correction_is_under_way_there_is_nothing_to_do(
    browser: Client, account: Any
) -> None:
    row = papers.link(account, papers.licence(), DocumentState.MISMATCH)
    Correction.objects.create(
        state="OPEN", reference="YC-261126-TEST", document=row, registry=row.registry, side="POPULATION",
        requested_at=clock.now(), requested_by=account, due_at=clock.now() + timedelta(days=3),
    )  # fmt: skip

    assert "does not agree" not in first_page(browser)


def test_what_ended_long_ago_is_not_repeated_for_ever(browser: Client, account: Any) -> None:
    long_ago = clock.now() - policy.OVER_TOLD - timedelta(days=1)
    papers.link(account, papers.licence(), DocumentState.EXPIRED, since=long_ago)

    assert "has expired" not in first_page(browser)


def test_a_kind_that_is_gone_breaks_nothing(browser: Client, account: Any) -> None:
    papers.link(account, papers.licence(), kind="GONE")

    assert "/papers/" in first_page(browser)
