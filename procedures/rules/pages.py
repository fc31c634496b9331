"""A page of a form as a browser sends it: texts by name, read into answers, and kept as they were typed.

A date is three boxes (``key_day``, ``key_month``, ``key_year``), an address three parts (``key_province``, …), a
repeating group's fields are ``key-0-name``: a row in which nothing was typed is no row, the others close up.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from eid_portal.core.text import ascii_digits
from payments.rules import amounts
from payments.rules.amounts import Flaw, NotAnAmount
from procedures.rules import answers
from procedures.rules.documents import Field, Step
from procedures.rules.expressions import LARGEST, Facts, Value
from procedures.rules.values import PARTS, NotTaken, Problem

Posted = Mapping[str, Sequence[str]]  # dict(request.POST.lists())
_BOXES: Final = ("day", "month", "year")
_BOX: Final = re.compile(r"[0-9]{1,4}")
_YEAR: Final = re.compile(r"[0-9]{4}")
_ROW: Final = re.compile(r"([0-9]{1,4})-([a-z][a-z0-9_]*)")
_OTHER_THAN_NUMBERS: Final = re.compile(r"[^\W\d_]|₫")  # a letter, a currency: good for money alone
_TRUTHS: Final[Mapping[str, bool]] = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that was sent."""

    answers: Mapping[str, Value] = field(repr=False)  # what could be read of what this page asks
    problems: tuple[Problem, ...]  # in the order of the page; what is missing too
    typed: Mapping[str, Sequence[str]] = field(
        repr=False
    )  # by the name of the form's field, to show it again
    shown: tuple[str, ...]
    dropped: tuple[str, ...]
    ignored: tuple[str, ...]  # sent, but not for a person to say

    @property
    def errors(self) -> dict[str, str]:
        """The words of the problems, by the name of the field, in the language of who reads them."""
        return {each.at: each.words for each in reversed(self.problems)}

    def onto(self, step: Step, before: Mapping[str, Value]) -> dict[str, Value]:
        """A draft's answers with this page's in place of what it said before."""
        gone = {each.key for each in step.fields}
        return {key: each for key, each in before.items() if key not in gone} | dict(self.answers)


def read_page(
    step: Step,
    posted: Posted,
    facts: Facts,
    *,
    held: Mapping[str, Collection[str]] = answers.NOTHING,
    consents: answers.Consents = answers.NO_CONSENTS,
    provinces: Collection[str] | None = None,
) -> Page:
    """What was sent of a page; ``facts`` hold the values of the form so far, the rest is as for
    :func:`procedures.rules.answers.settle`.
    """
    reading = _Reading(posted)
    sent = reading.fields(step.fields)
    walk = answers.Walk(
        known=facts.known,
        today=facts.today,
        held=held,
        consents=consents,
        provinces=provinces,
        before=_elsewhere(step, facts),
        wrong=reading.wrong,
    )
    return _walked(walk, step, sent, reading.typed)


def take_page(
    step: Step,
    sent: Mapping[str, Any],
    facts: Facts,
    *,
    held: Mapping[str, Collection[str]] = answers.NOTHING,
    provinces: Collection[str] | None = None,
) -> Page:
    """What a program sent of a page: answers of their types, as :func:`answers.answers_from_json` gives them."""
    walk = answers.Walk(
        known=facts.known,
        today=facts.today,
        held=held,
        consents=answers.NO_CONSENTS,
        provinces=provinces,
        before=_elsewhere(step, facts),
    )
    return _walked(walk, step, sent, {})


def _elsewhere(step: Step, facts: Facts) -> dict[str, Value]:
    """The values of the form's other pages."""
    here = {each.key for each in step.fields}
    return {key: each for key, each in facts.answers.items() if key not in here}


def _walked(
    walk: answers.Walk, step: Step, sent: Mapping[str, Any], typed: Mapping[str, Sequence[str]]
) -> Page:
    walk.step(step, sent)
    places = {name: at for at, name in enumerate(walk.shown)}
    problems = sorted([*walk.problems, *walk.missing], key=lambda each: _place(each.at, places))
    return Page(
        answers=walk.answers,
        problems=tuple(problems),
        typed=typed,
        shown=tuple(walk.shown),
        dropped=tuple(walk.dropped),
        ignored=tuple(walk.ignored),
    )


