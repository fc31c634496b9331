"""What an ID card carries: validity, QR payload and machine-readable zone (made-up people only)."""

import unicodedata
from datetime import date, timedelta
from typing import Final

AGES: Final = (14, 25, 40, 60)  # Law on Identification 2023 art. 21
_WEIGHTS: Final = (7, 3, 1)


def birthday(born: date, age: int) -> date:
    """The day somebody reaches an age; 1 March for those born on 29 February."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def expiry(born: date, issued: date) -> date | None:
    """When a card runs out; None if never. One issued in the two years before an age holds to the next age."""
    for age in AGES:
        reached = birthday(born, age)
        if issued < _two_years_before(reached):
            return reached
    return None


def qr(
    number: str, old_number: str, name: str, born: date, sex: str, address: str, issued: date
) -> str:
    """The payload of the QR code: seven fields."""
    words = {"M": "Nam", "F": "Nữ"}[sex]
    return "|".join(
        (number, old_number, name, f"{born:%d%m%Y}", words, address, f"{issued:%d%m%Y}")
    )


def mrz(number: str, name: str, born: date, sex: str, expires: date | None) -> tuple[str, str, str]:
    """The machine-readable zone (ICAO 9303-5 TD1, three lines of 30) in the Vietnamese layout."""
    short = number[3:]
    first = f"IDVNM{short}{_check(short)}{number}<<{_check(number)}"
    until = f"{expires:%y%m%d}" if expires else "991231"
    birth = f"{born:%y%m%d}"
    second = f"{birth}{_check(birth)}{sex}{until}{_check(until)}VNM" + "<" * 11
    second += _check(first[5:30] + second[0:7] + second[8:15] + second[18:29])
    surname, _blank, given = plain(name).upper().partition(" ")
    third = f"{surname}<<{given.replace(' ', '<')}"[:30].ljust(30, "<")
    return first, second, third


def plain(text: str) -> str:
    """The text without marks."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def _two_years_before(reached: date) -> date:
    try:
        return reached.replace(year=reached.year - 2)
    except ValueError:
        return reached - timedelta(days=730)


def _check(text: str) -> str:
    """The check digit of ICAO 9303-3 §4.9."""
    values = (0 if letter == "<" else int(letter, 36) for letter in text)
    return str(sum(value * _WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)
