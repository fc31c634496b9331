"""Trees: what each operator is worth, what is refused where, and that nothing at all makes one fail."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from procedures.rules import expressions
from procedures.rules.expressions import Facts, Names, Tree, Type, Unreadable, Value
from procedures.rules.known import SOURCES

ANSWERS = {
    "text": Type.TEXT, "number": Type.NUMBER, "truth": Type.TRUTH, "day": Type.DATE, "several": Type.TEXTS,
    "home": Type.ADDRESS, "rows": Type.ROWS, "paper": Type.FILE,
}  # fmt: skip
NAMES = Names(answers=ANSWERS, known={name: source.type for name, source in SOURCES.items()})
TODAY = date(2026, 11, 27)
HOME = {"province": "79", "commune": "26740", "line": "45/2 Lê Thánh Tôn"}
FACTS = Facts(
    answers={
        "text": "tenant", "number": 7, "truth": True, "day": date(2026, 1, 31), "several": ["one", "two"],
        "home": HOME, "rows": [{}, {}, {}], "paper": {"sha256": "0"},
    },
    known={"birth_date": date(2000, 2, 29), "account_locked": False},
    today=TODAY,
)  # fmt: skip
NOTHING = Facts(answers={}, known={}, today=TODAY)


def answer(name: str) -> dict[str, str]:
    return {"answer": name}


MISSING = {"known": "licence_issued"}  # a date that nobody gave
UNSAID = {"lt": [MISSING, {"today": True}]}
HALF = 0.5


@pytest.mark.parametrize(
    ("tree", "worth"),
    [
        (True, True),
        (3, 3),
        ("a", "a"),
        (answer("number"), 7),
        ({"known": "birth_date"}, date(2000, 2, 29)),
        ({"today": True}, TODAY),
        (MISSING, None),
        ({"all": [True, answer("truth")]}, True),
        ({"all": [True, False, UNSAID]}, False),
        ({"all": [True, UNSAID]}, None),
        ({"any": [False, UNSAID, True]}, True),
        ({"any": [False, UNSAID]}, None),
        ({"any": [False]}, False),
        ({"not": [True]}, False),
        ({"not": [UNSAID]}, None),
        ({"eq": [answer("text"), "tenant"]}, True),
        ({"eq": [answer("text"), "guest"]}, False),
        ({"eq": [answer("truth"), False]}, False),
        ({"eq": [MISSING, MISSING]}, None),
        ({"lt": [7, answer("number")]}, False),
        ({"le": [7, answer("number")]}, True),
        ({"lt": [answer("day"), {"today": True}]}, True),
        ({"in": [answer("text"), ["guest", "tenant"]]}, True),
        ({"in": [answer("text"), []]}, False),
        ({"in": [answer("several"), ["two", "three"]]}, True),
        ({"in": [answer("several"), ["three"]]}, False),
        ({"in": [{"known": "licence_class_list"}, ["B"]]}, None),
        ({"given": "paper"}, True),
        ({"count": "rows"}, 3),
        ({"count": "several"}, 2),
        ({"add": [1, 2, answer("number")]}, 10),
        ({"subtract": [1, answer("number")]}, -6),
        ({"multiply": [answer("number"), -2]}, -14),
        ({"multiply": [10**9, 10**9]}, None),  # beyond what is a number
        ({"divide": [answer("number"), 2]}, 4),  # 3.5, halves away from zero
        ({"divide": [{"subtract": [0, answer("number")]}, 2]}, -4),
        ({"divide": [answer("number"), -2]}, -4),
        ({"divide": [answer("number"), 3]}, 2),
        ({"divide": [{"subtract": [0, 1]}, 3]}, 0),
        ({"if": [answer("truth"), 1, {"days": [MISSING, MISSING]}]}, 1),
        ({"if": [False, 1, 2]}, 2),
        ({"if": [UNSAID, 1, 2]}, None),
        ({"age": [{"known": "birth_date"}, {"today": True}]}, 26),
        ({"age": [{"today": True}, {"known": "birth_date"}]}, None),
        ({"days": [answer("day"), {"later": [answer("day"), 28, "days"]}]}, 28),
        ({"later": [answer("day"), 1, "months"]}, date(2026, 2, 28)),
        ({"later": [answer("day"), -2, "months"]}, date(2025, 11, 30)),
        ({"later": [{"known": "birth_date"}, 18, "years"]}, date(2018, 2, 28)),
        ({"later": [{"known": "birth_date"}, 4, "years"]}, date(2004, 2, 29)),
        ({"later": [answer("day"), 7973, "years"]}, date(9999, 1, 31)),
        ({"later": [answer("day"), 7973 * 12 + 11, "months"]}, date(9999, 12, 31)),
        ({"later": [answer("day"), 7974, "years"]}, None),
        ({"later": [answer("day"), -10**15, "days"]}, None),
        ({"later": [answer("day"), 10**15, "months"]}, None),
        ({"part": [answer("home"), "commune"]}, "26740"),
        ({"part": [{"known": "residence"}, "commune"]}, None),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_tree_is_worth(tree: Any, worth: Value) -> None:
    assert expressions.read(tree, NAMES).value(FACTS) == worth


def test_somebody_born_on_29_february_is_older_on_1_march() -> None:
    born = date(2000, 2, 29)
    days = (date(2018, 2, 28), date(2018, 3, 1), date(2020, 2, 28), date(2020, 2, 29))
    assert [expressions.age(born, day) for day in days] == [17, 18, 19, 20]


def test_what_cannot_be_said_does_not_hold() -> None:
    tree = expressions.read(UNSAID, NAMES)
    assert tree.value(NOTHING) is None
    assert not tree.holds(NOTHING)


def test_a_tree_says_which_names_it_asks_for() -> None:
    tree = expressions.read(
        {"if": [{"given": "paper"}, {"part": [{"known": "residence"}, "line"]}, answer("text")]},
        NAMES,
    )
    assert tree.type == Type.TEXT
    assert (set(tree.answers), set(tree.known)) == ({"paper", "text"}, {"residence"})


@pytest.mark.parametrize("empty", [None, "", []])
def test_an_empty_answer_is_not_given(empty: Value) -> None:
    facts = Facts(answers={"several": empty}, known={}, today=TODAY)
    assert expressions.read({"given": "several"}, NAMES).value(facts) is False


def nested(depth: int) -> Any:
    tree: Any = True
    for _each in range(depth):
        tree = {"not": [tree]}
    return tree


TOO_DEEP = "This is nested too deep or too large"
NOT_ASKED = "No field of this name is asked before this place"


@pytest.mark.parametrize(
    ("tree", "place", "words"),
    [
        (None, (), "Here stands a value, or one operator with its arguments"),
        (HALF, (), "Here stands a value, or one operator with its arguments"),
        ([], (), "Here stands a value, or one operator with its arguments"),
        ({}, (), "Here stands a value, or one operator with its arguments"),
        ({"all": [True], "any": [True]}, (), "Here stands a value, or one operator with its arguments"),
        ({"power": [1, 2]}, ("power",), "There is no operator of this name"),
        ({"__class__": []}, ("__class__",), "There is no operator of this name"),
        ({"all": []}, ("all",), "This operator takes a list of arguments"),
        ({"all": True}, ("all",), "This operator takes a list of arguments"),
        ({"not": [True, True]}, ("not",), "This operator takes 1 arguments"),
        ({"answer": "nobody"}, ("answer",), NOT_ASKED),
        ({"answer": ["text"]}, ("answer",), NOT_ASKED),
        ({"given": "nobody"}, ("given",), NOT_ASKED),
        ({"known": "everything"}, ("known",), "There is no source of this name"),
        ({"today": "now"}, ("today",), "Write true here"),
        ({"count": "text"}, ("count",), "Name a repeating group, or a field of several choices"),
        ({"all": [True, 1]}, ("all", 1), "true or false is needed here, this is a number"),
        ({"add": [1, "2"]}, ("add", 1), "a number is needed here, this is a text"),
        ({"divide": [1, 0]}, ("divide", 1), "Divide by a number that is written here and is not zero"),
        ({"divide": [1, True]}, ("divide", 1), "true or false"),
        ({"divide": [1, answer("number")]}, ("divide", 1), "Divide by a number that is written here and is not zero"),
        ({"eq": [answer("home"), answer("home")]}, ("eq", 0), "This cannot be compared: it is an address"),
        ({"eq": [1, "1"]}, ("eq", 1), "a number is needed here, this is a text"),
        ({"lt": ["a", "b"]}, ("lt", 0), "This cannot be compared: it is a text"),
        ({"in": [answer("text"), "tenant"]}, ("in",), "This operator takes a field and a list of texts"),
        ({"in": [answer("text"), [1]]}, ("in",), "This operator takes a field and a list of texts"),
        ({"in": [1, ["a"]]}, ("in", 0), "a text is needed here, this is a number"),
        ({"if": [1, 2, 3]}, ("if", 0), "true or false is needed here, this is a number"),
        ({"if": [True, 2, "3"]}, ("if", 2), "a number is needed here, this is a text"),
        ({"later": [{"today": True}, 1, "weeks"]}, ("later",), "This operator takes a date, a number, and"),
        ({"later": [1, {"today": True}, "days"]}, ("later", 0), "a date is needed here, this is a number"),
        ({"part": [answer("home"), "street"]}, ("part",), "This operator takes an address, and"),
        ({"part": ["a", "line"]}, ("part", 0), "an address is needed here, this is a text"),
        (10**15 + 1, (), "This number is too large"),
        ("a" * 501, (), "This text is too long"),
        ({"all": [True] * 500}, ("all", 199), TOO_DEEP),
        ({"in": [answer("text"), [str(each) for each in range(500)]]}, ("in", 0), TOO_DEEP),
        (nested(21), ("not", 0) * 20 + ("not", 0), TOO_DEEP),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(
    tree: Any, place: tuple[str | int, ...], words: str
) -> None:
    with override("en"):
        with pytest.raises(Unreadable) as raised:
            expressions.read(tree, NAMES)
        [fault, *others] = raised.value.faults
        assert fault.place == place
        assert words in str(fault.words)
    assert all(each.place == place for each in others)


def test_the_deepest_tree_is_read() -> None:
    assert expressions.read(nested(expressions.DEEPEST), NAMES).value(NOTHING) is True


def test_a_tree_of_another_type_than_is_needed_is_refused() -> None:
    with pytest.raises(Unreadable) as raised:
        expressions.read(answer("text"), NAMES, place=("fee", "amount"), wanted=Type.NUMBER)
    assert [fault.place for fault in raised.value.faults] == [("fee", "amount")]


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(Unreadable) as raised:
        expressions.read({"all": [1, {"not": ["a"]}, {"answer": "nobody"}]}, NAMES, place=("x",))
    places = [fault.place for fault in raised.value.faults]
    assert places == [("x", "all", 1, "not", 0), ("x", "all", 2, "answer")]


# --- Any tree, any facts ------------------------------------------------------------------------------
NUMBERS = st.integers(-(10**16), 10**16)
RIGHT: dict[Type, st.SearchStrategy[Any]] = {
    Type.TEXT: st.text(max_size=5),
    Type.NUMBER: NUMBERS,
    Type.TRUTH: st.booleans(),
    Type.DATE: st.dates(),
    Type.TEXTS: st.lists(st.sampled_from("abc"), max_size=3),
    Type.ADDRESS: st.dictionaries(st.sampled_from(["province", "commune", "line"]), st.text(max_size=3)),
    Type.ROWS: st.lists(st.just({}), max_size=3),
    Type.FILE: st.just({"sha256": "0"}),
}  # fmt: skip
WRONG = st.one_of(
    st.none(), st.floats(), st.datetimes(), st.binary(max_size=2), st.lists(NUMBERS, max_size=2),
    st.dictionaries(st.text(max_size=2), NUMBERS, max_size=2), *RIGHT.values(),
)  # fmt: skip


def facts_of(of: dict[str, Type]) -> st.SearchStrategy[dict[str, Any]]:
    some = {name: RIGHT[type_] | WRONG for name, type_ in of.items()}
    return st.fixed_dictionaries({}, optional=some)


KNOWN = {
    name: NAMES.known[name]
    for name in ("full_name", "birth_date", "residence", "account_locked", "licence_class_list")
}
FACTS_OF_ANY_KIND = st.builds(
    lambda answers, known, today: Facts(answers=answers, known=known, today=today),
    facts_of(ANSWERS), facts_of(KNOWN), st.dates(),
)  # fmt: skip


def op(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(*arguments).map(lambda given: {name: list(given)})


def many(name: str, argument: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(argument, min_size=1, max_size=3).map(lambda given: {name: given})


def leaves(type_: Type) -> list[st.SearchStrategy[Any]]:
    named = [{"answer": name} for name, each in ANSWERS.items() if each == type_]
    named += [{"known": name} for name, each in KNOWN.items() if each == type_]
    return [st.sampled_from(named)]


def trees(depth: int) -> dict[Type, st.SearchStrategy[Any]]:
    """Trees that can be read, of each type."""
    text, number, truth, day = (leaves(t) for t in (Type.TEXT, Type.NUMBER, Type.TRUTH, Type.DATE))
    address, texts = st.one_of(leaves(Type.ADDRESS)), st.one_of(leaves(Type.TEXTS))
    text += [
        RIGHT[Type.TEXT],
        op("part", address, st.sampled_from(["province", "commune", "line"])),
    ]
    number += [
        st.integers(-(10**15), 10**15),
        st.sampled_from([{"count": "rows"}, {"count": "several"}]),
    ]
    truth += [st.booleans(), st.sampled_from(sorted(ANSWERS)).map(lambda name: {"given": name})]
    day.append(st.just({"today": True}))
    if depth:
        inner = trees(depth - 1)
        t, n, b, d = (inner[each] for each in (Type.TEXT, Type.NUMBER, Type.TRUTH, Type.DATE))
        truth += [
            many("all", b),
            many("any", b),
            op("not", b),
            op("in", t | texts, st.lists(st.text(max_size=2), max_size=3)),
            *(op(name, each, each) for name in ("eq", "lt", "le") for each in (n, d)),
            op("eq", t, t),
            op("eq", b, b),
        ]
        number += [
            many("add", n),
            op("subtract", n, n),
            op("multiply", n, n),
            op("age", d, d),
            op("days", d, d),
            op("divide", n, st.integers(-5, 5).filter(bool)),
            op("if", b, n, n),
        ]
        day += [op("later", d, n, st.sampled_from(["days", "months", "years"])), op("if", b, d, d)]
        text.append(op("if", b, t, t))
    found = {Type.TEXT: text, Type.NUMBER: number, Type.TRUTH: truth, Type.DATE: day}
    return {type_: st.one_of(each) for type_, each in found.items()} | {
        Type.ADDRESS: address,
        Type.TEXTS: texts,
    }


IS_OF: dict[Type, Callable[[Any], bool]] = {
    Type.TEXT: lambda value: isinstance(value, str),
    Type.NUMBER: lambda value: type(value) is int and abs(value) <= expressions.LARGEST,
    Type.TRUTH: lambda value: isinstance(value, bool),
    Type.DATE: lambda value: type(value) is date,
    Type.TEXTS: lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    Type.ADDRESS: lambda value: isinstance(value, dict),
    Type.ROWS: lambda value: isinstance(value, list),
    Type.FILE: lambda value: value is not None,
}  # fmt: skip


OF_EACH_TYPE = [st.tuples(st.just(type_), of_it) for type_, of_it in trees(3).items()]


@given(st.one_of(OF_EACH_TYPE), FACTS_OF_ANY_KIND)
def test_a_tree_that_was_read_never_fails_and_keeps_its_type(
    drawn: tuple[Type, Any], facts: Facts
) -> None:
    type_, given_tree = drawn
    tree = expressions.read(given_tree, NAMES, wanted=type_)
    worth = tree.value(facts)
    assert worth is None or IS_OF[type_](worth)
    assert tree.holds(facts) is (worth is True)


WORDS = [*expressions.OPERATORS, *expressions.LEAVES, "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(sorted({*ANSWERS, *KNOWN})),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(WORDS), inner, min_size=1, max_size=1),
)  # fmt: skip


@given(JSON, FACTS_OF_ANY_KIND)
def test_whatever_is_written_is_read_or_refused(written: Any, facts: Facts) -> None:
    tree: Tree | None = None
    faults: list[expressions.Fault] = []
    try:
        tree = expressions.read(written, NAMES)
    except Unreadable as unreadable:
        faults += unreadable.faults
    assert (tree is None) == bool(faults)
    if tree is not None:
        worth = tree.value(facts)
        assert worth is None or IS_OF[tree.type](worth)


@given(st.dates(), st.integers(-(10**6), 10**6), st.sampled_from(["days", "months", "years"]))
def test_later_goes_on_and_back(day: date, count: int, unit: str) -> None:
    then = expressions.later(day, count, unit)
    if then is None:
        assert abs(count) > 0
        return
    assert (then > day, then < day) == (count > 0, count < 0)
    back = expressions.later(then, -count, unit)
    assert back is not None
    # The last day of a shorter month comes back as that day, at most three days before.
    assert timedelta(0) <= day - back <= timedelta(days=0 if unit == "days" else 3)


def test_a_moment_is_no_date() -> None:
    facts = Facts(answers={"day": datetime(2026, 1, 1, 12)}, known={}, today=TODAY)  # noqa: DTZ001
    assert expressions.read({"lt": [answer("day"), {"today": True}]}, NAMES).value(facts) is None
