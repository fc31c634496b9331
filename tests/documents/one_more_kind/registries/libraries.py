"""Readers of libraries: ``{"card_no", "full_name", …, "shelf", "books"}``; everybody is one, by their own number."""

import re
from datetime import date
from typing import Final

from eid_portal.sandbox import wire
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.papers import Document, Kind, Registry, holder

PARTY: Final = "libraries"


def _make(person: Person, number: str, today: date) -> Document:
    return holder(person) | {
        "card_no": number,
        "shelf": "Kệ Thử Nghiệm",
        "books": 3,
        "valid_until": date(today.year + 1, 6, 30).isoformat(),
        "status": "valid",
    }


REGISTRY: Final = Registry(
    party=PARTY,
    name="Readers of libraries",
    vietnamese="Bạn đọc thư viện",
    office="Thư viện",
    kinds=(
        Kind(
            type="reader_card",
            one="reader",
            many="readers",
            asked="card_no",
            look_up="/v1/readers/lookup",
            pattern=re.compile(r"\d{12}", re.ASCII),
            number=lambda person: person.number,
            in_number=lambda number: number,
            holds=lambda _person, _today: True,
            make=_make,
        ),
    ),
)
ROUTES: Final = wire.signed_routes(REGISTRY)
