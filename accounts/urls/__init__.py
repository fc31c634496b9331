"""Addresses of accounts, by area."""

from accounts.urls import (
    counter_tasks,
    data,
    ground,
    locking,
    messages,
    passkeys,
    recovery,
    security,
    verifying,
    wards,
    watching,
)

app_name = "accounts"
urlpatterns = [
    *passkeys.urlpatterns,  # first: Django tries them in order, and these are asked for most
    *ground.urlpatterns,
    *counter_tasks.urlpatterns,
    *data.urlpatterns,
    *locking.urlpatterns,
    *messages.urlpatterns,
    *recovery.urlpatterns,
    *security.urlpatterns,
    *verifying.urlpatterns,
    *wards.urlpatterns,
    *watching.urlpatterns,
]
