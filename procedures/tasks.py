"""Background work of procedures: each task is one service call."""

from celery import shared_task

from eid_portal.core import clock, jobs
from procedures.services import (
    agencies,
    calendar,
    consent_answers,
    consents,
    drafts,
    effects,
    fees,
    mandates,
    measuring,
    results,
    ticking,
)


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


@jobs.task(consents.LAPSE)
def lapse_consent(claim: jobs.Claim) -> None:
    """End one question to another person whose time is over."""
    consent_answers.lapse(claim)


@jobs.task(calendar.FOLLOW, lease=calendar.LEASE)
def follow_calendar(claim: jobs.Claim) -> None:
    """Count due dates anew after the calendar changed."""
    calendar.follow(claim)


@shared_task(name="procedures.measure")
def measure() -> None:
    """Work out how long offices really take; rung every hour."""
    measuring.measure(now=clock.now())


@shared_task(name="procedures.remind_of_mandates")
def remind_of_mandates() -> None:
    """Tell of mandates that run out, and of those that did; rung every hour."""
    mandates.remind(now=clock.now())


@jobs.task(results.DRAW, tries=50)
def draw_result(claim: jobs.Claim) -> None:
    """Draw and sign the document of one result."""
    results.draw(claim)


@jobs.task(effects.CARRY_OUT, tries=effects.TRIES, longest_wait=effects.LONGEST_WAIT)
def carry_out_effect(claim: jobs.Claim) -> None:
    """Carry out one change that a decision brings about."""
    effects.carry_out(claim)


@jobs.task(agencies.TELL)
def tell_agency(claim: jobs.Claim) -> None:
    """Tell an agency of one move of an application."""
    agencies.tell(claim)
