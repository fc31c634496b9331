"""Looking a person up: never without a reason, little at first, more for words the person reads, and not for long."""

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts import events, policy
from accounts.models import Account, Citizen, DeviceSession, LookUp, SealedLook
from accounts.selectors import home, sealed_looks
from eid_portal.core import audit, clock, limits
from eid_portal.core.models import Approval, AuditEvent
from tests import factories
from tests.accounts.desk import COLLEAGUE, OFFICER, PHUC, make_officer, open_case
from tests.accounts.watched import (
    CONSOLE,
    EN,
    LOOK_UP,
    ask,
    browser_of,
    desk,
    first_page,
    office,
    officer,
    person,
    room,
    supervisor,
)

__all__ = ["desk", "office", "officer", "person", "room", "supervisor"]  # fixtures
pytestmark = pytest.mark.django_db


# --- Hidden by a court order ----------------------------------------------------------------------
def test_what_a_court_order_hides_appears_on_its_day() -> None:
    account = factories.make_account()
    recorded = []
    for page in ("case", "look_up"):
        looked = events.DataSeen(page=page)
        recorded.append(
            audit.record(looked, actor=factories.actor(), subject_id=account.citizen_id)
        )
        time.sleep(0.002)  # keys of one millisecond stand in any order
    seen, hidden = recorded
    now = clock.now()
    SealedLook.objects.create(
        event_id=hidden.pk, order_number="12/2026/QĐ", hidden_until=now + timedelta(days=30),
        approval_id=uuid4(), sealed_at=now,
    )  # fmt: skip

    def listed() -> list[Any]:
        return [line.data["page"] for line in home.list_events(account)]

    assert listed() == ["case"]
    by_orm = AuditEvent.objects.filter(subject_id=account.citizen_id)
    assert list(by_orm.filter(sealed_looks.not_hidden(now))) == [seen]
    with clock.frozen(now + timedelta(days=30)):
        assert listed() == ["look_up", "case"]
        assert by_orm.filter(sealed_looks.not_hidden(clock.now())).count() == 2


# --- At the counter -------------------------------------------------------------------------------
def looks(citizen: Citizen) -> list[AuditEvent]:
    rows = AuditEvent.objects.filter(name="accounts.looked_up", subject_id=citizen.pk)
    return list(rows.order_by("pk"))


def words_of(event: AuditEvent) -> Any:
    return audit.personal_data(event)["reference"]


def test_a_look_shows_little_and_its_person_reads_it_at_once(
    desk: Client, person: Citizen, officer: Account, office: Any
) -> None:
    answer = ask(desk, person)

    page = desk.get(answer["Location"], headers=EN)
    html = page.content.decode()
    assert (answer.status_code, page.status_code) == (303, 200)
    assert page["Cache-Control"] == "no-store"
    assert person.full_name in html
    assert "2000" in html
    assert "•••• •••• 0018" in html
    assert "Level 2, Active" in html
    for hidden in (
        person.personal_number, "29/02/2000", "99 Hoa", "0912 000 099", "+84912000099", "mau@vidu.vn",
    ):  # fmt: skip
        assert hidden not in html
    (look,) = looks(person)
    assert (look.actor_id, look.office_id, look.shown) == (officer.pk, office.pk, True)
    assert look.data == {"reason": "AT_COUNTER", "fields": ["name"]}
    told = first_page(person)
    assert "An officer looked at: name and year of birth (The person stands at the counter)" in told
    assert office.name_en in told


def test_more_is_shown_for_words_that_the_person_reads(desk: Client, person: Citizen) -> None:
    at = ask(desk, person)["Location"]
    need = "Gọi lại để hỏi về giấy tờ còn thiếu"
    refused = desk.post(at, {"fields_wanted": "phone", "need": "ngắn"}, headers=EN)
    assert refused.status_code == 422
    assert len(looks(person)) == 1

    for _twice in range(2):
        answer = desk.post(at, {"fields_wanted": ["phone", "email"], "need": need}, headers=EN)
        assert (answer.status_code, answer["Location"]) == (303, at)

    html = desk.get(at, headers=EN).content.decode()
    assert "0912 000 099" in html
    assert "mau@vidu.vn" in html
    assert person.personal_number not in html
    assert need in html
    _first, second = looks(person)
    assert second.data == {"reason": "AT_COUNTER", "fields": ["phone", "email"]}
    assert words_of(second) == need
    assert need not in str(second.data)


