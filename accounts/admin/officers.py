"""Officers and administrators: made here, activated by themselves; their roles are granted by two administrators."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.paging import KeyedAdmin, ReadOnlyAdmin
from accounts.enums import AccountKind, AccountState, Role
from accounts.models import Account, ActivationSlip, Office, OfficeRole
from accounts.models.offices import in_force
from accounts.services import ending_sessions, looking, officer_recovery, officers, sessions, slips
from eid_portal.core import approvals, clock
from eid_portal.core.text import TextField
from eid_portal.core.widgets import DigitsInput

KINDS: Final = (AccountKind.OFFICER, AccountKind.ADMINISTRATOR)


class OfficerForm(forms.Form):
    """A new officer or administrator."""

    number = TextField(
        max_length=20,
        label=gettext_lazy("Personal number"),
        widget=DigitsInput({"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("kind"), choices=[(kind.value, kind.label) for kind in KINDS]
    )
    sign_in_name = TextField(
        min_length=3,
        max_length=40,
        label=gettext_lazy("Sign-in name"),
        help_text=gettext_lazy(
            "Small letters, digits, dots and hyphens; no name or number of the person."
        ),
    )
    phone = TextField(max_length=20, label=gettext_lazy("Phone"))

    def clean_sign_in_name(self) -> str:
        """The name.

        Raises:
            ValidationError: it holds other characters.
        """
        name: str = self.cleaned_data["sign_in_name"]
        if not name.isascii() or not all(c.islower() or c.isdigit() or c in ".-" for c in name):
            raise forms.ValidationError(
                _("Use small letters, digits, dots and hyphens only"), code="name"
            )
        return name


class RoleForm(forms.Form):
    """A role at an office, to be proposed."""

    account = TextField(max_length=40, label=gettext_lazy("Sign-in name"))
    role = forms.ChoiceField(label=gettext_lazy("role"), choices=Role.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = clock.today(clock.now())
        self.fields["office"] = forms.ModelChoiceField(
            Office.objects.filter(in_force(today)).order_by("code"), label=gettext_lazy("office")
        )
        self.order_fields(["account", "office", "role"])

    def clean_account(self) -> Account:
        """The officer of that name.

        Raises:
            ValidationError: there is none.
        """
        live = Account.objects.filter(kind=AccountKind.OFFICER).exclude(state=AccountState.CLOSED)
        account = live.filter(sign_in_name=self.cleaned_data["account"]).first()
        if account is None:
            raise forms.ValidationError(_("There is no officer of this name"), code="nobody")
        return account


class ActingMixin:
    """An admin whose changes are services' work: it shows forms and what comes of them."""

    admin_site: Any
    opts: Any
    message_user: Any

    def page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """A page of the admin's own look."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/{template}.html", context)

    def acting(self, request: HttpRequest) -> dict[str, Any]:
        """Who acts, and when."""
        session: Any = request.session
        return {"actor": sessions.actor_of(session), "now": clock.now()}


@admin.register(Account)
class OfficerAdmin(ActingMixin, KeyedAdmin):
    """The accounts of officers and administrators; citizens' are not listed."""

    shows_whole_table = False

    list_display = ("sign_in_name", "kind", "standing", "created_at", "activated_at")
    fields = (
        "sign_in_name",
        "kind",
        "standing",
        "created_at",
        "activated_at",
        "locked_at",
        "closed_at",
    )
    readonly_fields = fields
    change_form_template = "admin/accounts/account/change_form.html"

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def standing(self, row: Account) -> str:
        """The state in words."""
        return str(AccountState(row.state).label)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Officers and administrators."""
        return super().get_queryset(request).exclude(kind=AccountKind.CITIZEN)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Through our own form."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[Any]:
        """The buttons that print a slip and close an account."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/slip/", view(self.print_slip), name="accounts_account_slip"),
            path("<uuid:pk>/recover/", view(self.recover), name="accounts_account_recover"),
            path(
                "<uuid:pk>/recovery-slip/",
                view(self.print_recovery_slip),
                name="accounts_account_recovery_slip",
            ),
            path("<uuid:pk>/close/", view(self.close), name="accounts_account_close"),
            path("<uuid:pk>/sessions/", view(self.end_sessions), name="accounts_account_sessions"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Make an account; the slip's code is shown in the answer and never again."""
        form = OfficerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = officers.create_officer(
                    number=form.cleaned_data["number"],
                    kind=AccountKind(form.cleaned_data["kind"]),
                    sign_in_name=form.cleaned_data["sign_in_name"],
                    phone=form.cleaned_data["phone"],
                    **self.acting(request),
                )
            except (officers.OfficerRefused, slips.SlipRefused) as refused:
                form.add_error(getattr(refused, "field", "__all__"), str(refused.message))
            else:
                if made.slip is not None:
                    return self.show_slip(request, made.account, made.slip, made.code)
                self.message_user(
                    request,
                    _("Proposed. Another administrator decides, and prints the slip."),
                    "SUCCESS",
                )
                return HttpResponseRedirect(reverse("admin:core_approval_changelist"))
        return self.page(
            request,
            "plain_form",
            title=_("Add an officer or administrator"),
            form=form,
            back=reverse("admin:accounts_account_changelist"),
            submit=_("Make the account and its slip"),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """An account; its holder reads that it was looked at."""
        account = self.get_object(request, object_id)
        if account is not None:
            acting = self.acting(request)
            looking.see_account(account=account, **acting)
            agreed = officer_recovery.find_agreed(account, now=acting["now"])
            extra_context = {**(extra_context or {}), "recovery_agreed": agreed is not None}
        return super().change_view(request, object_id, form_url, extra_context)

    def print_slip(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Make a new slip for an account that was not activated.

        Raises:
            Http404: there is no such officer.
        """
        account = self.get_object(request, str(pk))
        if account is None:
            raise Http404
        page = HttpResponseRedirect(reverse("admin:accounts_account_change", args=[pk]))
        if request.method != "POST":
            return page
        try:
            slip, code = officers.print_slip(account=account, **self.acting(request))
        except slips.SlipRefused as refused:
            self.message_user(request, str(refused.message), "WARNING")
            return page
        return self.show_slip(request, account, slip, code)

    def recover(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Ask, then propose to recover the account of somebody who lost their ways to sign in.

        Raises:
            Http404: there is no such officer.
        """
        account = self.get_object(request, str(pk))
        if account is None:
            raise Http404
        back = reverse("admin:accounts_account_change", args=[pk])
        if request.method != "POST":
            return self.page(
                request,
                "plain_form",
                title=_("Recover this account?"),
                subtitle=account.sign_in_name,
                note=_(
                    "For an officer or administrator who lost the password or the second factor and still has the"
                    " phone on file. Another administrator approves it and prints the slip. If the phone is lost too,"
                    " close this account and make a new one."
                ),
                form=forms.Form(),
                back=back,
                submit=_("Propose the recovery"),
            )
        try:
            officer_recovery.propose(account=account, **self.acting(request))
        except (slips.SlipRefused, approvals.ApprovalRefused) as refused:
            self.message_user(request, str(refused.message), "WARNING")
            return HttpResponseRedirect(back)
        self.message_user(
            request,
            _("Proposed. Another administrator decides, and prints the slip."),
            "SUCCESS",
        )
        return HttpResponseRedirect(reverse("admin:core_approval_changelist"))

    def print_recovery_slip(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Print the slip that a second administrator agreed to.

        Raises:
            Http404: there is no such officer.
        """
        account = self.get_object(request, str(pk))
        if account is None:
            raise Http404
        page = HttpResponseRedirect(reverse("admin:accounts_account_change", args=[pk]))
        if request.method != "POST":
            return page
        try:
            slip, code = officer_recovery.print_slip(account=account, **self.acting(request))
        except slips.SlipRefused as refused:
            self.message_user(request, str(refused.message), "WARNING")
            return page
        return self.show_slip(request, account, slip, code)

    def end_sessions(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """End every session of an officer or administrator.

        Raises:
            Http404: there is no such officer.
        """
        account = self.get_object(request, str(pk))
        if account is None:
            raise Http404
        if request.method == "POST":
            ended = ending_sessions.end_of(account=account, **self.acting(request))
            self.message_user(request, _("Sessions ended: %(count)s") % {"count": ended}, "SUCCESS")
        return HttpResponseRedirect(reverse("admin:accounts_account_change", args=[pk]))

    def close(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Ask, then close the account of somebody who left.

        Raises:
            Http404: there is no such officer.
        """
        account = self.get_object(request, str(pk))
        if account is None:
            raise Http404
        back = reverse("admin:accounts_account_change", args=[pk])
        if request.method != "POST":
            return self.page(
                request,
                "plain_form",
                title=_("Close this account for good?"),
                subtitle=account.sign_in_name,
                note=_(
                    "Sessions, ways to sign in and roles end at once. It cannot be opened again, and its sign-in"
                    " name is not given out again; the phone is free for a new account."
                ),
                form=forms.Form(),
                back=back,
                submit=_("Close the account"),
            )
        try:
            officers.close_account(account=account, **self.acting(request))
        except officers.OfficerRefused as refused:
            self.message_user(request, str(refused.message), "WARNING")
        else:
            self.message_user(request, _("The account is closed."), "SUCCESS")
        return HttpResponseRedirect(back)

    def show_slip(
        self, request: HttpRequest, account: Account, slip: ActivationSlip, code: str
    ) -> HttpResponse:
        """The slip, once."""
        return self.page(
            request,
            "shown_once",
            title=_("Activation slip"),
            rows=[
                (_("Sign-in name"), account.sign_in_name),
                (_("Activation code"), f"{code[:4]}-{code[4:]}"),
                (_("Slip number"), slip.number),
                (_("Activate before"), f"{clock.today(slip.expires_at):%d/%m/%Y}"),
            ],
            note=_("Shown once: print this page and hand it to the officer in person."),
            back=reverse("admin:accounts_account_change", args=[account.pk]),
        )


@admin.register(OfficeRole)
class OfficeRoleAdmin(ActingMixin, ReadOnlyAdmin):
    """Roles at offices: adding one proposes it, ending one ends it."""

    list_display = ("account", "office", "role", "granted_at", "ended_at")
    list_select_related = ("account", "office")
    ordering = ("-granted_at",)
    fields = ("account", "office", "role", "granted_at", "ended_at")
    readonly_fields = fields
    change_form_template = "admin/accounts/officerole/change_form.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As a proposal."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[Any]:
        """The button that ends a role."""
        view = self.admin_site.admin_view(self.end)
        return [path("<uuid:pk>/end/", view, name="accounts_officerole_end"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Propose a role."""
        form = RoleForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                officers.propose_role(
                    account_id=form.cleaned_data["account"].pk,
                    office_id=form.cleaned_data["office"].pk,
                    role=Role(form.cleaned_data["role"]),
                    **self.acting(request),
                )
            except (officers.OfficerRefused, approvals.ApprovalRefused) as refused:
                form.add_error(None, str(refused.message))
            else:
                self.message_user(request, _("Proposed. Another administrator decides."), "SUCCESS")
                return HttpResponseRedirect(reverse("admin:core_approval_changelist"))
        return self.page(
            request,
            "plain_form",
            title=_("Propose a role at an office"),
            form=form,
            back=reverse("admin:accounts_officerole_changelist"),
            submit=_("Propose"),
        )

    def end(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """End the role.

        Raises:
            Http404: there is no such role.
        """
        if self.get_object(request, str(pk)) is None:
            raise Http404
        if request.method == "POST":
            officers.end_role(role_id=pk, **self.acting(request))
            self.message_user(request, _("The role has ended."), "SUCCESS")
        return HttpResponseRedirect(reverse("admin:accounts_officerole_change", args=[pk]))
