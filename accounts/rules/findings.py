"""What does not agree between a card, the population register and what we hold."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from accounts.enums import ChipVerdict, RegisterStatus, ScanSource, Sex
from accounts.rules import card_validity, personal_number
from accounts.rules.scan import LINE
from eid_portal.core.spelling import Sameness, compare_names, folded, untelexed


class Finding(StrEnum):
    """A disagreement, as ``CardCase.findings`` keeps it: a code without values."""

    NAME_MARKS = "name_marks"
    NAME_KEYBOARD = "name_keyboard"
    NAME_DIFFERS = "name_differs"
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    SEX_DIFFERS = "sex_differs"
    RESIDENCE_DIFFERS = "residence_differs"
    ISSUED_ON_DIFFERS = "issued_on_differs"
    EXPIRES_ON_DIFFERS = "expires_on_differs"
    NUMBER_CHANGED = "number_changed"
    HELD_NAME_DIFFERS = "held_name_differs"
    HELD_BIRTH_DATE_DIFFERS = "held_birth_date_differs"
    HELD_SEX_DIFFERS = "held_sex_differs"
    BIRTH_YEAR_NUMBER = "birth_year_number"
    SEX_NUMBER = "sex_number"
    PROVINCE_UNKNOWN = "province_unknown"
    PROVINCE_DIFFERS = "province_differs"
    CARD_EXPIRED = "card_expired"
    CARD_NOT_VALID = "card_not_valid"
    NO_CARD_KNOWN = "no_card_known"
    NOT_FOUND = "not_found"
    DEAD = "dead"
    REGISTER_AWAY = "register_away"
    CHIP_FALSE = "chip_false"
    CHIP_DOUBTFUL = "chip_doubtful"
    CHIP_DIFFERS = "chip_differs"


# Explained to the officer; nothing follows from them.
NOTES: Final = frozenset(
    {
        Finding.NAME_MARKS,
        Finding.NAME_KEYBOARD,
        Finding.RESIDENCE_DIFFERS,
        Finding.PROVINCE_UNKNOWN,
        Finding.PROVINCE_DIFFERS,
        Finding.HELD_NAME_DIFFERS,
        Finding.HELD_SEX_DIFFERS,
        Finding.REGISTER_AWAY,
    }
)
# With one of these no account can be issued, whoever approves.
STOPS: Final = frozenset(
    {
        Finding.BIRTH_YEAR_NUMBER,
        Finding.SEX_NUMBER,
        Finding.CARD_EXPIRED,
        Finding.CARD_NOT_VALID,
        Finding.NO_CARD_KNOWN,
        Finding.NOT_FOUND,
        Finding.DEAD,
        Finding.CHIP_FALSE,
    }
)
# The rest are disagreements: a second human decides.


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one source says of a person; what it does not say is empty or None."""

    number: str
    name: str = ""
    birth_date: date | None = None
    sex: Sex | None = None
    birth_province: str = ""  # three digits
    residence: str = ""
    issued_on: date | None = None
    expires_on: date | None = None
    card_valid: bool = True
    alive: bool = True


def find(
    *,
    source: ScanSource,
    card: Told,
    status: RegisterStatus,
    register: Told | None,
    held: Told | None,
    registration_codes: Collection[str],
    today: date,
) -> list[Finding]:
    """Every disagreement, in the order of the columns' rows.

    ``registration_codes`` are the known first three digits; ``register`` is given when ``status`` is FOUND.
    """
    found: list[Finding] = []
    if status == RegisterStatus.NOT_FOUND:
        found.append(Finding.NOT_FOUND)
    if status == RegisterStatus.UNAVAILABLE:
        found.append(Finding.REGISTER_AWAY)
    if register is not None:
        found += [] if register.alive else [Finding.DEAD]
        found += _against_register(source, card, register)
    if register is not None and held is not None:
        found += _against_held(register, held)
    found += _against_number(card, register, registration_codes)
    if _has_expired(card, register, today):
        found.append(Finding.CARD_EXPIRED)
    return found


def of_chip(verdict: ChipVerdict, differences: Collection[str]) -> list[Finding]:
    """What follows from the chip: nothing from a genuine one that says what card and register say."""
    match verdict:
        case ChipVerdict.GENUINE:
            return [Finding.CHIP_DIFFERS] if differences else []
        case (
            ChipVerdict.ALTERED
            | ChipVerdict.FORGED
            | ChipVerdict.ANOTHER_CARD
            | ChipVerdict.SIGNER_REVOKED
        ):
            return [Finding.CHIP_FALSE]
        case (
            ChipVerdict.UNKNOWN_COUNTRY_SIGNER | ChipVerdict.SIGNER_EXPIRED | ChipVerdict.UNREADABLE
        ):
            return [Finding.CHIP_DOUBTFUL]


