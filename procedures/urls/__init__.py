"""Addresses of procedures, by area."""

from procedures.urls import catalogue, consents, desk, files, filing, mandates, results

app_name = "procedures"
urlpatterns = [
    *catalogue.urlpatterns,
    *desk.urlpatterns,
    *filing.urlpatterns,
    *consents.urlpatterns,
    *files.urlpatterns,
    *mandates.urlpatterns,
    *results.urlpatterns,
    *consents.urlpatterns,
    *files.urlpatterns,
    *filing.urlpatterns,
]
