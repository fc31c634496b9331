"""Addresses of locking, unlocking and stopping."""

from django.urls import path

from accounts.views import locking

urlpatterns = [
    path("account/lock/", locking.Lock.as_view(), name="lock"),
    path("account/unlock/", locking.Unlock.as_view(), name="unlock"),
]
