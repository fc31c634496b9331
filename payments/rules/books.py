"""Which accounts the books have, and what each movement of money posts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from payments.enums import AccountKind

TRANSIT: Final = "transit"
PAYOUT: Final = "payout"
FEES: Final = "fees"
DIFFERENCE: Final = "difference"
CLEARING: Final = "NAPAS"  # the account that the switch pays out of, as its statements name it
MOST: Final = 2**63 - 1  # what the column holds
FEWEST: Final = 2  # postings of an entry


@dataclass(frozen=True, slots=True)
class Line:
    """A posting to be: positive for a debit, negative for a credit."""

    account: str
    amount: int
    payment_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What the books need to know of a payment."""

    payment_id: UUID
    amount: int
    fee: int
    biller: str | None

    @property
    def payee(self) -> str:
        """The account of whoever gets the money: its biller's, or the switch's for a transfer."""
        return PAYOUT if self.biller is None else biller(self.biller)


def bank(bin_number: str) -> str:
    """The account of what is held at a bank."""
    return f"bank:{bin_number}"


def biller(code: str) -> str:
    """The account of what is owed to a biller."""
    return f"biller:{code}"


def kind_of(account: str) -> AccountKind:
    """What an account stands for, which its code begins with.

    Raises:
        ValueError: it begins with nothing that is known.
    """
    return AccountKind(account.partition(":")[0].upper())


def debit(*, bank_account: str, total: int, parts: Sequence[Part]) -> list[Line]:
    """The payer's bank gave the money of an order; it is in flight for its payments, fees among it."""
    held = Line(bank_account, total)
    return [
        held,
        *(Line(TRANSIT, -part.amount - part.fee, part.payment_id) for part in parts),
    ]


def settle(part: Part) -> list[Line]:
    """A payment reached its payee: no longer in flight, but owed."""
    lines = [
        Line(TRANSIT, part.amount + part.fee, part.payment_id),
        Line(part.payee, -part.amount, part.payment_id),
    ]
    return [*lines, Line(FEES, -part.fee, part.payment_id)] if part.fee else lines


def refund(part: Part, *, settled: bool, amount: int, bank_account: str) -> list[Line]:
    """Money went back to the payer's bank: out of flight, or off what its payee is owed if that had it already."""
    source = part.payee if settled else TRANSIT
    return [
        Line(source, amount, part.payment_id),
        Line(bank_account, -amount, part.payment_id),
    ]


def settlement(*, account: str, bank_account: str, amount: int) -> list[Line]:
    """What was owed to a biller, or to the switch, was given to it out of what a bank holds."""
    return [Line(account, amount), Line(bank_account, -amount)]


def adjustment(*, account: str, amount: int) -> list[Line]:
    """What an account has or owes was found to be another: by so much more, which stands among the differences."""
    return [Line(account, amount), Line(DIFFERENCE, -amount)]


def faults(lines: Sequence[Line]) -> Iterator[str]:
    """Why lines are no entry; nothing if they are one."""
    if len(lines) < FEWEST:
        yield "an entry has at least two postings"
    if sum(line.amount for line in lines):
        yield "its postings sum to zero"
    if any(line.amount == 0 or abs(line.amount) > MOST for line in lines):
        yield "an amount is neither zero nor beyond what the books hold"
