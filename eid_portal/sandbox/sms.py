"""The SMS gateway: ``POST /sms/v1/messages {"message_id", "to", "text", "purpose"}``, once per message id.

The last two digits of the phone choose: 00 refused; 98 busy twice; 99 takes the message and is silent the first time.
"""

import re
from typing import Any, Final

from eid_portal.sandbox.store import SentMessage
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

OUTCOMES: Final = {
    "00": "refused: no such phone",
    "98": "busy: status 503 twice for each message, then sent",
    "99": "silent: takes the message, but does not answer the first time",
}
_PHONE: Final = re.compile(r"\+\d{9,15}", re.ASCII)
_LONGEST: Final = 1000


def send(world: World, payload: dict[str, Any]) -> Answer:
    """Take a message; the same id again is the same message."""
    message = SentMessage(
        message_id=_text(payload, "message_id"),
        phone=_text(payload, "to"),
        text=_text(payload, "text"),
        purpose=_text(payload, "purpose"),
        received_at=world.now().isoformat(timespec="seconds"),
    )
    if not _PHONE.fullmatch(message.phone):
        raise Refuse(422, "malformed_phone")
    ending = message.phone[-2:]
    if ending == "00":
        raise Refuse(422, "no_such_phone")
    if ending == "98" and world.busy_twice(message.message_id):
        raise Refuse(503, "busy", retry_after=1)
    kept = world.store.keep_message(message)
    if (kept.phone, kept.text, kept.purpose) != (message.phone, message.text, message.purpose):
        raise Refuse(409, "another_message_has_this_id")
    if ending == "99" and world.store.count(f"silent:{message.message_id}") == 1:
        world.sleep(world.settings.silent.total_seconds())
        raise Refuse(504, "silent")
    return document({"message_id": kept.message_id, "received_at": kept.received_at}, status=202)


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise Refuse(422, f"malformed_{name}")
    return value
