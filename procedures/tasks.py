"""Background work of procedures: each task is one service call."""

from celery import shared_task

from eid_portal.core import clock, jobs
from procedures.services import drafts, fees, ticking


@jobs.task(fees.REFUND)
def refund_fee(claim: jobs.Claim) -> None:
    """Give the fee of one application back."""
    fees.give_back(claim)


@shared_task(name="procedures.tidy_drafts")
def tidy_drafts() -> None:
    """Throw away drafts that nobody goes on with; rung every hour."""
    drafts.tidy(now=clock.now())


@shared_task(name="procedures.tick")
def tick() -> None:
    """Reminders, letters of delay, silence, requests nobody answered; rung every minute."""
    ticking.tick(now=clock.now())