def _place(name: str, places: Mapping[str, int]) -> int:
    """Where a name stands on the page; a part of an address stands with it."""
    return places.get(name, places.get(name.rpartition("_")[0], len(places)))


class _Reading:
    """What was typed: as values of their kinds, as problems, and as it was."""

    def __init__(self, posted: Posted) -> None:
        self.posted = posted
        self.wrong: dict[str, Problem] = {}
        self.typed: dict[str, Sequence[str]] = {}

    def fields(self, fields: Iterable[Field], at: str = "", named: str = "") -> dict[str, Any]:
        """The values of fields; their names begin with ``at`` as posted, with ``named`` from now on."""
        return {
            each.key: self._field(each, f"{at}{each.key}", f"{named}{each.key}") for each in fields
        }

    def _field(self, of: Field, at: str, name: str) -> Any:
        if of.kind == "rows":
            return self._rows(of, at)
        for ending in ("", *_ENDINGS.get(of.kind, ())):
            if at + ending in self.posted:
                self.typed[name + ending] = tuple(self.posted[at + ending])
        try:
            return self._read(of, at)
        except NotTaken as wrong:
            self.wrong[name] = wrong.at(name)
            return None

    def _read(self, of: Field, at: str) -> Any:
        match of.kind:
            case "choices":
                return [each for each in self.posted.get(at, ()) if each]
            case "date":
                return _date([self._one(f"{at}_{box}") for box in _BOXES])
            case "address":
                typed = {part: self._one(f"{at}_{part}") for part in PARTS}
                return typed if any(each.strip() for each in typed.values()) else None
            case "yes_no":
                return _truth(self._one(at))
            case "number" | "money" as kind:
                return _number(self._one(at), kind)
            case _:
                return self._one(at)

    def _rows(self, of: Field, at: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for number in self._row_numbers(of, at):
            rows.append(self.fields(of.fields, f"{at}-{number}-", f"{at}-{len(rows)}-"))
        return rows

    def _row_numbers(self, of: Field, at: str) -> list[str]:
        """The rows in which something was typed, in their order."""
        names = {
            each.key + ending for each in of.fields for ending in ("", *_ENDINGS.get(each.kind, ()))
        }
        found = set()
        for name, typed in self.posted.items():
            row = _ROW.fullmatch(name.removeprefix(f"{at}-")) if name.startswith(f"{at}-") else None
            if row and row[2] in names and any(each.strip() for each in typed):
                found.add(row[1])
        return sorted(found, key=lambda number: (int(number), number))

    def _one(self, name: str) -> str:
        typed = self.posted.get(name) or ("",)
        return typed[-1]


_ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": tuple(f"_{box}" for box in _BOXES),
    "address": tuple(f"_{part}" for part in PARTS),
}


def _date(typed: Sequence[str]) -> date | None:
    boxes = [ascii_digits(each).strip() for each in typed]
    if not any(boxes):
        return None
    if not all(boxes):
        raise NotTaken("date_incomplete")
    if not all(_BOX.fullmatch(box) for box in boxes):
        raise NotTaken("date_unreal")
    if not _YEAR.fullmatch(boxes[2]):
        raise NotTaken("date_year")
    day, month, year = map(int, boxes)
    try:
        return date(year, month, day)
    except ValueError:
        raise NotTaken("date_unreal") from None


def _truth(typed: str) -> bool | None:
    if not typed:
        return None
    if typed not in _TRUTHS:
        raise NotTaken("option")
    return _TRUTHS[typed]


def _number(typed: str, kind: str) -> int | None:
    if kind == "number" and _OTHER_THAN_NUMBERS.search(typed):
        raise NotTaken(Flaw.CHARACTERS.value)
    try:
        return amounts.read(typed, most=LARGEST)
    except NotAnAmount as refused:
        match refused.flaw:
            case Flaw.ZERO:
                return 0
            case Flaw.EMPTY if not typed.strip():
                return None
            case Flaw.EMPTY:
                raise NotTaken(Flaw.CHARACTERS.value) from None
            case flaw:
                raise NotTaken(flaw.value) from None
