"""What happens to papers, as it is recorded."""

from dataclasses import dataclass
from typing import ClassVar

from eid_portal.core.events import Event, sealed


@dataclass(frozen=True, kw_only=True)
class PaperEvent(Event):
    """Something about one paper; ``kind`` is its kind's code."""

    kind: str


@dataclass(frozen=True, kw_only=True)
class PapersSearched(Event):
    """A person had registries asked for their papers, or for those of a child."""

    name: ClassVar[str] = "documents.papers_searched"
    registries: list[str]


@dataclass(frozen=True, kw_only=True)
class PaperLinked(PaperEvent):
    """A paper came into the wallet."""

    name: ClassVar[str] = "documents.paper_linked"
    by_number: bool


@dataclass(frozen=True, kw_only=True)
class PaperUnlinked(PaperEvent):
    """A paper left the wallet; ``reason`` is a code."""

    name: ClassVar[str] = "documents.paper_unlinked"
    reason: str


@dataclass(frozen=True, kw_only=True)
class PaperChecked(PaperEvent):
    """A registry answered and the paper's state moved; ``reason`` says why it was asked, ``differing`` which fields."""

    reason: str
    differing: list[str]


@dataclass(frozen=True, kw_only=True)
class PaperVerified(PaperChecked):
    """It agrees."""

    name: ClassVar[str] = "documents.paper_verified"


@dataclass(frozen=True, kw_only=True)
class PaperMismatched(PaperChecked):
    """It does not agree."""

    name: ClassVar[str] = "documents.paper_mismatched"


@dataclass(frozen=True, kw_only=True)
class PaperNotFound(PaperChecked):
    """The registry has no such paper."""

    name: ClassVar[str] = "documents.paper_not_found"


@dataclass(frozen=True, kw_only=True)
class PaperUnavailable(PaperChecked):
    """The registry has not answered for too long."""

    name: ClassVar[str] = "documents.paper_unavailable"


@dataclass(frozen=True, kw_only=True)
class PaperExpired(PaperChecked):
    """Its time is over."""

    name: ClassVar[str] = "documents.paper_expired"


@dataclass(frozen=True, kw_only=True)
class PaperRevoked(PaperChecked):
    """The registry took it back."""

    name: ClassVar[str] = "documents.paper_revoked"


@dataclass(frozen=True, kw_only=True)
class VerificationResolved(PaperEvent):
    """An operator settled a verification that had been given up; ``note`` says how."""

    name: ClassVar[str] = "documents.verification_resolved"
    shown: ClassVar[bool] = False
    note: str


@dataclass(frozen=True, kw_only=True)
class PapersRechecked(PaperEvent):
    """An operator had every paper of a kind checked anew."""

    name: ClassVar[str] = "documents.papers_rechecked"
    shown: ClassVar[bool] = False
    papers: int


@dataclass(frozen=True, kw_only=True)
class CorrectionRequested(PaperEvent):
    """The holder asked for a correction; ``side`` says which value is right."""

    name: ClassVar[str] = "documents.correction_requested"
    side: str
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class CorrectionReceived(PaperEvent):
    """The owning registry has the request."""

    name: ClassVar[str] = "documents.correction_received"


@dataclass(frozen=True, kw_only=True)
class CorrectionEnded(PaperEvent):
    """The registry corrected, or refused to."""

    name: ClassVar[str] = "documents.correction_ended"
    corrected: bool


@dataclass(frozen=True, kw_only=True)
class CorrectionWithdrawn(PaperEvent):
    """The holder took the request back."""

    name: ClassVar[str] = "documents.correction_withdrawn"


@dataclass(frozen=True, kw_only=True)
class CalendarLinkMade(Event):
    """The holder had a private link made by which calendars fetch when papers expire."""

    name: ClassVar[str] = "documents.calendar_link_made"


@dataclass(frozen=True, kw_only=True)
class CalendarLinkStopped(Event):
    """The holder stopped that link, or another took its place."""

    name: ClassVar[str] = "documents.calendar_link_stopped"


@dataclass(frozen=True, kw_only=True)
class PaperShown(PaperEvent):
    """Somebody read what the holder showed by a code; ``level`` says how much, ``fields`` what of it."""

    name: ClassVar[str] = "documents.paper_shown"
    level: str
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class ShareMade(PaperEvent):
    """The holder shared a copy for a purpose."""

    name: ClassVar[str] = "documents.share_made"
    level: str
    views_allowed: int
    purpose: str = sealed()


@dataclass(frozen=True, kw_only=True)
class ShareViewed(PaperEvent):
    """Somebody opened a shared copy; ``device`` in a few words, ``fields`` what was seen."""

    name: ClassVar[str] = "documents.share_viewed"
    level: str
    fields: list[str]
    device: str
    purpose: str = sealed()


@dataclass(frozen=True, kw_only=True)
class ShareRevoked(PaperEvent):
    """The holder ended a share."""

    name: ClassVar[str] = "documents.share_revoked"


@dataclass(frozen=True, kw_only=True)
class RoadsideLooked(PaperEvent):
    """An officer on the road saw a paper; ``fields`` which parts."""

    name: ClassVar[str] = "documents.roadside_looked"
    reason: str  # a RoadsidePurpose
    reference: str
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class HolderDoubted(PaperEvent):
    """Who read a paper said that the person before them was not its holder; ``reference`` of a look on the road."""

    name: ClassVar[str] = "documents.holder_doubted"
    reference: str


@dataclass(frozen=True, kw_only=True)
class CopySigned(PaperEvent):
    """The holder had a signed PDF copy made."""

    name: ClassVar[str] = "documents.copy_signed"
    purpose: str = sealed()


@dataclass(frozen=True, kw_only=True)
class CardPrinted(PaperEvent):
    """The holder had a card with a signed code printed, that verifies without the portal."""

    name: ClassVar[str] = "documents.card_printed"
    level: str


@dataclass(frozen=True, kw_only=True)
class CopyRevoked(PaperEvent):
    """The holder revoked a signed copy or a printed card."""

    name: ClassVar[str] = "documents.copy_revoked"


@dataclass(frozen=True, kw_only=True)
class CopyChecked(PaperEvent):
    """Somebody checked a signed copy or a printed card with the portal."""

    name: ClassVar[str] = "documents.copy_checked"


@dataclass(frozen=True, kw_only=True)
class RegistryChanged(Event):
    """An administrator changed how a registry is asked."""

    name: ClassVar[str] = "documents.registry_changed"
    shown: ClassVar[bool] = False
    registry: str
    calls_per_second: int
    in_flight: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class KindDefined(Event):
    """An administrator defined or changed a kind of paper."""

    name: ClassVar[str] = "documents.kind_defined"
    shown: ClassVar[bool] = False
    code: str
