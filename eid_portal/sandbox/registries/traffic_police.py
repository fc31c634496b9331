"""Driver licences, of the traffic police: ``{"licence_no", "full_name", …, "classes", "points"}``."""

import re
from datetime import date, timedelta
from typing import Final

from eid_portal.sandbox import cards, data, wire
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.papers import (
    Document,
    Kind,
    Registry,
    Written,
    address,
    age,
    day_of,
    grain,
    holder,
    place,
)

_ADULT: Final = 18
_POINTS: Final = 12  # Law 36/2024/QH15 art. 58
_YEARS: Final = 10  # of classes B and C1, art. 57
_NEW_CLASSES: Final = date(2025, 1, 1)


def _number(person: Person) -> str:
    """Province, sex and century, year of passing, then year of birth, serial and three digits that choose nothing."""
    own = person.number
    tail = f"{grain(f'licence{own}', 10)}{grain(f'{own}licence', 80):02d}"
    return f"{own[1:4]}{_passed(own, person):%y}{own[4:6]}{own[-2:]}{tail}"


def _in_number(number: str) -> str | None:
    return f"0{number[:3]}{number[5:7]}0000{number[7:9]}"


def _passed(text: str, person: Person) -> date:
    grown = cards.birthday(data.register_birth_date(person), _ADULT)
    return day_of(text, grown + timedelta(days=60), grown + timedelta(days=10 * 365))


def _holds(person: Person, today: date) -> bool:
    return _passed(person.number, person) < today and grain(f"drives{person.number}", 10) < 8  # noqa: PLR2004


def _make(person: Person, number: str, today: date) -> Document:
    passed = min(_passed(person.number, person), today - timedelta(days=30))
    issued = passed
    while cards.birthday(issued, _YEARS) <= today:  # renewed each time it ran out
        issued = cards.birthday(issued, _YEARS)
    old = issued < _NEW_CLASSES
    ends = cards.birthday(issued, _YEARS).isoformat()
    classes = [
        {"class": "A1", "passed_on": passed.isoformat(), "valid_until": None},
        {"class": "B2" if old else "B", "passed_on": passed.isoformat(), "valid_until": ends},
    ]
    drives_cars = age(person, today) > _ADULT + 2 or grain(number, 2)
    return holder(person) | {
        "licence_no": number,
        "status": "valid",
        "issued_on": issued.isoformat(),
        "issuer": f"Phòng Cảnh sát giao thông, Công an {place(person)}",
        "address": address(person),
        "old_form": old,
        "classes": classes if drives_cars else classes[:1],
        "points": _POINTS,
    }


def _end(document: Document, day: date) -> None:
    """The classes that end at all end on that day; if none does, all do."""
    ending = [one for one in document["classes"] if one["valid_until"]] or document["classes"]
    for one in ending:
        one["valid_until"] = day.isoformat()


PARTY: Final = "traffic-police"
REGISTRY: Final = Registry(
    party=PARTY,
    name="Driver licences of the traffic police",
    vietnamese="Giấy phép lái xe, Cục Cảnh sát giao thông",
    office="Phòng Cảnh sát giao thông nơi cấp giấy phép",
    search="/v1/licences/search",
    kinds=(
        Kind(
            type="licence",
            one="licence",
            many="licences",
            asked="licence_no",
            look_up="/v1/licences/lookup",
            # A card's number, or one of old paper.
            pattern=re.compile(r"\d{12}|[A-Z]{0,2}\d{5,9}", re.ASCII),
            number=_number,
            in_number=_in_number,
            holds=_holds,
            make=_make,
            end=_end,
            written={
                "011080000288": Written("001187000002"),
                # Issued before the holder's number was re-established.
                "330100000016": Written("033188000016", {"personal_number": "033088000016"}),
            },
            without=frozenset({"001187000002", "033188000016"}),
        ),
    ),
)
ROUTES: Final = wire.signed_routes(REGISTRY)
