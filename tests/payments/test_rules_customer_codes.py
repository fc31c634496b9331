"""Customer codes: one normal form each, and words for what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import texts
from payments.rules import customer_codes
from payments.rules.customer_codes import ELECTRICITY, Flaw, NotACode

WATER = r"\d{9,12}"


@pytest.mark.parametrize(
    ("written", "normal", "company"),
    [
        ("PE0100 0123 456", "PE01000123456", "evn-hcmc"),
        ("pe-0100.0123.456", "PE01000123456", "evn-hcmc"),
        ("PD12A0045678B", "PD12A0045678B", "evn-hanoi"),
        ("PA01000123456", "PA01000123456", "evn-npc"),
        ("PB01000123456", "PB01000123456", "evn-spc"),
        ("PQ01000123456", "PQ01000123456", "evn-cpc"),
    ],
)
def test_an_electricity_code(written: str, normal: str, company: str) -> None:
    assert customer_codes.electricity(written) == normal
    assert customer_codes.read(normal, pattern=ELECTRICITY) == normal
    assert customer_codes.company(normal) == company


@pytest.mark.parametrize(
    ("written", "flaw"),
    [
        ("", Flaw.EMPTY),
        (" - ", Flaw.EMPTY),
        ("PE０1000123456", Flaw.CHARACTERS),
        ("PĐ01000123456", Flaw.CHARACTERS),
        ("PE01000123456'", Flaw.CHARACTERS),
        ("0712345678", Flaw.START),
        ("PX01000123456", Flaw.START),
        ("P", Flaw.START),
        ("PE0100012345", Flaw.LENGTH),
        ("PE010001234567", Flaw.LENGTH),
    ],
)
def test_what_is_no_electricity_code_says_why(written: str, flaw: Flaw) -> None:
    with pytest.raises(NotACode) as refused:
        customer_codes.electricity(written)
    assert refused.value.flaw is flaw


def test_another_billers_code_is_as_its_pattern_says() -> None:
    assert customer_codes.read("0712 345 678", pattern=WATER) == "0712345678"
    for wrong, flaw in {"07123456": Flaw.SHAPE, "1" * 13: Flaw.SHAPE, "": Flaw.EMPTY}.items():
        with pytest.raises(NotACode) as refused:
            customer_codes.read(wrong, pattern=WATER)
        assert refused.value.flaw is flaw


@pytest.mark.parametrize(
    ("code", "printed"),
    [("PE01000123456", "PE0100 0123 456"), ("0712345678", "0712 345 678"), ("ABC", "ABC")],
)
def test_it_is_printed_as_on_bills(code: str, printed: str) -> None:
    assert customer_codes.printed(code) == printed


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_code_or_refused(written: str) -> None:
    try:
        code = customer_codes.electricity(written)
    except NotACode:
        return
    assert customer_codes.electricity(customer_codes.printed(code)) == code


def test_every_reason_has_its_words() -> None:
    assert texts.CUSTOMER_CODES.keys() == set(Flaw)
