"""Numbers of papers: one normal form each, whatever blanks, dots and dashes they are written with."""

import re
from enum import StrEnum
from typing import Final

from eid_portal.core.patterns import compact


class Flaw(StrEnum):
    """What is wrong with a number."""

    EMPTY = "empty"
    CHARACTERS = "characters"  # others than the number can have
    LENGTH = "length"  # too few or too many of them
    SHAPE = "shape"  # right ones, wrong order
    LETTER = "letter"  # a letter that such numbers never have
    CATEGORY = "category"  # a health card's first two letters
    BENEFIT = "benefit"  # a health card's third character


class NotANumber(ValueError):
    """It cannot be a number of this kind; ``part`` is the offending part of it, for words to its owner."""

    def __init__(self, flaw: Flaw, part: str = "") -> None:
        super().__init__(flaw.value)
        self.flaw = flaw
        self.part = part


def digits(written: str, *lengths: int) -> str:
    """A number of digits alone, as many as one of ``lengths``.

    Raises:
        NotANumber: it is not.
    """
    number = compact(written)
    if not number:
        raise NotANumber(Flaw.EMPTY)
    if not (number.isascii() and number.isdigit()):
        raise NotANumber(Flaw.CHARACTERS)
    if len(number) not in lengths:
        raise NotANumber(Flaw.LENGTH)
    return number


def grouped(number: str, size: int = 3) -> str:
    """As long numbers are printed: ``790 123 456 767``."""
    return " ".join(number[place : place + size] for place in range(0, len(number), size))


# --- Certificates and chassis -----------------------------------------------------------------------
_CERTIFICATE: Final = re.compile(r"[A-Z0-9]{6,20}")
_FEWEST_DIGITS: Final = 4  # of a certificate's number: a word is none
_CHASSIS: Final = re.compile(r"[A-Z0-9]{5,20}")
_VEHICLE_IDENTIFICATION_NUMBER: Final = (
    17  # ISO 3779: none of I, O, Q among its seventeen characters
)


def insurance_certificate(written: str) -> str:
    """The number of an insurance certificate: each insurer has its own, six to twenty letters and digits.

    Raises:
        NotANumber: it is not.
    """
    number = compact(written)
    if not number:
        raise NotANumber(Flaw.EMPTY)
    if not re.fullmatch(r"[A-Z0-9]+", number):
        raise NotANumber(Flaw.CHARACTERS)
    if not _CERTIFICATE.fullmatch(number):
        raise NotANumber(Flaw.LENGTH)
    if sum(character.isdigit() for character in number) < _FEWEST_DIGITS:
        raise NotANumber(Flaw.SHAPE)
    return number


def chassis(written: str) -> str:
    """A chassis number: seventeen characters by ISO 3779, fewer or more on older and imported vehicles.

    Raises:
        NotANumber: it is not.
    """
    number = compact(written)
    if not number:
        raise NotANumber(Flaw.EMPTY)
    if not re.fullmatch(r"[A-Z0-9]+", number):
        raise NotANumber(Flaw.CHARACTERS)
    if not _CHASSIS.fullmatch(number):
        raise NotANumber(Flaw.LENGTH)
    if len(number) == _VEHICLE_IDENTIFICATION_NUMBER and (wrong := set(number) & set("IOQ")):
        raise NotANumber(Flaw.LETTER, min(wrong))
    return number
