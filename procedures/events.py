"""What happens to procedures, as it is recorded."""

from dataclasses import dataclass
from typing import ClassVar, Final

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


@dataclass(frozen=True, kw_only=True)
class RevisionBegun(RevisionEvent):
    """Somebody began to write it, from another one."""

    name: ClassVar[str] = "procedures.revision_begun"


@dataclass(frozen=True, kw_only=True)
class RevisionWritten(RevisionEvent):
    """Its document was changed before anybody filed under it."""

    name: ClassVar[str] = "procedures.revision_written"


@dataclass(frozen=True, kw_only=True)
class RevisionDiscarded(RevisionEvent):
    """It was thrown away before it was published."""

    name: ClassVar[str] = "procedures.revision_discarded"


@dataclass(frozen=True, kw_only=True)
class RevisionSimulated(RevisionEvent):
    """So many filed forms were read to see what would become of them under it; numbers and counts were shown."""

    name: ClassVar[str] = "procedures.revision_simulated"
    files: int


# --- Applications ---------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ApplicationEvent(Event):
    """Something about one application: its procedure's code and its number."""

    procedure: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class ApplicationFiled(ApplicationEvent):
    """A form was filed; ``sha256`` is its snapshot's, in hexadecimal."""

    name: ClassVar[str] = "procedures.application_filed"
    sha256: str
    capacity: str


@dataclass(frozen=True, kw_only=True)
class ApplicationReceived(ApplicationEvent):
    """The fee came, or there was none: the clock runs."""

    name: ClassVar[str] = "procedures.application_received"


@dataclass(frozen=True, kw_only=True)
class ClockStopped(ApplicationEvent):
    """The clock stands still, for ``reason`` (``enums.PauseReason``)."""

    name: ClassVar[str] = "procedures.clock_stopped"
    reason: str


@dataclass(frozen=True, kw_only=True)
class ClockWentOn(ApplicationEvent):
    """The office goes on."""

    name: ClassVar[str] = "procedures.clock_went_on"


@dataclass(frozen=True, kw_only=True)
class DecisionProposed(ApplicationEvent):
    """An official proposed how to decide; another must agree."""

    name: ClassVar[str] = "procedures.decision_proposed"
    shown: ClassVar[bool] = False
    outcome: str


@dataclass(frozen=True, kw_only=True)
class DecisionSentBack(ApplicationEvent):
    """Another official did not agree with the proposal."""

    name: ClassVar[str] = "procedures.decision_sent_back"
    shown: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class ApplicationDecided(ApplicationEvent):
    """It was granted or refused (``enums.Outcome``); ``reason`` is the key of a refusal in its document."""

    name: ClassVar[str] = "procedures.application_decided"
    outcome: str
    reason: str = ""
    by_silence: bool = False


@dataclass(frozen=True, kw_only=True)
class ApplicationWithdrawn(ApplicationEvent):
    """Who filed took it back, or never paid its fee."""

    name: ClassVar[str] = "procedures.application_withdrawn"


# --- What others are asked ------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ConsentGiven(ApplicationEvent):
    """Another person agreed to a field of an application."""

    name: ClassVar[str] = "procedures.consent_given"
    field: str


@dataclass(frozen=True, kw_only=True)
class ConsentDenied(ApplicationEvent):
    """Another person did not agree."""

    name: ClassVar[str] = "procedures.consent_denied"
    field: str


@dataclass(frozen=True, kw_only=True)
class ConsentLapsed(ApplicationEvent):
    """Another person did not answer in time."""

    name: ClassVar[str] = "procedures.consent_lapsed"
    field: str


@dataclass(frozen=True, kw_only=True)
class ConsentClosed(ApplicationEvent):
    """Nobody needs the answer any more."""

    name: ClassVar[str] = "procedures.consent_closed"
    field: str


@dataclass(frozen=True, kw_only=True)
class CorrectionAnswered(ApplicationEvent):
    """What an official asked for was sent; ``sha256`` is the new snapshot's."""

    name: ClassVar[str] = "procedures.correction_answered"
    sha256: str


@dataclass(frozen=True, kw_only=True)
class CorrectionLapsed(ApplicationEvent):
    """What an official asked for did not come in time."""

    name: ClassVar[str] = "procedures.correction_lapsed"


@dataclass(frozen=True, kw_only=True)
class CorrectionClosed(ApplicationEvent):
    """What an official asked for is no longer needed."""

    name: ClassVar[str] = "procedures.correction_closed"


