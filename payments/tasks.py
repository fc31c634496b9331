"""Background work of payments: each task is one service call."""

from eid_portal.core import jobs
from payments.services import asking, debiting, ordering, refunding, settling


@jobs.task(debiting.DEBIT, tries=asking.TRIES, lease=asking.LEASE)
def debit(claim: jobs.Claim) -> None:
    """Have the bank debit one order."""
    debiting.debit(claim)


@jobs.task(debiting.SETTLE, tries=asking.TRIES, lease=asking.LEASE)
def settle(claim: jobs.Claim) -> None:
    """Bring one payment to its payee."""
    settling.settle(claim)


@jobs.task(refunding.REFUND, tries=asking.TRIES, lease=asking.LEASE)
def refund(claim: jobs.Claim) -> None:
    """Have the bank take one refund."""
    refunding.refund(claim)


@jobs.task(ordering.EXPIRE)
def expire_order(claim: jobs.Claim) -> None:
    """Cancel a draft whose time is up."""
    ordering.expire(claim)
