"""Addresses of the JSON API of documents."""

from django.urls import include, path
from django.views.decorators.http import require_POST

from documents.api.registry_events import RegistryEvents

urlpatterns = [
    path("", include("documents.api.papers.urls")),
    # Refused before any signature is looked at: looking uses up a nonce, which a GET must not.
    path(
        "registries/<str:public_id>/events",
        require_POST(RegistryEvents.as_view()),
        name="registry_events",
    ),
]
