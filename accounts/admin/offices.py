"""Offices and reference data: what people edit, with the days it holds and its source."""

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.admin.paging import PortalAdmin, ReadOnlyAdmin
from accounts.models import CountrySigner, Office, Province, RegistrationCode
from accounts.rules import chip, office_hours
from accounts.services import sessions
from eid_portal.core import audit, clock
from eid_portal.core.text import TextField

NOT_HOURS: Final = {
    "form": _("“%(line)s” is not a line of hours. Write it as 1-5 07:30-11:30: Monday is 1, Sunday 7."),
    "order": _("“%(line)s” ends before it begins. Hours over midnight are two lines, until 24:00 and from 00:00."),
    "overlap": _("“%(line)s” overlaps a line above it."),
}  # fmt: skip


class NetworksField(TextField):
    """Networks in CIDR notation, one a line.

    Raises:
        ValidationError: a line is no network.
    """

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lines=True, **(kwargs | {"max_length": 2000}))

    def prepare_value(self, value: Any) -> Any:
        """The stored list, a line each."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """The list to store."""
        networks = []
        for line in super().clean(value).split():
            try:
                networks.append(str(ip_network(line)))
            except ValueError:
                raise ValidationError(
                    _("“%(line)s” is not a network. Write it as 203.0.113.0/24."),
                    params={"line": line},
                    code="network",
                ) from None
        return networks


class HoursField(TextField):
    """Hours as people type them, days and times a line.

    Raises:
        ValidationError: a line says no hours.
    """

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lines=True, **(kwargs | {"max_length": 1000}))

    def prepare_value(self, value: Any) -> Any:
        """The stored windows, a line each."""
        return office_hours.write_hours(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[list[object]]:
        """The windows to store."""
        try:
            return [list(window) for window in office_hours.read_hours(super().clean(value))]
        except office_hours.NotHours as error:
            raise ValidationError(
                NOT_HOURS[error.code], params={"line": error.line}, code="hours"
            ) from None


if TYPE_CHECKING:
    _OfficeForm = forms.ModelForm[Office]
else:
    _OfficeForm = forms.ModelForm


class OfficeForm(_OfficeForm):
    """An office; its networks and hours are typed a line each."""

    networks = NetworksField(
        label=_("networks"),
        required=False,
        help_text=_(
            "The counters' networks in CIDR notation, one a line. An activation that comes from them waits;"
            " officers sign in from them alone. None: from anywhere."
        ),
    )
    hours = HoursField(
        label=_("hours"),
        required=False,
        help_text=_(
            "When officers sign in, in Viet Nam time, a line each: 1-5 07:30-11:30. Monday is 1, Sunday 7."
            " None: always."
        ),
    )


class RecordedAdmin(PortalAdmin):
    """Every change is an event: what stands here decides about people."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save, and record who changed which columns, in Django's transaction."""
        super().save_model(request, obj, form, change)
        session: Any = request.session
        audit.record(
            events.ReferenceChanged(
                code=self.code_of(obj), added=not change, fields=sorted(form.changed_data)
            ),
            actor=sessions.actor_of(session),
            target=obj,
        )

    def code_of(self, obj: Any) -> str:
        """What a row is called in the event; never a person's."""
        return str(obj.code)


@admin.register(Office)
class OfficeAdmin(RecordedAdmin):
    """Offices with their counters' networks and hours."""

    form = OfficeForm
    list_display = ("code", "name", "province", "valid_from", "valid_to")
    list_select_related = ("province",)
    ordering = ("code",)
    fields = ("code", "name", "name_en", "province", "networks", "hours", "valid_from", "valid_to")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A code once given is printed on slips."""
        return ("code",) if obj else ()


class ReferenceAdmin(RecordedAdmin):
    """Reference data: a value that ended keeps its row."""

    ordering = ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A code is never used for anything else."""
        return ("code",) if obj else ()


@admin.register(Province)
class ProvinceAdmin(ReferenceAdmin):
    """The provinces of today."""

    list_display = ("code", "name", "valid_from", "valid_to", "source", "confidence")


@admin.register(RegistrationCode)
class RegistrationCodeAdmin(ReferenceAdmin):
    """The first three digits of personal numbers."""

    list_display = ("code", "name", "province", "valid_from", "valid_to", "source", "confidence")
    list_select_related = ("province",)


@admin.register(CountrySigner)
class CountrySignerAdmin(ReadOnlyAdmin):
    """Whose chips are believed; operators change it with ``manage.py trust_country_signer``."""

    list_display = (
        "name",
        "standing",
        "list_standing",
        "valid_from",
        "valid_to",
        "added_at",
        "ended_at",
    )
    fields = list_display
    readonly_fields = fields
    ordering = ("-added_at",)

    @admin.display(description=_("state"))
    def standing(self, row: CountrySigner) -> str:
        """Whether chips are believed because of it."""
        if row.ended_at is not None:
            return gettext("Not believed any more")
        now = clock.now()
        valid = row.valid_from <= now <= row.valid_to
        return gettext("Believed") if valid else gettext("Outside its days of validity")

    @admin.display(description=_("list of revoked signers"))
    def list_standing(self, row: CountrySigner) -> str:
        """Whether there is one, and the next is not due."""
        if row.revocation_list is None:
            return gettext("None")
        current = chip.is_current(bytes(row.revocation_list), now=clock.now())
        return gettext("Current") if current else gettext("Out of date: renew it")
