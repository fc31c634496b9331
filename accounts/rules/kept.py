"""What a case keeps, sealed: the card's reading and the register's answer, as JSON can say them."""

from datetime import date
from typing import Any, TypedDict

from accounts.enums import ScanSource, Sex
from accounts.rules.findings import Told
from accounts.rules.scan import MrzReading, QrReading, Reading, TypedNumber


class KeptReading(TypedDict, total=False):
    """What the box held."""

    number: str
    old_number: str
    name: str
    birth_date: str
    sex: str
    residence: str
    issued_on: str
    expires_on: str | None


class KeptAnswer(TypedDict):
    """The register's answer: without the photo; of other people only who guards this one."""

    number: str
    name: str
    birth_date: str
    sex: str
    nationality: str
    residence: dict[str, str]
    alive: bool
    card_number: str
    issued_on: str | None
    expires_on: str | None
    card_state: str  # valid, lost, revoked; empty: the register knows no card
    birth_province: str  # three digits, as in the number
    guardians: list[str]  # their names


def source_of(reading: Reading) -> ScanSource:
    """How the card came to the box."""
    match reading:
        case QrReading():
            return ScanSource.QR
        case MrzReading():
            return ScanSource.MRZ
        case TypedNumber():
            return ScanSource.TYPED


def keep(reading: Reading) -> KeptReading:
    """A reading, to be sealed."""
    match reading:
        case QrReading():
            return KeptReading(
                number=reading.number,
                old_number=reading.old_number,
                name=reading.name,
                birth_date=reading.birth_date.isoformat(),
                sex=reading.sex.value,
                residence=reading.residence,
                issued_on=reading.issued_on.isoformat(),
            )
        case MrzReading():
            return KeptReading(
                number=reading.number,
                name=reading.name,
                birth_date=reading.birth_date.isoformat(),
                sex=reading.sex.value,
                expires_on=reading.expires_on.isoformat() if reading.expires_on else None,
            )
        case TypedNumber():
            return KeptReading(number=reading.number)


def card_told(kept: KeptReading) -> Told:
    """What the card says."""
    return Told(
        number=kept["number"],
        name=kept.get("name", ""),
        birth_date=_day(kept.get("birth_date")),
        sex=_sex(kept.get("sex")),
        residence=kept.get("residence", ""),
        issued_on=_day(kept.get("issued_on")),
        expires_on=_day(kept.get("expires_on")),
    )


def register_told(answer: KeptAnswer) -> Told:
    """What the register says."""
    return Told(
        number=answer["number"],
        name=answer["name"],
        birth_date=_day(answer["birth_date"]),
        sex=_sex(answer["sex"]),
        birth_province=answer["birth_province"],
        residence=one_line(answer["residence"]),
        issued_on=_day(answer["issued_on"]),
        expires_on=_day(answer["expires_on"]),
        card_valid=answer["card_state"] in {"", "valid"},
        alive=answer["alive"],
    )


def one_line(residence: dict[str, Any] | None) -> str:
    """A residence in one line: ``12 Phố Thử, Phường Ba Đình, Hà Nội``."""
    parts = residence or {}
    return ", ".join(str(parts[key]) for key in ("line", "commune", "province") if parts.get(key))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _sex(text: str | None) -> Sex | None:
    return Sex(text) if text else None
