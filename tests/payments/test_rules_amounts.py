"""Amounts as people type them: whole đồng, and nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import texts
from payments.rules import amounts
from payments.rules.amounts import STORED_MOST, Flaw, NotAnAmount


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1", 1),
        ("1500", 1500),
        ("1.500", 1500),
        ("1,500", 1500),
        ("1 500", 1500),
        ("1\u00a0500\u00a0000 ₫", 1_500_000),
        ("486.200 ₫", 486_200),
        ("486.200đ", 486_200),
        ("486200 đồng", 486_200),
        ("486,200 VND", 486_200),
        (" 1.263.600 ", 1_263_600),
        ("1’263’600", 1_263_600),
        ("9223372036854775807", STORED_MOST),
        ("9.223.372.036.854.775.807", STORED_MOST),
    ],
)
def test_an_amount_is_read_as_it_is_written_here(typed: str, amount: int) -> None:
    assert amounts.read(typed, most=STORED_MOST) == amount


@pytest.mark.parametrize(
    ("typed", "flaw"),
    [
        ("", Flaw.EMPTY),
        ("  ", Flaw.EMPTY),
        ("đ", Flaw.EMPTY),
        ("-1", Flaw.SIGN),
        ("−1.000", Flaw.SIGN),
        ("1.000-", Flaw.SIGN),
        ("+5", Flaw.SIGN),
        ("１００", Flaw.DIGITS),
        ("10０", Flaw.DIGITS),
        ("١٠٠", Flaw.DIGITS),
        ("500k", Flaw.CHARACTERS),
        ("5 triệu", Flaw.CHARACTERS),
        ("1e6", Flaw.CHARACTERS),
        ("0x10", Flaw.CHARACTERS),
        ("²", Flaw.CHARACTERS),
        ("1_000", Flaw.CHARACTERS),
        ("NaN", Flaw.CHARACTERS),
        ("1\n000", Flaw.CHARACTERS),
        ("1.000\u200b", Flaw.CHARACTERS),
        ("$5", Flaw.CHARACTERS),
        ("1,5", Flaw.FRACTION),
        ("1.50", Flaw.FRACTION),
        (".5", Flaw.FRACTION),
        ("0,01", Flaw.FRACTION),
        ("1.500,00", Flaw.FRACTION),
        ("1,500.000", Flaw.FRACTION),
        ("1.500.00", Flaw.FRACTION),
        ("1.5000", Flaw.FRACTION),
        ("1234.567", Flaw.GROUPING),
        ("12.34.567", Flaw.GROUPING),
        ("1..000", Flaw.GROUPING),
        ("1.000.", Flaw.GROUPING),
        ("1 000.000", Flaw.GROUPING),
        ("007", Flaw.LEADING_ZERO),
        ("0.500", Flaw.LEADING_ZERO),
        ("0", Flaw.ZERO),
        ("000.000", Flaw.ZERO),
        ("9223372036854775808", Flaw.TOO_MUCH),
        ("9" * 5000, Flaw.TOO_MUCH),
    ],
)
def test_what_is_no_amount_says_why(typed: str, flaw: Flaw) -> None:
    with pytest.raises(NotAnAmount) as refused:
        amounts.read(typed, most=STORED_MOST)

    assert refused.value.flaw is flaw


def test_the_most_is_the_most() -> None:
    assert amounts.read("499.999.999", most=499_999_999) == 499_999_999
    with pytest.raises(NotAnAmount) as refused:
        amounts.read("500.000.000", most=499_999_999)
    assert refused.value.flaw is Flaw.TOO_MUCH


@pytest.mark.parametrize(
    ("value", "flaw"),
    [
        (True, Flaw.NOT_WHOLE),
        (1.0, Flaw.NOT_WHOLE),
        ("1", Flaw.NOT_WHOLE),
        (None, Flaw.NOT_WHOLE),
        ([1], Flaw.NOT_WHOLE),
        (0, Flaw.ZERO),
        (-1, Flaw.SIGN),
        (2**63, Flaw.TOO_MUCH),
    ],
)
def test_a_program_sends_integers(value: object, flaw: Flaw) -> None:
    assert amounts.checked(5, most=STORED_MOST) == 5
    with pytest.raises(NotAnAmount) as refused:
        amounts.checked(value, most=STORED_MOST)
    assert refused.value.flaw is flaw


@given(st.integers(1, STORED_MOST), st.sampled_from(".,"))
def test_what_is_shown_can_be_typed(amount: int, between: str) -> None:
    assert amounts.read(amounts.written(amount, between), most=STORED_MOST) == amount


@given(st.text(max_size=40) | st.text("0123456789., +-đ", max_size=30))
def test_whatever_is_typed_is_an_amount_or_refused(typed: str) -> None:
    try:
        amount = amounts.read(typed, most=STORED_MOST)
    except NotAnAmount:
        return
    assert 1 <= amount <= STORED_MOST


def test_every_reason_has_its_words() -> None:
    assert texts.AMOUNTS.keys() == set(Flaw)
