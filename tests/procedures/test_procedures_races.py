"""Sixty-four people, tabs and jobs at the same moment: each thing happens once, and nothing anybody did is lost."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from accounts.enums import NoticeChannel, NoticeKind
from accounts.models import Account, Notice, Office
from accounts.services import sessions
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.models import AuditEvent, Job
from eid_portal.core.transitions import StaleState
from procedures import policy, states
from procedures.enums import (
    ApplicationState,
    ConsentState,
    Outcome,
    PauseReason,
    RequestState,
    RevisionState,
)
from procedures.models import (
    Application,
    ClockPause,
    ConsentRequest,
    CorrectionRequest,
    Decision,
    Desk,
    Draft,
    EffectDone,
    Mandate,
    Result,
    Revision,
)
from procedures.rules import documents
from procedures.selectors import filed
from procedures.services import (
    claiming,
    consent_answers,
    corrections,
    deciding,
    drafts,
    effects,
    following,
    lifecycle,
    mandates,
    publishing,
    results,
    ticking,
)
from procedures.services.claiming import DeskRefused
from procedures.services.lifecycle import CannotDecide, CannotWithdraw, Verdict
from tests.procedures import world
from tests.procedures.racing import accepted, at_once

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 64
REASONS = ("work", "study", "family", "health")
GRANT = Verdict(outcome=Outcome.GRANTED)
REFUSE = Verdict(outcome=Outcome.REFUSED, refusal="in_person")


def paid(filer: world.Filer, code: str = "absence-declaration", **given: Any) -> Application:
    return filer.file_paid(code, **given)


def office_of_all() -> Office:
    return Desk.objects.select_related("office").all()[0].office


def officers(count: int) -> list[tuple[Account, Actor]]:
    office = office_of_all()
    made = [world.make_officer(office, 60 + n) for n in range(count)]
    return [(each, sessions.actor_of(world.session_of(each, office))) for each in made]


def events_of(*names: str) -> list[str]:
    rows = AuditEvent.objects.filter(name__in=[f"procedures.{name}" for name in names])
    return list(rows.values_list("name", flat=True))


# --- Consents ---------------------------------------------------------------------------------------
@pytest.fixture
def asked() -> ConsentRequest:
    """The owner of a home is asked to agree to a stay there."""
    filer = world.make_filer()
    world.make_person(16, full_name="Mẫu Văn Chủ Nhà")
    row = paid(filer, "temporary-residence", proof="consent")
    return ConsentRequest.objects.select_related("application__filer").get(application=row)


def answers_to(asked: ConsentRequest, count: int) -> list[Callable[[], Any]]:
    """Yes and no by turns."""
    owner = world.session_of(Account.objects.get(citizen=asked.citizen))

    def answer(n: int) -> ConsentRequest:
        return consent_answers.answer(
            session=owner, public_id=asked.public_id, agrees=bool(n % 2), now=clock.now()
        )

    return [partial(answer, n) for n in range(count)]


def test_of_64_answers_to_one_question_one_counts(asked: ConsentRequest) -> None:
    outcomes = at_once(answers_to(asked, AT_ONCE), consent_answers.CannotAnswer)

    asked.refresh_from_db()
    assert {each.state for each in accepted(outcomes)} == {asked.state}
    assert asked.state in {ConsentState.GIVEN, ConsentState.DENIED}
    assert len(events_of("consent_given", "consent_denied")) == 1
    assert events_of("clock_went_on") == ["procedures.clock_went_on"]
    told = Notice.objects.filter(kind=NoticeKind.CONSENT_ANSWERED, channel=NoticeChannel.INBOX)
    assert told.count() == 1
    pause = ClockPause.objects.get(application=asked.application)
    assert (pause.reason, pause.until) == (PauseReason.CONSENT, asked.answered_at)
    row = Application.objects.get(pk=asked.application_id)
    assert row.state == ApplicationState.IN_REVIEW
    assert row.due_at is not None


def test_an_answer_while_the_application_is_withdrawn_leaves_nothing_open(
    asked: ConsentRequest,
) -> None:
    row = asked.application
    session = world.session_of(row.filer)
    takes_back = [
        lambda: following.withdraw(session=session, public_id=row.public_id, now=clock.now())
    ] * 8

    outcomes = at_once(answers_to(asked, 24) + takes_back, consent_answers.CannotAnswer)

    assert not [each for each in outcomes[24:] if isinstance(each, Exception)]
    row.refresh_from_db()
    asked.refresh_from_db()
    assert (row.state, row.due_at) == (ApplicationState.WITHDRAWN, None)
    assert asked.state != ConsentState.ASKED
    assert len(events_of("consent_given", "consent_denied", "consent_closed")) == 1
    assert events_of("application_withdrawn") == ["procedures.application_withdrawn"]
    assert not ClockPause.objects.filter(until__isnull=True).exists()


# --- Corrections ------------------------------------------------------------------------------------
def asked_again(application: Application, actor: Actor) -> CorrectionRequest:
    return corrections.ask(
        application=application, fields=["reason"], words="Mờ.", actor=actor, now=clock.now()
    )


def test_of_64_answers_to_one_request_one_is_the_next_snapshot() -> None:
    filer = world.make_filer()
    application = paid(filer)
    [(_officer, actor)] = officers(1)
    request = asked_again(application, actor)
    session = filer.session

    def answer(n: int) -> corrections.Answered:
        return corrections.answer(
            session=session,
            public_id=request.public_id,
            posted={"reason": [REASONS[n % len(REASONS)]]},
            now=clock.now(),
        )

    outcomes = at_once([partial(answer, n) for n in range(AT_ONCE)], corrections.NoSuchRequest)

    assert [each.is_done for each in accepted(outcomes)] == [True]
    numbers = application.snapshots.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2]
    assert events_of("correction_answered", "clock_went_on") == [
        "procedures.correction_answered",
        "procedures.clock_went_on",
    ]
    request.refresh_from_db()
    assert (request.state, request.answers) == (RequestState.ANSWERED, None)


# --- Decisions --------------------------------------------------------------------------------------
def decisions(
    application: Application, people: Sequence[tuple[Account, Actor]], count: int
) -> list[Callable[[], Any]]:
    """Each officer grants and refuses by turns."""

    def decide(n: int) -> Application:
        officer, actor = people[n % len(people)]
        return deciding.decide(
            application=application,
            verdict=REFUSE if n // len(people) % 2 else GRANT,
            officer=officer,
            actor=actor,
            now=clock.now(),
        )

    return [partial(decide, n) for n in range(count)]


def assert_ended_once(application: Application) -> None:
    """Decided with one result and each effect once, or withdrawn with none of them; nothing is left open."""
    application.refresh_from_db()
    assert application.state in states.ENDED
    assert application.claimed_by is None
    is_decided = application.state != ApplicationState.WITHDRAWN
    assert (
        len(events_of("application_decided")),
        len(events_of("application_withdrawn")),
    ) == (is_decided, not is_decided)
    assert Decision.objects.count() == Result.objects.count() == is_decided
    assert Job.objects.filter(task=results.DRAW).count() == is_decided
    if is_decided:
        assert application.state == Decision.objects.get().outcome == Result.objects.get().outcome
    form = filed.read(application)
    is_granted = application.state == ApplicationState.GRANTED
    due = [n for n, each in enumerate(form.document.effects) if each.when.holds(form.facts)]
    carried = EffectDone.objects.order_by("number").values_list("number", flat=True)
    assert list(carried) == (due if is_granted else [])
    assert Job.objects.filter(task=effects.CARRY_OUT).count() == len(carried)
    assert not CorrectionRequest.objects.filter(state=RequestState.OPEN).exists()
    assert not ConsentRequest.objects.filter(state=ConsentState.ASKED).exists()
    assert not ClockPause.objects.filter(until__isnull=True).exists()
    told = Notice.objects.filter(kind=NoticeKind.APPLICATION_DECIDED, channel=NoticeChannel.INBOX)
    assert told.count() == is_decided


def test_of_64_decisions_one_is_made() -> None:
    application = paid(world.make_filer())

    outcomes = at_once(decisions(application, officers(8), AT_ONCE), DeskRefused)

    assert len(accepted(outcomes)) == 1
    assert_ended_once(application)


def test_decisions_withdrawals_and_silence_at_once_are_one_end() -> None:
    filer = world.make_filer()
    application = paid(filer, "temporary-residence", proof="contract")
    Application.objects.filter(pk=application.pk).update(alert_at=clock.now())
    session = filer.session

    def silence() -> None:
        with transaction.atomic():
            row = lifecycle.hold(application.pk)
            verdict = Verdict(outcome=Outcome.GRANTED, by_silence=True)
            lifecycle.decide(row, verdict, actor=SYSTEM, now=clock.now())

    outcomes = at_once(
        [
            *decisions(application, officers(8), 32),
            *[
                lambda: following.withdraw(
                    session=session, public_id=application.public_id, now=clock.now()
                )
            ]
            * 16,
            *[silence] * 8,
            *[lambda: ticking.tick(now=clock.now())] * 8,
        ],
        DeskRefused,
        CannotDecide,
        CannotWithdraw,
        StaleState,
    )

    assert accepted(outcomes)
    assert_ended_once(application)


def test_decisions_beside_a_request_to_correct_wait_for_it_or_come_first() -> None:
    filer = world.make_filer()
    application = paid(filer)
    people = officers(8)
    asks = [partial(asked_again, application, actor) for _officer, actor in people] * 4

    outcomes = at_once([*decisions(application, people, 32), *asks], DeskRefused)

    assert len(accepted(outcomes)) == 1
    application.refresh_from_db()
    if application.state == ApplicationState.WAITING_CITIZEN:
        assert CorrectionRequest.objects.filter(state=RequestState.OPEN).count() == 1
        assert not Decision.objects.exists()
    else:
        assert_ended_once(application)


# --- Taking -----------------------------------------------------------------------------------------
def test_64_presses_of_take_the_most_urgent_claim_each_file_once() -> None:
    filer = world.make_filer()
    codes = ("absence-declaration", "passport", "marital-status", "driver-licence-renewal")
    files = {paid(filer, code).pk for code in codes}
    office = office_of_all()
    assert Application.objects.values("desk").distinct().count() > 1
    made = officers(8)

    def press(actor: Actor) -> Application | None:
        return claiming.take_most_urgent(office_id=office.pk, actor=actor, now=clock.now())

    outcomes = at_once([partial(press, actor) for _officer, actor in made * 8])

    claims = AuditEvent.objects.filter(name="procedures.application_claimed")
    assert claims.count() == len(files)
    assert set(claims.values_list("target_id", flat=True)) == files
    assert {each.pk for each in outcomes if each} == files


# --- Mandates ---------------------------------------------------------------------------------------
@pytest.fixture
def giving() -> tuple[sessions.Session, sessions.Session, Callable[[int], Mandate]]:
    """Who gives a mandate, who holds it, and giving it for so many days."""
    world.publish_shipped()
    giver = world.make_person(15)
    holder = world.make_person(16, full_name="Mẫu Văn Giúp")
    session = world.session_of(giver)

    def give(days: int) -> Mandate:
        return mandates.give(
            session=session,
            number=holder.citizen.personal_number,
            name="Mẫu Văn Giúp",
            procedure="marital-status",
            until=clock.today() + timedelta(days=days),
            now=clock.now(),
        )

    return session, world.session_of(holder), give


def test_of_64_mandates_at_once_one_is_left_with_a_day_that_was_given_for_it(giving: Any) -> None:
    _giver, _holder, give = giving

    outcomes = at_once([partial(give, n) for n in range(AT_ONCE)], mandates.TooManyNamed)

    row = Mandate.objects.get()
    given = accepted(outcomes)
    days = [each.valid_until for each in given]
    assert {each.pk for each in given} == {row.pk}
    assert len(given) == len(set(days)) == policy.NAME_HOLDER.allowed  # each its own
    assert row.valid_until in days
    assert len(events_of("mandate_given")) == 2 * len(given)


def test_64_mandates_and_withdrawals_leave_one_or_none(giving: Any) -> None:
    giver, holder, give = giving

    def withdraw(by: sessions.Session) -> None:
        for row in Mandate.objects.filter(withdrawn_at__isnull=True):
            mandates.withdraw(session=by, public_id=row.public_id, now=clock.now())

    gives = [partial(give, n % 3) for n in range(32)]
    ends = [partial(withdraw, by) for by in (giver, holder) * 16]
    outcomes = at_once([*gives, *ends], mandates.TooManyNamed)

    assert accepted(outcomes[:32])
    assert Mandate.objects.filter(withdrawn_at__isnull=True).count() <= 1
    ended = Mandate.objects.filter(withdrawn_at__isnull=False).count()
    assert len(events_of("mandate_withdrawn")) == 2 * ended


# --- Drafts and revisions ---------------------------------------------------------------------------
def test_a_revision_published_while_64_drafts_are_saved_loses_no_answer() -> None:
    world.publish_shipped()
    world.make_desks()
    filers = [world.Filer(world.make_person(15 + n)) for n in range(AT_ONCE)]
    opened = [each.open(each.begin("absence-declaration")) for each in filers]
    there = Revision.objects.get(
        procedure__code="absence-declaration", state=RevisionState.PUBLISHED
    )
    text = there.text + "\n"
    with transaction.atomic():
        newer = publishing.draft(text, documents.read(text), now=clock.now())

    def save(n: int) -> Any:
        form = opened[n]
        step = next(
            each for each in form.steps if any(every.key == "reason" for every in each.fields)
        )
        page = form.read(step, {"reason": [REASONS[n % len(REASONS)]]})
        return drafts.keep(
            form, page, session=filers[n].session, step=step, version=form.draft.version,
            is_sent=False, now=clock.now(),
        )  # fmt: skip

    at_once(
        [partial(save, n) for n in range(AT_ONCE)]
        + [lambda: publishing.publish(newer, actor=SYSTEM, now=clock.now())]
    )

    for n, filer in enumerate(filers):
        form = filer.open(Draft.objects.get(filer=filer.account))
        assert form.revision_id == newer.pk
        assert form.answers["reason"] == REASONS[n % len(REASONS)]
