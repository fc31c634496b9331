"""An agency's own system: it is told where the applications of its desk stand, and nothing about a person."""

from collections.abc import Mapping

from eid_portal.core import outside
from eid_portal.core.outside import Accepted, Outcome, Unknown


def tell(party: str, event: Mapping[str, str]) -> Outcome:
    """Report one move; told again, it is the same event by its ``event_id``, which the agency repeats.

    Raises:
        outside.InsideTransaction: a database transaction is open.
    """
    outcome = outside.call(
        party,
        "POST",
        "/v1/applications/events",
        payload=event,
        tag=f"eid-{party}",
        idempotency_key=event["event_id"],
    )
    if isinstance(outcome, Accepted) and outcome.data.get("event_id") != event["event_id"]:
        return Unknown("malformed_answer")
    return outcome
