"""A traffic officer looks at a driver's papers: for a reason, as far as driving needs it, and the driver reads it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import Account, Alert
from accounts.selectors import data_log
from documents.models import Presentation, RoadsideLook
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent
from tests import factories
from tests.architecture.test_addresses import ALL, audience_of, filled
from tests.documents.showing import (
    looks,
    make_holder,
    make_insurance,
    make_licence,
    make_vehicle,
    phone,
)
from tests.documents.test_presenting import show

pytestmark = pytest.mark.django_db
ROAD = "/roadside/"
EN = {"Accept-Language": "en"}
LICENCE, PLATE = "790 123 456 767", "59X3-123.45"


@pytest.fixture
def office() -> Any:
    return factories.make_office("CSGT", name="Phòng CSGT Mẫu", name_en="Sample Traffic Police")


@pytest.fixture
def officer(office: Any) -> Account:
    account = factories.make_staff(50)
    factories.make_role(account, office, Role.ROADSIDE)
    return account


@pytest.fixture
def car(officer: Account, office: Any) -> Client:
    return factories.signed_in(Client(headers=EN), officer, office)


@pytest.fixture
def driver() -> Account:
    return make_holder()


def ask(car: Client, typed: str, reason: str = "STOP", press: str = "") -> Any:
    values = {"reason": reason, "typed": typed, "press": press or "press"}
    return car.post(ROAD, values)


def look(car: Client, typed: str, **values: str) -> str:
    """Look, and read the page of the result."""
    answer = ask(car, typed, **values)
    assert answer.status_code == 303, answer.content.decode()
    page = car.get(answer["Location"])
    assert page.status_code == 200
    return page.content.decode()


def test_a_licence_is_seen_as_far_as_driving_needs_it_and_the_driver_reads_it(
    car: Client, driver: Account, officer: Account, office: Any
) -> None:
    make_licence(driver)
    html = look(car, LICENCE)

    assert "May drive: B, A1" in html
    assert driver.citizen.full_name.upper() in html
    assert f"{driver.citizen.birth_date:%d/%m/%Y}" in html
    assert "790 123 456 767" in html
    assert "12/12" in html
    assert "data:image/jpeg;base64," in html
    assert driver.citizen.personal_number not in html.replace(" ", "")
    assert "Hoàn Kiếm" not in html  # the address
    event = looks(driver, "documents.roadside_looked")[0]
    assert event.actor_id == officer.pk
    assert event.office_id == office.pk
    assert event.purpose == "roadside"
    assert re.fullmatch(r"KT-\d{6}-[0-9A-Z]{4}", event.data["reference"])
    assert event.data["reference"] in html
    entry = data_log.find_entry(
        citizen_id=driver.citizen_id, event_id=event.pk, now=clock.now() + timedelta(seconds=5)
    )
    assert entry is not None
    assert entry.who in {office.name, office.name_en}
    assert event.data["reference"] in entry.title
    assert entry.can_ask
    assert entry.basis
    assert entry.seen


def test_nothing_is_looked_at_without_a_reason(car: Client, driver: Account) -> None:
    make_licence(driver)
    for reason in ("", "CURIOUS"):
        answer = ask(car, LICENCE, reason=reason, press="p")
        assert answer.status_code == 422
        assert driver.citizen.full_name.upper() not in answer.content.decode()
    assert not RoadsideLook.objects.exists()
    assert looks(driver, "documents.roadside_looked") == []
    assert not AuditEvent.objects.filter(name="accounts.look_up_failed").exists()


def test_a_code_that_the_driver_shows_is_used_up(car: Client, driver: Account) -> None:
    paper = make_licence(driver)
    address = show(phone(driver), f"/papers/{paper.public_id}/show/")
    link = f"https://dinhdanh.example{address}"

    html = look(car, link)

    assert "May drive: B, A1" in html
    assert Presentation.objects.get().used_at is not None
    again = ask(car, address.split("/")[2], press="another")
    assert "The code was read before." in again.content.decode()
    assert len(looks(driver, "documents.roadside_looked")) == 1
    assert looks(driver, "documents.paper_shown") == []


def test_a_code_of_another_paper_is_not_used_up(car: Client, driver: Account) -> None:
    code = show(phone(driver)).split("/")[2]
    answer = ask(car, code)
    assert "This code shows another paper." in answer.content.decode()
    assert Presentation.objects.get().used_at is None
    assert looks(driver, "documents.roadside_looked") == []


def test_a_code_that_ended_or_is_unknown_is_said_so(car: Client, driver: Account) -> None:
    paper = make_licence(driver)
    code = show(phone(driver), f"/papers/{paper.public_id}/show/").split("/")[2]
    assert "We know no such code." in ask(car, "X" + "0" * 11).content.decode()
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        assert "The code has ended." in ask(car, code).content.decode()


def test_a_vehicle_is_seen_by_its_plate_without_its_owners_licence(
    car: Client, driver: Account
) -> None:
    make_licence(driver)
    make_vehicle(driver)
    html = look(car, "59x3 12345")
    assert "Registered: 59X3-123.45" in html
    assert "HONDA Vision" in html
    assert "No compulsory insurance in the wallet: ask for the certificate" in html
    assert driver.citizen.personal_number not in html.replace(" ", "")
    assert "RLHJF5801DY123456" not in html
    assert "data:image" not in html
    assert "12/12" not in html
    event = looks(driver, "documents.roadside_looked")[0]
    assert event.data["kind"] == "VEHICLE_REGISTRATION"


def test_the_vehicle_says_whether_its_owner_drives(car: Client, driver: Account) -> None:
    make_licence(driver)
    make_vehicle(driver)
    look(car, LICENCE)
    assert "Its owner is the driver you looked at last" in look(car, PLATE)


@pytest.mark.parametrize(
    ("until", "columns", "words"),
    [
        ("2035-06-09", {}, "Compulsory insurance until 09/06/2035"),
        ("2035-06-09", {"state": "REVOKED"}, "The compulsory insurance in the wallet has ended"),
        ("2026-01-31", {"state": "EXPIRED"}, "The compulsory insurance in the wallet has ended"),
        # It ended at midnight, and the night's check is still to come.
        ("2026-01-31", {}, "The compulsory insurance in the wallet has ended"),
        ("2035-06-09", {"state": "UNAVAILABLE"}, "No compulsory insurance in the wallet"),
    ],
)
def test_the_vehicle_says_whether_it_is_insured(
    car: Client, driver: Account, until: str, columns: dict[str, str], words: str
) -> None:
    make_vehicle(driver)
    make_insurance(driver, valid_until=until, **columns)

    assert words in look(car, PLATE)


def test_the_insurance_of_another_vehicle_does_not_count(car: Client, driver: Account) -> None:
    make_vehicle(driver)
    other = make_insurance(driver, valid_until="2035-06-09")
    assert other.paper is not None
    other.paper = other.paper | {"values": other.paper["values"] | {"plate": "59X399999"}}
    other.save()

    assert "No compulsory insurance in the wallet" in look(car, PLATE)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("REVOKED", "May not drive: the licence is revoked"),
        ("EXPIRED", "May not drive: no class is valid today"),
        ("MISMATCH", "Not confirmed at present: ask for the paper card"),
        ("UNAVAILABLE", "Not confirmed at present: ask for the paper card"),
    ],
)
def test_a_licence_that_is_not_in_order_is_said_so(
    car: Client, driver: Account, state: str, words: str
) -> None:
    make_licence(driver, state=state)
    html = look(car, LICENCE)
    assert words in html
    assert "May drive: B" not in html


def test_a_licence_without_points_may_not_be_driven_with(car: Client, driver: Account) -> None:
    paper = make_licence(driver)
    paper.paper = {**paper.paper, "values": {**paper.paper["values"], "points": 0}}
    paper.save()
    assert "May not drive: no points are left" in look(car, LICENCE)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("790 999 999 901", "No wallet has a licence or vehicle of this number."),
        ("30A-999.99", "No wallet has a licence or vehicle of this number."),
        ("Nguyễn Văn An", "Enter the code the driver shows"),
        ("٧٩٠٩٩٩٩٩٩٩٠١", "No wallet has a licence or vehicle of this number."),
        ("", "Enter the code, the licence number or the plate"),
    ],
)
def test_what_is_in_no_wallet_says_what_to_do(car: Client, typed: str, words: str) -> None:
    answer = ask(car, typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_try_that_finds_nothing_is_recorded_and_counts(car: Client, officer: Account) -> None:
    ask(car, "790 999 999 901")
    event = AuditEvent.objects.get(name="accounts.look_up_failed")
    assert event.actor_id == officer.pk
    assert event.subject_id is None


def test_a_paper_that_was_never_confirmed_or_left_the_wallet_shows_nothing(
    car: Client, driver: Account
) -> None:
    paper = make_licence(driver, state="VERIFYING")
    assert "has not confirmed this paper yet" in ask(car, LICENCE).content.decode()
    type(paper).objects.filter(pk=paper.pk).update(state="UNLINKED", unlinked_at=clock.now())
    answer = ask(car, LICENCE, press="another")
    assert "No wallet has a licence" in answer.content.decode()
    assert looks(driver, "documents.roadside_looked") == []


def test_officers_do_not_look_at_themselves(car: Client, officer: Account) -> None:
    citizen = factories.make_account(officer.citizen)
    make_licence(citizen)
    assert "This is your own paper." in ask(car, LICENCE).content.decode()
    assert looks(officer, "documents.roadside_looked") == []


def test_a_look_masks_itself_and_is_masked_by_the_button(car: Client, driver: Account) -> None:
    make_licence(driver)
    make_vehicle(driver)
    first = ask(car, LICENCE)["Location"]
    assert int(car.get(first)["Refresh"]) <= 301
    RoadsideLook.objects.update(masked_at=clock.now())
    html = car.get(first).content.decode()
    assert "This check is over" in html
    assert driver.citizen.full_name.upper() not in html
    second = ask(car, PLATE)["Location"]
    assert car.post(f"{second}done/").status_code == 303
    assert "This check is over" in car.get(second).content.decode()
    assert car.get(f"{second}done/").status_code == 303


def test_a_look_is_seen_by_its_officer_alone(car: Client, driver: Account, office: Any) -> None:
    make_licence(driver)
    address = ask(car, LICENCE)["Location"]
    colleague = factories.make_staff(51)
    factories.make_role(colleague, office, Role.ROADSIDE)
    other = factories.signed_in(Client(headers=EN), colleague, office)
    assert other.get(address).status_code == 404
    assert other.post(f"{address}done/").status_code == 404
    assert "May drive" in car.get(address).content.decode()


def test_a_button_pressed_twice_looks_once(car: Client, driver: Account) -> None:
    make_licence(driver)
    first, second = ask(car, LICENCE, press="same"), ask(car, LICENCE, press="same")
    assert first["Location"] == second["Location"]
    assert len(looks(driver, "documents.roadside_looked")) == 1


def test_a_form_that_is_gone_back_to_looks_again(car: Client, driver: Account) -> None:
    make_licence(driver)
    make_vehicle(driver)
    first, changed = ask(car, LICENCE, press="same"), ask(car, PLATE, press="same")
    with clock.frozen(clock.now() + timedelta(seconds=11)):
        later = ask(car, LICENCE, press="same")
    assert len({answer["Location"] for answer in (first, changed, later)}) == 3


def test_many_looks_raise_an_alert_and_then_stop(
    car: Client, driver: Account, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from accounts import policy

    monkeypatch.setattr(policy, "LOOKS_AN_HOUR", 2)
    monkeypatch.setattr(policy, "LOOK_UPS", replace(policy.LOOK_UPS, allowed=4))
    make_licence(driver)
    for number in range(4):
        assert ask(car, LICENCE, press=f"p{number}").status_code == 303
    alert = Alert.objects.get(kind="MANY_LOOKS")
    assert alert.officer == officer
    answer = ask(car, LICENCE, press="p4")
    assert answer.status_code == 422
    assert "You looked at 4 papers within an hour." in answer.content.decode()
    assert len(looks(driver, "documents.roadside_looked")) == 4


def test_a_look_at_a_colleague_raises_an_alert(car: Client, office: Any) -> None:
    colleague = factories.make_staff(51)
    factories.make_role(colleague, office, Role.COUNTER)
    make_licence(factories.make_account(colleague.citizen))
    look(car, LICENCE)
    assert Alert.objects.get().kind == "COLLEAGUE"


# --- Doors ------------------------------------------------------------------------------------------
OFFICERS = [route for route, view in ALL if audience_of(view) == "officer"]


@pytest.mark.parametrize("route", OFFICERS)
def test_counters_and_the_road_are_closed_to_each_other(
    route: str, car: Client, office: Any
) -> None:
    clerk = factories.make_staff(52)
    factories.make_role(clerk, office, Role.SUPERVISOR)
    desk = factories.signed_in(Client(headers=EN), clerk, office)
    on_the_road = route.startswith("roadside/")
    closed = desk if on_the_road else car
    for method in ("get", "post"):
        answer = getattr(closed, method)(filled(route))
        if route == "counter/" and method == "get":
            assert answer.status_code == 303
            assert answer["Location"] == ROAD
        else:
            assert answer.status_code == 403, (route, method)


def test_who_has_both_roles_goes_between_both(office: Any) -> None:
    both = factories.make_staff(53)
    factories.make_role(both, office, Role.ROADSIDE)
    factories.make_role(both, office, Role.COUNTER)
    browser = factories.signed_in(Client(headers=EN), both, office)
    assert 'href="/roadside/"' in browser.get("/counter/").content.decode()
    assert 'href="/counter/"' in browser.get(ROAD).content.decode()


def test_a_role_that_ended_closes_the_road(car: Client, officer: Account) -> None:
    assert car.get(ROAD).status_code == 200
    officer.office_roles.update(ended_at=clock.now())
    assert car.get(ROAD).status_code == 403


def test_citizens_and_strangers_do_not_come_in(driver: Account) -> None:
    assert phone(driver).get(ROAD).status_code == 403
    answer = Client().get(ROAD)
    assert answer["Location"].startswith("/counter/sign-in/?next=")


def test_sign_in_leads_back_to_the_road(car: Client) -> None:
    answer = car.get("/counter/sign-in/?next=/roadside/")
    assert answer["Location"] == ROAD


def test_an_old_proof_is_asked_for_again(car: Client, driver: Account, officer: Account) -> None:
    from accounts.models import DeviceSession

    make_licence(driver)
    DeviceSession.objects.filter(account=officer).update(
        authenticated_at=clock.now() - timedelta(hours=13)
    )
    answer = ask(car, LICENCE)
    assert answer["Location"].startswith("/sign-in/again/?")
    assert not RoadsideLook.objects.exists()
