"""Check every paper anew, each night and whenever an operator wants a kind checked.

What is due follows from the papers alone: their ``next_check_at``. A job queues some for each registry, never more than
it can answer in a few seconds, and comes back for more; a killed one goes on where it was, and the papers of a registry
that does not answer wait without holding up the others.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from documents import events, gateways, policy
from documents.enums import DocumentState, VerificationOutcome, VerificationReason
from documents.models import Document, Recheck, Verification
from documents.rules import verifying as rules
from documents.services import pacing
from documents.services.verification import VERIFY
from eid_portal.core import audit, clock, jobs, tidying
from eid_portal.core.events import Actor
from eid_portal.core.models import Job

RECHECK: Final = "documents.recheck_papers"
_COME_BACK: Final = timedelta(seconds=1)


@transaction.atomic
def begin(*, now: datetime) -> bool:
    """Begin the night's check once its hour has come, unless it has begun. Returns whether it began."""
    night = rules.next_night(now, clock.VIET_NAM) - timedelta(days=1)
    return _begin(clock.today(night), since=night, now=now)


@transaction.atomic
def recheck_kind(kind: str, *, actor: Actor, now: datetime) -> int:
    """Have every paper of a kind checked anew, from now on. Returns how many."""
    # In the order of everybody who locks several papers: answers are being written down meanwhile.
    locked = _linked().filter(kind=kind).order_by("pk").select_for_update(of=("self",))
    papers = Document.objects.filter(pk__in=locked.values("pk")).update(next_check_at=now)
    audit.record(events.PapersRechecked(kind=kind, papers=papers), actor=actor, now=now)
    _begin(clock.today(now), since=now, now=now)
    return papers


def _begin(day: date, *, since: datetime, now: datetime) -> bool:
    """Have the day's check run: for the first time, or again if it ended, or has not begun, ``since`` then."""
    check, new = Recheck.objects.get_or_create(day=day, defaults={"begun_at": now})
    if not new:
        # Locked as by the one who ends it: either that one sees what is due now, or it is over for us.
        check = Recheck.objects.select_for_update().get(pk=check.pk)
        if check.done_at is None or check.begun_at >= since:
            return False
        Recheck.objects.filter(pk=check.pk).update(begun_at=now, done_at=None)
    jobs.enqueue(RECHECK, subject_id=check.pk)
    return True


def queue_some(claim: jobs.Claim) -> None:
    """Queue due papers of each registry as far as it has room, and come back until none is due.

    Raises:
        jobs.LostClaim: another worker has the job.
    """
    check = Recheck.objects.get(pk=claim.subject_id)
    for party in gateways.every():
        _queue_for(party, check)
    with transaction.atomic():
        check = Recheck.objects.select_for_update().get(pk=check.pk)
        claim.finish()
        now = clock.now()
        if any(_due(party, now).exists() for party in gateways.every()):
            jobs.enqueue(RECHECK, subject_id=check.pk, at=now + _COME_BACK)
        else:
            Recheck.objects.filter(pk=check.pk).update(done_at=now)


def _queue_for(party: str, check: Recheck) -> None:
    """Queue what there is room for at one registry."""
    while True:
        now = clock.now()
        room = min(_room(party), policy.RECHECKED_AT_ONCE)
        if not room:
            break
        with transaction.atomic():
            papers = list(
                _due(party, now)
                .order_by("next_check_at", "pk")
                .select_for_update(of=("self",), skip_locked=True)
                .only("pk", "citizen_id", "registry")[:room]
            )
            _queue(party, papers, check, now=now)
        if len(papers) < room:
            break


def _queue(party: str, papers: list[Document], check: Recheck, *, now: datetime) -> None:
    if not papers:
        return
    pks = [paper.pk for paper in papers]
    _linked().filter(pk__in=pks).update(next_check_at=rules.next_night(now, clock.VIET_NAM))
    rows = [
        Verification(
            document=paper, registry=party, reason=VerificationReason.NIGHTLY, requested_at=now
        )
        for paper in papers
    ]
    Verification.objects.bulk_create(rows, ignore_conflicts=True)  # one may be open already
    written = Verification.objects.filter(pk__in=[row.pk for row in rows])
    subjects: list[UUID] = list(written.values_list("pk", flat=True))
    jobs.enqueue_many(VERIFY, subject_ids=subjects, lane=party, routine=True)
    Recheck.objects.filter(pk=check.pk).update(queued=F("queued") + len(subjects))


def _room(party: str) -> int:
    """How many more may wait in the lane of a registry."""
    most = max(policy.BATCH, pacing.of(party).calls_per_second * policy.WAITING_SECONDS)
    waiting = Job.objects.filter(
        task=VERIFY, lane=party, done_at__isnull=True, given_up_at__isnull=True
    )
    return max(0, most - waiting[:most].count())


def _linked() -> QuerySet[Document]:
    return Document.objects.exclude(state=DocumentState.UNLINKED)


def _due(party: str, now: datetime) -> QuerySet[Document]:
    return _linked().filter(registry=party, next_check_at__lte=now)


# --- What is kept ------------------------------------------------------------------------------------
def old_verifications(now: datetime) -> QuerySet[Verification]:
    """Verifications that ended long ago and are not their paper's last."""
    later = Verification.objects.filter(document_id=OuterRef("document_id"), pk__gt=OuterRef("pk"))
    return Verification.objects.filter(
        Exists(later),
        pk__lt=tidying.first_id(now - policy.VERIFICATIONS_KEPT),
        done_at__lt=now - policy.VERIFICATIONS_KEPT,
    ).exclude(outcome=VerificationOutcome.GIVEN_UP, resolved_at__isnull=True)
