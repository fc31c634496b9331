"""Sign in, sign out, and prove oneself again."""

from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.enums import AccountKind, Action, AuthenticatorKind, SessionEnd
from accounts.forms import sign_in as sign_in_forms
from accounts.services import (
    afresh,
    codes,
    flows,
    proofs,
    second_factor,
    sessions,
    signing_in,
    tries,
    unlocking,
)
from accounts.views import access, locking
from accounts.views.access import PublicView, SeeOther, SignedInView
from eid_portal.core.web import safe_next

HOMES: Final = {
    AccountKind.CITIZEN.value: "/",
    AccountKind.OFFICER.value: "/counter/",
    AccountKind.ADMINISTRATOR.value: "/admin/",
}
_STAFF_PAGES: Final = ("/counter/", "/roadside/", "/desk/", "/admin/")
_ROOMS: Final = {
    AccountKind.OFFICER.value: ("/counter/", "/roadside/", "/desk/"),
    AccountKind.ADMINISTRATOR.value: ("/admin/",),
}
_EVERYBODYS: Final = "/account/security/"
_NOT_NEXT: Final = ("/sign-in/", "/sign-out/", "/counter/sign-in/", "/activate/")


def next_page(request: HttpRequest, kind: str) -> str:
    """Where a person of this kind goes on: the page they came from if it is theirs, else their first page."""
    home = HOMES[kind]
    wanted = safe_next(request, home)
    if wanted.startswith(_NOT_NEXT):
        return home
    if wanted.startswith(_EVERYBODYS):
        return wanted
    rooms = _ROOMS.get(kind)
    theirs = wanted.startswith(rooms) if rooms else not wanted.startswith(_STAFF_PAGES)
    return wanted if theirs else home


def visitor(request: HttpRequest) -> signing_in.Visitor:
    """What the browser brings along."""
    return signing_in.Visitor(
        device_token=access.device_token(request),
        device_label=access.device_label(request),
        address=access.address(request),
    )


class SignIn(PublicView):
    """The first step: number and password."""

    form_class: ClassVar[type[forms.Form]] = sign_in_forms.SignInForm
    here_for: ClassVar[tuple[str, ...]] = (AccountKind.CITIZEN,)
    officer: ClassVar[bool] = False
    place: ClassVar[str] = "/sign-in/"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form; whoever is signed in already goes on."""
        if self.session is not None and self.session.account.kind in self.here_for:
            return SeeOther(next_page(request, self.session.account.kind))
        return self.draw(self.form_class())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check, and go on to the second step."""
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self.draw(form)
        try:
            token = signing_in.begin(
                identifier=form.cleaned_data["username"],
                password=form.cleaned_data["password"],
                visitor=visitor(request),
                now=self.now,
            )
        except tries.SignInRefused as refused:
            form.add_error(None, refused.message)
            return self.draw(form, refused)
        response = SeeOther(with_next(request, "/sign-in/code/"))
        access.set_flow(response, token)
        return response

    def draw(
        self,
        form: forms.Form,
        refused: tries.SignInRefused | None = None,
        said: forms.Form | None = None,
    ) -> HttpResponse:
        """The page; ``said`` holds what else went wrong."""
        context = {
            "form": said or form,
            "sign_in_form": form,
            "next": safe_next(self.request, ""),
            "officer": self.officer,
        }
        response = render(self.request, "accounts/sign_in.html", context)
        too_many(response, refused, self.now)
        return response


class OfficerSignIn(SignIn):
    """The same in the officers' look."""

    form_class = sign_in_forms.OfficerSignInForm
    here_for = (AccountKind.OFFICER, AccountKind.ADMINISTRATOR)
    officer = True
    place = "/counter/sign-in/"


