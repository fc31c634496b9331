"""The state tables of documents."""

from typing import Final

from documents import enums, events
from eid_portal.core.events import Event
from eid_portal.core.transitions import Transitions

D, C = enums.DocumentState, enums.CorrectionState

# What a registry's answer makes of a paper, whatever it was before.
_ANSWERS: Final[dict[enums.DocumentState, type[Event]]] = {
    D.VERIFIED: events.PaperVerified,
    D.MISMATCH: events.PaperMismatched,
    D.NOT_FOUND: events.PaperNotFound,
    D.UNAVAILABLE: events.PaperUnavailable,
    D.EXPIRED: events.PaperExpired,
    D.REVOKED: events.PaperRevoked,
}
_LIVE: Final = (D.VERIFYING, *_ANSWERS)

DOCUMENT: Final = Transitions[enums.DocumentState](
    "documents.Document",
    {(old, new): event for old in _LIVE for new, event in _ANSWERS.items() if old != new}
    | {(old, D.UNLINKED): events.PaperUnlinked for old in _LIVE},
)
CORRECTION: Final = Transitions[enums.CorrectionState](
    "documents.Correction",
    {
        (C.SENDING, C.OPEN): events.CorrectionReceived,
        (C.SENDING, C.REFUSED): events.CorrectionEnded,
        (C.OPEN, C.CORRECTED): events.CorrectionEnded,
        (C.OPEN, C.REFUSED): events.CorrectionEnded,
        (C.SENDING, C.WITHDRAWN): events.CorrectionWithdrawn,
        (C.OPEN, C.WITHDRAWN): events.CorrectionWithdrawn,
    },
)
ALL: Final = (DOCUMENT, CORRECTION)
