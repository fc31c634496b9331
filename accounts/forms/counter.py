"""What an officer scans, types and ticks at a counter, and the words for what is wrong with it."""

from collections.abc import Collection
from typing import Any, Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.rules import chip as chips
from accounts.rules import scan
from eid_portal.core.text import TextField
from eid_portal.core.widgets import OneTimeCodeInput

FIELD_NAMES: Final = {
    "number": gettext_lazy("the personal number"),
    "old_number": gettext_lazy("the old nine-digit number"),
    "name": gettext_lazy("the full name"),
    "birth_date": gettext_lazy("the birth date"),
    "sex": gettext_lazy("the sex"),
    "residence": gettext_lazy("the place of residence"),
    "issued_on": gettext_lazy("the date of issue"),
    "document_number": gettext_lazy("the document number, line 1"),
    "expires_on": gettext_lazy("the date of expiry, line 2"),
    "composite": gettext_lazy("the whole of lines 1 and 2"),
}
SCAN_ERRORS: Final = {
    "empty": gettext_lazy("Scan the card, or type the personal number"),
    "too_long": gettext_lazy("This is longer than any card. Scan one card at a time"),
    "unreadable": gettext_lazy("The scan holds characters that cannot be seen. Clear the box and scan again"),
    "unknown": gettext_lazy("This is no ID card and no personal number. Scan again, or type the 12 digits"),
    "old_number": gettext_lazy("Nine-digit numbers ended on 31/12/2024. Type the personal number of 12 digits"),
    "thirteen_digits": gettext_lazy("A personal number has 12 digits, not 13. Perhaps a key was pressed twice"),
    "number_length": gettext_lazy("A personal number has 12 digits; this one has %(field)s"),
    "qr_truncated": gettext_lazy("The scan broke off before %(field)s. Hold the card still and scan again"),
    "qr_number": gettext_lazy("The number in the QR code is not 12 digits. Scan again, or scan the back"),
    "qr_old_number": gettext_lazy("The old number in the QR code is not nine digits. Scan again, or scan the back"),
    "qr_name": gettext_lazy("The QR code holds no name. Scan again, or scan the back"),
    "qr_date": gettext_lazy("In the QR code, %(field)s is not a real date. Scan again, or scan the back"),
    "qr_sex": gettext_lazy("In the QR code, the sex is neither Nam nor Nữ. Scan again, or scan the back"),
    "mrz_lines": gettext_lazy("The back of the card has three lines; the scan has %(field)s. Scan again"),
    "mrz_length": gettext_lazy("Line %(field)s does not have 30 characters. Scan again"),
    "mrz_characters": gettext_lazy("Line %(field)s holds characters no card has. Set the keyboard to English"),
    "mrz_document": gettext_lazy("This is not the back of an ID card. A passport cannot be used here"),
    "mrz_country": gettext_lazy("This card is from another country: %(field)s. Only Vietnamese ID cards can be used"),
    "mrz_check_digit": gettext_lazy("The check digit of %(field)s is wrong. Scan again, or call the supervisor"),
    "mrz_numbers": gettext_lazy("The two numbers in line 1 do not agree. Scan again, or call the supervisor"),
    "mrz_date": gettext_lazy("%(field)s is not a real date. Scan again"),
    "mrz_sex": gettext_lazy("Line 2 does not say the sex. Scan again"),
    "mrz_name": gettext_lazy("Line 3 holds no name. Scan again"),
}  # fmt: skip


def scan_message(error: scan.ScanError) -> str:
    """What the officer is told about a scan: what is wrong, and what to do."""
    field = FIELD_NAMES.get(error.field, error.field)
    text = str(SCAN_ERRORS[error.code]) % {"field": field}
    return text[:1].upper() + text[1:]


class ScanField(TextField):
    """The counter's one box; a scanner may begin with a byte-order mark."""

    default_error_messages = {
        "required": SCAN_ERRORS["empty"],
        "max_length": SCAN_ERRORS["too_long"],
        "unreadable": SCAN_ERRORS["unreadable"],
    }

    def to_python(self, value: Any) -> Any:
        """Clean the text, without the mark."""
        return super().to_python(value.replace("\ufeff", "") if isinstance(value, str) else value)


class ScanForm(forms.Form):
    """The box."""

    card = ScanField(
        lines=True,
        max_length=scan.LONGEST,
        label=gettext_lazy("Scan the ID card, or type the personal number"),
        help_text=gettext_lazy("QR code or the three lines on the back. Set the keyboard to English."),
        widget=forms.Textarea({"rows": 3, "class": "mrz", "autocomplete": "off", "spellcheck": "false",
                               "autofocus": True, "data-key": "F2"}),
    )  # fmt: skip

    def clean_card(self) -> scan.Reading:
        """What the box holds, parsed.

        Raises:
            ValidationError: it holds something else.
        """
        try:
            return scan.read(self.cleaned_data["card"])
        except scan.ScanError as error:
            raise ValidationError(scan_message(error), code=error.code) from None


