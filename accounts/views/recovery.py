"""The pages of a recovery, and of the ways back that are chosen and tried before one is needed."""

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import policy
from accounts.enums import AuthenticatorKind, RecoveryProof, RecoveryRoute
from accounts.forms import recovery as recovery_forms
from accounts.forms.activation import NewPasswordForm
from accounts.forms.sign_in import RecoveryCodeForm
from accounts.selectors import recovery as selectors
from accounts.services import (
    activation_routes,
    authenticators,
    codes,
    proofs,
    recovering,
    recovery_attempts,
    recovery_end,
    recovery_proofs,
    route_checks,
    tries,
)
from accounts.services.activation_end import Step
from accounts.services.recovery_attempts import Stage
from accounts.views import access
from accounts.views.access import CitizenView, PublicView, SeeOther
from accounts.views.activating import ROUTES, ActivationPage, enter
from accounts.views.signing_in import too_many, visitor

TRY: Final = "/activate/try/"
PAGES: Final = {
    Stage.CODE: "/recover/code/",
    Stage.PROOF: "/recover/proof/",
    Stage.WAITING: "/recover/waiting/",
    Stage.PASSWORD: "/recover/password/",
}


class Recover(PublicView):
    """The three routes, how long each takes, what it needs."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        counters = selectors.list_counters(now=self.now)
        context = {
            "ready_at": self.now + policy.RECOVERY_WAITS,
            "counter": counters[0] if counters else None,
        }
        return render(request, "accounts/recover/routes.html", context)


class Counters(PublicView):
    """The third route: where, and what to bring."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        context = {"counters": selectors.list_counters(now=self.now)}
        return render(request, "accounts/recover/counters.html", context)


