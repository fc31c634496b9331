"""What effective-dated rows hold: whole numbers, per cents, tiers, as JSON. Read strictly, so that no row that a rule
cannot read is ever kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

MOST: Final = 10**12  # far above any price; a slip of the hand
_TIERS_MOST: Final = 12
_PERCENT: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,4})?")
_HALF: Final = Fraction(1, 2)
_HUNDRED: Final = 100
_PAIR: Final = 2


class BadFigures(ValueError):
    """The values are not what the rule reads; ``part`` says which, ``code`` why.

    Codes: ``keys`` (one is missing or too many), ``whole``, ``percent``, ``tiers``, ``months``.
    """

    def __init__(self, part: str, code: str) -> None:
        super().__init__(f"{part}: {code}")
        self.part = part
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A price for a part of what was used: up to so much of it all, or without end."""

    up_to: int | None
    price: int


def keys(values: object, *names: str) -> Mapping[str, Any]:
    """The values, if they have exactly these names.

    Raises:
        BadFigures: they have not.
    """
    if not isinstance(values, dict) or values.keys() != set(names):
        raise BadFigures(", ".join(names), "keys")
    return values


def whole(values: Mapping[str, Any], name: str, *, least: int = 1, most: int = MOST) -> int:
    """A whole number within bounds.

    Raises:
        BadFigures: it is not.
    """
    value: int = values[name]
    if not _is_whole(value, least, most):
        raise BadFigures(name, "whole")
    return value


def percent(values: Mapping[str, Any], name: str) -> Fraction:
    """A per cent from 0 to 100 as a part of one; decimals are written as a text, ``"4.5"``, which loses nothing.

    Raises:
        BadFigures: it is not.
    """
    value = values[name]
    if (
        not isinstance(value, int | str)
        or isinstance(value, bool)
        or not _PERCENT.fullmatch(str(value))
    ):
        raise BadFigures(name, "percent")
    share = Fraction(str(value)) / _HUNDRED
    if not 0 <= share <= 1:
        raise BadFigures(name, "percent")
    return share


def tiers(values: Mapping[str, Any], name: str = "tiers") -> tuple[Tier, ...]:
    """Tiers ``[[50, 1984], [100, 2050], [null, 3460]]``: each up to more than the one before, the last without end.

    Raises:
        BadFigures: they are not.
    """
    rows = values[name]
    if not isinstance(rows, list) or not 0 < len(rows) <= _TIERS_MOST:
        raise BadFigures(name, "tiers")
    found: list[Tier] = []
    for row in rows:
        if not isinstance(row, list) or len(row) != _PAIR:
            raise BadFigures(name, "tiers")
        up_to, price = row
        is_last = len(found) == len(rows) - 1
        before = (found[-1].up_to or 0) if found else 0
        ends = up_to is None if is_last else _is_whole(up_to, before + 1)
        if not ends or not _is_whole(price, 1):
            raise BadFigures(name, "tiers")
        found.append(Tier(up_to=up_to, price=price))
    return tuple(found)


def rounded(value: Fraction) -> int:
    """To the nearest whole number, halves up."""
    return (value + _HALF).__floor__()


def _is_whole(value: object, least: int, most: int = MOST) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
