"""The e-mail relay."""

from typing import Final
from uuid import UUID

from accounts.gateways import delivery
from eid_portal.core import outside
from eid_portal.core.outside import Outcome

PARTY: Final = "email"
TAG: Final = "eid-email"


def send(*, message_id: UUID | str, to: str, subject: str, text: str, purpose: str) -> Outcome:
    """Have an e-mail (plain text) sent to an address.

    The relay sends a ``message_id`` once, so after ``Unknown`` or ``Unavailable`` the same call may be made again;
    ``Refused("no_such_address")`` is final.
    """
    return outside.call(
        PARTY,
        "POST",
        "/v1/messages",
        payload={
            "message_id": str(message_id),
            "to": to,
            "subject": subject,
            "text": text,
            "purpose": purpose,
        },
        tag=TAG,
        idempotency_key=str(message_id),
    )


def report(message_id: UUID | str) -> delivery.Report | None:
    """Whether a message arrived; None if there is no news."""
    return delivery.ask(PARTY, message_id=message_id, tag=TAG)
