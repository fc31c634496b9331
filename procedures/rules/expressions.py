"""Conditions and computed values of a procedure: JSON trees of a few named operators, without loops or a text grammar.

A tree is a value (text, whole number, true, false), a leaf (``{"answer": "key"}``, ``{"known": "source"}``,
``{"today": true}``), or one operator with its arguments (``{"all": [...]}``). It is read once, when its revision is
loaded: every operator is known, every name too, every argument of its type, and nothing divides by zero. To work one
out takes time that grows with its size alone, and never fails: what is missing makes what needs it missing (``None``).
"""

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias

from django.utils.translation import gettext_lazy as _

DEEPEST: Final = 20  # operators within operators
MOST: Final = 200  # operators and values in one tree
LARGEST: Final = 10**15  # a number beyond it is no number
LONGEST: Final = 500  # characters of a text in a tree
_MONTHS: Final = 12

Value: TypeAlias = "str | int | bool | date | Mapping[str, Any] | list[Any] | None"
Place: TypeAlias = "tuple[str | int, ...]"


class Type(StrEnum):
    """What a tree, a field or a source is worth."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    DATE = "date"
    TEXTS = "texts"  # several choices
    ADDRESS = "address"  # {"province", "commune", "line"}
    ROWS = "rows"  # a repeating group
    FILE = "file"  # or a paper, or another person's consent: it is there, or not


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a document, and where: the keys and positions that lead there."""

    place: Place
    words: Any  # in the language of who reads it
    line: int = 0  # of a document that cannot be read at all, where places have no lines


class Unreadable(Exception):
    """A tree has faults."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join("/".join(map(str, fault.place)) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree that was read: what it is worth is of ``type``; ``answers`` and ``known`` are the names it asks for."""

    type: Type
    answers: frozenset[str]
    known: frozenset[str]
    work: "Callable[[Facts], Value]" = field(repr=False, compare=False)

    def value(self, facts: "Facts") -> Value:
        """What it is worth; None if something it needs is missing."""
        return self.work(facts)

    def holds(self, facts: "Facts") -> bool:
        """Whether it is true; what cannot be said is not."""
        return self.work(facts) is True


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What trees are worked out from."""

    answers: Mapping[str, Value] = field(repr=False)
    known: Mapping[str, Value] = field(repr=False)
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Which names a tree may use, and the type of each."""

    answers: Mapping[str, Type]
    known: Mapping[str, Type]


ALWAYS: Final = Tree(Type.TRUTH, frozenset(), frozenset(), lambda _facts: True)


def read(tree: Any, names: Names, *, place: Place = (), wanted: Type | None = None) -> Tree:
    """A tree out of a document, at a place in it.

    Raises:
        Unreadable: with all that is wrong with it.
    """
    reader = _Reader(names)
    found = reader.read(tree, place, depth=0)
    if found is not None and wanted is not None and found.type != wanted:
        reader.wrong(place, _type_words(wanted, found.type))
    if reader.faults or found is None:
        raise Unreadable(*reader.faults)
    return found


def _type_words(wanted: Type, found: Type) -> Any:
    return _("%(wanted)s is needed here, this is %(found)s") % {
        "wanted": _NAMES[wanted], "found": _NAMES[found],
    }  # fmt: skip


_NAMES: Final[Mapping[Type, Any]] = {
    Type.TEXT: _("a text"),
    Type.NUMBER: _("a number"),
    Type.TRUTH: _("true or false"),
    Type.DATE: _("a date"),
    Type.TEXTS: _("several choices"),
    Type.ADDRESS: _("an address"),
    Type.ROWS: _("a repeating group"),
    Type.FILE: _("a file or paper"),
}


# --- What operators do -----------------------------------------------------------------------------------
def _all(*values: Value) -> Value:
    if False in values:
        return False
    return None if None in values else True


def _any(*values: Value) -> Value:
    if True in values:
        return True
    return None if None in values else False


def _of_type(type_: Type, value: Value) -> Value:
    """A fact if it is what it is said to be; one of another type (of an older revision, or forged) is missing."""
    return value if _IS_OF[type_](value) else None