def test_it_masks_itself_again_and_by_a_button(desk: Client, person: Citizen) -> None:
    at = ask(desk, person)["Location"]
    desk.post(at, {"fields_wanted": "phone", "need": "Gọi lại cho người dân"})
    with clock.frozen(clock.now() + policy.LOOK_MASKED_AFTER):
        DeviceSession.objects.update(seen_at=clock.now())  # it would have idled out
        html = desk.get(at, headers=EN).content.decode()
        assert "Masked again" in html
        assert person.full_name not in html
        late = desk.post(at, {"fields_wanted": "email", "need": "Gọi lại cho người dân"})
        assert late.status_code == 303
    assert len(looks(person)) == 2

    at = ask(desk, person)["Location"]
    assert desk.get(at)["Refresh"].isdigit()
    assert desk.post(f"{at}mask/")["Location"] == LOOK_UP
    html = desk.get(at).content.decode()
    for secret in (person.full_name, "0018", "2000"):
        assert secret not in html


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"reason": ""}, "Enter a case number, or choose a reason"),
        ({"case": "x" * 22, "reason": "AT_COUNTER"}, "Either a case number or a reason, not both"),
        ({"case": "x" * 22, "reason": ""}, "Your office has no case with this number"),
        ({"reason": "OFFICIAL_LETTER"}, "Enter the number of the letter, incident or order"),
        ({"reason": "EMERGENCY"}, "Enter the number of the letter, incident or order"),
        ({"reason": "COURT_ORDER", "reference": "1/QĐ"}, "Enter the day from which the person"),
        ({"reason": "CURIOSITY"}, "CURIOSITY"),
        ({"number": "Đặng Thị Mẫu"}, "Enter the personal number of 12 digits"),
        ({"number": "0912000099"}, "Enter the personal number of 12 digits"),
    ],
)
def test_without_a_reason_or_a_number_nothing_is_shown(
    desk: Client, person: Citizen, values: dict[str, str], says: str
) -> None:
    answer = ask(desk, person, **values)

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert looks(person) == []
    assert LookUp.objects.count() == 0


def test_a_case_of_the_office_is_reason_enough_and_another_persons_is_none(
    desk: Client, person: Citizen, office: Any
) -> None:
    case = open_case(desk, PHUC)
    values = {"case": case.public_id, "reason": ""}
    another = ask(desk, person, **values)
    assert "This case is about another person" in another.content.decode()

    assert ask(desk, PHUC, **values).status_code == 303

    look = LookUp.objects.get()
    assert (look.reason, look.reference) == ("CASE", case.public_id)
    elsewhere = factories.make_office("HN-02")
    stranger = factories.signed_in(Client(), make_officer(COLLEAGUE, elsewhere), elsewhere)
    refused = ask(stranger, PHUC, **values)
    assert "Your office has no case with this number" in refused.content.decode()
    assert stranger.get(f"{LOOK_UP}{look.public_id}/").status_code == 404


def test_nobody_looks_up_themselves(desk: Client, officer: Account) -> None:
    answer = ask(desk, OFFICER)
    assert "This is your own number" in answer.content.decode()
    assert looks(officer.citizen) == []


def test_an_unknown_number_counts_and_is_recorded(desk: Client, officer: Account) -> None:
    answer = ask(desk, factories.personal_number(77))

    assert "Nobody we know has this number" in answer.content.decode()
    event = AuditEvent.objects.get(name="accounts.look_up_failed")
    assert (event.actor_id, event.subject_id) == (officer.pk, None)
    assert '<b class="num">1</b> looks' in desk.get(LOOK_UP, headers=EN).content.decode()


def test_there_is_a_hard_end_to_looking_up(desk: Client, officer: Account, person: Citizen) -> None:
    for _each in range(policy.LOOK_UPS.allowed):
        limits.hit(policy.LOOK_UPS, str(officer.pk))

    answer = ask(desk, person)

    assert answer.status_code == 422
    assert "You looked up 90 numbers within an hour" in answer.content.decode()
    assert looks(person) == []


# --- By court order -------------------------------------------------------------------------------
ORDER = "12/2026/QĐ-TA"


