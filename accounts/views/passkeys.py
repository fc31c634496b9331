"""Passkeys: what scripts ask for, and the pages their answers are posted to."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.enums import AccountKind
from accounts.forms.passkeys import AddPasskeyForm
from accounts.services import (
    activating,
    adding_passkey,
    afresh,
    passkeys,
    proofs,
    signing_in,
    tries,
    unlocking,
)
from accounts.services.activation_end import Step
from accounts.views import access, locking
from accounts.views.access import PublicView, SeeOther, SignedInView
from accounts.views.activating import ActivationPage
from accounts.views.security import SecurityPage
from accounts.views.signing_in import (
    HOMES,
    OfficerSignIn,
    SignIn,
    draw_outside,
    let_in,
    said,
    too_many,
    visitor,
    with_next,
)

ADD = "/account/security/passkeys/add/"
SETTINGS = "/account/security/"
BAD_REQUEST = 400


# --- Signing in -----------------------------------------------------------------------------------
class SignInOptions(PublicView):
    """What the browser is asked to sign to sign in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """A challenge; nothing is written, so anybody may ask as often as they like."""
        return JsonResponse(passkeys.options(passkeys.Purpose.SIGN_IN, now=self.now))


class PasskeySignIn(SignIn):
    """A passkey's answer: it is the whole sign-in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Back to where one begins: an answer is posted."""
        return SeeOther(with_next(request, self.place))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Let the person in, or say on the sign-in page why not."""
        try:
            entered = signing_in.enter_with_passkey(
                answer=request.POST.get("answer", ""), visitor=visitor(request), now=self.now
            )
        except unlocking.AccountLocked as locked:
            return locking.refuse(request, locked)
        except signing_in.OutsideOffice as outside:
            return draw_outside(request, outside)
        except (tries.TooManyTries, proofs.ProofRefused) as refused:
            response = self.draw(self.form_class(), said=said(refused.message))
            response.status_code = BAD_REQUEST
            too_many(response, refused, self.now)
            return response
        return let_in(self, entered)


class OfficerPasskeySignIn(PasskeySignIn, OfficerSignIn):
    """The same in the officers' look."""


# --- Proving oneself again ------------------------------------------------------------------------
class AgainOptions(SignedInView):
    """What the browser is asked to sign with one of the account's passkeys."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """A challenge bound to the session."""
        return JsonResponse(afresh.passkey_options(session=self.here, now=self.now))


# --- Adding one -----------------------------------------------------------------------------------
class AddOptions(SignedInView):
    """What the browser is asked to make."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """A challenge bound to the session, or why there can be no more."""
        try:
            return JsonResponse(adding_passkey.options(session=self.here, now=self.now))
        except passkeys.PasskeyRefused as refused:
            return JsonResponse({"message": refused.message}, status=BAD_REQUEST)

    def way_back(self) -> str:
        """The page whose script asks."""
        return ADD


class AddPasskey(SecurityPage, SignedInView):
    """A name and a button; the browser does the rest."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, to who has proved themselves lately."""
        adding_passkey.check(session=self.here, now=self.now)
        return self.draw(AddPasskeyForm(initial={"label": access.device_label(request)}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Bind what the browser made."""
        form = AddPasskeyForm(request.POST)
        if not form.is_valid():
            return self.draw(form, BAD_REQUEST)
        try:
            adding_passkey.add(
                session=self.here,
                answer=request.POST.get("answer", ""),
                label=form.cleaned_data["label"] or access.device_label(request),
                now=self.now,
            )
        except passkeys.PasskeyRefused as refused:
            form.add_error(None, refused.message)
            return self.draw(form, BAD_REQUEST)
        messages.success(request, _("The passkey was added. Next time, sign in with it."))
        return SeeOther(SETTINGS if self.citizen else HOMES[self.here.account.kind])

    @property
    def citizen(self) -> bool:
        """Whether the pages of "My account" are theirs."""
        return self.here.account.kind == AccountKind.CITIZEN

    def draw(self, form: forms.Form, status: int = 200) -> HttpResponse:
        """The page."""
        context = {
            "form": form,
            "display_name": self.here.account.citizen.full_name,
            "officer": not self.citizen,
        }
        return render(self.request, "accounts/add_passkey.html", context, status=status)


class ActivationOptions(ActivationPage):
    """What the browser is asked to make while an account is activated."""

    steps = (Step.FACTOR, Step.RECOVERY)

    def get(self, request: HttpRequest) -> HttpResponse:
        """A challenge bound to the flow."""
        return JsonResponse(activating.passkey_options(token=self.token, now=self.now))
