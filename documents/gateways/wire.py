"""What registries' answers have in common: read strictly, so that nothing half understood is believed.

Whatever is malformed, about another paper, or more than one answer, is ``Unknown`` with a code that names our word for
the place, never what stood there.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from documents.enums import PaperStatus
from documents.gateways.base import NotTaken, NotThere, Read, ReadMany, Received, Wrong
from documents.rules.numbers import NotANumber
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core import text
from eid_portal.core.outside import Accepted, Call, Outcome, Refused, Unavailable, Unknown

MOST_PAPERS: Final = 50  # of one person in one registry
LONGEST_TEXT: Final = 200
# A number that a registry cannot even read is of no paper it holds.
_NO_SUCH_PAPER: Final = frozenset({"not_found", "malformed_number"})
_DAY: Final = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_MONTH: Final = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])")
_WORD: Final = re.compile(r"[a-z0-9_]{1,60}")
_STATUS: Final = {
    "valid": PaperStatus.VALID,
    "expired": PaperStatus.EXPIRED,
    "revoked": PaperStatus.REVOKED,
}


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

    def _get(self, name: str) -> Any:
        try:
            return self._value[name]
        except KeyError:
            raise Malformed(name) from None

    def has(self, name: str) -> bool:
        """Whether an optional field is there and not empty."""
        return self._value.get(name) is not None

    def is_null(self, name: str) -> bool:
        """Whether the field is there and empty."""
        return self._get(name) is None

    def text(self, name: str, *, longest: int = LONGEST_TEXT) -> str:
        """A text of at least one character that people can see."""
        value = self._get(name)
        if not isinstance(value, str) or len(value) > longest:
            raise Malformed(name)
        try:
            cleaned = text.clean(value)
        except text.UnreadableText:
            raise Malformed(name) from None
        if not cleaned:
            raise Malformed(name)
        return cleaned

    def digits(self, name: str, *lengths: int) -> str:
        """ASCII digits, as many as one of ``lengths``."""
        value = self._get(name)
        if (
            not isinstance(value, str)
            or len(value) not in lengths
            or not (value.isascii() and value.isdigit())
        ):
            raise Malformed(name)
        return value

    def number(self, name: str, normal: Callable[[str], str]) -> str:
        """A paper's number in the normal form of its kind."""
        try:
            return normal(self.text(name))
        except NotANumber:
            raise Malformed(name) from None

    def day(self, name: str) -> date:
        """A date as ISO 8601 writes it with dashes."""
        value = self._get(name)
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise Malformed(name)
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise Malformed(name) from None

    def day_or_none(self, name: str) -> date | None:
        """The same, or nothing."""
        return None if self.is_null(name) else self.day(name)

    def month(self, name: str) -> str:
        """A month: ``2015-01``."""
        value = self._get(name)
        if not isinstance(value, str) or not _MONTH.fullmatch(value):
            raise Malformed(name)
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        value = self._get(name)
        if type(value) is not int or not low <= value <= high:
            raise Malformed(name)
        return value

    def yes(self, name: str) -> bool:
        """True or false."""
        value = self._get(name)
        if type(value) is not bool:
            raise Malformed(name)
        return value

    def one_of(self, name: str, words: Mapping[str, Any] | frozenset[str]) -> str:
        """One of some words."""
        value = self._get(name)
        if not isinstance(value, str) or value not in words:
            raise Malformed(name)
        return value

    def status(self) -> PaperStatus:
        """What the registry says of the paper."""
        return _STATUS[self.one_of("status", _STATUS)]

    def each(self, name: str, *, most: int) -> list[object]:
        """A list of whatever it holds, not more than ``most``."""
        value = self._get(name)
        if not isinstance(value, list) or len(value) > most:
            raise Malformed(name)
        return value

    def object(self, name: str) -> "Fields":
        """An object inside."""
        return Fields(self._get(name), name)

    def many(self, name: str, *, most: int) -> "list[Fields]":
        """A list of objects, not more than ``most``."""
        return [Fields(each, name) for each in self.each(name, most=most)]


