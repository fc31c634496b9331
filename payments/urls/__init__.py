"""Addresses of payments, by area."""

from payments.urls import banks, paying

app_name = "payments"
# The fixed names below /payments/ before the payments, which are found by their ids.
urlpatterns = [*banks.urlpatterns, *paying.urlpatterns]
