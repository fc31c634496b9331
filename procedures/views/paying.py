"""On from an application to the payment of its fee."""

from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponseBase
from django.urls import reverse

from accounts.views.access import SeeOther
from payments.enums import PaymentPurpose
from payments.services import ordering, starting
from procedures.views.pages import FormsView

_LINK_BANK: Final = "/banks/link/"


def pay(view: FormsView, about: UUID, place: str) -> HttpResponseBase:
    """The order of a fee; where none can be made the page at ``place`` says why, and has the button again.

    Each press is a new order: one that waits is taken back for it, one that is being paid is shown.
    """
    try:
        drafted = starting.start(
            session=view.here,
            wanted=[ordering.DueWanted(purpose=PaymentPurpose.FEE, about=about)],
            link="",
            key=str(uuid4()),
            now=view.now,
        )
    except ordering.NoBankAccount:
        return SeeOther(f"{_LINK_BANK}?{urlencode({'next': place})}")
    except ordering.OrderRefused as refused:
        messages.warning(view.request, str(refused.message))
        return SeeOther(place)
    return SeeOther(reverse("payments:order", args=[drafted.order.public_id]))