def propose(desk: Client, person: Citizen, *, days: int = 30, **values: str) -> Any:
    until = clock.today() + timedelta(days=days)
    boxes = zip("012", (until.day, until.month, until.year), strict=True)
    day = {f"hidden_until_{box}": str(part) for box, part in boxes}
    values = {"reason": "COURT_ORDER", "reference": ORDER} | day | values
    return ask(desk, person, **values)


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_court_order_hides_a_look_for_a_year_at_most(
    desk: Client, person: Citizen, days: int
) -> None:
    answer = propose(desk, person, days=days)
    assert answer.status_code == 422
    assert "The person must see this look within a year" in answer.content.decode()
    assert Approval.objects.count() == 0


def test_a_court_order_needs_a_second_human_and_is_seen_on_its_day(
    desk: Client, room: Client, person: Citizen, officer: Account, supervisor: Account
) -> None:
    assert propose(desk, person)["Location"] == LOOK_UP
    assert "The same proposal is already waiting" in propose(desk, person).content.decode()
    approval = Approval.objects.get()
    open_it = f"/counter/court-orders/{approval.public_id}/"
    assert desk.post(open_it)["Location"] == LOOK_UP
    assert LookUp.objects.count() == 0
    mine = f"{CONSOLE}court-orders/{approval.public_id}/"
    assert desk.get(mine).status_code == 403

    html = room.get(mine, headers=EN).content.decode()
    assert "Sign in again" in html  # proved before the proposal was made
    assert ORDER in html
    assert person.full_name.upper() not in html.upper()
    assert person.personal_number not in html
    assert room.post(mine, {"decision": "approve", "note": ""})["Location"].startswith(
        "/sign-in/again/"
    )
    DeviceSession.objects.filter(account=supervisor).update(authenticated_at=clock.now())
    assert room.post(mine, {"decision": "approve", "note": ""})["Location"] == CONSOLE

    at = desk.post(open_it)["Location"]
    assert person.full_name in desk.get(at, headers=EN).content.decode()
    desk.post(at, {"fields_wanted": "residence", "need": "Tống đạt văn bản của tòa án"})
    assert desk.post(open_it)["Location"] == at  # once
    assert LookUp.objects.count() == 1
    seen = AuditEvent.objects.filter(subject_id=person.pk, actor_kind="officer", shown=True)
    assert {event.name for event in seen} == {
        "core.approval_proposed", "accounts.data_seen", "core.approval_given", "accounts.looked_up",
    }  # fmt: skip
    assert home.list_events(Account.objects.get(citizen=person)) == []
    assert "looked" not in first_page(person)
    log = browser_of(person).get("/account/data-log/", headers=EN).content.decode()
    assert ORDER not in log
    with clock.frozen(clock.now() + timedelta(days=31)):
        listed = home.list_events(Account.objects.get(citizen=person))
        assert {line.name for line in listed} >= {event.name for event in seen}


def test_a_refused_order_is_hidden_too_and_opens_nothing(
    desk: Client, room: Client, person: Citizen, supervisor: Account
) -> None:
    propose(desk, person)
    approval = Approval.objects.get()
    DeviceSession.objects.filter(account=supervisor).update(authenticated_at=clock.now())
    mine = f"{CONSOLE}court-orders/{approval.public_id}/"
    room.post(mine, {"decision": "refuse", "note": "Quyết định không ghi người này"})
    approval.refresh_from_db()
    assert approval.state == "REFUSED"
    assert desk.post(f"/counter/court-orders/{approval.public_id}/")["Location"] == LOOK_UP
    assert LookUp.objects.count() == 0
    assert home.list_events(Account.objects.get(citizen=person)) == []


def test_an_approval_does_not_last_for_ever_and_is_nobody_elses(
    desk: Client, room: Client, person: Citizen, supervisor: Account, office: Any
) -> None:
    propose(desk, person)
    approval = Approval.objects.get()
    DeviceSession.objects.filter(account=supervisor).update(authenticated_at=clock.now())
    room.post(f"{CONSOLE}court-orders/{approval.public_id}/", {"decision": "approve", "note": ""})
    open_it = f"/counter/court-orders/{approval.public_id}/"
    other = factories.signed_in(Client(), make_officer(COLLEAGUE, office), office)
    assert other.post(open_it).status_code == 404
    with clock.frozen(clock.now() + policy.APPROVAL_LASTS + timedelta(minutes=1)):
        DeviceSession.objects.update(seen_at=clock.now(), ends_at=clock.now() + timedelta(hours=1))
        assert desk.post(open_it)["Location"] == LOOK_UP
    assert LookUp.objects.count() == 0
