"""Classes of driver licences before and since 2025, and which of their ends matters."""

from datetime import date

import pytest

from documents import policy
from documents.kinds import licence_words
from documents.rules import licences
from documents.rules.licences import LicenceClass

PASSED = date(2011, 6, 8)
TODAY = date(2026, 11, 26)


def of(code: str, valid_until: date | None) -> LicenceClass:
    return LicenceClass(code, PASSED, valid_until)


def test_there_are_fifteen_classes_since_2025() -> None:
    years = licences.known(old_form=False)

    assert len(years) == 15
    assert {code for code, lasts in years.items() if lasts is None} == {"A1", "A", "B1"}
    assert {code for code, lasts in years.items() if lasts == 10} == {"B", "C1"}
    assert all(years[code] == 5 for code in ("C", "D1", "D2", "D", "BE", "CE", "DE"))


def test_every_class_has_words_and_an_old_one_becomes_a_new_one() -> None:
    for old_form in (False, True):
        for code in licences.known(old_form=old_form):
            assert str(licence_words.of(code, old_form=old_form))
    becomes = {code: licences.exchanged(code) for code in policy.LICENCE_YEARS_BEFORE_2025}
    assert becomes == {
        "A1": "A1", "A2": "A", "A3": "B1", "A4": "A4", "B1": "B", "B2": "B", "C": "C", "D": "D2", "E": "D",
        "FB2": "BE", "FC": "CE", "FD": "D2E", "FE": "DE",
    }  # fmt: skip
    assert set(becomes.values()) - set(policy.LICENCE_YEARS) == {
        "A4"
    }  # tractors have their own law


def test_classes_stand_in_order_the_largest_first() -> None:
    given = [of("A1", None), of("CE", TODAY), of("B", TODAY)]

    assert [each.code for each in licences.in_order(given, old_form=False)] == ["CE", "B", "A1"]


def test_the_last_day_of_a_class_counts() -> None:
    ending = of("B", TODAY)

    assert licences.valid([ending, of("A1", None)], TODAY) == (ending, of("A1", None))
    assert licences.valid([ending], date(2026, 11, 27)) == ()


@pytest.mark.parametrize(
    ("ends", "first"),
    [
        ([date(2035, 1, 1), date(2029, 1, 1)], date(2029, 1, 1)),
        ([None, date(2035, 1, 1)], date(2035, 1, 1)),
        ([None, date(2020, 1, 1)], None),
        ([date(2020, 1, 1), date(2035, 1, 1)], date(2035, 1, 1)),
        ([date(2020, 1, 1), date(2024, 1, 1)], date(2024, 1, 1)),
        ([TODAY, date(2035, 1, 1)], TODAY),
        ([None], None),
        ([], None),
    ],
)
def test_the_first_end_that_matters(ends: list[date | None], first: date | None) -> None:
    codes = ("B", "C", "D")
    classes = [of(code, end) for code, end in zip(codes, ends, strict=False)]

    assert licences.first_end(classes, TODAY) == first
