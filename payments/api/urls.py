"""Addresses of the JSON API of payments."""

from django.urls import include, path
from django.views.decorators.http import require_POST

from payments.api.reports import BankReports, BillerReports

urlpatterns = [
    path("", include("payments.api.order_urls")),
    # Refused before any signature is looked at: looking uses up a nonce, which a GET must not.
    path("banks/<str:public_id>/events", require_POST(BankReports.as_view()), name="bank_reports"),
    path(
        "billers/<str:public_id>/events",
        require_POST(BillerReports.as_view()),
        name="biller_reports",
    ),
]
