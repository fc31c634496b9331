"""What officials choose and write about files."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from eid_portal.core.text import TextField
from procedures import policy
from procedures.enums import Agency, Outcome

_LONGEST: Final = 2000
Choices = Iterable[tuple[str, Any]]


class BulkAction(TextChoices):
    """What can be done with several files at once."""

    MINE = "mine", pgettext_lazy("files", "Take them")
    GIVE = "give", pgettext_lazy("files", "Give them to a colleague")
    RELEASE = "release", pgettext_lazy("files", "Put them back in the queue")
    MESSAGE = "message", pgettext_lazy("files", "Send a prepared message")


class _RefusalField(forms.ChoiceField):
    """A choice that a refusal needs and nothing else has: it says so where others say that they are optional."""

    needed_for = gettext_lazy("needed for a refusal")


class DecideForm(forms.Form):
    """Grant or refuse; a refusal has a reason of the procedure."""

    prefix = "decide"
    outcome = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            (Outcome.GRANTED.value, gettext_lazy("Grant")),
            (Outcome.REFUSED.value, gettext_lazy("Refuse")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose whether it is granted or refused")},
    )
    refusal = _RefusalField(
        required=False,
        label=gettext_lazy("Reason for the refusal"),
        help_text=gettext_lazy("The citizen reads it with its law and how to appeal."),
    )
    words = TextField(
        required=False,
        lines=True,
        max_length=_LONGEST,
        label=gettext_lazy("Words to the citizen"),
        help_text=gettext_lazy("They stand in the decision of a refusal, word by word."),
        widget=forms.Textarea({"rows": 3}),
    )
    is_exempt = forms.BooleanField(
        required=False,
        label=gettext_lazy("The fee is waived and goes back"),
        help_text=gettext_lazy("Only for whom the procedure names."),
    )

    def __init__(
        self, *args: Any, reasons: Mapping[str, str], may_exempt: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        refusal = self.fields["refusal"]
        if isinstance(refusal, forms.ChoiceField):
            refusal.choices = [("", _("Choose a reason")), *reasons.items()]
        if not may_exempt:
            del self.fields["is_exempt"]

    def clean(self) -> dict[str, Any]:
        """A refusal needs its reason, and what is granted has none."""
        data = super().clean() or {}
        if data.get("outcome") == Outcome.REFUSED and not data.get("refusal"):
            self.add_error("refusal", _("Choose the reason for the refusal"))
        if data.get("outcome") == Outcome.GRANTED and data.get("refusal"):
            self.add_error(
                "refusal",
                _("A reason for refusing was chosen, but it is granted. Choose one or the other"),
            )
        if data.get("outcome") == Outcome.GRANTED and data.get("words"):
            self.add_error(
                "words",
                _("These words stand in a refusal alone. Send the citizen a message instead"),
            )
        return data


class _WordsForm(forms.Form):
    """Prepared words, one's own, or both."""

    template = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Prepared words"),
        help_text=gettext_lazy("They go out in the citizen’s language."),
    )
    words = TextField(
        required=False,
        lines=True,
        max_length=_LONGEST,
        label=gettext_lazy("In your own words"),
        help_text=gettext_lazy("The citizen reads this word by word."),
        widget=forms.Textarea({"rows": 4}),
    )

    def __init__(self, *args: Any, templates: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._templates = dict(templates)
        template = self.fields["template"]
        if templates and isinstance(template, forms.ChoiceField):
            template.choices = [("", _("None")), *templates]
        else:
            del self.fields["template"]

    def clean(self) -> dict[str, Any]:
        """Something is said."""
        data = super().clean() or {}
        if not self.text and "words" not in self.errors and "template" not in self.errors:
            self.add_error("words", _("Write something, or choose prepared words"))
        return data

    @property
    def text(self) -> str:
        """All that is said."""
        prepared = self._templates.get(self.cleaned_data.get("template", ""), "")
        own = self.cleaned_data.get("words") or ""
        return "\n\n".join(part for part in (prepared, own) if part)


class MessageForm(_WordsForm):
    """A message to who filed."""

    prefix = "message"


class CorrectionForm(_WordsForm):
    """What the citizen should answer again, and why."""

    prefix = "correct"
    wanted = forms.MultipleChoiceField(
        label=gettext_lazy("What should be answered again?"),
        help_text=gettext_lazy("Only this can be changed."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose what should be answered again")},
    )
    field_order = ("wanted", "template", "words")

    def __init__(self, *args: Any, wanted: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["wanted"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = list(wanted)


class OpinionForm(forms.Form):
    """Which desk is asked, what, and for how long."""

    prefix = "opinion"
    agency = forms.ChoiceField(
        label=gettext_lazy("Agency"), choices=[("", gettext_lazy("Choose an agency")), *Agency.choices],
        error_messages={"required": gettext_lazy("Choose the agency that is asked")},
    )  # fmt: skip
    province = forms.ChoiceField(required=False, label=gettext_lazy("Province or city"))
    commune = TextField(
        required=False,
        max_length=80,
        label=gettext_lazy("Commune or ward"),
        help_text=gettext_lazy("If it is a commune that is asked."),
    )
    question = TextField(
        lines=True,
        max_length=_LONGEST,
        label=gettext_lazy("Question"),
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": gettext_lazy("Write what you want to know")},
    )
    days = forms.IntegerField(
        label=gettext_lazy("Working days to answer"),
        initial=policy.OPINION_DAYS,
        min_value=1,
        max_value=policy.OPINION_DAYS_MOST,
        widget=forms.TextInput({"inputmode": "numeric", "class": "govuk-input--width-2"}),
    )

    def __init__(self, *args: Any, provinces: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["province"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("The whole country")), *((name, name) for name in provinces)]


class NoteForm(forms.Form):
    """What officials write each other."""

    prefix = "note"
    words = TextField(
        lines=True,
        max_length=_LONGEST,
        label=gettext_lazy("A note for colleagues"),
        help_text=gettext_lazy("Not sent. The citizen may ask to see what is kept of them."),
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": gettext_lazy("Write the note")},
    )


class AnswerForm(forms.Form):
    """What another desk thinks."""

    words = TextField(
        lines=True,
        max_length=_LONGEST,
        label=gettext_lazy("Your opinion"),
        help_text=gettext_lazy("It stands in the file as the opinion of your desk."),
        widget=forms.Textarea({"rows": 6}),
        error_messages={"required": gettext_lazy("Write your opinion")},
    )


class SendBackForm(forms.Form):
    """Why a proposed decision is not agreed to."""

    prefix = "back"
    words = TextField(
        lines=True,
        max_length=_LONGEST,
        label=gettext_lazy("Why it goes back"),
        help_text=gettext_lazy("Your colleague reads it among the notes."),
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": gettext_lazy("Say why it goes back")},
    )


class ColleagueForm(forms.Form):
    """Who gets a file, or all files of somebody who is away."""

    prefix = "give"
    colleague = forms.ChoiceField(
        label=gettext_lazy("Colleague"),
        error_messages={"required": gettext_lazy("Choose a colleague")},
    )

    def __init__(self, *args: Any, colleagues: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["colleague"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("Choose a colleague")), *colleagues]


class PreparedForm(forms.Form):
    """Which prepared message is sent about several files."""

    template = forms.ChoiceField(
        label=gettext_lazy("Prepared words"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the prepared words")},
    )

    def __init__(self, *args: Any, templates: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["template"]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(templates)
