"""A paper is verified in the background: what an answer makes of it, what people are told, what failures lead to."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Account, Notice
from documents import policy
from documents.enums import DocumentState, PaperStatus, VerificationOutcome, VerificationReason
from documents.models import Document, Registry, Verification
from documents.services import answers, verification
from eid_portal.core import circuit, clock, jobs
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.models import AuditEvent, Job
from eid_portal.core.outside import Accepted, Refused, Unavailable, Unknown
from tests.documents.registry import PARTY, FakeRegistry, make_document
from tests.factories import make_account, make_citizen

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # noon in Viet Nam
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
REASON = VerificationReason
REVOKED = Accepted({"status": PaperStatus.REVOKED})
SOMEBODY_ELSE = Accepted({"holder_name": "Trần Thị Khác"})


@pytest.fixture
def owner() -> Account:
    return make_account()


@pytest.fixture
def document(owner: Account) -> Document:
    with clock.frozen(NOW):
        return make_document(account=owner)


def verify(document: Document, *, at: datetime = NOW, reason: REASON = REASON.LINK) -> Verification:
    """Ask for a verification and do all that is due then."""
    with clock.frozen(at):
        asked = verification.request(document, reason=reason, now=at)
        work(at)
    asked.refresh_from_db()
    document.refresh_from_db()
    return asked


def work(at: datetime) -> None:
    with clock.frozen(at):
        Job.objects.update(rung_at=None)
        jobs.run_due()


def next_try(asked: Verification) -> datetime:
    assert asked.next_try_at is not None
    return asked.next_try_at


def events(document: Document) -> list[str]:
    rows = AuditEvent.objects.filter(target_id=document.pk).order_by("recorded_at", "id")
    return [row.name.removeprefix("documents.paper_") for row in rows]


def told() -> list[str]:
    return list(Notice.objects.order_by("created_at", "id").values_list("kind", flat=True))


# --- What an answer makes of a paper -----------------------------------------------------------------
def test_a_paper_that_agrees_is_verified(registry: FakeRegistry, document: Document) -> None:
    asked = verify(document)

    assert (asked.outcome, asked.done_at, asked.tries) == (VerificationOutcome.VERIFIED, NOW, 1)
    assert asked.fields == {"name": "SAME"}
    assert document.state == DocumentState.VERIFIED
    assert document.paper["number"] == "T0001"
    assert (document.verified_at, document.checked_at, document.since) == (NOW, NOW, NOW)
    assert document.next_check_at == datetime(2026, 11, 23, 19, 0, tzinfo=UTC)  # 02:00
    assert events(document) == ["verified"]
    assert told() == ["PAPER_VERIFIED"]
    assert Job.objects.get(task=verification.VERIFY).done_at is not None
    assert Registry.objects.get().last_answer_at == NOW


@pytest.mark.parametrize(
    ("answer", "state", "event", "notice"),
    [
        (SOMEBODY_ELSE, DocumentState.MISMATCH, "mismatched", "PAPER_MISMATCH"),
        (Refused("not_found"), DocumentState.NOT_FOUND, "not_found", "PAPER_NOT_FOUND"),
        (REVOKED, DocumentState.REVOKED, "revoked", "PAPER_REVOKED"),
        (
            Accepted({"status": PaperStatus.EXPIRED}),
            DocumentState.EXPIRED,
            "expired",
            "PAPER_EXPIRED",
        ),
        (
            Accepted({"expires_on": date(2026, 11, 22)}),
            DocumentState.EXPIRED,
            "expired",
            "PAPER_EXPIRED",
        ),
    ],
)
def test_what_does_not_agree_says_so_and_is_told(
    registry: FakeRegistry, document: Document, answer: Any, state: Any, event: str, notice: str
) -> None:
    registry.says(document, answer)
    asked = verify(document)

    assert (document.state, asked.outcome) == (state, state.value)
    assert events(document) == [event]
    assert told() == [notice]
    assert (document.paper is None) == (state in {"MISMATCH", "NOT_FOUND"})
    assert (document.answer is None) == (state != "MISMATCH")


def test_somebody_elses_revoked_paper_is_a_mismatch(
    registry: FakeRegistry, document: Document
) -> None:
    registry.says(document, Accepted(SOMEBODY_ELSE.data | REVOKED.data))
    verify(document)

    assert document.state == DocumentState.MISMATCH
    assert document.differing == {"name": "DIFFERENT"}


def test_a_correction_that_was_made_verifies_it(registry: FakeRegistry, document: Document) -> None:
    registry.says(document, SOMEBODY_ELSE)
    verify(document)
    registry.says(document, Accepted({}))
    verify(document, at=NOW + DAY, reason=REASON.CORRECTION)

    assert document.state == DocumentState.VERIFIED
    assert document.answer is None
    assert events(document) == ["mismatched", "verified"]
    assert told() == ["PAPER_MISMATCH", "PAPER_VERIFIED"]


def test_a_check_that_changes_nothing_writes_no_event_and_tells_nobody(
    registry: FakeRegistry, document: Document
) -> None:
    verify(document)
    sealed = Document.objects.filter(pk=document.pk).values_list("paper").get()
    asked = verify(document, at=NOW + DAY, reason=REASON.NIGHTLY)

    assert asked.outcome == VerificationOutcome.VERIFIED
    assert (document.verified_at, document.checked_at) == (NOW + DAY, NOW + DAY)
    assert document.since == NOW
    assert Document.objects.filter(pk=document.pk).values_list("paper").get() == sealed
    assert events(document) == ["verified"]
    assert told() == ["PAPER_VERIFIED"]


def test_what_changed_is_kept_and_told(registry: FakeRegistry, document: Document) -> None:
    verify(document)
    registry.says(document, Accepted({"values": {"points": 10}}))
    verify(document, at=NOW + DAY, reason=REASON.EVENT)

    assert document.paper["values"] == {"points": 10}
    assert events(document) == ["verified"]
    assert told() == ["PAPER_VERIFIED", "PAPER_CHANGED"]


def test_the_last_copy_that_agreed_stays(registry: FakeRegistry, document: Document) -> None:
    verify(document)
    for answer in (SOMEBODY_ELSE, Refused("not_found")):
        registry.says(document, answer)
        verify(document, at=NOW + DAY, reason=REASON.NIGHTLY)

        assert document.paper["holder_name"] != "Trần Thị Khác"
        assert document.verified_at == NOW


@pytest.mark.parametrize("days_left", [91, 90, 31, 30, 7, 0])
def test_its_end_is_warned_of_once_each(
    registry: FakeRegistry, document: Document, days_left: int
) -> None:
    ends = clock.today(NOW) + timedelta(days=days_left)
    registry.says(document, Accepted({"expires_on": ends}))
    verify(document)
    verify(document, at=NOW + timedelta(hours=1), reason=REASON.HOLDER)

    warned = {91: None, 90: 90, 31: 90, 30: 30, 7: 7, 0: 7}[days_left]
    assert document.warned_days == warned
    assert sorted(told()) == [*["PAPER_EXPIRES"] * (warned is not None), "PAPER_VERIFIED"]


def test_a_renewed_paper_is_warned_of_anew(registry: FakeRegistry, document: Document) -> None:
    for days_left, warned in ((5, 7), (400, None), (80, 90)):
        ends = clock.today(NOW) + timedelta(days=days_left)
        registry.says(document, Accepted({"expires_on": ends}))
        verify(document, reason=REASON.HOLDER)
        assert document.warned_days == warned

    assert told().count("PAPER_EXPIRES") == 2


# --- One open verification a paper -------------------------------------------------------------------
def test_asking_again_hurries_what_waits(registry: FakeRegistry, document: Document) -> None:
    with clock.frozen(NOW):
        first = verification.request(document, reason=REASON.LINK, now=NOW, at=NOW + DAY)
        work(NOW)
        assert registry.calls == 0
        second = verification.request(document, reason=REASON.HOLDER, now=NOW)
        work(NOW)

    assert (first.pk, registry.calls) == (second.pk, 1)


def test_asked_while_it_is_being_asked_it_is_asked_once_more(
    registry: FakeRegistry, document: Document
) -> None:
    with clock.frozen(NOW):
        verification.request(document, reason=REASON.LINK, now=NOW)
        lane = jobs.Lane(verification.VERIFY, PARTY, timedelta(seconds=20), 1e18)
        (claim,) = lane.claim(5)
        verification.request(document, reason=REASON.EVENT, now=NOW)
        assert Verification.objects.get().again == REASON.EVENT

        Job.objects.update(lease_until=None)
        work(NOW)
        assert lane.settle(done=[claim]) == set()

    rows = Verification.objects.order_by("pk").values_list("reason", "outcome")
    assert list(rows) == [("LINK", "VERIFIED"), ("EVENT", "VERIFIED")]
    assert registry.calls == 2


def test_a_paper_that_left_meanwhile_is_not_asked_about(
    registry: FakeRegistry, document: Document
) -> None:
    with clock.frozen(NOW):
        asked = verification.request(document, reason=REASON.LINK, now=NOW)
        Document.objects.filter(pk=document.pk).update(state="UNLINKED", unlinked_at=NOW)
        work(NOW)
    asked.refresh_from_db()

    assert (asked.outcome, registry.calls) == (VerificationOutcome.DROPPED, 0)


def test_an_answer_about_a_paper_that_left_is_dropped(
    registry: FakeRegistry, document: Document
) -> None:
    def leave(_number: str) -> Accepted:
        return Accepted({})

    with clock.frozen(NOW):
        asked = verification.request(document, reason=REASON.LINK, now=NOW)
        registry.default = leave
        with_record = answers.record

        def unlinked_first(*given: Any, **named: Any) -> None:
            Document.objects.filter(pk=document.pk).update(state="UNLINKED", unlinked_at=NOW)
            with_record(*given, **named)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(answers, "record", unlinked_first)
            work(NOW)
    asked.refresh_from_db()
    document.refresh_from_db()

    assert asked.outcome == VerificationOutcome.DROPPED
    assert (document.state, document.paper) == (DocumentState.UNLINKED, None)
    assert events(document) == []


# --- No answer ----------------------------------------------------------------------------------------
def test_a_failure_is_tried_again_later_and_later(
    registry: FakeRegistry, document: Document
) -> None:
    registry.says(document, Unknown("read_timeout"))
    asked, tried_at, waits = verify(document), NOW, []
    for _try in range(3):
        waits.append((next_try(asked) - tried_at).total_seconds())
        tried_at = next_try(asked)
        work(tried_at)
        asked.refresh_from_db()
    document.refresh_from_db()

    for wait, planned in zip(waits, (2, 6, 18), strict=True):
        assert 0.75 * planned <= wait <= 1.25 * planned
    assert (asked.code, asked.failed_since, asked.outcome) == ("read_timeout", NOW, "PENDING")
    assert document.state == DocumentState.UNAVAILABLE
    assert events(document) == ["unavailable"]
    assert told() == []

    registry.says(document, Accepted({}))
    work(next_try(asked) + MINUTE)
    document.refresh_from_db()
    assert document.state == DocumentState.VERIFIED
    assert told() == ["PAPER_VERIFIED"]


def test_a_registry_that_says_when_is_believed(registry: FakeRegistry, document: Document) -> None:
    registry.says(document, Unavailable("status_503", timedelta(minutes=7)))
    asked = verify(document)

    assert asked.next_try_at == NOW + timedelta(minutes=7)


def test_a_verified_paper_stays_verified_for_days(
    registry: FakeRegistry, document: Document
) -> None:
    verify(document)
    registry.says(document, Unknown("status_500"))
    almost = NOW + policy.STALE_AFTER - MINUTE
    verify(document, at=almost, reason=REASON.NIGHTLY)
    answers.note_unanswered(now=almost)
    document.refresh_from_db()
    assert document.state == DocumentState.VERIFIED

    assert answers.note_unanswered(now=NOW + policy.STALE_AFTER) == 1
    document.refresh_from_db()
    assert document.state == DocumentState.UNAVAILABLE
    assert document.paper is not None
    assert events(document) == ["verified", "unavailable"]


def test_after_many_tries_an_operator_looks(registry: FakeRegistry, document: Document) -> None:
    registry.says(document, Unknown("status_500"))
    asked = verify(document)
    Verification.objects.update(tries=policy.VERIFICATION_TRIES - 1)
    work(next_try(asked))
    asked.refresh_from_db()
    document.refresh_from_db()

    assert (asked.outcome, asked.code) == (VerificationOutcome.GIVEN_UP, "status_500")
    assert document.state == DocumentState.UNAVAILABLE

    operator = make_account(make_citizen(77))
    actor = Actor(
        kind=ActorKind.ADMINISTRATOR, account_id=operator.pk, citizen_id=operator.citizen_id
    )
    registry.says(document, Accepted({}))
    with clock.frozen(NOW + DAY):
        again = verification.retry(asked, actor=actor, now=NOW + DAY)
        with pytest.raises(verification.NotGivenUp):
            verification.resolve(asked, note="x", actor=actor, now=NOW + DAY)
    work(NOW + DAY)
    again.refresh_from_db()
    assert (again.outcome, again.reason) == ("VERIFIED", "OPERATOR")
    asked.refresh_from_db()
    assert asked.resolved_by_id == operator.pk


def test_what_cannot_be_asked_is_put_aside(registry: FakeRegistry, document: Document) -> None:
    Document.objects.filter(pk=document.pk).update(kind="GONE")
    fine = make_document("T0002", citizen=document.citizen, account=document.linked_by)
    with clock.frozen(NOW):
        verification.request(fine, reason=REASON.LINK, now=NOW)
    asked = verify(document)

    assert (asked.outcome, asked.code) == (VerificationOutcome.GIVEN_UP, "NoSuchKind")
    assert Document.objects.get(pk=fine.pk).state == DocumentState.VERIFIED


def test_while_a_registry_is_spared_its_papers_say_so(
    registry: FakeRegistry, document: Document
) -> None:
    with clock.frozen(NOW):
        for _each in range(circuit.OPENS_AFTER):
            circuit.note(PARTY, failed=True, now=NOW)
    asked = verify(document)

    assert registry.calls == 0
    assert (asked.failed_since, asked.code) == (NOW, "circuit_open")
    assert asked.next_try_at == NOW + circuit.TRIED_EVERY
    assert answers.note_unanswered(now=NOW + MINUTE) == 1
    document.refresh_from_db()
    assert document.state == DocumentState.UNAVAILABLE

    work(NOW + MINUTE)
    document.refresh_from_db()
    assert document.state == DocumentState.VERIFIED
    assert circuit.open_until(PARTY) is None
