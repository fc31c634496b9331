"""Addresses of procedures, by area."""

from procedures.urls import catalogue, consents, files, filing

app_name = "procedures"
urlpatterns = [
    *catalogue.urlpatterns,
    *filing.urlpatterns,
    *consents.urlpatterns,
    *files.urlpatterns,
]
