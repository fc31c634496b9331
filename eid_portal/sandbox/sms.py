"""The SMS gateway: ``POST /sms/v1/messages {"message_id", "to", "text", "purpose"}``, once per message id.

``GET /sms/v1/messages/<message_id>`` says whether it arrived. The last two digits of the phone choose what happens:
see ``OUTCOMES``.
"""

import re
from typing import Any, Final
from uuid import uuid4

from eid_portal.sandbox import delivery, to_portal
from eid_portal.sandbox.delivery import Course
from eid_portal.sandbox.store import SentMessage
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

OUTCOMES: Final = {
    "00": "refused: no such phone",
    "95": "taken, but given up at once: reported as undelivered",
    "96": "taken, and delivered 60 seconds later",
    "97": "taken, but never delivered: the phone is off",
    "98": "busy: status 503 twice for each message, then sent",
    "99": "silent: takes the message, but does not answer the first time",
}
_COURSES: Final = {"95": Course.GIVEN_UP, "96": Course.LATE, "97": Course.NEVER}
_PHONE: Final = re.compile(r"\+\d{9,15}", re.ASCII)
_LONGEST: Final = 1000


def tell_sim_changed(world: World, phone: str) -> to_portal.Sent:
    """Tell the portal, signed, that the SIM of a phone was changed now."""
    signal = {
        "event_id": str(uuid4()),
        "phone": phone,
        "changed_at": world.now().isoformat(timespec="seconds"),
    }
    return to_portal.post(world, "/api/v1/sim-changes", signal, party="sms", tag="eid-sim-changes")


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
        world.hang()
    return document({"message_id": kept.message_id, "received_at": kept.received_at}, status=202)


def state(world: World, _payload: dict[str, Any], message_id: str) -> Answer:
    """Whether a message arrived."""
    kept = world.store.find_message(message_id)
    if kept is None:
        raise Refuse(404, "not_found")
    return delivery.report(kept.message_id, course(kept.phone), kept.received_at, world.now())


def course(phone: str) -> Course:
    """What becomes of a phone's messages after they were taken."""
    return _COURSES.get(phone[-2:], Course.AT_ONCE)


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise Refuse(422, f"malformed_{name}")
    return value
