"""What a gateway says about a message it took: whether it arrived, and when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from eid_portal.core import outside
from eid_portal.core.outside import Accepted


class Fate(StrEnum):
    """How far a message came."""

    TAKEN = "taken"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"  # for good


@dataclass(frozen=True, slots=True)
class Report:
    """How far, and since when."""

    fate: Fate
    at: datetime


def ask(party: str, *, message_id: UUID | str, tag: str) -> Report | None:
    """What became of a message; None if there is no news: the party does not answer, or does not know it."""
    answer = outside.call(party, "GET", f"/v1/messages/{message_id}", tag=tag)
    if not isinstance(answer, Accepted):
        return None
    try:
        report = Report(Fate(answer.data["state"]), datetime.fromisoformat(answer.data["at"]))
    except (KeyError, TypeError, ValueError):
        return None
    return report if report.at.tzinfo else None
