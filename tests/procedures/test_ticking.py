"""What time brings to an application: alerts, a letter when it is late, silence, and requests nobody answered."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from accounts.models import Notice
from accounts.services import sessions
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from procedures.enums import ApplicationState, PauseReason, RequestState, Writer
from procedures.models import (
    Application,
    CorrectionRequest,
    Message,
    OpinionRequest,
    Procedure,
    Revision,
)
from procedures.rules import documents
from procedures.selectors.applications import open_page
from procedures.services import corrections, lifecycle, publishing, ticking
from tests import factories
from tests.procedures import world
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 3, tzinfo=UTC)  # 24 November is a day of rest


@pytest.fixture
def filer() -> Filer:
    with clock.frozen(FRIDAY - timedelta(hours=1)):
        return world.make_filer()


def filed(filer: Filer) -> Application:
    with clock.frozen(FRIDAY):
        return filer.file_paid("temporary-residence", proof="contract")


def day(moment: datetime | None) -> str:
    assert moment is not None
    return f"{clock.today(moment):%d/%m}"


def tick(at: datetime) -> int:
    with clock.frozen(at):
        return ticking.tick(now=at)


def letters(row: Application) -> list[Message]:
    return list(row.messages.filter(writer=Writer.PORTAL).order_by("pk"))


def test_it_is_due_on_the_third_working_day(filer: Filer) -> None:
    row = filed(filer)
    assert (day(row.due_at), row.state) == ("26/11", ApplicationState.IN_REVIEW)


def test_alerts_come_when_half_and_four_fifths_and_all_of_the_time_has_passed(filer: Filer) -> None:
    row = filed(filer)
    seen: list[tuple[int, str]] = []
    at = FRIDAY
    while at < FRIDAY + timedelta(days=8):
        tick(at)
        row.refresh_from_db()
        if not seen or seen[-1][0] != row.alerted:
            seen.append((row.alerted, day(at)))
        at += timedelta(hours=6)
    assert [per_cent for per_cent, _at in seen] == [0, 50, 80, 100]
    assert seen[-1][1] == "27/11"


def test_a_late_application_writes_its_letter_with_a_new_date_and_the_next_when_that_passes(
    filer: Filer,
) -> None:
    row = filed(filer)
    assert row.due_at is not None

    assert tick(row.due_at - timedelta(minutes=1)) == 1  # the reminders before
    assert letters(row) == []
    late = row.due_at + timedelta(minutes=1)
    tick(late)
    assert tick(late + timedelta(minutes=1)) == 0

    [letter] = letters(row)
    row.refresh_from_db()
    assert day(row.promised_at) == "02/12"
    assert row.reference in letter.text
    assert "26/11/2026" in letter.text
    assert "02/12/2026" in letter.text
    assert row.state == ApplicationState.IN_REVIEW
    told = Notice.objects.filter(account=filer.account, kind="APPLICATION_DELAYED")
    assert {each.channel for each in told} == {"INBOX", "SMS"}

    assert row.promised_at is not None
    tick(row.promised_at + timedelta(minutes=1))
    assert len(letters(row)) == 2


def test_a_question_to_the_citizen_about_a_late_application_puts_off_no_letter(
    filer: Filer,
) -> None:
    row = filed(filer)
    assert row.due_at is not None
    late = row.due_at + timedelta(minutes=1)
    tick(late)
    ask(row, late + timedelta(hours=1), until=late + timedelta(days=9))

    row.refresh_from_db()
    assert row.promised_at is not None
    assert tick(row.promised_at + timedelta(minutes=1)) == 0  # the clock stands still
    tick(late + timedelta(days=9, minutes=1))  # nobody answered
    tick(late + timedelta(days=9, minutes=2))

    first, second = letters(row)
    assert f"{clock.today(row.promised_at):%d/%m/%Y}" in first.text
    assert f"{clock.today(row.promised_at):%d/%m/%Y}" in second.text  # it was to be done by then


def granting_in_silence() -> None:
    text = (documents.SHIPPED / "temporary-residence.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text) | {"silence": "granted"}
    written = json.dumps(data, ensure_ascii=False)
    draft = publishing.draft(written, documents.read(written), now=FRIDAY)
    publishing.publish(draft, actor=SYSTEM, now=FRIDAY)


def test_silence_grants_where_the_document_says_so(filer: Filer) -> None:
    granting_in_silence()
    row = filed(filer)
    assert row.due_at is not None

    tick(row.due_at - timedelta(minutes=1))
    row.refresh_from_db()
    assert row.state == ApplicationState.IN_REVIEW
    tick(row.due_at + timedelta(minutes=1))

    row.refresh_from_db()
    assert row.state == ApplicationState.GRANTED
    assert (row.decision.by_silence, row.decision.decided_by) == (True, None)
    assert letters(row) == []


def test_silence_grants_on_the_promised_day_what_waited_for_an_opinion_when_it_was_due(
    filer: Filer,
) -> None:
    granting_in_silence()
    row = filed(filer)
    asked = OpinionRequest.objects.create(
        state=RequestState.OPEN, application=row, desk=row.desk, question="?",
        asked_by=factories.make_staff(61), asked_at=FRIDAY, answer_by=FRIDAY + timedelta(days=9),
    )  # fmt: skip
    lifecycle.refresh(lifecycle.hold(row.pk), actor=SYSTEM, now=FRIDAY)
    row.refresh_from_db()
    assert row.due_at is not None  # it does not stop the clock
    tick(row.due_at + timedelta(minutes=1))
    assert len(letters(row)) == 1

    tick(asked.answer_by)
    row.refresh_from_db()
    assert row.state == ApplicationState.IN_REVIEW
    assert row.promised_at is not None
    tick(row.promised_at + timedelta(minutes=1))

    row.refresh_from_db()
    assert (row.state, row.decision.by_silence) == (ApplicationState.GRANTED, True)


def test_silence_does_not_grant_while_the_citizen_is_asked(filer: Filer) -> None:
    row = filed(filer)
    ask(row, FRIDAY, until=FRIDAY + timedelta(days=30))

    row.refresh_from_db()
    assert (row.state, row.due_at, row.alert_at) == (ApplicationState.WAITING_CITIZEN, None, None)
    assert tick(FRIDAY + timedelta(days=20)) == 0
    assert [each.reason for each in row.pauses.all()] == [PauseReason.CITIZEN]


def ask(row: Application, at: datetime, *, until: datetime) -> CorrectionRequest:
    officer = factories.make_staff(61)
    asked = CorrectionRequest.objects.create(
        state=RequestState.OPEN, application=row, fields=["owner"], words="?", asked_by=officer,
        asked_at=at, answer_by=until,
    )  # fmt: skip
    held = lifecycle.hold(row.pk)
    lifecycle.refresh(held, actor=SYSTEM, now=at)
    return asked


def test_the_office_goes_on_when_a_question_was_not_answered_in_time(filer: Filer) -> None:
    row = filed(filer)
    asked = ask(row, FRIDAY, until=FRIDAY + timedelta(days=3))

    tick(FRIDAY + timedelta(days=3, minutes=1))

    asked.refresh_from_db()
    row.refresh_from_db()
    assert (asked.state, row.state) == (RequestState.LAPSED, ApplicationState.IN_REVIEW)
    assert day(row.due_at) == "26/11"  # Monday counts again: it went on that day


def test_who_is_asked_to_answer_has_the_whole_last_day(filer: Filer) -> None:
    row = filed(filer)
    office = row.desk.office
    with clock.frozen(FRIDAY):
        officer = world.session_of(world.make_officer(office), office)
        asked = corrections.ask(
            application=row, fields=["owner"], words="?", actor=sessions.actor_of(officer), now=FRIDAY
        )  # fmt: skip
    assert day(asked.answer_by) == "20/12"

    tick(datetime(2026, 12, 20, 18, tzinfo=clock.VIET_NAM))
    asked.refresh_from_db()
    assert asked.state == RequestState.OPEN
    tick(datetime(2026, 12, 21, 0, 1, tzinfo=clock.VIET_NAM))
    asked.refresh_from_db()
    assert asked.state == RequestState.LAPSED


def test_an_application_whose_fee_never_came_is_taken_back(filer: Filer) -> None:
    with clock.frozen(FRIDAY):
        row = filer.file("temporary-residence", proof="contract")

    last = open_page(row, account=filer.account, now=FRIDAY).fee_until
    assert day(last) == "27/11"
    tick(datetime(2026, 11, 27, 18, tzinfo=clock.VIET_NAM))
    row.refresh_from_db()
    assert row.state == ApplicationState.FILED
    tick(datetime(2026, 11, 28, 0, 1, tzinfo=clock.VIET_NAM))

    row.refresh_from_db()
    assert row.state == ApplicationState.WITHDRAWN
    with translation.override("en"):
        page = open_page(row, account=filer.account, now=last)
        assert "The fee was not paid in time." in {str(each.detail) for each in page.moments}


def test_one_that_fails_does_not_stop_the_others(filer: Filer, monkeypatch: Any) -> None:
    first = filed(filer)
    second = filed_again(filer)
    good = ticking._write_letter

    def fail(row: Application, *rest: Any) -> None:
        if row.pk == first.pk:
            raise RuntimeError("broken")
        good(row, *rest)

    monkeypatch.setattr(ticking, "_write_letter", fail)
    assert first.due_at is not None
    tick(first.due_at + timedelta(minutes=1))

    assert (len(letters(first)), len(letters(second))) == (0, 1)
    first.refresh_from_db()
    assert first.alerted == 0  # nothing of it was written: it is tried again


def filed_again(filer: Filer) -> Application:
    with clock.frozen(FRIDAY):
        return filer.file_paid("marital-status")


def test_every_procedure_was_published_once() -> None:
    world.publish_shipped()
    world.publish_shipped()
    assert Revision.objects.count() == Procedure.objects.count() == len(documents.shipped())
