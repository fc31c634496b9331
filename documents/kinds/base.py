"""What a kind of paper says of itself: its number, what is compared, how it is drawn and how much is shown.

A kind is a module of this package with a ``KIND``; ``documents.kinds.find`` finds it by its code.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from documents.enums import FieldResult, Level
from documents.rules import levels
from documents.rules.papers import Holder, RegistryPaper


class NumberRefused(Exception):
    """What was typed cannot be a number of this kind; ``message`` says why and how it looks."""

    code = "number_refused"

    def __init__(self, message: Any) -> None:
        super().__init__(self.code)
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One fact of a paper as people read it; ``code`` names it, ``level`` from which it is shown.

    ``about`` is for who may not see the fact, or not yet, where the label says some of it already.
    """

    code: str
    label: Any
    value: str = field(repr=False)
    level: Level
    numeric: bool = False  # drawn with figures of one width
    about: Any = ""

    @property
    def general(self) -> str:
        """What kind of fact it is, and nothing of what it says."""
        return str(self.about or self.label)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A paper as it is drawn on its card: a few lines, the number as printed, and how it ends."""

    title: Any  # "Driver licence, classes B, A1"
    number: str = field(repr=False)  # grouped as printed
    ending: str  # the last four characters
    lines: tuple[Line, ...]  # on the card itself, at most three
    tell_facts: Callable[[], tuple[Line, ...]] = field(repr=False)  # a wallet's cards show none
    expires_on: date | None  # the first end that matters
    icon: str = ""  # instead of its kind's
    tell_more: Callable[[], Mapping[str, Any]] = field(default=dict, repr=False)

    @cached_property
    def facts(self) -> tuple[Line, ...]:
        """What stands on its page."""
        return self.tell_facts()

    @cached_property
    def more(self) -> Mapping[str, Any]:
        """What the kind's own template draws."""
        return self.tell_more()

    def shown_at(self, level: Level) -> tuple[Line, ...]:
        """The facts that a level shows."""
        return tuple(line for line in self.facts if levels.covers(level, line.level))

    def hidden_at(self, level: Level) -> tuple[Line, ...]:
        """The facts that a level does not show."""
        return tuple(line for line in self.facts if not levels.covers(level, line.level))


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """How a paper is renewed: a link and its words; both empty where there is no way on the portal yet."""

    href: str
    action: Any


class Kind(Protocol):
    """A kind of paper."""

    code: str  # upper case with underscores
    title: Any
    issuer: Any  # who issues it, for people
    icon: str  # in static/eid/icons.svg
    look: str  # the card’s colours, "doc--" and this: id, lic, car, bhyt, bhxh, grey
    party: str  # whose registry holds it
    number_hint: Any
    by_person: bool  # its registry finds it by the person
    by_number: bool  # people may type its number
    template: str  # what only this kind draws on its page, from ``drawn``; "" for none

    def clean_number(self, typed: str) -> str:
        """The number in its normal form: what is stored, indexed and sent.

        Raises:
            NumberRefused: see the class.
        """

    def compare(self, holder: Holder, paper: RegistryPaper) -> Mapping[str, FieldResult]:
        """How each compared field agrees, the identifying ones first; all SAME or SPELLING means it is theirs."""

    def value_of(self, field_code: str, holder: Holder, paper: RegistryPaper) -> tuple[str, str]:
        """A compared field as people read it: what the paper says, what the population register says."""

    def field_label(self, field_code: str) -> Any:
        """The name of a compared field."""

    def draw(self, paper: RegistryPaper, today: date) -> Drawn:
        """The paper as it is drawn."""

    def renewal(self, paper: RegistryPaper) -> Renewal | None:
        """How it is renewed; None if it never ends."""
