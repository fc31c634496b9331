"""The social-insurance number and the record of contributions."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from documents.enums import Level
from documents.gateways import social_insurance
from documents.kinds import drawing, typed
from documents.kinds.base import Drawn, Line, NumberRefused, Renewal
from documents.kinds.holding import NamesHolder
from documents.rules import health_cards, numbers
from documents.rules.numbers import NotANumber
from documents.rules.papers import RegistryPaper
from eid_portal.jinja import whole

_NUMBER_LENGTH: Final = 10  # Decision 1035/QD-BHXH


class SocialInsurance(NamesHolder):
    """See ``kinds.base.Kind``."""

    code = social_insurance.RECORD
    title: Any = _("Social-insurance record")
    issuer: Any = _("Viet Nam Social Security")
    icon = "briefcase"
    look = "bhxh"
    party = social_insurance.PARTY
    number_hint: Any = _("10 digits, for example 012 345 6789")
    by_person = True
    by_number = True
    template = "documents/kinds/social_insurance.html"

    def clean_number(self, typed_number: str) -> str:
        """The number without blanks.

        Raises:
            NumberRefused: it is no social-insurance number.
        """
        try:
            return numbers.digits(typed.plain(typed_number), _NUMBER_LENGTH)
        except NotANumber:
            raise NumberRefused(
                _(
                    "A social-insurance number has 10 digits. It stands on the health card, as its last 10 digits, "
                    "and on the social-insurance book."
                )
            ) from None

    def draw(self, paper: RegistryPaper, today: date) -> Drawn:
        """The record; at the least level how long contributions were paid. Salaries stand on its own page alone."""
        values = paper.values
        paid = Line(
            code="paid",
            label=_("Contributions paid for"),
            value=_time(values["months"]),
            level=Level.MINIMUM,
        )
        number = health_cards.printed(paper.number)
        periods = values["periods"]
        latest = tuple(
            drawing.worded(
                "employer",
                _("Latest employer"),
                periods[-1]["employer"] if periods else "",
                Level.FULL,
            )
        )
        return Drawn(
            title=self.title,
            number=number,
            ending=paper.number[-4:],
            lines=(paid, drawing.name(paper)),
            tell_facts=lambda: (
                paid,
                drawing.name(paper),
                drawing.ending(paper.number),
                *latest,
                *_periods(periods),
                drawing.whole_number(number, _("Social-insurance number")),
                *drawing.holder(paper),
                *drawing.issue(paper),
            ),
            expires_on=None,
            tell_more=lambda: {
                "periods": [
                    {
                        "from": _month(each["from"]),
                        "to": _month(each["to"]),
                        "salary": f"{whole(each['salary'])} ₫",
                    }
                    for each in periods
                ]
            },
        )

    def renewal(self, paper: RegistryPaper) -> Renewal | None:
        """It does not end."""
        return None


def _periods(periods: list[dict[str, Any]]) -> Iterator[Line]:
    """One line for each, by its months."""
    for place, each in enumerate(periods, start=1):
        yield Line(
            code=f"period_{place}",
            label=f"{_month(each['from'])} – {_month(each['to'])}",
            value=each["employer"],
            level=Level.FULL,
            about=_("Each employer, and from when to when"),
        )


def _month(iso: str) -> str:
    year, month = iso.split("-")
    return f"{month}/{year}"


def _time(months: int) -> str:
    """``8 years 3 months``."""
    years, rest = divmod(months, 12)
    parts = []
    if years:
        parts.append(ngettext("%(count)s year", "%(count)s years", years) % {"count": years})
    if rest or not years:
        parts.append(ngettext("%(count)s month", "%(count)s months", rest) % {"count": rest})
    return " ".join(parts)


KIND: Final = SocialInsurance()
