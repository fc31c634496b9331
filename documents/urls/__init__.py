"""Addresses of documents, by area."""

from documents.urls import copies, failures, wallet

app_name = "documents"
# The fixed names below /papers/ before the papers, which are found by their ids: the wallet comes last.
urlpatterns = [*copies.urlpatterns, *failures.urlpatterns, *wallet.urlpatterns]
