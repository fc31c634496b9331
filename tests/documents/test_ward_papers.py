"""A guardian's pages of a child's papers: always "A for B", and closed the moment the guardianship ends."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import (
    ConsentPurpose,
    ConsentState,
    DataCategory,
    GuardianshipBasis,
    GuardianshipEnd,
    GuardianshipState,
    NoticeKind,
)
from accounts.models import Account, Citizen, Consent, Guardianship, Notice
from accounts.services import consents
from documents.enums import DocumentState
from documents.models import Document, Search
from documents.services import correcting, searching
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


def registered_until(year: int) -> Any:
    """A registration whose validity ends, as a registry's copy is kept."""
    return papers.vehicle(valid_until=f"{year}-05-02").as_json()


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


def test_requests_about_a_wards_papers_are_listed_as_long_as_one_may_act(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    row = of_ward(guardian, ward)
    asked = browser.post(f"/papers/{row.public_id}/correction/", {"side": "NEITHER", "words": "x"})
    place = str(asked["Location"])
    assert place in browser.get("/papers/corrections/").content.decode()

    now = clock.now()
    Guardianship.objects.update(
        state=GuardianshipState.ENDED, ended_at=now, end_reason=GuardianshipEnd.DECISION
    )

    page = browser.get("/papers/corrections/").content.decode()
    assert place not in page
    assert "59X3" not in page


@pytest.mark.parametrize("acts", [True, False])
def test_who_no_longer_acts_is_not_told_of_a_wards_request(
    acts: bool, browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    row = of_ward(guardian, ward)
    browser.post(f"/papers/{row.public_id}/correction/", {"side": "NEITHER", "words": "x"})
    if not acts:
        Guardianship.objects.update(
            state=GuardianshipState.ENDED,
            ended_at=clock.now(),
            end_reason=GuardianshipEnd.DECISION,
        )

    correcting.follow(now=clock.now() + timedelta(days=30))

    told = Notice.objects.filter(kind=NoticeKind.CORRECTION_LATE, account=guardian)
    assert told.exists() is acts


def test_what_was_made_of_a_wards_papers_can_be_revoked_also_once_they_left(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    row = of_ward(guardian, ward)
    form = browser.get(f"/papers/{row.public_id}/card/").content.decode()
    [form_id] = re.findall(r'name="form_id" value="(\w{22})"', form)
    card = browser.post(
        f"/papers/{row.public_id}/card/", {"form_id": form_id, "level": "MINIMUM", "language": "vi"}
    )["Location"]
    browser.post(f"/papers/{row.public_id}/unlink/")
    made = f"{place(guardianship)}copies/"

    assert f'href="{made}"' in browser.get(place(guardianship)).content.decode()
    assert f'href="{card}"' in browser.get(made).content.decode()
    assert card not in browser.get("/papers/copies/").content.decode()
    page = browser.get(card).content.decode()

    assert f'href="{made}"' in page
    assert f'action="{card}revoke/"' in page


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


def test_a_guardian_withdraws_a_wards_consent_to_a_registry(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    browser.post(f"{place(guardianship)}number/", {"kind": papers.VEHICLE, "number": "59X3-123.45"})
    row, consent = Document.objects.get(), Consent.objects.get()
    own = factories.make_account(ward)
    address = f"{place(guardianship)}consents/"
    page = browser.get(address).content.decode()
    assert consent.party_name in page
    assert f'value="{consent.public_id}"' in page

    for _press in range(2):
        assert browser.post(address, {"consent": consent.public_id}).status_code == 303

    row.refresh_from_db()
    consent.refresh_from_db()
    assert (row.state, consent.state) == (DocumentState.UNLINKED, ConsentState.WITHDRAWN)
    event = AuditEvent.objects.get(name="accounts.consent_withdrawn")
    assert (event.subject_id, event.actor_id) == (ward.pk, guardian.pk)
    notices = Notice.objects.filter(kind=NoticeKind.CONSENT_WITHDRAWN)
    assert list(notices.values_list("account_id", flat=True)) == [own.pk]
    page = browser.get(address).content.decode()
    assert "No registry is asked for these papers." in page
    browser.post(f"{place(guardianship)}number/", {"kind": papers.VEHICLE, "number": "59X3-123.45"})
    assert ward.consents.filter(state=ConsentState.GIVEN).count() == 1


def test_no_other_consent_of_a_ward_is_read_or_withdrawn_there(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    bills, own = (
        consents.give(
            citizen_id=citizen.pk,
            party="power",
            party_name="Điện lực Mẫu",
            categories=[DataCategory.NAME],
            purpose=purpose,
            words="words",
            third_parties=False,
            valid_until=None,
            actor=factories.actor_of(guardian),
            now=clock.now(),
        )
        for citizen, purpose in (
            (ward, ConsentPurpose.BILLS),
            (guardian.citizen, ConsentPurpose.PAPERS),
        )
    )

    address = f"{place(guardianship)}consents/"
    assert "Điện lực Mẫu" not in browser.get(address).content.decode()
    for consent in (bills, own):
        assert browser.post(address, {"consent": consent.public_id}).status_code == 404
        consent.refresh_from_db()
        assert consent.state == ConsentState.GIVEN


# --- The calendar -----------------------------------------------------------------------------------
def calendar_of(browser: Client) -> str:
    browser.post("/papers/calendar/")
    address = re.search(
        r"/papers/calendar\.ics\?key=[A-Za-z0-9_-]{43}",
        browser.get("/papers/calendar/").content.decode(),
    )
    assert address
    return address[0]


def read(address: str) -> str:
    answer = Client().get(address)
    assert answer.status_code == 200
    return answer.content.replace(b"\r\n ", b"").decode()


def test_the_calendar_of_a_guardian_has_a_childs_papers_by_given_name(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship
) -> None:
    Account.objects.filter(pk=guardian.pk).update(language="en")
    row = of_ward(guardian, ward, public_id="0wardsregistration0000", paper=registered_until(2031))
    factories.make_card(ward, expires_on=date(2030, 5, 2))

    text = read(calendar_of(browser))

    assert "SUMMARY;LANGUAGE=en:Mẫu: Vehicle registration\\, ending in" in text
    assert f"/papers/{row.public_id}/" in text
    assert "SUMMARY;LANGUAGE=en:Mẫu: ID card" in text
    assert f"/account/wards/{guardianship.public_id}/" in text
    assert "Bảo" not in text
    assert CHILD not in text
    uids = [line for line in text.splitlines() if line.startswith("UID:")]
    assert len(uids) == len(set(uids)) == 3


@pytest.mark.parametrize(
    "change",
    [
        "ended by decision",
        "turned fourteen",
        "guardian's card no longer valid",
    ],
)
def test_a_wards_papers_leave_the_calendar_the_moment_nobody_may_act(
    browser: Client, guardian: Account, ward: Citizen, guardianship: Guardianship, change: str
) -> None:
    row = of_ward(guardian, ward, paper=registered_until(2031))
    address = calendar_of(browser)
    assert row.public_id in read(address)

    match change:
        case "ended by decision":
            Guardianship.objects.update(
                state=GuardianshipState.ENDED,
                ended_at=clock.now(),
                end_reason=GuardianshipEnd.DECISION,
            )
        case "turned fourteen":
            ward.birth_date = clock.today().replace(year=clock.today().year - 14)
            ward.save(update_fields=["birth_date"])
        case _:
            card = guardian.citizen.cards.get()
            card.expires_on = clock.today() - timedelta(days=1)
            card.save(update_fields=["expires_on"])

    assert row.public_id not in read(address)


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

    for address in (
        place(guardianship),
        f"{place(guardianship)}consents/",
        f"/papers/{row.public_id}/",
    ):
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
