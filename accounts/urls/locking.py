"""Addresses of locking, unlocking and stopping."""

from django.urls import path

from accounts.views import devices, locking, stopping

urlpatterns = [
    path("account/devices/", devices.Devices.as_view(), name="devices"),
    path("account/lock/", locking.Lock.as_view(), name="lock"),
    path("account/unlock/", locking.Unlock.as_view(), name="unlock"),
    path("stop/", stopping.StopByCode.as_view(), name="stop"),
    path("stop/<str:public_id>/", stopping.StopByLink.as_view(), name="stop_by_link"),
]
