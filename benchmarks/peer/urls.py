"""The peer's addresses."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path


def healthz(request):
    """Alive."""
    return HttpResponse("ok")


@login_required
def home(request):
    """The first page."""
    user = request.user
    return render(
        request,
        "peer/home.html",
        {
            "card": user.cards.order_by("-issued_on").first(),
            "tasks": user.tasks.all(),
            "events": user.events.order_by("-at")[:8],
            "notices": user.notices.order_by("-at")[:3],
        },
    )


@login_required
def papers(request):
    """The wallet."""
    user = request.user
    return render(
        request,
        "peer/papers.html",
        {
            "card": user.cards.order_by("-issued_on").first(),
            "papers": user.papers.order_by("linked_at").prefetch_related("verifications"),
        },
    )


urlpatterns = [
    path("healthz", healthz),
    path("", home),
    path("papers/", papers),
    path("sign-in/", LoginView.as_view(template_name="peer/login.html")),
]
