"""The tables of procedures, by what they are about."""

from procedures.models.applications import (
    OPEN,
    Application,
    ApplicationFile,
    ClockPause,
    ConsentRequest,
    CorrectionRequest,
    Decision,
    EffectDone,
    InternalNote,
    Message,
    OpinionRequest,
    Result,
    Snapshot,
    StatusReport,
)
from procedures.models.catalogue import Procedure, Revision
from procedures.models.desks import Desk, OfficeTime, SavedFilter
from procedures.models.filing import Attachment, Draft, Mandate

__all__ = [
    "OPEN",
    "Application",
    "ApplicationFile",
    "Attachment",
    "ClockPause",
    "ConsentRequest",
    "CorrectionRequest",
    "Decision",
    "Desk",
    "Draft",
    "EffectDone",
    "InternalNote",
    "Mandate",
    "Message",
    "OfficeTime",
    "OpinionRequest",
    "Procedure",
    "Result",
    "Revision",
    "SavedFilter",
    "Snapshot",
    "StatusReport",
]
