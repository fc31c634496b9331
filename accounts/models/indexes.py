"""The blind indexes people are found by: one purpose each, the value in its one normal form."""

from typing import Final
from uuid import UUID

from eid_portal.core import sealed

PERSONAL_NUMBER: Final = "personal_number"
PHONE: Final = "phone"
CARD_NUMBER: Final = "card_number"


def number_index(number: str) -> UUID:
    """The index to store beside a personal number (twelve ASCII digits)."""
    return sealed.blind_index(PERSONAL_NUMBER, number)


def number_indexes(number: str) -> list[UUID]:
    """The indexes to look a personal number up by."""
    return sealed.blind_indexes(PERSONAL_NUMBER, number)


def phone_index(phone: str) -> UUID:
    """The index to store beside a phone (E.164)."""
    return sealed.blind_index(PHONE, phone)


def phone_indexes(phone: str) -> list[UUID]:
    """The indexes to look a phone up by."""
    return sealed.blind_indexes(PHONE, phone)


def card_number_index(number: str) -> UUID:
    """The index to store beside a card's number."""
    return sealed.blind_index(CARD_NUMBER, number)
