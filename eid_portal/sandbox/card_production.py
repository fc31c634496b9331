"""The card-production system: it makes up card events and sends them, signed, to the portal's API."""

from collections.abc import Iterator
from datetime import date
from itertools import count, islice
from typing import Any, Final
from uuid import uuid4

from eid_portal.sandbox import cards, data, to_portal
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.sms import OUTCOMES as PHONE_OUTCOMES
from eid_portal.sandbox.world import World

LARGEST_BATCH: Final = 1000
KINDS: Final = ("granted", "renewed", "reissued")
TAG: Final = "eid-card-events"
PATH: Final = "/api/v1/card-events"
_YEARS: Final = 55
_FIRST_YEAR: Final = 1950
_SERIALS: Final = 88  # from there on the last two digits choose an outcome


def grants(world: World, how_many: int) -> list[dict[str, Any]]:
    """Events of cards granted to that many people who had none before."""
    first = world.store.count("people", how_many) - how_many
    return [
        event(world, person, "granted", phone=phone)
        for person, phone in islice(_people(first, world.today), how_many)
    ]


def event(world: World, person: Person, kind: str, *, phone: str | None) -> dict[str, Any]:
    """One event on the wire. A renewed or re-issued card is issued today."""
    issued = person.issued if kind == "granted" else world.today
    expires = cards.expiry(person.born, issued)
    return {
        "event_id": str(uuid4()),
        "kind": kind,
        "occurred_at": world.now().isoformat(timespec="seconds"),
        "personal_number": person.number,
        "full_name": person.name,
        "birth_date": person.born.isoformat(),
        "sex": person.sex,
        "nationality": "VNM",
        "residence": {
            "province": person.province,
            "commune": person.commune,
            "line": person.line,
        },
        "card": {
            "number": person.card_number,
            "issued_on": issued.isoformat(),
            "expires_on": expires.isoformat() if expires else None,
        },
        "phone": phone,
        "photo": None,
    }


def send(world: World, events: list[dict[str, Any]]) -> to_portal.Sent:
    """Send one batch, signed as the card-production system."""
    return to_portal.post(world, PATH, {"events": events}, party="card-production", tag=TAG)


def _people(first: int, today: date) -> Iterator[tuple[Person, str | None]]:
    """People from the number line of made-up ones, each with an unassigned phone number (range 051) or none."""
    codes = sorted(data.PROVINCES)
    round_ = len(codes) * _YEARS * 2
    for place in count(first):
        year = _FIRST_YEAR + place // len(codes) % _YEARS
        century = (year - 1900) // 100 * 2
        sex = place // (len(codes) * _YEARS) % 2
        serial = place // round_ % _SERIALS
        number = f"{codes[place % len(codes)]}{century + sex}{year % 100:02d}0000{serial:02d}"
        person = data.find(number, today=today)
        if person is None or number in data.PEOPLE:
            continue
        phone = f"+8451{place % 10_000_000:07d}"
        yield person, None if phone[-2:] in PHONE_OUTCOMES else phone
