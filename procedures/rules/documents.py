"""A procedure as a document: read once, checked whole, every fault named with its place.

First the JSON itself (``lines``), then its shape (``procedure.schema.json``), then what it means: names that exist,
fields that are asked before they are used, values of their types, both languages with the same places to fill.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

from django.utils.translation import gettext_lazy as _
from jsonschema import Draft202012Validator, ValidationError

from procedures.rules import expressions, lines
from procedures.rules.effects import EFFECTS, MORE
from procedures.rules.expressions import Fault, Names, Place, Tree, Type, Unreadable
from procedures.rules.known import SOURCES

SCHEMA: Final = Path(__file__).resolve().parent.parent / "procedure.schema.json"
SHIPPED: Final = SCHEMA.parent / "shipped"
FILLED: Final = re.compile(r"\{([a-z0-9_:]+)\}")  # {field} or {source:name} in the text of a result
Text: TypeAlias = Mapping[str, str]  # by language: vi, en
TYPES: Final[Mapping[str, Type]] = {
    "text": Type.TEXT, "choice": Type.TEXT, "choices": Type.TEXTS, "yes_no": Type.TRUTH, "number": Type.NUMBER,
    "money": Type.NUMBER, "date": Type.DATE, "address": Type.ADDRESS, "person": Type.TEXT, "rows": Type.ROWS,
    "file": Type.FILE, "paper": Type.FILE, "consent": Type.FILE,
}  # fmt: skip
# Which of a field's parts go with which kinds of field.
_PARTS: Final[Mapping[str, frozenset[str]]] = {
    "options": frozenset({"choice", "choices"}),
    "fields": frozenset({"rows"}),
    "papers": frozenset({"paper"}),
    "of": frozenset({"consent"}),
    "longest": frozenset({"text"}),
    "lines": frozenset({"text"}),
    "letters": frozenset({"text"}),
    "told": frozenset({"text", "date", "address"}),
    "least": frozenset({"number", "money", "date", "rows"}),
    "most": frozenset({"number", "money", "date", "rows"}),
}
_NEEDED: Final = ("options", "fields", "papers", "of")
_NOT_IN_ROWS: Final = frozenset({"rows", "consent", "paper", "file"})


@dataclass(frozen=True, slots=True)
class Option:
    """A choice."""

    value: str
    label: Text
    hint: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What is asked, shown as known, or worked out."""

    key: str
    kind: str  # "text", "choice", …: see TYPES
    label: Text
    hint: Text | None = None
    why: Text | None = None
    when: Tree = expressions.ALWAYS
    optional: bool = False
    known: str = ""  # the source that is shown in its place
    suggest: str = ""  # the source that is offered
    default: Tree | None = None
    value: Tree | None = None
    options: Sequence[Option] = ()
    least: Tree | None = None
    most: Tree | None = None
    longest: int = 200
    lines: int = 1
    letters: bool = False  # as in a name
    told: Text | None = None  # to who is asked to agree, under these words
    fields: "Sequence[Field]" = ()
    papers: Sequence[str] = ()
    of: str = ""

    @property
    def type(self) -> Type:
        """What an answer is worth."""
        return TYPES[self.kind]

    @property
    def is_asked(self) -> bool:
        """Whether a person answers it."""
        return not self.known and self.value is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A page of the form."""

    key: str
    title: Text
    why: Text | None
    when: Tree
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Check:
    """What must not be false of all answers together; ``at`` is the field that shows the message."""

    holds: Tree
    message: Text
    at: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """Who pays nothing; without a condition it is only told, and an officer applies it."""

    words: Text
    when: Tree | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to who asks whether they need this procedure at all."""

    when: Tree
    words: Text
    starts: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision changes if ``when`` holds: a name of ``effects.EFFECTS``, and what it needs."""

    do: str
    values: Mapping[str, Tree]
    when: Tree = expressions.ALWAYS


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What takes another time than the clock's own, and in which days: 3 working days, but 23 calendar days."""

    when: Tree
    count: int
    kind: str  # working_days, calendar_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """By when it is decided, and what stops the clock."""

    kind: str  # working_days, calendar_days, instant
    count: int
    otherwise: Sequence[Otherwise]
    received_before: str  # "15:00": what comes later is received on the next working day; empty if it does not matter
    pauses: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A procedure that can be filed; ``data`` is the document itself, for what is only shown."""

    data: Mapping[str, Any] = field(repr=False)
    code: str
    name: Text
    steps: Sequence[Step]
    checks: Sequence[Check]
    questions: Sequence[Field]  # of eligibility
    answers: Sequence[Answer]
    office: Tree | None  # an address; None: one office for the whole country
    fee: Tree
    exempt: Sequence[Exemption]
    clock: Clock
    valid_until: Tree | None
    effects: Sequence[Effect]

    @property
    def fields(self) -> list[Field]:
        """All of them, in the order they are asked; those of a repeating group stand in it."""
        return [each for step in self.steps for each in step.fields]

    def find(self, key: str) -> Field | None:
        """A field by its key."""
        return next((each for each in self.fields if each.key == key), None)


@dataclass(frozen=True, slots=True)
class Located:
    """A fault with the line it is on."""

    line: int
    place: str
    words: Any


class Refused(Exception):
    """The document cannot be used; ``faults`` name every place, in the order of their lines."""

    def __init__(self, faults: Sequence[Located]) -> None:
        super().__init__("; ".join(f"{each.line}: {each.place}" for each in faults))
        self.faults = faults


def read(text: str) -> Document:
    """A document out of its text.

    Raises:
        Refused: with all that is wrong.
    """
    data = shaped(text)
    try:
        return read_data(data)
    except Unreadable as unreadable:
        raise Refused(_found(text, unreadable)) from None


def shaped(text: str) -> dict[str, Any]:
    """The data of a document whose shape is right; what it means may still be wrong.

    Raises:
        Refused: it is no JSON, or of another shape.
    """
    try:
        data = lines.load(text)
    except Unreadable as unreadable:
        faults = unreadable.faults
        raise Refused(_located(faults, [fault.line for fault in faults])) from None
    try:
        _check_shape(data)
    except Unreadable as unreadable:
        raise Refused(_found(text, unreadable)) from None
    found: dict[str, Any] = data
    return found


def _found(text: str, unreadable: Unreadable) -> list[Located]:
    faults = unreadable.faults[: lines.MOST_FAULTS]
    return _located(faults, lines.lines_of(text, (fault.place for fault in faults)))


def _located(faults: Iterable[Fault], found: Iterable[int]) -> list[Located]:
    located = [
        Located(line, "/".join(map(str, fault.place)), fault.words)
        for fault, line in zip(faults, found, strict=True)
    ]
    return sorted(located, key=lambda each: (each.line, each.place))


def shipped() -> dict[str, Document]:
    """The procedures that come with the portal, by their codes."""
    read_ones = (read(path.read_text(encoding="utf-8")) for path in sorted(SHIPPED.glob("*.json")))
    return {each.code: each for each in read_ones}


def read_data(data: Mapping[str, Any]) -> Document:
    """A document of the right shape, as it is stored.

    Raises:
        Unreadable: with all that is wrong with its meaning.
    """
    reader = _Reader(data)
    document = reader.document()
    if reader.faults or document is None:
        raise Unreadable(*reader.faults)
    return document


def _check_shape(data: Any) -> None:
    errors = islice(_validator().iter_errors(data), lines.MOST_FAULTS)
    faults = [_of_shape(error) for error in errors]
    if faults:
        raise Unreadable(*faults)


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _of_shape(error: ValidationError) -> Fault:
    place: Place = tuple(error.absolute_path)
    match error.validator:
        case "required":
            missing = ", ".join(sorted(set(error.validator_value) - set(error.instance)))
            return Fault(place, _("Missing: %(names)s") % {"names": missing})
        case "additionalProperties":
            there = (
                set(error.schema.get("properties", ()))
                if isinstance(error.schema, Mapping)
                else set()
            )
            unknown = ", ".join(sorted(set(error.instance) - there))[:100]
            return Fault(place, _("Not known here: %(names)s") % {"names": unknown})
        case "enum":
            allowed = ", ".join(map(str, error.validator_value))
            return Fault(place, _("One of these is needed: %(values)s") % {"values": allowed})
        case "uniqueItems":
            return Fault(place, _("Something stands twice"))
        case "pattern":
            return Fault(place, _("It is not written as it must be"))
        case "minLength" | "minItems" | "minimum":
            return Fault(place, _("It is empty or too small"))
        case "maxLength" | "maxItems" | "maximum":
            return Fault(place, _("It is too long or too large"))
        case _:
            return Fault(place, _("Something else must stand here"))


class _Reader:
    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.faults: list[Fault] = []
        self.known = {name: source.type for name, source in SOURCES.items()}
        self.asked: dict[str, Type] = {}  # so far
        self.kinds: dict[str, str] = {}

    def wrong(self, place: Place, words: Any) -> None:
        self.faults.append(Fault(place, words))

    def tree(
        self, given: Any, place: Place, wanted: Type | None, names: Mapping[str, Type] | None = None
    ) -> Tree | None:
        there = Names(answers=self.asked if names is None else names, known=self.known)
        try:
            return expressions.read(given, there, place=place, wanted=wanted)
        except Unreadable as unreadable:
            self.faults += unreadable.faults
            return None

    def condition(
        self, of: Mapping[str, Any], place: Place, names: Mapping[str, Type] | None = None
    ) -> Tree:
        if "when" not in of:
            return expressions.ALWAYS
        return self.tree(of["when"], (*place, "when"), Type.TRUTH, names) or expressions.ALWAYS

    # --- the whole
    def document(self) -> Document | None:
        data = self.data
        steps = self._steps()
        questions, answers = self._eligibility()
        checks = self._checks()
        office = data["office"]["of"]
        of = None if office == "national" else self.tree(office, ("office", "of"), Type.ADDRESS)
        fee = self.tree(data["fee"]["amount"], ("fee", "amount"), Type.NUMBER)
        exempt = [
            Exemption(
                each["words"],
                self.condition(each, ("fee", "exempt", at)) if "when" in each else None,
            )
            for at, each in enumerate(data["fee"].get("exempt", ()))
        ]
        clock = self._clock()
        until = data["result"].get("valid_until")
        valid_until = (
            None if until is None else self.tree(until, ("result", "valid_until"), Type.DATE)
        )
        effects = self._effects()
        self._texts()
        if fee is None or clock is None:
            return None
        return Document(
            data=data, code=data["code"], name=data["name"], steps=steps, checks=checks, questions=questions,
            answers=answers, office=of, fee=fee, exempt=exempt, clock=clock, valid_until=valid_until, effects=effects,
        )  # fmt: skip

    def _steps(self) -> list[Step]:
        steps = []
        self._no_key_twice(self.data["steps"], ("steps",))
        for at, step in enumerate(self.data["steps"]):
            place: Place = ("steps", at)
            when = self.condition(step, place)
            fields = [
                self._field(each, (*place, "fields", number))
                for number, each in enumerate(step["fields"])
            ]
            steps.append(
                Step(
                    key=step["key"],
                    title=step["title"],
                    why=step.get("why"),
                    when=when,
                    fields=fields,
                )
            )
        return steps

    def _field(
        self, of: Mapping[str, Any], place: Place, row: dict[str, Type] | None = None
    ) -> Field:
        """A field; it may use what was asked before it, in a repeating group what stands before it in the row too."""
        names = self.asked if row is None else {**self.asked, **row}
        kind, type_ = of["type"], TYPES[of["type"]]
        if of["key"] in names:
            self.wrong((*place, "key"), _("Another field has this key"))
        self._parts(of, kind, place)
        when = self.condition(of, place, names)
        trees: dict[str, Tree | None] = {}
        for name, wanted in (
            ("default", type_), ("value", type_),
            ("least", Type.NUMBER if kind == "rows" else type_), ("most", Type.NUMBER if kind == "rows" else type_),
        ):  # fmt: skip
            given = of.get(name)
            trees[name] = None if given is None else self.tree(given, (*place, name), wanted, names)
        for name in ("known", "suggest"):
            self._source(of.get(name), type_, (*place, name))
        if sum(name in of for name in ("known", "suggest", "default", "value")) > 1:
            self.wrong(
                place, _("A field is known, suggested, worked out, or has a default: one of these")
            )
        if "of" in of and self.kinds.get(of["of"]) != "person":
            self.wrong((*place, "of"), _("Name a field of a person asked before this place"))
        inner: dict[str, Type] = {}
        rows = []
        for at, each in enumerate(of.get("fields", ())):
            spot: Place = (*place, "fields", at)
            if each["type"] in _NOT_IN_ROWS:
                self.wrong((*spot, "type"), _("This cannot stand in a repeating group"))
            rows.append(self._field(each, spot, inner))
            inner[each["key"]] = TYPES[each["type"]]
        if row is None:
            self.asked[of["key"]] = type_
            self.kinds[of["key"]] = kind
        return Field(
            key=of["key"], kind=kind, label=of["label"], hint=of.get("hint"), why=of.get("why"), when=when,
            optional=of.get("optional", False), known=of.get("known", ""), suggest=of.get("suggest", ""),
            options=_options(of.get("options", ())), longest=of.get("longest", 200), lines=of.get("lines", 1),
            letters=of.get("letters", False), told=of.get("told"), fields=rows,
            papers=of.get("papers", ()), of=of.get("of", ""), **trees,
        )  # fmt: skip

    def _parts(self, of: Mapping[str, Any], kind: str, place: Place) -> None:
        for name, kinds in _PARTS.items():
            if name in of and kind not in kinds:
                self.wrong((*place, name), _("This does not go with a field of this type"))
            if name in _NEEDED and kind in kinds and name not in of:
                self.wrong(place, _("Missing: %(names)s") % {"names": name})
        values = [each["value"] for each in of.get("options", ())]
        if len(set(values)) != len(values):
            self.wrong((*place, "options"), _("Something stands twice"))

    def _source(self, name: str | None, type_: Type, place: Place) -> None:
        if name is None:
            return
        if name not in SOURCES:
            self.wrong(place, _("There is no source of this name"))
        elif SOURCES[name].type != type_:
            self.wrong(place, _("This source does not go with a field of this type"))

    def _eligibility(self) -> tuple[list[Field], list[Answer]]:
        part = self.data.get("eligibility")
        if part is None:
            return [], []
        self._no_key_twice(part["questions"], ("eligibility", "questions"))
        questions = [
            Field(
                key=each["key"],
                kind="choice",
                label=each["label"],
                options=_options(each["options"]),
            )
            for each in part["questions"]
        ]
        names = {each.key: Type.TEXT for each in questions}
        answers = []
        for at, each in enumerate(part["answers"]):
            place: Place = ("eligibility", "answers", at)
            when = self.condition(each, place, names)
            if when.known:
                self.wrong((*place, "when"), _("Before signing in nothing is known of a person"))
            answers.append(Answer(when, each["words"], each["starts"]))
        return questions, answers

    def _checks(self) -> list[Check]:
        checks = []
        for at, each in enumerate(self.data.get("checks", ())):
            holds = self.tree(each["holds"], ("checks", at, "holds"), Type.TRUTH)
            if each["at"] not in self.asked:
                self.wrong(("checks", at, "at"), _("There is no field of this key"))
            if holds is not None:
                checks.append(Check(holds, each["message"], each["at"]))
        return checks

    def _clock(self) -> Clock | None:
        clock = self.data["clock"]
        is_instant = clock["kind"] == "instant"
        if is_instant == ("count" in clock):
            self.wrong(("clock",), _("Say how many days, unless it is decided at once"))
            return None
        otherwise = []
        for at, each in enumerate(clock.get("otherwise", ())):
            when = self.condition(each, ("clock", "otherwise", at))
            otherwise.append(Otherwise(when, each["count"], each.get("kind", clock["kind"])))
        return Clock(
            kind=clock["kind"],
            count=clock.get("count", 0),
            otherwise=otherwise,
            received_before=clock.get("received_before", ""),
            pauses=frozenset(clock.get("pauses", ())),
        )

    def _effects(self) -> list[Effect]:
        effects = []
        for at, each in enumerate(self.data.get("effects", ())):
            place: Place = ("effects", at)
            wanted = EFFECTS.get(each["do"])
            if wanted is None:
                self.wrong((*place, "do"), _("There is no effect of this name"))
                continue
            given = each.get("with", {})
            more = MORE.get(each["do"], {})
            wanted = {**wanted, **{name: more[name] for name in more if name in given}}
            if given.keys() != wanted.keys():
                self.wrong(
                    place, _("It needs exactly: %(names)s") % {"names": ", ".join(wanted) or "–"}
                )
                continue
            trees = {
                name: self.tree(given[name], (*place, "with", name), type_)
                for name, type_ in wanted.items()
            }
            values = {name: tree for name, tree in trees.items() if tree}
            effects.append(Effect(each["do"], values, self.condition(each, place)))
        return effects

    def _texts(self) -> None:
        """Places to fill exist, and are the same in both languages."""
        for at, text in enumerate(self.data["result"]["body"]):
            place: Place = ("result", "body", at)
            filled = {language: sorted(FILLED.findall(words)) for language, words in text.items()}
            if filled["vi"] != filled["en"]:
                self.wrong(place, _("The languages have different places to fill"))
            for name in filled["vi"]:
                is_source = name.startswith("source:") and name.removeprefix("source:") in SOURCES
                if not is_source and name not in self.asked:
                    self.wrong(place, _("There is no field or source “%(name)s”") % {"name": name})
        for part in ("refusals", "messages"):
            self._no_key_twice(self.data.get(part, ()), (part,))

    def _no_key_twice(self, rows: Iterable[Mapping[str, Any]], place: Place) -> None:
        seen: set[str] = set()
        for at, each in enumerate(rows):
            if each["key"] in seen:
                self.wrong((*place, at, "key"), _("Something stands twice"))
            seen.add(each["key"])


def _options(rows: Iterable[Mapping[str, Any]]) -> list[Option]:
    return [Option(each["value"], each["label"], each.get("hint")) for each in rows]
