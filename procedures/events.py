"""What happens to procedures, as it is recorded."""

from dataclasses import dataclass
from typing import ClassVar

from eid_portal.core.events import Event


@dataclass(frozen=True, kw_only=True)
class RevisionEvent(Event):
    """Something about one revision of a procedure; ``digest`` is the SHA-256 of its document, in hexadecimal."""

    shown: ClassVar[bool] = False
    procedure: str
    number: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class RevisionPublished(RevisionEvent):
    """People file under it from now on."""

    name: ClassVar[str] = "procedures.revision_published"


@dataclass(frozen=True, kw_only=True)
class RevisionRetired(RevisionEvent):
    """Another one is in force."""

    name: ClassVar[str] = "procedures.revision_retired"
