"""Addresses of procedures, by area."""

from procedures.urls import catalogue, consents, desk, files, filing, mandates, results

app_name = "procedures"
urlpatterns = [
    *catalogue.urlpatterns,
    *consents.urlpatterns,
    *desk.urlpatterns,
    *files.urlpatterns,
    *filing.urlpatterns,
    *mandates.urlpatterns,
    *results.urlpatterns,
]
