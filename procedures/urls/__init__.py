"""Addresses of procedures, by area."""

from procedures.urls import catalogue

app_name = "procedures"
urlpatterns = [*catalogue.urlpatterns]
