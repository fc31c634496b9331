"""Addresses of a citizen's own application."""

from django.urls import path

from payments.api import disputes, orders, transfers

ORDER = "payments/orders/<str:public_id>"
urlpatterns = [
    path("payments", orders.Payments.as_view()),
    path("payments/disputes", disputes.Disputes.as_view()),
    path("payments/transfers/stop", transfers.StopTransfers.as_view()),
    path("payments/orders", orders.Orders.as_view()),
    path(ORDER, orders.Order.as_view()),
    path(f"{ORDER}/code", orders.OrderCode.as_view()),
    path(f"{ORDER}/confirm", orders.OrderConfirm.as_view()),
    path(f"{ORDER}/passkey", orders.OrderPasskey.as_view()),
    path(f"{ORDER}/cancel", orders.OrderCancel.as_view()),
    path("payments/<str:public_id>/dispute", disputes.PaymentDispute.as_view()),
    path("payments/<str:public_id>/dispute/withdraw", disputes.WithdrawDispute.as_view()),
]