class Begin(PublicView):
    """Whose account it is; the next page is the same whether or not anybody has the number."""

    route: ClassVar[RecoveryRoute]

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.draw(recovery_forms.NumberForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Begin, and go on to the first proof."""
        form = recovery_forms.NumberForm(request.POST)
        if not form.is_valid():
            return self.draw(form)
        try:
            token = recovery_attempts.begin(
                route=self.route,
                identifier=form.cleaned_data["username"],
                visitor=visitor(request),
                now=self.now,
            )
        except tries.TooManyTries as refused:
            form.add_error(None, refused.message)
            return self.draw(form, refused)
        first = Stage.CODE if self.route == RecoveryRoute.RECOVERY_CODE else Stage.PROOF
        response = SeeOther(PAGES[first])
        access.set_flow(response, token)
        return response

    def draw(self, form: forms.Form, refused: Exception | None = None) -> HttpResponse:
        """The page."""
        context = {
            "form": form,
            "route": self.route.value,
            "ready_at": self.now + policy.RECOVERY_WAITS,
        }
        response = render(self.request, "accounts/recover/begin.html", context)
        too_many(response, refused, self.now)
        return response


class BeginWithCode(Begin):
    """The quick route."""

    route = RecoveryRoute.RECOVERY_CODE


class BeginWithWait(Begin):
    """The route with a wait."""

    route = RecoveryRoute.DELAYED


class ComeBack(PublicView):
    """Number and reference lead back to a delayed reset."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.draw(recovery_forms.ReturnForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Look for it."""
        form = recovery_forms.ReturnForm(request.POST)
        if not form.is_valid():
            return self.draw(form)
        try:
            token = recovery_attempts.come_back(
                identifier=form.cleaned_data["username"],
                reference=form.cleaned_data["reference"],
                visitor=visitor(request),
                now=self.now,
            )
        except (tries.TooManyTries, recovery_attempts.WrongProof) as refused:
            form.add_error(None, refused.message)
            return self.draw(form, refused)
        response = SeeOther(PAGES[Stage.WAITING])
        access.set_flow(response, token)
        return response

    def draw(self, form: forms.Form, refused: Exception | None = None) -> HttpResponse:
        """The page."""
        response = render(self.request, "accounts/recover/return.html", {"form": form})
        too_many(response, refused, self.now)
        return response


class RecoveryPage(PublicView):
    """A later page: whoever is elsewhere is led there, and whoever waited too long begins again."""

    stage: ClassVar[Stage]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead to where the attempt stands; say plainly why something does not go on."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except recovery_attempts.WrongStage as elsewhere:
            return SeeOther(PAGES[elsewhere.stage])
        except recovery_attempts.AttemptOver as over:
            messages.warning(request, over.message)
            response = SeeOther("/recover/")
            access.drop(response, access.FLOW_COOKIE)
            return response
        except recovering.RecoveringRefused as refused:
            context = {"refused": refused}
            return render(request, "accounts/recover/refused.html", context, status=409)

    @property
    def token(self) -> str:
        """The attempt's token."""
        return access.flow_token(self.request)

    def show(self) -> recovery_attempts.Shown:
        """Where the attempt stands, if this is its page.

        Raises:
            recovery_attempts.AttemptOver: see the class.
            recovery_attempts.WrongStage: see the class.
        """
        shown = recovery_attempts.show(token=self.token, now=self.now)
        if shown.stage != self.stage:
            raise recovery_attempts.WrongStage(shown.stage)
        return shown


class GiveCode(RecoveryPage):
    """The recovery code."""

    stage = Stage.CODE

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        self.show()
        return self.draw(RecoveryCodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check it."""
        form = RecoveryCodeForm(request.POST)
        refused: Exception | None = None
        if form.is_valid():
            try:
                recovery_proofs.give_code(
                    token=self.token, code=form.cleaned_data["code"], now=self.now
                )
            except (tries.TooManyTries, recovery_attempts.WrongProof) as error:
                form.add_error("code", error.message)
                refused = error
            else:
                return SeeOther(PAGES[Stage.PROOF])
        self.show()
        response = self.draw(form)
        too_many(response, refused, self.now)
        return response

    def draw(self, form: forms.Form) -> HttpResponse:
        """The page."""
        return render(self.request, "accounts/recover/code.html", {"form": form})


class GiveProof(RecoveryPage):
    """Another way to prove oneself."""

    stage = Stage.PROOF

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form of the chosen way."""
        shown = self.show()
        way = self.chosen(request.GET.get("way", ""), shown)
        return self.draw(shown, way, recovery_forms.proof_form(way))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Have a code sent, or check what was given."""
        shown = self.show()
        way = self.chosen(request.POST.get("way", ""), shown)
        if way != request.POST.get("way"):
            return SeeOther(PAGES[Stage.PROOF])
        if request.POST.get("action") == "send" and way in recovery_attempts.CHANNELS:
            return self.send(way)
        form = recovery_forms.proof_form(way, request.POST)
        answer = next(iter(form.fields))
        refused: Exception | None = None
        if form.is_valid():
            try:
                stage = recovery_proofs.prove(
                    token=self.token,
                    way=way,
                    answer=form.cleaned_data[answer],
                    visitor=visitor(request),
                    now=self.now,
                )
            except (tries.TooManyTries, proofs.ProofRefused) as error:
                form.add_error(answer, error.message)
                refused = error
            else:
                return SeeOther(PAGES[stage])
        response = self.draw(shown, way, form)
        too_many(response, refused, self.now)
        return response

    def send(self, way: RecoveryProof) -> HttpResponse:
        """Have a code sent."""
        try:
            recovery_attempts.send(token=self.token, way=way, now=self.now)
        except tries.TooManyTries as refused:
            messages.warning(self.request, refused.message)
        return SeeOther(f"{PAGES[Stage.PROOF]}?way={way.value}")

    def chosen(self, wanted: str, shown: recovery_attempts.Shown) -> RecoveryProof:
        """The way asked for, if this route has it, else the one a code went to, else the first."""
        first = shown.sent or shown.ways[0]
        return next((way for way in shown.ways if way == wanted), first)

    def draw(
        self, shown: recovery_attempts.Shown, way: RecoveryProof, form: forms.Form
    ) -> HttpResponse:
        """The page."""
        context = {
            "form": form,
            "shown": shown,
            "way": way.value,
            "by_code": way in recovery_attempts.CHANNELS,
            "sent": shown.sent == way,
        }
        return render(self.request, "accounts/recover/proof.html", context)


class PasskeyOptions(RecoveryPage):
    """What the browser is asked to sign with a passkey."""

    stage = Stage.PROOF

    def get(self, request: HttpRequest) -> HttpResponse:
        """A challenge for this attempt; it names no passkey."""
        self.show()
        return JsonResponse(recovery_proofs.passkey_options(token=self.token, now=self.now))


class Wait(RecoveryPage):
    """The wait: until when, who was told, what comes next, and the button that cancels it."""

    stage = Stage.WAITING

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        shown = self.show()
        if shown.recovery is None:
            raise recovery_attempts.WrongStage(Stage.PROOF)
        waiting = selectors.waiting(shown.recovery, now=self.now)
        return render(request, "accounts/recover/waiting.html", {"waiting": waiting})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Cancel it, or go on to the second proof."""
        if request.POST.get("action") == "cancel":
            recovery_attempts.cancel(token=self.token, now=self.now)
            messages.success(request, _("Your request is cancelled. Nothing has changed."))
            return SeeOther(PAGES[Stage.WAITING])
        recovery_attempts.begin_second(token=self.token, now=self.now)
        return SeeOther(PAGES[Stage.PROOF])


class NewPassword(RecoveryPage):
    """The end: a new password."""

    stage = Stage.PASSWORD

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.draw(NewPasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Set it, and lead to sign in as always."""
        form = NewPasswordForm(request.POST)
        if form.is_valid():
            try:
                recovered = recovery_end.set_password(
                    token=self.token,
                    password=form.cleaned_data["password"],
                    device_label=access.device_label(request),
                    now=self.now,
                )
            except authenticators.PasswordRefused as refused:
                form.add_error("password", refused.message)
            else:
                return self.done(recovered)
        return self.draw(form)

    def draw(self, form: forms.Form) -> HttpResponse:
        """The page."""
        context = {"form": form, "shown": self.show()}
        return render(self.request, "accounts/recover/password.html", context)

    def done(self, recovered: recovery_end.Recovered) -> HttpResponse:
        """To the sign-in page, with what happened."""
        messages.success(
            self.request,
            _(
                "Your new password is set, and every device was signed out. Sign in with it and your second factor as"
                " always."
            ),
        )
        if recovered.locked is not None:
            messages.warning(
                self.request,
                _("Your account stays locked: %(reason)s. After signing in you see what opens it.")
                % {"reason": recovered.locked.label},
            )
        response = SeeOther("/sign-in/")
        access.drop(response, access.FLOW_COOKIE)
        return response


# --- Chosen at activation -------------------------------------------------------------------------
class ActivationRoutes(ActivationPage):
    """Page 6 of an activation: two ways back."""

    template = "accounts/activate/routes.html"
    steps = (Step.RECOVERY,)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, with the two most people need."""
        chosen = [RecoveryRoute.RECOVERY_CODE.value, RecoveryRoute.COUNTER.value]
        return self.draw(recovery_forms.RoutesForm(initial={"routes": chosen}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the choice, and go on to the trial."""
        form = recovery_forms.RoutesForm(request.POST)
        if form.is_valid():
            try:
                activation_routes.choose(
                    token=self.token,
                    routes=tuple(RecoveryRoute(each) for each in form.cleaned_data["routes"]),
                    address=form.cleaned_data["contact"],
                    now=self.now,
                )
            except route_checks.RoutesRefused as refused:
                form.add_error("routes", refused.message)
            except codes.TooManyCodes as refused:
                form.add_error("contact", refused.message)
            else:
                return SeeOther(TRY)
        return self.draw(form)


class ActivationTry(ActivationPage):
    """Page 7 of an activation: one of the ways is tried; then the account is active."""

    template = "accounts/activate/try.html"
    steps = (Step.RECOVERY,)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Nobody tries what was not chosen."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except activation_routes.NotChosen:
            return SeeOther(ROUTES)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form of the way that is tried."""
        chosen = activation_routes.show(token=self.token, now=self.now)
        return self.draw(self.form(chosen), chosen=chosen)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send a code again, or check one and end the activation."""
        if request.POST.get("action") == "send":
            try:
                activation_routes.send_code(token=self.token, now=self.now)
            except codes.TooManyCodes as refused:
                messages.warning(request, refused.message)
            return SeeOther(TRY)
        chosen = activation_routes.show(token=self.token, now=self.now)
        form = self.form(chosen, request.POST)
        refused_: Exception | None = None
        if form.is_valid():
            try:
                entered = activation_routes.try_and_finish(
                    token=self.token,
                    code=form.cleaned_data["code"],
                    visitor=visitor(request),
                    now=self.now,
                )
            except (proofs.WrongProof, codes.CodeRefused, tries.TooManyTries) as error:
                form.add_error("code", error.message)
                refused_ = error
            else:
                return enter(request, entered)
        response = self.draw(form, chosen=chosen)
        too_many(response, refused_, self.now)
        return response

    def form(self, chosen: activation_routes.Chosen, *args: Any) -> forms.Form:
        """A code from the e-mail, or one of the sheet."""
        way = AuthenticatorKind.EMAIL if chosen.by_email else AuthenticatorKind.RECOVERY_CODES
        return recovery_forms.check_form(way, *args)


# --- Once a year, and when one waits ------------------------------------------------------------------
class Ways(CitizenView):
    """My ways of recovery: which I chose, when I tried them, and a delayed reset that waits."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        chosen = self.here.account.recovery_routes
        return self.draw(recovery_forms.WaysForm(initial={"routes": chosen}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Cancel the delayed reset that waits, or keep another choice of ways."""
        if request.POST.get("action") == "cancel":
            return self.cancel()
        form = recovery_forms.WaysForm(request.POST)
        if form.is_valid():
            try:
                route_checks.choose(
                    session=self.here,
                    routes=tuple(RecoveryRoute(each) for each in form.cleaned_data["routes"]),
                    now=self.now,
                )
            except route_checks.RoutesRefused as refused:
                form.add_error("routes", refused.message)
            else:
                messages.success(request, _("Your choice is kept."))
                return SeeOther(request.path)
        return self.draw(form)

    def cancel(self) -> HttpResponse:
        """Cancel the delayed reset that waits."""
        request = self.request
        try:
            recovering.cancel_own(account=self.here.account, now=self.now)
        except recovering.NotOpen as refused:
            messages.warning(request, refused.message)
        else:
            messages.success(request, _("The recovery is cancelled. Nothing has changed."))
        return SeeOther(request.path)

    def draw(self, form: forms.Form) -> HttpResponse:
        """The page."""
        account = self.here.account
        context = {
            "form": form,
            "display_name": account.citizen.full_name,
            "check": route_checks.show(session=self.here, now=self.now),
            "waiting": selectors.waiting_of(account, now=self.now),
        }
        return render(self.request, "accounts/account/recovery.html", context)


class CheckRoutes(CitizenView):
    """Thirty seconds a year: try one of my ways."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form of the chosen way."""
        found = route_checks.show(session=self.here, now=self.now)
        way = self.chosen(request.GET.get("way", ""), found)
        return self.draw(found, way, recovery_forms.check_form(way))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Have a code sent, or check one."""
        found = route_checks.show(session=self.here, now=self.now)
        way = self.chosen(request.POST.get("way", ""), found)
        if request.POST.get("action") == "send":
            return self.send(way)
        form = recovery_forms.check_form(way, request.POST)
        refused: Exception | None = None
        if form.is_valid():
            try:
                route_checks.check(
                    session=self.here, way=way, code=form.cleaned_data["code"], now=self.now
                )
            except (tries.TooManyTries, proofs.ProofRefused, codes.CodeRefused) as error:
                form.add_error("code", error.message)
                refused = error
            else:
                messages.success(request, _("It works. We ask you again in a year."))
                return SeeOther("/account/security/recovery/")
        response = self.draw(found, way, form)
        too_many(response, refused, self.now)
        return response

    def send(self, way: AuthenticatorKind) -> HttpResponse:
        """Have a code sent to the phone or address on file."""
        try:
            route_checks.send_code(session=self.here, way=way, now=self.now)
        except (proofs.NoAuthenticator, codes.TooManyCodes) as refused:
            messages.warning(self.request, refused.message)
        return SeeOther(f"{self.request.path}?way={way.value}")

    def chosen(self, wanted: str, found: route_checks.Check) -> AuthenticatorKind:
        """The way asked for if the account has it, else the first it has."""
        first = found.ways[0] if found.ways else AuthenticatorKind.RECOVERY_CODES
        return next((way for way in found.ways if way == wanted), first)

    def draw(
        self, found: route_checks.Check, way: AuthenticatorKind, form: forms.Form
    ) -> HttpResponse:
        """The page."""
        context = {
            "display_name": self.here.account.citizen.full_name,
            "check": found,
            "way": way.value,
            "form": form,
        }
        return render(self.request, "accounts/account/recovery_check.html", context)
