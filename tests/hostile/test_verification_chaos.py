"""Papers being verified while everything that does it is killed or wiped, and while their registry is dead or hangs."""

import hashlib
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Max

from accounts.models import Notice
from documents.models import Document, Verification
from eid_portal.core import audit_anchors, audit_sealing, circuit
from eid_portal.core.models import AuditEvent, Job
from tests.hostile.papers_at_work import PARTY, AtWork, answered, at_work, link, within

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PAPERS = 500
BLOWS = ("worker",) * 10 + ("relay",) * 6 + ("redis killed",) * 7 + ("redis wiped",) * 7
SEED = 20261126


def held() -> int:
    """How many papers a worker is just asking about."""
    return Job.objects.filter(lease_until__isnull=False, done_at__isnull=True).count()


def reached(goal: int, everything: AtWork) -> Callable[[], bool]:
    """Whether so many papers are answered; what ended meanwhile is started again."""

    def is_reached() -> bool:
        everything.revive()
        return answered() >= goal

    return is_reached


def at_it(everything: AtWork) -> Callable[[], bool]:
    """Whether a worker is in the middle of its work, or there is none left; what ended is started again."""

    def is_at_it() -> bool:
        everything.revive()
        return held() > 0 or answered() == PAPERS

    return is_at_it


def shuffled(blows: tuple[str, ...]) -> list[str]:
    """In no order, but in the same one each time."""

    def lot(place: int) -> bytes:
        return hashlib.sha256(f"{SEED} {place}".encode()).digest()

    return [blows[place] for place in sorted(range(len(blows)), key=lot)]


def strike(everything: AtWork, blow: str, place: int) -> None:
    if blow == "worker":
        within(30, at_it(everything))
        worker = everything.workers[place % len(everything.workers)]
        worker.kill()
        worker.start()
    elif blow == "relay":
        everything.relay.kill()
        everything.relay.start()
    elif blow == "redis killed":
        everything.kill_redis()
    else:
        everything.flush_redis()


def test_five_hundred_answers_are_recorded_once_each_whatever_is_killed(
    tmp_path: Path, settings: Any
) -> None:
    blows = shuffled(BLOWS)
    with at_work(workers=2, milliseconds=50, lease=3) as everything:
        documents = link(PAPERS, calls_per_second=60)
        for place, blow in enumerate(blows):
            goal = place * PAPERS * 9 // (len(blows) * 10)  # spread over nine tenths of the work
            within(60, reached(goal, everything))
            strike(everything, blow, place)
        assert answered() < PAPERS
        within(60, reached(PAPERS, everything))
        within(30, lambda: not Job.objects.filter(done_at__isnull=True).exists())
        asked = everything.asked()

    assert len(blows) == 30
    once = dict.fromkeys(documents, 1)
    outcomes = Verification.objects.values_list("document_id", "outcome")
    assert Counter(pk for pk, _outcome in outcomes) == once
    assert {outcome for _pk, outcome in outcomes} == {"VERIFIED"}
    assert Document.objects.filter(state="VERIFIED", verified_at__isnull=False).count() == PAPERS
    events = AuditEvent.objects.filter(name__startswith="documents.")
    assert set(events.values_list("name", flat=True)) == {"documents.paper_verified"}
    assert Counter(events.values_list("target_id", flat=True)) == once
    holders = dict.fromkeys(Document.objects.values_list("citizen_id", flat=True), 1)
    told = Notice.objects.values_list("citizen_id", "kind")
    assert Counter(citizen for citizen, _kind in told) == holders
    assert {kind for _citizen, kind in told} == {"PAPER_VERIFIED"}
    assert not Job.objects.filter(given_up_at__isnull=False).exists()
    # The blows were felt: what was being asked when a worker died was asked again, by another claim.
    assert len(asked) == PAPERS < sum(asked.values())
    assert Job.objects.aggregate(most=Max("attempt"))["most"] > 1
    settings.AUDIT_ANCHORS = tmp_path / "anchors"
    audit_sealing.seal(everything=True)
    audit_anchors.write_missing()
    call_command("verify_audit")


def test_what_a_killed_worker_was_asking_is_answered_within_half_a_minute() -> None:
    with at_work(workers=1, milliseconds=400) as everything:
        link(60, calls_per_second=1000)
        (worker,) = everything.workers
        within(30, lambda: answered() > 0 and held() > 0)
        worker.kill()
        orphans = list(Job.objects.filter(lease_until__isnull=False, done_at__isnull=True))
        worker.start()

        def done() -> bool:
            left = Job.objects.filter(pk__in=[job.pk for job in orphans], done_at__isnull=True)
            return not left.exists()

        assert orphans
        assert within(30, done) > 1
        within(10, lambda: answered() == 60)

    again = Job.objects.filter(pk__in=[job.pk for job in orphans])
    assert set(again.values_list("attempt", flat=True)) == {2}
    assert not Job.objects.filter(done_at__isnull=True).exists()


def test_a_worker_outlives_the_redis_that_rang_for_it() -> None:
    with at_work(workers=1, milliseconds=50) as everything:
        link(60, calls_per_second=20)
        (worker,) = everything.workers
        within(30, lambda: worker.wrote("] received") > 0)  # it heard the bell, and works
        everything.kill_redis()
        within(30, lambda: worker.wrote("Connected to ") > 1)
        within(30, lambda: answered() == 60)
        assert worker.process.poll() is None


# --- A registry that does not answer -------------------------------------------------------------------
def freeze(everything: AtWork) -> Callable[[], None]:
    process = everything.registry.process
    process.send_signal(signal.SIGSTOP)
    return lambda: process.send_signal(signal.SIGCONT)


def bury(everything: AtWork) -> Callable[[], None]:
    everything.registry.kill()
    return everything.registry.start


@pytest.mark.parametrize("fail", [freeze, bury])
def test_a_registry_that_fails_is_spared_within_ten_calls_and_asked_again_once_it_is_back(
    fail: Callable[[AtWork], Callable[[], None]],
) -> None:
    with at_work(workers=1, milliseconds=20) as everything:
        recover = fail(everything)
        link(100, calls_per_second=1000)
        within(60, lambda: circuit.open_until(PARTY) is not None)
        (worker,) = everything.workers
        calls = worker.said("outside_call")
        recover()
        everything.wait_for_registry()

        assert circuit.OPENS_AFTER <= len(calls) <= 10
        if fail is freeze:  # it reads now what reached it then
            within(30, lambda: sum(everything.asked().values()) == len(calls))
        assert answered() == 0
        # Nobody does anything: the next call that is let through finds out.
        assert within(30, lambda: circuit.open_until(PARTY) is None) > 1
        within(30, lambda: answered() == 100)

    assert Document.objects.filter(state="VERIFIED").count() == 100
    assert not Verification.objects.exclude(outcome="VERIFIED").exists()
    # Meanwhile it was left alone: one call each ten seconds at most, and no paper was asked about in vain twice.
    assert sum(1 for call in worker.said("outside_call") if call["outcome"] != "Accepted") <= 12
