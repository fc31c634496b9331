"""The pages of an activation: slip, phone, password, second factor, recovery codes."""

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from accounts.enums import AccountKind
from accounts.forms.activation import NewPasswordForm, SlipForm
from accounts.forms.sign_in import CodeForm
from accounts.services import (
    activating,
    activation_slip,
    authenticators,
    codes,
    flows,
    passkeys,
    proofs,
    tries,
    unlocking,
)
from accounts.services.activation_end import Step
from accounts.services.signing_in import Entered
from accounts.views import access, locking
from accounts.views.access import PublicView, SeeOther
from accounts.views.signing_in import HOMES, said, too_many, visitor
from eid_portal.core.drawing import qr_code

PAGES: Final = {
    Step.CODE: "/activate/code/",
    Step.PASSWORD: "/activate/password/",
    Step.FACTOR: "/activate/factor/",
    Step.RECOVERY: "/activate/recovery-codes/",
    Step.WAITING: "/activate/waiting/",
}

ROUTES: Final = "/activate/routes/"  # a citizen's ways back: views.recovery


class Activate(PublicView):
    """Page 1: number and slip."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.draw(SlipForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check, and go on to the phone."""
        form = SlipForm(request.POST)
        if not form.is_valid():
            return self.draw(form)
        try:
            token = activation_slip.begin(
                identifier=form.cleaned_data["username"],
                slip_code=form.cleaned_data["code"],
                visitor=visitor(request),
                now=self.now,
            )
        except (activation_slip.ActivationRefused, tries.TooManyTries) as refused:
            form.add_error(None, refused.message)
            return self.draw(form, refused)
        response = SeeOther(PAGES[Step.CODE])
        access.set_flow(response, token)
        return response

    def draw(self, form: forms.Form, refused: Exception | None = None) -> HttpResponse:
        """The page."""
        response = render(self.request, "accounts/activate/slip.html", {"form": form})
        too_many(response, refused, self.now)
        return response


class ActivationPage(PublicView):
    """A later page: it belongs to a step, and whoever is elsewhere is led there."""

    template: ClassVar[str]
    steps: ClassVar[tuple[Step, ...]]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead to the page where the activation stands, or begin again."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except activating.WrongStep as elsewhere:
            return SeeOther(PAGES[elsewhere.step])
        except flows.FlowMoved as moved:  # pressed twice: go on where the first press led
            try:
                return SeeOther(PAGES[activating.show(token=self.token, now=self.now).step])
            except flows.FlowOver:
                return self.begin_again(moved)
        except flows.FlowOver as over:
            return self.begin_again(over)
        except unlocking.AccountLocked as locked:  # a lock outlives a recovery: why, and what to do
            return locking.refuse(request, locked)
        except activation_slip.ActivationRefused as refused:
            messages.warning(request, refused.message)
            return SeeOther("/activate/")

    def begin_again(self, over: flows.FlowOver) -> HttpResponse:
        """Say that it is over, and lead to where one begins."""
        messages.warning(self.request, over.message)
        response = SeeOther("/sign-in/" if Step.WAITING in self.steps else "/activate/")
        access.drop(response, access.FLOW_COOKIE)
        return response

    @property
    def token(self) -> str:
        """The flow's token."""
        return access.flow_token(self.request)

    def draw(self, form: forms.Form | None = None, **context: Any) -> HttpResponse:
        """The page, with where the activation stands."""
        progress = activating.show(token=self.token, now=self.now)
        if progress.step not in self.steps:
            raise activating.WrongStep(progress.step)
        officer = progress.account_kind != AccountKind.CITIZEN
        values = {
            "form": form,
            "code_form": form,
            "progress": progress,
            "officer": officer,
            **context,
        }
        if progress.totp_uri:
            values["qr"] = qr_code(progress.totp_uri)
        return render(self.request, self.template, values)


