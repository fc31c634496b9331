"""Addresses of the pages that belong to no app."""

from django.urls import path

from eid_portal.core import pages

urlpatterns = [
    path("help/", pages.help_page, name="help"),
    path("language/", pages.set_language, name="language"),
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    path("metrics", pages.metrics, name="metrics"),
]
