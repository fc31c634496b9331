"""Certificates of kinds that an administrator defines: ``{"type", "number", "holder", …, "fields"}``.

``practice-certificate``, with all sorts of fields, is held by some people; any other type gives the outcome that the
last two digits of its numbers choose.
"""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from eid_portal.sandbox import cards, routes, wire
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.papers import (
    Document,
    Kind,
    Registry,
    age,
    from_ten_digits,
    grain,
    holder,
    place,
    ten_digits,
)
from eid_portal.sandbox.web import Answer, Refuse
from eid_portal.sandbox.world import World

_YEARS: Final = 5
_GROWN: Final = 25
_FIELDS: Final = (
    "Thiết kế kiến trúc công trình",
    "Giám sát thi công xây dựng",
    "Định giá xây dựng",
)
_TYPE: Final = re.compile(r"[-_0-9A-Za-z]{1,40}", re.ASCII)


def _number(person: Person) -> str:
    return f"CC{ten_digits(person, 'certificate')}"


def _in_number(number: str) -> str | None:
    made = re.fullmatch(r"CC(\d{10})", number, re.ASCII)
    return from_ten_digits(made[1]) if made else None


def _make(person: Person, number: str, today: date) -> Document:
    issued = date(today.year - 1 - grain(number, 3), 3, 1) + timedelta(days=grain(number, 200))
    own = holder(person)
    return {
        "type": "practice-certificate",
        "number": number,
        "holder": {
            "name": own["full_name"],
            "birth_date": own["birth_date"],
            "personal_number": own["personal_number"],
        },
        "status": "valid",
        "issued_on": issued.isoformat(),
        "valid_until": cards.birthday(issued, _YEARS).isoformat(),
        "issuer": f"Sở Xây dựng {place(person)}",
        "fields": {
            "field": _FIELDS[grain(number, 3)],
            "grade": ("I", "II", "III")[grain(number, 3)],
            "works": 1 + grain(number, 40),
            "since": (issued - timedelta(days=1000)).isoformat(),
            "abroad": not grain(number, 5),
        },
    }


_KIND: Final = Kind(
    type="practice-certificate",
    one="certificate",
    many="certificates",
    asked="number",
    look_up="/v1/lookup",
    pattern=re.compile(r"(?=.*\d\d)[0-9A-ZĐ/_]{3,40}", re.ASCII),
    number=_number,
    in_number=_in_number,
    holds=lambda person, today: age(person, today) >= _GROWN and not grain(person.number, 4),
    make=_make,
    name=("holder", "name"),
    birth_date=("holder", "birth_date"),
    holder=("holder", "personal_number"),
)


def _of_type(type_: str) -> Kind | None:
    """A kind of which nobody holds one from the beginning."""
    if not _TYPE.fullmatch(type_):
        return None

    def make(person: Person, number: str, today: date) -> Document:
        return _make(person, number, today) | {"type": type_, "fields": {}}

    return replace(_KIND, type=type_, make=make, holds=_nobody, always=False)


def _nobody(_person: Person, _today: date) -> bool:
    return False


def _look_up(world: World, payload: dict[str, Any]) -> Answer:
    type_ = payload.get("type")
    kind = REGISTRY.kind(type_) if isinstance(type_, str) else None
    if kind is None:
        raise Refuse(400, "malformed_type")
    return wire.look_up(REGISTRY, kind, world, payload)


PARTY: Final = "certificates"
REGISTRY: Final = Registry(
    party=PARTY,
    name="Certificates",
    vietnamese="Chứng chỉ",
    office="Cơ quan cấp chứng chỉ",
    kinds=(_KIND,),
    any_type=_of_type,
)
_PATH: Final = re.escape(f"/{PARTY}{_KIND.look_up}")
ROUTES: Final = (routes.signed("POST", _PATH, _look_up, PARTY), *wire.signed_routes(REGISTRY))
