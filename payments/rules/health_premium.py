"""The premium of household health insurance: the first member pays a part of the base salary a month, each one after
it less of that (Law on Health Insurance art. 13, Decree 146/2018/ND-CP art. 7 and what amends it).

The order counts members who pay as one household in one fiscal year, whoever paid first; members insured otherwise
(by work, age, the state) do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from payments.rules import figures
from payments.rules.figures import BadFigures

MEMBERS_MOST: Final = 30  # ours: a household register never had more
_YEAR: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds on a day."""

    rate: Fraction  # of the base salary, the first member's
    shares: tuple[Fraction, ...]  # of the first member's; the last for everybody after it
    months: tuple[int, ...]  # that can be paid at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What one member pays."""

    place: int  # in the order, from 1
    share: Fraction
    monthly: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Premium:
    """What the household pays."""

    members: tuple[Member, ...]
    months: int

    @property
    def total(self) -> int:
        """Of all."""
        return sum(member.amount for member in self.members)


class NotInsured(ValueError):
    """It cannot be paid so: ``code`` is ``members`` or ``months``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_terms(values: object) -> Terms:
    """The terms of a row ``health_premium``.

    Raises:
        BadFigures: it is none.
    """
    given = figures.keys(values, "rate", "shares", "months")
    shares = given["shares"]
    if not isinstance(shares, list) or not 0 < len(shares) <= MEMBERS_MOST:
        raise BadFigures("shares", "percent")
    return Terms(
        rate=figures.percent(given, "rate"),
        shares=tuple(figures.percent({"shares": share}, "shares") for share in shares),
        months=read_months(given),
    )


def read_months(values: Mapping[str, Any]) -> tuple[int, ...]:
    """The lengths in months that can be paid at once, ``[3, 6, 12]``.

    Raises:
        BadFigures: they are none, or not in order.
    """
    months = values["months"]
    if not isinstance(months, list) or not months:
        raise BadFigures("months", "months")
    found = tuple(figures.whole({"months": month}, "months", most=_YEAR) for month in months)
    if list(found) != sorted(set(found)):
        raise BadFigures("months", "months")
    return found


def premium(
    members: int, months: int, *, base_salary: int, terms: Terms, paid_before: int = 0
) -> Premium:
    """What so many members pay for so many months; ``paid_before`` members of the household did this fiscal year.

    Raises:
        NotInsured: see the class.
    """
    if members < 1 or paid_before < 0 or members + paid_before > MEMBERS_MOST:
        raise NotInsured("members")
    if months not in terms.months:
        raise NotInsured("months")
    first = base_salary * terms.rate
    found = []
    for place in range(paid_before + 1, paid_before + members + 1):
        share = terms.shares[min(place, len(terms.shares)) - 1]
        monthly = figures.rounded(first * share)
        found.append(Member(place=place, share=share, monthly=monthly, amount=monthly * months))
    return Premium(members=tuple(found), months=months)
