"""What a household's electricity costs: prices by tiers (Decision 1279/QD-BCT and what follows it), then VAT.

A tier is as wide as its table says for one household and one whole month. With several households on the meter each
tier is so many times as wide; when a period is no whole month, or the price changes within it, each part has its
share of the width by days. Widths and the use of a part are whole kWh, halves up; the last part has what is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from payments.rules import figures
from payments.rules.figures import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Days of a period under one price: the first and the last of them, and the tiers that hold."""

    first: date
    last: date
    tiers: tuple[Tier, ...]

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """So many kWh at one price."""

    quantity: int
    price: int

    @property
    def amount(self) -> int:
        """Before VAT."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it comes to."""

    lines: tuple[Line, ...]
    net: int
    vat: int

    @property
    def total(self) -> int:
        """With VAT."""
        return self.net + self.vat


def read_tiers(values: object) -> tuple[Tier, ...]:
    """The tiers of a row ``electricity``.

    Raises:
        BadFigures: it is none.
    """
    return figures.tiers(figures.keys(values, "tiers"))


def parts(first: date, last: date, prices: Mapping[date, tuple[Tier, ...]]) -> tuple[Part, ...]:
    """A period split where the price changes; ``prices`` by the day each holds from.

    Raises:
        ValueError: the period ends before it begins, or no price holds on its first day.
    """
    begun = [day for day in prices if day <= first]
    if last < first or not begun:
        raise ValueError("no such period")
    starts = [max(begun), *sorted(day for day in prices if first < day <= last)]
    ends = [*(day - timedelta(days=1) for day in starts[1:]), last]
    return tuple(
        Part(first=max(start, first), last=end, tiers=prices[start])
        for start, end in zip(starts, ends, strict=True)
    )


def cost(
    used: int,
    periods: Sequence[Part],
    *,
    vat: Fraction,
    whole_days: int | None = None,
    households: int = 1,
) -> Cost:
    """What ``used`` kWh in these days cost.

    ``whole_days`` is what a whole period would have had, if this one is shorter or longer; ``vat`` what holds on the
    day of the bill.

    Raises:
        ValueError: something is negative, or there is no household or day.
    """
    days = sum(part.days for part in periods)
    whole = days if whole_days is None else whole_days
    if used < 0 or households < 1 or days < 1 or whole < 1:
        raise ValueError("nothing to count")
    lines: list[Line] = []
    passed = counted = 0
    for part in periods:
        passed += part.days
        until = figures.rounded(Fraction(used * passed, days))
        lines += _lines(until - counted, part.tiers, Fraction(part.days * households, whole))
        counted = until
    net = sum(line.amount for line in lines)
    return Cost(lines=tuple(lines), net=net, vat=figures.rounded(net * vat))


def month(used: int, tiers: tuple[Tier, ...], **options: Any) -> Cost:
    """What ``used`` kWh cost in one whole month under one price; options as of :func:`cost`.

    Raises:
        ValueError: see :func:`cost`.
    """
    return cost(used, [Part(first=date.min, last=date.min, tiers=tiers)], **options)


def _lines(used: int, tiers: tuple[Tier, ...], share: Fraction) -> list[Line]:
    lines = []
    begun = 0
    for tier in tiers:
        end = used if tier.up_to is None else min(used, figures.rounded(tier.up_to * share))
        if end > begun:
            lines.append(Line(quantity=end - begun, price=tier.price))
            begun = end
    return lines
