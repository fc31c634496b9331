"""Which passwords are refused."""

import unicodedata
from datetime import date

import pytest

from accounts.rules.passwords import Owner, Refusal, refuse

OWNER = Owner(
    full_name="Đặng Thị Mẫu",
    birth_date=date(2000, 2, 29),
    numbers=("001300000015", "84912000099"),
    sign_in_name="mau.dt",
)


@pytest.mark.parametrize(
    ("length", "expected"),
    [(7, Refusal.SHORT), (8, None), (14, None), (15, None), (64, None), (128, None), (129, Refusal.LONG),
     (4096, Refusal.LONG)],
)  # fmt: skip
def test_length_counts_characters_and_nothing_else(length: int, expected: Refusal | None) -> None:
    assert refuse(("quả na xanh biếc " * 300)[:length].replace(" ", "."), OWNER) == expected


@pytest.mark.parametrize(
    "password",
    ["matkhau123", "Mật Khẩu 2026", "MATKHAU@@@", "anhyeuem1314", "vneid2026", "dinhdanh@123", "VNeID!VNeID",
     "password1", "iloveyou", "12345678", "87654321", "aaaaaaaa", "abababab", "abcdefgh", "sunshine", "123456a@",
     "viet nam 1975"],
)  # fmt: skip
def test_what_many_people_choose_is_refused(password: str) -> None:
    assert refuse(password, OWNER) == Refusal.COMMON


@pytest.mark.parametrize(
    "password",
    ["dangthimau", "Đặng Thị Mẫu", "mau29022000", "x29022000x!", "29/02/2000 ok", "2000-02-29 ok", "290200 abcxyz",
     "001300000015", "my 300000015", "0912000099 q", "912.000.099 q", "mau.dt 2026", "dtm@2000!!", "dangmau!!!"],
)  # fmt: skip
def test_what_others_know_of_the_person_is_refused(password: str) -> None:
    assert refuse(password, OWNER) == Refusal.OWN_DATA


@pytest.mark.parametrize(
    "password",
    ["bốn từ không liên quan", "con mèo bay qua núi", "Tr0ub4dor&3x", "ngựa pin ghim đúng", "hồ dinhdanh sương mù",
     "đặng mây trôi"],
)  # fmt: skip
def test_sentences_and_strange_words_are_fine(password: str) -> None:
    assert refuse(unicodedata.normalize("NFKC", password), OWNER) is None
