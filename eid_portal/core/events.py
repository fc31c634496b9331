"""What an audit event is: a typed, frozen record of something that happened."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID


class ActorKind(StrEnum):
    """Who acts."""

    CITIZEN = "citizen"
    OFFICER = "officer"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"
    PARTY = "party"
    ANYONE = "anyone"  # who reads a code shown to them, without signing in


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, by ids only. ``citizen_id`` is the human behind the account; ``office_id`` where they sit."""

    kind: ActorKind
    account_id: UUID | None = None
    citizen_id: UUID | None = None
    office_id: UUID | None = None
    party: str = ""


SYSTEM = Actor(kind=ActorKind.SYSTEM)
ANYONE = Actor(kind=ActorKind.ANYONE)


def sealed(**kwargs: Any) -> Any:
    """A field whose value is personal data: it is stored under the citizen's own data key."""
    return field(metadata={"sealed": True}, **kwargs)


@dataclass(frozen=True, kw_only=True)
class Event:
    """The base of all events. A subclass is named in the past tense and sets ``name`` (``app.what_happened``).

    Fields hold what JSON can say; those made with :func:`sealed` are encrypted. ``shown`` says whether the citizen
    it is about sees it among their own events.
    """

    name: ClassVar[str]
    shown: ClassVar[bool] = True

    def open_data(self) -> dict[str, Any]:
        """The fields that may stand in clear: codes, counts and ids."""
        return {f.name: getattr(self, f.name) for f in fields(self) if not f.metadata.get("sealed")}

    def sealed_data(self) -> dict[str, Any]:
        """The fields that are personal data."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.metadata.get("sealed")}
