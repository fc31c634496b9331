"""Health-insurance cards: numbers of 15, 10 and 12 characters, categories of people, benefit levels.

Fifteen characters are the card until 2021: category (two letters), benefit (1 to 5), province (two digits), then the
ten digits of the social-insurance number (Decision 1351/QD-BHXH). Since 1 April 2021 cards print the ten alone
(Decision 1666/QD-BHXH); the twelve digits of the personal number are taken for it too.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from documents.rules.numbers import Flaw, NotANumber, grouped
from eid_portal.core.patterns import compact

_LONG: Final = re.compile(
    r"(?P<category>[A-Z]{2})(?P<benefit>[0-9])(?P<province>[0-9]{2})(?P<social>[0-9]{10})"
)
_LETTERED: Final = re.compile(r"[A-Z]{2}[A-Z0-9]*")
_SHORT_LENGTHS: Final = frozenset({10, 12})


class Group(StrEnum):
    """Who pays the premium (Law 25/2008/QH12 art. 12, amended by Law 46/2014/QH13)."""

    WORK = "work"  # employees and their employers
    SOCIAL_INSURANCE = "social insurance"
    STATE = "state"
    STATE_SUPPORT = "state support"
    HOUSEHOLD = "household"


_GROUPS: Final = {
    Group.WORK: "DN HX CH NN TK HC XK",
    Group.SOCIAL_INSURANCE: "HT TB NO CT XB TN CS",
    Group.STATE: "QN CA CY XN MS CC CK CB KC HD TE BT HN DT DK XD TS TC TQ TA TY HG LS PV",
    Group.STATE_SUPPORT: "CN HS SV GB",
    Group.HOUSEHOLD: "GD",
}  # Decision 1351/QD-BHXH art. 2
CATEGORIES: Final[Mapping[str, Group]] = MappingProxyType(
    {code: group for group, codes in _GROUPS.items() for code in codes.split()}
)
BENEFITS: Final = range(1, 6)

_SOCIAL_INSURANCE_DIGITS: Final = 10


def number(written: str) -> str:
    """The number of a card.

    Raises:
        NotANumber: it is not; ``part`` names a category or benefit that does not exist.
    """
    compacted = compact(written)
    if not compacted:
        raise NotANumber(Flaw.EMPTY)
    if not re.fullmatch(r"[A-Z0-9]+", compacted):
        raise NotANumber(Flaw.CHARACTERS)
    if compacted.isdigit():
        if len(compacted) not in _SHORT_LENGTHS:
            raise NotANumber(Flaw.LENGTH)
        return compacted
    parts = _LONG.fullmatch(compacted)
    if parts is None:
        raise NotANumber(Flaw.LENGTH if _LETTERED.fullmatch(compacted) else Flaw.SHAPE)
    if parts["category"] not in CATEGORIES:
        raise NotANumber(Flaw.CATEGORY, parts["category"])
    if int(parts["benefit"]) not in BENEFITS:
        raise NotANumber(Flaw.BENEFIT, parts["benefit"])
    return compacted


def normal(card_number: str) -> str:
    """What one card goes by, with fifteen characters or ten: the social-insurance number at its end.

    What stands before it says category, benefit and province, which change while the card stays its holder's.
    """
    parts = _LONG.fullmatch(card_number)
    return parts["social"] if parts is not None else card_number


def is_same(asked: str, answered: str, personal_number: str) -> bool:
    """Whether a card is the one asked about, by whichever of its numbers, both in the normal form."""
    if asked == answered:
        return True
    return asked == personal_number and len(answered) != len(personal_number)


def says(card_number: str, category: str, benefit: int) -> bool:
    """Whether what a card's number says of itself agrees with what the register says; a short number says nothing."""
    parts = _LONG.fullmatch(card_number)
    return parts is None or (parts["category"], int(parts["benefit"])) == (category, benefit)


def printed(card_number: str) -> str:
    """As cards print it: ``DN 4 79 0123456789``, ``012 345 6789``, ``079 192 000 045``."""
    parts = _LONG.fullmatch(card_number)
    if parts is not None:
        return " ".join(parts.groups())
    if len(card_number) == _SOCIAL_INSURANCE_DIGITS:
        return f"{card_number[:3]} {card_number[3:6]} {card_number[6:]}"
    return grouped(card_number)
