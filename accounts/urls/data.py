"""Addresses of the data log, copies, requests and consents."""

from django.urls import path

from accounts.views import data_log

urlpatterns = [
    # --- the log
    path("account/data-log/", data_log.DataLog.as_view(), name="data_log"),
    path(
        "account/data-log/<uuid:event_id>/proof.json",
        data_log.ProofOfEntry.as_view(),
        name="proof_of_entry",
    ),
    path(".well-known/eid-audit-keys.json", data_log.AuditKeys.as_view(), name="audit_keys"),
]
