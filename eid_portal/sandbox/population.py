"""The population register: ``POST /population/v1/lookup {"personal_number"}``."""

import base64
import re
from typing import Any, Final
from uuid import uuid4

from eid_portal.sandbox import data, photo, to_portal
from eid_portal.sandbox.data import Outcome, Person
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

EVENTS: Final = ("died", "card_lost", "card_revoked")
_NUMBER: Final = re.compile(r"\d{12}", re.ASCII)


def tell(world: World, person: Person, kind: str) -> to_portal.Sent:
    """Tell the portal, signed, that something of ``EVENTS`` happened to a person now."""
    event = {
        "event_id": str(uuid4()),
        "kind": kind,
        "personal_number": person.number,
        "at": world.now().isoformat(timespec="seconds"),
    }
    return to_portal.post(
        world, "/api/v1/population/events", event, party="population", tag="eid-population-events"
    )


def look_up(world: World, payload: dict[str, Any]) -> Answer:
    """Everything the register holds about one person."""
    number = payload.get("personal_number")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise Refuse(400, "malformed_number")
    person = data.find(number, today=world.today)
    if person is None:
        raise Refuse(404, "not_found")
    match person.outcome:
        case Outcome.NOT_FOUND:
            raise Refuse(404, "not_found")
        case Outcome.BROKEN:
            raise Refuse(500, "broken")
        case Outcome.BUSY_TWICE if world.busy_twice(number):
            raise Refuse(503, "busy", retry_after=1)
        case Outcome.SLOW:
            world.sleep(world.settings.slow.total_seconds())
        case Outcome.SILENT:
            world.hang()
        case _:
            pass
    return document({"person": describe(person)})


def describe(person: Person) -> dict[str, Any]:
    """The person on the wire."""
    household = data.household_of(person)
    deceased = person.outcome is Outcome.DECEASED
    return {
        "personal_number": person.number,
        "former_numbers": [person.former] if person.former else [],
        "full_name": data.register_name(person),
        "birth_date": data.register_birth_date(person).isoformat(),
        "sex": person.sex,
        "nationality": "VNM",
        "birth_registration_province": person.number[:3],
        "residence": {
            "province": person.province,
            "commune": person.commune,
            "line": person.line,
        },
        "status": "deceased" if deceased else "alive",
        "photo": {
            "content_type": "image/png",
            "data": base64.b64encode(photo.png(person.number)).decode(),
        },
        "household": {
            "head": household[0].number,
            "members": [_relative(member) | {"relation": member.relation} for member in household],
        },
        "guardians": [
            _relative(data.PEOPLE[guardian]) | {"basis": person.basis}
            for guardian in person.guardians
        ],
        "wards": [_relative(ward) | {"basis": ward.basis} for ward in data.wards_of(person)],
        "card": {
            "number": person.card_number,
            "issued_on": person.issued.isoformat(),
            "expires_on": person.expires.isoformat() if person.expires else None,
            "state": {Outcome.REVOKED: "revoked", Outcome.LOST: "lost"}.get(
                person.outcome, "valid"
            ),
        },
    }


def _relative(person: Person) -> dict[str, str]:
    return {"personal_number": person.number, "full_name": person.name}
