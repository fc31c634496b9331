"""Addresses of guardians and their wards."""

from django.urls import path

from accounts.views import wards

urlpatterns = [
    path("account/wards/", wards.Wards.as_view(), name="wards"),
    path("account/wards/add/", wards.AddWard.as_view(), name="add_ward"),
    path("account/wards/<str:public_id>/", wards.WardPage.as_view(), name="ward"),
    path("account/wards/<str:public_id>/lock/", wards.LockWard.as_view(), name="lock_ward"),
    path("account/wards/<str:public_id>/give-up/", wards.GiveUpWard.as_view(), name="give_up_ward"),
    path(
        "account/wards/<str:public_id>/object/",
        wards.ObjectToGuardian.as_view(),
        name="object_to_guardian",
    ),
]
