"""What a route of the sandbox is."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from eid_portal.sandbox.web import Answer


@dataclass(frozen=True, slots=True)
class Route:
    """A method and an address; ``party`` is who answers, ``tag`` what the request must be signed for."""

    method: str
    path: re.Pattern[str]
    handler: Callable[..., Answer]
    party: str = ""
    tag: str = ""


def page(method: str, path: str, handler: Callable[..., Answer]) -> Route:
    """A page that anybody may open."""
    return Route(method, re.compile(path), handler)


def signed(method: str, path: str, handler: Callable[..., Answer], party: str) -> Route:
    """A call that only the portal may make, and that the party answers under its own key."""
    return Route(method, re.compile(path), handler, party, f"eid-{party}")
