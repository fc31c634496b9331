"""What operations about papers read."""

from typing import Any

from django import forms
from rest_framework import serializers

from accounts.api.account.bodies import Body, OneOf, Text
from documents import policy
from documents.enums import CorrectionSide, Level
from documents.forms.copies import LANGUAGES, CopyForm
from documents.forms.corrections import CorrectionForm
from documents.forms.linking import NumberForm
from documents.forms.showing import ShareForm
from documents.selectors.showing import Choice
from eid_portal.core import clock

_PUBLIC_ID = 22


class OneNumberOf(serializers.ChoiceField):
    """One of some whole numbers."""

    def to_internal_value(self, data: Any) -> Any:
        """No text and no truth value passes for one."""
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid_choice", input=type(data).__name__)
        return super().to_internal_value(data)


class Truth(serializers.BooleanField):
    """True or false, and nothing that may be meant so."""

    def to_internal_value(self, data: Any) -> bool:
        """No number and no text passes for one."""
        if not isinstance(data, bool):
            self.fail("invalid", input=type(data).__name__)
        return data


class WalletBody(Body):
    """Whose wallet."""

    ward = Text(
        max_length=_PUBLIC_ID, required=False, allow_blank=True, default="",
        help_text="the id of a guardianship; else one's own",
    )  # fmt: skip


class RegistriesBody(WalletBody):
    """Which registries are asked; by that the person agrees to each one's words."""

    registries = serializers.ListField(child=Text(max_length=40), max_length=40)


class FoundBody(Body):
    """A paper that a registry found."""

    registry = Text(max_length=40)
    place = serializers.IntegerField(help_text="as the search says")


class NumberBody(WalletBody):
    """A paper by its number; by that the person agrees to the words of its kind."""

    kind = Text(max_length=40)
    number = Text(max_length=40, help_text="as it is printed")

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        """The form of the page."""
        return NumberForm(values, hint="")


class CorrectionBody(Body):
    """Which value is right, of those that can be, and what the office should know."""

    side = OneOf(CorrectionSide)
    words = Text(required=False, allow_blank=True, default="")

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        """The form of the page."""
        return CorrectionForm(values, sides=list(CorrectionSide), words_needed=False)


class LevelBody(Body):
    """How much of the paper is shown."""

    level = OneOf(Level)


class ShareBody(LevelBody):
    """A copy for a purpose; with the same ``form_id`` it is one share however often it is sent."""

    purpose = Text(help_text="for whom, and what for; whoever opens the copy reads it")
    days = OneNumberOf(policy.SHARE_DAYS)
    views = OneNumberOf(policy.SHARE_VIEWS)
    form_id = Text(max_length=_PUBLIC_ID, required=False, allow_blank=True, default="")

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        """The form of the page."""
        levels = [Choice(level=level, fields="") for level in Level]
        press = values["form_id"] or "none"
        return ShareForm(values | {"press": press}, levels=levels, now=clock.now())


class DrawnBody(LevelBody):
    """How much of the paper, and in which language it is drawn."""

    language = OneOf([code for code, _name in LANGUAGES])


class CopyBody(DrawnBody):
    """A signed copy for one purpose."""

    purpose = Text(help_text="for whom, and what for; printed across the copy")

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        """The form of the page."""
        return CopyForm(values, levels=[(level, "") for level in Level])


class CardBody(DrawnBody):
    """A printed card; with the same ``form_id`` it is one card however often it is sent."""

    with_name = Truth(default=True)
    form_id = Text(max_length=_PUBLIC_ID, required=False, allow_blank=True, default="")


class FeedBody(Body):
    """Which link: one that was replaced meanwhile is left alone."""

    id = Text(max_length=_PUBLIC_ID)
