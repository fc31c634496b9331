"""Addresses of documents, by area."""

from documents.urls import failures

app_name = "documents"
# The fixed names below /papers/ before the papers, which are found by their ids.
urlpatterns = [*failures.urlpatterns]
