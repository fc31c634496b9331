"""Background work of documents: each task is one service call."""

from celery import shared_task

from documents.services import answers, asking, correcting, rechecks, searching, verification
from eid_portal.core import clock, jobs


@jobs.drain(verification.VERIFY, lease=asking.LEASE)
def verify(lane: jobs.Lane) -> None:
    """Verify what is due at one registry."""
    asking.drain(lane)


@jobs.task(searching.SEARCH, tries=60)
def search(claim: jobs.Claim) -> None:
    """Ask one registry for one person's papers."""
    searching.ask(claim)


@jobs.task(rechecks.RECHECK)
def recheck_papers(claim: jobs.Claim) -> None:
    """Queue some papers of the day's check."""
    rechecks.queue_some(claim)


@shared_task(name="documents.begin_recheck")
def begin_recheck() -> None:
    """Begin the night's check of every paper; rung every few minutes, it begins once a day."""
    rechecks.begin(now=clock.now())


@shared_task(name="documents.note_unanswered")
def note_unanswered() -> None:
    """See which papers have gone without an answer for too long."""
    answers.note_unanswered(now=clock.now())


@jobs.task(correcting.SEND)
def send_correction(claim: jobs.Claim) -> None:
    """Send one request to correct to its registry."""
    correcting.send(claim)


@shared_task(name="documents.follow_corrections")
def follow_corrections() -> None:
    """Close requests that are settled, and escalate those that are late."""
    correcting.follow(now=clock.now())
