"""Desks: which office decides as which agency, for which place, from when until when."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.admin.offices import RecordedAdmin
from procedures.enums import Agency
from procedures.models import Desk

if TYPE_CHECKING:
    _DeskForm = forms.ModelForm[Desk]
else:
    _DeskForm = forms.ModelForm


_DAY: Final = timedelta(days=1)


class DeskForm(_DeskForm):
    """A desk: one office decides for a place on a day, never two."""

    def clean_party(self) -> str:
        """A system that the portal knows how to reach."""
        party = str(self.cleaned_data["party"])
        if party and party not in settings.OUTSIDE:
            raise forms.ValidationError(_("The portal knows no system of this name"))
        return party

    def clean(self) -> dict[str, Any] | None:
        """A commune stands in its province, and no other desk decides for the same place on any of the days."""
        given = self.cleaned_data
        value = {
            name: given.get(name, getattr(self.instance, name, None))
            for name in ("agency", "province", "commune", "valid_from", "valid_to")
        }
        first, last = value["valid_from"], value["valid_to"]
        if value["commune"] and value["province"] is None:
            self.add_error("commune", _("Choose the province of this commune or ward"))
        if first and last and last <= first:
            self.add_error("valid_to", _("It must end after it begins"))
            last = first
        if first and value["agency"] and self._others(value, first, last):
            at = "valid_from" if "valid_from" in self.fields else "valid_to"
            words = _(
                "Another desk decides for this place on some of these days. End that one first."
            )
            self.add_error(at, words)
        return super().clean()

    def _others(self, value: dict[str, Any], first: date, last: date | None) -> bool:
        rows = Desk.objects.exclude(pk=self.instance.pk).filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=first),
            agency=value["agency"],
            province=value["province"],
            commune__iexact=value["commune"] or "",
        )
        return (rows.filter(valid_from__lt=max(last, first + _DAY)) if last else rows).exists()


@admin.register(Desk)
class DeskAdmin(RecordedAdmin):
    """Who decides what, and where; a desk that ended keeps its row and its files."""

    form = DeskForm
    list_display = ("office", "agency", "province", "commune", "valid_from", "valid_to")
    list_select_related = ("office", "province")
    list_filter = ("agency",)
    ordering = ("agency", "province__name", "commune", "-valid_from")
    fields = ("office", "agency", "province", "commune", "party", "valid_from", "valid_to")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Files were sent there for what it says: it ends, and another begins."""
        return ("office", "agency", "province", "commune", "valid_from") if obj else ()

    def code_of(self, obj: Desk) -> str:
        """Office, agency and area."""
        area = obj.province.code if obj.province else ""
        return " ".join(filter(None, (obj.office.code, Agency(obj.agency).value, area)))
