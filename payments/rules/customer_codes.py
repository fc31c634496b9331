"""The codes people pay under, in one normal form each whatever blanks and dashes they are typed with.

Electricity: thirteen characters, ``P``, a letter of the company, and eleven more (what EVN prints on its bills). Other
billers say by a pattern of their own what their codes look like.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from eid_portal.core import patterns

_PLAIN: Final = re.compile(r"[A-Z0-9]+")
ELECTRICITY: Final = r"P[A-Z][A-Z0-9]{11}"
_LENGTH: Final = 13
# The second letter is the company's.
COMPANIES: Final[Mapping[str, str]] = MappingProxyType(
    {"A": "evn-npc", "B": "evn-spc", "C": "evn-cpc", "P": "evn-cpc", "Q": "evn-cpc", "D": "evn-hanoi", "E": "evn-hcmc"}
)  # fmt: skip


class Flaw(StrEnum):
    """What is wrong with a code."""

    EMPTY = "empty"
    CHARACTERS = "characters"  # others than letters A to Z and digits
    LENGTH = "length"
    START = "start"  # electricity: not P and a letter of a company
    SHAPE = "shape"  # not as the biller's codes are


class NotACode(ValueError):
    """It is no customer code of that biller; ``flaw`` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


def read(written: str, *, pattern: str) -> str:
    """The code in its normal form, if it is as the biller's pattern says.

    Raises:
        NotACode: it is not.
        BadPattern: the pattern is none.
    """
    code = _compact(written)
    if not patterns.fits(code, pattern):
        raise NotACode(Flaw.SHAPE)
    return code


def electricity(written: str) -> str:
    """The code of an electricity meter's customer.

    Raises:
        NotACode: it is not.
    """
    code = _compact(written)
    if code[0] != "P" or code[1:2] not in COMPANIES:
        raise NotACode(Flaw.START)
    if len(code) != _LENGTH:
        raise NotACode(Flaw.LENGTH)
    return code


def company(code: str) -> str:
    """The biller of an electricity code in its normal form."""
    return COMPANIES[code[1]]


def printed(code: str) -> str:
    """As bills print it: ``PE0100 0123 456``, ``0712 345 678``."""
    first, then = (6, 4) if len(code) == _LENGTH else (4, 3)
    rest = [code[place : place + then] for place in range(first, len(code), then)]
    return " ".join([code[:first], *rest])


def _compact(written: str) -> str:
    code = patterns.compact(written)
    if not code:
        raise NotACode(Flaw.EMPTY)
    if not _PLAIN.fullmatch(code):
        raise NotACode(Flaw.CHARACTERS)
    return code
