"""The card-production system: it makes up card events and sends them, signed, to the portal's API."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count, islice
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from eid_portal.sandbox import cards, data, keys, signing
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
_LONGEST_ANSWER: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """What the portal answered; status 0 if it could not be reached."""

    status: int
    answer: str


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


def send(world: World, events: list[dict[str, Any]]) -> Sent:
    """Send one batch, signed as the card-production system."""
    url = world.settings.portal_url + PATH
    body = json.dumps({"events": events}, ensure_ascii=False).encode()
    message = signing.Message("POST", url, {"content-type": "application/json"})
    key = keys.of(world.settings, "card-production")
    signing.sign_request(message, body, key=key, tag=TAG, now=world.now())
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "localhost", parts.port, timeout=60)
    try:
        connection.request("POST", PATH, body, message.headers)
        answer = connection.getresponse()
        return Sent(answer.status, answer.read(_LONGEST_ANSWER).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Sent(0, f"The portal did not answer: {type(error).__name__}")
    finally:
        connection.close()


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
