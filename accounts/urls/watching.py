"""Addresses where officers look people up and are watched."""

from django.urls import path

from accounts.views import look_ups

urlpatterns = [
    # --- looking a person up
    path("counter/look-up/", look_ups.LookUp.as_view(), name="look_up"),
    path("counter/look-up/<str:public_id>/", look_ups.LookResult.as_view(), name="look_up_result"),
    path("counter/look-up/<str:public_id>/mask/", look_ups.MaskLook.as_view(), name="mask_look"),
    path("counter/court-orders/<str:public_id>/", look_ups.OpenOrder.as_view(), name="open_order"),
]
