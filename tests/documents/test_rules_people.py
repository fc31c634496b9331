"""Whether a paper is this person's, and which word of a name differs."""

from datetime import date

import pytest

from documents.enums import FieldResult
from documents.rules import people
from documents.rules.papers import Holder
from documents.rules.people import WordPair

SAME, SPELLING, DIFFERENT, MISSING = (
    FieldResult.SAME,
    FieldResult.SPELLING,
    FieldResult.DIFFERENT,
    FieldResult.MISSING,
)
HOLDER = Holder(
    personal_number="001085000001",
    former_numbers=("001085000077",),
    full_name="Nguyễn Văn An",
    birth_date=date(1985, 3, 12),
)


@pytest.mark.parametrize(
    ("on_paper", "in_register", "result"),
    [
        ("NGUYỄN VĂN AN", "Nguyễn  Văn An", SAME),
        ("Nguye\u0302\u0303n Va\u0306n An", "Nguyễn Văn An", SAME),
        ("NGUYEN VAN AN", "Nguyễn Văn An", SPELLING),
        ("Trần Thuý Hoà", "Trần Thúy Hòa", SPELLING),
        ("Nguyeenx Vawn An", "Nguyễn Văn An", SPELLING),
        ("Đặng Thị Mẫu", "Dang Thi Mau", SPELLING),
        ("NGUYỄN AN", "Nguyễn Văn An", DIFFERENT),
        ("Nguyễn Văn Hùng", "Nguyễn Văn Hưng", DIFFERENT),
        ("An Văn Nguyễn", "Nguyễn Văn An", DIFFERENT),
        ("  ", "Nguyễn Văn An", MISSING),
    ],
)
def test_names(on_paper: str, in_register: str, result: FieldResult) -> None:
    assert people.name(on_paper, in_register) is result


@pytest.mark.parametrize(
    ("on_paper", "in_register", "pairs"),
    [
        (
            "NGUYỄN MINH ANH",
            "NGUYỄN THỊ MINH ANH",
            [("NGUYỄN", "NGUYỄN"), (None, "THỊ"), ("MINH", "MINH"), ("ANH", "ANH")],
        ),
        ("Lê Văn Ba", "Lê Ba", [("Lê", "Lê"), ("Văn", None), ("Ba", "Ba")]),
        ("Lê Văn Ba", "Lê Hữu Ba", [("Lê", "Lê"), ("Văn", "Hữu"), ("Ba", "Ba")]),
        ("LE VAN BA", "Lê Văn Ba", [("LE", "Lê"), ("VAN", "Văn"), ("BA", "Ba")]),
        ("", "Lê", [(None, "Lê")]),
    ],
)
def test_names_word_by_word(
    on_paper: str, in_register: str, pairs: list[tuple[str | None, str | None]]
) -> None:
    assert people.words(on_paper, in_register) == tuple(WordPair(*pair) for pair in pairs)


def test_a_word_agrees_with_or_without_its_marks() -> None:
    assert WordPair("LE", "Lê").agrees
    assert not WordPair("Văn", "Hữu").agrees
    assert not WordPair("Hùng", "Hưng").agrees
    assert not WordPair(None, "Thị").agrees
    assert not WordPair("Thị", None).agrees


def test_birth_dates_and_numbers() -> None:
    assert people.birth_date(date(1985, 3, 12), HOLDER.birth_date) is SAME
    assert people.birth_date(date(1985, 12, 3), HOLDER.birth_date) is DIFFERENT
    assert people.birth_date(None, HOLDER.birth_date) is MISSING
    assert people.personal_number("001085000001", HOLDER) is SAME
    assert people.personal_number("001085000077", HOLDER) is SPELLING
    assert people.personal_number("001085000099", HOLDER) is DIFFERENT
    assert people.personal_number(None, HOLDER) is MISSING


@pytest.mark.parametrize(
    ("results", "somebody_else"),
    [
        ({"personal_number": DIFFERENT, "name": DIFFERENT, "birth_date": SAME}, True),
        ({"personal_number": SAME, "name": DIFFERENT, "birth_date": DIFFERENT}, True),
        ({"personal_number": MISSING, "name": DIFFERENT, "birth_date": DIFFERENT}, True),
        ({"personal_number": SAME, "name": DIFFERENT, "birth_date": SAME}, False),
        ({"personal_number": DIFFERENT, "name": SAME, "birth_date": SAME}, False),
        ({"personal_number": MISSING, "name": SPELLING, "birth_date": SAME}, False),
        ({"personal_number": DIFFERENT, "name": SAME}, True),
        ({"personal_number": MISSING, "name": DIFFERENT}, True),
        ({"personal_number": MISSING, "name": SAME}, True),
        ({"personal_number": SPELLING, "name": DIFFERENT}, False),
        ({"personal_number": SAME, "name": SAME, "birth_date": SAME}, False),
    ],
)
def test_another_person(results: dict[str, FieldResult], somebody_else: bool) -> None:
    assert people.is_of_somebody_else(results) is somebody_else
