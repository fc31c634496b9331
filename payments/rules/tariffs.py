"""The names of effective-dated rows, and which rule reads each: a row that its rule cannot read is never kept."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from payments.rules import assurance, electricity, fees, figures, health_premium, social_premium
from payments.rules import water as water_rules

ELECTRICITY: Final = "electricity"
ELECTRICITY_VAT: Final = "vat:electricity"
BASE_SALARY: Final = "base_salary"  # the reference level of social insurance too
POVERTY_LINE: Final = "poverty_line"  # rural
HEALTH_PREMIUM: Final = "health_premium"
SOCIAL_PREMIUM: Final = "social_premium"
LIMITS: Final = "limits"
FEES: Final = "fees"
_WATER: Final = re.compile(r"water:[a-z0-9-]{2,30}")


class NoSuchTariff(KeyError):
    """No rule reads figures of that name."""


def water(biller: str) -> str:
    """The name of a water company's prices."""
    return f"water:{biller}"


def read(name: str, values: object) -> Any:
    """The figures as the rules take them.

    Raises:
        NoSuchTariff: see the class.
        BadFigures: they are not what the rule reads.
    """
    if _WATER.fullmatch(name):
        return water_rules.read_prices(values)
    if name not in READERS:
        raise NoSuchTariff(name)
    return READERS[name](values)


def _amount(values: object) -> int:
    return figures.whole(figures.keys(values, "amount"), "amount")


def _percent(values: object) -> Any:
    return figures.percent(figures.keys(values, "percent"), "percent")


READERS: Final[Mapping[str, Callable[[object], Any]]] = MappingProxyType(
    {
        ELECTRICITY: electricity.read_tiers,
        ELECTRICITY_VAT: _percent,
        BASE_SALARY: _amount,
        POVERTY_LINE: _amount,
        HEALTH_PREMIUM: health_premium.read_terms,
        SOCIAL_PREMIUM: social_premium.read_terms,
        LIMITS: assurance.read_limits,
        FEES: fees.read_fees,
    }
)
