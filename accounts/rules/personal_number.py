"""The personal number: PPP G YY NNNNNN (Decree 137/2015 art. 13; Circular 07/2016/TT-BCA art. 7). No check digit."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from accounts.enums import Sex

_NUMBER: Final = re.compile(r"[0-9]{12}")


class NotANumber(ValueError):
    """It is not twelve ASCII digits."""


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """What a number says: where the birth was registered, the sex, and the year of birth."""

    province: str  # three digits
    sex: Sex
    birth_year: int


def parse(number: str) -> PersonalNumber:
    """Read a number.

    Raises:
        NotANumber: see the class.
    """
    if not _NUMBER.fullmatch(number):
        raise NotANumber
    century_and_sex = int(number[3])
    return PersonalNumber(
        province=number[:3],
        sex=Sex.FEMALE if century_and_sex % 2 else Sex.MALE,
        birth_year=1900 + 100 * (century_and_sex // 2) + int(number[4:6]),
    )


def contradictions(number: str, *, birth_date: date, sex: Sex) -> list[str]:
    """What does not fit: ``birth_year_number``, ``sex_number``; empty if all does.

    Raises:
        NotANumber: see the class.
    """
    read = parse(number)
    found = []
    if read.birth_year != birth_date.year:
        found.append("birth_year_number")
    if read.sex != sex:
        found.append("sex_number")
    return found


def is_known_province(number: str, codes: Collection[str]) -> bool:
    """Whether the first three digits are in the table; foreign registrations are not."""
    return number[:3] in codes