def person(holder: Holder) -> dict[str, Any]:
    """What registries are told of a person when they are asked for everything they hold."""
    return {
        "personal_number": holder.personal_number,
        "former_numbers": list(holder.former_numbers),
        "full_name": holder.full_name,
        "birth_date": holder.birth_date.isoformat(),
    }


def looked_up(
    outcome: Outcome,
    name: str,
    read: Callable[[Fields], RegistryPaper],
    is_it: Callable[[RegistryPaper], bool],
) -> Read | NotThere | Unavailable | Unknown:
    """What the answer to a look-up means; its paper stands under ``name``, and ``is_it`` the one asked about."""
    match outcome:
        case Accepted(data):
            if isinstance(data.get(name), list):
                return Unknown("two_answers")
            try:
                paper = read(Fields(data.get(name), name))
            except Malformed as malformed:
                return Unknown(f"malformed_{malformed.code}")
            return Read(paper) if is_it(paper) else Unknown("other_number")
        case Refused(code):
            return NotThere() if code in _NO_SUCH_PAPER else Unknown(_refused(code))
        case Unavailable() | Unknown():
            return outcome


def searched(
    outcome: Outcome, lists: Mapping[str, Callable[[Fields], RegistryPaper | None]]
) -> ReadMany | Unavailable | Unknown:
    """What the answer to a search means: a list of papers under each name; None for one that is passed over.

    One that cannot be read hides no other. The same number twice is two answers about one paper: neither is believed.
    Where nothing at all could be read, the answer is none.
    """
    match outcome:
        case Accepted(data):
            try:
                fields = Fields(data, "answer")
                found = {name: fields.each(name, most=MOST_PAPERS) for name in lists}
            except Malformed as malformed:
                return Unknown(f"malformed_{malformed.code}")
            return _readable(
                [(name, read, one) for name, read in lists.items() for one in found[name]]
            )
        case Refused(code):
            return ReadMany(()) if code == "not_found" else Unknown(_refused(code))
        case Unavailable() | Unknown():
            return outcome


def _readable(
    found: list[tuple[str, Callable[[Fields], RegistryPaper | None], object]],
) -> ReadMany | Unknown:
    papers: list[RegistryPaper] = []
    unread: list[str] = []
    for name, read, one in found:
        try:
            paper = read(Fields(one, name))
        except Malformed as malformed:
            unread.append(f"malformed_{malformed.code}")
            continue
        if paper is not None:
            papers.append(paper)
    times = Counter((paper.kind, paper.number) for paper in papers)
    unread += ["two_answers" for count in times.values() if count > 1]
    once = tuple(paper for paper in papers if times[paper.kind, paper.number] == 1)
    if unread and not once:
        return Unknown(unread[0])
    return ReadMany(once, tuple(unread))


def correction_call(wrong: Wrong, *, type_: str, tag: str) -> Call:
    """A request to correct, the same for every registry; ``type_`` is its word for the kind."""
    return Call(
        method="POST",
        path="/v1/corrections",
        payload={
            "reference": wrong.reference,
            "type": type_,
            "number": wrong.number,
            "personal_number": wrong.holder.personal_number,
            "full_name": wrong.holder.full_name,
            "birth_date": wrong.holder.birth_date.isoformat(),
            "side": wrong.side,
            "fields": list(wrong.fields),
            "words": wrong.words,
        },
        tag=tag,
        idempotency_key=wrong.reference,
    )


def read_correction(outcome: Outcome) -> Received | NotTaken | Unavailable | Unknown:
    """What the answer to a request to correct means."""
    match outcome:
        case Accepted(data):
            try:
                fields = Fields(data, "answer")
                return Received(
                    outside_id=fields.text("correction_id", longest=80),
                    office=fields.text("office"),
                )
            except Malformed as malformed:
                return Unknown(f"malformed_{malformed.code}")
        case Refused(code):
            return NotTaken(code if _WORD.fullmatch(code) else "refused")
        case Unavailable() | Unknown():
            return outcome


def _refused(code: str) -> str:
    """A registry's own code for an operator: words alone, whatever else it put there."""
    return f"refused_{code}" if _WORD.fullmatch(code) else "refused"
