"""The answers of a form against its document: what is asked, what is known, what is missing, what cannot be so.

A document only uses what is asked before, so one walk in order settles all of it. Nothing that is sent is trusted: a
known or worked out value is put in anew, a consent is what the portal has from that person, and an answer to
what is not asked is dropped. A suggestion or a default is no answer before the page that shows it was sent.
"""

from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from procedures.rules import values
from procedures.rules.documents import Document, Field, Step
from procedures.rules.expressions import Facts, Value
from procedures.rules.values import NotTaken, Problem, is_there

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
# References to consents, by the key of the field and the personal number of who consented.
Consents: TypeAlias = Mapping[tuple[str, str], str]
NO_CONSENTS: Final[Consents] = MappingProxyType({})
_REFERRING: Final = frozenset({"file", "paper"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A form as it stands. Names are those of the form's fields: ``key``, in a repeating group ``key-0-name``."""

    values: Mapping[str, Value] = field(
        repr=False
    )  # all that is shown: answered, known and worked out
    answers: Mapping[str, Value] = field(
        repr=False
    )  # what a person answered: this is what a draft keeps
    steps: tuple[str, ...]  # the pages that are asked
    shown: tuple[str, ...]  # the fields
    dropped: tuple[str, ...]  # answered, but not asked
    ignored: tuple[str, ...]  # sent, but not for a person to say, and not what is so
    missing: tuple[str, ...]  # to be answered still
    awaited: tuple[str, ...]  # consents that others have not given yet
    problems: tuple[Problem, ...]

    @property
    def is_complete(self) -> bool:
        """Whether it can be filed; consents may come later."""
        return not self.missing and not self.problems


def settle(
    document: Document,
    answers: Mapping[str, Any],
    *,
    known: Mapping[str, Value],
    today: date,
    held: Mapping[str, Collection[str]] = NOTHING,
    consents: Consents = NO_CONSENTS,
    provinces: Collection[str] | None = None,
) -> Settled:
    """All answers of a form, whoever sent them.

    ``held`` has the files and papers that may be named, by the key of their field; ``consents`` those that were given:
    who consented to one field says nothing of another person or field; ``provinces`` the names an address may have
    (None: any).
    """
    walk = Walk(known=known, today=today, held=held, consents=consents, provinces=provinces)
    for step in document.steps:
        walk.step(step, answers)
    keys = {each.key for each in document.fields}
    walk.ignored += [str(key) for key in answers if key not in keys]
    walk.check(document)
    return walk.settled()


def offer(of: Field, facts: Facts, *, provinces: Collection[str] | None = None) -> Value:
    """What stands in a field before it is changed: its default or suggestion, if the field takes it."""
    value = of.default.value(facts) if of.default else facts.known.get(of.suggest)
    try:
        return values.normal(of, value, provinces=provinces)
    except NotTaken:
        return None


def to_json(settled: Settled) -> dict[str, Any]:
    """Without loss, as JSON."""
    return {
        "values": values.to_json(settled.values),
        "answers": values.to_json(settled.answers),
        **{name: list(getattr(settled, name)) for name in _NAMES},
        "problems": [
            {"at": each.at, "code": each.code, "values": dict(each.values)}
            for each in settled.problems
        ],
    }


def from_json(document: Document, data: Mapping[str, Any]) -> Settled:
    """What :func:`to_json` wrote of a form of this document."""
    return Settled(
        values=answers_from_json(document, data["values"]),
        answers=answers_from_json(document, data["answers"]),
        problems=tuple(Problem(**each) for each in data["problems"]),
        **{name: tuple(data[name]) for name in _NAMES},
    )


def answers_from_json(document: Document, data: Mapping[str, Any]) -> dict[str, Any]:
    """Answers out of JSON, of a draft or a program; what is wrong with them :func:`settle` says."""
    fields = {each.key: each for each in document.fields}
    return {
        key: values.from_json(fields[key], each) if key in fields else each
        for key, each in data.items()
    }


_NAMES: Final = ("steps", "shown", "dropped", "ignored", "missing", "awaited")


class Walk:
    """One way through a form, in its order; ``wrong`` has what could not even be read, by the field's name."""

    def __init__(
        self,
        *,
        known: Mapping[str, Value],
        today: date,
        held: Mapping[str, Collection[str]],
        consents: Consents,
        provinces: Collection[str] | None,
        before: Mapping[str, Value] = NOTHING,
        wrong: Mapping[str, Problem] = NOTHING,
    ) -> None:
        self.known, self.today = known, today
        self.held, self.consents, self.provinces = held, consents, provinces
        self.wrong = wrong
        self.values: dict[str, Value] = dict(before)
        self.answers: dict[str, Value] = {}
        self.steps: list[str] = []
        self.shown: list[str] = []
        self.dropped: list[str] = []
        self.ignored: list[str] = []
        self.missing: list[Problem] = []
        self.awaited: list[str] = []
        self.problems: list[Problem] = []

    def step(self, step: Step, sent: Mapping[str, Any]) -> None:
        """A page and its fields."""
        is_asked = step.when.holds(self._facts(self.values))
        if is_asked:
            self.steps.append(step.key)
        for each in step.fields:
            if is_asked:
                self._field(
                    each, sent, each.key, self._facts(self.values), (self.values, self.answers)
                )
            elif is_there(sent.get(each.key)):
                self.dropped.append(each.key)

    def check(self, document: Document) -> None:
        """What must not be false of all answers together."""
        facts = self._facts(self.values)
        self.problems += [
            Problem(each.at, "check", {"message": each.message})
            for each in document.checks
            if each.holds.value(facts) is False
        ]

    def settled(self) -> Settled:
        """What it came to."""
        return Settled(
            values=self.values,
            answers=self.answers,
            steps=tuple(self.steps),
            shown=tuple(self.shown),
            dropped=tuple(self.dropped),
            ignored=tuple(self.ignored),
            missing=tuple(each.at for each in self.missing),
            awaited=tuple(self.awaited),
            problems=tuple(self.problems),
        )

    def _facts(self, answers: Mapping[str, Value]) -> Facts:
        return Facts(answers=answers, known=self.known, today=self.today)

    def _field(
        self,
        of: Field,
        sent: Mapping[str, Any],
        name: str,
        facts: Facts,
        into: tuple[dict[str, Value], dict[str, Value]],
    ) -> None:
        """One field, of the form or of a row; ``into`` takes what it is worth, and what was answered."""
        given = sent.get(of.key)
        if not of.when.holds(facts):
            if is_there(given) or name in self.wrong:
                self.dropped.append(name)
            return
        self.shown.append(name)
        if of.is_asked and of.kind != "consent":
            self._answered(of, given, name, facts, into)
            return
        value = self._told(of, name, facts)
        if is_there(value):
            into[0][of.key] = value
        if name in self.wrong or (is_there(given) and given != value):
            self.ignored.append(name)

    def _answered(
        self,
        of: Field,
        given: Any,
        name: str,
        facts: Facts,
        into: tuple[dict[str, Value], dict[str, Value]],
    ) -> None:
        """What a person answers: kept if the field takes it, even where it is too much or not held any more."""
        if name in self.wrong:
            self.problems.append(self.wrong[name])
            return
        try:
            value = values.normal(of, given, provinces=self.provinces)
        except NotTaken as wrong:
            self.problems.append(wrong.at(name))
            return
        if value is None:
            if not of.optional:
                self.missing.append(values.missing(of, name))
            return
        whole, answered = value, value
        if of.kind == "rows" and isinstance(value, list):
            whole, answered = self._rows(of, value, name)
        into[0][of.key], into[1][of.key] = whole, answered
        if of.kind in _REFERRING and value not in self.held.get(of.key, ()):
            self.problems.append(Problem(name, "not_held"))
        if problem := values.beyond(of, whole, facts, name):
            self.problems.append(problem)

    def _rows(
        self, of: Field, rows: Iterable[Mapping[str, Any]], name: str
    ) -> tuple[list[dict[str, Value]], list[dict[str, Value]]]:
        all_rows: list[dict[str, Value]] = []
        answered: list[dict[str, Value]] = []
        keys = {each.key for each in of.fields}
        for at, row in enumerate(rows):
            whole: dict[str, Value] = {}
            answers: dict[str, Value] = {}
            facts = self._facts(ChainMap(whole, self.values))
            for each in of.fields:
                self._field(each, row, f"{name}-{at}-{each.key}", facts, (whole, answers))
            self.ignored += [f"{name}-{at}-{key}" for key in row if key not in keys]
            all_rows.append(whole)
            answered.append(answers)
        return all_rows, answered

    def _told(self, of: Field, name: str, facts: Facts) -> Value:
        """What the portal says itself."""
        if of.value is not None:
            return of.value.value(facts)
        if of.known:
            value = self.known.get(of.known)
            if not is_there(value) and not of.optional:
                self.problems.append(
                    Problem(name, "not_on_record", {"kept_by": of.known, "label": of.label})
                )
            return value
        person = self.values.get(of.of)
        if not isinstance(person, str):
            return None
        consent = self.consents.get((of.key, person))
        if consent is None and not of.optional:
            self.awaited.append(name)
        return consent
