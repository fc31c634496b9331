"""A citizen adds an authenticator app."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.forms.sign_in import CodeForm
from accounts.services import adding_app, proofs, tries
from accounts.views.access import CitizenView, SeeOther
from accounts.views.drawing import qr_code
from accounts.views.signing_in import too_many

PLACE = "/authenticator-app/"


class AddApp(CitizenView):
    """The QR code, and the first code the app shows."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The button that makes a QR code, or the QR code."""
        return self.draw(CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a QR code, or bind the app that shows the right code."""
        if request.POST.get("action") == "begin":
            adding_app.begin(session=self.here, now=self.now)
            return SeeOther(PLACE)
        form = CodeForm(request.POST)
        refused: Exception | None = None
        if form.is_valid():
            try:
                done = adding_app.confirm(
                    session=self.here, code=form.cleaned_data["code"], now=self.now
                )
            except (proofs.WrongProof, tries.TooManyTries) as error:
                form.add_error("code", error.message)
                refused = error
            else:
                if done:
                    messages.success(
                        request, _("From now on you sign in with your authenticator app.")
                    )
                return SeeOther("/" if done else PLACE)
        response = self.draw(form)
        too_many(response, refused, self.now)
        return response

    def draw(self, form: forms.Form) -> HttpResponse:
        """The page."""
        app = adding_app.find(session=self.here, now=self.now)
        context = {
            "display_name": self.here.account.citizen.full_name,
            "form": form,
            "app": app,
            "qr": qr_code(app.uri) if app else "",
        }
        return render(self.request, "accounts/add_app.html", context)
