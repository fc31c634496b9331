"""Addresses of what does not agree, of corrections, and of the calendar with their clocks."""

from django.urls import path

from documents.views import calendar, failures

urlpatterns = [
    path("papers/corrections/", failures.Corrections.as_view(), name="corrections"),
    path(
        "papers/corrections/<str:public_id>/",
        failures.ShowCorrection.as_view(),
        name="correction",
    ),
    path(
        "papers/corrections/<str:public_id>/withdraw/",
        failures.WithdrawCorrection.as_view(),
        name="withdraw_correction",
    ),
    path(
        "papers/<str:public_id>/correction/",
        failures.AskCorrection.as_view(),
        name="ask_correction",
    ),
    path("papers/calendar.ics", calendar.CalendarFile.as_view(), name="calendar_file"),
    path("papers/calendar/", calendar.Calendar.as_view(), name="calendar"),
    path(
        "papers/calendar/<str:public_id>/renew/",
        calendar.RenewCalendar.as_view(),
        name="renew_calendar",
    ),
    path(
        "papers/calendar/<str:public_id>/stop/",
        calendar.StopCalendar.as_view(),
        name="stop_calendar",
    ),
]
