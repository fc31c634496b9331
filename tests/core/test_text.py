"""Text from outside has one form and hides nothing; Vietnamese words fold and sort as people expect."""

import unicodedata
from typing import Any

import pytest
from django import forms
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from eid_portal.core.text import (
    SerializerTextField,
    TextField,
    UnreadableText,
    ascii_digits,
    clean,
    fold,
    is_name,
    sort_key,
)

ANYTHING = st.text(alphabet=st.characters(), max_size=40) | st.text(
    alphabet=st.sampled_from(
        "aĂặe\u0302\u0323\u0301 \u00a0\n\r\t\x00\u202e\u200b\ud800\ufeff\U000e0041đĐ"
    ),
    max_size=12,
)
UNSEEN = (
    *("\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9f"),
    *("\u00ad", "\u034f", "\u061c", "\u115f", "\u180e", "\u200b", "\u200d", "\u200e", "\u200f"),
    *("\u2028", "\u2029", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069", "\u2800", "\u3164"),
    *("\ufe0f", "\ufeff", "\uffa0", "\ufff9", "\ufffe", "\ue000", "\ud800", "\udfff"),
    *("\U000e0001", "\U000e0041", "\U000e0100", "\U0001d173", "\U0010ffff"),
)


class Form(forms.Form):
    name = TextField(label="Name", max_length=20)
    note = TextField(label="Note", lines=True, required=False)


class Serializer(serializers.Serializer[Any]):
    name = SerializerTextField()


# --- Cleaning -----------------------------------------------------------------------------------
@given(text=ANYTHING, lines=st.booleans())
@example(text=" \u0301a", lines=False)
@example(text="\r\n\r", lines=True)
def test_what_passes_is_in_one_form_and_hides_nothing(text: str, lines: bool) -> None:
    try:
        cleaned = clean(text, lines=lines)
    except UnreadableText:
        return

    assert clean(cleaned, lines=lines) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned == cleaned.strip()
    cleaned.encode()
    for character in cleaned:
        allowed = lines and character in "\n\t"
        assert allowed or unicodedata.category(character)[0] != "C"
        assert unicodedata.bidirectional(character) not in {
            *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"),
        }


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
def test_what_nobody_sees_is_refused_everywhere(character: str) -> None:
    for text in (character, f"Mẫu{character}", f"{character}Mẫu", f"Đặng{character}Mẫu"):
        for lines in (False, True):
            with pytest.raises(UnreadableText):
                clean(text, lines=lines)


def test_names_of_every_people_of_viet_nam_pass_as_they_are() -> None:
    for name in ("Đặng Thị Mẫu", "H'Hen Niê", "Y Bhăm Êban", "Rơ Châm Y Ŏ", "Vàng A Pó", "K’Brêh"):
        assert clean(name) == name


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("Đặng Thị Mẫu", True),
        (unicodedata.normalize("NFD", "Đặng Thị Mẫu"), True),
        ("H’Mẫu Êban", True),
        ("Y-Mẫu O'Đo Jr.", True),
        ("マウ", True),
        ("", False),
        (" ", False),
        ("-Mẫu", False),
        ("Mẫu 2", False),
        ("Mẫu ２", False),
        ("<b>Mẫu</b>", False),
        ("Mẫu @", False),
        ("Mẫu 😀", False),
    ],
)
def test_a_name_is_letters(value: str, is_one: bool) -> None:
    assert is_name(value) is is_one


def test_both_normal_forms_become_one() -> None:
    assert clean(unicodedata.normalize("NFD", "Nguyễn Thị Hậu")) == "Nguyễn Thị Hậu"
    assert clean("\u00a0 Nguyễn\u3000") == "Nguyễn"


def test_lines_are_kept_only_where_they_may_be() -> None:
    assert clean("một\r\nhai\rba\tbốn\n", lines=True) == "một\nhai\nba\tbốn"
    for text in ("một\nhai", "một\tba", "một\rhai"):
        with pytest.raises(UnreadableText):
            clean(text)


@given(text=st.text(max_size=30))
def test_digits_of_every_alphabet_become_ours(text: str) -> None:
    plain = ascii_digits(text)

    assert len(plain) == len(text)
    assert ascii_digits(plain) == plain
    assert not any(character.isdecimal() and not character.isascii() for character in plain)


def test_full_width_digits_are_read() -> None:
    assert ascii_digits("０01３ 00٠٠ ²") == "0013 0000 ²"


# --- Folding ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đặng  Thị Mẫu", "dang thi mau"),
        ("ĐƯỜNG ƯỞNG", "duong uong"),
        ("Thừa Thiên – Huế", "thua thien – hue"),
        (" Y\u00a0Bhăm\tÊban ", "y bham eban"),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(text=st.text(alphabet="aAăẮâậđĐeéêễiìoôởơuưựỳy nN", max_size=20))
def test_folding_sees_no_marks_no_case_and_no_normal_form(text: str) -> None:
    folded = fold(text)

    assert fold(folded) == folded
    assert folded.isascii()
    assert fold(text.upper()) == fold(unicodedata.normalize("NFD", text)) == folded


