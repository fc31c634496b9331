"""What an order needs, by Decision 2345/QD-NHNN and by what we add to it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import texts
from payments.enums import Assurance
from payments.rules import assurance
from payments.rules.assurance import Asked, Because, Decision, Payee
from payments.rules.figures import BadFigures

VALUES = {
    "strong_from": 10_000_000,
    "strong_day_total": 20_000_000,
    "largest": 499_999_999,
    "first_payee_most": 5_000_000,
    "first_payee_held_hours": 24,
    "after_recovery_hours": 24,
}
LIMITS = assurance.read_limits(VALUES)
BILLER, KNOWN, NEW = Payee.BILLER, Payee.KNOWN, Payee.NEW
NONE, CODE, STRONG = Assurance.NONE, Assurance.CODE, Assurance.USER_VERIFIED
MILLION = 1_000_000


def decide(*order: tuple[int, Payee], **more: Any) -> Decision:
    values: dict[str, Any] = {"day_total": 0, "new_device": False, "since_recovery": None}
    asked = [Asked(amount=amount, payee=payee) for amount, payee in order]
    return assurance.decide(asked, limits=LIMITS, **values | more)


def test_nine_nine_and_almost_two_million_by_code_then_a_passkey_for_whatever_follows() -> None:
    day_total = 0
    for amount, needs in ((9_000_000, CODE), (9_000_000, CODE), (1_900_000, CODE), (200_000, STRONG)):  # fmt: skip
        assert decide((amount, KNOWN), day_total=day_total).needs is needs
        day_total += amount
    assert decide((1, KNOWN), day_total=day_total) == Decision(
        needs=STRONG, because=Because.DAY_TOTAL
    )


@pytest.mark.parametrize(
    ("amount", "payee", "more", "needs", "because"),
    [
        (9_999_999, KNOWN, {}, CODE, Because.SMALL),
        (10_000_000, KNOWN, {}, STRONG, Because.AMOUNT),
        (1, KNOWN, {"day_total": 20 * MILLION - 1}, CODE, Because.SMALL),
        (1, KNOWN, {"day_total": 20 * MILLION}, STRONG, Because.DAY_TOTAL),
        (5_000_000, NEW, {}, CODE, Because.SMALL),
        (5_000_001, NEW, {}, STRONG, Because.NEW_PAYEE),
        (1, KNOWN, {"new_device": True}, STRONG, Because.NEW_DEVICE),
        (1, BILLER, {"new_device": True}, STRONG, Because.NEW_DEVICE),
        (400 * MILLION, BILLER, {"day_total": 400 * MILLION}, CODE, Because.KNOWN_BILLER),
        (1, BILLER, {"since_recovery": timedelta(hours=23)}, STRONG, Because.RECOVERED),
        (1, KNOWN, {"since_recovery": timedelta(hours=23)}, NONE, Because.RECOVERED_WAIT),
        (1, KNOWN, {"since_recovery": timedelta(hours=24)}, CODE, Because.SMALL),
        (499_999_999, KNOWN, {}, STRONG, Because.AMOUNT),
        (500_000_000, KNOWN, {}, NONE, Because.TOO_MUCH),
        (500_000_000, BILLER, {}, NONE, Because.TOO_MUCH),
    ],
)
def test_the_table(
    amount: int, payee: Payee, more: dict[str, Any], needs: Assurance, because: Because
) -> None:
    assert decide((amount, payee), **more) == Decision(needs=needs, because=because)


def test_an_order_needs_the_strongest_that_one_of_its_payments_needs() -> None:
    assert decide((MILLION, BILLER), (MILLION, KNOWN)).needs is CODE
    assert decide((MILLION, BILLER), (10 * MILLION, KNOWN)).because is Because.AMOUNT
    assert decide((10 * MILLION, KNOWN), (500 * MILLION, BILLER)).needs is NONE
    assert decide((9 * MILLION, KNOWN), (9 * MILLION, KNOWN), (3 * MILLION, KNOWN)).because is (
        Because.DAY_TOTAL
    )
    with pytest.raises(ValueError, match=r"."):
        decide()


def test_a_bill_does_not_count_in_the_days_transfers() -> None:
    assert decide((15 * MILLION, BILLER), (9 * MILLION, KNOWN)).needs is CODE


@pytest.mark.parametrize(
    ("amount", "payee", "held"),
    [(5_000_001, NEW, True), (5_000_000, NEW, False), (9_000_000, KNOWN, False)],
)
def test_much_to_somebody_new_is_held(amount: int, payee: Payee, held: bool) -> None:
    assert assurance.is_held(Asked(amount=amount, payee=payee), LIMITS) is held


@given(
    st.lists(st.tuples(st.integers(1, 2**40), st.sampled_from(Payee)), min_size=1, max_size=5),
    st.integers(0, 2**40),
    st.booleans(),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=3)),
)
def test_a_later_or_larger_order_never_needs_less(
    order: list[tuple[int, Payee]], day_total: int, new_device: bool, since: timedelta | None
) -> None:
    strength = [CODE, STRONG, NONE]
    more: dict[str, Any] = {"new_device": new_device, "since_recovery": since}
    needs = strength.index(decide(*order, day_total=day_total, **more).needs)
    assert strength.index(decide(*order, day_total=day_total + 1, **more).needs) >= needs
    doubled = [(2 * amount, payee) for amount, payee in order]
    assert strength.index(decide(*doubled, day_total=day_total, **more).needs) >= needs
    assert strength.index(decide(*order, *order, day_total=day_total, **more).needs) >= needs


@pytest.mark.parametrize(
    "wrong",
    [{"strong_from": 0}, {"largest": "5"}, {"after_recovery_hours": -1}, {"more": 1}],
)
def test_limits_that_no_rule_could_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadFigures):
        assurance.read_limits(VALUES | wrong)


def test_every_reason_has_its_words() -> None:
    assert texts.ASSURANCE.keys() == set(Because)
