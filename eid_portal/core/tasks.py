"""Periodic work of the core, rung by beat; each may run twice at once and does no harm then."""

from celery import shared_task

from eid_portal.core import approvals, audit_anchors, audit_sealing, clock, tidying


@shared_task(name="core.seal_audit")
def seal_audit() -> None:
    """Seal what happened since the last time, and anchor the blocks in the file."""
    audit_sealing.seal()
    audit_anchors.write_missing()


@shared_task(name="core.witness_audit")
def witness_audit() -> None:
    """Have the outside witness sign for new blocks."""
    audit_anchors.fetch_receipts()


@shared_task(name="core.expire_approvals")
def expire_approvals() -> None:
    """Close proposals nobody decided in time."""
    approvals.expire_old(now=clock.now())


@shared_task(name="core.tidy")
def tidy() -> None:
    """Delete what nobody needs any more."""
    tidying.delete_old(now=clock.now())