class SecondStep(PublicView):
    """The second step: a code from the app, the phone, or the sheet of recovery codes."""

    step: signing_in.SecondStep
    way: AuthenticatorKind | None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Nobody comes here without the first step; who waited too long begins again."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except flows.FlowOver as over:
            return begin_again(request, over)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form of the chosen way."""
        step = signing_in.show_second_step(token=access.flow_token(request), now=self.now)
        way = chosen_way(request.GET.get("way", ""), step.ways)
        return self.draw(step, way, sign_in_forms.code_form(way))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send a code, or check one and let the person in."""
        if request.POST.get("action") == "send":
            return self.send()
        way = AuthenticatorKind.TOTP
        if request.POST.get("way") in AuthenticatorKind.values:
            way = AuthenticatorKind(request.POST["way"])
        form = sign_in_forms.code_form(way, request.POST)
        refused: Exception | None = None
        if form.is_valid():
            try:
                return self.enter(way, form.cleaned_data["code"])
            except (tries.TooManyTries, proofs.ProofRefused, codes.CodeRefused) as error:
                form.add_error("code", error.message)
                refused = error
        step = signing_in.show_second_step(token=access.flow_token(request), now=self.now)
        response = self.draw(step, way, form)
        too_many(response, refused, self.now)
        return response

    def enter(self, way: AuthenticatorKind, code: str) -> HttpResponse:
        """Begin the session, or say why the account does not open."""
        request = self.request
        try:
            entered = signing_in.enter(
                token=access.flow_token(request),
                way=way,
                code=code,
                visitor=visitor(request),
                now=self.now,
            )
        except unlocking.AccountLocked as locked:
            return locking.refuse(request, locked)
        except signing_in.OutsideOffice as outside:
            return draw_outside(request, outside)
        return let_in(self, entered)

    def send(self) -> HttpResponse:
        """Send a code to the phone."""
        try:
            signing_in.send_code(token=access.flow_token(self.request), now=self.now)
        except (proofs.NoAuthenticator, codes.TooManyCodes) as refused:
            messages.warning(self.request, refused.message)
        return SeeOther(with_next(self.request, "/sign-in/code/", way=AuthenticatorKind.SMS.value))

    def draw(
        self, step: signing_in.SecondStep, way: AuthenticatorKind | None, form: forms.Form
    ) -> HttpResponse:
        """The page."""
        context = {
            "form": form,
            "step": step,
            "way": way.value if way else "",
            "next": safe_next(self.request, ""),
            "officer": step.account_kind != AccountKind.CITIZEN,
        }
        return render(self.request, "accounts/second_step.html", context)


def draw_outside(request: HttpRequest, outside: signing_in.OutsideOffice) -> HttpResponse:
    """The answer to a right sign-in of an officer where or when no office of theirs admits them."""
    context = {"outside": outside, "officer": True}
    response = render(request, "accounts/outside_office.html", context, status=403)
    access.drop(response, access.FLOW_COOKIE)
    return response


class SignOut(PublicView):
    """End the session."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """End it here and at once; the browser forgets what it kept of the portal's pages."""
        officer = self.session is not None and self.session.account.kind != AccountKind.CITIZEN
        if self.session is not None:
            sessions.end(self.session, reason=SessionEnd.SIGNED_OUT, now=self.now)
            messages.success(request, _("You are signed out."))
        response = SeeOther("/counter/sign-in/" if officer else "/sign-in/")
        access.end_session(response)
        response["Clear-Site-Data"] = '"cache", "storage"'  # not cookies: the device stays known
        return response


