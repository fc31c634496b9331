"""Tables that an app gives out for the copy of all data, row by row: as a program reads them, and as people do."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from eid_portal.core import clock
from eid_portal.core.exporting import Person, Section

Row = models.Model
Rows = Callable[[UUID], "models.QuerySet[Any]"]
Texts = Callable[[], dict[str, str]]
Codes = Mapping[str, type[models.TextChoices]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: which rows are the person's, which fields are given out, and what is worked out from a row.

    What is worked out under the name of a field stands in its place, and is said in words as the field would be.
    """

    code: str
    title: Any
    model: type[Row]
    rows: Rows
    fields: tuple[str, ...]
    worked_out: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


def own(name: str, model: Any, *related: str) -> Rows:
    """The rows whose key ``name`` is the person's."""

    def rows(citizen_id: UUID) -> "models.QuerySet[Any]":
        found: models.QuerySet[Any] = model.objects.filter(**{name: citizen_id}).order_by("pk")
        return found.select_related(*related) if related else found

    return rows


class TableExporter:
    """Gives out an app's tables.

    ``labels`` say what each field is and ``parts`` what stands inside a value, in the language that is active;
    ``coded`` has the words of codes in columns without choices, ``states`` those of the column ``state``, by table.
    """

    def __init__(
        self,
        tables: Sequence[Table],
        *,
        left_out: Mapping[str, Any],
        labels: Texts,
        parts: Texts,
        coded: Codes,
        states: Codes,
    ) -> None:
        self.each: Final = tuple(tables)
        given: dict[str, frozenset[str]] = {}
        for (
            table
        ) in tables:  # a model may stand in two, such as what was paid and what was received
            label = table.model._meta.label
            given[label] = given.get(label, frozenset()) | frozenset(table.fields)
        self.tables: Mapping[str, frozenset[str]] = given
        self.left_out: Mapping[str, Any] = left_out
        self.labels: Final = labels
        self._parts: Final = parts
        self._coded: Final = coded
        self._states: Final = states

    def sections(self, person: Person) -> Iterator[Section]:
        """Every table with a row of the person's."""
        labels = self.labels()
        for table in self.each:
            rows = list(table.rows(person.citizen_id).iterator(chunk_size=500))
            if not rows:
                continue
            names = dict.fromkeys((*table.fields, *table.worked_out))
            yield Section(
                code=table.code,
                title=str(table.title),
                labels={name: str(labels[name]) for name in names},
                entries=[_entry(table, row) for row in rows],
                shown=[self._shown(table, row, labels) for row in rows],
            )

    def _shown(
        self, table: Table, row: Any, labels: Mapping[str, str]
    ) -> tuple[tuple[str, str], ...]:
        """As a person reads it: without what is empty."""
        entry = _values(table, row)
        pairs = [
            (
                name,
                self._words(table, name, value, labels)
                if name in table.fields
                else self.say(value, labels),
            )
            for name, value in entry.items()
        ]
        return tuple((labels[name], words) for name, words in pairs if words)

    def _words(self, table: Table, name: str, value: Any, labels: Mapping[str, str]) -> str:
        field_choices: Any = getattr(table.model._meta.get_field(name), "choices", None)
        state_of = self._states.get(table.model._meta.label)
        named = state_of if name == "state" else self._coded.get(name)
        known = dict(field_choices or (named.choices if named else ()))
        if isinstance(value, list):
            return ", ".join(
                str(known[one]) if one in known else self.say(one, labels) for one in value
            )
        if isinstance(value, str) and value in known:
            return str(known[value])
        return self.say(value, labels)

    def say(self, value: Any, labels: Mapping[str, str]) -> str:
        """A value in words; empty if there is none."""
        if value is None or value in ("", [], {}):
            return ""
        match value:
            case bool():
                return pgettext("copy", "yes") if value else pgettext("copy", "no")
            case bytes() | memoryview():
                return _("%(size)s bytes, in the JSON file") % {"size": len(value)}
            case datetime():
                return f"{value.astimezone(clock.VIET_NAM):%H:%M %d/%m/%Y}"
            case date():
                return f"{value:%d/%m/%Y}"
            case dict():
                names = {**self._parts(), **labels}
                said = ((names.get(key, key), self.say(one, labels)) for key, one in value.items())
                return "; ".join(f"{key}: {words}" for key, words in said if words)
            case list():
                return ", ".join(self.say(one, labels) for one in value)
            case _:
                return str(value)


def plain(value: Any) -> Any:
    """A value as JSON can say it."""
    match value:
        case bytes() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case datetime():
            return value.astimezone(clock.VIET_NAM).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            return value


def _entry(table: Table, row: Any) -> dict[str, Any]:
    """As a program reads it."""
    return {name: plain(value) for name, value in _values(table, row).items()}


def _values(table: Table, row: Any) -> dict[str, Any]:
    asked = {name: getattr(row, name) for name in table.fields if name not in table.worked_out}
    worked = {name: work(row) for name, work in table.worked_out.items()}
    names = dict.fromkeys((*table.fields, *table.worked_out))
    return {name: worked[name] if name in worked else asked[name] for name in names}
