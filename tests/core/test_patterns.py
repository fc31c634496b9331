"""Patterns of numbers that an administrator writes: a small language in which nothing takes long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eid_portal.core import patterns
from eid_portal.core.patterns import BadPattern


@pytest.mark.parametrize(
    ("pattern", "fitting", "not_fitting"),
    [
        (r"CC\d{10}", "CC0108500001", "CC010850000"),
        (r"[A-Z]{2}\d{4,6}", "AB12345", "AB1234567"),
        ("[0-9]{8}", "12345678", "1234567A"),
        ("[ABC][A-Z0-9]{3}", "B1Z9", "D1Z9"),
        ("Đ1", "Đ1", "D1"),
        (r"[A-ZĐ]\d", "Đ1", "11"),
    ],
)
def test_a_whole_number_fits_or_not(pattern: str, fitting: str, not_fitting: str) -> None:
    assert patterns.fits(fitting, pattern)
    assert not patterns.fits(not_fitting, pattern)
    assert not patterns.fits(f"{fitting}\n", pattern)
    assert not patterns.fits(f"x{fitting}", pattern)


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("", "empty"),
        (r"\d{0}", "range"),
        (r"\d{0,4}", "empty"),
        (r"(\d+)+", "syntax"),
        (r"\d+", "syntax"),
        (r"\d*", "syntax"),
        ("A|B", "syntax"),
        (".{10}", "syntax"),
        (r"\w{10}", "syntax"),
        ("^A$", "syntax"),
        ("a", "syntax"),
        ("[^A]", "syntax"),
        ("[]", "syntax"),
        (r"\d{", "syntax"),
        ("[A-", "syntax"),
        ("A B", "syntax"),
        (r"\d{5,3}", "range"),
        ("[Z-A]", "range"),
        (r"\d{41}", "length"),
        (r"\d{20}\d{21}", "length"),
        (r"\d{1,2}" * 3, "varying"),
        ("\u0662{3}", "syntax"),
    ],
)
def test_what_is_no_pattern_says_why(pattern: str, code: str) -> None:
    with pytest.raises(BadPattern) as refused:
        patterns.compiled(pattern)

    assert refused.value.code == code


@given(st.text(alphabet=r"AĐZ09[]{},-\d+*()|^$.", max_size=40))
def test_whatever_is_written_is_a_pattern_or_refused(written: str) -> None:
    try:
        compiled = patterns.compiled(written)
    except BadPattern:
        return
    assert compiled.fullmatch("") is None


def test_the_worst_pattern_comes_to_an_end() -> None:
    worst = "[A-Z0-9]{1,20}[A-Z0-9]{1,19}B"
    with pytest.raises(BadPattern):
        patterns.compiled(f"{worst}[A-Z0-9]{{0,2}}")
    # A pattern that tries every way of parting sixty characters would never end.
    assert not patterns.fits("A" * 64, worst)
