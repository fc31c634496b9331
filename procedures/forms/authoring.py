"""The forms by which a document is written: its usual parts as boxes, the rest as JSON with the line of every fault.

A form is drawn of the document's data and makes other data of it; what is not in the form stays as it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from eid_portal.core.text import TextField
from procedures.enums import Agency, LifeEvent, PauseReason
from procedures.rules import editing, lines
from procedures.rules.documents import TYPES
from procedures.rules.expressions import Unreadable
from procedures.rules.known import SOURCES
from procedures.rules.values import in_language

Data = Mapping[str, Any]
_TEXT: Final = 1000
_PARTS: Final = 3
_LONG: Final = 140  # characters that need a larger box
_KEY: Final = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
_CODE: Final = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
# What a field's own form has boxes for; the rest of it is JSON.
_BOXED: Final = frozenset(
    {"key", "type", "label", "hint", "why", "optional", "known", "suggest", "options"}
)
_KINDS: Final = {
    "text": gettext_lazy("text"),
    "choice": gettext_lazy("one of several answers"),
    "choices": gettext_lazy("several answers"),
    "yes_no": gettext_lazy("yes or no"),
    "number": gettext_lazy("number"),
    "money": gettext_lazy("amount of money"),
    "date": gettext_lazy("date"),
    "address": gettext_lazy("address"),
    "person": gettext_lazy("another person, by personal number"),
    "rows": gettext_lazy("repeating group"),
    "file": gettext_lazy("file"),
    "paper": gettext_lazy("paper from the wallet"),
    "consent": gettext_lazy("another person’s consent"),
}
assert _KINDS.keys() == TYPES.keys()  # noqa: S101 - two tables of one thing


def lines_box(rows: int = 3, **attrs: Any) -> forms.Textarea:
    """A box of several lines."""
    return forms.Textarea({"rows": rows, **attrs})


class PartField(TextField):
    """A part of a document as JSON; empty if it may be left out.

    Raises:
        ValidationError: it is no JSON, with the line.
    """

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        widget = lines_box(rows, spellcheck="false", **{"class": "json"})
        super().__init__(lines=True, max_length=lines.LARGEST, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """As it can be typed."""
        return value if isinstance(value, str | None) else editing.written(value).strip()

    def clean(self, value: Any) -> Any:
        """The part, None if nothing was typed."""
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return lines.load(typed)
        except Unreadable as unreadable:
            raise forms.ValidationError(
                [
                    forms.ValidationError(
                        _("Line %(line)s: %(words)s"),
                        params={"line": fault.line, "words": fault.words},
                        code="json",
                    )
                    for fault in unreadable.faults
                ]
            ) from None


class PartForm(forms.Form):
    """A form of a part of a document. ``was`` is the digest of the text it was drawn of."""

    title: ClassVar[Any]
    note: ClassVar[Any] = ""

    was = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)

    @classmethod
    def drawn_of(cls, data: Data, *, was: str) -> dict[str, Any]:
        """What stands in its boxes before anything is typed."""
        return {"was": was, **cls.boxes(data)}

    @classmethod
    def boxes(cls, data: Data) -> dict[str, Any]:
        """The same, without the digest."""
        raise NotImplementedError

    def onto(self, data: Data) -> dict[str, Any]:
        """The document's data with what was typed."""
        raise NotImplementedError


def _words(typed: str) -> list[str]:
    return [line for line in (each.strip() for each in typed.splitlines()) if line]


