"""The state tables of procedures."""

from typing import Final

from eid_portal.core.transitions import Transitions
from procedures import events
from procedures.enums import RevisionState

R = RevisionState

REVISION: Final = Transitions[RevisionState](
    "procedures.Revision",
    {
        (R.DRAFTED, R.PUBLISHED): events.RevisionPublished,
        (R.PUBLISHED, R.RETIRED): events.RevisionRetired,
    },
)
ALL: Final = (REVISION,)
