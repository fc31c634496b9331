"""What every page of money stands on."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.views.access import CitizenView


class MoneyView(CitizenView):
    """A citizen's page of money; ``place`` is the section that is open."""

    place = ""

    def draw(self, name: str, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HttpResponse:
        """A page of the citizen."""
        context |= {"display_name": self.here.account.citizen.full_name, "place": self.place}
        return render(self.request, f"payments/{name}.html", context, status=status)