@dataclass(frozen=True, kw_only=True)
class OpinionGiven(ApplicationEvent):
    """Another desk said what it thinks."""

    name: ClassVar[str] = "procedures.opinion_given"
    shown: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class OpinionLapsed(ApplicationEvent):
    """Another desk did not answer in time."""

    name: ClassVar[str] = "procedures.opinion_lapsed"
    shown: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class OpinionClosed(ApplicationEvent):
    """The opinion is no longer needed."""

    name: ClassVar[str] = "procedures.opinion_closed"
    shown: ClassVar[bool] = False


# --- Files ------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class FileSent(Event):
    """A file was sent for somebody's applications: its type, and its size in bytes as it is kept."""

    name: ClassVar[str] = "procedures.file_sent"
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class FileDiscarded(Event):
    """A file that was sent was thrown away before anything was filed with it."""

    name: ClassVar[str] = "procedures.file_discarded"
    media_type: str
    size: int


DECIDING: Final = "procedures.deciding"  # why officials look


# --- The desk -------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ApplicationSeen(ApplicationEvent):
    """An official opened the file, or a part of it; ``page`` is of ``enums.FilePage``."""

    name: ClassVar[str] = "procedures.application_seen"
    page: str


@dataclass(frozen=True, kw_only=True)
class ApplicationClaimed(ApplicationEvent):
    """An official took the file; ``account`` is whose it is now."""

    name: ClassVar[str] = "procedures.application_claimed"
    shown: ClassVar[bool] = False
    account: str


@dataclass(frozen=True, kw_only=True)
class ApplicationReleased(ApplicationEvent):
    """The file went back to the queue."""

    name: ClassVar[str] = "procedures.application_released"
    shown: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class CorrectionAsked(ApplicationEvent):
    """An official asked for other answers; ``fields`` are their keys."""

    name: ClassVar[str] = "procedures.correction_asked"
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OpinionAsked(ApplicationEvent):
    """Another desk was asked what it thinks; ``desk`` is its id."""

    name: ClassVar[str] = "procedures.opinion_asked"
    desk: str


@dataclass(frozen=True, kw_only=True)
class MessageSent(ApplicationEvent):
    """The citizen or the office wrote to the other about the application."""

    name: ClassVar[str] = "procedures.message_sent"
    writer: str


# --- Results ----------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ResultChecked(ApplicationEvent):
    """Somebody who had the paper checked it."""

    name: ClassVar[str] = "procedures.result_checked"


@dataclass(frozen=True, kw_only=True)
class ResultRevoked(ApplicationEvent):
    """The office took a result back, for ``reason`` (``enums.RevocationReason``)."""

    name: ClassVar[str] = "procedures.result_revoked"
    reason: str


@dataclass(frozen=True, kw_only=True)
class EffectTriedAgain(ApplicationEvent):
    """The head of the desk or an administrator had a change tried again that was put aside.

    ``effect`` is of ``rules.effects``.
    """

    name: ClassVar[str] = "procedures.effect_tried_again"
    shown: ClassVar[bool] = False
    effect: str


@dataclass(frozen=True, kw_only=True)
class AgencyToldAgain(ApplicationEvent):
    """An administrator had a report to an agency sent again that was put aside; ``state`` is what it says."""

    name: ClassVar[str] = "procedures.agency_told_again"
    shown: ClassVar[bool] = False
    state: str


# --- Mandates ---------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class HolderNamed(Event):
    """Somebody who gives a mandate compared a name with this person's."""

    name: ClassVar[str] = "procedures.holder_named"
    agrees: bool


@dataclass(frozen=True, kw_only=True)
class MandateGiven(Event):
    """A person may file a procedure (its code) for another, until a day."""

    name: ClassVar[str] = "procedures.mandate_given"
    procedure: str
    until: str


@dataclass(frozen=True, kw_only=True)
class MandateWithdrawn(Event):
    """A mandate ended before its day."""

    name: ClassVar[str] = "procedures.mandate_withdrawn"
    procedure: str


# --- The calendar of working days -------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class CalendarDayAdded(Event):
    """An administrator said that a day is not what its weekday says, and where that stands."""

    name: ClassVar[str] = "procedures.calendar_day_added"
    shown: ClassVar[bool] = False
    day: str
    works: bool
    note: str
    source: str


@dataclass(frozen=True, kw_only=True)
class CalendarDayRemoved(Event):
    """An administrator said that a day to come is what its weekday says after all, and why."""

    name: ClassVar[str] = "procedures.calendar_day_removed"
    shown: ClassVar[bool] = False
    day: str
    works: bool
    reason: str