def chip_differences(chip: Told, *others: Told) -> list[str]:
    """The fields in which the zone of a genuine chip says something else than the card in hand or the register."""
    found = []
    for other in others:
        if other.name and not _same_name(chip.name, other.name):
            found.append("name")
        if other.birth_date and other.birth_date != chip.birth_date:
            found.append("birth_date")
        if other.sex and other.sex != chip.sex:
            found.append("sex")
    return sorted(set(found))


def _has_expired(card: Told, register: Told | None, today: date) -> bool:
    """By what is printed, what the register says, or the age rule if neither says it."""
    ends = [day for day in (card.expires_on, register and register.expires_on) if day]
    if not ends and card.issued_on and card.birth_date:
        by_rule = card_validity.expiry(card.birth_date, card.issued_on)
        ends = [by_rule] if by_rule else []
    return any(card_validity.has_expired(day, today) for day in ends)


def _against_register(source: ScanSource, card: Told, register: Told) -> list[Finding]:
    found = []
    if register.number != card.number:
        found.append(Finding.NUMBER_CHANGED)
    if card.name:
        found += _name(source, card.name, register.name)
    if card.birth_date and card.birth_date != register.birth_date:
        found.append(Finding.BIRTH_DATE_DIFFERS)
    if card.sex and card.sex != register.sex:
        found.append(Finding.SEX_DIFFERS)
    if card.residence and not _same_place(card.residence, register.residence):
        found.append(Finding.RESIDENCE_DIFFERS)
    return found + _card_against_register(source, card, register)


def _card_against_register(source: ScanSource, card: Told, register: Told) -> list[Finding]:
    found = []
    if not register.card_valid:
        found.append(Finding.CARD_NOT_VALID)
    if register.issued_on is None:
        found.append(Finding.NO_CARD_KNOWN)
    elif card.issued_on and card.issued_on != register.issued_on:
        found.append(Finding.ISSUED_ON_DIFFERS)
    if source == ScanSource.MRZ and card.expires_on != register.expires_on:
        found.append(Finding.EXPIRES_ON_DIFFERS)
    return found


def _name(source: ScanSource, card: str, register: str) -> list[Finding]:
    if source == ScanSource.MRZ:
        return [] if _same_name(card, register) else [Finding.NAME_DIFFERS]
    match compare_names(card, register):
        case Sameness.SAME:
            return []
        case Sameness.MARKS:
            return [Finding.NAME_MARKS]
        case Sameness.KEYBOARD:
            return [Finding.NAME_KEYBOARD]
        case Sameness.OTHER:
            return [Finding.NAME_DIFFERS]


def _same_name(zone: str, other: str) -> bool:
    """A name in a machine-readable zone has no marks, and is cut after 30 characters."""
    whole = folded(other).replace("-", " ").replace("'", "")
    room = LINE - 2  # two fillers stand behind the family name, one elsewhere
    return folded(zone) == whole or (len(zone) >= room and whole.startswith(folded(zone)))


def _same_place(one: str, two: str) -> bool:
    first, second = (" ".join(folded(text).replace(",", " ").split()) for text in (one, two))
    return second in {first, untelexed(first)}


def _against_held(register: Told, held: Told) -> list[Finding]:
    found = []
    if compare_names(register.name, held.name) != Sameness.SAME:
        found.append(Finding.HELD_NAME_DIFFERS)
    if register.birth_date != held.birth_date:
        found.append(Finding.HELD_BIRTH_DATE_DIFFERS)
    if register.sex != held.sex:
        found.append(Finding.HELD_SEX_DIFFERS)
    return found


def _against_number(
    card: Told, register: Told | None, registration_codes: Collection[str]
) -> list[Finding]:
    number = personal_number.parse(card.number)
    born = card.birth_date or (register.birth_date if register else None)
    sex = card.sex or (register.sex if register else None)
    found = []
    if born is not None and born.year != number.birth_year:
        found.append(Finding.BIRTH_YEAR_NUMBER)
    if sex is not None and sex != number.sex:
        found.append(Finding.SEX_NUMBER)
    if number.province not in registration_codes:
        found.append(Finding.PROVINCE_UNKNOWN)
    elif register and register.birth_province not in {"", number.province}:
        found.append(Finding.PROVINCE_DIFFERS)
    return found
