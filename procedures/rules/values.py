"""One answer: what its field takes, in one normal form, and what is wrong with one that it does not take."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import get_language

from eid_portal.core import text
from payments.rules.amounts import written
from procedures import texts
from procedures.rules.documents import Field, Text
from procedures.rules.expressions import LARGEST, Facts, Tree, Value
from procedures.rules.known import SOURCES

MOST_ROWS: Final = 50  # of a repeating group, whatever its document allows
PARTS: Final[Mapping[str, int]] = MappingProxyType(
    {"province": 60, "commune": 100, "line": 200}
)  # of an address: the longest
_YEAR_LEAST: Final = 1000
_PERSON_DIGITS: Final = 12
_BETWEEN_DIGITS: Final = re.compile(r"[\s.\-]")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and the name of the form's field that shows it: ``key``, ``key_commune``, ``key-0-name``."""

    at: str
    code: str  # of texts.PROBLEMS, or "check": a document's own message
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def words(self) -> str:
        """In the language of who reads it."""
        if self.code == "check":
            return in_language(self.values["message"])
        return str(
            texts.PROBLEMS[self.code]
            % {name: _said(name, each) for name, each in self.values.items()}
        )


class NotTaken(ValueError):
    """The field does not take this; ``part`` is that of an address."""

    def __init__(self, code: str, *, part: str = "", **values: Any) -> None:
        super().__init__(code)
        self.code, self.part, self.values = code, part, values

    def at(self, name: str) -> Problem:
        """As the problem of a field."""
        return Problem(f"{name}_{self.part}" if self.part else name, self.code, self.values)


def in_language(words: Text) -> str:
    """A document's text in the language of who reads it."""
    return words["en" if (get_language() or "").startswith("en") else "vi"]


def is_there(value: Any) -> bool:
    """Whether it answers anything: an empty text, list or nothing does not."""
    return value is not None and value not in ("", [])


def missing(of: Field, name: str) -> Problem:
    """That a field has no answer."""
    codes = {
        "choice": "missing_choice", "choices": "missing_choice", "yes_no": "missing_choice",
        "file": "missing_file", "paper": "missing_file", "rows": "missing_rows",
    }  # fmt: skip
    return Problem(name, codes.get(of.kind, "missing"), {"label": of.label})


def normal(of: Field, value: Any, *, provinces: Collection[str] | None = None) -> Value:
    """The answer in its one form, None if it is none: NFC without unseen characters, digits 0 to 9, choices in their
    order. Rows are not looked into.

    Raises:
        NotTaken: it is of another type, or nothing that this field may hold.
    """
    if not is_there(value):
        return None
    if of.kind == "address":
        return _address(value, provinces)
    found = _READERS[of.kind](of, value)
    return found if is_there(found) else None


def beyond(of: Field, value: Value, facts: Facts, name: str) -> Problem | None:
    """What is wrong with the size of an answer: other answers and the day may decide it."""
    size = len(value) if isinstance(value, list) and of.kind == "rows" else value
    kind = "number" if of.kind == "money" else of.kind
    for which, tree, is_wrong in _bounds(of):
        bound = tree.value(facts) if tree else None
        if bound is not None and is_wrong(size, bound):
            said = bound.strftime("%d/%m/%Y") if isinstance(bound, date) else bound
            return Problem(name, f"{kind}_{which}", {"bound": said})
    return None


def to_json(value: Any) -> Any:
    """As JSON: dates are ``2026-11-26``."""
    if isinstance(value, Mapping):
        return {name: to_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def from_json(of: Field, value: Any) -> Any:
    """Of JSON: the dates are dates again; whatever is no date stays as it is, and is refused where it is settled."""
    if (
        of.kind == "date"
        and isinstance(value, str)
        and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)
    ):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    if of.kind == "rows" and isinstance(value, list):
        inner = {each.key: each for each in of.fields}
        return [
            {
                key: from_json(inner[key], each) if key in inner else each
                for key, each in row.items()
            }
            if isinstance(row, Mapping)
            else row
            for row in value
        ]
    return value


