"""The desk: who gets which file, what is asked, who decides; and what everybody else is refused."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation

from accounts.enums import NoticeChannel, NoticeKind, RelationKind, Role
from accounts.models import Account, Notice, Office, Province, Relation
from accounts.services import sessions
from eid_portal.core import clock
from eid_portal.core.exporting import Person
from eid_portal.core.models import AuditEvent
from procedures.enums import ApplicationState, Outcome, PauseReason, RequestState
from procedures.models import (
    Application,
    ApplicationFile,
    ClockPause,
    CorrectionRequest,
    Decision,
    Desk,
    Message,
    OpinionRequest,
    Revision,
    SavedFilter,
)
from procedures.rules import snapshot
from procedures.selectors import case
from procedures.selectors import desk as pages
from procedures.selectors.desk import Filters
from procedures.services import claiming, corrections, data_copy, lifecycle, ticking
from procedures.services import messages as letters
from tests import factories
from tests.accounts.application import signed_in as signed_in_app
from tests.procedures import world

pytestmark = pytest.mark.django_db
EN = {"Accept-Language": "en"}
A = ApplicationState


@pytest.fixture
def filer() -> world.Filer:
    return world.make_filer()


@pytest.fixture
def office(filer: world.Filer) -> Office:
    return Desk.objects.select_related("office").first().office  # type: ignore[union-attr]


@pytest.fixture
def officer(office: Office) -> Account:
    return named(world.make_officer(office), "Lý Thị Cán Bộ")


def named(account: Account, name: str) -> Account:
    """An officer whose name is no citizen's."""
    account.citizen.full_name = name
    account.citizen.save()
    return account


@pytest.fixture
def desk(officer: Account, office: Office) -> Client:
    return factories.signed_in(Client(headers=EN), officer, office)


@pytest.fixture
def head(office: Office) -> Account:
    return world.make_officer(office, 61, role=Role.CASE_LEAD)


@pytest.fixture
def room(head: Account, office: Office) -> Client:
    return factories.signed_in(Client(headers=EN), head, office)


def absence(filer: world.Filer) -> Application:
    return filer.file_paid("absence-declaration")


def at(application: Application, act: str = "") -> str:
    return f"/desk/{application.public_id}/{act}"


