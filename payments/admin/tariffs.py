"""Prices, limits, fees and figures of the law: what holds, what held, and what follows on which day."""

import json
from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import ReadOnlyAdmin
from eid_portal.core import clock, strict_json
from eid_portal.core.models import AuditEvent
from eid_portal.core.text import TextField
from payments import events
from payments.enums import BillerKind
from payments.models import Biller, Tariff
from payments.rules import tariffs as rules
from payments.services import tariffs

HISTORY: Final = 20
_DEPTH: Final = 4  # of tiers; nothing is deeper
_NAMES: Final = {
    rules.ELECTRICITY: gettext_lazy("Electricity of households, tiers before VAT"),
    rules.ELECTRICITY_VAT: gettext_lazy("VAT on electricity"),
    rules.BASE_SALARY: gettext_lazy("Base salary and reference level"),
    rules.POVERTY_LINE: gettext_lazy("Poverty line of rural areas"),
    rules.HEALTH_PREMIUM: gettext_lazy("Premium of household health insurance"),
    rules.SOCIAL_PREMIUM: gettext_lazy("Premium of voluntary social insurance"),
    rules.LIMITS: gettext_lazy("Limits of payments and what they need"),
    rules.FEES: gettext_lazy("Fees of the portal"),
}


def name_of(name: str) -> str:
    """A row's name for people."""
    if name in _NAMES:
        return str(_NAMES[name])
    return _("Water: %(biller)s") % {"biller": name.partition(":")[2]}


class ValuesField(TextField):
    """Figures as JSON.

    Raises:
        ValidationError: they are no JSON.
    """

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lines=True, max_length=4000, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The stored figures, as they can be typed."""
        return value if isinstance(value, str | None) else json.dumps(value, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        """The figures to store."""
        try:
            return strict_json.loads(super().clean(value).encode(), depth=_DEPTH)
        except strict_json.NotStrict:
            raise forms.ValidationError(
                _("This is not JSON. Begin with the figures of the day before, and change the numbers."),
                code="json",
            ) from None  # fmt: skip


class TariffForm(forms.Form):
    """Figures and their first day; what is wrong with them the service says."""

    name = forms.ChoiceField(label=gettext_lazy("name"))
    from_day = forms.DateField(
        label=gettext_lazy("from"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    values = ValuesField(label=gettext_lazy("values"), widget=forms.Textarea({"rows": 5}))
    source = TextField(
        max_length=200,
        label=gettext_lazy("source"),
        help_text=gettext_lazy("Where the figures stand: law, article, day."),
    )
    confidence = forms.ChoiceField(
        label=gettext_lazy("confidence"), choices=list(tariffs.CONFIDENCE.items())
    )

    def __init__(self, *args: Any, row: Tariff | None, begun: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name: Any = self.fields["name"]
        codes = Biller.objects.filter(kind=BillerKind.WATER).values_list("code", flat=True)
        names = [*_NAMES, *(rules.water(code) for code in codes.order_by("code"))]
        name.choices = [(each, name_of(each)) for each in names]
        name.disabled = row is not None
        self.fields["from_day"].disabled = row is not None and not begun


@admin.register(Tariff)
class TariffAdmin(ActingMixin, ReadOnlyAdmin):
    """Every row there ever was; each change is an event, and what was in force stays."""

    list_display = ("called", "from_day", "standing", "sureness", "source")
    fields = list_display
    readonly_fields = fields
    ordering = ("name", "-from_day")

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def called(self, row: Tariff) -> str:
        """In words."""
        return name_of(row.name)

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, row: Tariff) -> str:
        """Whether it holds, held, or is to begin."""
        today = clock.today(clock.now())
        if row.from_day > today:
            return _("begins on that day")
        later = Tariff.objects.filter(name=row.name, from_day__gt=row.from_day)
        followed = later.order_by("from_day").values_list("from_day", flat=True).first()
        if followed is None:
            return _("holds")
        if followed > today:
            return _("holds until %(day)s") % {"day": _day(followed)}
        return _("held until %(day)s") % {"day": _day(followed)}

    @admin.display(description=gettext_lazy("confidence"), ordering="confidence")
    def sureness(self, row: Tariff) -> str:
        """In words."""
        return str(tariffs.CONFIDENCE[row.confidence])

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Through our own form."""
        return self.has_view_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Keep figures of any name."""
        return self._page(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Figures, and the form for what follows them; those that have not begun are changed or taken back.

        Raises:
            Http404: there are none of that key.
        """
        row: Tariff | None = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return self._page(request, row)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """It stands on the page of the figures.

        Raises:
            Http404: always.
        """
        raise Http404

    def _page(self, request: HttpRequest, row: Tariff | None) -> HttpResponse:
        begun = row is not None and row.from_day <= clock.today(clock.now())
        form = TariffForm(request.POST or None, row=row, begun=begun, initial=_initial(row, begun))
        back = reverse("admin:payments_tariff_changelist")
        if request.method == "POST":
            if row and request.POST.get("decision") == "withdraw":
                return self._withdraw(request, row)
            if form.is_valid() and self._is_kept(request, form):
                return HttpResponseRedirect(back)
        keep = _("Keep what follows") if begun else _("Keep it")
        choices = [("keep", keep)]
        if row is not None and not begun:
            choices.append(("withdraw", _("Take it back")))
        return self.page(
            request,
            "facts_form",
            place=_("Tariffs"),
            title=name_of(row.name) if row else _("Keep figures"),
            facts=_facts(row) if row else [],
            form=form,
            back=back,
            submit=keep,
            choices=choices,
        )

    def _is_kept(self, request: HttpRequest, form: TariffForm) -> bool:
        try:
            tariffs.keep(**form.cleaned_data, **self.acting(request))
        except tariffs.TariffRefused as refused:
            form.add_error(refused.field, str(refused.message))
            return False
        self.message_user(request, _("The figures are kept."), "SUCCESS")
        return True

    def _withdraw(self, request: HttpRequest, row: Tariff) -> HttpResponse:
        try:
            tariffs.withdraw(tariff_id=row.pk, **self.acting(request))
        except (tariffs.TariffRefused, tariffs.NoSuchTariff) as refused:
            self.message_user(request, str(refused.message), "ERROR")
        else:
            self.message_user(request, _("The figures are taken back."), "SUCCESS")
        return HttpResponseRedirect(reverse("admin:payments_tariff_changelist"))


def _initial(row: Tariff | None, begun: bool) -> dict[str, Any]:  # noqa: FBT001 - of this page alone
    if row is None:
        return {}
    initial = {"name": row.name, "values": row.values}
    if not begun:
        initial |= {"from_day": row.from_day, "source": row.source, "confidence": row.confidence}
    return initial


def _facts(row: Tariff) -> list[tuple[str, str]]:
    """The figures of that name, newest first, and when and by whose account this row was kept."""
    rows = Tariff.objects.filter(name=row.name).order_by("-from_day")[:HISTORY]
    kept = AuditEvent.objects.filter(name=events.TariffKept.name, target_id=row.pk)
    return [
        *((_day(each.from_day), f"{json.dumps(each.values)} ({each.source})") for each in rows),
        *(
            (
                f"{event.recorded_at.astimezone(clock.VIET_NAM):%d/%m/%Y %H:%M}",
                _("kept by account …%(account)s") % {"account": str(event.actor_id)[-6:]},
            )
            for event in kept.order_by("-pk")[:HISTORY]
        ),
    ]


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
