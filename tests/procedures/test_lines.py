"""JSON as people write it: every place has its line however it is written, and what is no document is refused."""

import json
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import example, given
from hypothesis import strategies as st

from procedures.rules import lines
from procedures.rules.expressions import Fault, Unreadable

TEXT = """{
  "name": "Đăng ký tạm trú",
  "steps": [
    {"key": "one"},
    {
      "key": "two", "fields": [
        1, {"answer":
          "x"}
      ]
    }
  ],
  "last": {"a b": {"": true}}
}
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ((), 1),
        (("name",), 2),
        (("steps",), 3),
        (("steps", 0), 4),
        (("steps", 0, "key"), 4),
        (("steps", 1), 5),
        (("steps", 1, "key"), 6),
        (("steps", 1, "fields", 0), 7),
        (("steps", 1, "fields", 1), 7),
        (("steps", 1, "fields", 1, "answer"), 8),
        (("last", "a b", ""), 12),
        (("steps", 1, "missing"), 5),  # what holds it
        (("steps", 7, "key"), 3),
        (("nothing", "like", "it"), 1),
    ],
)
@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text,
        lambda text: text.replace("  ", "\t"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("Đăng ký", "Đ" * 5000),
        lambda text: text.replace("Đăng", 'Đ\U0001f600\\ud83d\\ude00\\/\\\\ \\"{[,:'),
        lambda text: text.replace('"name"', '"name"   '),
        lambda text: text.rstrip("\n"),
    ],
    ids=["as it is", "tabs", "CRLF", "long line", "unicode and escapes", "spaces", "no end"],
)
def test_a_place_has_its_line(changed: Any, place: tuple[str | int, ...], line: int) -> None:
    text = changed(TEXT)
    lines.load(text)
    assert lines.lines_of(text, [place]) == [line]


def test_a_name_may_stand_on_another_line_than_its_value_and_be_very_long() -> None:
    name = "n" * 3000
    text = f'{{\n"{name}"\n:\n[\n1,\n2]}}'
    assert lines.load(text) == {name: [1, 2]}
    assert lines.lines_of(text, [(name,), (name, 0), (name, 1)]) == [4, 5, 6]


def read_or_refused(text: str) -> tuple[Any, list[Fault]]:
    try:
        return lines.load(text), []
    except Unreadable as unreadable:
        return None, list(unreadable.faults)


def faults(text: str) -> list[tuple[int, tuple[str | int, ...], str]]:
    with override("en"):
        _read, found = read_or_refused(text)
        return [(fault.line, fault.place, str(fault.words)) for fault in found]


UNSEEN = "It has characters that nobody can see"
TOO_DEEP, TOO_LARGE = "This is nested too deep or too large", "This number is too large"


@pytest.mark.parametrize(
    ("text", "line", "place", "words"),
    [
        ("", 1, (), "This is no JSON: line 1, character 1"),
        ("{", 1, (), "This is no JSON: line 1, character 2"),
        ('{\n"a": 1\n"b": 2}', 3, (), "This is no JSON: line 3, character 1"),
        ('{"a": "tab\there"}', 1, (), "This is no JSON: line 1, character 11"),
        ("\ufeff{}", 1, (), "This is no JSON: line 1, character 1"),
        ('[\n{"a": 1,\n"b": 2,\n"a": 3}]', 4, (0, "a"), "“a” stands twice in one place"),
        ('{"a": 1,\n"\\u0061": 2}', 2, ("a",), "“a” stands twice in one place"),
        ('{\n"a": [1,\n1.5]}', 3, ("a", 1), "Numbers are whole: “1.5” is not"),
        ('{\n"a": 1e3}', 2, ("a",), "Numbers are whole: “1e3” is not"),
        ("[NaN]", 1, (0,), "Numbers are whole: “NaN” is not"),
        ("[-Infinity]", 1, (0,), "Numbers are whole: “-Infinity” is not"),
        ("[\n" + "9" * 5000 + "]", 2, (0,), TOO_LARGE),
        ('[1,\n"\\u0000"]', 2, (1,), UNSEEN),
        ('["\\ud800"]', 1, (0,), UNSEEN),
        ('{"a\\n": 1}', 1, ("a\n",), UNSEEN),
        ("\n".join("[" * 5000), 66, (0,) * 65, TOO_DEEP),
        ('{"a":\n' * 70 + "1" + "}" * 70, 65, ("a",) * 65, TOO_DEEP),
        (" " * (lines.LARGEST + 1), 1, (), "The document is larger than 300000 characters"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(
    text: str, line: int, place: tuple[str | int, ...], words: str
) -> None:
    assert faults(text) == [(line, place, words)]


def test_not_more_than_a_hundred_faults_are_named() -> None:
    assert len(faults(json.dumps([0.5] * 5000))) == lines.MOST_FAULTS


def test_as_deep_as_is_allowed_is_read() -> None:
    assert lines.load("[" * lines.DEEPEST + "1" + "]" * lines.DEEPEST)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)  # fmt: skip


def places_of(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [place, *(one for name, each in inner for one in places_of(each, (*place, name)))]  # fmt: skip


@given(VALUES, st.booleans(), st.sampled_from([1, "\t", None]))
@example({"a": ["", {}]}, True, "\t")
def test_whatever_is_written_is_read_or_refused_and_each_value_has_a_line(
    value: Any, ascii_only: bool, indent: Any
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    if refused := faults(text):
        assert {words for _line, _place, words in refused} <= {UNSEEN, TOO_DEEP}
        return
    read, _found = read_or_refused(text)
    assert read == value
    numbers = lines.lines_of(text, places_of(value))
    assert numbers == sorted(numbers)  # places are in the order they are written
    assert len(set(numbers)) == (1 if indent is None else len(numbers))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    _read, found = read_or_refused(text)
    assert all(1 <= fault.line <= text.count("\n") + 1 for fault in found)
