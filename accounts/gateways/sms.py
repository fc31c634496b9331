"""The SMS gateway."""

from typing import Final
from uuid import UUID

from accounts.gateways import delivery
from eid_portal.core import outside
from eid_portal.core.outside import Outcome

PARTY: Final = "sms"
TAG: Final = "eid-sms"


def send(*, message_id: UUID | str, to: str, text: str, purpose: str) -> Outcome:
    """Have a text message sent to a phone (E.164).

    The gateway sends a ``message_id`` once, so after ``Unknown`` or ``Unavailable`` the same call may be made again;
    ``Refused("no_such_phone")`` is final.
    """
    return outside.call(
        PARTY,
        "POST",
        "/v1/messages",
        payload={"message_id": str(message_id), "to": to, "text": text, "purpose": purpose},
        tag=TAG,
        idempotency_key=str(message_id),
    )


def report(message_id: UUID | str) -> delivery.Report | None:
    """Whether a message arrived; None if there is no news."""
    return delivery.ask(PARTY, message_id=message_id, tag=TAG)
