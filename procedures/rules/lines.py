"""JSON as people write it: read without surprises, and the line of each place in it."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from procedures.rules.expressions import Fault, Place, Unreadable

LARGEST: Final = 300_000  # characters of a document
DEEPEST: Final = 64  # lists and objects within one another
MOST_FAULTS: Final = 100  # that are named at once
_DIGITS: Final = 16
# What JSON is made of; only read where ``json`` has found nothing wrong.
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s"{}\[\],:]+')
_WHOLE: Final = re.compile(r"-?[0-9]+")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def load(text: str) -> Any:
    """The document.

    Raises:
        Unreadable: it is too large, too deep or no JSON, it has a name twice, a number that is not whole or too long,
            or characters that nobody sees.
    """
    if len(text) > LARGEST:
        raise Unreadable(
            Fault((), _("The document is larger than %(most)s characters") % {"most": LARGEST}, 1)
        )
    found: Any = None
    try:
        found = json.loads(text, parse_int=_whole)
    except json.JSONDecodeError as error:
        words = _("This is no JSON: line %(line)s, character %(column)s") % {
            "line": error.lineno, "column": error.colno,
        }  # fmt: skip
        raise Unreadable(Fault((), words, error.lineno)) from None
    except RecursionError:
        pass  # as far as it was read it is JSON, and the spot where it is too deep is found below
    faults = list(islice(_faults(text), MOST_FAULTS))
    if faults:
        raise Unreadable(*faults)
    return found


def lines_of(text: str, places: Iterable[Place]) -> list[int]:
    """The line on which each place of a document that was loaded begins; that of what holds it if it is missing."""
    lines = {spot.place: spot.line for spot in _spots(text)}
    return [
        next(lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in lines)
        for place in places
    ]


@dataclass(frozen=True, slots=True)
class _Spot:
    """A value where it begins, or the name of one."""

    place: Place
    line: int
    written: str
    is_name: bool = False
    is_twice: bool = False  # another value of the same object has this name


def _spots(text: str) -> Iterator[_Spot]:
    place: list[str | int] = []
    names: list[set[str] | None] = []  # of the objects around it; none of a list
    line, counted = 1, 0
    is_name = False
    for token in _TOKEN.finditer(text):
        written = token[0]
        line += text.count("\n", counted, token.start())
        counted = token.start()
        match written[0]:
            case "{" | "[":
                yield _Spot(tuple(place), line, written)
                is_name = written == "{"
                names.append(set() if is_name else None)
                place.append("" if is_name else 0)
            case "}" | "]":
                is_name = False
                names.pop()
                place.pop()
            case ",":
                last = place[-1]
                if isinstance(last, int):
                    place[-1] = last + 1
                else:
                    is_name = True
            case ":":
                continue
            case '"' if is_name and (seen := names[-1]) is not None:
                is_name = False
                place[-1] = name = json.loads(written)
                yield _Spot(tuple(place), line, written, is_name=True, is_twice=name in seen)
                seen.add(name)
            case _:
                yield _Spot(tuple(place), line, written)


def _faults(text: str) -> Iterator[Fault]:
    for spot in _spots(text):
        if len(spot.place) > DEEPEST:
            yield Fault(spot.place, _("This is nested too deep or too large"), spot.line)
            return
        words = _wrong_name(spot) if spot.is_name else _wrong_value(spot.written)
        if words is not None:
            yield Fault(spot.place, words, spot.line)


def _wrong_name(spot: _Spot) -> Any:
    if spot.is_twice:
        name = str(spot.place[-1])[:60]
        return _("“%(name)s” stands twice in one place") % {"name": name}
    return _wrong_value(spot.written)


def _wrong_value(written: str) -> Any:
    match written[0]:
        case '"':
            if _UNSEEN.search(json.loads(written)):
                return _("It has characters that nobody can see")
        case digit if digit in "-0123456789" or written in {"NaN", "Infinity"}:
            if not _WHOLE.fullmatch(written):
                return _("Numbers are whole: “%(number)s” is not") % {"number": written[:20]}
            if len(written) > _DIGITS:
                return _("This number is too large")
    return None


def _whole(written: str) -> int:
    """A number; one that is too long to be used is refused by its length, and not worked out."""
    return int(written) if len(written) <= _DIGITS else 0
