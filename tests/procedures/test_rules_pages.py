"""A page as a browser sends it: read into answers, shown again as it was typed, wrong things named."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from procedures.rules import pages
from procedures.rules.expressions import Facts
from procedures.rules.pages import Page
from tests.procedures import making
from tests.procedures.making import HELD, KNOWN, TODAY, field, options

PROVINCES = {"Hà Nội", "Huế"}


def read(made: dict[str, Any], posted: Mapping[str, Sequence[str]], **said: Any) -> Page:
    """A page of one step."""
    [step] = making.read(making.data(made)).steps
    facts = Facts(answers=said, known=KNOWN, today=TODAY)
    return pages.read_page(step, posted, facts, held=HELD, provinces=PROVINCES)


def of(*fields: dict[str, Any]) -> dict[str, Any]:
    return making.step("one", *fields)


def codes(page: Page) -> list[tuple[str, str]]:
    return [(each.at, each.code) for each in page.problems]


EVERYTHING = of(
    field("name", "text"),
    field("sex", "choice", options=options("a", "b")),
    field("ways", "choices", options=options("a", "b", "c")),
    field("rents", "yes_no"),
    field("people", "number"),
    field("price", "money"),
    field("born", "date"),
    field("home", "address"),
    field("owner", "person"),
    field("scan", "file"),
    field("children", "rows", fields=[field("name_of", "text"), field("day", "date")]),
)


def test_a_page_is_read() -> None:
    posted = {
        "csrfmiddlewaretoken": ["x"],
        "name": [" Mâ\u0303u Thị "],
        "sex": ["b"],
        "ways": ["c", "a"],
        "rents": ["no"],
        "people": ["4"],
        "price": ["1.500.000 đ"],
        "born_day": ["２８"], "born_month": [" 2 "], "born_year": ["1990"],
        "home_province": ["Hà Nội"], "home_commune": ["Ba Đình"], "home_line": ["99 Hoa Mẫu"],
        "owner": ["００１ 300 000 015"],
        "scan": ["held-1"],
        "children-0-name_of": ["An"], "children-0-day_day": ["1"], "children-0-day_month": ["6"],
        "children-0-day_year": ["2024"],
        "children-1-name_of": [" "],
        "children-7-name_of": ["Bình"], "children-7-day_day": ["31"], "children-7-day_month": ["12"],
        "children-7-day_year": ["2025"],
    }  # fmt: skip

    page = read(EVERYTHING, posted)

    assert page.errors == {}
    assert page.answers == {
        "name": "Mẫu Thị", "sex": "b", "ways": ["a", "c"], "rents": False, "people": 4, "price": 1_500_000,
        "born": date(1990, 2, 28), "home": {"province": "Hà Nội", "commune": "Ba Đình", "line": "99 Hoa Mẫu"},
        "owner": "001300000015", "scan": "held-1",
        "children": [{"name_of": "An", "day": date(2024, 6, 1)}, {"name_of": "Bình", "day": date(2025, 12, 31)}],
    }  # fmt: skip
    # As it was typed; the blank row is gone, the next one takes its place.
    assert page.typed["name"] == (" Mâ\u0303u Thị ",)
    assert page.typed["born_day"] == ("２８",)
    assert page.typed["children-1-name_of"] == ("Bình",)
    assert not any(name.startswith(("children-7", "csrf")) for name in page.typed)


def test_an_empty_page_asks_for_all_of_it_in_its_order() -> None:
    page = read(EVERYTHING, {})
    assert codes(page) == [
        ("name", "missing"), ("sex", "missing_choice"), ("ways", "missing_choice"), ("rents", "missing_choice"),
        ("people", "missing"), ("price", "missing"), ("born", "missing"), ("home", "missing"), ("owner", "missing"),
        ("scan", "missing_file"), ("children", "missing_rows"),
    ]  # fmt: skip
    with translation.override("en"):
        assert page.errors["name"] == "Fill in “name”"
    with translation.override("vi"):
        assert page.errors["sex"] == "Chọn câu trả lời cho mục “sex (vi)”"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("-1", "sign"), ("+1", "sign"), ("−5", "sign"), ("１２", "digits"), ("1,5", "fraction"), ("1.50", "fraction"),
        ("9223372036854775808", "too_much"), ("1000000000000001", "too_much"), ("9" * 5000, "too_much"),
        ("1.0000", "fraction"), ("12.34.567", "grouping"), ("007", "leading_zero"), ("1e3", "characters"),
        ("5 đ", "characters"), ("₫", "characters"), ("ba", "characters"), ("1\x00", "characters"), ("²", "characters"),
    ],
)  # fmt: skip
def test_a_number_is_whole_and_plain(typed: str, code: str) -> None:
    page = read(of(field("x", "number")), {"x": [typed]})
    assert codes(page) == [("x", code)]
    assert page.typed == {"x": (typed,)}
    assert page.answers == {}


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("number", "0", 0), ("number", " 12 ", 12), ("number", "1.500", 1500), ("money", "0", 0),
        ("money", "7.000 ₫", 7000), ("money", "1000000000000000", 10**15),
    ],
)  # fmt: skip
def test_a_number_may_be_zero(kind: str, typed: str, value: int) -> None:
    assert read(of(field("x", kind)), {"x": [typed]}).answers == {"x": value}


def test_money_alone_has_a_currency() -> None:
    assert codes(read(of(field("x", "money")), {"x": ["đ"]})) == [("x", "characters")]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("31", "2", "2026"), "date_unreal"), (("29", "2", "2026"), "date_unreal"), (("0", "1", "2026"), "date_unreal"),
        (("1", "13", "2026"), "date_unreal"), (("x", "1", "2026"), "date_unreal"), (("-1", "1", "2026"), "date_unreal"),
        (("1", "1", "26"), "date_year"), (("1", "1", "0026"), "date_year"), (("1", "1", "20260"), "date_unreal"),
        (("1", "", "2026"), "date_incomplete"), (("", "", "2026"), "date_incomplete"),
    ],
)  # fmt: skip
def test_a_date_is_a_day_that_exists(typed: tuple[str, str, str], code: str) -> None:
    posted = {f"x_{box}": [each] for box, each in zip(("day", "month", "year"), typed, strict=True)}
    page = read(of(field("x", "date")), posted)
    assert codes(page) == [("x", code)]
    assert page.typed == {name: tuple(each) for name, each in posted.items()}


@pytest.mark.parametrize(
    ("made", "posted", "code"),
    [
        (field("x", "yes_no"), ["true"], ("x", "option")),
        (field("x", "choice", options=options("a")), ["z"], ("x", "option")),
        (field("x", "choices", options=options("a")), ["a", "z"], ("x", "option")),
        (field("x", "person"), ["00130000001"], ("x", "person")),
        (field("x", "text"), ["a\u202eb"], ("x", "unreadable")),
        (field("x", "file"), ["held-1"], ("x", "not_held")),  # it is another field's
    ],
)
def test_what_cannot_be_taken_is_named(
    made: dict[str, Any], posted: list[str], code: tuple[str, str]
) -> None:
    assert codes(read(of(made), {"x": posted})) == [code]


def test_a_part_of_an_address_is_named() -> None:
    page = read(
        of(field("x", "address"), field("y", "text")), {"x_province": ["Hà Tây"], "x_line": ["1"]}
    )
    assert codes(page) == [("x_commune", "commune"), ("y", "missing")]


def test_a_row_is_named_where_it_is_shown_again() -> None:
    made = of(field("x", "rows", fields=[field("n", "number"), field("t", "text")]))
    page = read(made, {"x-0-n": [""], "x-3-n": ["1,5"], "x-3-t": ["a"], "x-10-n": ["2"]})
    assert codes(page) == [("x-0-n", "fraction"), ("x-1-t", "missing")]
    assert page.typed["x-1-n"] == ("2",)
    assert page.answers["x"] == [{"t": "a"}, {"n": 2}]


def test_a_forged_hidden_field_is_ignored_and_reported() -> None:
    made = of(
        field("name", "text", known="full_name"),
        field("born", "date", known="birth_date"),
        field("home", "address", known="residence"),
        field("price", "money", value={"multiply": [{"answer": "n"}, 5]}),
    )
    made["fields"].insert(0, field("n", "number"))

    page = read(
        made,
        {"n": ["2"], "name": ["Kẻ Giả"], "born_day": ["99"], "home_line": ["x"], "price": ["0"]},
    )

    assert page.ignored == ("name", "born", "home", "price")
    assert page.answers == {"n": 2}
    assert page.problems == ()


def test_a_blank_address_that_is_not_asked_is_nothing() -> None:
    made = of(field("yes", "yes_no"), field("x", "address", when={"answer": "yes"}))
    blank = {"x_province": [""], "x_commune": [" "], "x_line": [""]}
    assert read(made, {"yes": ["no"], **blank}).dropped == ()
    assert read(made, {"yes": ["no"], **blank, "x_line": ["1"]}).dropped == ("x",)


def test_conditions_follow_earlier_pages_and_this_one() -> None:
    made = of(field("b", "yes_no"), field("c", "text", when={"answer": "b"}))
    assert codes(read(made, {"b": ["yes"]})) == [("c", "missing")]
    assert read(made, {"b": ["no"], "c": ["x"]}, b=True, c="before").answers == {"b": False}

    document = making.document(
        making.step("one", field("a", "number")),
        making.step(
            "two",
            field("d", "text", when={"lt": [{"answer": "a"}, 3]}),
            field("e", "text", optional=True),
        ),
    )
    for number, asked in ((2, ("d", "e")), (3, ("e",))):
        facts = Facts(answers={"a": number}, known={}, today=TODAY)
        assert pages.read_page(document.steps[1], {}, facts).shown == asked


def test_a_page_takes_the_place_of_what_it_said_before() -> None:
    made = of(field("a", "text"), field("b", "text", optional=True))
    [step] = making.read(making.data(made)).steps
    page = read(made, {"a": ["new"], "b": [""]})
    assert page.onto(step, {"a": "old", "b": "gone", "other": 1}) == {"a": "new", "other": 1}


def test_of_a_name_that_is_sent_twice_the_last_counts() -> None:
    page = read(of(field("x", "text")), {"x": ["a", "b"]})
    assert page.answers == {"x": "b"}
    assert page.typed == {"x": ("a", "b")}


@given(st.data())
def test_whatever_is_sent_is_read(data: st.DataObject) -> None:
    document = making.read(data.draw(making.any_data()))
    step = data.draw(st.sampled_from(document.steps))
    names = [
        f"{key}{ending}"
        for each in step.fields
        for key in (
            each.key,
            *(f"{each.key}-{at}-{inner.key}" for at in ("0", "1", "00") for inner in each.fields),
        )
        for ending in ("", "_day", "_month", "_year", "_province", "_commune", "_line")
    ]
    typed = st.text(max_size=6) | st.sampled_from(
        ["a", "yes", "no", "1", "12", "2026", "2", "Hà Nội", "held-1", "\x00"]
    )
    posted = data.draw(
        st.dictionaries(
            st.sampled_from(names) | st.text(max_size=8), st.lists(typed, max_size=3), max_size=20
        )
    )
    facts = Facts(answers={}, known=KNOWN, today=TODAY)

    page = pages.read_page(step, posted, facts, held=HELD, provinces=PROVINCES)

    shown = [each for each in step.fields if each.key in page.shown]
    for each in shown:
        # Answered, or named, or it may be left out; and what was typed is there to be shown again.
        at = {name.split("-")[0].removesuffix("_province").removesuffix("_commune").removesuffix("_line")
              for name in page.errors}  # fmt: skip
        said_by_others = not each.is_asked or each.kind == "consent"
        assert each.key in page.answers or each.key in at or each.optional or said_by_others
        if each.key in posted and each.kind != "rows":
            assert page.typed[each.key] == tuple(posted[each.key])
    hidden = {each.key for each in step.fields} - set(page.shown)
    assert hidden.isdisjoint(page.answers)
    for language in ("vi", "en"):
        with translation.override(language):
            assert all(page.errors.values())