class SignInAgain(SignedInView):
    """A passkey, or password and code, in a running session, before something that must not be a mistake."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """What there is to choose from."""
        return self.draw(sign_in_forms.AgainForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send a code, or check and go back to where the person came from."""
        if request.POST.get("action") == "send":
            return self.send()
        if "answer" in request.POST:
            return self.with_passkey(request.POST["answer"])
        form = sign_in_forms.AgainForm(request.POST)
        refused: Exception | None = None
        if form.is_valid():
            try:
                key = afresh.prove(
                    session=self.here,
                    password=form.cleaned_data["password"],
                    way=self.way(),
                    code=form.cleaned_data["code"],
                    now=self.now,
                )
            except sessions.SessionOver:
                return SeeOther(with_next(request, "/sign-in/"))
            except (afresh.WrongPassword, tries.TooManyTries) as error:
                form.add_error("password", error.message)
                refused = error
            except (proofs.ProofRefused, codes.CodeRefused) as error:
                form.add_error("code", error.message)
            else:
                return self.onward(key)
        response = self.draw(form)
        too_many(response, refused, self.now)
        return response

    def with_passkey(self, answer: str) -> HttpResponse:
        """Check a passkey's answer and go back to where the person came from."""
        try:
            key = afresh.prove_with_passkey(session=self.here, answer=answer, now=self.now)
        except sessions.SessionOver:
            return SeeOther(with_next(self.request, "/sign-in/"))
        except (tries.TooManyTries, proofs.ProofRefused) as refused:
            response = self.draw(sign_in_forms.AgainForm(), said=said(refused.message))
            response.status_code = 400
            too_many(response, refused, self.now)
            return response
        return self.onward(key)

    def onward(self, key: str) -> HttpResponse:
        """Back to where the person came from."""
        response = SeeOther(next_page(self.request, self.here.account.kind))
        access.renew_session(self.request, response, key=key)
        return response

    def action(self) -> Action | None:
        """What they are about to do."""
        wanted = self.request.POST.get("for") or self.request.GET.get("for") or ""
        return Action(wanted) if wanted in Action.values else None

    def way(self) -> AuthenticatorKind:
        """The app if there is one, else the phone."""
        ways = second_factor.ways_of(self.here.account)
        return ways[0] if ways else AuthenticatorKind.TOTP

    def send(self) -> HttpResponse:
        """Send a code to the phone."""
        try:
            afresh.send_code(session=self.here, now=self.now)
            messages.success(self.request, _("We sent a code to your phone."))
        except (proofs.NoAuthenticator, codes.TooManyCodes) as refused:
            messages.warning(self.request, refused.message)
        action = self.action()
        query = {"for": action.value} if action else {}
        return SeeOther(with_next(self.request, "/sign-in/again/", **query))

    def draw(self, form: forms.Form, said: forms.Form | None = None) -> HttpResponse:
        """The page; ``said`` holds what went wrong with a passkey."""
        action = self.action()
        context = {
            "form": said or form,
            "code_form": form,
            "ways": afresh.ways(session=self.here, action=action, now=self.now),
            "action": action,
            "next": safe_next(self.request, ""),
            "officer": self.here.account.kind != AccountKind.CITIZEN,
        }
        return render(self.request, "accounts/sign_in_again.html", context)


# --- Parts --------------------------------------------------------------------------------------
def let_in(view: access.PortalView, entered: signing_in.Entered) -> HttpResponse:
    """Give the browser its new session, and lead on."""
    if view.session is not None:  # somebody else's, or one's own other account
        sessions.end(view.session, reason=SessionEnd.SIGNED_OUT, now=view.now)
    response = SeeOther(next_page(view.request, entered.account.kind))
    access.begin_session(view.request, response, key=entered.key, device_token=entered.device_token)
    return response


def said(message: str) -> forms.Form:
    """A form without fields, for the error summary of a page whose own form was not sent."""
    form = forms.Form({})
    form.add_error(None, message)
    return form


def with_next(request: HttpRequest, path: str, **query: str) -> str:
    """``path`` with the page to go on to."""
    wanted = safe_next(request, "")
    values = {**query, **({"next": wanted} if wanted else {})}
    return f"{path}?{urlencode(values)}" if values else path


def begin_again(request: HttpRequest, over: flows.FlowOver) -> HttpResponse:
    """Back to the first step, with the reason."""
    messages.warning(request, over.message)
    officer = safe_next(request, "").startswith("/counter/")
    response = SeeOther(with_next(request, "/counter/sign-in/" if officer else "/sign-in/"))
    access.drop(response, access.FLOW_COOKIE)
    return response


def chosen_way(wanted: str, ways: tuple[AuthenticatorKind, ...]) -> AuthenticatorKind | None:
    """The way the person asked for if they have it, else the preferred one."""
    return next((way for way in ways if way == wanted), ways[0] if ways else None)


def too_many(response: HttpResponse, refused: Exception | None, now: Any) -> None:
    """Say in the headers that a limit is used up."""
    if isinstance(refused, tries.TooManyTries):
        response.status_code = 429
        response["Retry-After"] = str(max(1, round((refused.until - now).total_seconds())))
