"""A registry's reports to the portal, signed as the registry, and all the ways they can go wrong."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from eid_portal.sandbox import keys, to_portal
from eid_portal.sandbox.to_portal import Sent
from eid_portal.sandbox.world import World

TAG: Final = "eid-registry-events"
_LATE: Final = timedelta(days=1)
_STALE: Final = timedelta(minutes=10)  # longer than a signature is good for


class Way(StrEnum):
    """How a report reaches the portal."""

    ONCE = "once"
    TWICE = "twice, the same report"
    CHANGED = "twice, the second with another body"
    LATE = "a day late"
    STALE = "signed ten minutes ago"
    FORGED = "signed with a wrong key"
    REPLAYED = "recorded and sent again"


def send(world: World, party: str, event: dict[str, Any], way: Way) -> list[Sent]:
    """Send a report in one of the ways; what the portal answered to each request."""
    path = f"/api/v1/registries/{party}/events"
    key, now = keys.of(world.settings, party), world.now()
    if way is Way.LATE:
        event = event | {"at": _earlier(event["at"])}
    if way is Way.FORGED:
        key = keys.forged(world.settings, party)
    if way is Way.STALE:
        now -= _STALE

    def signed(said: dict[str, Any]) -> to_portal.Letter:
        return to_portal.sign(world, path, said, key=key, tag=TAG, now=now)

    first = signed(event)
    letters = [first]
    if way is Way.TWICE:
        letters.append(signed(event))
    if way is Way.CHANGED:
        letters.append(signed(event | {"words": "Nội dung khác."}))
    if way is Way.REPLAYED:
        letters.append(first)
    return [to_portal.deliver(letter) for letter in letters]


def _earlier(at: str) -> str:
    return (datetime.fromisoformat(at) - _LATE).isoformat(timespec="seconds")
