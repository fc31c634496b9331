"""An agency's own system: ``POST /agency-desk/v1/applications/events``, once per ``event_id``.

It is told ``{"event_id", "reference", "procedure", "state", "at"}``, and refuses whatever says more.
"""

import re
from datetime import datetime
from typing import Any, Final

from eid_portal.sandbox.store import Report
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

_FIELDS: Final = {
    "event_id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "reference": re.compile(r"HS-[0-9]{6}-[0-9A-Z]{6}"),
    "procedure": re.compile(r"[a-z][-a-z0-9]{0,59}"),
    "state": re.compile(r"[A-Z_]{1,20}"),
    "at": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00"),
}


def take(world: World, payload: dict[str, Any]) -> Answer:
    """Keep one move; the same event again is the same move."""
    if payload.keys() - _FIELDS.keys():
        raise Refuse(422, "too_much")
    said = {name: _text(payload, name) for name in _FIELDS}
    try:
        datetime.fromisoformat(said["at"])
    except ValueError:
        raise Refuse(422, "malformed_at") from None
    report = Report(**said, received_at=world.now().isoformat(timespec="seconds"))
    kept = world.store.keep_report(report)
    if any(getattr(kept, name) != value for name, value in said.items()):
        raise Refuse(409, "another_event_has_this_id")
    return document({"event_id": kept.event_id, "received_at": kept.received_at})


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not _FIELDS[name].fullmatch(value):
        raise Refuse(422, f"malformed_{name}")
    return value