# --- Sorting ------------------------------------------------------------------------------------
def in_dictionary_order(words: list[str]) -> list[str]:
    backwards = list(reversed(words))
    return sorted(backwards, key=sort_key)


@pytest.mark.parametrize(
    "words",
    [
        "a ă â b c d đ e ê g h i k l m n o ô ơ p q r s t u ư v x y",
        "ma mà mả mã má mạ",
        "ba bà bả bã bá bạ băn bân ca",
        "la lá lan lán lăn lân lo lô lơ",
        "dang đang đàng đãng đáng đặng đâng",
        "tha thà thả thác thái thẳm thân",
    ],
)
def test_words_stand_as_in_a_dictionary(words: str) -> None:
    assert in_dictionary_order(words.split()) == words.split()


def test_places_stand_syllable_by_syllable() -> None:
    in_order = [
        *(
            "An Giang",
            "Bà Rịa",
            "Bạc Liêu",
            "Bắc Giang",
            "Bắc Ninh",
            "Bến Tre",
            "Cà Mau",
            "Cao Bằng",
        ),
        *("Cần Thơ", "Đà Nẵng", "Đắk Lắk", "Điện Biên", "Đồng Nai", "Đồng Tháp", "Gia Lai"),
        *("Hà Giang", "Hà Nam", "Hà Nội", "Hà Tĩnh", "Hải Dương", "Hải Phòng", "Huế", "Hưng Yên"),
        *("Khánh Hòa", "Lai Châu", "Lạng Sơn", "Lào Cai", "Lâm Đồng", "Nghệ An", "Ninh Bình"),
        *("Phú Thọ", "Quảng Ngãi", "Quảng Ninh", "Quảng Trị", "Sơn La", "Tây Ninh", "Thái Nguyên"),
        *("Thanh Hóa", "Tuyên Quang", "Vĩnh Long"),
    ]

    assert in_dictionary_order(in_order) == in_order
    assert sorted(["Bà Rịa", "Ba Vì"], key=sort_key) == ["Ba Vì", "Bà Rịa"]


def test_capitals_and_normal_forms_do_not_count_in_sorting() -> None:
    assert sort_key("ĐẶNG  Mẫu") == sort_key(unicodedata.normalize("NFD", "đặng mẫu"))


def test_the_shorter_comes_first_and_figures_before_letters() -> None:
    in_order = ["", "9", "an", "an 1", "an an", "án", "ana"]

    assert in_dictionary_order(in_order) == in_order


def test_letters_of_other_languages_stand_with_their_own() -> None:
    in_order = ["ca", "ça", "cb", "da", "e", "ẹ", "ë", "ê"]

    assert in_dictionary_order(in_order) == in_order


@given(text=st.text(max_size=20))
def test_every_text_has_a_sort_key(text: str) -> None:
    assert sort_key(text) == sort_key(f"  {text} ")


# --- Fields -------------------------------------------------------------------------------------
def test_a_forms_field_cleans() -> None:
    form = Form({"name": unicodedata.normalize("NFD", " Đặng Thị Mẫu "), "note": "một\r\nhai"})

    assert form.is_valid()
    assert form.cleaned_data == {"name": "Đặng Thị Mẫu", "note": "một\nhai"}


@pytest.mark.parametrize("name", ["a\x00b", "a\u202eb", "a\nb", "\ud800", "\u200b"], ids=ascii)
def test_a_forms_field_says_what_to_do(name: str) -> None:
    form = Form({"name": name})

    assert not form.is_valid()
    assert [error.code for error in form.errors.as_data()["name"]] == ["unreadable"]


@pytest.mark.parametrize(
    ("name", "code"), [("", "required"), ("\u00a0 ", "required"), ("x" * 21, "max_length")]
)
def test_a_forms_field_measures_what_is_left(name: str, code: str) -> None:
    form = Form({"name": name})

    assert not form.is_valid()
    assert [error.code for error in form.errors.as_data()["name"]] == [code]
    assert Form({"name": unicodedata.normalize("NFD", "ậ" * 20)}).is_valid()


def test_every_field_has_a_longest() -> None:
    assert TextField().max_length == 1000
    assert SerializerTextField().max_length == 1000


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("a\x00b", "unreadable"), ("\ud800", "unreadable"), ("a\u202eb", "unreadable"), ("", "blank"),
        (None, "null"), ([], "invalid"), ({}, "invalid"), (True, "invalid"), ("x" * 1001, "max_length"),
    ],
    ids=ascii,
)  # fmt: skip
def test_the_apis_field_refuses(data: object, code: str) -> None:
    serializer = Serializer(data={"name": data})

    assert not serializer.is_valid()
    assert serializer.errors["name"][0].code == code


def test_the_apis_field_cleans() -> None:
    serializer = Serializer(data={"name": unicodedata.normalize("NFD", " Mẫu ")})

    assert serializer.is_valid()
    assert serializer.validated_data["name"] == "Mẫu"
    with pytest.raises(ValidationError):
        SerializerTextField().run_validation("\u200b")
