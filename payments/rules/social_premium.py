"""The premium of voluntary social insurance: a part of the income that a person chooses, less what the state pays of
the least that can be chosen, for ten years at most (Law 41/2024/QH15 arts. 31 and 36, Decree 159/2025/ND-CP art. 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from payments.rules import figures, health_premium
from payments.rules.figures import BadFigures

_TIMES_MOST: Final = 100
_SUPPORTED_MOST: Final = 600


class Group(StrEnum):
    """Whom the state supports, by how much the law says."""

    POOR = "poor"  # a poor household, or an island commune or special zone
    NEAR_POOR = "near_poor"
    MINORITY = "minority"
    OTHERS = "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds on a day."""

    rate: Fraction
    support: Mapping[Group, Fraction]
    times_most: int  # the reference level so many times is the most that can be chosen
    months: tuple[int, ...]
    supported_months: int  # in a life


@dataclass(frozen=True, slots=True, kw_only=True)
class Premium:
    """What a person pays."""

    months: int
    monthly: int  # before the state's part
    support: int  # of all months
    amount: int


class NotInsured(ValueError):
    """It cannot be paid so: ``code`` is ``low``, ``high`` (the income; ``bound`` is the nearest) or ``months``."""

    def __init__(self, code: str, bound: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.bound = bound


def read_terms(values: object) -> Terms:
    """The terms of a row ``social_premium``.

    Raises:
        BadFigures: it is none.
    """
    given = figures.keys(values, "rate", "support", "times_most", "months", "supported_months")
    if not isinstance(given["support"], dict):
        raise BadFigures("support", "keys")
    support = figures.keys(given["support"], *Group)
    return Terms(
        rate=figures.percent(given, "rate"),
        support={group: figures.percent(support, group) for group in Group},
        times_most=figures.whole(given, "times_most", most=_TIMES_MOST),
        months=health_premium.read_months(given),
        supported_months=figures.whole(given, "supported_months", least=0, most=_SUPPORTED_MOST),
    )


def premium(
    income: int,
    months: int,
    group: Group,
    *,
    poverty_line: int,
    reference_level: int,
    terms: Terms,
    supported_before: int = 0,
) -> Premium:
    """What a person of that group pays for so many months; the state paid for ``supported_before`` months already.

    Raises:
        NotInsured: see the class.
    """
    most = terms.times_most * reference_level
    if income < poverty_line:
        raise NotInsured("low", poverty_line)
    if income > most:
        raise NotInsured("high", most)
    if months not in terms.months:
        raise NotInsured("months")
    monthly = figures.rounded(income * terms.rate)
    supported = max(0, min(months, terms.supported_months - supported_before))
    support = supported * figures.rounded(poverty_line * terms.rate * terms.support[group])
    return Premium(
        months=months, monthly=monthly, support=support, amount=months * monthly - support
    )
