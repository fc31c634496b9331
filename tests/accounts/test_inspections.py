"""Somebody did not expect a look at their data: they ask, another human answers in plain words, by a day."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts import events
from accounts.enums import AccountKind, InspectionSource, InspectionState, Role
from accounts.models import Account, Citizen, Inspection, LookUp, Notice, SealedLook
from accounts.services import inspections
from eid_portal.core import audit, clock, metrics
from eid_portal.core.models import AuditEvent
from tests import factories
from tests.accounts.desk import COLLEAGUE, OFFICER, make_officer
from tests.accounts.watched import (
    CONSOLE,
    EN,
    browser_of,
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
QUESTIONS = "/account/data-log/questions/"
WORDS = "Hôm đó tôi không đến quầy nào cả"
ANSWER = "Cán bộ tra cứu để trả thẻ căn cước theo phiếu hẹn của bạn, đúng việc và đúng người."


def question_at(event_id: UUID) -> str:
    return f"/account/data-log/{event_id}/question/"


@pytest.fixture
def look(desk: Client, person: Citizen) -> LookUp:
    return look_at(desk, person)


@pytest.fixture
def event(look: LookUp) -> AuditEvent:
    return AuditEvent.objects.get(name="accounts.looked_up", target_id=look.pk)


def asked(event: AuditEvent, person: Citizen, question: str = WORDS) -> Inspection:
    return inspections.open_from_citizen(
        account=Account.objects.get(citizen=person, kind="citizen"),
        event_id=event.pk,
        question=question,
        now=clock.now(),
    )


def answering(inspection: Inspection) -> str:
    return f"{CONSOLE}inspections/{inspection.public_id}/"


# --- Asking ---------------------------------------------------------------------------------------
def test_a_person_asks_about_a_look_and_reads_the_answer(
    room: Client, person: Citizen, event: AuditEvent, look: LookUp, supervisor: Account
) -> None:
    phone = browser_of(person)
    first = phone.post(question_at(event.pk), headers=EN)  # the button of the log's line
    assert (first.status_code, Inspection.objects.count()) == (200, 0)
    assert "An officer looked at: name and year of birth" in first.content.decode()
    page = phone.post(question_at(event.pk), {"question": WORDS}, headers=EN, follow=True)
    assert page.redirect_chain == [(QUESTIONS, 303)]
    inspection = Inspection.objects.get()
    html = page.content.decode()
    assert inspection.reference.startswith(f"KT-{clock.today():%y%m%d}-")
    assert len(inspection.reference) == len("KT-261126-4M7T")
    for told in (inspection.reference, WORDS, "Being answered"):
        assert told in html
    again = phone.post(question_at(event.pk), {"question": ""}, headers=EN, follow=True)
    assert "You have asked about this entry already" in again.content.decode()
    assert Inspection.objects.count() == 1

    assert inspection.reference in room.get(CONSOLE, headers=EN).content.decode()
    html = room.get(answering(inspection), headers=EN).content.decode()
    assert WORDS in html
    assert person.full_name not in html
    assert AuditEvent.objects.filter(name="accounts.data_seen", subject_id=person.pk).count() == 1
    short = {"verdict": "JUSTIFIED", "answer": "ngắn"}
    assert room.post(answering(inspection), short).status_code == 422
    answer = {"verdict": "JUSTIFIED", "answer": ANSWER}
    assert room.post(answering(inspection), answer)["Location"] == CONSOLE
    assert room.post(answering(inspection), answer)["Location"] == CONSOLE  # a double press

    inspection.refresh_from_db()
    assert (inspection.state, inspection.closed_by) == ("JUSTIFIED", supervisor)
    html = phone.get(QUESTIONS, headers=EN).content.decode()
    assert ANSWER in html
    assert "The look was justified" in html
    sent = Notice.objects.filter(kind="INSPECTION_ANSWERED")
    assert sorted(sent.values_list("channel", flat=True)) == ["EMAIL", "INBOX", "SMS"]
    assert inspection.reference in phone.get("/", headers=EN).content.decode()


def test_the_answer_is_due_in_two_working_days(person: Citizen, event: AuditEvent) -> None:
    inspection = asked(event, person)  # what a working day is, is tested where it is counted
    assert timedelta(days=1) < inspection.answer_by - clock.now() <= timedelta(days=12)
    assert f"{inspection.answer_by.astimezone(clock.VIET_NAM):%H:%M}" == "23:59"


def test_a_late_answer_is_marked_for_everybody(
    room: Client, person: Citizen, event: AuditEvent
) -> None:
    inspection = asked(event, person, "")
    Inspection.objects.update(answer_by=clock.now() - timedelta(minutes=1))
    phone = browser_of(person)
    for browser, page in ((room, CONSOLE), (room, answering(inspection)), (phone, QUESTIONS)):
        assert "Overdue" in browser.get(page, headers=EN).content.decode()
    assert "The answer is late" in phone.get(QUESTIONS, headers=EN).content.decode()
    assert b"eid_inspections_overdue 1.0" in metrics.exposition(now=clock.now())


def test_one_asks_about_looks_of_staff_at_oneself_alone(
    person: Citizen, event: AuditEvent, officer: Account
) -> None:
    stranger = factories.make_account(factories.make_citizen(19))
    browser = factories.signed_in(Client(), stranger)
    own = AuditEvent.objects.filter(subject_id=person.pk, actor_kind="citizen").first()
    phone = browser_of(person)
    own = own or AuditEvent.objects.get(subject_id=person.pk, name="accounts.signed_in")
    for who, which in ((browser, event.pk), (phone, own.pk), (phone, uuid4())):
        for values in ({}, {"question": WORDS}):
            assert who.post(question_at(which), values).status_code == 404
    hidden = audit.record(
        events.DataSeen(page="case"), actor=factories.actor_of(officer), subject_id=person.pk
    )
    SealedLook.objects.create(
        event_id=hidden.pk, order_number="1", hidden_until=clock.now() + timedelta(days=1),
        approval_id=uuid4(), sealed_at=clock.now(),
    )  # fmt: skip
    assert phone.post(question_at(hidden.pk), {"question": WORDS}).status_code == 404
    with pytest.raises(inspections.NoSuchLook):
        asked(hidden, person)
    assert Inspection.objects.count() == 0
    assert "You have asked nothing" in phone.get(QUESTIONS, headers=EN).content.decode()


@pytest.mark.django_db(transaction=True)
def test_asked_twice_at_once_it_is_one_question() -> None:
    office = factories.make_office()
    officer = make_officer(OFFICER, office)
    account = factories.make_account(factories.make_citizen(18))
    event = audit.record(
        events.DataSeen(page="case"), actor=factories.actor_of(officer, office),
        subject_id=account.citizen_id,
    )  # fmt: skip
    together = threading.Barrier(4)

    def press(_each: int) -> str:
        try:
            together.wait(timeout=20)
            inspections.open_from_citizen(
                account=account, event_id=event.pk, question="", now=clock.now()
            )
        except inspections.AskedAlready as refused:
            return refused.code
        finally:
            connection.close()
        return "opened"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(press, range(4)))
    assert answers == ["asked_already"] * 3 + ["opened"]
    assert Inspection.objects.count() == 1


# --- Answering ------------------------------------------------------------------------------------
def test_who_looked_or_was_looked_at_does_not_answer(
    office: Any, person: Citizen, room: Client, supervisor: Account
) -> None:
    looked = make_officer(COLLEAGUE, office, Role.SUPERVISOR)
    browser = factories.signed_in(Client(), looked, office)
    look = look_at(browser, person)
    event = AuditEvent.objects.get(name="accounts.looked_up", target_id=look.pk)
    inspection = asked(event, person)
    assert inspection.officer == looked
    answer = {"verdict": "JUSTIFIED", "answer": ANSWER}
    assert browser.get(answering(inspection)).status_code == 404
    assert browser.post(answering(inspection), answer).status_code == 404
    assert inspection.reference not in browser.get(CONSOLE).content.decode()
    other = factories.make_staff(
        citizen=looked.citizen, kind=AccountKind.ADMINISTRATOR, sign_in_name="qt1"
    )
    with pytest.raises(inspections.OneOfYours):
        inspections.answer(
            inspection=inspection, verdict=InspectionState.JUSTIFIED, answer=ANSWER,
            actor=factories.actor_of(other), now=clock.now(),
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Inspection.objects.update(closed_by=looked)
    assert room.post(answering(inspection), answer)["Location"] == CONSOLE


def test_two_answers_are_one(
    person: Citizen, event: AuditEvent, supervisor: Account, office: Any
) -> None:
    asked(event, person)
    first, second = Inspection.objects.get(), Inspection.objects.get()
    values: dict[str, Any] = {"actor": factories.actor_of(supervisor, office), "now": clock.now()}
    inspections.answer(inspection=first, verdict=InspectionState.MISUSE, answer=ANSWER, **values)
    for late in (first, second):
        with pytest.raises(inspections.AnsweredAlready):
            inspections.answer(
                inspection=late, verdict=InspectionState.JUSTIFIED, answer="x", **values
            )
    assert Notice.objects.filter(kind="INSPECTION_ANSWERED", channel="INBOX").count() == 1
    html = browser_of(person).get(QUESTIONS, headers=EN).content.decode()
    assert "The look was misuse" in html
    assert "The administration was told" in html


def test_the_words_stand_nowhere_in_clear(room: Client, person: Citizen, event: AuditEvent) -> None:
    inspection = asked(event, person)
    room.post(answering(inspection), {"verdict": "MISUSE", "answer": ANSWER})
    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM accounts_inspection i")
        stored = str(cursor.fetchall())
        cursor.execute("SELECT e.data::text FROM core_auditevent e")
        stored += str(cursor.fetchall())
    assert WORDS not in stored
    assert ANSWER not in stored


def test_what_nobody_asked_has_words_of_its_own(
    person: Citizen, look: LookUp, supervisor: Account, office: Any
) -> None:
    actor, now = factories.actor_of(supervisor, office), clock.now()
    inspection = inspections.open_from(
        source=InspectionSource.SAMPLE, officer=look.officer, office_id=office.pk, look_up=look,
        citizen_id=person.pk, actor=actor, now=now,
    )  # fmt: skip
    inspections.answer(
        inspection=inspection,
        verdict=InspectionState.JUSTIFIED,
        answer=ANSWER,
        actor=actor,
        now=now,
    )
    assert not Notice.objects.filter(kind="INSPECTION_ANSWERED").exists()
    assert Notice.objects.filter(kind="LOOK_INSPECTED", channel="INBOX").count() == 1
    html = browser_of(person).get(QUESTIONS, headers=EN).content.decode()
    assert "Inspected since" in html
    assert "What was found" in html
    assert "<dt>Asked</dt>" not in html