def html(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def state_of(application: Application) -> str:
    application.refresh_from_db()
    return application.state


def decides(desk: Client, application: Application, **values: str) -> Any:
    given = {"decide-outcome": "GRANTED", "decide-refusal": "", "decide-words": "", "sure": "1"}
    return desk.post(
        at(application, "decide/"), given | {f"decide-{k}": v for k, v in values.items()}
    )


# --- Who may come in ------------------------------------------------------------------------------
PAGES = ("/desk/", "/desk/queue/", "/desk/colleagues/")


@pytest.mark.parametrize("page", PAGES)
def test_only_case_officers_come_in(
    page: str, desk: Client, room: Client, filer: world.Filer
) -> None:
    assert desk.get(page).status_code == 200
    assert room.get(page).status_code == 200
    assert factories.signed_in(Client(), filer.account).get(page).status_code == 403
    office = Desk.objects.first().office  # type: ignore[union-attr]
    for serial, role in ((70, Role.COUNTER), (71, Role.ROADSIDE), (72, Role.SUPERVISOR)):
        other = world.make_officer(office, serial, role=role)
        client = factories.signed_in(Client(), other, office)
        assert client.get(page).status_code == 403, role
    assert Client().get(page)["Location"].startswith("/counter/sign-in/")


def test_who_works_at_a_desk_alone_lands_there(desk: Client) -> None:
    assert desk.get("/counter/")["Location"] == "/desk/"
    page = html(desk.get("/account/security/"))
    assert 'href="/desk/"' in page


def test_another_offices_file_is_none(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    there = factories.make_office("HS-99")
    stranger = factories.signed_in(Client(), world.make_officer(there, 65), there)
    for act in ("", "take/", "decide/", "note/", "message/", "correct/", "give/", "agree/"):
        assert stranger.get(at(application, act)).status_code == 404
        assert stranger.post(at(application, act)).status_code == 404
    assert stranger.get(at(application, "files/0/")).status_code == 404
    assert application.reference not in html(stranger.get("/desk/queue/"))
    assert desk.get(at(application)).status_code == 200


def test_a_file_whose_fee_is_not_paid_is_not_at_the_desk(filer: world.Filer, desk: Client) -> None:
    application = filer.file("criminal-record")
    assert application.state == A.FILED
    assert desk.get(at(application)).status_code == 404
    for tab in ("review", "ended", "proposed"):
        assert application.reference not in html(desk.get(f"/desk/queue/?tab={tab}"))


# --- Looks ----------------------------------------------------------------------------------------
def test_opening_a_file_is_an_event_the_citizen_reads(
    filer: world.Filer, desk: Client, officer: Account
) -> None:
    application = absence(filer)
    looks = AuditEvent.objects.filter(name="procedures.application_seen", target_id=application.pk)
    desk.get("/desk/")
    listed = html(desk.get("/desk/queue/"))
    assert not looks.exists()
    assert application.reference in listed
    assert filer.account.citizen.full_name not in listed

    opened = html(desk.get(at(application)))
    desk.get(at(application))

    event = looks.get()
    assert filer.account.citizen.full_name in opened
    assert event.shown
    assert event.actor_id == officer.pk
    assert event.subject_id == filer.account.citizen_id
    with clock.frozen(clock.now() + timedelta(minutes=4)):
        desk.get(at(application))
    assert looks.count() == 1


def test_declared_stands_beside_registered_and_before(filer: world.Filer, desk: Client) -> None:
    first = absence(filer)
    decides(desk, first)
    citizen = filer.account.citizen
    second = absence(filer)
    citizen.full_name = "Mẫu Thị Đổi Tên"
    citizen.save()

    page = html(desk.get(at(second)))

    assert "Mẫu Thị Đổi Tên" in page
    assert factories.NAME in page
    assert 'class="differs"' in page
    assert first.reference in page


# --- Claims ---------------------------------------------------------------------------------------
def test_the_most_urgent_is_taken_first(filer: world.Filer, desk: Client, officer: Account) -> None:
    later, sooner = absence(filer), absence(world_second(filer))
    Application.objects.filter(pk=later.pk).update(due_at=clock.now() + timedelta(days=9))

    answer = desk.post("/desk/next/")

    assert answer["Location"] == at(sooner)
    sooner.refresh_from_db()
    assert sooner.claimed_by_id == officer.pk
    assert sooner.claimed_at is not None
    assert desk.post("/desk/next/")["Location"] == at(later)
    assert desk.post("/desk/next/")["Location"] == "/desk/"


def world_second(filer: world.Filer, serial: int = 16) -> world.Filer:
    account = world.make_person(serial, full_name="Mẫu Thị Hai")
    world.make_head(account.citizen, serial + 10)
    return world.Filer(account)


def test_what_a_colleague_has_is_refused_with_their_name(
    filer: world.Filer, desk: Client, room: Client, office: Office
) -> None:
    application = absence(filer)
    colleague = named(world.make_officer(office, 62), "Lê Quốc Mẫu")
    factories.signed_in(Client(), colleague, office).post(at(application, "take/"))

    shown = html(desk.get(at(application)))
    refused = decides(desk, application)

    assert "Lê Quốc Mẫu has had this file since" in shown
    assert at(application, "decide/") not in shown
    assert refused.status_code == 409
    assert at(application, "decide/") in html(refused)  # with what was chosen and written
    assert "Lê Quốc Mẫu took this at" in html(refused)
    assert state_of(application) == A.IN_REVIEW
    assert not Decision.objects.exists()


def test_a_claim_ends_and_is_renewed_by_opening(
    filer: world.Filer, desk: Client, officer: Account, office: Office
) -> None:
    application = absence(filer)
    desk.post(at(application, "take/"))
    first = clock.now()
    with clock.frozen(first + timedelta(minutes=90)):
        again = factories.signed_in(Client(), officer, office)
        again.get(at(application))
    application.refresh_from_db()
    assert application.claimed_until is not None
    assert application.claimed_until > first + timedelta(hours=3)
    with clock.frozen(first + timedelta(hours=4)):
        other = world.make_officer(office, 62)
        taken = factories.signed_in(Client(), other, office).post("/desk/next/")
        assert taken["Location"] == at(application)


def test_the_head_gives_a_file_to_another_and_others_do_not(
    filer: world.Filer, desk: Client, room: Client, office: Office, officer: Account
) -> None:
    application = absence(filer)
    third = world.make_officer(office, 62)
    factories.signed_in(Client(), third, office).post(at(application, "take/"))

    refused = desk.post(at(application, "give/"), {"give-colleague": officer.public_id})
    assert refused.status_code == 409
    assert "the head of the desk" in html(refused)
    done = room.post(at(application, "give/"), {"give-colleague": officer.public_id})
    assert done.status_code == 303
    application.refresh_from_db()
    assert application.claimed_by_id == officer.pk


def test_files_of_an_absent_officer_go_to_a_colleague(
    filer: world.Filer, desk: Client, room: Client, head: Account, officer: Account
) -> None:
    application = absence(filer)
    desk.post(at(application, "take/"))
    address = f"/desk/colleagues/{officer.public_id}/"

    assert desk.get(address).status_code == 404
    assert room.get(address).status_code == 200
    assert room.post(address, {"give-colleague": officer.public_id}).status_code == 422
    report = html(room.post(address, {"give-colleague": head.public_id}))

    assert application.reference in report
    application.refresh_from_db()
    assert application.claimed_by_id == head.pk


def test_nobody_works_on_their_own_file_or_their_households(
    filer: world.Filer, desk: Client, officer: Account
) -> None:
    application = absence(filer)
    Relation.objects.create(
        citizen=officer.citizen, other=filer.account.citizen, kind=RelationKind.HOUSEHOLD_MEMBER
    )

    assert desk.post("/desk/next/")["Location"] == "/desk/"
    shown = desk.get(at(application))
    assert shown.status_code == 403
    assert filer.account.citizen.full_name not in html(shown)
    assert decides(desk, application).status_code == 403
    desk.post(at(application, "take/"))
    assert state_of(application) == A.IN_REVIEW
    assert application.claimed_by_id is None
    assert not AuditEvent.objects.filter(name="procedures.application_seen").exists()


def test_nobody_works_on_a_file_that_names_them_or_their_household(
    filer: world.Filer, desk: Client, officer: Account, office: Office
) -> None:
    owner = world.make_person(17).citizen
    Relation.objects.create(
        citizen=officer.citizen, other=owner, kind=RelationKind.HOUSEHOLD_MEMBER
    )
    files = [
        filer.file_paid("temporary-residence", proof="contract", owner=named_in_it.personal_number)
        for named_in_it in (owner, officer.citizen)
    ]

    for application in files:
        assert state_of(application) == A.IN_REVIEW
        assert desk.get(at(application)).status_code == 403
        assert decides(desk, application).status_code == 403
        desk.post(at(application, "take/"))
        assert state_of(application) == A.IN_REVIEW
        assert application.claimed_by_id is None
    assert desk.post("/desk/next/")["Location"] == "/desk/"
    other = factories.signed_in(Client(), world.make_officer(office, 62), office)
    assert other.post("/desk/next/")["Location"] == at(files[0])


def test_whom_a_file_is_about_does_not_choose_who_decides_it(
    filer: world.Filer, desk: Client, officer: Account, office: Office
) -> None:
    application = absence(filer)
    Relation.objects.create(
        citizen=officer.citizen, other=filer.account.citizen, kind=RelationKind.HOUSEHOLD_MEMBER
    )
    friend = world.make_officer(office, 62)

    assert (
        desk.post(at(application, "give/"), {"give-colleague": friend.public_id}).status_code == 403
    )
    said = desk.post(
        "/desk/queue/several/",
        {
            "action": "give",
            "file": [application.public_id],
            "give-colleague": friend.public_id,
            "sure": "1",
        },
    )
    assert "This is about you" in html(said)
    application.refresh_from_db()
    assert application.claimed_by_id is None


def test_a_file_that_went_to_another_office_meanwhile_is_not_worked_on_here(
    filer: world.Filer, officer: Account, office: Office
) -> None:
    application = absence(filer)
    there = Desk.objects.create(
        agency=application.desk.agency, office=factories.make_office("HS-77"), commune="Xa Mẫu",
        province=Province.objects.get(name="Hải Phòng"), valid_from=clock.today(),
    )  # fmt: skip
    actor = sessions.actor_of(world.session_of(officer, office))
    Application.objects.filter(pk=application.pk).update(desk=there)

    acts: list[Callable[[], Any]] = [
        lambda: claiming.take(application=application, actor=actor, now=clock.now()),
        lambda: claiming.assign(application=application, to=officer, actor=actor, now=clock.now()),
        lambda: claiming.hold_from_another(application.pk, actor=actor),
    ]
    for act in acts:
        with pytest.raises(claiming.OverAlready), transaction.atomic():
            act()
    application.refresh_from_db()
    assert application.claimed_by_id is None


# --- The queue ------------------------------------------------------------------------------------
def make_many(filer: world.Filer, count: int) -> list[Application]:
    """Many files of the same form; their snapshots are not needed in a list."""
    first = absence(filer)
    due = clock.now() + timedelta(days=3)
    Application.objects.filter(pk=first.pk).update(due_at=due)
    made = [first]
    for place in range(count - 1):
        row = Application.objects.get(pk=first.pk)
        fresh = Application()
        for name in (
            "state", "procedure_id", "revision_id", "filer_id", "citizen_id", "capacity", "desk_id",
            "fee", "filed_at", "received_at", "received_on", "since",
        ):  # fmt: skip
            setattr(fresh, name, getattr(row, name))
        fresh.reference = f"HS-000000-{place:06d}"
        fresh.draft_id = fresh.pk
        # Many are due at the same moment: the last second of a day.
        fresh.due_at = due + timedelta(days=place // 20)
        fresh.save()
        made.append(fresh)
    return made


def test_every_file_is_met_once_page_by_page(
    filer: world.Filer, desk: Client, django_assert_max_num_queries: Any
) -> None:

    made = make_many(filer, 70)
    account = world.make_officer(made[0].desk.office, 63)
    office_id = made[0].desk.office_id
    seen: list[str] = []
    after, rounds = "", 0
    pages.queue(account, office_id=office_id, filters=Filters(), after="", now=clock.now())
    while True:
        with django_assert_max_num_queries(3):
            found = pages.queue(
                account, office_id=office_id, filters=Filters(), after=after, now=clock.now()
            )
        seen += [line.public_id for line in found.lines]
        after, rounds = found.after, rounds + 1
        if not after:
            break
    assert len(seen) == len(set(seen)) == 70
    assert rounds == 3
    wanted = Application.objects.filter(state=A.IN_REVIEW).order_by("due_at", "id")
    assert seen == list(wanted.values_list("public_id", flat=True))


def test_a_page_goes_on_where_it_ended_though_its_last_file_moved(
    filer: world.Filer, desk: Client
) -> None:
    made = make_many(filer, 27)
    first = html(desk.get("/desk/queue/"))
    found = re.search(r'rel="next" href="([^"]+)"', first)
    assert found is not None
    shown = {row.pk for row in made if row.reference in first}
    last = Application.objects.filter(pk__in=shown).order_by("due_at", "id").last()
    assert last is not None
    Application.objects.filter(pk=last.pk).update(state=A.WAITING_CITIZEN, due_at=None)

    second = html(desk.get(found[1].replace("&amp;", "&")))

    assert len(shown) == 25
    assert [row.pk in shown for row in made if row.reference in second] == [False, False]
    assert last.pk.hex not in found[1]
    assert filer.account.citizen.public_id not in found[1]


def test_filters_narrow_and_are_kept(filer: world.Filer, desk: Client, officer: Account) -> None:
    application = absence(filer)
    query = "procedure=absence-declaration&mine=1"
    assert application.reference not in html(desk.get(f"/desk/queue/?{query}"))
    desk.post(at(application, "take/"))
    assert application.reference in html(desk.get(f"/desk/queue/?{query}"))
    assert application.reference not in html(desk.get("/desk/queue/?procedure=passport"))
    assert application.reference not in html(desk.get("/desk/queue/?late=1"))
    Application.objects.update(due_at=clock.now() - timedelta(hours=1))
    assert application.reference in html(desk.get("/desk/queue/?late=1"))

    for _press in range(2):
        kept = desk.post(
            "/desk/filters/", {"tab": "review", "procedure": "absence-declaration", "mine": "1"}
        )
        assert kept["Location"] == f"/desk/queue/?{query}"
    row = SavedFilter.objects.get()
    assert row.account_id == officer.pk
    assert "Remove this filter" in html(desk.get(f"/desk/queue/?{query}"))
    narrowed = {"tab": "review", "procedure": "absence-declaration", "mine": "1"}
    dropped = desk.post(f"/desk/filters/{row.public_id}/", narrowed)
    assert dropped["Location"] == f"/desk/queue/?{query}"
    assert not SavedFilter.objects.exists()


def test_what_is_done_to_several_files_comes_back_to_the_queue_as_it_was_narrowed(
    filer: world.Filer, desk: Client
) -> None:
    application = absence(filer)
    given = {"file": application.public_id, "procedure": "absence-declaration", "late": ""}
    back = 'href="/desk/queue/?procedure=absence-declaration"'

    asked = html(desk.post("/desk/queue/several/", given | {"action": "message"}))
    assert back in asked
    assert '<input type="hidden" name="procedure" value="absence-declaration">' in asked
    assert html(desk.post("/desk/queue/several/", given | {"action": "mine"})).count(back) == 2


def test_odd_addresses_of_the_queue_are_no_error(filer: world.Filer, desk: Client) -> None:
    absence(filer)
    for query in (
        "tab=x",
        "after=nothing",
        "after=99999999999999999-x",
        "after=999999999999999999999999999-x",
        "after=1-",
        "after=" + "١-x",
        "procedure='--",
        "tab=ended&late=1&after=%00",
        "mine=2",
    ):
        assert desk.get(f"/desk/queue/?{query}").status_code in {200, 400}, query
    listed = html(desk.get("/desk/queue/?after=nothing"))
    assert "Back to the first page" not in listed
    assert Application.objects.get().reference in listed


def test_several_files_at_once_say_what_became_of_each(
    filer: world.Filer, desk: Client, officer: Account, office: Office
) -> None:
    mine, theirs = absence(filer), absence(world_second(filer))
    colleague = world.make_officer(office, 62)
    factories.signed_in(Client(), colleague, office).post(at(theirs, "take/"))
    files = [mine.public_id, theirs.public_id, "nobody's"]

    report = html(desk.post("/desk/queue/several/", {"file": files, "action": "mine"}))

    assert mine.reference in report
    assert "the head of the desk gives it to another" in report
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.claimed_by_id, theirs.claimed_by_id) == (officer.pk, colleague.pk)

    asked = html(desk.post("/desk/queue/several/", {"file": files, "action": "message"}))
    assert "Please give the full address" in asked or "Đề nghị" in asked
    sent = desk.post(
        "/desk/queue/several/",
        {"file": files, "action": "message", "sure": "1", "template": "where"},
    )
    assert "took this at" in html(sent)
    assert Message.objects.get().application_id == mine.pk
    wrong = {"file": files, "action": "give", "sure": "1"}
    assert desk.post("/desk/queue/several/", wrong).status_code == 422
    nothing = desk.post("/desk/queue/several/", {"action": "mine"}, follow=True)
    assert "Choose at least one file" in html(nothing)


# --- Corrections ----------------------------------------------------------------------------------
def ask_for(desk: Client, application: Application, *keys: str, words: str = "Mờ.") -> Any:
    return desk.post(at(application, "correct/"), {"correct-wanted": keys, "correct-words": words})


def test_exactly_what_is_asked_for_can_be_changed(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    due = application.due_at

    assert ask_for(desk, application, "reason").status_code == 303

    request = CorrectionRequest.objects.get()
    assert state_of(application) == A.WAITING_CITIZEN
    assert application.due_at is None
    assert ClockPause.objects.get().until is None
    assert request.words == "Mờ."
    opened = corrections.page(session=filer.session, public_id=request.public_id, now=clock.now())
    assert [each.key for each in opened.step.fields] == ["reason"]

    answered = corrections.answer(
        session=filer.session,
        public_id=request.public_id,
        posted={"reason": [other_choice(opened)], "full_name": ["Kẻ Gian"]},
        now=clock.now(),
    )

    assert answered.is_done, answered.page.problems
    request.refresh_from_db()
    assert request.state == RequestState.ANSWERED
    assert state_of(application) == A.IN_REVIEW
    assert application.due_at == due
    rows = list(application.snapshots.order_by("number"))
    assert [row.reason for row in rows] == ["FILED", "CORRECTED"]
    assert all(snapshot.verify(row.text, row.sha256) for row in rows)
    assert "Kẻ Gian" not in rows[1].text
    assert rows[1].text != rows[0].text
    with pytest.raises(corrections.NoSuchRequest):
        corrections.page(session=filer.session, public_id=request.public_id, now=clock.now())


def other_choice(opened: corrections.Correction) -> str:
    field = opened.step.fields[0]
    if field.options:
        return next(o.value for o in field.options if o.value != opened.answers.get(field.key))
    return "Đi công tác ở Mẫu"


def test_a_wrong_answer_is_kept_and_said(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    ask_for(desk, application, "reason")
    request = CorrectionRequest.objects.get()
    answered = corrections.answer(
        session=filer.session, public_id=request.public_id, posted={"reason": [""]}, now=clock.now()
    )
    assert not answered.is_done
    assert answered.page.errors
    assert state_of(application) == A.WAITING_CITIZEN
    stranger = world_second(filer)
    with pytest.raises(corrections.NoSuchRequest):
        corrections.page(session=stranger.session, public_id=request.public_id, now=clock.now())


def test_known_values_and_nothing_are_not_asked_for(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    for keys in ((), ("full_name",), ("no_such",)):
        answer = ask_for(desk, application, *keys, words="Đã viết dài")
        assert answer.status_code in {409, 422}
        assert "Đã viết dài" in html(answer)
    assert not CorrectionRequest.objects.exists()
    assert ask_for(desk, application, "reason", words="").status_code == 422
    ask_for(desk, application, "reason")
    again = ask_for(desk, application, "reason")
    assert again.status_code == 409
    assert "The citizen is asked already" in html(again)


def test_a_request_lapses_or_is_taken_back(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    ask_for(desk, application, "reason")
    assert decides(desk, application).status_code == 409
    desk.post(at(application, "correct/end/"))
    assert state_of(application) == A.IN_REVIEW
    ask_for(desk, application, "reason")
    ticking.tick(now=clock.now())
    assert state_of(application) == A.WAITING_CITIZEN
    ticking.tick(now=clock.now() + timedelta(days=31))
    assert state_of(application) == A.IN_REVIEW


# --- Opinions -------------------------------------------------------------------------------------
@pytest.fixture
def elsewhere(filer: world.Filer) -> Office:
    """Another office, whose desk is the commune's People's Committee in Hải Phòng."""
    office = factories.make_office("HP-01", name="Ủy ban Mẫu", name_en="Sample Committee")
    Desk.objects.create(
        office=office, agency="commune_committee", valid_from=world.SINCE,
        province=Province.objects.get(name__contains="Hải Phòng"), commune="Hồng Bàng",
    )  # fmt: skip
    return office


def ask_desk(desk: Client, application: Application, **values: str) -> Any:
    province = Desk.objects.get(commune="Hồng Bàng").province
    assert province
    given = {
        "agency": "commune_committee", "province": province.name, "commune": "Hồng Bàng",
        "question": "Có ở đó không?", "days": "3",
    }  # fmt: skip
    return desk.post(
        at(application, "opinion/"), {f"opinion-{k}": v for k, v in (given | values).items()}
    )


def test_another_desk_is_asked_sees_the_form_and_answers_once(
    filer: world.Filer, desk: Client, elsewhere: Office
) -> None:
    application = filer.file("criminal-record")
    lifecycle.receive(application, now=clock.now())
    answer = ask_desk(desk, application)
    assert answer.status_code == 303, html(answer)
    asked = OpinionRequest.objects.get()
    assert state_of(application) == A.WAITING_OPINION
    assert application.due_at is None
    elsewhere_officer = named(world.make_officer(elsewhere, 66), "Hồ Văn Nơi Khác")
    there = factories.signed_in(Client(headers=EN), elsewhere_officer, elsewhere)
    address = f"/desk/opinions/{asked.public_id}/"

    assert desk.get(address).status_code == 404
    assert application.reference in html(there.get("/desk/"))
    assert "Có ở đó không?" in html(there.get(address))
    assert AuditEvent.objects.filter(name="procedures.application_seen", shown=True).count() == 1
    assert there.post(address, {"words": ""}).status_code == 422
    assert there.post(address, {"words": "Có."}).status_code == 303
    late = there.post(address, {"words": "Không."})
    assert late.status_code == 409
    assert filer.account.citizen.full_name not in html(there.get(address))

    asked.refresh_from_db()
    assert (asked.state, asked.answer) == (RequestState.ANSWERED, "Có.")
    assert state_of(application) == A.IN_REVIEW
    assert "Có." in html(desk.get(at(application)))


def test_no_other_desk_or_the_same_again_is_said(
    filer: world.Filer, desk: Client, elsewhere: Office
) -> None:
    application = absence(filer)
    own = ask_desk(desk, application, agency="commune_police", province="", commune="")
    assert own.status_code == 409
    assert "Có ở đó không?" in html(own)
    assert ask_desk(desk, application, days="99").status_code == 422
    assert ask_desk(desk, application).status_code == 303
    assert ask_desk(desk, application).status_code == 409
    asked = OpinionRequest.objects.get()
    desk.post(at(application, "opinion/end/"), {"opinion": asked.public_id})
    assert state_of(application) == A.IN_REVIEW
    ask_desk(desk, application)
    ticking.tick(now=clock.now() + timedelta(days=30))
    assert state_of(application) == A.IN_REVIEW


def test_who_asked_does_not_answer_at_another_office_of_theirs(
    filer: world.Filer, desk: Client, officer: Account, elsewhere: Office
) -> None:
    ask_desk(desk, absence(filer))
    asked = OpinionRequest.objects.get()
    factories.make_role(officer, elsewhere, Role.CASE)
    there = factories.signed_in(Client(headers=EN), officer, elsewhere)

    said = there.post(f"/desk/opinions/{asked.public_id}/", {"words": "Có."})

    assert said.status_code == 409
    assert "You asked this yourself" in html(said)
    asked.refresh_from_db()
    assert asked.state == RequestState.OPEN


# --- Writing --------------------------------------------------------------------------------------
def test_messages_and_notes_stand_in_the_file(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    assert desk.post(at(application, "message/"), {"message-words": ""}).status_code == 422
    desk.post(at(application, "message/"), {"message-template": "where"})
    desk.post(at(application, "note/"), {"note-words": "Đã gọi điện."})
    letters.reply(application=application, words="Vâng.", session=filer.session, now=clock.now())

    page = html(desk.get(at(application)))

    assert "Đề nghị ông/bà ghi rõ" in page  # the filer's language, not the officer's
    assert "Đã gọi điện." in page
    assert "Vâng." in page
    stranger = world_second(filer)
    with pytest.raises(letters.NothingOpen):
        letters.reply(application=application, words="x", session=stranger.session, now=clock.now())


def test_two_presses_are_one_message_and_one_note(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    for _press in range(2):
        desk.post(at(application, "message/"), {"message-words": "Xin gửi ảnh rõ hơn."})
        desk.post(at(application, "note/"), {"note-words": "Đã gọi điện."})

    told = Notice.objects.filter(
        kind=NoticeKind.APPLICATION_MESSAGE, channel=NoticeChannel.INBOX, account=filer.account
    )
    assert application.messages.count() == application.notes.count() == told.count() == 1
    desk.post(at(application, "message/"), {"message-words": "Cảm ơn."})
    desk.post(at(application, "message/"), {"message-words": "Xin gửi ảnh rõ hơn."})
    assert application.messages.count() == told.count() == 3


# --- Deciding -------------------------------------------------------------------------------------
def test_a_decision_is_looked_at_before_it_is_made(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    looked = desk.post(at(application, "decide/"), {"decide-outcome": "GRANTED"})
    assert looked.status_code == 200
    assert "What the citizen will read" in html(looked)
    assert state_of(application) == A.IN_REVIEW

    assert decides(desk, application).status_code == 303

    assert state_of(application) == A.GRANTED
    assert decides(desk, application).status_code == 409  # the second press
    assert Decision.objects.count() == 1


def test_a_refusal_has_a_reason_of_the_procedure(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    label = re.search(
        r'<label[^>]*for="id_decide-refusal">.*?</label>', html(desk.get(at(application)))
    )
    assert label is not None
    assert "(needed for a refusal)" in label[0]
    assert "optional" not in label[0]
    for reason in ("", "made-up"):
        answer = decides(desk, application, outcome="REFUSED", refusal=reason, words="Lý do dài")
        assert answer.status_code == 422
        assert "Lý do dài" in html(answer)
    assert decides(desk, application, outcome="GRANTED", refusal="incomplete").status_code == 422
    said = decides(desk, application, words="Chúc mừng")  # nobody would read it
    assert said.status_code == 422
    assert "Chúc mừng" in html(said)
    first = case.reasons_of(case.document_of(application))[0]
    assert decides(desk, application, outcome="REFUSED", refusal=first.key).status_code == 303
    decision = Decision.objects.get()
    assert (decision.outcome, decision.refusal) == (Outcome.REFUSED, first.key)
    law = case.document_of(application).data["refusals"][0]["law"]["en"]
    assert law in html(desk.get(at(application)))


def paid(filer: world.Filer, code: str) -> Application:
    application = filer.file(code)
    lifecycle.receive(application, now=clock.now())
    application.refresh_from_db()
    return application


def test_two_people_decide_where_the_procedure_says_so(
    filer: world.Filer, desk: Client, room: Client, officer: Account, head: Account, office: Office
) -> None:
    application = paid(filer, "passport")
    decides(desk, application)
    assert state_of(application) == A.PROPOSED
    assert Decision.objects.get().decided_at is None

    desk.post(at(application, "agree/"))  # neither who proposed,
    assert state_of(application) == A.PROPOSED
    third = factories.signed_in(Client(), world.make_officer(office, 64), office)
    third.post(at(application, "agree/"))  # nor who is no head
    assert state_of(application) == A.PROPOSED

    sent = room.post(at(application, "back/"), {"back-words": "Ảnh sai cỡ."})
    assert sent.status_code == 303
    assert state_of(application) == A.IN_REVIEW
    assert application.claimed_by_id == officer.pk
    assert not Decision.objects.exists()
    assert "Ảnh sai cỡ." in html(desk.get(at(application)))

    decides(desk, application)
    fresh = factories.signed_in(Client(headers=EN), head, office)
    fresh.post(at(application, "agree/"))
    assert state_of(application) == A.GRANTED
    decision = Decision.objects.get()
    assert (decision.proposed_by_id, decision.decided_by_id) == (officer.pk, head.pk)


def _copied(application: Application) -> str:
    """What the copy of all data of who it is about says of applications and decisions, to programs and people."""
    person = Person(citizen_id=application.citizen_id, now=clock.now())
    with translation.override("en"):
        return str(
            [
                (each.entries, each.shown)
                for each in data_copy.EXPORTER.sections(person)
                if each.code in {"applications", "decisions"}
            ]
        )


def test_nobody_learns_of_a_decision_before_it_was_agreed_to(
    filer: world.Filer, desk: Client, head: Account, office: Office
) -> None:
    application = paid(filer, "passport")
    first = case.reasons_of(case.document_of(application))[0]
    decides(desk, application, outcome="REFUSED", refusal=first.key, words="Ảnh không phải của bạn")
    assert state_of(application) == A.PROPOSED
    app = signed_in_app(filer.account)
    place = f"/api/v1/applications/{application.public_id}"

    copied, told = _copied(application), app.get(place)

    for words in ("PROPOSED", "REFUSED", "Refused", first.key, "Ảnh không phải của bạn"):
        assert words not in copied
        assert words not in told.content.decode()
    assert "IN_REVIEW" in copied
    with translation.override("en"):
        assert str(A.IN_REVIEW.label) in copied
    assert told.json()["code"] == "IN_REVIEW"
    fresh = factories.signed_in(Client(headers=EN), head, office)
    fresh.post(at(application, "agree/"))
    copied = _copied(application)
    for words in ("REFUSED", "Refused", first.key, "Ảnh không phải của bạn"):
        assert words in copied
    assert app.get(place).json()["code"] == "REFUSED"


def test_who_agrees_proves_themselves_after_it_was_proposed(
    filer: world.Filer, desk: Client, room: Client
) -> None:
    application = paid(filer, "passport")
    decides(desk, application)  # the head signed in before
    answer = room.post(at(application, "agree/"))
    assert answer["Location"].startswith("/sign-in/again/")
    assert state_of(application) == A.PROPOSED


def test_a_head_does_not_agree_with_themselves(filer: world.Filer, room: Client) -> None:
    application = paid(filer, "passport")
    decides(room, application)
    room.post(at(application, "agree/"))
    assert state_of(application) == A.PROPOSED
    assert room.post(at(application, "back/"), {"back-words": "Nhầm."}).status_code == 303
    assert state_of(application) == A.IN_REVIEW


def test_papers_are_sent_as_attachments(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    paper = world.make_file(filer.account)
    ApplicationFile.objects.create(application=application, attachment=paper, field="reason")
    assert "mẫu.jpg" in html(desk.get(at(application)))
    AuditEvent.objects.filter(name="procedures.application_seen").get(data__page="FILE")
    answer = desk.get(at(application, f"files/{paper.public_id}/"))
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    AuditEvent.objects.filter(name="procedures.application_seen").get(data__page="ATTACHMENT")
    another = absence(world_second(filer, 17))
    assert desk.get(at(another, f"files/{paper.public_id}/")).status_code == 404


def test_the_day_counts_what_there_is(filer: world.Filer, desk: Client) -> None:
    application = absence(filer)
    assert "Take the most urgent" in html(desk.get("/desk/"))
    decides(desk, application)
    other = world.make_officer(application.desk.office, 63)
    today = pages.today(other, office_id=application.desk.office_id, now=clock.now())
    assert (today.done_today, today.decided) == (1, 1)
    assert today.late + today.due_today + today.in_time == 0
    assert today.median is not None


def test_what_a_rule_decides_says_nothing_of_how_long_the_office_takes(
    filer: world.Filer, officer: Account
) -> None:
    ended, made = clock.now(), make_many(filer, 3)
    took = (timedelta(0), timedelta(0), timedelta(days=3))
    for row, span in zip(made, took, strict=True):
        Application.objects.filter(pk=row.pk).update(
            state=A.GRANTED, received_at=ended - span, ended_at=ended, alert_at=None
        )
        Decision.objects.create(
            application=row, outcome=Outcome.GRANTED, by_silence=not span, proposed_at=ended
        )

    today = pages.today(officer, office_id=made[0].desk.office_id, now=ended)

    assert (today.median, today.ninth, today.decided) == (timedelta(days=3), timedelta(days=3), 1)


def due_in(page: str) -> str:
    found = re.search(r'id="due">(.*?)</p>', page, re.DOTALL)
    assert found is not None
    return " ".join(re.sub("<[^>]+>", " ", found[1]).split())


def test_every_page_of_a_file_says_at_its_top_by_when_it_is_decided(
    filer: world.Filer, desk: Client, elsewhere: Office
) -> None:
    application = absence(filer)
    asked = absence(world_second(filer, 17))
    due = Application.objects.get(pk=application.pk).due_at
    assert due is not None
    day = clock.today(due).strftime("%d/%m/%Y")
    citizen = factories.signed_in(Client(headers=EN), filer.account)

    decide = {"decide-outcome": "GRANTED", "decide-refusal": "", "decide-words": ""}
    assert due_in(html(desk.post(at(application, "decide/"), decide))) == f"Decide by {day}"
    withdraw = f"/applications/{application.public_id}/withdraw/"
    assert day in due_in(html(citizen.get(withdraw)))
    ask_desk(desk, application)
    there = world.make_officer(elsewhere, 66)
    other = factories.signed_in(Client(headers=EN), there, elsewhere)
    opinion = html(other.get(f"/desk/opinions/{OpinionRequest.objects.get().public_id}/"))
    assert due_in(opinion) == f"Decide by {day}"
    with clock.frozen(due + timedelta(hours=1)):
        late = factories.signed_in(Client(headers=EN), there, elsewhere)
        opinion = html(late.get(f"/desk/opinions/{OpinionRequest.objects.get().public_id}/"))
        assert due_in(opinion) == f"Decide by {day} Late"
    ask_for(desk, asked, "reason")
    second = factories.signed_in(Client(headers=EN), asked.filer)
    page = html(second.get(f"/corrections/{CorrectionRequest.objects.get().public_id}/"))
    assert due_in(page) == "The time stands still. The date is said when it runs again."


def test_the_time_a_citizen_took_to_answer_is_not_used(
    filer: world.Filer, desk: Client, officer: Account, django_assert_max_num_queries: Any
) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=clock.VIET_NAM)

    made = make_many(filer, 3)
    for row in made:
        Application.objects.filter(pk=row.pk).update(
            revision=Revision.objects.get(procedure__code="marital-status"),
            received_at=moment("2026-11-20 10:00"),
            received_on=date(2026, 11, 20),
            due_at=moment("2026-12-21 23:59:59"),
        )
        ClockPause.objects.create(
            application=row, reason=PauseReason.CITIZEN, since=moment("2026-11-23 09:00"),
            until=moment("2026-12-17 08:00"),
        )  # fmt: skip
    office_id = made[0].desk.office_id
    pages.queue(officer, office_id=office_id, filters=Filters(), after="", now=clock.now())
    for at_, used in (("2026-12-17 08:00", 11), ("2026-12-18 12:00", 50)):
        now = moment(at_)
        with django_assert_max_num_queries(3):
            found = pages.queue(officer, office_id=office_id, filters=Filters(), after="", now=now)
        assert [line.used for line in found.lines] == [used] * 3
        today = pages.today(officer, office_id=office_id, now=now)
        assert [line.used for line in today.urgent] == [used] * 3
        made[0].refresh_from_db()
        assert case.case(officer, made[0], known={}, now=now).used == used


RUN = (A.IN_REVIEW, A.WAITING_CITIZEN, A.WAITING_CONSENT, A.WAITING_OPINION, A.PROPOSED)


def test_a_late_file_is_late_whatever_it_waits_for(
    filer: world.Filer, desk: Client, officer: Account, django_assert_max_num_queries: Any
) -> None:
    made = make_many(filer, 6)
    now = clock.now()
    for place, (row, state) in enumerate(zip(made, RUN, strict=False)):
        passed = now - timedelta(hours=10 - place)
        Application.objects.filter(pk=row.pk).update(state=state, due_at=passed)
    Application.objects.filter(pk=made[5].pk).update(state=A.WAITING_OPINION, due_at=None)
    office_id = made[0].desk.office_id

    today = pages.today(officer, office_id=office_id, now=now)
    late = Filters.of({"tab": "running", "late": "1"})
    pages.queue(officer, office_id=office_id, filters=late, after="", now=now)
    with django_assert_max_num_queries(3):
        found = pages.queue(officer, office_id=office_id, filters=late, after="", now=now)

    assert (today.late, today.due_today, today.in_time) == (5, 0, 0)
    assert [line.public_id for line in found.lines] == [row.public_id for row in made[:5]]
    assert 'href="/desk/queue/?tab=running&amp;late=1"' in html(desk.get("/desk/"))
    assert html(desk.get("/desk/queue/?tab=running&late=1")).count("Late since") == 5
    Application.objects.filter(pk=made[4].pk).update(due_at=now + timedelta(days=9))
    today = pages.today(officer, office_id=office_id, now=now)
    assert (today.late, today.in_time) == (4, 1)


def test_files_whose_time_is_half_and_almost_used_are_counted_found_and_marked(
    filer: world.Filer, desk: Client, officer: Account
) -> None:
    half, most, late, paused, fresh = made = make_many(filer, 5)
    now = clock.now()
    for row, per_cent in ((half, 50), (most, 80), (late, 80), (paused, 80)):
        Application.objects.filter(pk=row.pk).update(alerted=per_cent)
    Application.objects.filter(pk=half.pk).update(state=A.PROPOSED)
    Application.objects.filter(pk=late.pk).update(due_at=now - timedelta(seconds=1))
    Application.objects.filter(pk=paused.pk).update(state=A.WAITING_CITIZEN, due_at=None)

    today = pages.today(officer, office_id=made[0].desk.office_id, now=now)
    page = html(desk.get("/desk/"))

    assert (today.half_used, today.most_used, today.late) == (1, 1, 1)
    for used, wanted, words in (
        ("50", half, "Half of the time is used"),
        ("80", most, "Four fifths of the time are used"),
    ):
        assert f'href="/desk/queue/?tab=running&amp;used={used}"' in page
        listed = html(desk.get(f"/desk/queue/?tab=running&used={used}"))
        assert [row for row in made if row.reference in listed] == [wanted]
        assert listed.count(words) == 2  # the choice, and the tag
    assert "Half of the time is used" in html(desk.get(at(half)))
    listed = html(desk.get("/desk/queue/?tab=running&used=99"))
    assert [row for row in made if row.reference in listed] == [half, most, late, fresh]

    for given in ({"tab": "running", "used": "80"}, {"tab": "running"}):
        kept = desk.post("/desk/filters/", given)
        assert desk.post("/desk/filters/", given)["Location"] == kept["Location"]
    assert [row.says for row in SavedFilter.objects.order_by("pk")] == [
        {"tab": "running", "procedure": "", "mine": False, "late": False, "used": 80},
        {"tab": "running", "procedure": "", "mine": False, "late": False},
    ]
    assert "Time is running, four fifths of the time are used" in html(desk.get("/desk/queue/"))
