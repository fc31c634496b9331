"""The ways into one's own account: what there is, and adding, naming, replacing and removing them."""

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import Action, AuthenticatorKind
from accounts.forms.security import (
    AnotherPasswordForm,
    NameForm,
    NewEmailForm,
    NewPhoneForm,
    WhichForm,
)
from accounts.forms.sign_in import CodeForm
from accounts.selectors import security as selectors
from accounts.services import (
    assurance,
    authenticators,
    changing_password,
    codes,
    contacts,
    new_recovery_codes,
    removing,
    sessions,
)
from accounts.views import access
from accounts.views.access import CitizenView, PortalView, SeeOther, SignedInView

HOME: Final = "/account/security/"


class SecurityPage(PortalView):
    """A page about one's own ways to sign in, of any account; it says whose header stands above it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Who was signed out in the meantime signs in again."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except sessions.SessionOver:
            return self.to_sign_in()

    def page(self, template: str, **context: Any) -> HttpResponse:
        """Draw one of the pages."""
        values = {**self.holder, **context}
        return render(self.request, f"accounts/account/{template}.html", values)


class Security(SecurityPage, SignedInView):
    """Everything in one place."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        ways = selectors.ways_of(self.here.account, now=self.now)
        return self.page("security", ways=ways)


class ChangePassword(SecurityPage, SignedInView):
    """A new password."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, for who has just proved who they are."""
        assurance.require(self.here, Action.CHANGE_PASSWORD, now=self.now)
        return self.page("security_password", form=AnotherPasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Put it in force if it is allowed."""
        form = AnotherPasswordForm(request.POST)
        if form.is_valid():
            try:
                changing_password.change_password(
                    session=self.here, password=form.cleaned_data["password"], now=self.now
                )
            except (
                authenticators.PasswordRefused,
                changing_password.SamePassword,
                changing_password.ChangedElsewhere,
            ) as refused:
                form.add_error("password", refused.message)
            else:
                messages.success(
                    request, _("Your password was changed. Every other device was signed out.")
                )
                return SeeOther(HOME)
        return self.page("security_password", form=form)


class NameWay(SecurityPage, SignedInView):
    """Another name for a passkey or an app; the button comes here, the form is an answer to it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Nothing is named by an address."""
        return SeeOther(HOME)

    def post(self, request: HttpRequest) -> HttpResponse:
        """The form, or what was typed into it."""
        asked = "label" not in request.POST
        which = WhichForm(request.POST)
        if not which.is_valid():
            return SeeOther(HOME)
        ways = selectors.ways_of(self.here.account, now=self.now)
        found = [way for way in (*ways.passkeys, *ways.apps) if way.id == which.chosen]
        if not found:
            messages.warning(request, removing.Unknown().message)
            return SeeOther(HOME)
        form = NameForm(initial={"id": which.chosen, "label": found[0].label})
        if not asked:
            form = NameForm(request.POST)
            if form.is_valid():
                return self.name(form)
        return self.page("security_name", form=form, way=found[0])

    def name(self, form: NameForm) -> HttpResponse:
        """Give the name."""
        try:
            removing.rename(
                session=self.here,
                authenticator_id=form.chosen,
                label=form.cleaned_data["label"],
                now=self.now,
            )
        except removing.Unknown as refused:
            messages.warning(self.request, refused.message)
        else:
            messages.success(self.request, _("The name was changed."))
        return SeeOther(HOME)


class RemoveWay(SecurityPage, SignedInView):
    """A way to sign in, to be told or to recover goes; asked once more before."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Nothing is removed by an address; who comes back from proving themselves presses again."""
        if assurance.is_met(self.here, Action.REMOVE_AUTHENTICATOR, now=self.now):
            messages.info(request, _("Thank you. Now press “Remove” again."))
        return SeeOther(HOME)

    def post(self, request: HttpRequest) -> HttpResponse:
        """The question, or the removal."""
        which = WhichForm(request.POST)
        if not which.is_valid():
            return SeeOther(HOME)
        here, chosen = self.here, which.chosen
        try:
            if request.POST.get("action") == "remove":
                removing.remove(session=here, authenticator_id=chosen, now=self.now)
            else:
                removing.find(session=here, authenticator_id=chosen, now=self.now)
                way = selectors.way_of(here.account, chosen, now=self.now)
                return self.page("security_remove", form=which, way=way)
        except (removing.Unknown, removing.LastWay, contacts.ChangedLately) as refused:
            messages.warning(request, refused.message)
        else:
            messages.success(request, _("It was removed. It opens nothing any more."))
        return SeeOther(HOME)


class NewRecoveryCodes(SecurityPage, CitizenView):
    """A new sheet of recovery codes, shown once."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """What happens to the old sheet, and the button that makes the new one: a GET makes nothing."""
        new_recovery_codes.ask(session=self.here, now=self.now)
        return self.page("security_codes", codes=[], sheet="")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show new codes, or put those that were kept in force."""
        if request.POST.get("action") != "keep":
            sheet, plain = new_recovery_codes.make(session=self.here, now=self.now)
            return self.page("security_codes", codes=plain, sheet=sheet)
        which = WhichForm(request.POST)
        if which.is_valid():
            try:
                new_recovery_codes.keep(session=self.here, sheet_id=which.chosen, now=self.now)
            except new_recovery_codes.AnotherSheet as refused:
                messages.warning(request, refused.message)
                return SeeOther(request.path)
            messages.success(
                request, _("Your new recovery codes are in force. The old sheet opens nothing.")
            )
        return SeeOther(HOME)


class ChangeContact(SecurityPage, CitizenView):
    """A new phone or e-mail address: named, then confirmed by its code."""

    kind: ClassVar[AuthenticatorKind]
    form_class: ClassVar[type[forms.Form]]
    done: ClassVar[Any]

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form that is next."""
        return self.draw()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send a code, begin again with another, or take the code."""
        match request.POST.get("action"):
            case "other":
                contacts.forget(session=self.here, kind=self.kind, now=self.now)
                return SeeOther(request.path)
            case "check":
                return self.check(CodeForm(request.POST))
            case _:
                return self.send(self.form_class(request.POST))

    def send(self, form: forms.Form) -> HttpResponse:
        """Send the code."""
        if form.is_valid():
            try:
                contacts.send_code(
                    session=self.here,
                    kind=self.kind,
                    to=form.cleaned_data["contact"],
                    now=self.now,
                )
            except (contacts.ContactRefused, codes.TooManyCodes) as refused:
                form.add_error("contact", refused.message)
            else:
                return SeeOther(self.request.path)
        return self.draw(contact_form=form)

    def check(self, form: CodeForm) -> HttpResponse:
        """Take the code."""
        if form.is_valid():
            try:
                contacts.confirm(
                    session=self.here,
                    kind=self.kind,
                    code=form.cleaned_data["code"],
                    now=self.now,
                )
            except codes.CodeRefused as refused:
                form.add_error("code", refused.message)
            except contacts.ContactRefused as refused:
                messages.warning(self.request, refused.message)
                return SeeOther(self.request.path)
            else:
                messages.success(self.request, self.done)
                return SeeOther(HOME)
        return self.draw(code_form=form)

    def draw(
        self, *, contact_form: forms.Form | None = None, code_form: CodeForm | None = None
    ) -> HttpResponse:
        """The page; a code that can no longer be used leads back to the first form."""
        progress = contacts.show(session=self.here, kind=self.kind, now=self.now)
        checks = contact_form is None and (progress.sent_until is not None or code_form is not None)
        form = (code_form or CodeForm()) if checks else (contact_form or self.form_class())
        return self.page(
            "security_contact",
            form=form,
            checks=checks,
            progress=progress,
            phone=self.kind == AuthenticatorKind.SMS,
        )


class ChangePhone(ChangeContact):
    """A new phone."""

    kind = AuthenticatorKind.SMS
    form_class = NewPhoneForm
    done = gettext_lazy(
        "Your phone was changed. The old one was told, and can take it back for 24 hours."
    )


class ChangeEmail(ChangeContact):
    """A new e-mail address."""

    kind = AuthenticatorKind.EMAIL
    form_class = NewEmailForm
    done = gettext_lazy("Your e-mail address was saved. It can be taken back for 24 hours.")


class TakeBack(SecurityPage, CitizenView):
    """The last change of phone or e-mail address is undone."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Nothing is undone by an address."""
        return SeeOther(HOME)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Undo it; every session ends, this one too."""
        kind = AuthenticatorKind.EMAIL
        if request.POST.get("kind") == AuthenticatorKind.SMS:
            kind = AuthenticatorKind.SMS
        try:
            contacts.take_back(session=self.here, kind=kind, now=self.now)
        except contacts.NotRevertible as refused:
            messages.warning(request, refused.message)
            return SeeOther(HOME)
        messages.success(
            request, _("The change was taken back, and every device was signed out. Sign in again.")
        )
        response = SeeOther(self.sign_in_at)
        access.end_session(response)
        return response
