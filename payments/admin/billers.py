"""Billers: the words and codes of each, and new ones whose bills come without code."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import ReadOnlyAdmin
from eid_portal.core import patterns
from eid_portal.core.text import TextField
from eid_portal.core.widgets import DigitsInput
from payments.models import Biller
from payments.rules import banks, customer_codes
from payments.services import billers
from payments.services.billers import Defined

_WORDS: Final = (
    "code", "name", "name_en", "short_name", "code_pattern", "code_hint", "code_hint_en", "by_person", "in_use",
    "bank", "bank_account",
)  # fmt: skip


class BillerForm(forms.Form):
    """A biller; what is wrong with it the service says."""

    code = TextField(max_length=40, label=gettext_lazy("code"))
    name = TextField(max_length=120, label=gettext_lazy("name"))
    name_en = TextField(max_length=120, label=gettext_lazy("name in English"))
    short_name = TextField(
        max_length=20,
        label=gettext_lazy("short name"),
        help_text=gettext_lazy("For text messages, without marks."),
    )
    code_pattern = TextField(
        max_length=120,
        label=gettext_lazy("pattern of customer codes"),
        help_text=gettext_lazy(r"Letters, digits, \d, [A-Z] and {how many}, for example CC\d{10}"),
    )
    examples = TextField(
        lines=True,
        max_length=1000,
        required=False,
        label=gettext_lazy("codes to try"),
        help_text=gettext_lazy("One a line, made up. They are not kept."),
        widget=forms.Textarea({"rows": 3}),
    )
    code_hint = TextField(max_length=120, label=gettext_lazy("hint about the code"))
    code_hint_en = TextField(max_length=120, label=gettext_lazy("hint in English"))
    by_person = forms.BooleanField(
        label=gettext_lazy("finds bills by personal number"), required=False
    )
    in_use = forms.BooleanField(
        label=gettext_lazy("in use"),
        required=False,
        help_text=gettext_lazy("Out of use nothing new is paid to it; what was paid stays."),
    )
    bank = forms.ChoiceField(
        required=False,
        label=gettext_lazy("bank"),
        choices=[("", gettext_lazy("not settled with here")), *banks.NAMES.items()],
    )
    bank_account = TextField(
        max_length=20,
        required=False,
        label=gettext_lazy("bank account"),
        help_text=gettext_lazy("Where it is paid what it is owed. Two people see it at each settlement."),
        widget=DigitsInput({"autocomplete": "off"}),
    )  # fmt: skip
    decision = forms.ChoiceField(
        choices=[("try", ""), ("keep", "")], widget=forms.HiddenInput, required=False
    )

    def __init__(self, *args: Any, row: Biller | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].disabled = row is not None

    def biller(self) -> Defined:
        """What was typed."""
        return Defined(**{name: self.cleaned_data[name] for name in _WORDS})

    def tried(self) -> str:
        """Which of the codes fit the pattern, in words."""
        fits, others = [], []
        for line in self.cleaned_data["examples"].splitlines():
            try:
                customer_codes.read(line, pattern=self.cleaned_data["code_pattern"])
            except patterns.BadPattern:
                return _("The pattern is not understood.")
            except customer_codes.NotACode:
                others.append(line.strip())
            else:
                fits.append(line.strip())
        return _("Fit: %(fits)s. Do not fit: %(others)s.") % {
            "fits": ", ".join(fits) or "–",
            "others": ", ".join(others) or "–",
        }


@admin.register(Biller)
class BillerAdmin(ActingMixin, ReadOnlyAdmin):
    """The billers; each change is an event, and one is taken out of use, never deleted."""

    list_display = ("code", "name", "kind", "party", "code_pattern", "by_person", "in_use")
    list_filter = ("kind", "in_use")
    fields = list_display
    readonly_fields = fields
    ordering = ("code",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Through our own form."""
        return self.has_view_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Add a biller whose bills come without code."""
        return self._keep(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Change a biller, or take it out of use.

        Raises:
            Http404: there is no such biller.
        """
        row: Biller | None = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return self._keep(request, row)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What was changed stands in the audit.

        Raises:
            Http404: always.
        """
        raise Http404

    def _keep(self, request: HttpRequest, row: Biller | None) -> HttpResponse:
        initial = {name: getattr(row, name) for name in _WORDS} if row else {"in_use": True}
        form = BillerForm(request.POST or None, row=row, initial=initial)
        back, note = reverse("admin:payments_biller_changelist"), ""
        if request.method == "POST" and form.is_valid():
            if form.cleaned_data["decision"] != "keep":
                note = form.tried()
            elif self._is_kept(request, row, form):
                return HttpResponseRedirect(back)
        return self.page(
            request,
            "facts_form",
            place=_("Billers"),
            title=row.code if row else _("Add a biller"),
            facts=[(_("kind"), row.get_kind_display()), (_("party"), row.party)] if row else [],
            note=note,
            form=form,
            back=back,
            submit=_("Keep it"),
            choices=[("keep", _("Keep it")), ("try", _("Try the codes"))],
        )

    def _is_kept(self, request: HttpRequest, row: Biller | None, form: BillerForm) -> bool:
        try:
            billers.keep(form.biller(), is_new=row is None, **self.acting(request))
        except billers.BillerRefused as refused:
            form.add_error(refused.field, str(refused.message))
            return False
        self.message_user(request, _("The biller is kept."), "SUCCESS")
        return True
