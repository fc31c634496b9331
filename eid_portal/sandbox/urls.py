"""Which address does what. A signed route answers only the portal, and signs what it answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from eid_portal.sandbox import email, population, sms, timestamp, views
from eid_portal.sandbox.web import Answer


@dataclass(frozen=True, slots=True)
class Route:
    """A method and an address; ``party`` is who answers, ``tag`` what the request must be signed for."""

    method: str
    path: re.Pattern[str]
    handler: Callable[..., Answer]
    party: str = ""
    tag: str = ""


def _page(method: str, path: str, handler: Callable[..., Answer]) -> Route:
    return Route(method, re.compile(path), handler)


def _signed(method: str, path: str, handler: Callable[..., Answer], party: str) -> Route:
    return Route(method, re.compile(path), handler, party, f"eid-{party}")


ROUTES: Final = (
    _signed("POST", r"/population/v1/lookup", population.look_up, "population"),
    _signed("POST", r"/sms/v1/messages", sms.send, "sms"),
    _signed("GET", r"/sms/v1/messages/(?P<message_id>[-0-9A-Za-z]{1,100})", sms.state, "sms"),
    _signed("POST", r"/email/v1/messages", email.send, "email"),
    _signed("GET", r"/email/v1/messages/(?P<message_id>[-0-9A-Za-z]{1,100})", email.state, "email"),
    _signed("POST", r"/timestamp/v1/anchors", timestamp.keep, "timestamp"),
    _signed("GET", r"/timestamp/v1/anchors/(?P<number>[0-9]{1,18})", timestamp.find, "timestamp"),
    _page("GET", r"/", views.home),
    _page("GET", r"/people", views.people),
    _page("GET", r"/people\.json", views.people_as_json),
    _page("POST", r"/people/card", views.card),
    _page("POST", r"/people/chip", views.chip),
    _page("POST", r"/people/event", views.population_event),
    _page("GET", r"/phones/", views.phones),
    _page("GET", r"/phones/(?P<number>[+ ]?[0-9]{9,15})/", views.phone),
    _page("GET", r"/phones/(?P<number>[+ ]?[0-9]{9,15})/messages\.json", views.messages),
    _page("POST", r"/phones/(?P<number>[+ ]?[0-9]{9,15})/sim", views.change_sim),
    _page("GET", r"/mailboxes/", views.mailboxes),
    _page("GET", r"/mailboxes/(?P<address>[^@/\s]{1,64}@[^@/\s]{1,253})/", views.mailbox),
    _page(
        "GET", r"/mailboxes/(?P<address>[^@/\s]{1,64}@[^@/\s]{1,253})/messages\.json", views.mails
    ),
    _page("GET", r"/anchors/", views.anchors),
    _page("GET", r"/cards/", views.cards_form),
    _page("POST", r"/cards/send", views.send_cards),
    _page("GET", r"/style\.css", views.style),
    _page("GET", r"/healthz", views.healthy),
)
