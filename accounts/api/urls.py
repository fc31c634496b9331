"""Addresses of the JSON API of accounts."""

from django.urls import include, path
from django.views.decorators.http import require_POST

from accounts.api.population_events import PopulationEvents
from accounts.api.sim_changes import SimChanges
from accounts.api.views import CardEvents

urlpatterns = [
    # Refused before any signature is looked at: looking uses up a nonce, which a GET must not.
    path("card-events", require_POST(CardEvents.as_view()), name="card_events"),
    path("sim-changes", require_POST(SimChanges.as_view()), name="sim_changes"),
    path("population/events", require_POST(PopulationEvents.as_view()), name="population_events"),
    path("account/", include("accounts.api.account.urls")),
]
