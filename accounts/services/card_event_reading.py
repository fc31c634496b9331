"""Read an event of card production as it stands on the wire; a malformed one is refused with code and field."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, TypeVar
from uuid import UUID

from accounts.enums import CardEventKind, Sex
from accounts.rules import phones
from accounts.services.grants import Card, Grant, Person
from eid_portal.core.text import UnreadableText, clean

E = TypeVar("E", bound=Enum)
LONGEST_NAME: Final = 120
LONGEST_LINE: Final = 200
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_NATIONALITY: Final = re.compile(r"[A-Z]{3}")
_NUMBER: Final = re.compile(r"[0-9]{12}")
_CARD_NUMBER: Final = re.compile(r"[0-9]{9}")
PARTS: Final = {
    "card": frozenset({"number", "issued_on", "expires_on"}),
    "residence": frozenset({"province", "commune", "line"}),
}
NAMES: Final = frozenset(
    {
        "event_id",
        "kind",
        "occurred_at",
        "personal_number",
        "full_name",
        "birth_date",
        "sex",
        "nationality",
        "residence",
        "card",
        "phone",
        "photo",
    }
)


class Malformed(ValueError):
    """An event cannot be read; ``code`` says why, ``field`` where. Neither holds a value of the event."""

    def __init__(self, code: str, place: str) -> None:
        super().__init__(f"{code} {place}")
        self.code, self.field = code, place


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An event that can be read."""

    event_id: UUID
    occurred_at: datetime
    grant: Grant = field(repr=False)


def event_id_of(event: Any) -> UUID | None:
    """The id an answer names, or None if the event has none that can be read."""
    named = event.get("event_id") if isinstance(event, Mapping) else None
    return UUID(named) if isinstance(named, str) and _UUID.fullmatch(named) else None


def read(event: Any) -> ReadEvent:
    """Read one event.

    Raises:
        Malformed: ``malformed``, ``missing``, ``unexpected``, ``unreadable_text`` or ``too_long``.
    """
    if not isinstance(event, Mapping):
        raise Malformed("malformed", "")
    event_id = event_id_of(event)
    if event_id is None:
        raise Malformed("malformed" if "event_id" in event else "missing", "event_id")
    if event.keys() - NAMES:
        raise Malformed("unexpected", "")  # the name is the sender's text: it is not repeated
    if event.get("photo") is not None:
        raise Malformed("unexpected", "photo")
    phone = event.get("phone")
    card = _part(event, "card")
    person = Person(
        personal_number=_matching(event, "personal_number", _NUMBER),
        full_name=_name(event),
        birth_date=_day(event, "birth_date"),
        sex=_one_of(event, "sex", Sex),
        nationality=_matching(event, "nationality", _NATIONALITY),
        residence=_residence(event),
    )
    return ReadEvent(
        event_id=event_id,
        occurred_at=moment_of(event, "occurred_at"),
        grant=Grant(
            person=person,
            card=Card(
                number=_matching(card, "number", _CARD_NUMBER, "card."),
                issued_on=_day(card, "issued_on", "card."),
                expires_on=None
                if card.get("expires_on") is None
                else _day(card, "expires_on", "card."),
            ),
            kind=_one_of(event, "kind", CardEventKind),
            phone=None if phone is None else phone_of(event),
        ),
    )


def _string(part: Mapping[str, Any], name: str, within: str = "") -> str:
    value = part.get(name)
    if isinstance(value, str):
        return value
    raise Malformed("missing" if value is None else "malformed", within + name)


def _matching(
    part: Mapping[str, Any], name: str, pattern: re.Pattern[str], within: str = ""
) -> str:
    value = _string(part, name, within)
    if not pattern.fullmatch(value):
        raise Malformed("malformed", within + name)
    return value


def _text(part: Mapping[str, Any], name: str, longest: int, within: str = "") -> str:
    value = _string(part, name, within)
    if len(value) > longest:
        raise Malformed("too_long", within + name)
    try:
        value = clean(value)
    except UnreadableText:
        raise Malformed("unreadable_text", within + name) from None
    if not value:
        raise Malformed("missing", within + name)
    return value


def _name(event: Mapping[str, Any]) -> str:
    value = _text(event, "full_name", LONGEST_NAME)
    # Full-width letters, ligatures and odd blanks look like a name that is written otherwise.
    if not unicodedata.is_normalized("NFKC", value):
        raise Malformed("malformed", "full_name")
    return value


def _day(part: Mapping[str, Any], name: str, within: str = "") -> date:
    value = _matching(part, name, _DAY, within)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Malformed("malformed", within + name) from None


def moment_of(part: Mapping[str, Any], name: str) -> datetime:
    """A moment with its offset.

    Raises:
        Malformed: see the class.
    """
    value = _matching(part, name, _MOMENT)
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise Malformed("malformed", name) from None


def _one_of(part: Mapping[str, Any], name: str, kind: type[E]) -> E:
    try:
        return kind(_string(part, name))
    except ValueError as wrong:
        if isinstance(wrong, Malformed):
            raise
        raise Malformed("malformed", name) from None


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    if not isinstance(value, Mapping):
        raise Malformed("missing" if value is None else "malformed", name)
    if value.keys() - PARTS[name]:
        raise Malformed("unexpected", name)
    return value


def _residence(event: Mapping[str, Any]) -> dict[str, str] | None:
    if event.get("residence") is None:
        return None
    part = _part(event, "residence")
    return {
        name: _text(part, name, LONGEST_LINE, "residence.")
        for name in ("province", "commune", "line")
    }


def phone_of(event: Mapping[str, Any]) -> str:
    """A mobile phone in E.164.

    Raises:
        Malformed: see the class.
    """
    value = _string(event, "phone")
    try:
        known = phones.to_e164(value)
    except phones.NotMobile:
        known = ""
    if known != value:  # the wire has E.164 alone
        raise Malformed("malformed", "phone")
    return value
