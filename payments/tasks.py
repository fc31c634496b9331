"""Background work of payments: each task is one service call."""

from celery import shared_task

from eid_portal.core import clock, jobs
from payments import policy
from payments.services import (
    asking,
    bank_links,
    bills,
    debiting,
    ordering,
    reconciliation,
    refunding,
    reminders,
    scheduled_bills,
    settlements,
    settling,
)


@jobs.task(
    debiting.DEBIT, tries=asking.TRIES, lease=asking.LEASE, longest_wait=policy.REACHED_AGAIN
)
def debit(claim: jobs.Claim) -> None:
    """Have the bank debit one order."""
    debiting.debit(claim)


@jobs.task(
    debiting.SETTLE, tries=asking.TRIES, lease=asking.LEASE, longest_wait=policy.REACHED_AGAIN
)
def settle(claim: jobs.Claim) -> None:
    """Bring one payment to its payee."""
    settling.settle(claim)


@jobs.task(
    refunding.REFUND, tries=asking.TRIES, lease=asking.LEASE, longest_wait=policy.REACHED_AGAIN
)
def refund(claim: jobs.Claim) -> None:
    """Have the bank take one refund."""
    refunding.refund(claim)


@jobs.task(ordering.EXPIRE)
def expire_order(claim: jobs.Claim) -> None:
    """Cancel a draft whose time is up."""
    ordering.expire(claim)


@jobs.task(reconciliation.FETCH, tries=asking.TRIES, lease=reconciliation.LEASE)
def fetch_statement(claim: jobs.Claim) -> None:
    """Fetch and compare one party's file of a day."""
    reconciliation.fetch(claim)


@jobs.task(
    settlements.PAY, tries=asking.TRIES, lease=asking.LEASE, longest_wait=policy.REACHED_AGAIN
)
def pay_settlement(claim: jobs.Claim) -> None:
    """Have the switch pay out one settlement."""
    settlements.pay(claim)


@shared_task(name="payments.begin_reconciliation")
def begin_reconciliation() -> None:
    """Have the files of yesterday fetched; rung every few minutes, it begins once a day."""
    reconciliation.begin(now=clock.now())


@jobs.task(bank_links.EXPIRE)
def expire_link(claim: jobs.Claim) -> None:
    """End the linking of a bank account that nobody came back for."""
    bank_links.expire(claim)


@jobs.task(bank_links.END, tries=bank_links.END_TRIES)
def end_consent(claim: jobs.Claim) -> None:
    """Tell a bank that a consent has ended."""
    bank_links.end_at_bank(claim)


@jobs.task(bills.FETCH, tries=bills.FETCH_TRIES)
def fetch_bills(claim: jobs.Claim) -> None:
    """Ask for the bills of one saved code."""
    bills.fetch(claim)


@shared_task(name="payments.begin_bills")
def begin_bills() -> None:
    """Have bills asked for that nobody asked for of late; rung every hour."""
    bills.begin_daily(now=clock.now())


@shared_task(name="payments.remind_of_bills")
def remind_of_bills() -> None:
    """Remind people of bills before their last day; rung every hour."""
    reminders.remind(now=clock.now())


@shared_task(name="payments.begin_scheduled")
def begin_scheduled() -> None:
    """Tell of bills that will be paid by themselves, and end consents that cannot pay; rung every few minutes."""
    scheduled_bills.begin(now=clock.now())


@jobs.task(scheduled_bills.PAY)
def pay_scheduled(claim: jobs.Claim) -> None:
    """Pay one bill by its payer's standing consent."""
    scheduled_bills.pay(claim)
