"""Who gets which level, by Decree 69/2024 art. 7."""

import pytest

from accounts.rules import exceptions
from accounts.rules.levels import level_for


@pytest.mark.parametrize(
    ("age", "card", "foreign", "requested", "level"),
    [
        (14, True, False, False, 2),
        (14, False, False, True, 1),
        (13, True, False, False, 1),
        (13, True, False, True, 2),
        (6, True, False, True, 2),
        (5, True, False, True, 1),
        (40, True, True, False, 1),
        (40, True, True, True, 2),
        (6, True, True, True, 2),
        (5, True, True, True, 1),
    ],
)
def test_the_level(age: int, card: bool, foreign: bool, requested: bool, level: int) -> None:
    found = level_for(age=age, has_valid_card=card, is_foreign=foreign, requested=requested)

    assert found == level


@pytest.mark.parametrize(
    ("age", "foreign", "asked"),
    [(5, False, False), (6, False, True), (13, False, True), (14, False, False), (5, True, False),
     (6, True, True), (40, True, True)],
)  # fmt: skip
def test_level_2_is_asked_where_it_is_a_choice(age: int, foreign: bool, asked: bool) -> None:
    assert exceptions.level_is_asked(age, is_foreign=foreign) is asked
