"""Prices of electricity, water, health and social insurance by the figures that hold on a day."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules import electricity, figures, health_premium, social_premium, water
from payments.rules.electricity import Part
from payments.rules.figures import BadFigures, Tier
from payments.rules.social_premium import Group

HOUSEHOLD = {
    "tiers": [[50, 1984], [100, 2050], [200, 2380], [300, 2998], [400, 3350], [None, 3460]]
}
TIERS = electricity.read_tiers(HOUSEHOLD)
EIGHT, TEN = Fraction(8, 100), Fraction(10, 100)
HEALTH = health_premium.read_terms(
    {"rate": "4.5", "shares": [100, 70, 60, 50, 40], "months": [3, 6, 12]}
)
SOCIAL: dict[str, Any] = {
    "rate": 22,
    "support": {"poor": 50, "near_poor": 40, "minority": 30, "others": 20},
    "times_most": 20,
    "months": [1, 3, 6, 12],
    "supported_months": 120,
}
POVERTY_LINE, BASE = 1_500_000, 2_340_000


# --- Electricity ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("used", "net", "total"),
    [
        (0, 0, 0),
        (1, 1_984, 2_143),
        (50, 99_200, 107_136),
        (100, 201_700, 217_836),
        (200, 439_700, 474_876),
        (300, 739_500, 798_660),
        (400, 1_074_500, 1_160_460),
        (450, 1_247_500, 1_347_300),
    ],
)
def test_electricity_of_a_month(used: int, net: int, total: int) -> None:
    cost = electricity.month(used, TIERS, vat=EIGHT)
    assert (cost.net, cost.total) == (net, total)
    assert sum(line.quantity for line in cost.lines) == used


def test_vat_is_what_holds_on_the_day_of_the_bill() -> None:
    assert electricity.month(100, TIERS, vat=TEN).total == 221_870


def test_tiers_are_as_many_times_as_wide_as_there_are_households() -> None:
    two = electricity.month(200, TIERS, vat=EIGHT, households=2)
    assert [(line.quantity, line.price) for line in two.lines] == [(100, 1984), (100, 2050)]
    assert two.net == 2 * electricity.month(100, TIERS, vat=EIGHT).net


def test_half_a_month_has_half_the_width() -> None:
    half = electricity.cost(
        100, [Part(first=date(2026, 11, 1), last=date(2026, 11, 15), tiers=TIERS)], vat=EIGHT, whole_days=30,
    )  # fmt: skip
    assert [(line.quantity, line.price) for line in half.lines] == [
        (25, 1984),
        (25, 2050),
        (50, 2380),
    ]


def test_a_price_that_changes_within_the_period_holds_for_its_days() -> None:
    dearer = tuple(Tier(up_to=tier.up_to, price=tier.price + 100) for tier in TIERS)
    prices = {date(2025, 5, 10): TIERS, date(2026, 11, 11): dearer, date(2027, 1, 1): TIERS}
    parts = electricity.parts(date(2026, 11, 1), date(2026, 11, 30), prices)
    assert [(part.first.day, part.last.day, part.days) for part in parts] == [
        (1, 10, 10),
        (11, 30, 20),
    ]

    cost = electricity.cost(100, parts, vat=EIGHT)

    assert [(line.quantity, line.price) for line in cost.lines] == [
        (17, 1984), (16, 2050), (33, 2084), (34, 2150),
    ]  # fmt: skip
    whole = electricity.parts(date(2026, 10, 1), date(2026, 10, 31), prices)
    assert electricity.cost(123, whole, vat=EIGHT) == electricity.month(123, TIERS, vat=EIGHT)


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 1, 2), date(2026, 1, 1)), (date(2025, 5, 9), date(2025, 6, 9))],
)
def test_a_period_without_a_price_is_refused(first: date, last: date) -> None:
    with pytest.raises(ValueError, match="no such period"):
        electricity.parts(first, last, {date(2025, 5, 10): TIERS})


@pytest.mark.parametrize("wrong", [{"households": 0}, {"whole_days": 0}])
def test_nothing_is_counted_of_nothing(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="nothing to count"):
        electricity.month(1, TIERS, vat=EIGHT, **wrong)
    with pytest.raises(ValueError, match="nothing to count"):
        electricity.month(-1, TIERS, vat=EIGHT)


@given(st.integers(0, 5000), st.integers(1, 9), st.integers(1, 30), st.integers(1, 29))
def test_every_kilowatt_hour_is_on_one_line(used: int, households: int, days: int, cut: int) -> None:  # fmt: skip
    first = date(2026, 11, 1)
    prices = {date(2026, 1, 1): TIERS, date(2026, 11, 1 + cut): TIERS}
    parts = electricity.parts(first, first.replace(day=days), prices)
    cost = electricity.cost(used, parts, vat=EIGHT, whole_days=30, households=households)
    assert sum(line.quantity for line in cost.lines) == used
    assert used * TIERS[0].price <= cost.net <= used * (TIERS[-1].price)


# --- Water ----------------------------------------------------------------------------------------
def test_water_has_vat_and_the_fee_for_waste_water() -> None:
    prices = water.read_prices(
        {
            "tiers": [[10, 8500], [20, 9900], [30, 16000], [None, 27000]],
            "vat": 5,
            "waste_water": 10,
        }
    )
    cost = water.cost(35, prices)
    assert (cost.net, cost.vat, cost.waste_water, cost.total) == (479_000, 23_950, 47_900, 550_850)
    assert water.cost(20, prices, households=2).net == 20 * 8500


# --- Health insurance -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("base", "monthly"),
    [
        (2_340_000, [105_300, 73_710, 63_180, 52_650, 42_120]),
        (1_800_000, [81_000, 56_700, 48_600, 40_500, 32_400]),
        (2_530_000, [113_850, 79_695, 68_310, 56_925, 45_540]),
    ],
)
def test_each_member_pays_less_than_the_one_before(base: int, monthly: list[int]) -> None:
    premium = health_premium.premium(6, 12, base_salary=base, terms=HEALTH)
    assert [member.monthly for member in premium.members] == [*monthly, monthly[-1]]
    assert premium.total == 12 * (sum(monthly) + monthly[-1])


def test_a_household_of_five_for_a_year() -> None:
    premium = health_premium.premium(5, 12, base_salary=BASE, terms=HEALTH)
    assert [m.amount for m in premium.members] == [1_263_600, 884_520, 758_160, 631_800, 505_440]
    assert premium.total == 4_043_520


def test_who_paid_before_this_year_counts_in_the_order() -> None:
    premium = health_premium.premium(1, 3, base_salary=BASE, terms=HEALTH, paid_before=1)
    assert [(member.place, member.amount) for member in premium.members] == [(2, 3 * 73_710)]


@given(
    st.integers(1, 30),
    st.integers(0, 30),
    st.sampled_from(HEALTH.months),
    st.integers(1, 10_000_000),
)
def test_nobody_pays_more_than_who_came_before_and_to_pay_in_two_parts_costs_the_same(
    members: int, cut: int, months: int, base: int
) -> None:
    whole = health_premium.premium(members, months, base_salary=base, terms=HEALTH).members
    monthly = [member.monthly for member in whole]
    assert monthly == sorted(monthly, reverse=True)
    assert all(member.amount == months * member.monthly for member in whole)
    exact = [Fraction(45, 1000) * base * HEALTH.shares[min(place, 4)] for place in range(members)]
    assert all(abs(paid - due) <= Fraction(1, 2) for paid, due in zip(monthly, exact, strict=True))
    cut = min(cut, members)
    parts = [
        health_premium.premium(size, months, base_salary=base, terms=HEALTH, paid_before=before)
        for size, before in ((cut, 0), (members - cut, cut))
        if size
    ]
    assert [member for part in parts for member in part.members] == list(whole)


@pytest.mark.parametrize(
    ("members", "months", "code"),
    [(0, 12, "members"), (-1, 12, "members"), (31, 12, "members"), (1, 1, "months"), (1, 24, "months")],
)  # fmt: skip
def test_a_premium_that_cannot_be_paid(members: int, months: int, code: str) -> None:
    with pytest.raises(health_premium.NotInsured) as refused:
        health_premium.premium(members, months, base_salary=BASE, terms=HEALTH)
    assert refused.value.code == code


# --- Social insurance -----------------------------------------------------------------------------
def social(income: int, months: int, group: Group, **more: int) -> social_premium.Premium:
    terms = social_premium.read_terms(SOCIAL)
    return social_premium.premium(
        income, months, group, poverty_line=POVERTY_LINE, reference_level=BASE, terms=terms, **more
    )


@pytest.mark.parametrize(
    ("income", "gross", "amounts"),
    [
        (1_500_000, 330_000, [165_000, 198_000, 231_000, 264_000]),
        (5_000_000, 1_100_000, [935_000, 968_000, 1_001_000, 1_034_000]),
    ],
)
def test_the_state_pays_a_part_of_the_least(income: int, gross: int, amounts: list[int]) -> None:
    premiums = [social(income, 1, group) for group in Group]
    assert [premium.amount for premium in premiums] == amounts
    assert {premium.monthly for premium in premiums} == {gross}
    assert social(income, 12, Group.OTHERS).amount == 12 * amounts[-1]


def test_the_state_pays_for_ten_years_at_most() -> None:
    premium = social(1_500_000, 12, Group.POOR, supported_before=118)
    assert premium.support == 2 * 165_000
    assert premium.amount == 12 * 330_000 - premium.support
    assert social(1_500_000, 12, Group.POOR, supported_before=130).support == 0


@given(
    st.integers(-(10**9), 10**9),
    st.sampled_from([1, 3, 6, 12]),
    st.sampled_from(Group),
    st.integers(0, 200),
)
def test_an_income_between_floor_and_ceiling_is_paid_in_whole_dong_less_the_states_part(
    income: int, months: int, group: Group, before: int
) -> None:
    if not POVERTY_LINE <= income <= 20 * BASE:
        with pytest.raises(social_premium.NotInsured) as refused:
            social(income, months, group, supported_before=before)
        nearest = POVERTY_LINE if income < POVERTY_LINE else 20 * BASE
        assert refused.value.bound == nearest
        assert social(nearest, months, group).amount > 0
        return
    premium = social(income, months, group, supported_before=before)
    assert abs(premium.monthly - Fraction(22, 100) * income) <= Fraction(1, 2)
    assert premium.amount == months * premium.monthly - premium.support
    assert 0 <= premium.support <= months * 165_000
    assert premium.amount >= months * 165_000  # the state never pays more than half of the least


@pytest.mark.parametrize(
    ("income", "months", "code", "bound"),
    [
        (1_499_999, 1, "low", 1_500_000),
        (-1, 1, "low", 1_500_000),
        (46_800_001, 1, "high", 46_800_000),
        (1_500_000, 2, "months", 0),
    ],
)
def test_an_income_or_a_period_that_cannot_be(
    income: int, months: int, code: str, bound: int
) -> None:
    with pytest.raises(social_premium.NotInsured) as refused:
        social(income, months, Group.OTHERS)
    assert (refused.value.code, refused.value.bound) == (code, bound)
    assert social(46_800_000, 1, Group.OTHERS).monthly == 10_296_000


# --- What rows hold -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {},
        {"tiers": [], "more": 1},
        {"tiers": []},
        {"tiers": 5},
        {"tiers": [[50, 1984]]},
        {"tiers": [[None, 1984], [None, 2000]]},
        {"tiers": [[100, 1984], [50, 2000], [None, 1]]},
        {"tiers": [[50, 1984], [50, 2000], [None, 1]]},
        {"tiers": [[50, 0], [None, 1]]},
        {"tiers": [[50, -5], [None, 1]]},
        {"tiers": [[50, 19.84], [None, 1]]},
        {"tiers": [[50, "1984"], [None, 1]]},
        {"tiers": [[True, 1984], [None, 1]]},
        {"tiers": [[50, True], [None, 1]]},
        {"tiers": [[50], [None, 1]]},
        {"tiers": [[place + 1, 5] for place in range(12)] + [[None, 5]]},
    ],
)
def test_tiers_that_no_rule_could_read(values: object) -> None:
    with pytest.raises(BadFigures):
        electricity.read_tiers(values)


@pytest.mark.parametrize(
    "value", [-1, 101, "4,5", "1e3", "NaN", "", None, True, 4.5, "4.55555", [4], "1" * 99]
)
def test_a_per_cent_that_no_rule_could_read(value: object) -> None:
    with pytest.raises(BadFigures):
        figures.percent({"rate": value}, "rate")


@pytest.mark.parametrize(
    "wrong",
    [
        {"months": []},
        {"months": [3, 3]},
        {"months": [6, 3]},
        {"months": [0]},
        {"months": [13]},
        {"months": "3"},
        {"support": {"poor": 50}},
        {"support": 5},
        {"times_most": 0},
        {"supported_months": -1},
        {"rate": "x"},
    ],
)
def test_terms_that_no_rule_could_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadFigures):
        social_premium.read_terms(SOCIAL | wrong)
    assert social_premium.read_terms(SOCIAL).times_most == 20


@pytest.mark.parametrize("shares", [[], "100", [101], [-1], [100] * 31])
def test_shares_that_no_rule_could_read(shares: object) -> None:
    with pytest.raises(BadFigures):
        health_premium.read_terms({"rate": "4.5", "shares": shares, "months": [3]})


@pytest.mark.parametrize(("value", "whole"), [("0.5", 1), ("0.49", 0), ("2.5", 3), ("2", 2)])
def test_halves_go_up(value: str, whole: int) -> None:
    assert figures.rounded(Fraction(value)) == whole
