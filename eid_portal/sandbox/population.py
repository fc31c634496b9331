"""The population register: ``POST /population/v1/lookup {"personal_number"}``, and ``/births`` for a child's number."""

import base64
import json
import re
from datetime import date
from typing import Any, Final
from uuid import uuid4

from eid_portal.sandbox import data, photo, to_portal
from eid_portal.sandbox.data import Outcome, Person
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

EVENTS: Final = ("died", "card_lost", "card_revoked")
_NUMBER: Final = re.compile(r"\d{12}", re.ASCII)
_PARENTS: Final = ("parent", "other_parent")  # who filed; who else stands on the certificate
_SERIALS: Final = 88  # of children born on one day, one sex and place; no real person has these, and the rest mean more


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
    born = world.store.find_birth(number)
    if born is not None:
        return document({"person": _describe_born(number, born)})
    person = data.find(number, today=world.today)
    if person is None:
        raise Refuse(404, "not_found")
    _play(world, person)
    return document({"person": describe(person)})


def register_birth(world: World, payload: dict[str, Any]) -> Answer:
    """Give a child a number; the same request again gets the same. What happens is chosen by the parent's number."""
    try:
        asked = _birth(payload)
        born = date.fromisoformat(asked["birth_date"])
    except (KeyError, TypeError, ValueError):
        raise Refuse(400, "malformed") from None
    named = [asked[name] for name in _PARENTS if name in asked]
    parent, *others = [data.find(each["personal_number"], today=world.today) for each in named]
    if parent is None or None in others:
        raise Refuse(422, "unknown_parent")
    if born > world.today:
        raise Refuse(422, "not_born_yet")
    _play(world, parent)
    century = 2 * (born.year // 100 - 19) + "MF".index(asked["sex"])
    for serial in range(_SERIALS):
        number = f"{parent.number[:3]}{century}{born.year % 100:02d}{serial:06d}"
        if number in data.PEOPLE or number in data.FORMER:
            continue
        kept = world.store.keep_birth(asked["request_id"], number, json.dumps(asked))
        if kept is not None:
            return document({"personal_number": kept})
    raise Refuse(422, "no_number_left")


def _play(world: World, person: Person) -> None:
    """What asking about this person does.

    Raises:
        Refuse: it does not end in an answer.
    """
    match person.outcome:
        case Outcome.NOT_FOUND:
            raise Refuse(404, "not_found")
        case Outcome.BROKEN:
            raise Refuse(500, "broken")
        case Outcome.BUSY_TWICE if world.busy_twice(person.number):
            raise Refuse(503, "busy", retry_after=1)
        case Outcome.SLOW:
            world.sleep(world.settings.slow.total_seconds())
        case Outcome.SILENT:
            world.hang()
        case _:
            pass


def _birth(payload: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a request.

    Raises:
        KeyError, TypeError, ValueError: something is missing or of another kind.
    """
    residence = payload["residence"]
    parents = {name: payload[name] for name in _PARENTS if name == "parent" or name in payload}
    asked: dict[str, Any] = {
        **{name: payload[name] for name in ("request_id", "full_name", "birth_date", "sex")},
        "residence": {name: residence[name] for name in ("province", "commune", "line")},
        **{
            role: {name: parent[name] for name in ("personal_number", "full_name")}
            for role, parent in parents.items()
        },
    }
    words = [asked["request_id"], asked["full_name"], *asked["residence"].values()]
    words += [word for role in parents for word in asked[role].values()]
    if not all(isinstance(word, str) and word for word in words) or asked["sex"] not in {"M", "F"}:
        raise ValueError("birth")
    return asked


def _describe_born(number: str, born: dict[str, Any]) -> dict[str, Any]:
    """A child whose birth was registered here: no card and no photo yet."""
    return {
        "personal_number": number,
        "former_numbers": [],
        "full_name": born["full_name"],
        "birth_date": born["birth_date"],
        "sex": born["sex"],
        "nationality": "VNM",
        "birth_registration_province": number[:3],
        "residence": born["residence"],
        "status": "alive",
        "photo": None,
        "household": {
            "head": born["parent"]["personal_number"],
            "members": [
                born["parent"] | {"relation": "head"},
                {"personal_number": number, "full_name": born["full_name"], "relation": "child"},
            ],
        },
        "guardians": [born[name] | {"basis": "parent"} for name in _PARENTS if name in born],
        "wards": [],
        "card": None,
    }


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
