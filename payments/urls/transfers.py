"""Addresses of transfers."""

from django.urls import path

from payments.views import transfers

urlpatterns = [
    path("transfers/", transfers.Transfer.as_view(), name="transfer"),
    path("transfers/qr/", transfers.MyQr.as_view(), name="my_qr"),
    path("transfers/stop/", transfers.StopTransfers.as_view(), name="stop_transfers"),
    path("transfers/stopped/", transfers.TransfersStopped.as_view(), name="transfers_stopped"),
]
