"""Which address does what. A signed route answers only the portal, and signs what it answers."""

from functools import cache
from typing import Final

from eid_portal.sandbox import (
    agency,
    email,
    population,
    registries,
    registry_pages,
    sms,
    timestamp,
    views,
)
from eid_portal.sandbox.money import billers, pages, switch
from eid_portal.sandbox.routes import Route, page, signed


@cache
def routes() -> tuple[Route, ...]:
    """All of them, those of the registries too."""
    return (
        *_ROUTES,
        *switch.ROUTES,
        *billers.ROUTES,
        *pages.ROUTES,
        *(route for found in registries.every().values() for route in found.ROUTES),
    )


_ROUTES: Final = (
    signed("POST", r"/population/v1/lookup", population.look_up, "population"),
    signed("POST", r"/population/v1/births", population.register_birth, "population"),
    signed("POST", r"/sms/v1/messages", sms.send, "sms"),
    signed("GET", r"/sms/v1/messages/(?P<message_id>[-0-9A-Za-z]{1,100})", sms.state, "sms"),
    signed("POST", r"/email/v1/messages", email.send, "email"),
    signed("GET", r"/email/v1/messages/(?P<message_id>[-0-9A-Za-z]{1,100})", email.state, "email"),
    signed("POST", r"/timestamp/v1/anchors", timestamp.keep, "timestamp"),
    signed("GET", r"/timestamp/v1/anchors/(?P<number>[0-9]{1,18})", timestamp.find, "timestamp"),
    signed("POST", r"/agency-desk/v1/applications/events", agency.take, "agency-desk"),
    page("GET", r"/", views.home),
    page("GET", r"/people", views.people),
    page("GET", r"/people\.json", views.people_as_json),
    page("POST", r"/people/card", views.card),
    page("POST", r"/people/chip", views.chip),
    page("POST", r"/people/event", views.population_event),
    page("GET", r"/phones/", views.phones),
    page("GET", r"/phones/(?P<number>[+ ]?[0-9]{9,15})/", views.phone),
    page("GET", r"/phones/(?P<number>[+ ]?[0-9]{9,15})/messages\.json", views.messages),
    page("POST", r"/phones/(?P<number>[+ ]?[0-9]{9,15})/sim", views.change_sim),
    page("GET", r"/mailboxes/", views.mailboxes),
    page("GET", r"/mailboxes/(?P<address>[^@/\s]{1,64}@[^@/\s]{1,253})/", views.mailbox),
    page(
        "GET", r"/mailboxes/(?P<address>[^@/\s]{1,64}@[^@/\s]{1,253})/messages\.json", views.mails
    ),
    page("GET", r"/anchors/", views.anchors),
    page("GET", r"/agency/", views.agency_reports),
    page("GET", r"/cards/", views.cards_form),
    page("POST", r"/cards/send", views.send_cards),
    page("GET", r"/registries/", registry_pages.every_registry),
    page("GET", r"/registries/(?P<party>[-0-9a-z]{1,40})/", registry_pages.registry),
    page("POST", r"/registries/(?P<party>[-0-9a-z]{1,40})/switch", registry_pages.switch),
    page("GET", r"/papers/(?P<number>[0-9]{12})/", registry_pages.papers_of),
    page("POST", r"/papers/(?P<number>[0-9]{12})/change", registry_pages.change),
    page("GET", r"/corrections/", registry_pages.every_correction),
    page("POST", r"/corrections/answer", registry_pages.answer),
    page("POST", r"/corrections/delay", registry_pages.delay),
    page("GET", r"/style\.css", views.style),
    page("GET", r"/healthz", views.healthy),
)
