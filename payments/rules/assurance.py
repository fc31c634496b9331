"""What an order needs before the bank is asked, and why (Decision 2345/QD-NHNN of 18-12-2023, and what we add to it).

In words: bills of billers we know need a code, whatever they come to, for money cannot end with a stranger. A transfer
needs a passkey from an amount on, and every further one once the day's transfers pass a total. A new device or a
recovery asks for a passkey too, and for some hours after a recovery nothing is transferred. A code of an authenticator
app is never enough: it says nothing of payee and amount.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from payments.enums import Assurance
from payments.rules import figures


class Payee(StrEnum):
    """Who is paid."""

    BILLER = "biller"  # one that we know
    KNOWN = "known"  # was paid by this payer before
    NEW = "new"


class Because(StrEnum):
    """Why it needs that."""

    SMALL = "small"
    KNOWN_BILLER = "known_biller"
    AMOUNT = "amount"
    DAY_TOTAL = "day_total"
    NEW_PAYEE = "new_payee"
    NEW_DEVICE = "new_device"
    RECOVERED = "recovered"
    RECOVERED_WAIT = "recovered_wait"
    TOO_MUCH = "too_much"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds on a day; amounts in đồng."""

    strong_from: int  # one transfer of so much or more
    strong_day_total: int  # once the day's transfers pass it
    largest: int  # one payment
    first_payee_most: int  # to somebody never paid before; more needs a passkey and is held
    first_payee_held: timedelta
    after_recovery: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A payment of the order."""

    amount: int
    payee: Payee


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the order needs."""

    needs: Assurance
    because: Because


def read_limits(values: object) -> Limits:
    """The limits of a row ``limits``.

    Raises:
        BadFigures: it is none.
    """
    names = ("strong_from", "strong_day_total", "largest", "first_payee_most")
    hours = ("first_payee_held_hours", "after_recovery_hours")
    given = figures.keys(values, *names, *hours)
    held, recovery = (figures.whole(given, name, least=0, most=24 * 30) for name in hours)
    return Limits(
        **{name: figures.whole(given, name) for name in names},
        first_payee_held=timedelta(hours=held),
        after_recovery=timedelta(hours=recovery),
    )


def is_held(asked: Asked, limits: Limits) -> bool:
    """Whether a payment waits ``first_payee_held`` before it goes out."""
    return asked.payee is Payee.NEW and asked.amount > limits.first_payee_most


def decide(
    order: Sequence[Asked],
    *,
    day_total: int,
    new_device: bool,
    since_recovery: timedelta | None,
    limits: Limits,
) -> Decision:
    """What an order needs: the strongest that one of its payments needs.

    ``day_total`` is what the payer transferred earlier on this day, bills of known billers not counted.
    ``since_recovery`` is None for an account that was never recovered. ``NONE`` says that it cannot be paid at all.

    Raises:
        ValueError: the order is empty.
    """
    recovered = since_recovery is not None and since_recovery < limits.after_recovery
    found = []
    for asked in order:
        if asked.payee is not Payee.BILLER:
            day_total += asked.amount
        found.append(
            _decide(
                asked,
                day_total=day_total,
                new_device=new_device,
                recovered=recovered,
                limits=limits,
            )
        )
    return min(found, key=lambda each: _STRENGTH.index(each.needs))


# What forbids wins over what asks for more.
_STRENGTH = (Assurance.NONE, Assurance.USER_VERIFIED, Assurance.CODE)


def _decide(
    asked: Asked, *, day_total: int, new_device: bool, recovered: bool, limits: Limits
) -> Decision:
    is_transfer = asked.payee is not Payee.BILLER
    for holds, needs, because in (
        (asked.amount > limits.largest, Assurance.NONE, Because.TOO_MUCH),
        (is_transfer and recovered, Assurance.NONE, Because.RECOVERED_WAIT),
        (recovered, Assurance.USER_VERIFIED, Because.RECOVERED),
        (new_device, Assurance.USER_VERIFIED, Because.NEW_DEVICE),
        (not is_transfer, Assurance.CODE, Because.KNOWN_BILLER),
        (asked.amount >= limits.strong_from, Assurance.USER_VERIFIED, Because.AMOUNT),
        (day_total > limits.strong_day_total, Assurance.USER_VERIFIED, Because.DAY_TOTAL),
        (is_held(asked, limits), Assurance.USER_VERIFIED, Because.NEW_PAYEE),
    ):
        if holds:
            return Decision(needs=needs, because=because)
    return Decision(needs=Assurance.CODE, because=Because.SMALL)
