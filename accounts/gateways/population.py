"""The population register: who a personal number belongs to."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from accounts.enums import Sex
from eid_portal.core import outside, text
from eid_portal.core.outside import Accepted, Refused, Unavailable, Unknown

PARTY: Final = "population"
TAG: Final = "eid-population"
LARGEST_PHOTO: Final = 512 * 1024  # bytes
_PICTURES: Final = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_CARD_STATES: Final = frozenset({"valid", "lost", "revoked"})
_RELATIONS: Final = frozenset({"head", "spouse", "child", "parent", "other"})


@dataclass(frozen=True, slots=True)
class Residence:
    """Where somebody lives: no district since 1 July 2025."""

    province: str
    commune: str
    line: str


@dataclass(frozen=True, slots=True)
class Relative:
    """Another person; ``relation`` is the one to the head of the household."""

    personal_number: str = field(repr=False)
    full_name: str = field(repr=False)
    relation: str  # head, spouse, child, parent, other


@dataclass(frozen=True, slots=True)
class Guardianship:
    """The guardian or the ward, seen from the person asked about."""

    personal_number: str = field(repr=False)
    full_name: str = field(repr=False)
    basis: str  # parent, or the decision that named the guardian


@dataclass(frozen=True, slots=True)
class RegisteredCard:
    """The ID card the register knows of."""

    number: str = field(repr=False)
    issued_on: date
    expires_on: date | None = field(repr=False)  # None: never
    state: str  # valid, lost, revoked


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """All the register says of a person; nothing of it shows in a ``repr``."""

    personal_number: str = field(repr=False)
    former_numbers: tuple[str, ...] = field(repr=False)  # before the number was re-established
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex
    nationality: str  # ISO 3166-1 alpha-3
    birth_province: str  # three digits, Circular 07/2016
    residence: Residence = field(repr=False)
    alive: bool
    photo: bytes | None = field(repr=False)
    photo_type: str  # media type; empty without a photo
    household: tuple[Relative, ...]  # with the person and the head
    guardians: tuple[Guardianship, ...]
    wards: tuple[Guardianship, ...]
    card: RegisteredCard | None


@dataclass(frozen=True, slots=True)
class Found:
    """The register has this person."""

    person: RegisteredPerson


@dataclass(frozen=True, slots=True)
class NotFound:
    """The register has nobody of this number."""


def look_up(personal_number: str) -> Found | NotFound | Unavailable | Unknown:
    """Ask the register about a personal number (twelve digits).

    An answer that cannot be understood, or is about somebody else, is ``Unknown``: nothing may be concluded from it.
    """
    answer = outside.call(
        PARTY, "POST", "/v1/lookup", payload={"personal_number": personal_number}, tag=TAG
    )
    match answer:
        case Accepted(data):
            try:
                person = _person(data["person"])
            except (KeyError, TypeError, ValueError):
                return Unknown("malformed_answer")
            theirs = {person.personal_number, *person.former_numbers}
            return Found(person) if personal_number in theirs else Unknown("other_person")
        case Refused(code):
            return NotFound() if code == "not_found" else Unknown(f"refused_{code}")
        case Unavailable() | Unknown():
            return answer


@dataclass(frozen=True, slots=True)
class Birth:
    """A child to whom the register is to give a number; ``request_id`` makes it one request, however often sent."""

    request_id: str
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex
    residence: Mapping[str, str] = field(repr=False)  # province, commune, line
    parent_number: str = field(repr=False)
    parent_name: str = field(repr=False)
    other_number: str = field(default="", repr=False)  # of the other parent; empty: none is named
    other_name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Numbered:
    """The register gave the child this number."""

    personal_number: str = field(repr=False)


def register_birth(birth: Birth) -> Numbered | Refused | Unavailable | Unknown:
    """Have the register enter a child and give it a number; asked again for the same request, it is the same number."""
    payload = {
        "request_id": birth.request_id,
        "full_name": birth.full_name,
        "birth_date": birth.birth_date.isoformat(),
        "sex": birth.sex.value,
        "residence": dict(birth.residence),
        "parent": {"personal_number": birth.parent_number, "full_name": birth.parent_name},
    }
    if birth.other_number:
        payload["other_parent"] = {
            "personal_number": birth.other_number,
            "full_name": birth.other_name,
        }
    answer = outside.call(PARTY, "POST", "/v1/births", payload=payload, tag=TAG)
    if not isinstance(answer, Accepted):
        return answer
    try:
        return Numbered(_digits(answer.data["personal_number"], 12))
    except (KeyError, ValueError):
        return Unknown("malformed_answer")


def _person(wire: dict[str, Any]) -> RegisteredPerson:
    status = wire["status"]
    if status not in {"alive", "deceased"}:
        raise ValueError("status")
    photo, photo_type = _photo(wire.get("photo"))
    return RegisteredPerson(
        personal_number=_digits(wire["personal_number"], 12),
        former_numbers=tuple(_digits(each, 12) for each in wire.get("former_numbers", [])),
        full_name=_text(wire["full_name"]),
        birth_date=date.fromisoformat(wire["birth_date"]),
        sex=Sex(wire["sex"]),
        nationality=_text(wire["nationality"], longest=3),
        birth_province=_digits(wire["birth_registration_province"], 3),
        residence=Residence(
            province=_text(wire["residence"]["province"]),
            commune=_text(wire["residence"]["commune"]),
            line=_text(wire["residence"]["line"]),
        ),
        alive=status == "alive",
        photo=photo,
        photo_type=photo_type,
        household=tuple(
            Relative(*_named(each), relation=_one_of(each["relation"], _RELATIONS))
            for each in wire["household"]["members"]
        ),
        guardians=tuple(
            Guardianship(*_named(each), basis=_text(each["basis"])) for each in wire["guardians"]
        ),
        wards=tuple(
            Guardianship(*_named(each), basis=_text(each["basis"])) for each in wire["wards"]
        ),
        card=None if wire.get("card") is None else _card(wire["card"]),
    )


def _card(wire: dict[str, Any]) -> RegisteredCard:
    expires = wire["expires_on"]
    return RegisteredCard(
        number=_digits(wire["number"], 9),
        issued_on=date.fromisoformat(wire["issued_on"]),
        expires_on=None if expires is None else date.fromisoformat(expires),
        state=_one_of(wire["state"], _CARD_STATES),
    )


def _photo(wire: dict[str, Any] | None) -> tuple[bytes | None, str]:
    if wire is None:
        return None, ""
    try:
        picture = base64.b64decode(wire["data"], validate=True)
    except binascii.Error as error:
        raise ValueError("photo") from error
    kind = wire["content_type"]
    if len(picture) > LARGEST_PHOTO or not picture.startswith(_PICTURES[kind]):
        raise ValueError("photo")
    return picture, kind


def _named(wire: dict[str, Any]) -> tuple[str, str]:
    return _digits(wire["personal_number"], 12), _text(wire["full_name"])


def _digits(value: object, length: int) -> str:
    if (
        not isinstance(value, str)
        or len(value) != length
        or not (value.isascii() and value.isdigit())
    ):
        raise ValueError("digits")
    return value


def _text(value: object, *, longest: int = 200) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise ValueError("text")
    return text.clean(value)


def _one_of(value: object, words: frozenset[str]) -> str:
    if not isinstance(value, str) or value not in words:
        raise ValueError("word")
    return value
