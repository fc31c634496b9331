"""Addresses of what was paid; one payment is found by its id, so these come after all other names below /payments/."""

from django.urls import path

from payments.views import disputes, history, receipts

urlpatterns = [
    path("payments/", history.History.as_view(), name="history"),
    path("payments/export.csv", history.Export.as_view(), name="export"),
    path("payments/<str:public_id>/", receipts.ShowReceipt.as_view(), name="receipt"),
    path(
        "payments/<str:public_id>/receipt.pdf",
        receipts.ReceiptDocument.as_view(),
        name="receipt_pdf",
    ),
    path("payments/<str:public_id>/dispute/", disputes.Dispute.as_view(), name="dispute"),
]
