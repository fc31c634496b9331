"""What payments can be for: the registry through which other apps ask for one and hear that it settled.

An app registers a purpose in its ``apps.ready()``. Its ``due`` says what one of its rows costs now and to which biller,
asked again whenever an order is drafted and authorised; ``settled`` and ``refunded`` are called in the transaction of
the movement, so that the row they write and the books agree at every commit. They must neither call out nor wait.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from payments.enums import PaymentPurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is to be paid for a row of another app."""

    biller: str  # code of the biller that receives it
    amount: int  # đồng
    reference: str  # what the biller knows it by; goes over its wire in place of a bill's


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A payment that reached its payee, or went back."""

    payment_id: UUID
    about: UUID
    amount: int
    receipt: str
    at: datetime


def _nowhere(_about: UUID) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """How an app is asked and told about its payments.

    ``due(account_id, about)`` is None if there is nothing for that account to pay. ``place(about)`` is the address of
    the page where who paid goes on, "" if there is none.
    """

    code: PaymentPurpose
    due: Callable[[UUID, UUID], Due | None]
    settled: Callable[[Made], None]
    refunded: Callable[[Made], None]
    place: Callable[[UUID], str] = _nowhere


class NoSuchPurpose(LookupError):
    """No app registered it."""


_purposes: Final[dict[PaymentPurpose, Purpose]] = {}


def register(purpose: Purpose) -> None:
    """Let a purpose be paid for; called in ``apps.ready()``.

    Raises:
        ValueError: another one has its code.
    """
    if _purposes.setdefault(purpose.code, purpose) is not purpose:
        raise ValueError(purpose.code)


def find(code: PaymentPurpose) -> Purpose:
    """The purpose of a code.

    Raises:
        NoSuchPurpose: see the class.
    """
    try:
        return _purposes[code]
    except KeyError:
        raise NoSuchPurpose(code) from None
