"""The health-insurance card, whichever of its three numbers it has."""

from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from documents.enums import Level
from documents.gateways import social_insurance
from documents.kinds import drawing, health_words, typed
from documents.kinds.base import Drawn, Line, NumberRefused, Renewal
from documents.kinds.holding import NamesHolder
from documents.rules import health_cards
from documents.rules.numbers import Flaw, NotANumber
from documents.rules.papers import RegistryPaper


class HealthInsurance(NamesHolder):
    """See ``kinds.base.Kind``."""

    code = social_insurance.HEALTH_CARD
    title: Any = _("Health-insurance card")
    issuer: Any = _("Viet Nam Social Security")
    icon = "heart-pulse"
    look = "bhyt"
    party = social_insurance.PARTY
    number_hint: Any = _("15 characters such as DN 4 79 0123456789, or its last 10 digits")
    by_person = True
    by_number = True
    template = "documents/kinds/health_insurance.html"

    def clean_number(self, typed_number: str) -> str:
        """The ten digits that one card goes by, typed alone or at the end of fifteen characters; or twelve.

        Raises:
            NumberRefused: no card has such a number.
        """
        try:
            return health_cards.normal(health_cards.number(typed.plain(typed_number)))
        except NotANumber as wrong:
            raise NumberRefused(_refusal(wrong)) from None

    def draw(self, paper: RegistryPaper, today: date) -> Drawn:
        """The card; at the least level whether its holder is insured today."""
        values = paper.values
        begins, ends = drawing.iso_day(values["valid_from"]), paper.expires_on
        insured = begins is not None and ends is not None and begins <= today <= ends
        facility = Line(
            code="facility",
            label=_("First place of treatment"),
            value=values["facility"]["name"],
            level=Level.BASIC,
        )
        five_years = drawing.iso_day(values["five_years_from"])
        benefit = health_words.benefit(values["benefit"])
        category = health_words.category(values["category"])
        until = drawing.valid_until(ends)
        number = health_cards.printed(values["card_no"])
        return Drawn(
            title=self.title,
            number=number,
            ending=paper.number[-4:],
            lines=(facility, until),
            tell_facts=lambda: (
                Line(
                    code="insured",
                    label=_("Insured today"),
                    value=pgettext("answer", "Yes") if insured else pgettext("answer", "No"),
                    level=Level.MINIMUM,
                ),
                drawing.name(paper),
                drawing.ending(paper.number),
                until,
                facility,
                Line(code="benefit", label=_("Benefit"), value=benefit, level=Level.BASIC),
                Line(code="category", label=_("Category"), value=category, level=Level.FULL),
                *drawing.dated("valid_from", _("Valid from"), begins, Level.FULL),
                *drawing.dated(
                    "five_years_from", _("Five years without a gap from"), five_years, Level.FULL
                ),
                drawing.whole_number(number, _("Card number")),
                *drawing.holder(paper),
                *drawing.worded("sex", _("Sex"), _sex(values["sex"]), Level.FULL),
                *drawing.worded("province", _("Province"), values["province"], Level.FULL),
                *drawing.counted(
                    "facility_code",
                    _("Code of the place of treatment"),
                    values["facility"]["code"],
                    Level.FULL,
                ),
                *drawing.issue(paper),
            ),
            expires_on=ends,
            tell_more=lambda: {
                "benefit": benefit,
                "category": category,
                "five_years_from": five_years,
                "five_years_reached": five_years is not None and five_years <= today,
            },
        )

    def renewal(self, paper: RegistryPaper) -> Renewal | None:
        """By whoever pays the premium."""
        if health_cards.CATEGORIES[paper.values["category"]] is health_cards.Group.HOUSEHOLD:
            action = _("Pay the premium at the collection point of your commune")
        else:
            action = _("Whoever pays your premium renews it; ask at the social-insurance office")
        return Renewal(href="", action=action)


def _sex(code: str) -> str:
    return pgettext("sex", "Male") if code == "M" else pgettext("sex", "Female")


def _refusal(wrong: NotANumber) -> Any:
    """Why there is no such card, in words."""
    match wrong.flaw:
        case Flaw.CATEGORY:
            return _(
                "There is no category “%(category)s” of health insurance. Look at the first two letters on the "
                "card, or type its last 10 digits alone."
            ) % {"category": wrong.part}
        case Flaw.BENEFIT:
            return _(
                "The third character of a card number is the benefit, from 1 to 5; “%(benefit)s” is none."
            ) % {"benefit": wrong.part}
        case _:
            return _(
                "A health card has 15 characters such as DN 4 79 0123456789, 10 digits, or the 12 digits of the "
                "personal number."
            )


KIND: Final = HealthInsurance()
