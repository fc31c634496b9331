"""Addresses of what a counter does beside issuing: one a task."""

from django.urls import path

from accounts.enums import CaseTask
from accounts.views.counter_tasks import Task

urlpatterns = [
    path(
        f"counter/cases/<str:public_id>/task/{task.lower().replace('_', '-')}/",
        Task.as_view(task=task),
        name=f"counter_task_{task.lower()}",
    )
    for task in CaseTask
    if task != CaseTask.ISSUE
]
