"""Take card production's events from a file: JSON lines, or CSV whose columns carry the wire format's names.

Every line stands for one event and is read alone, so a broken one (an open quote, half a character, ten megabytes)
costs no other. Nothing is kept about how far a file was taken: events are known by their ids, and one that was taken
before costs a look-up.
"""

import csv
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import count, islice
from typing import Any, BinaryIO, Final

from django.conf import settings

from accounts import policy
from accounts.enums import CardEventOutcome
from accounts.services import card_events, grants
from accounts.services.card_event_reading import NAMES, PARTS, Malformed
from accounts.services.card_events import CARD_PRODUCTION, Answer
from eid_portal.core import clock, strict_json
from eid_portal.core.events import Actor, ActorKind

LONGEST_LINE: Final = 64 * 1024  # bytes; an event has about 600
_ACTOR: Final = Actor(kind=ActorKind.PARTY, party=CARD_PRODUCTION)
_BOM: Final = b"\xef\xbb\xbf"
_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
COLUMNS: Final = (NAMES - PARTS.keys()) | {
    f"{part}.{name}" for part, names in PARTS.items() for name in names
}
# A file without these columns is taken; an empty cell is the wire format's null.
OPTIONAL: Final = frozenset(
    {"phone", "photo", "card.expires_on", *(f"residence.{name}" for name in PARTS["residence"])}
)
_READING: Final = {
    "line_too_long": f"The line is longer than {LONGEST_LINE} bytes.",
    "not_utf8": "The line is not UTF-8.",
    "not_csv": "The line is not CSV: a quote is open or out of place.",
    "cells": "The line has more or fewer cells than the header.",
    "not_json": "The line is not JSON.",
    "too_deep": "The line is nested too deeply.",
    "duplicate_name": "A name stands twice in one object.",
    "number": "A number is not finite or has too many digits.",
    "malformed": "The value does not have the form of this field.",
    "missing": "The value is missing.",
    "unexpected": "There is something the format does not have.",
    "unreadable_text": "The text holds characters nobody can see.",
    "too_long": "The text is too long.",
    "conflict": "An event with this id and another content was taken before.",
}


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class UnreadableFile(ValueError):
    """The file as a whole is not of its format. The message says why and holds nothing of the file."""


def take(file: BinaryIO, *, form: Format) -> Iterator[list[tuple[int, Answer]]]:
    """Take a file batch by batch, each in one transaction; gives each line's number with what became of its event.

    Empty lines are passed over. The file stands behind the last line of the batch.

    Raises:
        UnreadableFile: see the class; nothing was taken.
    """
    events = _events(file, form)
    while batch := list(islice(events, policy.CARD_EVENTS_AT_ONCE)):
        answers = iter(
            card_events.take(
                events=[event for _line, event in batch if not isinstance(event, Malformed)],
                party=CARD_PRODUCTION,
                actor=_ACTOR,
                now=clock.now(),  # a file may take hours: each batch has its own moment
            )
        )
        yield [
            (
                line,
                Answer(None, CardEventOutcome.REFUSED, event.code, event.field)
                if isinstance(event, Malformed)
                else next(answers),
            )
            for line, event in batch
        ]


def reason(answer: Answer) -> str:
    """Why an event was refused, in words; holds nothing of the event."""
    return _READING.get(answer.code) or str(grants.MESSAGES[answer.code])


def _events(file: BinaryIO, form: Format) -> Iterator[tuple[int, Any]]:
    """Each line's number and its event as JSON would have it, or why there is none."""
    lines = _lines(file)
    read = _json if form is Format.JSON_LINES else _csv(lines)
    for number, line in lines:
        if line is None:
            yield number, Malformed("line_too_long", "")
        elif line.strip():
            try:
                yield number, read(line)
            except Malformed as wrong:
                yield number, wrong


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Lines by number, without their ends; None for one that is too long, of which little is held at any time."""
    for number in count(1):
        line = file.readline(LONGEST_LINE + 2)
        if number == 1:
            if line.startswith(_UTF16_BOMS):
                raise UnreadableFile("it is UTF-16; save it as UTF-8")
            line = line.removeprefix(_BOM) or file.readline(LONGEST_LINE + 2)
        if not line:
            return
        whole = line.rstrip(b"\r\n")
        if len(whole) <= LONGEST_LINE:
            yield number, whole
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)
        yield number, None


def _json(line: bytes) -> Any:
    try:
        return strict_json.loads(line, depth=settings.API_DEPTH_LIMIT)
    except strict_json.NotStrict as wrong:
        raise Malformed(wrong.code, "") from None


def _csv(lines: Iterator[tuple[int, bytes | None]]) -> Callable[[bytes], Any]:
    """Read the header; gives what reads the lines below it."""
    columns = _header(next(lines, (0, b""))[1])

    def event(line: bytes) -> Any:
        cells = _cells(line)
        if len(cells) != len(columns):
            raise Malformed("cells", "")
        given = {column: cell or None for column, cell in zip(columns, cells, strict=True)}
        made: dict[str, Any] = {name: given.get(name) for name in NAMES}
        for part, names in PARTS.items():
            values = {name: given.get(f"{part}.{name}") for name in names}
            made[part] = values if any(values.values()) else None
        return made

    return event


def _header(line: bytes | None) -> list[str]:
    try:
        columns = _cells(line or b"")
    except Malformed:
        raise UnreadableFile("its first line is not a header in UTF-8") from None
    unknown = [place for place, name in enumerate(columns, 1) if name not in COLUMNS]
    if missing := sorted(COLUMNS - OPTIONAL - set(columns)):
        raise UnreadableFile(f"the header lacks the columns {', '.join(missing)}")
    if unknown:
        raise UnreadableFile(
            f"the header's column {unknown[0]} has a name the format does not have"
        )
    if len(set(columns)) != len(columns):
        raise UnreadableFile("the header has a column twice")
    return columns


def _cells(line: bytes) -> list[str]:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise Malformed("not_utf8", "") from None
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        raise Malformed("not_csv", "") from None
