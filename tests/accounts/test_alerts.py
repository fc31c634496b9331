"""Looks that stand out raise an alert in their own transaction, and somebody else decides about it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts import events, policy
from accounts.enums import AccountKind, AlertKind, LookReason, RelationKind, Role
from accounts.models import Account, Alert, Citizen, Inspection, Relation
from accounts.services import look_ups, looking, unmasking, watching
from eid_portal.core import audit, clock, metrics
from eid_portal.core.events import Actor
from eid_portal.core.models import AuditEvent
from tests import factories
from tests.accounts.desk import COLLEAGUE, PHUC, YEN, make_officer, open_case
from tests.accounts.watched import (
    CONSOLE,
    EN,
    ask,
    colleague,
    desk,
    look_at,
    office,
    officer,
    person,
    room,
    supervisor,
)

__all__ = ["colleague", "desk", "office", "officer", "person", "room", "supervisor"]  # fixtures
pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return sorted(Alert.objects.values_list("kind", flat=True))


def have_looked(officer: Account, office: Any, times: int, *, ago: timedelta = timedelta()) -> None:
    """Looks of the officer's last hour, without the people."""
    for _each in range(times):
        audit.record(
            events.LookUpFailed(reason="AT_COUNTER"),
            actor=factories.actor_of(officer, office),
            now=clock.now() - ago,
        )


# --- Many looks -----------------------------------------------------------------------------------
def test_the_31st_look_of_an_hour_is_told_and_the_32nd_is_not_told_again(
    desk: Client, room: Client, person: Citizen, officer: Account, office: Any
) -> None:
    have_looked(officer, office, policy.LOOKS_AN_HOUR - 1)
    look_at(desk, person)
    assert kinds() == []

    look = look_at(desk, person)
    look_at(desk, person)

    alert = Alert.objects.get()
    assert (alert.kind, alert.officer, alert.office, alert.count) == (
        AlertKind.MANY_LOOKS, officer, office, policy.LOOKS_AN_HOUR + 1,
    )  # fmt: skip
    assert alert.look_up == look
    page = room.get(CONSOLE, headers=EN).content.decode()
    assert "More than 30 looks in an hour" in page
    assert "31 looks in the hour" in page
    assert b"eid_alerts_open 1.0" in metrics.exposition(now=clock.now())
    assert not AuditEvent.objects.get(name="accounts.alert_raised").shown


def test_the_hour_slides_and_the_next_hour_has_its_own_alert(
    desk: Client, person: Citizen, officer: Account, office: Any
) -> None:
    have_looked(officer, office, policy.LOOKS_AN_HOUR + 5, ago=timedelta(minutes=61))
    look_at(desk, person)
    assert kinds() == []
    have_looked(officer, office, policy.LOOKS_AN_HOUR)
    look_at(desk, person)
    assert kinds() == ["MANY_LOOKS"]
    Alert.objects.update(raised_at=clock.now() - timedelta(minutes=61))
    look_at(desk, person)
    assert kinds() == ["MANY_LOOKS", "MANY_LOOKS"]


def test_opened_cases_and_unknown_numbers_count_and_more_of_one_look_does_not(
    desk: Client, person: Citizen, officer: Account, office: Any
) -> None:
    have_looked(officer, office, policy.LOOKS_AN_HOUR - 2)
    at = ask(desk, person)["Location"]
    for field in ("phone", "email", "residence"):
        desk.post(at, {"fields_wanted": field, "need": "Đối chiếu với giấy tờ"})
    ask(desk, factories.personal_number(77))
    assert kinds() == []

    open_case(desk, PHUC)

    assert kinds() == ["MANY_LOOKS"]


@pytest.mark.django_db(transaction=True)
def test_side_by_side_the_31st_look_raises_one_alert() -> None:
    office = factories.make_office()
    officer = make_officer(COLLEAGUE, office)
    actor, now = factories.actor_of(officer, office), clock.now()
    people = [factories.make_citizen(serial) for serial in range(10, 20)]
    have_looked(officer, office, policy.LOOKS_AN_HOUR - 5)
    together = threading.Barrier(len(people))

    def look(citizen: Citizen) -> None:
        try:
            together.wait(timeout=20)
            look_ups.look_up(
                asked=look_ups.Asked(number=citizen.personal_number, reason=LookReason.AT_COUNTER),
                actor=actor,
                now=now,
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(look, people))

    alert = Alert.objects.get()
    assert (alert.kind, alert.count) == ("MANY_LOOKS", policy.LOOKS_AN_HOUR + 1)
    assert AuditEvent.objects.filter(name="accounts.looked_up").count() == len(people)


