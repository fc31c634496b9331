"""What decisions change is carried out once, tried again while it fails for now, and put aside where it cannot be."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import (
    AccountState,
    ActedBy,
    CardState,
    GuardianshipBasis,
    GuardianshipState,
    LockReason,
    NoticeKind,
    Role,
)
from accounts.gateways import population
from accounts.models import Account, Guardianship, Notice, Office, Stay
from accounts.models.indexes import number_indexes
from accounts.selectors.stays import find_stay, list_stays
from accounts.services import births, locking, residence, sessions
from documents.enums import DocumentState
from documents.gateways.social_insurance import HEALTH_CARD
from documents.models import Document as Paper
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent, Job
from eid_portal.core.outside import Refused, Unavailable
from procedures.enums import ApplicationState, Capacity, Outcome, RevocationReason
from procedures.models import Application, ConsentRequest, EffectDone, Result
from procedures.selectors.results import standing
from procedures.services import consent_answers, consents, drafts, effects, results, resuming
from tests import factories
from tests.factories import signed_in
from tests.outside_world import OutsideWorld
from tests.procedures import filling, world
from tests.procedures.test_results import decide

pytestmark = pytest.mark.django_db
NUMBER = "001324000007"


@pytest.fixture
def filer() -> world.Filer:
    return world.make_filer()


def _decide(filer: world.Filer, code: str, **given: Any) -> list[EffectDone]:
    row = filer.file_paid(code, **given)
    if row.state != ApplicationState.GRANTED:  # what is decided at once is decided already
        decide(row)
    result = Result.objects.get(application=row)
    return list(EffectDone.objects.filter(application=result.application).order_by("number"))


def _work() -> None:
    """Everything that is due, and what it makes due."""
    for _turn in range(3):
        jobs.run_due()


def _again(row: EffectDone) -> None:
    Job.objects.filter(subject_id=row.pk).update(
        next_attempt_at=clock.now(), rung_at=None, lease_until=None
    )
    _work()
    row.refresh_from_db()


# --- Where people live ------------------------------------------------------------------------------
def test_a_temporary_residence_is_registered_with_its_end_and_owner(filer: world.Filer) -> None:
    (row,) = _decide(filer, "temporary-residence", proof="contract")
    _work()

    row.refresh_from_db()
    stay = Stay.objects.get(citizen=filer.account.citizen, ended_at=None)
    assert row.done_at is not None
    assert stay.address == filling.AWAY
    assert stay.owner == filling.OWNER
    assert stay.until > clock.today()


def test_a_temporary_residence_begins_on_its_first_day_and_the_one_before_lasts_until_then(
    filer: world.Filer,
) -> None:
    citizen, now = filer.account.citizen, clock.now()
    first = find_stay(citizen.pk, now=now)
    assert first is not None
    residence.register_stay(
        citizen_id=citizen.pk, address=filling.HOME, until=clock.today() + timedelta(days=300), owner=None,
        actor=SYSTEM, now=now,
    )  # fmt: skip
    starts = clock.today() + timedelta(days=60)

    _decide(filer, "temporary-residence", proof="contract", start=starts)
    _work()

    first.refresh_from_db()
    assert first.last_day <= clock.today()
    at_home, away = list_stays(citizen.pk, now=clock.now())
    assert (at_home.address, at_home.last_day) == (filling.HOME, starts - timedelta(days=1))
    assert (away.address, away.since) == (filling.AWAY, starts)
    midnight = datetime.combine(starts, time.min, tzinfo=clock.VIET_NAM)
    assert find_stay(citizen.pk, now=midnight - timedelta(seconds=1)) == at_home
    assert list_stays(citizen.pk, now=midnight) == [away]
    assert find_stay(citizen.pk, now=midnight) == away


def test_days_in_what_a_decision_changes_count_from_it(filer: world.Filer) -> None:
    until = {"later": [{"today": True}, 30, "days"]}
    world.publish_anew(
        "temporary-residence",
        effects=[
            {"do": "residence.stay", "with": {"address": {"answer": "address"}, "until": until}}
        ],
    )
    application = filer.file_paid("temporary-residence", proof="contract")

    with clock.frozen(clock.now() + timedelta(days=50)):
        decide(application)
    with clock.frozen(clock.now() + timedelta(days=51)):
        _work()

    stay = Stay.objects.get(citizen=filer.account.citizen, ended_at=None)
    assert stay.until == clock.today() + timedelta(days=80)


def test_a_temporary_residence_that_was_to_begin_later_never_does_if_another_one_follows(
    filer: world.Filer,
) -> None:
    citizen, today = filer.account.citizen, clock.today()

    def register(line: str, after: int) -> Stay:
        return residence.register_stay(
            citizen_id=citizen.pk, address=filling.HOME | {"line": line}, since=today + timedelta(days=after),
            until=today + timedelta(days=400), owner=None, actor=SYSTEM, now=clock.now(),
        )  # fmt: skip

    register("1 Mẫu", 60)
    assert register("1 Mẫu", 60) == Stay.objects.get(ended_at=None)
    second = register("2 Mẫu", 30)

    now, second_only = list_stays(citizen.pk, now=clock.now())
    assert second_only == second
    assert now.last_day == min(now.until, today + timedelta(days=29))


def test_a_permanent_residence_moves(filer: world.Filer) -> None:
    _decide(filer, "permanent-residence")

    _work()

    filer.account.citizen.refresh_from_db()
    assert filer.account.citizen.residence == filling.AWAY


def test_a_refusal_changes_nothing(filer: world.Filer) -> None:
    result = decide(filer.file_paid("temporary-residence", proof="contract"), Outcome.REFUSED)

    assert not EffectDone.objects.filter(application=result.application).exists()


def test_an_effect_is_carried_out_once(filer: world.Filer) -> None:
    (row,) = _decide(filer, "temporary-residence", proof="contract")
    _work()
    before = Stay.objects.count()
    row.refresh_from_db()
    done_at = row.done_at

    jobs.enqueue(effects.CARRY_OUT, subject_id=row.pk)
    _work()

    row.refresh_from_db()
    assert (Stay.objects.count(), row.done_at) == (before, done_at)
    assert AuditEvent.objects.filter(name="accounts.stay_registered").count() == before


# --- Accounts ---------------------------------------------------------------------------------------
def test_an_account_is_locked_and_unlocked(filer: world.Filer) -> None:
    _decide(filer, "eid-lock", action="lock")
    _work()
    filer.account.refresh_from_db()
    assert (filer.account.state, filer.account.lock_reason) == (
        AccountState.LOCKED,
        LockReason.OWNER,
    )

    locking.unlock(account=filer.account, by=ActedBy.OWNER, actor=SYSTEM, now=clock.now())
    filer.account.refresh_from_db()
    assert filer.account.state == AccountState.ACTIVE


@pytest.mark.parametrize(
    ("locked_by", "refusal"), [("authority", "authority"), ("card", "card"), ("owner", "")]
)
def test_a_guardian_unlocks_only_what_can_be_unlocked(
    filer: world.Filer, locked_by: str, refusal: str
) -> None:
    ward, guardianship = _ward(filer)
    _lock(ward, locked_by)

    row = _file_for(filer, guardianship)
    _work()

    ward.refresh_from_db()
    result = Result.objects.get(application=row)
    assert row.decision.refusal == refusal
    if not refusal:
        assert (row.state, ward.state) == (ApplicationState.GRANTED, AccountState.ACTIVE)
        return
    assert (row.state, ward.state) == (ApplicationState.REFUSED, AccountState.LOCKED)
    assert result.outcome == Outcome.REFUSED
    assert not EffectDone.objects.filter(application=row).exists()


def test_an_account_that_was_never_activated_is_not_locked(filer: world.Filer) -> None:
    ward, guardianship = _ward(filer, state=AccountState.ISSUED)

    row = _file_for(filer, guardianship)

    assert (row.state, row.decision.refusal) == (ApplicationState.REFUSED, "not_active")
    ward.refresh_from_db()
    assert ward.state == AccountState.ISSUED


def _ward(filer: world.Filer, **columns: Any) -> tuple[Account, Guardianship]:
    child = factories.make_citizen(30, full_name="Mẫu Bé Con", birth_date=date(2011, 5, 1))
    ward = factories.make_account(child, **columns)
    factories.make_card(child)
    guardianship = Guardianship.objects.create(
        state=GuardianshipState.ACTIVE, guardian=filer.account.citizen, ward=child,
        basis=GuardianshipBasis.PARENT, until_age=18, review_month=date(2029, 5, 1),
        claimed_at=clock.now(), confirmed_at=clock.now(),
    )  # fmt: skip
    return ward, guardianship


def _lock(ward: Account, by: str) -> None:
    if by == "card":
        locking.lock_for_card(
            citizen=ward.citizen, to=CardState.LOST, by=ActedBy.COUNTER, actor=SYSTEM, now=clock.now()
        )  # fmt: skip
        return
    who, reason = {
        "authority": (ActedBy.AUTHORITY, LockReason.AUTHORITY),
        "owner": (ActedBy.GUARDIAN, LockReason.OWNER),
    }[by]
    locking.lock(account=ward, by=who, reason=reason, actor=SYSTEM, now=clock.now())


def _file_for(filer: world.Filer, guardianship: Guardianship) -> Application:
    draft, _resumed = drafts.begin(
        session=filer.session, code="eid-lock", capacity=Capacity.CHILD,
        person=guardianship.public_id, now=clock.now(),
    )  # fmt: skip
    row = filer.submit(filer.fill(draft))
    row.refresh_from_db()
    return row


def _unlocking(filer: world.Filer) -> EffectDone:
    """An application to unlock that was granted, while nothing is locked yet."""
    (row,) = _decide(filer, "eid-lock", action="lock")
    EffectDone.objects.filter(pk=row.pk).update(number=1, do="account.unlock")
    row.refresh_from_db()
    return row


def test_what_an_authority_locked_stays_locked_and_is_put_aside(filer: world.Filer) -> None:
    row = _unlocking(filer)
    locking.lock(
        account=filer.account, by=ActedBy.AUTHORITY, reason=LockReason.AUTHORITY, actor=SYSTEM,
        now=clock.now(),
    )  # fmt: skip

    _work()

    row.refresh_from_db()
    assert (row.done_at, row.code) == (None, "another_unlocks")
    assert row.failed_at is not None
    assert not jobs.unfinished(effects.CARRY_OUT, subject_id=row.pk).exists()
    locking.unlock(account=filer.account, by=ActedBy.AUTHORITY, actor=SYSTEM, now=clock.now())
    effects.try_again(row, now=clock.now())
    effects.try_again(row, now=clock.now())
    assert jobs.unfinished(effects.CARRY_OUT, subject_id=row.pk).count() == 1
    _work()
    row.refresh_from_db()
    assert row.code == ""
    assert row.done_at is not None


def test_the_head_of_the_desk_has_what_was_put_aside_tried_again(
    client: Client, filer: world.Filer
) -> None:
    row = _unlocking(filer)
    locking.lock(
        account=filer.account, by=ActedBy.AUTHORITY, reason=LockReason.AUTHORITY, actor=SYSTEM,
        now=clock.now(),
    )  # fmt: skip
    office = row.application.desk.office
    place = f"/desk/{row.application.public_id}/"
    press = {"effect": str(row.number)}
    head = signed_in(client, world.make_officer(office, 61, role=Role.CASE_LEAD), office)
    assert f"{place}effect/" not in _page(head, place)  # it is being tried
    _work()
    officer = signed_in(Client(), world.make_officer(office, 62), office)

    for browser, button in ((officer, False), (head, True)):
        page = _page(browser, place)
        assert "another_unlocks" in page
        assert (f"{place}effect/" in page) is button
    officer.post(f"{place}effect/", press, secure=True)
    for wrong in ("", "9", "x"):
        head.post(f"{place}effect/", {"effect": wrong}, secure=True)
    assert not jobs.unfinished(effects.CARRY_OUT, subject_id=row.pk).exists()

    locking.unlock(account=filer.account, by=ActedBy.AUTHORITY, actor=SYSTEM, now=clock.now())
    for _press in range(2):
        done = head.post(f"{place}effect/", press, secure=True)
        assert (done.status_code, done["Location"]) == (303, place)
    assert f"{place}effect/" not in _page(head, place)
    assert jobs.unfinished(effects.CARRY_OUT, subject_id=row.pk).count() == 1
    assert AuditEvent.objects.get(name="procedures.effect_tried_again").target_id == (
        row.application_id
    )
    _work()

    row.refresh_from_db()
    assert row.done_at is not None
    assert "another_unlocks" not in _page(head, place)


def _page(browser: Client, place: str) -> str:
    answer = browser.get(place, secure=True)
    assert answer.status_code == 200
    return answer.content.decode()


# --- Children ---------------------------------------------------------------------------------------
def _say(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[population.Birth]:
    """The register answers this, and what it was asked."""
    asked: list[population.Birth] = []

    def register(birth: population.Birth) -> Any:
        asked.append(birth)
        return answer

    monkeypatch.setattr(population, "register_birth", register)
    return asked


def _born(filer: world.Filer, **given: Any) -> list[EffectDone]:
    return _decide(
        filer, "birth-registration",
        child_name="Mẫu Gia An", child_sex="male", two_parents="one", **given,
    )  # fmt: skip


def test_a_birth_makes_the_child_its_number_and_the_parent_who_acts(
    filer: world.Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _say(monkeypatch, population.Numbered(NUMBER))
    rows = _born(filer, together=["health_card"])

    _work()

    birth = rows[0]
    birth.refresh_from_db()
    assert birth.done_at is not None
    (sent,) = asked
    assert sent.request_id == str(birth.pk)
    assert sent.parent_number == filer.account.citizen.personal_number
    held = Guardianship.objects.get(guardian=filer.account.citizen)
    assert (held.state, held.basis) == (GuardianshipState.ACTIVE, "PARENT")
    child = held.ward
    assert (child.full_name, child.personal_number, child.sex) == ("Mẫu Gia An", NUMBER, "M")
    assert {event.subject_id for event in AuditEvent.objects.filter(name="accounts.birth_registered")} == {
        child.pk, filer.account.citizen_id,
    }  # fmt: skip
    for row in rows:
        _again(row)
    card = Paper.objects.get(citizen=child)
    assert (card.kind, card.number) == (HEALTH_CARD, NUMBER)
    assert rows[1].done_at is not None


def _born_to_two(filer: world.Filer, other: str, agrees: bool | None) -> EffectDone:
    """The birth that names another parent, who says this to it."""
    row = filer.file_paid(
        "birth-registration", child_name="Mẫu Gia An", child_sex="male", two_parents="both",
        other_parent=other, ethnic_group_of="father", home_town_of="father",
    )  # fmt: skip
    asked = ConsentRequest.objects.get(application=row)
    if agrees is None:
        now = clock.now()
        ConsentRequest.objects.filter(pk=asked.pk).update(lapses_at=now)
        job = Job.objects.get(task=consents.LAPSE, subject_id=asked.pk)
        Job.objects.filter(pk=job.pk).update(next_attempt_at=now)
        jobs.run_here(job.pk, consents.LAPSE)
    else:
        account = Account.objects.get(citizen__personal_number_index__in=number_indexes(other))
        consent_answers.answer(
            session=world.session_of(account), public_id=asked.public_id, agrees=agrees, now=clock.now()
        )  # fmt: skip
    row.refresh_from_db()
    decide(row)
    return EffectDone.objects.get(application=row)


def test_both_parents_on_the_certificate_act_for_the_child_and_are_told(
    filer: world.Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    father = world.make_person(16, full_name="Mẫu Văn Cha")
    asked = _say(monkeypatch, population.Numbered(NUMBER))

    _born_to_two(filer, father.citizen.personal_number, agrees=True)
    _work()

    (sent,) = asked
    assert (sent.other_number, sent.other_name) == (father.citizen.personal_number, "Mẫu Văn Cha")
    held = Guardianship.objects.filter(ward__personal_number_index__in=number_indexes(NUMBER))
    assert {(row.guardian_id, row.state, row.basis) for row in held} == {
        (citizen, GuardianshipState.ACTIVE, "PARENT")
        for citizen in (filer.account.citizen_id, father.citizen_id)
    }
    told = Notice.objects.filter(kind=NoticeKind.GUARDIANSHIP, channel="INBOX")
    assert {row.account_id for row in told} == {filer.account.pk, father.pk}
    assert all("Mẫu Gia An" in str(row.text) for row in told)
    events = AuditEvent.objects.filter(
        name="accounts.birth_registered", subject_id=father.citizen_id
    )
    assert events.count() == 1
    said = Result.objects.get().says["vi"]["body"]
    assert any(
        "001\N{NO-BREAK SPACE}300\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}016" in line
        for line in said
    )


@pytest.mark.parametrize(("agrees", "state"), [(None, GuardianshipState.PENDING), (False, None)])
def test_a_parent_who_was_named_without_agreeing_does_not_act(
    filer: world.Filer, monkeypatch: pytest.MonkeyPatch, agrees: bool | None, state: str | None
) -> None:
    father = world.make_person(16, full_name="Mẫu Văn Cha")
    asked = _say(monkeypatch, population.Numbered(NUMBER))

    row = _born_to_two(filer, father.citizen.personal_number, agrees=agrees)
    _work()

    row.refresh_from_db()
    assert row.done_at is not None
    held = Guardianship.objects.filter(guardian=father.citizen).first()
    assert (held.state if held else None) == state
    assert bool(asked[0].other_number) == (state is not None)
    mine = Guardianship.objects.get(guardian=filer.account.citizen)
    assert mine.state == GuardianshipState.ACTIVE


def test_a_parent_we_do_not_know_is_left_to_the_register(
    filer: world.Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _say(monkeypatch, population.Numbered(NUMBER))
    _born_to_two(filer, "001300000077", agrees=None)
    _work()
    assert asked[0].other_number == ""
    assert (
        Guardianship.objects.get(guardian=filer.account.citizen).state == GuardianshipState.ACTIVE
    )


def test_by_mandate_the_parent_acts_and_not_who_files(
    filer: world.Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = world.make_person(16)
    _say(monkeypatch, population.Numbered(NUMBER))
    row = filer.file_paid(
        "birth-registration",
        child_name="Mẫu Gia An", child_sex="male", two_parents="one", together=["health_card"],
    )  # fmt: skip
    Application.objects.filter(pk=row.pk).update(filer=helper, capacity="mandate")
    row.refresh_from_db()
    decide(row)

    _work()
    for each in EffectDone.objects.order_by("number"):
        _again(each)

    held = Guardianship.objects.get()
    assert held.guardian_id == filer.account.citizen_id
    assert Paper.objects.get(citizen=held.ward).linked_by_id == filer.account.pk


def test_the_health_card_of_a_newborn_is_verified_once_it_was_asked_for(
    sandbox: OutsideWorld,
) -> None:
    filer = world.make_filer(2)
    rows = _born(filer, together=["health_card"])
    _work()
    for row in rows:
        _again(row)
    for _turn in range(3):
        jobs.run_due()

    child = Guardianship.objects.get(guardian=filer.account.citizen).ward
    paper = Paper.objects.get(citizen=child)
    assert (paper.kind, paper.state) == (HEALTH_CARD, DocumentState.VERIFIED)
    assert paper.paper["holder_name"] == "Mẫu Gia An"
    assert paper.number == child.personal_number


def test_a_register_that_does_not_answer_is_asked_again_for_the_same_child(
    filer: world.Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _say(monkeypatch, Unavailable("down", retry_after=None))
    (row, *_more) = _born(filer)
    _work()
    row.refresh_from_db()
    assert (row.done_at, row.code) == (None, "register_silent")
    assert jobs.unfinished(effects.CARRY_OUT, subject_id=row.pk).exists()
    assert not Guardianship.objects.filter(guardian=filer.account.citizen).exists()

    second = _say(monkeypatch, population.Numbered(NUMBER))
    _again(row)

    assert row.done_at is not None
    assert first[0].request_id == second[0].request_id


def _revoke(row: EffectDone) -> tuple[Account, Office]:
    """The head of the desk takes the result back, and who that is."""
    office = row.application.desk.office
    head = world.make_officer(office, 61, role=Role.CASE_LEAD)
    results.revoke(
        session=world.session_of(head, office),
        public_id=Result.objects.get(application=row.application).public_id,
        reason=RevocationReason.FALSE,
        now=clock.now(),
    )
    return head, office


def test_nothing_is_carried_out_once_the_result_was_revoked(
    filer: world.Filer, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    _say(monkeypatch, Unavailable("down", retry_after=None))
    (row, *_more) = _born(filer)
    _work()
    head, office = _revoke(row)
    asked = _say(monkeypatch, population.Numbered(NUMBER))

    _again(row)

    assert (asked, row.done_at, row.code) == ([], None, "revoked")
    assert not Guardianship.objects.filter(guardian=filer.account.citizen).exists()
    assert not jobs.unfinished(effects.CARRY_OUT, subject_id=row.pk).exists()
    browser = signed_in(client, head, office)
    place = f"/desk/{row.application.public_id}/"
    page = _page(browser, place)
    assert f"{place}effect/" not in page
    for language, words in (("vi", "không được thực hiện nữa"), ("en", "not carried out any more")):
        browser.cookies["__Host-language"] = language
        answer = browser.post(
            f"{place}effect/", {"effect": str(row.number)}, secure=True, follow=True
        )
        assert answer.content.decode().count(words) == 2  # beside the change, and to who pressed
    by = sessions.actor_of(world.session_of(head, office))
    with pytest.raises(resuming.ResultRevoked):
        resuming.try_again_for_administration(effect_id=row.pk, actor=by, now=clock.now())
    assert not jobs.unfinished(effects.CARRY_OUT, subject_id=row.pk).exists()
    mine = Result.objects.get(application=row.application)
    assert standing(mine, now=clock.now()).effects == ()


def test_a_result_that_is_revoked_while_the_register_is_asked_makes_no_child(
    filer: world.Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row, *_more) = _born(filer)

    def register(_birth: population.Birth) -> Any:
        _revoke(row)
        return population.Numbered(NUMBER)

    monkeypatch.setattr(population, "register_birth", register)

    _work()

    row.refresh_from_db()
    assert (row.done_at, row.code) == (None, "revoked")
    assert not Guardianship.objects.filter(guardian=filer.account.citizen).exists()


def test_a_register_that_refuses_is_not_asked_again_by_itself(
    filer: world.Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _say(monkeypatch, Refused("unknown_parent"))
    (row, *_more) = _born(filer)

    _work()

    row.refresh_from_db()
    assert row.code == "refused_unknown_parent"
    assert not jobs.unfinished(effects.CARRY_OUT, subject_id=row.pk).exists()


def test_the_same_child_taken_in_twice_is_one(filer: world.Filer) -> None:
    from accounts.enums import Sex

    values: dict[str, Any] = {
        "number": NUMBER, "parent": filer.account.citizen, "full_name": "Mẫu Gia An",
        "birth_date": clock.today(), "sex": Sex.MALE, "residence": filling.HOME, "actor": SYSTEM,
        "now": clock.now(),
    }  # fmt: skip

    first, second = births.take_in(**values), births.take_in(**values)

    assert first == second
    assert Guardianship.objects.filter(ward=first).count() == 1


def test_every_effect_that_a_document_may_name_can_be_carried_out_and_has_words() -> None:
    from procedures.rules.effects import EFFECTS
    from procedures.texts import EFFECT_WORDS

    assert set(effects._DOING) == set(EFFECTS) == set(EFFECT_WORDS)
