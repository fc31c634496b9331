"""What the counter's box holds: a scanner's QR payload, a three-line MRZ, or a typed personal number."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from accounts.enums import Sex
from eid_portal.core.spelling import folded, untelexed

QR_FIELDS: Final = (
    "number", "old_number", "name", "birth_date", "sex", "residence", "issued_on",
)  # fmt: skip
LONGEST: Final = 2000  # characters; a scanner sends a few hundred
LINE: Final = 30  # ICAO 9303-5 §4.2.2: TD1 has three lines of 30
NO_EXPIRY: Final = "991231"
_BLANKS: Final = "\r\n\t "
_NUMBER: Final = re.compile(r"[0-9]{12}")
_MRZ: Final = re.compile(r"[A-Z0-9<]+")


@dataclass(frozen=True, slots=True)
class ScanError(ValueError):
    """The box holds something else. ``code`` says what is wrong, ``field`` where: a field, a line, a country."""

    code: str
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QrReading:
    """The QR code of an ID card; newer cards carry more fields, which are left out."""

    number: str
    old_number: str  # the nine digits of the card before, or ""
    name: str
    birth_date: date
    sex: Sex
    residence: str
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MrzReading:
    """The back of an ID card (TD1). ``name`` is upper case without marks; ``expires_on`` None: no expiry."""

    number: str
    name: str
    birth_date: date
    sex: Sex
    expires_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedNumber:
    """A number typed because there is no card."""

    number: str


Reading = QrReading | MrzReading | TypedNumber


def read(text: str) -> Reading:
    """Parse what a scanner or a person put into the box; every check digit is computed.

    Raises:
        ScanError: with one of the codes ``empty``, ``too_long``, ``unreadable``, ``unknown``, ``old_number``,
            ``thirteen_digits``, ``number_length``, ``qr_truncated``, ``qr_number``, ``qr_old_number``, ``qr_name``,
            ``qr_date``, ``qr_sex``, ``mrz_lines``, ``mrz_length``, ``mrz_characters``, ``mrz_document``,
            ``mrz_country``, ``mrz_check_digit``, ``mrz_numbers``, ``mrz_date``, ``mrz_sex``, ``mrz_name``.
    """
    if len(text) > LONGEST:
        raise ScanError("too_long")
    plain = _plain(text)
    if not plain:
        raise ScanError("empty")
    if "|" in plain:
        return _read_qr(plain)
    if "<" in plain:
        return _read_mrz(plain)
    return _read_number(plain)


def check_digit(text: str) -> str:
    """The check digit of ICAO 9303-3 §4.9: weights 7, 3, 1; letters count from A = 10; ``<`` counts 0."""
    total = 0
    for place, character in enumerate(text):
        value = 0 if character == "<" else int(character, 36)
        total += value * (7, 3, 1)[place % 3]
    return str(total % 10)


def _plain(text: str) -> str:
    """Without byte-order mark and line ends around it, in NFC, digits as 0-9."""
    kept = text.replace("\ufeff", "").strip(_BLANKS)
    for character in kept:
        if character not in _BLANKS and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}:  # fmt: skip
            raise ScanError("unreadable")
    return "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() else "|" if c == "\uff5c" else c
        for c in unicodedata.normalize("NFC", kept)
    )


# --- Typed --------------------------------------------------------------------------------------
def _read_number(text: str) -> TypedNumber:
    digits = re.sub(r"[\s.\-]", "", text)
    if not re.fullmatch(r"[0-9]+", digits):
        raise ScanError("unknown")
    match len(digits):
        case 12:
            return TypedNumber(number=digits)
        case 9:
            raise ScanError("old_number")
        case 13:
            raise ScanError("thirteen_digits")
        case length:
            raise ScanError("number_length", str(length))


# --- QR -----------------------------------------------------------------------------------------
def _read_qr(text: str) -> QrReading:
    parts = [part.strip(_BLANKS) for part in text.split("|")]
    if len(parts) < len(QR_FIELDS):
        raise ScanError("qr_truncated", QR_FIELDS[len(parts)])
    number, old_number, name, birth, sex, residence, issued = parts[: len(QR_FIELDS)]
    if not _NUMBER.fullmatch(number):
        raise ScanError("thirteen_digits" if re.fullmatch(r"[0-9]{13}", number) else "qr_number")
    if not re.fullmatch(r"([0-9]{9})?", old_number):
        raise ScanError("qr_old_number", "old_number")
    if not name:
        raise ScanError("qr_name", "name")
    if len(parts) == len(QR_FIELDS) and re.fullmatch(r"[0-9]{0,7}", issued):
        raise ScanError("qr_truncated", "issued_on")
    return QrReading(
        number=number,
        old_number=old_number,
        name=name,
        birth_date=_qr_date(birth, "birth_date"),
        sex=_qr_sex(sex),
        residence=residence,
        issued_on=_qr_date(issued, "issued_on"),
    )


def _qr_date(text: str, field: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", text):
        raise ScanError("qr_date", field)
    try:
        return date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError:
        raise ScanError("qr_date", field) from None


def _qr_sex(text: str) -> Sex:
    match untelexed(folded(text)):
        case "nam":
            return Sex.MALE
        case "nu":
            return Sex.FEMALE
        case _:
            raise ScanError("qr_sex", "sex")


# --- MRZ (ICAO 9303-5 TD1; Viet Nam keeps the whole number and its check digit in the optional field) -------
def _read_mrz(text: str) -> MrzReading:
    one, two, three = _lines(text.upper())
    if one[2:5] != "VNM":
        raise ScanError("mrz_country", one[2:5].strip("<"))
    if not one.startswith("ID"):
        raise ScanError("mrz_document", "1")
    _check(one[5:14], one[14], "document_number")
    _check(one[15:27], one[29], "number")
    _check(two[:6], two[6], "birth_date")
    _check(two[8:14], two[14], "expires_on")
    _check(one[5:30] + two[:7] + two[8:15] + two[18:29], two[29], "composite")
    number = one[15:27]
    if not _NUMBER.fullmatch(number) or one[5:14] != number[3:] or one[27:29] != "<<":
        raise ScanError("mrz_numbers", "1")
    if two[15:18] != "VNM":
        raise ScanError("mrz_country", two[15:18].strip("<"))
    if two[7] not in Sex.values:
        raise ScanError("mrz_sex", "2")
    name = " ".join(three.replace("<", " ").split())
    if not name or any(character.isdigit() for character in name):
        raise ScanError("mrz_name", "3")
    century = 1900 + 100 * (int(number[3]) // 2)
    expires = None if two[8:14] == NO_EXPIRY else _mrz_date(two[8:14], 2000, "expires_on")
    return MrzReading(
        number=number,
        name=name,
        birth_date=_mrz_date(two[:6], century, "birth_date"),
        sex=Sex(two[7]),
        expires_on=expires,
    )


def _lines(text: str) -> tuple[str, str, str]:
    lines = text.split()
    joined = "".join(lines)
    if len(lines) == 1 and len(joined) == 3 * LINE:  # a scanner that sends no line ends
        lines = [joined[:LINE], joined[LINE : 2 * LINE], joined[2 * LINE :]]
    if joined.startswith("P") and len(lines) == 2:  # noqa: PLR2004 - a passport's two lines
        raise ScanError("mrz_document", "1")
    if len(lines) != 3:  # noqa: PLR2004
        raise ScanError("mrz_lines", str(len(lines)))
    for place, line in enumerate(lines, 1):
        if not _MRZ.fullmatch(line):
            raise ScanError("mrz_characters", str(place))
        if len(line) != LINE:
            raise ScanError("mrz_length", str(place))
    return lines[0], lines[1], lines[2]


def _check(text: str, digit: str, field: str) -> None:
    if check_digit(text) != digit:
        raise ScanError("mrz_check_digit", field)


def _mrz_date(text: str, century: int, field: str) -> date:
    try:
        return date(century + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        raise ScanError("mrz_date", field) from None
