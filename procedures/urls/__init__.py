"""Addresses of procedures, by area."""

from procedures.urls import catalogue, consents, files

app_name = "procedures"
urlpatterns = [*catalogue.urlpatterns, *consents.urlpatterns, *files.urlpatterns]
