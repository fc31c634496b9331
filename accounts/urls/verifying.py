"""Addresses where anybody verifies what they were shown."""

from django.urls import path

from accounts.views import verifying

urlpatterns = [
    path("verify/", verifying.Verify.as_view(), name="verify"),
    path("verify/report/", verifying.ReportHolder.as_view(), name="verify_report"),
    path("verify/<str:public_id>/", verifying.VerifyCode.as_view(), name="verify_code"),
]
