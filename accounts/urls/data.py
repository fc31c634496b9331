"""Addresses of the data log, copies, requests and consents."""

from django.urls import path

from accounts.enums import DataRequestKind
from accounts.views import data, data_log

urlpatterns = [
    # --- the log
    path("account/data-log/", data_log.DataLog.as_view(), name="data_log"),
    path(
        "account/data-log/<uuid:event_id>/proof.json",
        data_log.ProofOfEntry.as_view(),
        name="proof_of_entry",
    ),
    # --- copies, requests, consents
    path("account/data/", data.Data.as_view(), name="data"),
    path(
        "account/data/copies/<str:public_id>/pdf/",
        data.FetchCopy.as_view(form="pdf"),
        name="fetch_pdf",
    ),
    path(
        "account/data/copies/<str:public_id>/json/",
        data.FetchCopy.as_view(form="json"),
        name="fetch_json",
    ),
    *(
        path(
            f"account/data/requests/{kind.lower()}/new/",
            data.NewRequest.as_view(kind=kind),
            name=f"ask_to_{kind.lower()}",
        )
        for kind in DataRequestKind
    ),
    path("account/data/requests/<str:public_id>/", data.Request.as_view(), name="data_request"),
    path("account/consents/", data.Consents.as_view(), name="consents"),
    path(
        "account/consents/<str:public_id>/withdraw/",
        data.WithdrawConsent.as_view(),
        name="withdraw_consent",
    ),
    path(".well-known/eid-audit-keys.json", data_log.AuditKeys.as_view(), name="audit_keys"),
]
