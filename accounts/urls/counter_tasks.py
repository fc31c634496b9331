"""Addresses of what a counter does beside issuing."""

from django.urls import path

from accounts.views import counter_tasks

urlpatterns = [
    path(
        "counter/cases/<str:public_id>/task/<slug:task>/",
        counter_tasks.Task.as_view(),
        name="counter_task",
    ),
]
