"""Addresses of procedures, by area."""

from procedures.urls import catalogue, files

app_name = "procedures"
urlpatterns = [*catalogue.urlpatterns, *files.urlpatterns]
