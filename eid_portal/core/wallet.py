"""The registry of what stands in a person's wallet beside papers of registries: an app registers its lines.

The wallet's page asks all of them and imports none.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

Kind = Literal["ok", "err", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something of the person's: what it is, how it stands, and its page."""

    title: str
    detail: str
    kind: Kind
    href: str = field(repr=False)


Lines = Callable[[UUID, datetime], list[Line]]
_parts: Final[list[Lines]] = []


def register(part: Lines) -> None:
    """Add an app's lines; called in ``apps.ready()``."""
    if part not in _parts:
        _parts.append(part)


def lines(citizen_id: UUID, *, now: datetime) -> list[Line]:
    """What all apps have of a person."""
    return [line for part in _parts for line in part(citizen_id, now)]
