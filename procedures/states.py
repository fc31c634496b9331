"""The state tables of procedures."""

from typing import Any, Final

from eid_portal.core.transitions import Transitions
from procedures import events
from procedures.enums import ApplicationState, ConsentState, RequestState, RevisionState

R = RevisionState
A = ApplicationState
C = ConsentState
Q = RequestState

WAITING: Final = (A.WAITING_CITIZEN, A.WAITING_CONSENT, A.WAITING_OPINION)
ENDED: Final = (A.GRANTED, A.REFUSED, A.WITHDRAWN)

REVISION: Final = Transitions[RevisionState](
    "procedures.Revision",
    {
        (R.DRAFTED, R.PUBLISHED): events.RevisionPublished,
        (R.PUBLISHED, R.RETIRED): events.RevisionRetired,
    },
)
APPLICATION: Final = Transitions[ApplicationState](
    "procedures.Application",
    {
        (A.FILED, A.IN_REVIEW): events.ApplicationReceived,
        (A.FILED, A.WAITING_CONSENT): events.ApplicationReceived,
        (A.FILED, A.WITHDRAWN): events.ApplicationWithdrawn,
        **{(A.IN_REVIEW, waiting): events.ClockStopped for waiting in WAITING},
        **{(waiting, A.IN_REVIEW): events.ClockWentOn for waiting in WAITING},
        **{
            (waiting, other): events.ClockStopped
            for waiting in WAITING
            for other in WAITING
            if waiting != other
        },
        (A.IN_REVIEW, A.PROPOSED): events.DecisionProposed,
        (A.PROPOSED, A.IN_REVIEW): events.DecisionSentBack,
        **{
            (old, new): events.ApplicationDecided
            for old in (A.IN_REVIEW, A.PROPOSED)
            for new in (A.GRANTED, A.REFUSED)
        },
        **{
            (old, A.WITHDRAWN): events.ApplicationWithdrawn
            for old in (A.IN_REVIEW, A.PROPOSED, *WAITING)
        },
    },
)
CONSENT: Final = Transitions[ConsentState](
    "procedures.ConsentRequest",
    {
        (C.ASKED, C.GIVEN): events.ConsentGiven,
        (C.ASKED, C.DENIED): events.ConsentDenied,
        (C.ASKED, C.LAPSED): events.ConsentLapsed,
        (C.ASKED, C.CLOSED): events.ConsentClosed,
    },
)
CORRECTION: Final = Transitions[RequestState](
    "procedures.CorrectionRequest",
    {
        (Q.OPEN, Q.ANSWERED): events.CorrectionAnswered,
        (Q.OPEN, Q.LAPSED): events.CorrectionLapsed,
        (Q.OPEN, Q.CLOSED): events.CorrectionClosed,
    },
)
OPINION: Final = Transitions[RequestState](
    "procedures.OpinionRequest",
    {
        (Q.OPEN, Q.ANSWERED): events.OpinionGiven,
        (Q.OPEN, Q.LAPSED): events.OpinionLapsed,
        (Q.OPEN, Q.CLOSED): events.OpinionClosed,
    },
)
ALL: Final[tuple[Transitions[Any], ...]] = (REVISION, APPLICATION, CONSENT, CORRECTION, OPINION)