# --- The document's own parts ------------------------------------------------------------------------------
class NamesForm(PartForm):
    """How a procedure is called and found."""

    title = gettext_lazy("Name and search words")

    name_vi = TextField(label=gettext_lazy("Name in Vietnamese"), max_length=_TEXT)
    name_en = TextField(label=gettext_lazy("Name in English"), max_length=_TEXT)
    summary_vi = TextField(
        label=gettext_lazy("Whom it is for, in Vietnamese"), max_length=_TEXT, widget=lines_box(2)
    )
    summary_en = TextField(
        label=gettext_lazy("Whom it is for, in English"), max_length=_TEXT, widget=lines_box(2)
    )
    words_vi = TextField(
        lines=True, label=gettext_lazy("Search words in Vietnamese"), max_length=3000, widget=lines_box(5),
        help_text=gettext_lazy("What people type when they look for it, one a line."),
    )  # fmt: skip
    words_en = TextField(
        lines=True, label=gettext_lazy("Search words in English"), max_length=3000, widget=lines_box(5),
        help_text=gettext_lazy("What people type when they look for it, one a line."),
    )  # fmt: skip
    life_events = forms.MultipleChoiceField(
        label=gettext_lazy("Life events"),
        choices=LifeEvent.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    agency = forms.ChoiceField(label=gettext_lazy("Who decides"), choices=Agency.choices)
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes to fill it in"), min_value=1, max_value=120
    )
    national_code = forms.RegexField(
        r"^[0-9]\.[0-9]{6}$", required=False, label=gettext_lazy("Code in the national catalogue"),
        error_messages={"invalid": gettext_lazy("Write it as in 1.004194: a digit, a dot and six digits")},
        help_text=gettext_lazy("For example 1.004194; empty if it has none or it is not known."),
    )  # fmt: skip

    @classmethod
    def boxes(cls, data: Data) -> dict[str, Any]:
        """From the document."""
        return {
            **{
                f"{name}_{language}": data[name][language]
                for name in ("name", "summary")
                for language in ("vi", "en")
            },
            **{f"words_{each}": "\n".join(data["words"][each]) for each in ("vi", "en")},
            **{name: data[name] for name in ("life_events", "agency", "minutes", "national_code")},
        }

    def onto(self, data: Data) -> dict[str, Any]:
        """With the names."""
        given = self.cleaned_data
        return dict(data) | {
            "name": {"vi": given["name_vi"], "en": given["name_en"]},
            "summary": {"vi": given["summary_vi"], "en": given["summary_en"]},
            "words": {each: _words(given[f"words_{each}"]) for each in ("vi", "en")},
            "life_events": given["life_events"],
            "agency": given["agency"],
            "minutes": given["minutes"],
            "national_code": given["national_code"] or None,
        }


class FeeForm(PartForm):
    """What it costs, and who pays nothing."""

    title = pgettext_lazy("state", "Fee")

    amount = PartField(
        required=True, rows=2, label=gettext_lazy("Fee online, đồng"),
        help_text=gettext_lazy("A whole number, or a tree that works it out of the answers."),
    )  # fmt: skip
    at_desk = forms.IntegerField(
        required=False, min_value=0, max_value=10**12, label=gettext_lazy("Fee at the desk, đồng"),
        help_text=gettext_lazy("For comparison; empty if it is the same."),
    )  # fmt: skip
    exempt = PartField(
        rows=8, label=gettext_lazy("Who pays nothing"),
        help_text=gettext_lazy(
            "A list of words in both languages, each with its condition (when) if the portal can tell."
        ),
    )  # fmt: skip
    office = PartField(
        required=True, rows=2, label=gettext_lazy("Whose office decides"),
        help_text=gettext_lazy("The address whose commune or province decides, or \"national\"."),
    )  # fmt: skip

    @classmethod
    def boxes(cls, data: Data) -> dict[str, Any]:
        """From the document."""
        fee = data["fee"]
        return {
            "amount": editing.written(fee["amount"]).strip(),
            "at_desk": fee.get("at_desk"),
            "exempt": fee.get("exempt"),
            "office": editing.written(data["office"]["of"]).strip(),
        }

    def onto(self, data: Data) -> dict[str, Any]:
        """With the fee."""
        given = self.cleaned_data
        fee = {"amount": given["amount"], "at_desk": given["at_desk"], "exempt": given["exempt"]}
        return dict(data) | {"fee": _there(fee), "office": {"of": given["office"]}}


