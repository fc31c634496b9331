"""Addresses of payments, by area."""

from payments.urls import banks

app_name = "payments"
urlpatterns = [*banks.urlpatterns]
