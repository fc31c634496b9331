"""References: read aloud, typed again, and a wrong character is seen."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from payments.rules import references
from payments.rules.references import ALPHABET, DRAWS, ORDER, NotAReference

days = st.dates(date(2026, 1, 1), date(2099, 12, 31))
made = st.builds(references.make, st.just(ORDER), days, st.integers(0, DRAWS - 1))


def test_a_reference_is_short_and_says_its_day() -> None:
    reference = references.make(ORDER, date(2026, 11, 23), 123_456_789)
    assert reference == "TT-261123-425Q-B62Z"
    assert len(reference) <= 20, "as the column"


@pytest.mark.parametrize("typed", ["tt261123425qb62z", " TT 261123 425Q B62Z", "TT–261123–425Q–B62Z"])  # fmt: skip
def test_it_is_read_however_it_is_typed(typed: str) -> None:
    assert references.read(typed) == "TT-261123-425Q-B62Z"


@pytest.mark.parametrize(
    "typed", ["", "TT", "TT-261123-425Q-B62", "TT-261123-4250-B62Z", "T1-261123-425Q-B62Z", "x" * 99]
)  # fmt: skip
def test_another_shape_is_refused(typed: str) -> None:
    with pytest.raises(NotAReference):
        references.read(typed)


@given(made)
def test_what_is_made_is_read(reference: str) -> None:
    assert references.read(reference) == reference


@given(days, st.integers(0, DRAWS - 1), st.integers(0, DRAWS - 1))
def test_no_two_draws_are_alike(day: date, one: int, other: int) -> None:
    assume(one != other)
    assert references.make(ORDER, day, one) != references.make(ORDER, day, other)


@given(made, st.integers(2, 15), st.sampled_from(ALPHABET + "01"))
def test_one_wrong_character_is_seen(reference: str, place: int, other: str) -> None:
    plain = reference.replace("-", "")
    assume(plain[place] != other)
    with pytest.raises(NotAReference):
        references.read(plain[:place] + other + plain[place + 1 :])


@given(made, st.integers(2, 14))
def test_two_neighbours_exchanged_are_seen(reference: str, place: int) -> None:
    plain = reference.replace("-", "")
    assume(plain[place] != plain[place + 1])
    with pytest.raises(NotAReference):
        references.read(plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :])
