"""The registry through which each app gives out what it holds about a person, for the copy of all their data.

An app registers in ``apps.ready()`` an exporter that names every one of its tables with a person in it: given out, or
left out for a reason that the person reads. A test walks all tables and refuses one that nobody names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose data is given out."""

    citizen_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Some of the data, under a heading.

    An entry is ``{name: value}`` of what JSON can say, by the names of ``labels``. ``shown`` are the same entries as
    people read them: labels and words, in the language that is active.
    """

    code: str
    title: str
    labels: Mapping[str, str]
    entries: list[dict[str, Any]] = field(repr=False)
    shown: list[tuple[tuple[str, str], ...]] = field(repr=False)


class Exporter(Protocol):
    """An app's part."""

    tables: Mapping[str, frozenset[str]]  # ``app.Model`` and its fields that are given out
    left_out: Mapping[str, Any]  # ``app.Model``, or ``app.Model.field``, and why

    def sections(self, person: Person) -> Iterable[Section]:
        """What the app holds about a person, in the language that is active."""
        ...


_exporters: Final[list[Exporter]] = []


def register(exporter: Exporter) -> None:
    """Add an app's part."""
    if exporter not in _exporters:
        _exporters.append(exporter)


def exporters() -> tuple[Exporter, ...]:
    """All parts, in the order in which they were added."""
    return tuple(_exporters)
