"""The registries through which each app contributes to the first page of a person signed in.

An app's ``home.py`` registers in ``apps.ready()`` what the person has to do, what is drawn of theirs, and the words
for its audit events. The page asks all of them and imports none; however many there are, one trip to the database
brings what they read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from eid_portal.core import statements

Kind = Literal["err", "ok", "info", "plain", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Whose page it is."""

    account_id: UUID
    citizen_id: UUID
    level: int | None
    full_name: str = field(repr=False)
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """Something the person should do; the most urgent has the lowest ``rank``."""

    kind: Kind
    icon: str
    title: str
    lines: tuple[str, ...] = ()
    href: str = ""
    action: str = ""
    rank: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Something of the person's that is drawn: a template of the app, and what it draws."""

    template: str
    values: Mapping[str, Any] = field(repr=False)
    rank: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one app adds to the page."""

    todos: tuple[Todo, ...] = ()
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """An event as people read it."""

    kind: Kind
    icon: str
    title: str
    seen: str = ""  # what of the person's data somebody saw


Rows = list[Any]
Contribute = Callable[[Asker, Rows], Contribution]
Describe = Callable[[Mapping[str, Any]], Words]

_parts: Final[dict[Contribute, str]] = {}
_words: Final[dict[str, Describe]] = {}
_purposes: Final[dict[str, Any]] = {}
_bases: Final[dict[str, Any]] = {}
_parties: Final[dict[str, Any]] = {}
_looks: Final[set[str]] = set()


def register(part: Contribute, *, reads: str) -> None:
    """Add an app's part of the page: ``reads`` is a SELECT of ``%(account)s``, ``%(citizen)s`` and ``%(now)s``, and
    ``part`` makes something of its rows.
    """
    _parts[part] = reads


def register_words(words: Mapping[str, Describe]) -> None:
    """Add the words for an app's events: by name, from the event's open data."""
    _words.update(words)


def register_purposes(purposes: Mapping[str, Any]) -> None:
    """Add the words for purposes: why somebody looked."""
    _purposes.update(purposes)


def register_bases(bases: Mapping[str, Any]) -> None:
    """Add the words for the law that a look or a change rests on, by purpose or by the reason an officer chose."""
    _bases.update(bases)


def register_parties(parties: Mapping[str, Any]) -> None:
    """Add the names of other systems, by their code."""
    _parties.update(parties)


def register_looks(names: Iterable[str]) -> None:
    """Say which of an app's events are looks at the person's data."""
    _looks.update(names)


def contributions(asker: Asker) -> Contribution:
    """What all apps add, in order of rank."""
    values = {"account": asker.account_id, "citizen": asker.citizen_id, "now": asker.now}
    read = statements.fetch_together(_parts.values(), values)
    found = [part(asker, rows) for part, rows in zip(_parts, read, strict=True)]
    return Contribution(
        todos=tuple(sorted((t for one in found for t in one.todos), key=lambda todo: todo.rank)),
        cards=tuple(sorted((c for one in found for c in one.cards), key=lambda card: card.rank)),
    )


def describe(name: str, data: Mapping[str, Any]) -> Words | None:
    """The words for an event; None if no app has any."""
    words = _words.get(name)
    return words(data) if words else None


def purpose(code: str) -> str:
    """Why, in words; nothing if no app has any."""
    return str(_purposes.get(code, ""))


def basis(code: str) -> str:
    """The law behind a purpose or reason, in words; nothing if no app has any."""
    return str(_bases.get(code, ""))


def party(code: str) -> str:
    """The name of another system; nothing if no app knows it."""
    return str(_parties.get(code, ""))


def looks() -> frozenset[str]:
    """The names of all events that are looks."""
    return frozenset(_looks)
