"""How much of a paper is shown, and to whom, until when and how often a copy is shared."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from documents import policy
from documents.enums import Level
from documents.selectors.showing import Choice
from eid_portal.core import clock
from eid_portal.core.text import TextField


class LevelForm(forms.Form):
    """How much is shown."""

    level = forms.ChoiceField(choices=Level.choices)


class ShareForm(forms.Form):
    """A copy for a purpose."""

    purpose = TextField(
        min_length=5,
        max_length=80,
        label=gettext_lazy("For whom, and what for?"),
        help_text=gettext_lazy(
            "Whoever opens it reads this, so that it cannot be used for something else."
        ),
        error_messages={
            "required": gettext_lazy("Say for whom the copy is, and what for"),
            "min_length": gettext_lazy("Say for whom the copy is, and what for"),
        },
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    level = forms.ChoiceField(
        label=gettext_lazy("What may be seen?"),
        choices=Level.choices,
        error_messages={"required": gettext_lazy("Choose what may be seen")},
        widget=forms.RadioSelect,
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Until when?"),
        coerce=int,
        choices=[(days, days) for days in policy.SHARE_DAYS],
        error_messages={"required": gettext_lazy("Choose until when it can be seen")},
        widget=forms.RadioSelect,
    )
    views = forms.TypedChoiceField(
        label=gettext_lazy("How often?"),
        help_text=gettext_lazy("Each opening counts, also by the same person."),
        coerce=int,
        choices=[(views, views) for views in policy.SHARE_VIEWS],
        error_messages={"required": gettext_lazy("Choose how often it can be seen")},
        widget=forms.RadioSelect,
    )
    press = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, levels: list[Choice], now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose("level", [(one.level.value, one.fields) for one in levels])
        self._choose("days", [(days, _until(days, now)) for days in policy.SHARE_DAYS])
        self._choose(
            "views",
            [
                (views, ngettext("%(count)s time", "%(count)s times", views) % {"count": views})
                for views in policy.SHARE_VIEWS
            ],
        )

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the types
        field.choices = choices


def _until(days: int, now: datetime) -> str:
    last = f"{clock.today(now) + timedelta(days=days):%d/%m/%Y}"
    if days == 1:
        return _("Until the end of tomorrow, %(date)s") % {"date": last}
    return _("%(days)s days, until the end of %(date)s") % {"days": days, "date": last}
