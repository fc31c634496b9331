"""Addresses of the catalogue."""

from django.urls import path

from procedures.views import catalogue

urlpatterns = [
    path("procedures/", catalogue.Catalogue.as_view(), name="catalogue"),
    path("procedures/<slug:code>/", catalogue.Procedure.as_view(), name="procedure"),
]
