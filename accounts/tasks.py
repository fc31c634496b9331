"""Background work of accounts: each task is one service call."""

from accounts.services import notices
from eid_portal.core import jobs


@jobs.task(notices.SEND, tries=60)
def send_notice(claim: jobs.Claim) -> None:
    """Send one text message."""
    notices.send(claim)