# --- Whom -----------------------------------------------------------------------------------------
def test_a_look_at_a_colleague_is_told(desk: Client, colleague: Account) -> None:
    look = look_at(desk, colleague.citizen)
    alert = Alert.objects.get()
    assert (alert.kind, alert.look_up) == (AlertKind.COLLEAGUE, look)


@pytest.mark.parametrize("way", ["to", "from", "same_head"])
def test_a_look_at_somebody_of_the_same_household_is_told(
    desk: Client, person: Citizen, officer: Account, way: str
) -> None:
    kind = RelationKind.HOUSEHOLD_MEMBER
    if way == "to":
        Relation.objects.create(citizen=officer.citizen, other=person, kind=kind)
    elif way == "from":
        Relation.objects.create(citizen=person, other=officer.citizen, kind=kind)
    else:
        head = factories.make_citizen(30)
        Relation.objects.create(citizen=person, other=head, kind=kind)
        Relation.objects.create(citizen=officer.citizen, other=head, kind=kind)
    look_at(desk, person)
    assert kinds() == ["HOUSEHOLD"]


def test_who_left_the_household_or_the_service_is_anybody(
    desk: Client, person: Citizen, officer: Account
) -> None:
    Relation.objects.create(
        citizen=officer.citizen, other=person, kind=RelationKind.HOUSEHOLD_MEMBER,
        ended_at=clock.now(),
    )  # fmt: skip
    factories.make_staff(citizen=person, sign_in_name="gone", state="CLOSED")
    look_at(desk, person)
    assert kinds() == []


def test_a_case_of_a_colleague_is_told_too(desk: Client, office: Any) -> None:
    citizen = make_officer(PHUC, office).citizen
    open_case(desk, citizen.personal_number)
    alert = Alert.objects.get()
    assert (alert.kind, alert.citizen) == ("COLLEAGUE", citizen)
    assert alert.case is not None
    assert alert.case.citizen == citizen
    open_case(desk, make_officer(YEN, office).citizen.personal_number)
    assert kinds() == ["COLLEAGUE", "COLLEAGUE"]  # each visit its own


def test_who_decides_about_a_visit_reads_which_and_whom_and_never_is_them(
    desk: Client, room: Client, office: Any
) -> None:
    watched = make_officer(PHUC, office, Role.SUPERVISOR)
    case = open_case(desk, PHUC)
    alert = Alert.objects.get()
    at = f"{CONSOLE}alerts/{alert.public_id}/"

    html = room.get(at, headers=EN).content.decode()
    assert case.public_id in html
    assert watched.citizen.personal_number not in html
    assert watched.citizen.personal_number[-4:] in html
    seen = AuditEvent.objects.get(name="accounts.data_seen", target_id=alert.pk)
    assert (seen.subject_id, seen.shown) == (watched.citizen_id, True)

    own = factories.signed_in(Client(), watched, office)
    assert own.get(at).status_code == 404
    assert own.post(at, {"verdict": "reasonable"}).status_code == 404
    with pytest.raises(watching.OneOfYours):
        watching.decide_alert(
            alert=alert, inspect=False, actor=factories.actor_of(watched, office), now=clock.now()
        )

    room.post(at, {"verdict": "inspect"})
    inspection = Inspection.objects.get()
    assert (inspection.source, inspection.citizen) == ("ALERT", watched.citizen)
    page = room.get(f"{CONSOLE}inspections/{inspection.public_id}/", headers=EN).content.decode()
    assert watched.citizen.personal_number[-4:] in page


def test_an_administrator_reads_no_alert_or_inspection_about_themselves(
    office: Any, person: Citizen, desk: Client, officer: Account
) -> None:
    look_at(desk, make_officer(PHUC, office).citizen)
    alert = Alert.objects.get()
    watching.decide_alert(
        alert=alert, inspect=True, actor=factories.actor_of(make_officer(YEN, office), office),
        now=clock.now(),
    )  # fmt: skip
    inspection = Inspection.objects.get()
    pages = [
        f"/admin/accounts/alert/{alert.pk}/decide/",
        f"/admin/accounts/inspection/{inspection.pk}/change/",
        f"/admin/accounts/inspection/{inspection.pk}/decide/",
    ]
    for citizen, name in ((officer.citizen, "qt1"), (alert.citizen, "qt2")):
        mine = factories.make_staff(
            citizen=citizen, kind=AccountKind.ADMINISTRATOR, sign_in_name=name
        )
        window = factories.signed_in(Client(), mine)
        assert {window.get(page).status_code for page in pages} <= {302, 404}
        listed = window.get("/admin/accounts/inspection/").content.decode()
        assert inspection.reference not in listed
    another = factories.signed_in(
        Client(), factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)
    )
    assert {another.get(page).status_code for page in pages} == {200}
    assert inspection.reference in another.get("/admin/accounts/inspection/").content.decode()


