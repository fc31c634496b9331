"""Addresses of bank accounts."""

from django.urls import path

from payments.views import banks

urlpatterns = [
    path("banks/", banks.Banks.as_view(), name="banks"),
    path("banks/link/", banks.LinkBank.as_view(), name="link_bank"),
    path("banks/return/", banks.BankReturn.as_view(), name="bank_return"),
    path("banks/<str:public_id>/agree/", banks.AgreeAtBank.as_view(), name="agree_at_bank"),
    path("banks/<str:public_id>/default/", banks.MakeDefault.as_view(), name="make_default_bank"),
    path("banks/<str:public_id>/unlink/", banks.UnlinkBank.as_view(), name="unlink_bank"),
]
