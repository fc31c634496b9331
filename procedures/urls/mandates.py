"""Addresses of mandates."""

from django.urls import path

from procedures.views import mandates

urlpatterns = [
    path("mandates/", mandates.Mandates.as_view(), name="mandates"),
    path("mandates/new/", mandates.GiveMandate.as_view(), name="give_mandate"),
    path(
        "mandates/<str:public_id>/withdraw/",
        mandates.WithdrawMandate.as_view(),
        name="withdraw_mandate",
    ),
]
