"""A guardian's pages of a child's papers: always "A for B", and closed the moment the guardianship ends."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.enums import GuardianshipBasis, GuardianshipEnd, GuardianshipState
from accounts.models import Account, Citizen, Guardianship
from documents.enums import DocumentState
from documents.models import Document, Search
from documents.services import searching
from eid_portal.core import clock, jobs
from eid_portal.core.models import AuditEvent
from tests import factories
from tests.documents import papers
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
CHILD = "001216000004"


@pytest.fixture
def guardian() -> Account:
    account = factories.make_account(factories.make_citizen(61, full_name="Nguyễn Thị Mẹ"))
    factories.make_card(account.citizen)
    return account


@pytest.fixture
def ward() -> Citizen:
    return factories.make_citizen(
        personal_number=CHILD,
        full_name="Nguyễn Bảo Mẫu",
        birth_date=date(2016, 5, 2),
        sex="M",
    )


@pytest.fixture
def guardianship(guardian: Account, ward: Citizen) -> Guardianship:
    return Guardianship.objects.create(
        state=GuardianshipState.ACTIVE,
        ward=ward,
        guardian=guardian.citizen,
        basis=GuardianshipBasis.PARENT,
        until_age=14,
        review_month=date(2030, 5, 1),
        claimed_at=clock.now(),
        confirmed_at=clock.now(),
    )


@pytest.fixture
def browser(client: Client, guardian: Account) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return factories.signed_in(client, guardian)


def place(guardianship: Guardianship) -> str:
    return f"/account/wards/{guardianship.public_id}/papers/"


def of_ward(guardian: Account, ward: Citizen, **columns: Any) -> Document:
    return papers.link(guardian, papers.vehicle(), citizen=ward, **columns)


def test_every_page_says_who_acts_for_whom(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    row = of_ward(guardian, ward)
    pages = [place(guardianship) + more for more in ("", "add/", "number/", "left/")]

    for address in (*pages, f"/papers/{row.public_id}/", f"/papers/{row.public_id}/unlink/"):
        page = browser.get(address)
        assert page.status_code == 200, address
        assert "<b>Nguyễn Thị Mẹ</b> for <b>Nguyễn Bảo Mẫu</b>" in page.content.decode()

    event = AuditEvent.objects.get(name="accounts.acted_for_ward", subject_id=ward.pk)
    assert event.actor_id == guardian.pk


def test_a_wards_papers_are_not_in_the_guardians_wallet(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    row = of_ward(guardian, ward)

    assert row.public_id not in browser.get("/papers/").content.decode()
    page = browser.get(place(guardianship)).content.decode()
    assert f"/papers/{row.public_id}/" in page
    assert 'href="/papers/id-card/"' not in page


def test_a_guardian_finds_and_links_a_childs_papers(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    answer = browser.post(f"{place(guardianship)}add/", {"all": "1"})

    search = Search.objects.get()
    assert (search.citizen_id, search.asked_by_id) == (ward.pk, guardian.pk)
    assert ward.consents.count() == len(searching.askable())
    assert guardian.citizen.consents.count() == 0
    assert "for <b>Nguyễn Bảo Mẫu</b>" in browser.get(answer["Location"]).content.decode()

    answer = browser.post(
        f"{place(guardianship)}number/", {"kind": papers.VEHICLE, "number": "59X3-123.45"}
    )
    row = Document.objects.get()
    assert (row.citizen_id, row.linked_by_id) == (ward.pk, guardian.pk)
    event = AuditEvent.objects.get(name="documents.paper_linked")
    assert (event.subject_id, event.actor_id) == (ward.pk, guardian.pk)
    assert browser.post(f"/papers/{row.public_id}/check/").status_code == 303


def test_the_registry_is_asked_for_the_child_not_for_the_guardian(
    browser: Client, guardianship: Guardianship, sandbox: OutsideWorld
) -> None:
    browser.post(f"{place(guardianship)}add/", {"all": "1"})
    jobs.run_due()

    sent = b"".join(one.body for one in sandbox.adapter.sent if isinstance(one.body, bytes))
    assert CHILD.encode() in sent
    assert "Nguyễn Thị Mẹ".encode() not in sent


def test_the_pages_close_when_the_guardianship_ends(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    row = of_ward(guardian, ward)
    Guardianship.objects.update(
        state=GuardianshipState.ENDED, ended_at=clock.now(), end_reason=GuardianshipEnd.DECISION
    )

    for address in (place(guardianship), f"/papers/{row.public_id}/"):
        assert browser.get(address).status_code == 404
    for what in ("check", "unlink"):
        assert browser.post(f"/papers/{row.public_id}/{what}/").status_code == 404
    answer = browser.post(
        f"{place(guardianship)}number/", {"kind": papers.LICENCE, "number": "790123456767"}
    )
    assert answer.status_code == 404
    row.refresh_from_db()
    assert row.state == DocumentState.VERIFIED


def test_from_the_fourteenth_birthday_on_a_page_says_why_it_is_closed(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    row = of_ward(guardian, ward)
    ward.birth_date = clock.today().replace(year=clock.today().year - 14)
    ward.save(update_fields=["birth_date"])

    for address in (place(guardianship), f"/papers/{row.public_id}/"):
        page = browser.get(address)
        assert page.status_code == 410
        assert "Nguyễn Bảo Mẫu is 14" in page.content.decode()


def test_somebody_elses_ward_is_nobody(
    client: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    row = of_ward(guardian, ward)
    stranger = factories.signed_in(client, factories.make_account(factories.make_citizen(62)))

    assert stranger.get(place(guardianship)).status_code == 404
    assert stranger.get(f"/papers/{row.public_id}/").status_code == 404