class ClockForm(PartForm):
    """By when it is decided, what stops the clock, and what silence means."""

    title = gettext_lazy("Time limit")

    kind = forms.ChoiceField(
        label=gettext_lazy("Days of"),
        choices=[
            ("working_days", gettext_lazy("working days")),
            ("calendar_days", gettext_lazy("calendar days")),
            ("instant", gettext_lazy("none: decided at once")),
        ],
    )
    count = forms.IntegerField(
        required=False, min_value=0, max_value=400, label=gettext_lazy("How many"),
        help_text=gettext_lazy("0 working days: the same day. Empty if it is decided at once."),
    )  # fmt: skip
    received_before = forms.RegexField(
        r"^([01][0-9]|2[0-3]):[0-5][0-9]$", required=False, label=gettext_lazy("Received before"),
        error_messages={"invalid": gettext_lazy("Write hours and minutes, for example 15:00")},
        help_text=gettext_lazy("For example 15:00: what comes later counts from the next working day."),
    )  # fmt: skip
    pauses = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("The clock stands still while"),
        choices=PauseReason.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    otherwise = PartField(
        rows=5, label=gettext_lazy("What takes another time"),
        help_text=gettext_lazy("A list of conditions (when), each with its count and kind of days."),
    )  # fmt: skip
    silence = forms.ChoiceField(
        label=gettext_lazy("If nobody decides in time"),
        choices=[
            ("nothing", gettext_lazy("It stays open, with an apology and a new date")),
            ("granted", gettext_lazy("It counts as granted")),
        ],
    )
    appeal_vi = TextField(label=gettext_lazy("Appeal to, in Vietnamese"), max_length=_TEXT)
    appeal_en = TextField(label=gettext_lazy("Appeal to, in English"), max_length=_TEXT)
    appeal_days = forms.IntegerField(
        label=gettext_lazy("Appeal within, days"), min_value=1, max_value=365
    )

    @classmethod
    def boxes(cls, data: Data) -> dict[str, Any]:
        """From the document."""
        appeal = data["appeal"]
        return {
            **data["clock"],
            "silence": data["silence"],
            "appeal_vi": appeal["to"]["vi"],
            "appeal_en": appeal["to"]["en"],
            "appeal_days": appeal["days"],
        }

    def clean(self) -> dict[str, Any] | None:
        """Days are counted unless it is decided at once."""
        given = self.cleaned_data
        if "kind" in given and (given["kind"] == "instant") != (given.get("count") is None):
            self.add_error("count", _("Say how many days, unless it is decided at once"))
        return super().clean()

    def onto(self, data: Data) -> dict[str, Any]:
        """With the clock."""
        given = self.cleaned_data
        names = ("kind", "count", "otherwise", "received_before", "pauses")
        to = {"vi": given["appeal_vi"], "en": given["appeal_en"]}
        return dict(data) | {
            "clock": _there({name: given[name] for name in names}),
            "silence": given["silence"],
            "appeal": {"to": to, "days": given["appeal_days"]},
        }


