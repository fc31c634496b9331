"""Addresses of documents, by area."""

from documents.urls import copies, failures, showing, wallet

app_name = "documents"
# The fixed names below /papers/ before the papers, which are found by their ids: the wallet comes last.
urlpatterns = [
    *copies.urlpatterns,
    *failures.urlpatterns,
    *showing.urlpatterns,
    *wallet.urlpatterns,
]
