"""Four eyes: three different humans, a fresh sign-in, one decision, in time; the database says so too."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from eid_portal.core import approvals
from eid_portal.core.approvals import AlreadyOpen, ApprovalRefused, NotFresh, SamePerson, TooLate
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.models import Approval, ApprovalState, AuditEvent
from tests.factories import actor

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
KIND = "tests.exception"


class Handled:
    """Remembers what was decided."""

    def __init__(self) -> None:
        self.done: list[tuple[str, UUID]] = []
        self.fails = False

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        if self.fails:
            raise ZeroDivisionError
        self.done.append(("approved", approval.pk))

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        self.done.append(("closed", approval.pk))


@pytest.fixture(autouse=True)
def handled(monkeypatch: pytest.MonkeyPatch) -> Handled:
    handler = Handled()
    monkeypatch.setitem(approvals._handlers, KIND, handler)
    return handler


def propose(**given: Any) -> Approval:
    values: dict[str, Any] = {
        "kind": KIND,
        "target_id": uuid4(),
        "reason": "NO_CARD",
        "maker": actor(),
        "subject_citizen_id": uuid4(),
        "lasts": timedelta(days=1),
        "now": NOW,
    }
    return approvals.propose(**values | given)


def decide(approval: Approval, how: str = "approve", **given: Any) -> None:
    values: dict[str, Any] = {"approver": actor(), "signed_in_at": LATER - MINUTE, "now": LATER}
    if how == "refuse":
        values["note"] = "NOT_SURE"
    getattr(approvals, how)(approval=approval, **values | given)


def same_human(who: Actor) -> Actor:
    """The same person in another account."""
    return replace(who, account_id=uuid4())


# --- The way it should go -----------------------------------------------------------------------
def test_another_human_approves_and_it_is_done_once(db: None, handled: Handled) -> None:
    maker, approver = actor(), actor()
    approval = propose(maker=maker)

    decide(approval, approver=approver)

    approval.refresh_from_db()
    assert approval.state == ApprovalState.APPROVED
    assert (approval.maker_citizen_id, approval.approver_citizen_id) == (
        maker.citizen_id,
        approver.citizen_id,
    )
    assert approval.decided_at == LATER
    assert handled.done == [("approved", approval.pk)]
    events = AuditEvent.objects.order_by("recorded_at")
    assert [(e.name, e.actor_citizen_id, e.subject_id) for e in events] == [
        ("core.approval_proposed", maker.citizen_id, approval.subject_citizen_id),
        ("core.approval_given", approver.citizen_id, approval.subject_citizen_id),
    ]


def test_another_human_refuses(db: None, handled: Handled) -> None:
    approval = propose()

    decide(approval, "refuse")

    approval.refresh_from_db()
    assert (approval.state, approval.decision_note) == (ApprovalState.REFUSED, "NOT_SURE")
    assert handled.done == [("closed", approval.pk)]
    denied = AuditEvent.objects.get(name="core.approval_denied")
    assert denied.data == {
        "kind": KIND
    }  # what somebody typed may name a person: never in clear for good


def test_a_decision_about_no_citizen_needs_two_humans_all_the_same(db: None) -> None:
    maker = actor()
    approval = propose(maker=maker, subject_citizen_id=None)

    with pytest.raises(SamePerson):
        decide(approval, approver=same_human(maker))
    decide(approval)


# --- Three humans -------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["approve", "refuse"])
@pytest.mark.parametrize(
    "who", ["maker", "maker's other account", "subject", "nobody", "account", "system"]
)
def test_who_may_not_decide(db: None, handled: Handled, who: str, how: str) -> None:
    maker, subject = actor(), actor()
    approval = propose(maker=maker, subject_citizen_id=subject.citizen_id)
    approver = {
        "maker": maker,
        "maker's other account": same_human(maker),
        "subject": subject,
        "nobody": replace(actor(), citizen_id=None),
        "account": replace(actor(), account_id=maker.account_id),
        "system": SYSTEM,
    }[who]

    with pytest.raises(SamePerson):
        decide(approval, how, approver=approver)

    approval.refresh_from_db()
    assert approval.state == ApprovalState.PROPOSED
    assert handled.done == []


def test_nobody_proposes_about_themselves(db: None) -> None:
    maker = actor()
    for proposer in (maker, same_human(maker), replace(maker, account_id=None)):
        with pytest.raises(SamePerson):
            propose(maker=proposer, subject_citizen_id=maker.citizen_id)
    assert not Approval.objects.exists()


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"approver_citizen_id": "maker"}, "approval_maker_is_not_approver"),
        ({"approver_citizen_id": "subject"}, "approval_subject_is_not_approver"),
        ({"maker_citizen_id": "subject"}, "approval_subject_is_not_maker"),
    ],
)
def test_the_database_refuses_two_roles_of_one_human(
    db: None, columns: dict[str, str], constraint: str
) -> None:
    maker, subject = actor(), uuid4()
    approval = propose(maker=maker, subject_citizen_id=subject)
    people = {"maker": maker.citizen_id, "subject": subject}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(
            **{column: people[who] for column, who in columns.items()}
        )


@pytest.mark.parametrize("state", ["APPROVED", "REFUSED"])
def test_the_database_refuses_a_decision_of_nobody(db: None, state: str) -> None:
    approval = propose()

    for columns in ({}, {"decided_at": NOW}, {"approver_citizen_id": uuid4()}):
        with (
            pytest.raises(IntegrityError, match="approval_decided_by_someone"),
            transaction.atomic(),
        ):
            Approval.objects.filter(pk=approval.pk).update(state=state, **columns)


# --- Fresh and in time --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("signed_in_at", "fresh"),
    [
        (LATER, True),
        (LATER - 5 * MINUTE, True),
        (LATER - 5 * MINUTE - timedelta(microseconds=1), False),
        (NOW, False),
        (NOW - MINUTE, False),
    ],
)
def test_the_approver_signed_in_a_moment_ago(db: None, signed_in_at: datetime, fresh: bool) -> None:
    approval = propose()

    if fresh:
        decide(approval, signed_in_at=signed_in_at)
    else:
        with pytest.raises(NotFresh):
            decide(approval, signed_in_at=signed_in_at)


def test_signing_in_before_the_proposal_does_not_count(db: None) -> None:
    approval = propose()

    with pytest.raises(NotFresh):
        decide(approval, signed_in_at=NOW - timedelta(seconds=1), now=NOW + MINUTE)
    decide(approval, signed_in_at=NOW, now=NOW + MINUTE)


def test_a_proposal_expires(db: None, handled: Handled) -> None:
    approval = propose(lasts=timedelta(minutes=10))

    with pytest.raises(TooLate):
        decide(approval)
    assert approvals.expire_old(now=LATER - timedelta(microseconds=1)) == 0
    assert approvals.expire_old(now=LATER) == 1
    assert approvals.expire_old(now=LATER) == 0

    approval.refresh_from_db()
    assert approval.state == ApprovalState.EXPIRED
    assert handled.done == [("closed", approval.pk)]
    assert AuditEvent.objects.filter(name="core.approval_expired", actor_kind="system").exists()


@pytest.mark.parametrize("first", ["approve", "refuse"])
@pytest.mark.parametrize("second", ["approve", "refuse"])
def test_what_is_decided_stays_decided(db: None, handled: Handled, first: str, second: str) -> None:
    approval = propose()
    stale = Approval.objects.get()
    decide(approval, first)

    for seen in (approval, stale, Approval.objects.get()):
        with pytest.raises(TooLate):
            decide(seen, second)
    assert len(handled.done) == 1


def test_the_same_is_proposed_once_until_it_is_decided(db: None) -> None:
    target = uuid4()
    approval = propose(target_id=target)

    with pytest.raises(AlreadyOpen):
        propose(target_id=target)
    decide(approval, "refuse")
    propose(target_id=target)


def test_a_kind_nobody_handles_cannot_be_proposed(db: None) -> None:
    with pytest.raises(KeyError):
        propose(kind="tests.unknown")


def test_nothing_is_decided_when_what_it_does_fails(db: None, handled: Handled) -> None:
    approval = propose()
    handled.fails = True

    with pytest.raises(ZeroDivisionError):
        decide(approval)

    approval = Approval.objects.get()
    assert approval.state == ApprovalState.PROPOSED
    assert not AuditEvent.objects.filter(name="core.approval_given").exists()
    handled.fails = False
    decide(approval)


# --- Races --------------------------------------------------------------------------------------
def race(threads: int, act: Any) -> list[str]:
    together = threading.Barrier(threads)

    def run(number: int) -> str:
        together.wait(timeout=20)
        try:
            act(number)
        except ApprovalRefused as refused:
            return refused.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(threads) as pool:
        return sorted(pool.map(run, range(threads)))


@pytest.mark.django_db(transaction=True)
def test_of_many_approvers_at_once_one_decides(handled: Handled) -> None:
    approval = propose()

    def act(number: int) -> None:
        decide(Approval.objects.get(pk=approval.pk), "approve" if number % 2 else "refuse")

    assert race(6, act) == ["done", *["too_late"] * 5]
    assert len(handled.done) == 1
    assert AuditEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_equal_proposals_at_once_one_is_made() -> None:
    target = uuid4()

    answers = race(6, lambda _n: propose(target_id=target))

    assert answers == [*["already_open"] * 5, "done"]
    assert Approval.objects.count() == AuditEvent.objects.count() == 1


def test_every_refusal_has_a_code_and_words_for_people() -> None:
    refusals = [
        refusal
        for refusal in ApprovalRefused.__subclasses__()
        if refusal.__module__ == approvals.__name__
    ]

    assert len({refusal.code for refusal in refusals}) == len(refusals) == 4
    assert all(str(refusal.message) for refusal in refusals)
