"""Kinds of papers that are defined here, without code: their words, the pattern of their numbers, what is compared."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import ReadOnlyAdmin
from documents import events
from documents.admin.naming import registry_name
from documents.kinds import holding
from documents.models import DefinedKind
from documents.services import defining
from documents.services.defining import Defined, DefinedField
from eid_portal.core import clock, patterns
from eid_portal.core.models import AuditEvent
from eid_portal.core.text import TextField

HISTORY: Final = 20
_PARTS: Final = 5
_FIXED: Final = ("code", "registry", "wire_type")
_WORDS: Final = (
    "code", "name", "name_en", "issuer", "issuer_en", "wire_type", "number_pattern", "number_hint",
    "number_hint_en",
)  # fmt: skip


class FieldsField(TextField):
    """The fields of a kind as people type them, one a line.

    Raises:
        ValidationError: a line has not its five parts.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lines=True, max_length=5000, required=False, **kwargs)

    def clean(self, value: Any) -> tuple[DefinedField, ...]:
        """The fields."""
        found = []
        for line in super().clean(value).splitlines():
            parts = [part.strip() for part in line.split("|")]
            if parts == [""]:
                continue
            if len(parts) != _PARTS:
                raise forms.ValidationError(
                    _("“%(line)s” has not five parts with | between them"),
                    params={"line": line},
                    code="parts",
                )
            code, label, label_en, sort, level = parts
            found.append(
                DefinedField(code=code, label=label, label_en=label_en, sort=sort, level=level)
            )
        return tuple(found)


class KindForm(forms.Form):
    """A kind; what is wrong with it the service says."""

    code = TextField(max_length=40, label=gettext_lazy("code"))
    name = TextField(max_length=80, label=gettext_lazy("name"))
    name_en = TextField(max_length=80, label=gettext_lazy("name in English"))
    issuer = TextField(max_length=120, label=gettext_lazy("issuer"))
    issuer_en = TextField(max_length=120, label=gettext_lazy("issuer in English"))
    registry = forms.ChoiceField(label=gettext_lazy("registry"))
    wire_type = TextField(max_length=40, label=gettext_lazy("the registry's word for it"))
    number_pattern = TextField(
        max_length=120,
        label=gettext_lazy("pattern of the number"),
        help_text=gettext_lazy(r"Letters, digits, \d, [A-Z] and {how many}, for example CC\d{10}"),
    )
    examples = TextField(
        lines=True,
        max_length=1000,
        required=False,
        label=gettext_lazy("numbers to try"),
        help_text=gettext_lazy("One a line, made up. They are not kept."),
        widget=forms.Textarea({"rows": 3}),
    )
    number_hint = TextField(max_length=120, label=gettext_lazy("hint about the number"))
    number_hint_en = TextField(max_length=120, label=gettext_lazy("hint in English"))
    fields_typed = FieldsField(
        label=gettext_lazy("fields"),
        widget=forms.Textarea({"rows": 6}),
        help_text=gettext_lazy(
            "One a line: code | name | name in English | text, number, date or yes_no | MINIMUM, BASIC or FULL"
        ),
    )
    compared = forms.MultipleChoiceField(
        label=gettext_lazy("what is compared"),
        choices=list(holding.LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    in_use = forms.BooleanField(
        label=gettext_lazy("in use"),
        required=False,
        help_text=gettext_lazy("Out of use it can be linked no more; papers in wallets stay."),
    )
    decision = forms.ChoiceField(
        choices=[("try", ""), ("keep", "")], widget=forms.HiddenInput, required=False
    )

    def __init__(self, *args: Any, row: DefinedKind | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        registry: Any = self.fields["registry"]
        registry.choices = list(defining.registries().items())
        if row is not None:
            for name in _FIXED:
                self.fields[name].disabled = True

    def kind(self) -> Defined:
        """What was typed."""
        given = self.cleaned_data
        return Defined(
            **{name: given[name] for name in _WORDS},
            registry=given["registry"],
            fields=given["fields_typed"],
            compared=tuple(given["compared"]),
            in_use=given["in_use"],
        )

    def tried(self) -> str:
        """Which of the numbers fit the pattern, in words."""
        pattern = self.cleaned_data["number_pattern"]
        try:
            patterns.compiled(pattern)
        except patterns.BadPattern:
            return _("The pattern is not understood.")
        lines = self.cleaned_data["examples"].split()
        fits = [line for line in lines if patterns.fits(patterns.compact(line), pattern)]
        others = [line for line in lines if line not in fits]
        return _("Fit: %(fits)s. Do not fit: %(others)s.") % {
            "fits": ", ".join(fits) or "–",
            "others": ", ".join(others) or "–",
        }


@admin.register(DefinedKind)
class DefinedKindAdmin(ActingMixin, ReadOnlyAdmin):
    """The kinds; each change is an event, and a kind is taken out of use, never deleted."""

    list_display = ("code", "name", "held_by", "wire_type", "number_pattern", "in_use")
    fields = list_display
    readonly_fields = fields
    ordering = ("code",)

    @admin.display(description=gettext_lazy("registry"))
    def held_by(self, row: DefinedKind) -> str:
        """Its name."""
        return registry_name(row.registry)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Through our own form."""
        return self.has_view_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Define a kind."""
        return self._define(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Change a kind, or take it out of use.

        Raises:
            Http404: there is no such kind.
        """
        row: DefinedKind | None = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return self._define(request, row)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """It stands on the page of the kind.

        Raises:
            Http404: always.
        """
        raise Http404

    def _define(self, request: HttpRequest, row: DefinedKind | None) -> HttpResponse:
        form = KindForm(request.POST or None, row=row, initial=_initial(row))
        back, note = reverse("admin:documents_definedkind_changelist"), ""
        if request.method == "POST" and form.is_valid():
            if form.cleaned_data["decision"] != "keep":
                note = form.tried()
            elif self._keep(request, form):
                return HttpResponseRedirect(back)
        return self.page(
            request,
            "facts_form",
            place=_("Defined kinds of papers"),
            title=row.code if row else _("Define a kind of paper"),
            facts=_history(row) if row else [],
            note=note,
            form=form,
            back=back,
            submit=_("Keep it"),
            choices=[("keep", _("Keep it")), ("try", _("Try the numbers"))],
        )

    def _keep(self, request: HttpRequest, form: KindForm) -> bool:
        try:
            defining.define(form.kind(), **self.acting(request))
        except defining.DefinitionRefused as refused:
            name = "fields_typed" if refused.field == "fields" else refused.field
            form.add_error(name, str(refused.message))
            return False
        self.message_user(request, _("The kind is kept."), "SUCCESS")
        return True


def _initial(row: DefinedKind | None) -> dict[str, Any]:
    if row is None:
        return {"in_use": True, "compared": list(holding.LABELS)}
    parts = ("code", "label", "label_en", "sort", "level")
    lines = [" | ".join(str(each[part]) for part in parts) for each in row.fields]
    typed = {name: getattr(row, name) for name in (*_WORDS, "registry", "compared", "in_use")}
    return typed | {"fields_typed": "\n".join(lines)}


def _history(row: DefinedKind) -> list[tuple[str, str]]:
    """When it was defined and changed, and by whose account."""
    rows = AuditEvent.objects.filter(name=events.KindDefined.name, target_id=row.pk)
    return [
        (
            f"{event.recorded_at.astimezone(clock.VIET_NAM):%d/%m/%Y %H:%M}",
            str(event.actor_id)[-6:] if event.actor_id else _("The portal itself"),
        )
        for event in rows.order_by("-pk")[:HISTORY]
    ]
