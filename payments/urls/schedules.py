"""Addresses of bills that are paid by themselves."""

from django.urls import path

from payments.views import schedules

SCHEDULE = "payments/schedules/<str:public_id>/"
urlpatterns = [
    path("payments/schedules/", schedules.Schedules.as_view(), name="schedules"),
    path(
        "payments/schedules/bills/<str:public_id>/skip/",
        schedules.SkipBill.as_view(),
        name="schedule_skip",
    ),
    path(SCHEDULE, schedules.Schedule.as_view(), name="schedule"),
    path(f"{SCHEDULE}code/", schedules.ScheduleCode.as_view(), name="schedule_code"),
    path(f"{SCHEDULE}passkey/", schedules.SchedulePasskey.as_view(), name="schedule_passkey"),
    path(
        f"{SCHEDULE}passkey/options/",
        schedules.SchedulePasskeyOptions.as_view(),
        name="schedule_passkey_options",
    ),
    path(f"{SCHEDULE}stop/", schedules.ScheduleStop.as_view(), name="schedule_stop"),
]
