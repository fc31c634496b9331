"""Addresses of procedures, by area."""

from procedures.urls import catalogue, consents, desk, files, filing, results

app_name = "procedures"
urlpatterns = [
    *catalogue.urlpatterns,
    *desk.urlpatterns,
    *filing.urlpatterns,
    *consents.urlpatterns,
    *files.urlpatterns,
    *results.urlpatterns,
]
