"""How much of a form is known before anybody is asked: what the pages of a procedure may claim.

Counted are the items of the *ordinary way*: each choice takes its first option, a question of yes or no is answered
with no, a day is its default (else the first that is allowed, else today), a number the smallest that is allowed, and
everything the state can know of a person is there. What is not met on that way is not counted.

* An item is what the form would otherwise ask of who files: a field, the three parts of an address (province, commune,
  line), each field of one row of a repeating group. A field that may be left empty is an item like another.
* Known is an item that is shown as ``known``, or offered by ``suggest``.
* A default is not known: the item counts, its answer does not.
* What is worked out (``value``) is no item, and neither is the consent of another person: who files does not give it.
  The office, the fee, the due date and the paper that is filled in from the answers are no fields at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from procedures.rules.documents import Document, Field
from procedures.rules.expressions import Facts, Type, Value
from procedures.rules.known import SOURCES

PARTS_OF_ADDRESS: Final = 3
_ADDRESS: Final = MappingProxyType({"province": "-", "commune": "-", "line": "-"})
_SOMETHING: Final[Mapping[Type, Value]] = MappingProxyType(
    {
        Type.TEXT: "-", Type.NUMBER: 1, Type.TRUTH: False, Type.TEXTS: [], Type.ADDRESS: _ADDRESS,
        Type.ROWS: [], Type.FILE: "-",
    }
)  # fmt: skip
_BORN: Final = 1990
_CLASSES: Final = "B"  # of cars: the most common licence that runs out


@dataclass(frozen=True, slots=True)
class Share:
    """How many items, and how many of them are known."""

    items: int
    known: int

    @property
    def percent(self) -> int:
        """Of the items, rounded down; 100 if nothing is asked."""
        return self.known * 100 // self.items if self.items else 100


def share(document: Document, today: date) -> Share:
    """Of a procedure filed on a day in the ordinary way."""
    counting = _Counting(today)
    for step in document.steps:
        if step.when.holds(counting.facts()):
            counting.count(step.fields, counting.answers)
    return Share(counting.items, counting.known)


class _Counting:
    def __init__(self, today: date) -> None:
        self.items = 0
        self.known = 0
        self.answers: dict[str, Value] = {}
        self.today = today
        self._state: dict[str, Value] = {
            name: _SOMETHING.get(source.type, today) for name, source in SOURCES.items()
        }
        self._state |= {"birth_date": date(_BORN, 1, 1), "licence_class_list": [_CLASSES]}

    def facts(self, row: Mapping[str, Value] = MappingProxyType({})) -> Facts:
        return Facts(answers={**self.answers, **row}, known=self._state, today=self.today)

    def count(self, fields: Sequence[Field], answers: dict[str, Value]) -> None:
        for each in fields:
            facts = self.facts(answers)
            if not each.when.holds(facts):
                continue
            if each.fields:
                row: dict[str, Value] = {}
                self.count(each.fields, row)
                answers[each.key] = [row]
                continue
            if each.value is None and each.kind != "consent":
                items = PARTS_OF_ADDRESS if each.type == Type.ADDRESS else 1
                self.items += items
                self.known += items if each.known or each.suggest else 0
            answers[each.key] = self._answer(each, facts)

    def _answer(self, field: Field, facts: Facts) -> Value:
        if field.known or field.suggest:
            return self._state[field.known or field.suggest]
        for tree in (field.value, field.default, field.least):
            if tree is not None:
                return tree.value(facts)
        if field.options and field.type == Type.TEXT:
            return field.options[0].value
        return _SOMETHING.get(field.type, self.today)
