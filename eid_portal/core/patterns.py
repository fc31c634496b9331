r"""Patterns of numbers, as an administrator writes them: letters and digits, ``\d``, ``[A-Z]``, and how many of each.

``CC\d{10}`` is two letters and ten digits, ``[A-Z]{2}\d{4,6}`` two letters and four to six. A small part of regular
expressions: no groups, no alternatives, nothing without end, so that no number takes long to look at.
"""

import re
from functools import lru_cache
from typing import Final

_BETWEEN: Final = re.compile(r"[\s.,/_\-\u2010-\u2015]+")
LONGEST: Final = 40  # characters of a number
_VARYING: Final = 2  # parts of varying length: more could be tried in too many ways
_PART: Final = re.compile(
    r"""(?P<what>\\d|[A-ZĐ0-9]|\[(?:[A-ZĐ]-[A-Z]|[0-9]-[0-9]|[A-ZĐ0-9])+\])"""
    r"""(?:\{(?P<least>[0-9]{1,2})(?:,(?P<most>[0-9]{1,2}))?\})?"""
)


class BadPattern(ValueError):
    """It is no pattern of a number; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def compact(number: str) -> str:
    """Upper case without blanks, dots, commas, strokes, hyphens and dashes: what only parts a number into groups."""
    return _BETWEEN.sub("", number).upper()


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready to compare a whole number with.

    Raises:
        BadPattern: ``syntax`` (a part that is not understood), ``empty``, ``length`` (a number could be too long),
            ``varying`` (too many parts of varying length), ``range`` (a range backwards).
    """
    place, longest, varying, least_of_all = 0, 0, 0, 0
    while place < len(pattern):
        part = _PART.match(pattern, place)
        if part is None:
            raise BadPattern("syntax")
        least = int(part["least"] or 1)
        most = int(part["most"]) if part["most"] else least
        if most < least or not most:
            raise BadPattern("range")
        longest, least_of_all = longest + most, least_of_all + least
        varying += most != least
        place = part.end()
    if not least_of_all:
        raise BadPattern("empty")
    if longest > LONGEST:
        raise BadPattern("length")
    if varying > _VARYING:
        raise BadPattern("varying")
    try:
        return re.compile(pattern, re.ASCII)
    except re.error:
        raise BadPattern("range") from None


def fits(number: str, pattern: str) -> bool:
    """Whether a number in its compact form is as the pattern says.

    Raises:
        BadPattern: see :func:`compiled`.
    """
    return compiled(pattern).fullmatch(number) is not None
