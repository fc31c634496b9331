"""The peer's addresses."""

import secrets

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone

from benchmarks.peer.forms import StayForm
from benchmarks.peer.models import Stay, StayEvent


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


@login_required
def place(request, pk):
    """The first page of a registration of temporary residence."""
    stays = Stay._default_manager.select_related("user__person", "province")
    stay = get_object_or_404(stays, pk=pk, user=request.user, state="DRAFT")
    form = StayForm(request.POST or None, instance=stay)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect(f"/stays/{pk}/owner/")
    office = stay.find_office() if stay.province else None
    context = {"form": form, "stay": stay, "person": stay.user.person, "office": office}
    return render(request, "peer/place.html", context)


@login_required
def submit(request, pk):
    """File it, and on to its fee."""
    with transaction.atomic():
        stays = Stay._default_manager.select_for_update(of=("self",)).select_related(
            "user__person", "province"
        )
        stay = get_object_or_404(stays, pk=pk, user=request.user)
        if stay.state == "DRAFT":
            stay.full_clean(exclude=["office", "reference", "filed_at"])
            stay.office = stay.find_office()
            stay.state, stay.reference = "FILED", f"HS-{secrets.token_hex(5).upper()}"
            stay.filed_at = timezone.now()  # noqa: TID251 - the peer is an ordinary project
            stay.save()
            StayEvent._default_manager.create(stay=stay, user=request.user, what="filed")
    return redirect(f"/stays/{pk}/pay/")


urlpatterns = [
    path("healthz", healthz),
    path("", home),
    path("papers/", papers),
    path("stays/<int:pk>/place/", place),
    path("stays/<int:pk>/check/", submit),
    path("sign-in/", LoginView.as_view(template_name="peer/login.html")),
]
