"""The figures that hold on a day. Rows are kept readable, so what is found here is what the rules take."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from payments.enums import PaymentPurpose
from payments.models import Tariff
from payments.rules import health_premium, social_premium, tariffs, water
from payments.rules.assurance import Limits
from payments.rules.figures import Tier


class NoFigures(LookupError):
    """Nothing of that name holds on that day."""


def get(name: str, day: date) -> Any:
    """What holds under a name on a day, as its rule takes it.

    Raises:
        NoFigures: see the class.
    """
    rows = Tariff.objects.filter(name=name, from_day__lte=day)
    values = rows.order_by("-from_day").values_list("values", flat=True).first()
    if values is None:
        raise NoFigures(name)
    return tariffs.read(name, values)


def electricity_prices(first: date, last: date) -> Mapping[date, tuple[Tier, ...]]:
    """The prices that hold in a period, by the day from which each does.

    Raises:
        NoFigures: none holds on the first day.
    """
    rows = Tariff.objects.filter(name=tariffs.ELECTRICITY, from_day__lte=last)
    found: dict[date, tuple[Tier, ...]] = {}
    for from_day, values in rows.order_by("-from_day").values_list("from_day", "values"):
        found[from_day] = tariffs.read(tariffs.ELECTRICITY, values)
        if from_day <= first:
            return found
    raise NoFigures(tariffs.ELECTRICITY)


def electricity_vat(day: date) -> Fraction:
    """VAT on electricity billed on a day.

    Raises:
        NoFigures: nothing is known for it.
    """
    vat: Fraction = get(tariffs.ELECTRICITY_VAT, day)
    return vat


def water_prices(biller: str, day: date) -> water.Prices:
    """A water company's prices.

    Raises:
        NoFigures: nothing is known of them.
    """
    prices: water.Prices = get(tariffs.water(biller), day)
    return prices


def base_salary(day: date) -> int:
    """The base salary, which is the reference level of social insurance too.

    Raises:
        NoFigures: nothing is known for it.
    """
    amount: int = get(tariffs.BASE_SALARY, day)
    return amount


def poverty_line(day: date) -> int:
    """The poverty line of rural areas.

    Raises:
        NoFigures: nothing is known for it.
    """
    amount: int = get(tariffs.POVERTY_LINE, day)
    return amount


def health_terms(day: date) -> health_premium.Terms:
    """The terms of household health insurance.

    Raises:
        NoFigures: nothing is known for it.
    """
    terms: health_premium.Terms = get(tariffs.HEALTH_PREMIUM, day)
    return terms


def social_terms(day: date) -> social_premium.Terms:
    """The terms of voluntary social insurance.

    Raises:
        NoFigures: nothing is known for it.
    """
    terms: social_premium.Terms = get(tariffs.SOCIAL_PREMIUM, day)
    return terms


def limits(day: date) -> Limits:
    """The limits of what is paid.

    Raises:
        NoFigures: none are known for it.
    """
    found: Limits = get(tariffs.LIMITS, day)
    return found


def fees(day: date) -> Mapping[PaymentPurpose, int]:
    """What the portal takes, by what a payment is for.

    Raises:
        NoFigures: nothing is known for it.
    """
    found: Mapping[PaymentPurpose, int] = get(tariffs.FEES, day)
    return found
