"""The ID card: the wallet's first paper. It lies with the account, so nothing is linked and no registry asked."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from documents.enums import FieldResult, Level
from documents.kinds import drawing
from documents.kinds.base import Drawn, Line, NumberRefused, Renewal
from documents.rules import ages
from documents.rules.papers import Holder, RegistryPaper

CODE: Final = "ID_CARD"
ADULT: Final = 18  # Civil Code 2015 art. 20
HERE: Final = "VNM"  # ISO 3166-1; of others the card says the code


class IdCard:
    """See ``kinds.base.Kind``."""

    code = CODE
    title: Any = _("ID card")
    issuer: Any = _("Ministry of Public Security")
    icon = "id-card"
    look = "id"
    party = "population"
    number_hint: Any = ""
    by_person = False
    by_number = False
    template = ""

    def clean_number(self, typed: str) -> str:
        """It is not linked.

        Raises:
            NumberRefused: always.
        """
        raise NumberRefused(_("The ID card is in your wallet by itself."))

    def compare(self, holder: Holder, paper: RegistryPaper) -> Mapping[str, FieldResult]:
        """Nothing: it is made from what the population register says."""
        return {}

    def value_of(self, field_code: str, holder: Holder, paper: RegistryPaper) -> tuple[str, str]:
        """Nothing is compared."""
        return "", ""

    def field_label(self, field_code: str) -> Any:
        """Nothing is compared."""
        return ""

    def draw(self, paper: RegistryPaper, today: date) -> Drawn:
        """The card: at the least level a photo and whether its holder is of age."""
        number = paper.number
        expires = f"{paper.expires_on:%d/%m/%Y}" if paper.expires_on else gettext("No expiry")
        name = Line(
            code="name", label=_("Full name"), value=paper.holder_name.upper(), level=Level.BASIC
        )
        ends = Line(
            code="expires_on",
            label=_("Valid until"),
            value=expires,
            level=Level.BASIC,
            numeric=True,
        )
        return Drawn(
            title=self.title,
            number="•••• •••• " + number[-4:],
            ending=number[-4:],
            lines=(name, ends),
            tell_facts=lambda: tuple(_facts(paper, today, name, ends)),
            expires_on=paper.expires_on,
        )

    def renewal(self, paper: RegistryPaper) -> Renewal | None:
        """At any counter."""
        return (
            None
            if paper.expires_on is None
            else Renewal(href="/help/", action=_("Renew at any ID-card counter"))
        )


def _facts(paper: RegistryPaper, today: date, name: Line, ends: Line) -> list[Line]:
    number, born = paper.number, paper.holder_birth_date
    facts = [name]
    if born is not None:
        adult = ages.on(born, today) >= ADULT
        facts = [
            Line(
                code="adult",
                label=_("Aged 18 or over"),
                value=pgettext("answer", "Yes") if adult else pgettext("answer", "No"),
                level=Level.MINIMUM,
            ),
            name,
        ]
    facts += [
        Line(
            code="ending",
            label=_("Number ends in"),
            value=number[-4:],
            level=Level.BASIC,
            numeric=True,
        ),
        ends,
        Line(
            code="number",
            label=_("Personal number"),
            value=" ".join(number[i : i + 3] for i in range(0, len(number), 3)),
            level=Level.FULL,
            numeric=True,
        ),
    ]
    facts += drawing.dated("birth_date", _("Date of birth"), born, Level.FULL)
    values = dict(paper.values)
    if values.get("nationality") == HERE:
        values["nationality"] = pgettext("nationality", "Viet Nam")
    facts += [
        Line(code=code, label=label, value=str(values[code]), level=Level.FULL)
        for code, label in (
            ("sex", _("Sex")),
            ("nationality", _("Nationality")),
            ("residence", _("Place of residence")),
        )
        if values.get(code)
    ]
    facts += drawing.dated("issued_on", _("Issued on"), paper.issued_on, Level.FULL)
    return facts


KIND: Final = IdCard()