def test_administrators_are_watched_the_same_way(colleague: Account, person: Citizen) -> None:
    administrator = factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)
    actor, now = factories.actor_of(administrator), clock.now()
    looking.find_citizen(number=colleague.citizen.personal_number, actor=actor, now=now)
    assert kinds() == ["COLLEAGUE"]
    for _each in range(policy.LOOKS_AN_HOUR):
        event = events.DataUnmasked(fields=[], reason="một lý do")
        audit.record(event, actor=actor, subject_id=person.pk)
    unmasking.unmask(citizen_id=person.pk, reason="Thư của công dân", actor=actor, now=now)
    assert kinds() == ["COLLEAGUE", "MANY_LOOKS"]
    assert set(Alert.objects.values_list("office", flat=True)) == {None}
    assert {alert.citizen for alert in Alert.objects.all()} == {colleague.citizen, person}


# --- Who decides ----------------------------------------------------------------------------------
def test_a_supervisor_decides_and_everybody_sees_that_it_was_looked_at(
    desk: Client, room: Client, colleague: Account, supervisor: Account
) -> None:
    look_at(desk, colleague.citizen)
    alert = Alert.objects.get()
    at = f"{CONSOLE}alerts/{alert.public_id}/"
    html = room.get(at, headers=EN).content.decode()
    assert colleague.citizen.full_name not in html
    assert colleague.citizen.personal_number not in html
    assert "No visit of this person that day" in html
    seen = AuditEvent.objects.get(name="accounts.data_seen")
    assert (seen.subject_id, seen.data) == (colleague.citizen_id, {"page": "console"})

    assert room.post(at, {"verdict": "reasonable"})["Location"] == CONSOLE

    alert.refresh_from_db()
    assert (alert.state, alert.closed_by) == ("CLOSED", supervisor)
    answer = room.post(at, {"verdict": "inspect"}, headers=EN, follow=True)
    assert "This was decided in the meantime" in answer.content.decode()
    assert Inspection.objects.count() == 0


def test_nobody_decides_about_their_own_look(office: Any, person: Citizen, room: Client) -> None:
    """Whoever it is about: who looked, and who was looked at; by another account of theirs neither."""
    looks = make_officer(COLLEAGUE, office, Role.SUPERVISOR)
    browser = factories.signed_in(Client(), looks, office)
    watched = Account.objects.get(sign_in_name="cb000022")
    look_at(browser, watched.citizen)
    alert = Alert.objects.get()
    at = f"{CONSOLE}alerts/{alert.public_id}/"
    for one in (browser, room):
        assert one.get(at).status_code == 404
        assert one.post(at, {"verdict": "reasonable"}).status_code == 404
        assert "Another supervisor decides" in one.get(CONSOLE, headers=EN).content.decode()
    other = factories.make_staff(
        citizen=looks.citizen, kind=AccountKind.ADMINISTRATOR, sign_in_name="qt1"
    )
    for human in (factories.actor_of(other), factories.actor_of(watched, office)):
        with pytest.raises(watching.OneOfYours):
            watching.decide_alert(alert=alert, inspect=False, actor=human, now=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.update(closed_by=looks)


def test_two_supervisors_at_once_decide_once(desk: Client, colleague: Account, office: Any) -> None:
    look_at(desk, colleague.citizen)
    first, second = Alert.objects.get(), Alert.objects.get()
    actor: Actor = factories.actor_of(make_officer(PHUC, office, Role.SUPERVISOR), office)
    watching.decide_alert(alert=first, inspect=True, actor=actor, now=clock.now())
    with pytest.raises(watching.DecidedAlready):
        watching.decide_alert(alert=second, inspect=True, actor=actor, now=clock.now())
    inspection = Inspection.objects.get()
    assert (inspection.source, inspection.citizen) == ("ALERT", colleague.citizen)


def test_an_alert_about_the_only_supervisor_is_decided_by_an_administrator(
    room: Client, colleague: Account, supervisor: Account
) -> None:
    look_at(room, colleague.citizen)
    alert = Alert.objects.get()
    administrator = factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)
    window = factories.signed_in(Client(), administrator)
    at = f"/admin/accounts/alert/{alert.pk}/decide/"
    assert window.get(at).status_code == 200

    window.post(at, {"decision": "inspect"})

    inspection = Inspection.objects.get()
    assert (inspection.source, inspection.officer) == ("ALERT", supervisor)
    answer = {"verdict": "MISUSE", "answer": "Người giám sát đã xem mà không có việc gì cần xem."}
    window.post(f"/admin/accounts/inspection/{inspection.pk}/decide/", answer)
    inspection.refresh_from_db()
    assert (inspection.state, inspection.closed_by) == ("MISUSE", administrator)
