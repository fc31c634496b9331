"""Addresses of what does not agree, of corrections, and of the calendar with their clocks."""

from django.urls import path

from documents.views import calendar

urlpatterns = [
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
