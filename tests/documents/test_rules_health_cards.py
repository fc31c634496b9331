"""Numbers of health cards in their three forms, with category and benefit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import policy
from documents.rules import health_cards
from documents.rules.health_cards import CATEGORIES, Group
from documents.rules.numbers import Flaw, NotANumber


@pytest.mark.parametrize(
    ("written", "number", "printed"),
    [
        ("dn 4 79 0123456789", "DN4790123456789", "DN 4 79 0123456789"),
        ("GD-4-01-0123456789", "GD4010123456789", "GD 4 01 0123456789"),
        ("012 345 6789", "0123456789", "012 345 6789"),
        ("079192000045", "079192000045", "079 192 000 045"),
    ],
)
def test_a_card_number(written: str, number: str, printed: str) -> None:
    assert health_cards.number(written) == number
    assert health_cards.printed(number) == printed
    assert health_cards.number(printed) == number


@pytest.mark.parametrize(
    ("number", "normal"),
    [
        ("DN4790123456789", "0123456789"),
        ("GD4010123456789", "0123456789"),
        ("0123456789", "0123456789"),
        ("079192000045", "079192000045"),
    ],
)
def test_one_card_goes_by_its_ten_digits(number: str, normal: str) -> None:
    assert health_cards.normal(number) == normal
    assert health_cards.normal(normal) == normal


@pytest.mark.parametrize(
    ("written", "flaw", "part"),
    [
        ("", Flaw.EMPTY, ""),
        ("012345678", Flaw.LENGTH, ""),
        ("01234567890", Flaw.LENGTH, ""),
        ("0123456789012", Flaw.LENGTH, ""),
        ("DN479012345678", Flaw.LENGTH, ""),
        ("DN47901234567890", Flaw.LENGTH, ""),
        ("D14790123456789", Flaw.SHAPE, ""),
        ("ZZ4790123456789", Flaw.CATEGORY, "ZZ"),
        ("DN0790123456789", Flaw.BENEFIT, "0"),
        ("DN6790123456789", Flaw.BENEFIT, "6"),
        ("ĐN4790123456789", Flaw.CHARACTERS, ""),
        ("٠١٢٣٤٥٦٧٨٩", Flaw.CHARACTERS, ""),
    ],
)
def test_what_is_no_card_number_says_what_is_wrong(written: str, flaw: Flaw, part: str) -> None:
    with pytest.raises(NotANumber) as refused:
        health_cards.number(written)

    assert (refused.value.flaw, refused.value.part) == (flaw, part)


@given(st.text(max_size=30))
def test_whatever_is_written_is_a_number_or_refused(written: str) -> None:
    try:
        number = health_cards.number(written)
    except NotANumber:
        return
    assert len(number) in {10, 12, 15}
    assert health_cards.number(health_cards.printed(number)) == number


def test_categories_by_who_pays() -> None:
    assert CATEGORIES["DN"] is Group.WORK
    assert CATEGORIES["HT"] is Group.SOCIAL_INSURANCE
    assert CATEGORIES["TE"] is Group.STATE
    assert CATEGORIES["HS"] is Group.STATE_SUPPORT
    assert CATEGORIES["GD"] is Group.HOUSEHOLD
    assert all(len(code) == 2 and code.isupper() for code in CATEGORIES)
    assert set(health_cards.BENEFITS) == set(policy.HEALTH_BENEFIT_PERCENT)


@pytest.mark.parametrize(
    ("number", "category", "benefit", "agrees"),
    [
        ("DN4790123456789", "DN", 4, True),
        ("DN4790123456789", "GD", 4, False),
        ("DN4790123456789", "DN", 3, False),
        ("0123456789", "GD", 1, True),
    ],
)
def test_a_long_number_says_category_and_benefit(
    number: str, category: str, benefit: int, agrees: bool
) -> None:
    assert health_cards.says(number, category, benefit) is agrees
