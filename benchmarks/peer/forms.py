"""The peer's form: a ModelForm with the same questions as the portal's page."""

from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from benchmarks.peer.models import Province, Stay

MONTHS = {"half_year": 6, "one_year": 12, "two_years": 24}


class StayForm(forms.ModelForm):
    """Where somebody will live, and for how long."""

    province = forms.ModelChoiceField(
        Province._default_manager.order_by("name"), to_field_name="name", empty_label=_("Choose")
    )
    start = forms.DateField(widget=forms.SelectDateWidget(years=range(2024, 2028)))

    class Meta:
        model = Stay
        fields = ["province", "commune", "line", "start", "duration"]
        widgets = {"duration": forms.RadioSelect}

    def clean_start(self):
        """Not too far back or ahead."""
        start, today = self.cleaned_data["start"], date.today()  # noqa: DTZ011 - an ordinary project
        if not today - timedelta(days=730) <= start <= today + timedelta(days=92):
            raise forms.ValidationError(_("Enter a date"))
        return start

    def clean(self):
        """Another commune, and a stay that is not over."""
        super().clean()
        given = self.cleaned_data
        person = self.instance.user.person
        province = given.get("province")
        if (province and province.name, given.get("commune")) == (person.province, person.commune):
            self.add_error("commune", _("Enter another place"))
        if given.get("start") and given.get("duration"):
            self.instance.set_until(given["start"], MONTHS[given["duration"]])
            if self.instance.until <= date.today():  # noqa: DTZ011 - an ordinary project
                self.add_error("duration", _("Enter a date"))
        return given