class ActivationCode(ActivationPage):
    """Page 2: the code sent to the phone."""

    template = "accounts/activate/code.html"
    steps = (Step.CODE,)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.draw(CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send another code, or check one."""
        if request.POST.get("action") == "send":
            try:
                activating.send_code(token=self.token, now=self.now)
            except codes.TooManyCodes as refused:
                messages.warning(request, refused.message)
            return SeeOther(PAGES[Step.CODE])
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                activating.confirm_code(
                    token=self.token, code=form.cleaned_data["code"], now=self.now
                )
            except (codes.CodeRefused, proofs.NoAuthenticator, tries.TooManyTries) as refused:
                form.add_error("code", refused.message)
                response = self.draw(form)
                too_many(response, refused, self.now)
                return response
            else:
                return SeeOther(PAGES[Step.PASSWORD])
        return self.draw(form)


class ActivationPassword(ActivationPage):
    """Page 3: the password."""

    template = "accounts/activate/password.html"
    steps = (Step.PASSWORD, Step.FACTOR, Step.RECOVERY)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.draw(NewPasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the password if it is allowed."""
        form = NewPasswordForm(request.POST)
        if form.is_valid():
            try:
                activating.set_password(
                    token=self.token, password=form.cleaned_data["password"], now=self.now
                )
            except authenticators.PasswordRefused as refused:
                form.add_error("password", refused.message)
            else:
                return SeeOther(PAGES[Step.FACTOR])
        return self.draw(form)


class ActivationFactor(ActivationPage):
    """Page 4: a passkey, the authenticator app, or text messages."""

    template = "accounts/activate/factor.html"
    steps = (Step.FACTOR, Step.RECOVERY)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The QR code and the form."""
        return self.draw(CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the passkey, the app that shows the right code, or the phone."""
        if request.POST.get("action") == "sms":
            try:
                activating.keep_sms(token=self.token, now=self.now)
            except proofs.NoAuthenticator as refused:
                messages.warning(request, refused.message)
                return SeeOther(PAGES[Step.FACTOR])
            return SeeOther(PAGES[Step.RECOVERY])
        if "answer" in request.POST:
            return self.with_passkey(request.POST["answer"])
        form = CodeForm(request.POST)
        refused_: Exception | None = None
        if form.is_valid():
            try:
                activating.confirm_totp(
                    token=self.token, code=form.cleaned_data["code"], now=self.now
                )
            except (proofs.WrongProof, tries.TooManyTries) as error:
                form.add_error("code", error.message)
                refused_ = error
            else:
                return SeeOther(PAGES[Step.RECOVERY])
        response = self.draw(form)
        too_many(response, refused_, self.now)
        return response

    def with_passkey(self, answer: str) -> HttpResponse:
        """Take the passkey the browser has made."""
        try:
            activating.choose_passkey(
                token=self.token,
                answer=answer,
                label=access.device_label(self.request),
                now=self.now,
            )
        except passkeys.PasskeyRefused as refused:
            response = self.draw(said(refused.message), code_form=CodeForm())
            response.status_code = 400
            return response
        return SeeOther(PAGES[Step.RECOVERY])


class ActivationRecoveryCodes(ActivationPage):
    """Page 5: recovery codes, shown once; then the account is active."""

    template = "accounts/activate/recovery_codes.html"
    steps = (Step.RECOVERY,)

    def get(self, request: HttpRequest) -> HttpResponse:
        """What recovery codes are, and the button that makes them: a GET makes nothing."""
        return self.draw(codes=[])

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show the codes, or end the activation of an officer's account."""
        if request.POST.get("action") == "make":
            return self.draw(codes=activating.new_recovery_codes(token=self.token, now=self.now))
        if request.POST.get("action") == "kept":
            return SeeOther(ROUTES)
        return enter(
            request, activating.finish(token=self.token, visitor=visitor(request), now=self.now)
        )


class ActivationWaiting(ActivationPage):
    """A second human has to approve."""

    template = "accounts/activate/waiting.html"
    steps = (Step.WAITING,)

    def get(self, request: HttpRequest) -> HttpResponse:
        """What happens next."""
        return self.draw()


def enter(request: HttpRequest, entered: Entered | None) -> HttpResponse:
    """Into the first page; or, where a second human has to approve first, to where that is said."""
    if entered is None:
        return SeeOther(PAGES[Step.WAITING])
    response = SeeOther(HOMES[entered.account.kind])
    access.begin_session(request, response, key=entered.key, device_token=entered.device_token)
    return response
