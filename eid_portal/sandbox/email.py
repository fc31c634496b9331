"""The e-mail relay: ``POST /email/v1/messages {"message_id", "to", "subject", "text", "purpose"}``, once per id.

``GET /email/v1/messages/<message_id>`` says whether it arrived. What stands before the @ chooses what happens: see
``OUTCOMES``.
"""

import re
from typing import Any, Final

from eid_portal.sandbox import delivery
from eid_portal.sandbox.delivery import Course
from eid_portal.sandbox.store import SentMail
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

OUTCOMES: Final = {
    "refused": "refused: no such address",
    "bounced": "taken, but sent back at once: reported as undelivered",
    "late": "taken, and delivered 60 seconds later",
    "lost": "taken, but never delivered",
    "busy": "busy: status 503 twice for each message, then sent",
    "silent": "silent: takes the message, but does not answer the first time",
}
_COURSES: Final = {"bounced": Course.GIVEN_UP, "late": Course.LATE, "lost": Course.NEVER}
_ADDRESS: Final = re.compile(r"[^@\s/]{1,64}@[^@\s/]{1,253}")
_LONGEST: Final = {"message_id": 100, "to": 254, "subject": 200, "text": 10_000, "purpose": 100}


def send(world: World, payload: dict[str, Any]) -> Answer:
    """Take a message; the same id again is the same message."""
    fields = {name: _text(payload, name) for name in _LONGEST}
    mail = SentMail(
        message_id=fields["message_id"],
        address=fields["to"].lower(),
        subject=fields["subject"],
        text=fields["text"],
        purpose=fields["purpose"],
        received_at=world.now().isoformat(timespec="seconds"),
    )
    if not _ADDRESS.fullmatch(mail.address):
        raise Refuse(422, "malformed_address")
    name = mail.address.partition("@")[0]
    if name == "refused":
        raise Refuse(422, "no_such_address")
    if name == "busy" and world.busy_twice(mail.message_id):
        raise Refuse(503, "busy", retry_after=1)
    kept = world.store.keep_mail(mail)
    if (kept.address, kept.subject, kept.text) != (mail.address, mail.subject, mail.text):
        raise Refuse(409, "another_message_has_this_id")
    if name == "silent" and world.store.count(f"silent:{mail.message_id}") == 1:
        world.sleep(world.settings.silent.total_seconds())
        raise Refuse(504, "silent")
    return document({"message_id": kept.message_id, "received_at": kept.received_at}, status=202)


def state(world: World, _payload: dict[str, Any], message_id: str) -> Answer:
    """Whether a message arrived."""
    kept = world.store.find_mail(message_id)
    if kept is None:
        raise Refuse(404, "not_found")
    return delivery.report(kept.message_id, course(kept.address), kept.received_at, world.now())


def course(address: str) -> Course:
    """What becomes of an address's messages after they were taken."""
    return _COURSES.get(address.partition("@")[0], Course.AT_ONCE)


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST[name]:
        raise Refuse(422, f"malformed_{name}")
    return value
