"""Kinds of papers that an administrator defined, as gateways and kinds need them: read once in a few seconds."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from documents.models import DefinedKind

FRESH_FOR: Final = 2.0  # seconds; another process sees a change after these at the latest


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedField:
    """A field of such a paper beside those that all have."""

    code: str
    label: str
    label_en: str
    sort: str  # a FieldSort
    level: str  # a Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One kind, in the words of its row."""

    code: str
    name: str
    name_en: str
    issuer: str
    issuer_en: str
    registry: str
    wire_type: str
    number_pattern: str
    number_hint: str
    number_hint_en: str
    fields: tuple[DefinedField, ...]
    compared: tuple[str, ...]
    in_use: bool


_read: tuple[float, Mapping[str, Definition]] | None = None


def every() -> Mapping[str, Definition]:
    """All of them by code, also those no longer in use: papers of theirs may be in wallets."""
    global _read  # noqa: PLW0603 - replaced whole, so no thread sees half of it
    seen, now = _read, time.monotonic()
    if seen is None or now - seen[0] > FRESH_FOR:
        rows = DefinedKind.objects.order_by("created_at", "code")
        _read = seen = now, {row.code: _definition(row) for row in rows}
    return seen[1]


def find(code: str) -> Definition | None:
    """The kind of a code; one that was defined a moment ago is looked for again."""
    if code not in every():
        forget()
    return every().get(code)


def of_wire_type(registry: str, wire_type: str) -> Definition | None:
    """The kind that a registry calls by this word, also one that is no longer in use."""
    return next(
        (
            each
            for each in every().values()
            if (each.registry, each.wire_type) == (registry, wire_type)
        ),
        None,
    )


def forget() -> None:
    """Read them again at the next look; for whoever changes them."""
    global _read  # noqa: PLW0603
    _read = None


def _definition(row: DefinedKind) -> Definition:
    return Definition(
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        issuer=row.issuer,
        issuer_en=row.issuer_en,
        registry=row.registry,
        wire_type=row.wire_type,
        number_pattern=row.number_pattern,
        number_hint=row.number_hint,
        number_hint_en=row.number_hint_en,
        fields=tuple(
            DefinedField(
                code=each["code"],
                label=each["label"],
                label_en=each["label_en"],
                sort=each["sort"],
                level=each["level"],
            )
            for each in row.fields
        ),
        compared=tuple(row.compared),
        in_use=row.in_use,
    )
