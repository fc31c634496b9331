"""References of orders, refunds and the like, for people to read aloud and banks to carry: ``TT-261123-5QF2-K7MX``.

Two letters say of what, six digits of which day; then seven drawn characters and one that checks all before it. No
drawn character looks like another, and as their number is prime, every wrong digit or drawn character and every two
neighbours exchanged are seen.
"""

import re
from datetime import date
from typing import Final

from accounts.policy import SLIP_ALPHABET
from eid_portal.core import patterns

ALPHABET: Final = SLIP_ALPHABET
ORDER: Final = "TT"
_DRAWN: Final = 7
DRAWS: Final = len(ALPHABET) ** _DRAWN  # so many references a day and kind
_BASE: Final = len(ALPHABET)
_SHAPE: Final = re.compile(rf"([A-Z]{{2}})([0-9]{{6}})([{ALPHABET}]{{{_DRAWN}}})([{ALPHABET}])")


class NotAReference(ValueError):
    """It is no reference: another shape, or a character is wrong."""


def make(kind: str, day: date, draw: int) -> str:
    """The reference of a draw from ``range(DRAWS)``."""
    drawn = ""
    for _place in range(_DRAWN):
        draw, digit = divmod(draw, _BASE)
        drawn += ALPHABET[digit]
    head = f"{kind}{day:%y%m%d}"
    return _printed(head, drawn + _check(head + drawn))


def read(written: str) -> str:
    """The reference as it is kept, whatever case, blanks and dashes it is written with.

    Raises:
        NotAReference: see the class.
    """
    parts = _SHAPE.fullmatch(patterns.compact(written))
    if parts is None:
        raise NotAReference
    kind, day, drawn, check = parts.groups()
    if _check(kind + day + drawn) != check:
        raise NotAReference
    return _printed(kind + day, drawn + check)


def _check(text: str) -> str:
    """One character; the characters' numbers by their places sum to a multiple of the prime with it."""
    total = sum(place * _number(character) for place, character in enumerate(text, start=2))
    return ALPHABET[total % _BASE]


def _number(character: str) -> int:
    # 0, 1 and letters that are never drawn stand in kind and day alone, where another map does no harm.
    found = ALPHABET.find(character)
    return found if found >= 0 else ord(character) % _BASE


def _printed(head: str, tail: str) -> str:
    return f"{head[:2]}-{head[2:]}-{tail[:4]}-{tail[4:]}"
