"""The page for whoever got a message about something that was not them: it locks or cancels, without signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.forms.locking import StopForm
from accounts.services import halting, tries
from accounts.views import access
from accounts.views.access import PublicView
from accounts.views.signing_in import too_many


class StopByCode(PublicView):
    """The stop code of a text message."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The box for the code."""
        return self.draw(StopForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Stop, and say what was stopped."""
        form = StopForm(request.POST)
        refused: Exception | None = None
        if form.is_valid():
            try:
                stopped = halting.stop_by_code(
                    code=form.cleaned_data["code"], address=access.address(request), now=self.now
                )
            except (halting.NothingToStop, tries.TooManyTries) as error:
                form.add_error("code", error.message)
                refused = error
            else:
                return draw_stopped(request, stopped)
        response = self.draw(form)
        too_many(response, refused, self.now)
        return response

    def draw(self, form: StopForm) -> HttpResponse:
        """The page."""
        return render(self.request, "accounts/stop.html", {"form": form, "stop": None})


class StopByLink(PublicView):
    """The link of an e-mail; looking at it changes nothing."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """One button, or what it did when it was pressed."""
        try:
            stop = halting.show(token=public_id, now=self.now)
        except halting.NothingToStop as nothing:
            return self.nothing(nothing)
        if stop.used_at is not None:
            return draw_stopped(
                request,
                halting.Stopped(
                    kind=stop.kind, outcome=halting.Outcome.STOPPED, at=stop.used_at, again=True
                ),
            )
        return render(request, "accounts/stop.html", {"stop": stop})

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Stop, and say what was stopped."""
        try:
            return draw_stopped(request, halting.stop_by_link(token=public_id, now=self.now))
        except halting.NothingToStop as nothing:
            return self.nothing(nothing)

    def nothing(self, nothing: halting.NothingToStop) -> HttpResponse:
        """The box for a code, with the reason."""
        context = {"form": StopForm(), "stop": None, "nothing": nothing.message}
        return render(self.request, "accounts/stop.html", context, status=404)


def draw_stopped(request: HttpRequest, stopped: halting.Stopped) -> HttpResponse:
    """What was stopped, and what to do next."""
    return render(request, "accounts/stopped.html", {"stopped": stopped, "why": "NOT_ME"})
