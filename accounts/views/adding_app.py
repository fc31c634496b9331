"""An authenticator app is added to an account."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.forms.security import NewAppForm
from accounts.services import adding_app, proofs, tries
from accounts.views.access import SeeOther, SignedInView
from accounts.views.security import HOME, SecurityPage
from accounts.views.signing_in import too_many
from eid_portal.core.drawing import qr_code


class AddApp(SecurityPage, SignedInView):
    """The QR code, and the first code the app shows."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The button that makes a QR code, or the QR code."""
        return self.draw(NewAppForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a QR code, or bind the app that shows the right code."""
        try:
            if request.POST.get("action") == "begin":
                adding_app.begin(session=self.here, now=self.now)
                return SeeOther(request.path)
            return self.bind(NewAppForm(request.POST))
        except adding_app.TooManyApps as refused:
            messages.warning(request, refused.message)
            return SeeOther(HOME)

    def bind(self, form: NewAppForm) -> HttpResponse:
        """Bind the app that shows the right code."""
        refused: Exception | None = None
        if form.is_valid():
            try:
                done = adding_app.confirm(
                    session=self.here,
                    code=form.cleaned_data["code"],
                    label=form.cleaned_data["label"],
                    now=self.now,
                )
            except (proofs.WrongProof, tries.TooManyTries) as error:
                form.add_error("code", error.message)
                refused = error
            else:
                if done:
                    messages.success(
                        self.request, _("From now on you can sign in with your authenticator app.")
                    )
                return SeeOther(HOME if done else self.request.path)
        response = self.draw(form)
        too_many(response, refused, self.now)
        return response

    def draw(self, form: forms.Form) -> HttpResponse:
        """The page."""
        app = adding_app.find(session=self.here, now=self.now)
        return self.page("security_app", form=form, app=app, qr=qr_code(app.uri) if app else "")
