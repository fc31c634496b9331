"""The portal's addresses; each app brings its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
]
