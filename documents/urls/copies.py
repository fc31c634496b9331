"""Addresses of signed copies and printed cards; they come before those of one paper."""

from django.urls import path

from documents.views import copies
from eid_portal.core import certificates

urlpatterns = [
    path("papers/copies/", copies.MyCopies.as_view(), name="my_copies"),
    path("papers/copies/<str:public_id>/", copies.Copy.as_view(), name="copy"),
    path("papers/copies/<str:public_id>/pdf/", copies.FetchCopy.as_view(), name="fetch_copy"),
    path("papers/copies/<str:public_id>/revoke/", copies.RevokeCopy.as_view(), name="revoke_copy"),
    path("papers/<str:public_id>/copies/", copies.Copies.as_view(), name="copies"),
    # --- for those who check
    path(
        ".well-known/eid/document-ca.pem",
        copies.Certificates.as_view(purpose=certificates.AUTHORITY),
        name="document_ca",
    ),
    path(
        ".well-known/eid/document-signing.pem",
        copies.Certificates.as_view(purpose=certificates.SIGNER),
        name="document_signing",
    ),
]
