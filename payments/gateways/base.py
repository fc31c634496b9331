"""What every gateway of payments gives back, and how answers are read: strictly, so that nothing half understood moves
money. Whatever is malformed, or about another reference or amount, is ``Unknown`` with a code that names our word for
the place, never what stood there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar

from eid_portal.core import text
from eid_portal.core.outside import Accepted, Call, Outcome, Refused, Unavailable, Unknown

MOST: Final = 10**13  # đồng
LONGEST_TEXT: Final = 200
PROCESSING: Final = Unknown("processing")  # a promise to do it later: ask for the status
_WORD: Final = re.compile(r"[a-z0-9_]{1,60}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done:
    """The money moved; ``reference`` is the other side's own for it."""

    reference: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotDone:
    """No money moved and none will; ``code`` is the other side's word for why."""

    code: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The other side does not know it, until now; of money, an answer to a status inquiry alone."""


Answer = Done | NotDone | NotFound | Unavailable | Unknown


class Malformed(ValueError):
    """A part of the answer is not as the wire says; ``code`` names the part."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Fields:
    """An object of an answer, read field by field.

    Raises:
        Malformed: by its methods and itself, where something is not as it must be.
    """

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise Malformed(name)
        self._value = value

    def get(self, name: str) -> Any:
        """Whatever stands there."""
        try:
            return self._value[name]
        except KeyError:
            raise Malformed(name) from None

    def has(self, name: str) -> bool:
        """Whether an optional field is there and not empty."""
        return self._value.get(name) is not None

    def text(self, name: str, *, longest: int = LONGEST_TEXT, empty: bool = False) -> str:
        """A text that people can see; an empty one only if it may be."""
        value = self.get(name)
        if not isinstance(value, str) or len(value) > longest:
            raise Malformed(name)
        try:
            cleaned = text.clean(value)
        except text.UnreadableText:
            raise Malformed(name) from None
        if not cleaned and not empty:
            raise Malformed(name)
        return cleaned

    def token(self, name: str, *, longest: int = 64) -> str:
        """A word of visible ASCII characters, exactly as it stands."""
        value = self.get(name)
        if not isinstance(value, str) or len(value) > longest or not _TOKEN.fullmatch(value):
            raise Malformed(name)
        return value

    def matching(self, name: str, pattern: re.Pattern[str]) -> str:
        """A text of a pattern."""
        value = self.get(name)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Malformed(name)
        return value

    def one_of(self, name: str, words: frozenset[str]) -> str:
        """One of some words."""
        value = self.get(name)
        if not isinstance(value, str) or value not in words:
            raise Malformed(name)
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        value = self.get(name)
        if type(value) is not int or not low <= value <= high:
            raise Malformed(name)
        return value

    def amount(self, name: str = "amount") -> int:
        """Whole đồng above zero."""
        return self.whole(name, 1, MOST)

    def day_or_none(self, name: str) -> date | None:
        """A date as ISO 8601 writes it with dashes, or nothing."""
        value = self.get(name)
        if value is None:
            return None
        try:
            day = date.fromisoformat(value)
        except (ValueError, TypeError):
            raise Malformed(name) from None
        if day.isoformat() != value:
            raise Malformed(name)
        return day

    def objects(self, name: str, *, most: int) -> "list[Fields]":
        """A list of objects, not more than ``most``."""
        value = self.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise Malformed(name)
        return [Fields(each, name) for each in value]


def post(party: str, path: str, payload: dict[str, Any], *, key: str | None = None) -> Call:
    """A call of a party; ``key`` makes it one that moves money once."""
    return Call(
        method="POST",
        path=f"/v1/{path}",
        payload=payload,
        tag=f"eid-{party}",
        idempotency_key=key,
    )


def read(outcome: Outcome, reading: Callable[[Fields], T]) -> T | NotFound | Unavailable | Unknown:
    """What an answer says, by ``reading``, which raises ``Malformed``; a 404 is ``NotFound``."""
    match outcome:
        case Accepted(data):
            try:
                return reading(Fields(data, "answer"))
            except Malformed as malformed:
                return Unknown(f"malformed_{malformed.code}")
        case Refused("not_found"):
            return NotFound()
        case Refused(code):
            return Unknown(f"refused_{code}" if _WORD.fullmatch(code) else "refused")
        case Unavailable() | Unknown():
            return outcome


def read_status(
    outcome: Outcome, reference: str, amount: int, *, receipt: str, codes: frozenset[str]
) -> Answer:
    """What became of a movement, asked by its reference; ``receipt`` is the party's word for its own."""

    def moved(fields: Fields) -> Done | NotDone | Unknown:
        if fields.token("reference") != reference:
            return Unknown("other_reference")
        if fields.amount() != amount:
            return Unknown("other_amount")
        match fields.one_of("state", frozenset({"done", "refused", "processing"})):
            case "done":
                if fields.get("code") is not None:
                    raise Malformed("code")
                return Done(fields.token(receipt))
            case "refused":
                return NotDone(fields.one_of("code", codes))
            case _:
                return PROCESSING

    return read(outcome, moved)


def read_move(
    outcome: Outcome, reference: str, amount: int, *, receipt: str, codes: frozenset[str]
) -> Answer:
    """The same of the request itself. A refusal of it in the wire's words is final; any other is not about the money,
    and for the status inquiry to settle.
    """
    if isinstance(outcome, Refused) and outcome.code in codes:
        return NotDone(outcome.code)
    return read_status(outcome, reference, amount, receipt=receipt, codes=codes)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a day's file; ``following`` is where the next one begins, ``sha256`` is of the whole file."""

    day: date
    format: str
    begin: int
    content: str
    following: int | None
    sha256: str


_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_LARGEST_FILE: Final = 10**9  # characters


def statement_call(party: str, day: date, begin: int) -> Call:
    """Ask for a day's file from a place on."""
    return post(party, "statements", {"day": day.isoformat(), "from": begin})


def read_statement(
    outcome: Outcome, day: date, begin: int, *, format_: str
) -> Slice | NotFound | Unavailable | Unknown:
    """The slice that was asked for, in the format that the party's files have."""

    def sliced(fields: Fields) -> Slice | Unknown:
        if fields.day_or_none("day") != day or fields.whole("from", 0, _LARGEST_FILE) != begin:
            return Unknown("other_slice")
        content = fields.get("content")
        if not isinstance(content, str):
            raise Malformed("content")
        following = None
        if fields.get("next") is not None:
            following = fields.whole("next", begin + 1, _LARGEST_FILE)
            if following != begin + len(content):
                raise Malformed("next")
        return Slice(
            day=day,
            format=fields.one_of("format", frozenset({format_})),
            begin=begin,
            content=content,
            following=following,
            sha256=fields.matching("sha256", _SHA256),
        )

    return read(outcome, sliced)