class TextsForm(PartForm):
    """Every text of the document, its languages side by side; drawn of the document it was opened with."""

    title = gettext_lazy("Texts in both languages")

    def __init__(self, *args: Any, data_of: Data, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = list(editing.texts(data_of))
        for at, words in enumerate(self.words):
            for language in ("vi", "en"):
                longest = max(len(words.vi), len(words.en))
                box = lines_box(2 if longest < _LONG else 4, lang=language)
                box.attrs["aria-label"] = f"{'/'.join(map(str, words.place))}, {language}"
                self.fields[f"{language}-{at}"] = TextField(max_length=_TEXT, widget=box)

    @classmethod
    def boxes(cls, data: Data) -> dict[str, Any]:
        """From the document."""
        found: dict[str, Any] = {}
        for at, words in enumerate(editing.texts(data)):
            found |= {f"vi-{at}": words.vi, f"en-{at}": words.en}
        return found

    def rows(self) -> Iterable[tuple[str, Any, Any]]:
        """Where each text stands, and its boxes."""
        for at, words in enumerate(self.words):
            yield "/".join(map(str, words.place)), self[f"vi-{at}"], self[f"en-{at}"]

    def onto(self, data: Data) -> dict[str, Any]:
        """With the texts."""
        given = self.cleaned_data
        return editing.with_texts(
            data,
            [
                editing.Words(words.place, given[f"vi-{at}"], given[f"en-{at}"])
                for at, words in enumerate(self.words)
            ],
        )


# --- Fields ------------------------------------------------------------------------------------------------
class OptionsField(TextField):
    """The answers of a choice as people type them, one a line.

    Raises:
        ValidationError: a line has not its three parts.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lines=True, max_length=20_000, required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """One a line."""
        if isinstance(value, str | None):
            return value
        return "\n".join(
            " | ".join((each["value"], each["label"]["vi"], each["label"]["en"])) for each in value
        )

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """The options, without their hints."""
        found = []
        for line in _words(super().clean(value)):
            parts = [part.strip() for part in line.split("|")]
            if len(parts) != _PARTS or not all(parts):
                raise forms.ValidationError(
                    _("“%(line)s” has not three parts with | between them"),
                    params={"line": line},
                    code="parts",
                )
            found.append({"value": parts[0], "label": {"vi": parts[1], "en": parts[2]}})
        return found


class FieldForm(PartForm):
    """One field: what is asked, and where its answer comes from. ``key`` is empty for a new one."""

    title = gettext_lazy("Field")

    key = forms.RegexField(
        f"^{_KEY}$", max_length=40, label=gettext_lazy("Key"),
        error_messages={"invalid": gettext_lazy("Use small letters, digits and _, and begin with a letter")},
        help_text=gettext_lazy(
            "Small letters, digits and _. Answers of drafts are kept by it: it stays the same in every revision."
        ),
    )  # fmt: skip
    step = forms.ChoiceField(label=gettext_lazy("Page"))
    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=list(_KINDS.items()))
    label_vi = TextField(label=gettext_lazy("Question in Vietnamese"), max_length=_TEXT)
    label_en = TextField(label=gettext_lazy("Question in English"), max_length=_TEXT)
    hint_vi = TextField(label=gettext_lazy("Hint in Vietnamese"), max_length=_TEXT, required=False)
    hint_en = TextField(label=gettext_lazy("Hint in English"), max_length=_TEXT, required=False)
    why_vi = TextField(
        label=gettext_lazy("Why it is asked, in Vietnamese"), max_length=_TEXT, required=False
    )
    why_en = TextField(
        label=gettext_lazy("Why it is asked, in English"), max_length=_TEXT, required=False
    )
    optional = forms.BooleanField(label=gettext_lazy("May be left empty"), required=False)
    comes = forms.ChoiceField(
        label=gettext_lazy("The answer"),
        choices=[
            ("asked", gettext_lazy("is asked")),
            ("known", gettext_lazy("is known: shown, never typed")),
            ("suggest", gettext_lazy("is suggested, and can be changed")),
        ],
    )
    source = forms.ChoiceField(required=False, label=gettext_lazy("What the state knows"))
    options = OptionsField(
        label=gettext_lazy("Answers to choose from"),
        widget=lines_box(5),
        help_text=gettext_lazy("One a line: value | Vietnamese | English"),
    )
    rest = PartField(
        rows=5, label=gettext_lazy("The rest, as JSON"),
        help_text=gettext_lazy(
            "when, default, value, least, most, longest, lines, letters, fields, papers, of: see docs/procedures.md."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, data_of: Data, key: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old = _field_of(data_of, key) if key else {}
        step: Any = self.fields["step"]
        step.choices = [(each["key"], in_language(each["title"])) for each in data_of["steps"]]
        source: Any = self.fields["source"]
        source.choices = [("", "–"), *((name, f"{each.label} ({name})") for name, each in SOURCES.items())]  # fmt: skip
        self.fields["key"].disabled = bool(key)
        self.taken = {each["key"] for one in data_of["steps"] for each in one["fields"]} - {key}

    @classmethod
    def of_field(cls, data: Data, key: str, *, was: str) -> dict[str, Any]:
        """What stands in the boxes for a field of the document."""
        page, _at = editing.find(data, key)
        field = _field_of(data, key)
        boxes = {"was": was, "key": key, "step": data["steps"][page]["key"], "type": field["type"]}
        for name in ("label", "hint", "why"):
            for language in ("vi", "en"):
                boxes[f"{name}_{language}"] = field.get(name, {}).get(language, "")
        comes = next((each for each in ("known", "suggest") if each in field), "asked")
        rest = {name: each for name, each in field.items() if name not in _BOXED}
        return boxes | {
            "optional": field.get("optional", False),
            "comes": comes,
            "source": field.get(comes, ""),
            "options": field.get("options", []),
            "rest": rest or None,
        }

    def clean_key(self) -> str:
        """The key.

        Raises:
            ValidationError: another field has it.
        """
        key: str = self.cleaned_data["key"]
        if key in self.taken:
            raise forms.ValidationError(_("Another field has this key"), code="taken")
        return key

    def clean_rest(self) -> dict[str, Any]:
        """The rest.

        Raises:
            ValidationError: it is no object, or has what has a box of its own.
        """
        rest = self.cleaned_data["rest"]
        if rest is None:
            return {}
        if not isinstance(rest, dict):
            raise forms.ValidationError(_("Write it between { and }"), code="object")
        if boxed := sorted(_BOXED & rest.keys()):
            raise forms.ValidationError(
                _("These have boxes of their own: %(names)s"),
                params={"names": ", ".join(boxed)},
                code="boxed",
            )
        return rest

    def clean(self) -> dict[str, Any] | None:
        """Texts stand in both languages, or in none; what is known has its source."""
        given = self.cleaned_data
        for name in ("hint", "why"):
            both = [given.get(f"{name}_vi"), given.get(f"{name}_en")]
            if any(both) and not all(both):
                empty = f"{name}_en" if both[0] else f"{name}_vi"
                self.add_error(empty, _("Write it in both languages, or in none"))
        if given.get("comes") in {"known", "suggest"} and not given.get("source"):
            self.add_error("source", _("Choose what the state knows"))
        return super().clean()

    def onto(self, data: Data) -> dict[str, Any]:
        """With the field."""
        given = self.cleaned_data
        hints = {
            each["value"]: each["hint"] for each in self.old.get("options", ()) if "hint" in each
        }
        options = [
            each | ({"hint": hints[each["value"]]} if each["value"] in hints else {})
            for each in given["options"]
        ]
        field: dict[str, Any] = {
            "key": given["key"],
            "type": given["type"],
            **{name: _both(given[f"{name}_vi"], given[f"{name}_en"]) for name in ("label", "hint", "why")},
            "optional": given["optional"] or None,
            given["comes"]: given["source"] if given["comes"] != "asked" else None,
            "options": options,
            **given["rest"],
        }  # fmt: skip
        return editing.with_field(data, given["step"], _there(field))


class ShelfForm(PartForm):
    """Fields of the library, to be put on a page."""

    title = gettext_lazy("Add from the library")

    shelf = forms.ChoiceField(label=gettext_lazy("Fields"), widget=forms.RadioSelect)
    step = forms.ChoiceField(label=gettext_lazy("Page"))

    def __init__(self, *args: Any, data_of: Data, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shelf: Any = self.fields["shelf"]
        shelf.choices = [(key, in_language(each.name)) for key, each in editing.library().items()]
        step: Any = self.fields["step"]
        step.choices = [(each["key"], in_language(each["title"])) for each in data_of["steps"]]

    def onto(self, data: Data) -> dict[str, Any]:
        """With the fields at the end of the page."""
        given = self.cleaned_data
        return editing.from_shelf(data, given["step"], editing.library()[given["shelf"]])


# --- The whole ---------------------------------------------------------------------------------------------
class DocumentForm(forms.Form):
    """The whole document as JSON. What cannot be read is told by its line, and kept all the same."""

    was = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    text = TextField(
        lines=True,
        max_length=lines.LARGEST,
        label=gettext_lazy("document"),
        widget=lines_box(40, spellcheck="false", **{"class": "json"}),
    )

    def clean_text(self) -> str:
        """As a file ends."""
        return f"{self.cleaned_data['text']}\n"


class CopyForm(forms.Form):
    """The code of a new procedure."""

    code = forms.RegexField(
        f"^{_CODE}$", max_length=60, label=gettext_lazy("Code"),
        error_messages={"invalid": gettext_lazy("Use small letters, digits and hyphens, and begin with a letter")},
        help_text=gettext_lazy("Small letters, digits and hyphens. It is the same in every revision."),
    )  # fmt: skip


PARTS: Final[Mapping[str, type[PartForm]]] = {
    "names": NamesForm,
    "fee": FeeForm,
    "clock": ClockForm,
}


def _field_of(data: Data, key: str) -> Mapping[str, Any]:
    page, at = editing.find(data, key)
    found: Mapping[str, Any] = data["steps"][page]["fields"][at]
    return found


def _both(vi: str, en: str) -> dict[str, str] | None:
    return {"vi": vi, "en": en} if vi or en else None


def _there(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left empty; a zero is a number."""
    return {name: each for name, each in parts.items() if each not in (None, "", [], {})}


def places(found: Sequence[Any]) -> str:
    """Faults in words, for a form that cannot show their lines."""
    return "; ".join(f"{each.place}: {each.words}" for each in found)
