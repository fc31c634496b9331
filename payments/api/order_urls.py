"""Addresses of a citizen's own application."""

from django.urls import path

from payments.api import orders

ORDER = "payments/orders/<str:public_id>"
urlpatterns = [
    path("payments", orders.Payments.as_view()),
    path("payments/orders", orders.Orders.as_view()),
    path(ORDER, orders.Order.as_view()),
    path(f"{ORDER}/code", orders.OrderCode.as_view()),
    path(f"{ORDER}/confirm", orders.OrderConfirm.as_view()),
    path(f"{ORDER}/passkey", orders.OrderPasskey.as_view()),
    path(f"{ORDER}/cancel", orders.OrderCancel.as_view()),
]