class PhoneForm(forms.Form):
    """The citizen's phone."""

    phone = TextField(
        max_length=20,
        label=gettext_lazy("The citizen's phone"),
        help_text=gettext_lazy("10 digits. The citizen reads the code out to you."),
        error_messages={"required": gettext_lazy("Enter the phone number")},
        widget=forms.TextInput({"class": "idno govuk-input--width-10", "type": "tel", "inputmode": "tel",
                                "autocomplete": "off", "data-key": "F4"}),
    )  # fmt: skip


class PhoneCodeForm(forms.Form):
    """The code the citizen reads out."""

    code = TextField(
        max_length=10,
        label=gettext_lazy("Code on the citizen's phone"),
        error_messages={"required": gettext_lazy("Enter the code")},
        widget=OneTimeCodeInput({"autocomplete": "off", "autofocus": True, "data-key": "F4"}),
    )


class IssueForm(forms.Form):
    """What the officer checked. Which checks there are depends on the case."""

    checks = forms.MultipleChoiceField(
        label=gettext_lazy("I have checked the person at the counter"),
        error_messages={"required": gettext_lazy("Confirm every check, or leave the case open")},
        widget=forms.CheckboxSelectMultiple({"class": "govuk-checkboxes--small"}),
    )
    level_2 = forms.BooleanField(
        required=False,
        label=gettext_lazy("Level 2 was asked for"),
        help_text=gettext_lazy("From 6 to under 14 level 2 is given when a guardian asks for it."),
    )

    def __init__(
        self, *args: Any, checks: Collection[tuple[str, Any]], asks_level: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.MultipleChoiceField", self.fields["checks"]).choices = list(checks)
        if not asks_level:
            del self.fields["level_2"]


class DecisionForm(forms.Form):
    """A supervisor's decision; a refusal says why."""

    note = TextField(
        max_length=500,
        required=False,
        label=gettext_lazy("Reason for refusing"),
        help_text=gettext_lazy("Only for a refusal. Without names or numbers: the note is kept in clear."),
        widget=forms.Textarea({"rows": 2}),
    )  # fmt: skip
    decision = forms.ChoiceField(
        choices=[("approve", ""), ("refuse", "")], widget=forms.HiddenInput, required=False
    )

    def clean(self) -> dict[str, Any]:
        """A refusal needs its note.

        Raises:
            ValidationError: it has none, or no button was pressed.
        """
        data = super().clean() or {}
        if data.get("decision") == "refuse" and not data.get("note") and "note" not in self.errors:
            self.add_error("note", ValidationError(_("Say why you refuse"), code="required"))
        if not data.get("decision"):
            raise ValidationError(_("Choose: approve or refuse"), code="required")
        return data


class TaskForm(forms.Form):
    """A task of the counter: what the officer checked, and what it is about."""

    def __init__(
        self,
        *args: Any,
        checks: Collection[tuple[str, Any]],
        choices: Collection[tuple[str, Any]] = (),
        question: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["checks"] = forms.MultipleChoiceField(
            label=_("Confirm what you checked"),
            choices=list(checks),
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Confirm every check, or leave the case open")},
        )
        if choices:
            self.fields["choice"] = forms.ChoiceField(
                label=question or _("What is it about?"),
                choices=list(choices),
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose what this is about")},
            )


class ManyFiles(forms.FileInput):
    """Several files in one box."""

    allow_multiple_selected = True


class ChipField(forms.Field):
    """The three files of a chip, in any order: each begins with its own tag (ICAO Doc 9303-10 §4.7).

    Raises:
        ValidationError: one is missing, too large, or something else.
    """

    default_error_messages = {
        "required": gettext_lazy("Choose the files DG1, DG2 and SOD of one chip."),
        "large": gettext_lazy("This file is larger than any of a chip."),
    }

    def clean(self, value: Any) -> chips.Files:
        """The files by what they are."""
        found: dict[str, bytes] = {}
        for sent in value or ():
            if sent.size > chips.LONGEST_FILE:
                raise ValidationError(self.error_messages["large"], code="large")
            content = sent.read()
            name = chips.name_of(content)
            if name is not None and name not in found:
                found[name] = content
        if len(found) != len(value or ()) or set(found) != {"dg1", "dg2", "sod"}:
            raise ValidationError(self.error_messages["required"], code="required")
        return chips.Files(**found)


class ChipForm(forms.Form):
    """What the desk's reader, or the officer, sends."""

    chip = ChipField(
        label=gettext_lazy("The chip's files"),
        help_text=gettext_lazy("DG1, DG2 and SOD, as the reader saved them"),
        widget=ManyFiles({"multiple": True}),
    )
