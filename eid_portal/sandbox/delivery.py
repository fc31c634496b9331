"""Whether what was taken has arrived: gateways answer ``{"message_id", "state", "at"}`` when asked about a message.

``state`` is taken, delivered or undelivered; ``at`` when it came to be so.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from eid_portal.sandbox.web import Answer, document

LATE: Final = timedelta(seconds=60)


class Course(StrEnum):
    """What becomes of a message after it was taken."""

    AT_ONCE = "at once"
    LATE = "late"
    NEVER = "never"
    GIVEN_UP = "given up"


def has_arrived(course: Course, received_at: str, now: datetime) -> bool:
    """Whether the message can be read where it was sent to."""
    match course:
        case Course.AT_ONCE:
            return True
        case Course.LATE:
            return now >= datetime.fromisoformat(received_at) + LATE
        case Course.NEVER | Course.GIVEN_UP:
            return False


def report(message_id: str, course: Course, received_at: str, now: datetime) -> Answer:
    """The answer about one message."""
    state, at = "taken", received_at
    if course == Course.GIVEN_UP:
        state = "undelivered"
    elif has_arrived(course, received_at, now):
        state = "delivered"
        if course == Course.LATE:
            at = (datetime.fromisoformat(received_at) + LATE).isoformat(timespec="seconds")
    return document({"message_id": message_id, "state": state, "at": at})
