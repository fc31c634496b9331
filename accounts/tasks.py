"""Background work of accounts: each task is one service call."""

from celery import shared_task

from accounts.services import (
    consents,
    contacts,
    counter,
    exports,
    guardianships,
    lifecycle,
    notices,
    recovering,
    recovery_attempts,
    route_checks,
    watching,
)
from eid_portal.core import clock, jobs


@jobs.task(notices.SEND, tries=60)
def send_notice(claim: jobs.Claim) -> None:
    """Send one text message or e-mail."""
    notices.send(claim)


@jobs.task(notices.FOLLOW)
def follow_notice(claim: jobs.Claim) -> None:
    """Ask whether one text message or e-mail arrived."""
    notices.follow(claim)


@shared_task(name="accounts.begin_card_review")
def begin_card_review() -> None:
    """Begin the day's review of cards; rung every hour, it begins once a day."""
    lifecycle.begin_review(now=clock.now())


@shared_task(name="accounts.abandon_cases")
def abandon_cases() -> None:
    """Leave the cases of people who went away."""
    counter.abandon_old(now=clock.now())


@shared_task(name="accounts.settle_contacts")
def settle_contacts() -> None:
    """Settle the changes of phone and e-mail address that can no longer be taken back."""
    contacts.settle(now=clock.now())


@shared_task(name="accounts.ask_route_checks")
def ask_route_checks() -> None:
    """Ask people whose year is over to try their ways of recovery."""
    route_checks.ask_due(now=clock.now())


@jobs.task(lifecycle.REVIEW)
def review_cards(claim: jobs.Claim) -> None:
    """Look at some cards of a review."""
    lifecycle.review_some(claim)


@jobs.task(recovery_attempts.SEND)
def send_recovery_code(claim: jobs.Claim) -> None:
    """Send a code that a recovery asked for, if there is somebody to send it to."""
    recovery_attempts.deliver(claim, now=clock.now())


@jobs.task(recovering.REMIND)
def remind_recovery(claim: jobs.Claim) -> None:
    """Remind somebody of a delayed reset of their account."""
    recovering.remind(claim)


@jobs.task(recovering.EXPIRE)
def expire_recovery(claim: jobs.Claim) -> None:
    """Close a delayed reset that nobody finished."""
    recovering.expire(claim)


@shared_task(name="accounts.begin_guardianship_review")
def begin_guardianship_review() -> None:
    """Begin the day's review of guardianships; rung every hour, it begins once a day."""
    guardianships.begin_review(now=clock.now())


@jobs.task(guardianships.REVIEW)
def review_guardianships(claim: jobs.Claim) -> None:
    """Look at some guardianships of a review."""
    guardianships.review_some(claim)


@jobs.task(exports.MAKE, tries=5, lease=exports.LEASE)
def make_export(claim: jobs.Claim) -> None:
    """Make a copy of all data about a person."""
    exports.make(claim)


@shared_task(name="accounts.delete_exports")
def delete_exports() -> None:
    """Delete copies that were kept long enough."""
    exports.delete_due(now=clock.now())


@shared_task(name="accounts.end_consents")
def end_consents() -> None:
    """End consents whose last day has come."""
    consents.end_due(now=clock.now())


@shared_task(name="accounts.draw_samples")
def draw_samples() -> None:
    """Draw the looks that supervisors review; rung every hour, it draws a day's once."""
    watching.draw_samples(now=clock.now())
