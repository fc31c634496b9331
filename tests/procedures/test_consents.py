"""Another person is asked to agree: what they read, what becomes of it, and what nobody learns."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.enums import (
    AccountState,
    ActedBy,
    GuardianshipBasis,
    GuardianshipState,
    LockReason,
    NoticeChannel,
    NoticeKind,
)
from accounts.models import Account, Guardianship, Notice
from accounts.services import locking, sessions
from accounts.services.assurance import StepUpNeeded
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent, Job
from procedures import policy
from procedures.enums import ApplicationState, Capacity, ConsentState
from procedures.models import Application, ConsentRequest, Desk
from procedures.rules import documents
from procedures.rules.expressions import Value
from procedures.selectors import consents as selectors
from procedures.selectors import filed
from procedures.services import consent_answers, corrections, drafts, following, lifecycle
from tests.factories import make_citizen, signed_in
from tests.procedures import world

pytestmark = pytest.mark.django_db
CODE = "temporary-residence"


@pytest.fixture
def filer() -> world.Filer:
    return world.make_filer()


@pytest.fixture
def owner() -> Account:
    return world.make_person(16, full_name="Mẫu Văn Chủ Nhà")


def _file(filer: world.Filer) -> tuple[Application, ConsentRequest]:
    row = filer.file_paid(CODE, proof="consent")
    return row, ConsentRequest.objects.get(application=row)


def _answer(owner: Account, asked: ConsentRequest, *, agrees: bool = True, **more: Any) -> Any:
    return consent_answers.answer(
        session=more.pop("session", None) or world.session_of(owner),
        public_id=asked.public_id,
        agrees=agrees,
        now=more.pop("now", clock.now()),
    )


# --- Asking ------------------------------------------------------------------------------------------
def test_the_person_is_told_and_reads_only_name_addresses_and_days(
    filer: world.Filer, owner: Account
) -> None:
    row, asked = _file(filer)

    assert row.state == ApplicationState.WAITING_CONSENT
    assert row.due_at is None
    notices = Notice.objects.filter(account=owner, kind=NoticeKind.CONSENT_ASKED)
    assert notices.exists()
    found = selectors.find_asked(citizen_id=owner.citizen_id, public_id=asked.public_id)
    assert found is not None
    assert found.name == filer.account.citizen.full_name
    assert found.sources
    said = [value for _label, value in found.facts]
    assert any("Hồng Bàng" in value for value in said)
    form = filed.read(row)
    private = {str(form.known[name]) for name in ("personal_number", "phone")}
    born = f"{filer.account.citizen.birth_date:%d/%m/%Y}"
    assert not {*private, born} & set(said)


def test_who_is_asked_again_and_again_hears_it_in_the_inbox_only(
    filer: world.Filer, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "ASK_ALOUD", replace(policy.ASK_ALOUD, allowed=2))
    for _time in range(3):
        row, asked = _file(filer)
        following.withdraw(session=filer.session, public_id=row.public_id, now=clock.now())
    row, asked = _file(filer)
    consent_answers.remind(
        session=filer.session, application=row, public_id=asked.public_id,
        now=clock.now() + policy.REMIND_AGAIN,
    )  # fmt: skip
    told = Notice.objects.filter(account=owner, kind=NoticeKind.CONSENT_ASKED)

    assert told.filter(channel=NoticeChannel.SMS).count() == 2
    assert told.filter(channel=NoticeChannel.INBOX).count() == 5
    assert selectors.find_asked(citizen_id=owner.citizen_id, public_id=asked.public_id)
    other = world.Filer(world.make_person(17))
    _file(other)  # somebody else is heard
    assert told.filter(channel=NoticeChannel.SMS).count() == 3


def test_who_is_asked_reads_what_to_for_whom_and_no_question_of_the_form(
    client: Client, filer: world.Filer, owner: Account
) -> None:
    _row, asked = _file(filer)
    browser = signed_in(client, owner)

    page = _read(browser, asked)

    assert "Bạn đồng ý việc gì</dt><dd>Chủ hộ đồng ý" in page
    assert f"Hồ sơ của</dt><dd>{filer.account.citizen.full_name}" in page
    assert "Nơi tạm trú</dt>" in page
    assert "Bạn sẽ tạm trú ở đâu?" not in page
    assert "Vì sao bạn được hỏi" in page
    assert "Người nộp thay" not in page


def test_who_is_asked_reads_who_filed_it_for_a_child(
    client: Client, filer: world.Filer, owner: Account
) -> None:
    child = make_citizen(30, full_name="Mẫu Bé Con", birth_date=date(2019, 5, 1))
    ward = Guardianship.objects.create(
        state=GuardianshipState.ACTIVE, guardian=filer.account.citizen, ward=child,
        basis=GuardianshipBasis.PARENT, until_age=14, review_month=date(2033, 5, 1),
        claimed_at=clock.now(), confirmed_at=clock.now(), place=1,
    )  # fmt: skip
    draft, _there = drafts.begin(
        session=filer.session, code=CODE, capacity=Capacity.CHILD, person=ward.public_id,
        now=clock.now(),
    )  # fmt: skip
    filed_row = filer.submit(filer.fill(draft, proof="consent"))
    with transaction.atomic():
        lifecycle.receive(filed_row, now=clock.now())

    page = _read(signed_in(client, owner), ConsentRequest.objects.get(application=filed_row))

    assert "Hồ sơ của</dt><dd>Mẫu Bé Con" in page
    assert f"Người nộp thay</dt><dd>{filer.account.citizen.full_name}" in page
    notice = Notice.objects.get(
        account=owner, kind=NoticeKind.CONSENT_ASKED, channel=NoticeChannel.INBOX
    )
    assert str(notice.text).startswith(filer.account.citizen.full_name)


def test_the_other_parent_reads_the_name_of_the_child(filer: world.Filer) -> None:
    document = documents.shipped()["birth-registration"]
    values: dict[str, Value] = {
        "child_name": "Mẫu Bé Con",
        "born": date(2026, 11, 1),
        "full_name": "Mẫu Văn Cha",
    }

    said = {each["label"]["vi"]: each["value"] for each in selectors.told(document, values)}

    assert said == {"Họ và tên của con": "Mẫu Bé Con", "Ngày sinh của con": "01/11/2026"}


def _read(browser: Client, asked: ConsentRequest) -> str:
    answer = browser.get(reverse("procedures:consent_asked", args=[asked.public_id]), secure=True)
    return " ".join(answer.content.decode().split())


def test_nobody_else_finds_the_question(filer: world.Filer, owner: Account) -> None:
    _row, asked = _file(filer)

    assert (
        selectors.find_asked(citizen_id=filer.account.citizen_id, public_id=asked.public_id) is None
    )
    with pytest.raises(consent_answers.NoSuchQuestion):
        _answer(filer.account, asked)


def test_whether_a_number_has_an_account_shows_nowhere(filer: world.Filer) -> None:
    """No person 16 has an account: what who filed can see is as if one had."""
    row, asked = _file(filer)

    assert (row.state, asked.citizen) == (ApplicationState.WAITING_CONSENT, None)
    later = clock.now() + policy.REMIND_AGAIN
    consent_answers.remind(
        session=filer.session, application=row, public_id=asked.public_id, now=later
    )
    asked.refresh_from_db()
    assert asked.reminded_at == later
    assert not Notice.objects.filter(kind=NoticeKind.CONSENT_ASKED).exists()


# --- Answering ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("agrees", [True, False])
def test_an_answer_makes_the_clock_go_on(
    filer: world.Filer, owner: Account, *, agrees: bool
) -> None:
    row, asked = _file(filer)

    _answer(owner, asked, agrees=agrees)

    row.refresh_from_db()
    asked.refresh_from_db()
    assert asked.state == (ConsentState.GIVEN if agrees else ConsentState.DENIED)
    assert row.state == ApplicationState.IN_REVIEW
    assert row.due_at is not None
    assert row.pauses.get().until is not None
    form = filed.read(row)
    given = selectors.given(row, document=form.document, values=form.values)
    number = owner.citizen.personal_number
    assert given == ({("consent", number): asked.public_id} if agrees else {})
    assert ("consent" in form.settle(consents=given).awaited) is not agrees
    name = "procedures.consent_given" if agrees else "procedures.consent_denied"
    told = Notice.objects.filter(kind=NoticeKind.CONSENT_ANSWERED)
    assert {each.account_id for each in told} == {filer.account.pk}
    assert row.reference in str(told.filter(channel=NoticeChannel.INBOX).get().text)
    event = AuditEvent.objects.get(name=name)
    assert event.subject_id == event.actor_citizen_id == owner.citizen_id


def test_two_presses_are_one_answer_and_another_one_is_refused(
    filer: world.Filer, owner: Account
) -> None:
    _row, asked = _file(filer)
    _answer(owner, asked)
    _answer(owner, asked)

    with pytest.raises(consent_answers.CannotAnswer):
        _answer(owner, asked, agrees=False)
    assert AuditEvent.objects.filter(name="procedures.consent_given").count() == 1
    told = Notice.objects.filter(kind=NoticeKind.CONSENT_ANSWERED, channel=NoticeChannel.INBOX)
    assert told.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_counts(filer: world.Filer, owner: Account) -> None:
    _row, asked = _file(filer)
    session, start = world.session_of(owner), threading.Barrier(2)

    def press(agrees: bool) -> str:
        start.wait()
        try:
            return str(_answer(owner, asked, agrees=agrees, session=session).state)
        except consent_answers.CannotAnswer:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(press, [True, False]))

    asked.refresh_from_db()
    assert said == sorted(["refused", asked.state])


def test_who_agrees_proves_afresh_who_they_are_and_who_does_not_need_not(
    filer: world.Filer, owner: Account
) -> None:
    _row, asked = _file(filer)
    session = world.session_of(owner)
    old = replace(session, authenticated_at=clock.now() - timedelta(hours=2))

    with pytest.raises(StepUpNeeded):
        _answer(owner, asked, session=old)
    assert _answer(owner, asked, agrees=False, session=old).state == ConsentState.DENIED


# --- Time ----------------------------------------------------------------------------------------------
def test_an_unanswered_question_lapses_at_its_moment(filer: world.Filer, owner: Account) -> None:
    row, asked = _file(filer)
    job = Job.objects.get(task="procedures.lapse_consent", subject_id=asked.pk)
    assert job.next_attempt_at == asked.lapses_at
    with pytest.raises(consent_answers.CannotAnswer):
        _answer(owner, asked, now=asked.lapses_at)

    _let_time_pass(asked)
    jobs.run_due()

    asked.refresh_from_db()
    row.refresh_from_db()
    assert (asked.state, row.state) == (ConsentState.LAPSED, ApplicationState.IN_REVIEW)
    assert not Notice.objects.filter(kind=NoticeKind.CONSENT_ANSWERED).exists()


def test_who_is_asked_has_the_whole_day_that_they_were_told(
    filer: world.Filer, owner: Account
) -> None:
    morning = datetime.combine(clock.today(), time(9), tzinfo=clock.VIET_NAM)
    with clock.frozen(morning):
        _row, asked = _file(filer)
    evening = morning + policy.CONSENT_WAITS + timedelta(hours=9)
    told = Notice.objects.filter(account=owner, kind=NoticeKind.CONSENT_ASKED).first()
    assert told is not None
    assert told.values["until_date"] == f"{evening:%d/%m/%Y}"

    with clock.frozen(evening):
        jobs.run_due()
        assert _answer(owner, asked).state == ConsentState.GIVEN


def _let_time_pass(asked: ConsentRequest) -> None:
    now = clock.now()
    ConsentRequest.objects.filter(pk=asked.pk).update(lapses_at=now)
    Job.objects.filter(subject_id=asked.pk).update(next_attempt_at=now)


def test_a_question_that_was_answered_does_not_lapse(filer: world.Filer, owner: Account) -> None:
    _row, asked = _file(filer)
    _answer(owner, asked)

    _let_time_pass(asked)
    jobs.run_due()

    asked.refresh_from_db()
    assert asked.state == ConsentState.GIVEN


@pytest.mark.parametrize("state", [AccountState.LOCKED, AccountState.CLOSED])
def test_who_filed_does_not_learn_that_the_account_of_who_is_asked_was_locked_or_closed(
    client: Client, filer: world.Filer, owner: Account, state: AccountState
) -> None:
    """The question stays open to its moment, as it does where there never was an account."""
    row, asked = _file(filer)
    browser = signed_in(client, filer.account)
    before = _as_filer_sees(browser, row)
    if state == AccountState.LOCKED:
        locking.lock(
            account=owner,
            by=ActedBy.OWNER,
            reason=LockReason.OWNER,
            why="LOST_PHONE",
            actor=SYSTEM,
            now=clock.now(),
        )
    else:
        locking.close_after_death(citizen=owner.citizen, actor=SYSTEM, now=clock.now())
    owner.refresh_from_db()
    assert owner.state == state

    rung = [str(name) for name in settings.CELERY_BEAT_SCHEDULE]
    for name in rung:
        if name.startswith("procedures."):
            current_app.tasks[name].apply(throw=True)
    jobs.run_due()

    asked.refresh_from_db()
    row.refresh_from_db()
    assert (asked.state, row.state) == (ConsentState.ASKED, ApplicationState.WAITING_CONSENT)
    assert _as_filer_sees(browser, row) == before

    _let_time_pass(asked)
    jobs.run_due()

    asked.refresh_from_db()
    row.refresh_from_db()
    assert (asked.state, row.state) == (ConsentState.LAPSED, ApplicationState.IN_REVIEW)


def _as_filer_sees(browser: Client, row: Application) -> str:
    page = browser.get(f"/applications/{row.public_id}/", secure=True).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", main)


def test_who_filed_reminds_at_most_once_a_day(filer: world.Filer, owner: Account) -> None:
    row, asked = _file(filer)
    sent = Notice.objects.filter(account=owner, kind=NoticeKind.CONSENT_ASKED)
    before, now = sent.count(), clock.now()

    def remind(at: Any) -> None:
        consent_answers.remind(
            session=filer.session, application=row, public_id=asked.public_id, now=at
        )

    with pytest.raises(consent_answers.RemindedToday):
        remind(now)
    remind(now + policy.REMIND_AGAIN)
    assert sent.count() == before * 2
    with pytest.raises(consent_answers.RemindedToday):
        remind(now + policy.REMIND_AGAIN * 1.5)
    with pytest.raises(consent_answers.NoSuchQuestion):
        consent_answers.remind(
            session=world.session_of(owner), application=row, public_id=asked.public_id, now=now,
        )  # fmt: skip


def test_a_question_of_another_application_is_not_there(
    client: Client, filer: world.Filer, owner: Account
) -> None:
    row, asked = _file(filer)
    other = filer.file("absence-declaration")
    long_ago = clock.now() - policy.REMIND_AGAIN
    ConsentRequest.objects.filter(pk=asked.pk).update(asked_at=long_ago)
    browser = signed_in(client, filer.account)
    sent = Notice.objects.filter(account=owner, kind=NoticeKind.CONSENT_ASKED)
    before = sent.count()

    def press(at: Application) -> int:
        place = f"/applications/{at.public_id}/remind/"
        return browser.post(place, {"asked": asked.public_id}, secure=True).status_code

    assert press(other) == 404
    assert sent.count() == before
    assert press(row) == 303
    assert sent.count() > before


def _corrects(filer: world.Filer, row: Application, key: str, **posted: str) -> None:
    """The office asks for one field, and who filed answers it."""
    desk = Desk.objects.get(pk=row.desk_id)
    officer = world.session_of(world.make_officer(desk.office), desk.office)
    request = corrections.ask(
        application=row, fields=[key], words="Mời sửa.", actor=sessions.actor_of(officer), now=clock.now()
    )  # fmt: skip
    answered = corrections.answer(
        session=filer.session, public_id=request.public_id,
        posted={name: [value] for name, value in posted.items()}, now=clock.now(),
    )  # fmt: skip
    assert answered.is_done, answered.page.problems
    row.refresh_from_db()


def test_who_agreed_is_asked_anew_about_another_address(filer: world.Filer, owner: Account) -> None:
    row, first = _file(filer)
    _answer(owner, first)
    province, commune = "Hải Phòng", "Phường Hồng Bàng"

    _corrects(
        filer, row, "address",
        address_province=province, address_commune=commune, address_line="8 Mẫu",
    )  # fmt: skip

    assert row.state == ApplicationState.WAITING_CONSENT
    form = filed.read(row)
    assert selectors.given(row, document=form.document, values=form.values) == {}
    assert "consent" not in form.values
    asked = ConsentRequest.objects.get(application=row, state=ConsentState.ASKED)
    assert asked.citizen == owner.citizen
    assert any("8 Mẫu" in each["value"] for each in asked.says["facts"])
    _answer(owner, asked)
    row.refresh_from_db()
    assert row.state == ApplicationState.IN_REVIEW
    given = selectors.given(row, document=form.document, values=form.values)
    assert list(given.values()) == [asked.public_id]


def test_who_agreed_is_left_alone_where_nothing_they_read_has_changed(
    filer: world.Filer, owner: Account
) -> None:
    row, asked = _file(filer)
    _answer(owner, asked)

    _corrects(filer, row, "relation", relation="guest")

    assert row.state == ApplicationState.IN_REVIEW
    assert ConsentRequest.objects.get(application=row) == asked
    assert filed.read(row).values["consent"] == asked.public_id


def test_who_let_the_question_lapse_is_asked_once_more_when_the_office_has_it_corrected(
    filer: world.Filer, owner: Account
) -> None:
    row, first = _file(filer)
    _let_time_pass(first)
    jobs.run_due()

    _corrects(filer, row, "owner", owner=owner.citizen.personal_number)

    assert row.state == ApplicationState.WAITING_CONSENT
    asked = ConsentRequest.objects.get(application=row, state=ConsentState.ASKED)
    assert asked.citizen == owner.citizen
    _answer(owner, asked)
    row.refresh_from_db()
    assert row.state == ApplicationState.IN_REVIEW
    form = filed.read(row)
    given = selectors.given(row, document=form.document, values=form.values)
    assert list(given.values()) == [asked.public_id]


def test_a_withdrawn_application_asks_nobody(filer: world.Filer, owner: Account) -> None:
    row, asked = _file(filer)

    with transaction.atomic():
        lifecycle.withdraw(lifecycle.hold(row.pk), actor=SYSTEM, now=clock.now())

    with pytest.raises(consent_answers.CannotAnswer):
        _answer(owner, asked)


# --- Pages ---------------------------------------------------------------------------------------------
def test_the_person_reads_and_answers_on_a_page(
    client: Client, filer: world.Filer, owner: Account
) -> None:
    _row, asked = _file(filer)
    browser = signed_in(client, owner)
    place = f"/consents/asked/{asked.public_id}/"

    with translation.override("vi"):
        listed = browser.get("/consents/asked/", secure=True).content.decode()
        page = browser.get(place, secure=True)
    assert filer.account.citizen.full_name in listed
    assert place in listed
    assert filer.account.citizen.full_name in page.content.decode()
    assert filer.account.citizen.personal_number not in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert browser.post(place, {"answer": "maybe"}, secure=True).status_code == 422
    done = browser.post(place, {"answer": "agree"}, secure=True)
    assert (done.status_code, done["Location"]) == (303, place)
    assert b'name="answer"' not in browser.get(place, secure=True).content
    assert browser.post(place, {"answer": "deny"}, secure=True).status_code == 409
    stranger = signed_in(Client(), filer.account)
    assert stranger.get(place, secure=True).status_code == 404
    assert stranger.post(place, {"answer": "agree"}, secure=True).status_code == 404
    assert '<ul class="todo">' not in stranger.get("/consents/asked/", secure=True).content.decode()


def test_the_first_page_says_that_somebody_asks(
    client: Client, filer: world.Filer, owner: Account
) -> None:
    _row, asked = _file(filer)

    page = signed_in(client, owner).get("/", secure=True).content.decode()

    assert f"/consents/asked/{asked.public_id}/" in page
