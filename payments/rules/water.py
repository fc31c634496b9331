"""What a household's water costs: tiers a month, VAT, and the fee for waste water, both on the net price."""

from dataclasses import dataclass
from fractions import Fraction

from payments.rules import electricity, figures
from payments.rules.electricity import Line
from payments.rules.figures import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a utility takes."""

    tiers: tuple[Tier, ...]
    vat: Fraction
    waste_water: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it comes to."""

    lines: tuple[Line, ...]
    net: int
    vat: int
    waste_water: int

    @property
    def total(self) -> int:
        """With VAT and the fee."""
        return self.net + self.vat + self.waste_water


def read_prices(values: object) -> Prices:
    """The prices of a row ``water:…``.

    Raises:
        BadFigures: it is none.
    """
    given = figures.keys(values, "tiers", "vat", "waste_water")
    return Prices(
        tiers=figures.tiers(given),
        vat=figures.percent(given, "vat"),
        waste_water=figures.percent(given, "waste_water"),
    )


def cost(used: int, prices: Prices, *, households: int = 1) -> Cost:
    """What ``used`` cubic metres cost in one month.

    Raises:
        ValueError: they are negative, or there is no household.
    """
    net = electricity.month(used, prices.tiers, vat=Fraction(0), households=households)
    return Cost(
        lines=net.lines,
        net=net.net,
        vat=figures.rounded(net.net * prices.vat),
        waste_water=figures.rounded(net.net * prices.waste_water),
    )
