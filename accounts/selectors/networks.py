"""Which office a network address belongs to."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from accounts.models import Office
from accounts.models.offices import in_force
from eid_portal.core import clock


def office_on_network(address: str, *, among: Iterable[Office] | None = None) -> Office | None:
    """The office whose counters' networks contain the address, of all offices or ``among`` some."""
    try:
        here = ip_address(address)
    except ValueError:
        return None
    if among is None:
        today = clock.today(clock.now())
        among = Office.objects.filter(in_force(today)).exclude(networks=[]).order_by("code")
    for office in among:
        if any(here in ip_network(network, strict=False) for network in office.networks):
            return office
    return None
