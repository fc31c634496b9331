"""The card of a library's reader."""

from datetime import date
from typing import Any, Final

from documents.enums import Level
from documents.kinds import drawing, typed
from documents.kinds.base import Drawn, Line, NumberRefused, Renewal
from documents.kinds.holding import NamesHolder
from documents.rules import numbers
from documents.rules.papers import RegistryPaper


class ReaderCard(NamesHolder):
    """See ``kinds.base.Kind``."""

    code = "READER_CARD"
    title: Any = "Reader’s card"
    issuer: Any = "National Library"
    icon = "graduation-cap"
    look = "grey"
    party = "libraries"
    number_hint: Any = "12 digits"
    by_person = True
    by_number = True
    template = "documents/kinds/reader_card.html"

    def clean_number(self, typed_number: str) -> str:
        """The number without blanks.

        Raises:
            NumberRefused: it is no reader's.
        """
        try:
            return numbers.digits(typed.plain(typed_number), 12)
        except numbers.NotANumber:
            raise NumberRefused("A reader’s number has 12 digits.") from None

    def draw(self, paper: RegistryPaper, today: date) -> Drawn:
        """The card."""
        shelf = Line(code="shelf", label="Shelf", value=paper.values["shelf"], level=Level.MINIMUM)
        return Drawn(
            title=self.title,
            number=numbers.grouped(paper.number),
            ending=paper.number[-4:],
            lines=(shelf, drawing.valid_until(paper.expires_on)),
            tell_facts=lambda: (shelf, drawing.name(paper), *drawing.holder(paper)),
            expires_on=paper.expires_on,
            tell_more=lambda: {"books": paper.values["books"]},
        )

    def renewal(self, paper: RegistryPaper) -> Renewal | None:
        """At the library."""
        return Renewal(href="", action="Renew it at the library")


KIND: Final = ReaderCard()
