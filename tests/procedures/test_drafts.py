"""Drafts: one a person and procedure, saved page by page; nothing typed is lost, nothing sent is trusted."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.enums import GuardianshipBasis, GuardianshipEnd, GuardianshipState
from accounts.models import Guardianship
from accounts.services import residence
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from procedures import policy
from procedures.enums import ApplicationState, Capacity
from procedures.models import Application, Draft, Mandate, Procedure, Snapshot
from procedures.rules import documents
from procedures.rules.documents import Step
from procedures.rules.pages import Page
from procedures.selectors import filed, revisions
from procedures.services import drafts, filing, publishing
from procedures.services import known as state_knows
from procedures.services.drafts import Form, NoSuchDraft, NotForThem, SavedElsewhere, TooYoung
from procedures.services.filing import Changed, NotComplete
from tests import factories
from tests.procedures import filling, making, world
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
CODE = "temporary-residence"
PLACE = {
    "address_province": ["Hải Phòng"],
    "address_commune": ["Hồng Bàng"],
    "address_line": ["7 Mẫu"],
    "start_day": ["1"],
    "start_month": ["12"],
    "start_year": ["2026"],
    "duration": ["one_year"],
}


@pytest.fixture
def filer() -> Filer:
    return world.make_filer()


def sent(form: Form, key: str, posted: dict[str, list[str]]) -> tuple[Step, Page]:
    step = form.find_step(key)
    assert step is not None
    return step, form.read(step, posted)


def save(filer: Filer, form: Form, key: str, posted: dict[str, list[str]], **values: Any) -> Form:
    step, page = sent(form, key, posted)
    values = {"version": form.draft.version, "is_sent": True} | values
    return drafts.keep(form, page, session=filer.session, step=step, now=clock.now(), **values)


# --- Beginning ----------------------------------------------------------------------------------------
def test_what_was_begun_is_resumed_on_any_device(filer: Filer) -> None:
    first, resumed = begin(filer)
    again, resumed_again = begin(filer)
    assert (first.pk, resumed, resumed_again) == (again.pk, False, True)
    assert Draft.objects.count() == 1


def begin(
    filer: Filer, capacity: Capacity = Capacity.SELF, person: str = "", code: str = CODE
) -> Any:
    return drafts.begin(
        session=filer.session, code=code, capacity=capacity, person=person, now=clock.now()
    )


@pytest.mark.django_db(transaction=True)
def test_two_presses_begin_one_draft(filer: Filer) -> None:
    sessions = [filer.session for _press in range(6)]

    def press(at: int) -> UUID:
        draft, _resumed = drafts.begin(
            session=sessions[at], code=CODE, capacity=Capacity.SELF, person="", now=clock.now()
        )
        return draft.pk

    assert len(set(together(6, press))) == 1


def together(count: int, press: Callable[[int], Any]) -> list[Any]:
    """What so many presses at one moment came to."""

    def run(at: int) -> Any:
        try:
            return press(at)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_a_procedure_that_is_not_in_force_is_not_begun(filer: Filer) -> None:
    with pytest.raises(drafts.NotInForce):
        begin(filer, code="no-such-procedure")


def test_who_is_too_young_is_told_from_when_on(filer: Filer) -> None:
    citizen = filer.account.citizen
    citizen.birth_date = clock.today() - timedelta(days=13 * 365)
    citizen.save()
    with pytest.raises(TooYoung) as refused:
        begin(filer)
    assert "14" in str(refused.value.message)
    assert "người giám hộ" in str(refused.value.message)
    with pytest.raises(TooYoung) as nobody_files:  # no parent may file it for them
        begin(filer, code="marital-status")
    assert str(nobody_files.value.message) == "Thủ tục này chỉ nộp được từ 18 tuổi."


def test_many_drafts_are_enough(filer: Filer, monkeypatch: Any) -> None:
    monkeypatch.setattr(policy, "DRAFTS_MOST", 1)
    begin(filer)
    with pytest.raises(drafts.TooManyDrafts):
        begin(filer, code="passport")
    assert begin(filer)[1]


def test_a_guardian_files_for_a_child_while_the_guardianship_lasts(filer: Filer) -> None:
    child = factories.make_citizen(20, birth_date=date(2018, 5, 5), full_name="Mẫu Bé")
    row = Guardianship.objects.create(
        state=GuardianshipState.ACTIVE, ward=child, guardian=filer.account.citizen,
        basis=GuardianshipBasis.PARENT, until_age=18, claimed_at=clock.now(),
        confirmed_at=clock.now(), review_month=date(2036, 5, 1),
    )  # fmt: skip
    draft, _resumed = begin(filer, Capacity.CHILD, row.public_id)

    assert draft.citizen == child
    form = filer.open(draft)
    assert form.known["full_name"] == "Mẫu Bé"
    assert form.known["phone"] == "+84912000015"  # of who files

    row.state, row.ended_at, row.end_reason = (
        GuardianshipState.ENDED,
        clock.now(),
        GuardianshipEnd.DECISION,
    )
    row.save()
    with pytest.raises(NotForThem):
        filer.open(draft)


def test_nobody_files_for_a_stranger(filer: Filer) -> None:
    for capacity in (Capacity.CHILD, Capacity.MANDATE):
        for person in ("", "nobody", "x" * 22):
            with pytest.raises(NotForThem):
                begin(filer, capacity, person)


def test_a_mandate_is_for_one_procedure_until_a_day(filer: Filer) -> None:
    giver = world.make_person(21, full_name="Mẫu Người Giao")
    row = Mandate.objects.create(
        giver=giver.citizen, holder=filer.account.citizen, procedure=Procedure.objects.get(code=CODE),
        given_at=clock.now(), valid_until=clock.today(),
    )  # fmt: skip
    draft, _resumed = begin(filer, Capacity.MANDATE, row.public_id)
    assert filer.open(draft).known["full_name"] == "Mẫu Người Giao"
    with pytest.raises(NotForThem):
        begin(filer, Capacity.MANDATE, row.public_id, code="permanent-residence")

    with (
        clock.frozen(clock.now() + timedelta(days=1)),
        pytest.raises(NotForThem),
    ):
        drafts.open_form(session=filer.session, public_id=draft.public_id, now=clock.now())
    row.withdrawn_at = clock.now()
    row.save()
    with pytest.raises(NotForThem):
        filer.open(draft)


def test_another_persons_draft_is_not_there(filer: Filer) -> None:
    draft, _resumed = begin(filer)
    other = Filer(world.make_person(22))
    with pytest.raises(NoSuchDraft):
        other.open(draft)
    assert not drafts.discard(session=other.session, public_id=draft.public_id)
    with pytest.raises(NoSuchDraft):
        filing.submit(session=other.session, public_id=draft.public_id, seen="", now=clock.now())


# --- Filling in -----------------------------------------------------------------------------------------
def test_a_page_is_kept_and_what_the_state_knows_is_not_typed(filer: Filer) -> None:
    form = filer.open(begin(filer)[0])
    assert form.known["full_name"] == factories.NAME

    form = save(filer, form, "place", {**PLACE, "full_name": ["Somebody Else"]})

    assert form.draft.done == ["place"]
    assert "full_name" not in form.draft.answers
    assert form.settled.values["full_name"] == factories.NAME
    assert form.settled.values["until"] == date(2027, 11, 30)
    assert [each.key for each in form.steps] == ["place", "owner"]


def test_of_what_the_state_knows_only_what_a_form_uses_is_read(filer: Filer) -> None:
    whole = state_knows.of(filer.account.citizen, filer=filer.account, now=clock.now())
    for code, pk in revisions.in_force().items():
        used = revisions.sources(pk)
        draft = filer.begin(code)
        with CaptureQueriesContext(connection) as seen:
            form = filer.open(draft)
        assert form.known == {name: each for name, each in whole.items() if name in used}, code
        if code == CODE:
            assert "contract_address" in used
            assert "licence_number" in whole.keys() - form.known
            assert not any("documents_document" in each["sql"] for each in seen)


def test_what_can_be_read_of_a_page_with_a_fault_is_kept(filer: Filer) -> None:
    form = filer.open(begin(filer)[0])
    form = save(filer, form, "place", {**PLACE, "start_day": ["31"], "start_month": ["2"]})
    assert form.draft.done == []
    assert form.answers["duration"] == "one_year"
    assert "start" not in form.answers


def test_two_tabs_that_differ_lose_nothing(filer: Filer) -> None:
    draft, _resumed = begin(filer)
    one, other = filer.open(draft), filer.open(draft)
    save(filer, one, "place", PLACE)
    with pytest.raises(SavedElsewhere) as told:
        save(filer, other, "place", {**PLACE, "duration": ["two_years"]})
    assert (
        told.value.form.answers["duration"] == "one_year"
    )  # what is saved; the page has what was typed
    save(filer, other, "place", PLACE)  # the same twice is the same


def test_a_newer_revision_keeps_what_it_still_asks(filer: Filer) -> None:
    form = save(filer, filer.open(begin(filer)[0]), "place", PLACE)
    data = json.loads((documents.SHIPPED / f"{CODE}.json").read_text(encoding="utf-8"))
    data["steps"][0]["fields"].append(
        {"key": "floor", "type": "number", "label": {"vi": "Tầng", "en": "Floor"}}
    )
    text = json.dumps(data, ensure_ascii=False)
    draft = publishing.draft(text, documents.read(text), now=clock.now())
    publishing.publish(draft, actor=SYSTEM, now=clock.now())

    now = filer.open(form.draft)
    assert now.revision_id == draft.pk
    assert now.answers == form.answers
    assert now.again == ("floor",)
    assert "floor" in now.settled.missing
    saved = save(filer, now, "place", {**PLACE, "floor": ["3"]})
    assert (saved.again, saved.draft.again) == ((), [])
    assert saved.draft.revision_id == draft.pk


def test_old_drafts_go(filer: Filer) -> None:
    begin(filer)
    assert drafts.tidy(now=clock.now() + policy.DRAFT_LASTS - timedelta(minutes=1)) == 0
    assert drafts.tidy(now=clock.now() + policy.DRAFT_LASTS + timedelta(minutes=1)) == 1


# --- Filing -----------------------------------------------------------------------------------------------
def test_what_is_missing_is_not_filed(filer: Filer) -> None:
    form = filer.open(begin(filer)[0])
    with pytest.raises(NotComplete) as told:
        filer.submit(form)
    assert "owner" in told.value.form.settled.missing
    assert not Application.objects.exists()


def test_what_changed_since_it_was_checked_is_shown_again(filer: Filer) -> None:
    form = filer.fill(begin(filer)[0])
    residence.move(
        citizen_id=filer.account.citizen_id, actor=SYSTEM, now=clock.now(),
        address={"province": "Huế", "commune": "Thuận Hóa", "line": "1 Mẫu"},
    )  # fmt: skip
    with pytest.raises(Changed) as told:
        filer.submit(form)
    assert Draft.objects.exists()
    application = filer.submit(told.value.form)
    assert filed.read(application).known["residence"] == {
        "province": "Huế", "commune": "Thuận Hóa", "line": "1 Mẫu",
    }  # fmt: skip


def test_filing_twice_is_filing_once(filer: Filer) -> None:
    form = filer.fill(begin(filer)[0])
    first = filer.submit(form)
    assert filer.submit(form).pk == first.pk
    assert first.public_id == form.draft.public_id
    assert Application.objects.count() == Snapshot.objects.count() == 1
    assert AuditEvent.objects.filter(name="procedures.application_filed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_tabs_that_file_at_once_file_one_application(filer: Filer) -> None:
    form = filer.fill(begin(filer)[0])
    sessions = [filer.session for _tab in range(8)]

    def press(at: int) -> UUID:
        return filing.submit(
            session=sessions[at], public_id=form.draft.public_id, seen=form.seen, now=clock.now()
        ).pk

    assert len(set(together(8, press))) == 1
    assert Application.objects.count() == Snapshot.objects.count() == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE procedures_snapshot SET sha256 = ''",
        "DELETE FROM procedures_snapshot",
        "TRUNCATE procedures_snapshot",
    ],
)
def test_what_was_filed_cannot_be_changed(filer: Filer, sql: str) -> None:
    row = filer.file(CODE)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert filed.read(row).is_whole


def test_a_thirteenth_procedure_is_data_alone(filer: Filer) -> None:
    data = making.data(
        making.step(
            "one",
            making.field("name", "text", known="full_name"),
            making.field("colour", "choice", options=making.options("red", "blue")),
            making.field("shade", "text", when={"eq": [{"answer": "colour"}, "blue"]}),
            making.field("parts", "rows", fields=[making.field("what", "text")]),
        ),
        code="thirteenth",
        office={"of": {"known": "residence"}},
        fee={"amount": {"if": [{"eq": [{"answer": "colour"}, "blue"]}, 5_000, 0]}},
    )
    text = json.dumps(data, ensure_ascii=False)
    publishing.publish(
        publishing.draft(text, documents.read(text), now=clock.now()), actor=SYSTEM, now=clock.now()
    )

    row = filer.file("thirteenth", colour="red")
    assert (row.fee, row.state) == (0, ApplicationState.IN_REVIEW)
    assert "shade" not in filed.read(row).answers
    dear = filer.file("thirteenth", colour="blue")
    assert (dear.fee, dear.state) == (5_000, ApplicationState.FILED)


def test_an_answer_to_a_hidden_field_is_dropped_and_told(filer: Filer) -> None:
    form = save(filer, filer.open(begin(filer)[0]), "place", PLACE)
    step, page = sent(
        form, "owner",
        {"owner": [filling.OWNER], "relation": ["tenant"], "proof": ["consent"], "contract": ["x"]},
    )  # fmt: skip
    assert page.dropped == ("contract",)
    form = drafts.keep(
        form, page, session=filer.session, step=step, version=form.draft.version, is_sent=True,
        now=clock.now(),
    )  # fmt: skip
    assert "contract" not in form.draft.answers


def test_a_forged_consent_counts_for_nothing(filer: Filer) -> None:
    form = save(filer, filer.open(begin(filer)[0]), "place", PLACE)
    form = save(
        filer, form, "owner",
        {"owner": [filling.OWNER], "relation": ["tenant"], "proof": ["consent"], "consent": ["yes"]},
    )  # fmt: skip
    assert form.settled.awaited == ("consent",)
    assert "consent" not in form.draft.answers


def test_a_strangers_file_cannot_be_named(filer: Filer) -> None:
    theirs = world.make_file(world.make_person(23))
    form = save(filer, filer.open(begin(filer)[0]), "place", PLACE)
    _step, page = sent(
        form, "owner",
        {"owner": [filling.OWNER], "relation": ["tenant"], "proof": ["contract"], "contract": [theirs.public_id]},
    )  # fmt: skip
    assert [(each.at, each.code) for each in page.problems] == [("contract", "not_held")]
