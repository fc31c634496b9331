"""The twelve digits of a personal number (Decree 137/2015/ND-CP art. 13): PPP G YY NNNNNN, without a check digit."""

import re
from dataclasses import dataclass

from accounts.enums import Sex


class NotANumber(ValueError):
    """The text is not twelve ASCII digits."""


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """What a number says: where the birth was registered (three digits), sex, and year of birth."""

    province: str
    sex: Sex
    birth_year: int


def parse(number: str) -> PersonalNumber:
    """Take a number apart; the fourth digit is the century (from 1900) and the sex (Circular 07/2016/TT-BCA art. 7).

    Raises:
        NotANumber: see the class.
    """
    if not re.fullmatch(r"[0-9]{12}", number):
        raise NotANumber
    century = int(number[3])
    return PersonalNumber(
        province=number[:3],
        sex=Sex.FEMALE if century % 2 else Sex.MALE,
        birth_year=1900 + 100 * (century // 2) + int(number[4:6]),
    )
