"""Amounts as people type them in Viet Nam: whole đồng, with dots, commas or blanks between thousands, or without.

A comma or dot parts thousands if three digits follow it each time; anything else would be a part of a đồng, and there
is none. Nothing is guessed: what can be read in two ways is refused.
"""

import re
from enum import StrEnum
from typing import Final

STORED_MOST: Final = 2**63 - 1  # what a column of amounts holds
_BLANKS: Final = " \u00a0\u2009\u202f\t"
_CURRENCY: Final = re.compile(r"\s*(?:đồng|đ|₫|vnđ|vnd)\s*\Z", re.IGNORECASE)
_SIGNS: Final = "+-\u2010\u2011\u2012\u2013\u2014\u2212"
_PLAIN: Final = re.compile(r"[0-9]+")
_GROUPED: Final = re.compile(
    rf"[0-9]{{1,3}}(?:(?P<between>[.,'\u2019{_BLANKS}])[0-9]{{3}}(?:(?P=between)[0-9]{{3}})*)"
)
_FRACTION: Final = re.compile(rf"[0-9.,'\u2019{_BLANKS}]*[.,][0-9]{{1,2}}")
# 1.500,000 and 1,500.000: thousands, then another mark.
_TWO_MARKS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})*,[0-9]+|[0-9]{1,3}(?:,[0-9]{3})*\.[0-9]+")
_DIGITS: Final = len(str(STORED_MOST))


class Flaw(StrEnum):
    """What is wrong with an amount."""

    EMPTY = "empty"
    SIGN = "sign"  # negative, or with a plus
    DIGITS = "digits"  # full-width, Arabic and other digits than 0 to 9
    CHARACTERS = "characters"  # words, abbreviations, exponents
    FRACTION = "fraction"  # parts of a đồng
    GROUPING = "grouping"  # marks where no thousands end
    LEADING_ZERO = "leading_zero"
    ZERO = "zero"
    TOO_MUCH = "too_much"
    NOT_WHOLE = "not_whole"  # in JSON: something else than an integer


class NotAnAmount(ValueError):
    """It is not an amount to pay; ``flaw`` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


def read(typed: str, *, most: int) -> int:
    """The amount that somebody typed.

    Raises:
        NotAnAmount: it is not one, or more than ``most``.
    """
    text = _CURRENCY.sub("", typed.strip(_BLANKS)).strip(_BLANKS)
    if not text:
        raise NotAnAmount(Flaw.EMPTY)
    if text[0] in _SIGNS or text[-1] in _SIGNS:
        raise NotAnAmount(Flaw.SIGN)
    if any(c.isdecimal() and not c.isascii() for c in text):
        raise NotAnAmount(Flaw.DIGITS)
    if not (_PLAIN.fullmatch(text) or _GROUPED.fullmatch(text)):
        raise NotAnAmount(_why_not(text))
    digits = re.sub(r"[^0-9]", "", text)
    if digits.strip("0") == "":
        raise NotAnAmount(Flaw.ZERO)
    if digits[0] == "0":
        raise NotAnAmount(Flaw.LEADING_ZERO)
    if len(digits) > _DIGITS:  # before a number of any length is made of it
        raise NotAnAmount(Flaw.TOO_MUCH)
    return checked(int(digits), most=most)


def checked(value: object, *, most: int) -> int:
    """The amount that a program sent: an integer from 1 to ``most``, neither a text nor a number with a point.

    Raises:
        NotAnAmount: it is not.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotAnAmount(Flaw.NOT_WHOLE)
    if value < 0:
        raise NotAnAmount(Flaw.SIGN)
    if value == 0:
        raise NotAnAmount(Flaw.ZERO)
    if value > most:
        raise NotAnAmount(Flaw.TOO_MUCH)
    return value


def written(amount: int, between: str = ".") -> str:
    """As it is shown: ``1.263.600``; English has commas."""
    return f"{amount:,}".replace(",", between)


def _why_not(text: str) -> Flaw:
    if not re.fullmatch(rf"[0-9.,'\u2019{_BLANKS}]+", text):
        return Flaw.CHARACTERS
    if _TWO_MARKS.fullmatch(text) or _FRACTION.fullmatch(text):
        return Flaw.FRACTION
    return Flaw.GROUPING