def _said(name: str, value: Any) -> Any:
    if name == "kept_by":
        return SOURCES[value].kept_by
    if isinstance(value, Mapping):
        return in_language(value)
    if isinstance(value, int):
        return written(value, "," if (get_language() or "").startswith("en") else ".")
    return value


def _bounds(of: Field) -> tuple[tuple[str, Tree | None, Callable[[Any, Any], bool]], ...]:
    return (
        ("least", of.least, lambda size, bound: size < bound),
        ("most", of.most, lambda size, bound: size > bound),
    )


# --- Each kind of field --------------------------------------------------------------------------------
def _clean(value: Any, *, longest: int, lines: bool = False) -> str:
    if not isinstance(value, str):
        raise NotTaken("malformed")
    try:
        cleaned = text.clean(value, lines=lines)
    except text.UnreadableText:
        raise NotTaken("unreadable") from None
    if len(cleaned) > longest:
        raise NotTaken("long", bound=longest)
    return cleaned


def _text(of: Field, value: Any) -> str:
    cleaned = _clean(value, longest=of.longest, lines=of.lines > 1)
    if of.letters and cleaned and not text.is_name(cleaned):
        raise NotTaken("letters")
    return cleaned


def _choice(of: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise NotTaken("malformed")
    if value not in {option.value for option in of.options}:
        raise NotTaken("option")
    return value


def _choices(of: Field, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise NotTaken("malformed")
    chosen = {_choice(of, each) for each in value}
    return [option.value for option in of.options if option.value in chosen]


def _yes_no(_of: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise NotTaken("malformed")
    return value


def _number(_of: Field, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise NotTaken("not_whole")
    if value < 0:
        raise NotTaken("sign")
    if value > LARGEST:
        raise NotTaken("too_much")
    return value


def _date(_of: Field, value: Any) -> date:
    if type(value) is not date:  # a moment is a date to Python
        raise NotTaken("date_unreal")
    if value.year < _YEAR_LEAST:
        raise NotTaken("date_year")
    return value


def _person(_of: Field, value: Any) -> str:
    digits = _BETWEEN_DIGITS.sub("", text.ascii_digits(_clean(value, longest=60)))
    if digits and not (digits.isascii() and digits.isdigit()):
        raise NotTaken("person_characters")
    if digits and len(digits) != _PERSON_DIGITS:
        raise NotTaken("person", count=len(digits))
    return digits


def _file(_of: Field, value: Any) -> str:
    if not isinstance(value, str) or not _REFERENCE.fullmatch(value):
        raise NotTaken("malformed")
    return value


def _rows(_of: Field, value: Any) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise NotTaken("malformed")
    if len(value) > MOST_ROWS:
        raise NotTaken("rows_most", bound=MOST_ROWS)
    return value


def _address(value: Any, provinces: Collection[str] | None) -> Mapping[str, str] | None:
    if not isinstance(value, Mapping) or not value.keys() <= PARTS.keys():
        raise NotTaken("malformed")
    found = {}
    for part, longest in PARTS.items():
        try:
            found[part] = _clean(value.get(part) or "", longest=longest)
        except NotTaken as wrong:
            raise NotTaken(wrong.code, part=part, **wrong.values) from None
    if not any(found.values()):
        return None
    for part, said in found.items():
        if not said:
            raise NotTaken(part, part=part)
    if provinces is not None and found["province"] not in provinces:
        raise NotTaken("province_unknown", part="province")
    return found


_READERS: Final[Mapping[str, Callable[[Field, Any], Value]]] = MappingProxyType(
    {
        "text": _text, "choice": _choice, "choices": _choices, "yes_no": _yes_no, "number": _number, "money": _number,
        "date": _date, "person": _person, "rows": _rows, "file": _file, "paper": _file, "consent": _file,
    }
)  # fmt: skip