def _is_number(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and _number(value) is not None


_IS_OF: Final[Mapping[Type, Callable[[Any], bool]]] = {
    Type.TEXT: lambda value: isinstance(value, str),
    Type.NUMBER: _is_number,
    Type.TRUTH: lambda value: isinstance(value, bool),
    Type.DATE: lambda value: isinstance(value, date) and not isinstance(value, datetime),
    Type.TEXTS: lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    Type.ADDRESS: lambda value: isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values()),
    Type.ROWS: lambda value: isinstance(value, list),
    Type.FILE: lambda value: value is not None,
}  # fmt: skip


def _number(value: int) -> int | None:
    return value if -LARGEST <= value <= LARGEST else None


def _divide(value: int, by: int) -> int | None:
    """Rounded to the nearest whole number, halves away from zero, as money is."""
    half = (abs(value) * 2 + abs(by)) // (2 * abs(by))
    return _number(half if (value < 0) == (by < 0) else -half)


def age(born: date, on: date) -> int | None:
    """Whole years; somebody born on 29 February is a year older on 1 March of other years."""
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return years if years >= 0 else None


def later(day: date, count: int, unit: str) -> date | None:
    """So many days, months or years later; the last day of a month that has no such day. None outside the calendar."""
    try:
        if unit == "days":
            return day + timedelta(days=count)
        months = day.year * _MONTHS + day.month - 1 + count * (_MONTHS if unit == "years" else 1)
        year, month = months // _MONTHS, months % _MONTHS + 1
        first = date(year, month, 1)  # first of all, whether there is such a year
        return first.replace(day=min(day.day, monthrange(year, month)[1]))
    except (OverflowError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class _Operator:
    """What it takes and gives; ``takes`` of one type with ``many`` is as many of it as there are, one at least."""

    takes: tuple[Type, ...]
    gives: Type
    work: Callable[..., Any]
    many: bool = False
    lazy: bool = False  # it is worked out even if an argument is missing


_TRUTH, _NUMBER, _DATE, _TEXT = Type.TRUTH, Type.NUMBER, Type.DATE, Type.TEXT
_SIMPLE: Final[Mapping[str, _Operator]] = {
    "all": _Operator((_TRUTH,), _TRUTH, _all, many=True, lazy=True),
    "any": _Operator((_TRUTH,), _TRUTH, _any, many=True, lazy=True),
    "not": _Operator((_TRUTH,), _TRUTH, lambda value: not value),
    "add": _Operator((_NUMBER,), _NUMBER, lambda *values: _number(sum(values)), many=True),
    "subtract": _Operator((_NUMBER, _NUMBER), _NUMBER, lambda one, other: _number(one - other)),
    "multiply": _Operator((_NUMBER, _NUMBER), _NUMBER, lambda one, other: _number(one * other)),
    "divide": _Operator((_NUMBER, _NUMBER), _NUMBER, _divide),
    "age": _Operator((_DATE, _DATE), _NUMBER, age),
    "days": _Operator((_DATE, _DATE), _NUMBER, lambda start, end: (end - start).days),
}
OPERATORS: Final = (
    *_SIMPLE, "eq", "lt", "le", "in", "if", "given", "count", "later", "part",
)  # fmt: skip
LEAVES: Final = ("answer", "known", "today")
_ORDERED: Final = (Type.NUMBER, Type.DATE)
_COMPARED: Final = (Type.TEXT, Type.NUMBER, Type.DATE, Type.TRUTH)


class _Reader:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.faults: list[Fault] = []
        self._size = 0
        self._is_too_large = False

    def wrong(self, place: Place, words: Any) -> None:
        self.faults.append(Fault(place, words))

    def read(self, tree: Any, place: Place, *, depth: int) -> Tree | None:
        self._size += 1
        if depth > DEEPEST or self._size > MOST:
            if not self._is_too_large:
                self._is_too_large = True  # said once, at the first place
                self.wrong(place, _("This is nested too deep or too large"))
            return None
        if isinstance(tree, bool):
            return _constant(Type.TRUTH, tree)
        if isinstance(tree, int):
            return self._literal_number(tree, place)
        if isinstance(tree, str):
            if len(tree) > LONGEST:
                self.wrong(place, _("This text is too long"))
                return None
            return _constant(Type.TEXT, tree)
        if not isinstance(tree, dict) or len(tree) != 1:
            self.wrong(place, _("Here stands a value, or one operator with its arguments"))
            return None
        [(name, given)] = tree.items()
        return self._operator(name, given, (*place, name), depth + 1)

    def _literal_number(self, value: int, place: Place) -> Tree | None:
        if _number(value) is None:
            self.wrong(place, _("This number is too large"))
            return None
        return _constant(Type.NUMBER, value)

    def _operator(self, name: str, given: Any, place: Place, depth: int) -> Tree | None:
        if name in LEAVES:
            return self._leaf(name, given, place)
        if name == "given":
            return self._given(given, place)
        if name == "count":
            return self._count(given, place)
        if name not in OPERATORS:
            self.wrong(place, _("There is no operator of this name"))
            return None
        if not isinstance(given, list) or not given:
            self.wrong(place, _("This operator takes a list of arguments"))
            return None
        if name in _SIMPLE:
            return self._simple(name, given, place, depth)
        if name in {"eq", "lt", "le"}:
            return self._compare(name, given, place, depth)
        return {"in": self._in, "if": self._if, "later": self._later, "part": self._part}[name](
            given, place, depth
        )

    # --- leaves
    def _leaf(self, name: str, given: Any, place: Place) -> Tree | None:
        if name == "today":
            if given is not True:
                self.wrong(place, _("Write true here"))
                return None
            return Tree(Type.DATE, frozenset(), frozenset(), lambda facts: facts.today)
        there = self.names.answers if name == "answer" else self.names.known
        if not isinstance(given, str) or given not in there:
            words = (
                _("No field of this name is asked before this place")
                if name == "answer"
                else _("There is no source of this name")
            )
            self.wrong(place, words)
            return None
        type_ = there[given]
        if name == "answer":
            return Tree(
                type_,
                frozenset({given}),
                frozenset(),
                lambda facts: _of_type(type_, facts.answers.get(given)),
            )
        return Tree(
            type_,
            frozenset(),
            frozenset({given}),
            lambda facts: _of_type(type_, facts.known.get(given)),
        )

    def _given(self, given: Any, place: Place) -> Tree | None:
        if not isinstance(given, str) or given not in self.names.answers:
            self.wrong(place, _("No field of this name is asked before this place"))
            return None
        return Tree(
            Type.TRUTH,
            frozenset({given}),
            frozenset(),
            lambda facts: facts.answers.get(given) not in (None, "", []),
        )

    def _count(self, given: Any, place: Place) -> Tree | None:
        if not isinstance(given, str) or self.names.answers.get(given) not in {
            Type.ROWS,
            Type.TEXTS,
        }:
            self.wrong(
                place,
                _("Name a repeating group, or a field of several choices, asked before this place"),
            )
            return None
        return Tree(Type.NUMBER, frozenset({given}), frozenset(), _counting(given))

    # --- operators
    def _arguments(
        self, given: list[Any], place: Place, depth: int, count: int | None = None
    ) -> list[Tree] | None:
        if count is not None and len(given) != count:
            self.wrong(place, _("This operator takes %(count)s arguments") % {"count": count})
            return None
        read = [self.read(each, (*place, at), depth=depth) for at, each in enumerate(given)]
        found = [each for each in read if each is not None]
        return found if len(found) == len(given) else None

    def _simple(self, name: str, given: list[Any], place: Place, depth: int) -> Tree | None:
        operator = _SIMPLE[name]
        trees = self._arguments(given, place, depth, None if operator.many else len(operator.takes))
        if trees is None:
            return None
        wanted = operator.takes * len(trees) if operator.many else operator.takes
        right = True
        for at, (tree, type_) in enumerate(zip(trees, wanted, strict=True)):
            if tree.type != type_:
                self.wrong((*place, at), _type_words(type_, tree.type))
                right = False
        if name == "divide" and (
            isinstance(given[1], bool) or not isinstance(given[1], int) or given[1] == 0
        ):
            self.wrong((*place, 1), _("Divide by a number that is written here and is not zero"))
            right = False
        return _joined(operator.gives, trees, operator.work, lazy=operator.lazy) if right else None

    def _compare(self, name: str, given: list[Any], place: Place, depth: int) -> Tree | None:
        trees = self._arguments(given, place, depth, 2)
        if trees is None:
            return None
        one, other = trees
        allowed = _COMPARED if name == "eq" else _ORDERED
        if one.type not in allowed:
            self.wrong(
                (*place, 0),
                _("This cannot be compared: it is %(found)s") % {"found": _NAMES[one.type]},
            )
            return None
        if one.type != other.type:
            self.wrong((*place, 1), _type_words(one.type, other.type))
            return None
        works: Mapping[str, Callable[[Any, Any], bool]] = {
            "eq": lambda a, b: a == b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
        }  # fmt: skip
        return _joined(Type.TRUTH, trees, works[name])

    def _in(self, given: list[Any], place: Place, depth: int) -> Tree | None:
        match given:
            case [what, [*among]] if all(isinstance(one, str) for one in among):
                texts = frozenset(among)
            case _:
                self.wrong(place, _("This operator takes a field and a list of texts"))
                return None
        self._size += len(texts)
        tree = self.read(what, (*place, 0), depth=depth)
        if tree is None:
            return None
        if tree.type == Type.TEXT:
            return _joined(Type.TRUTH, [tree], lambda value: value in texts)
        if tree.type == Type.TEXTS:
            return _joined(Type.TRUTH, [tree], lambda values: not texts.isdisjoint(values))
        self.wrong((*place, 0), _type_words(Type.TEXT, tree.type))
        return None

    def _if(self, given: list[Any], place: Place, depth: int) -> Tree | None:
        trees = self._arguments(given, place, depth, 3)
        if trees is None:
            return None
        condition, then, otherwise = trees
        if condition.type != Type.TRUTH:
            self.wrong((*place, 0), _type_words(Type.TRUTH, condition.type))
            return None
        if then.type != otherwise.type:
            self.wrong((*place, 2), _type_words(then.type, otherwise.type))
            return None

        def work(facts: Facts) -> Value:
            said = condition.work(facts)
            return None if said is None else (then if said else otherwise).work(facts)

        return _over(then.type, trees, work)

    def _later(self, given: list[Any], place: Place, depth: int) -> Tree | None:
        match given:
            case [day, count, ("days" | "months" | "years") as unit]:
                trees = self._arguments([day, count], place, depth)
            case _:
                self.wrong(
                    place, _("This operator takes a date, a number, and days, months or years")
                )
                return None
        if trees is None:
            return None
        for at, (tree, wanted) in enumerate(zip(trees, (Type.DATE, Type.NUMBER), strict=True)):
            if tree.type != wanted:
                self.wrong((*place, at), _type_words(wanted, tree.type))
                return None
        return _joined(Type.DATE, trees, lambda day, count: later(day, count, unit))

    def _part(self, given: list[Any], place: Place, depth: int) -> Tree | None:
        match given:
            case [what, ("province" | "commune" | "line") as part]:
                tree = self.read(what, (*place, 0), depth=depth)
            case _:
                self.wrong(
                    place, _("This operator takes an address, and province, commune or line")
                )
                return None
        if tree is None:
            return None
        if tree.type != Type.ADDRESS:
            self.wrong((*place, 0), _type_words(Type.ADDRESS, tree.type))
            return None
        return _joined(Type.TEXT, [tree], lambda address: address.get(part))


def _counting(name: str) -> Callable[[Facts], Value]:
    def count(facts: Facts) -> Value:
        rows = facts.answers.get(name)
        return len(rows) if isinstance(rows, list) else 0

    return count


def _constant(type_: Type, value: Value) -> Tree:
    return Tree(type_, frozenset(), frozenset(), lambda _facts: value)


def _over(type_: Type, trees: list[Tree], work: Callable[[Facts], Value]) -> Tree:
    answers = frozenset[str]().union(*(tree.answers for tree in trees))
    known = frozenset[str]().union(*(tree.known for tree in trees))
    return Tree(type_, answers, known, work)


def _joined(
    type_: Type, trees: list[Tree], work: Callable[..., Any], *, lazy: bool = False
) -> Tree:
    def joined(facts: Facts) -> Value:
        values = [tree.work(facts) for tree in trees]
        if not lazy and None in values:
            return None
        found: Value = work(*values)
        return found

    return _over(type_, trees, joined)
