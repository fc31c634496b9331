"""Addresses of payments, by area."""

from payments.urls import banks, bills, paying, receipts, schedules, transfers

app_name = "payments"
# The fixed names below /payments/ before the payments, which are found by their ids.
urlpatterns = [
    *banks.urlpatterns,
    *bills.urlpatterns,
    *transfers.urlpatterns,
    *paying.urlpatterns,
    *schedules.urlpatterns,
    *receipts.urlpatterns,
]
