"""The blind indexes people are found by: one purpose each, the value in its one normal form."""

from typing import Final
from uuid import UUID

from eid_portal.core import sealed

PERSONAL_NUMBER: Final = "personal_number"
PHONE: Final = "phone"
CARD_NUMBER: Final = "card_number"
STOP_CODE: Final = "stop_code"
MESSAGE: Final = "message"


def number_index(number: str) -> UUID:
    """The index to store beside a personal number (twelve ASCII digits)."""
    return sealed.blind_index(PERSONAL_NUMBER, number)


def number_indexes(number: str) -> list[UUID]:
    """The indexes to look a personal number up by."""
    return sealed.blind_indexes(PERSONAL_NUMBER, number)


# Whoever has a number, else who had it before theirs was re-established; ``who`` is :func:`number_indexes`.
HOLDER_OF_NUMBER: Final = """COALESCE(
    (SELECT id FROM accounts_citizen WHERE personal_number_index = ANY(%(who)s)),
    (SELECT citizen_id FROM accounts_formerpersonalnumber WHERE personal_number_index = ANY(%(who)s) LIMIT 1))"""


def phone_index(phone: str) -> UUID:
    """The index to store beside a phone (E.164)."""
    return sealed.blind_index(PHONE, phone)


def phone_indexes(phone: str) -> list[UUID]:
    """The indexes to look a phone up by."""
    return sealed.blind_indexes(PHONE, phone)


def card_number_index(number: str) -> UUID:
    """The index to store beside a card's number."""
    return sealed.blind_index(CARD_NUMBER, number)


def stop_code_index(code: str) -> UUID:
    """The index a stop code (upper case, no blanks) is stored as; the code itself is kept nowhere."""
    return sealed.blind_index(STOP_CODE, code)


def stop_code_indexes(code: str) -> list[UUID]:
    """The indexes to look a typed stop code up by."""
    return sealed.blind_indexes(STOP_CODE, code)


def message_index(normal_text: str) -> UUID:
    """The index to store beside a message that was sent out (folded, without blanks)."""
    return sealed.blind_index(MESSAGE, normal_text)


def message_indexes(normal_text: str) -> list[UUID]:
    """The indexes to look a pasted message up by."""
    return sealed.blind_indexes(MESSAGE, normal_text)
