"""Kinds of papers that an administrator defined without code."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from documents.enums import FieldResult, FieldSort, Level
from documents.gateways.definitions import DefinedField, Definition
from documents.kinds import drawing, typed
from documents.kinds.base import Drawn, Line, NumberRefused, Renewal
from documents.kinds.holding import BIRTH_DATE, PERSONAL_NUMBER, NamesHolder, day
from documents.rules import people
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core import patterns
from eid_portal.jinja import whole


class DefinedPaper(NamesHolder):
    """See ``kinds.base.Kind``."""

    icon = "file-check"
    look = "grey"
    by_person = True
    template = ""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.code = definition.code
        self.party = definition.registry
        self.by_number = definition.in_use
        self.title: Any = _in_readers_language(definition.name, definition.name_en)
        self.issuer: Any = _in_readers_language(definition.issuer, definition.issuer_en)
        self.number_hint: Any = _in_readers_language(
            definition.number_hint, definition.number_hint_en
        )

    def clean_number(self, typed_number: str) -> str:
        """The number in capitals, without blanks, dots and dashes.

        Raises:
            NumberRefused: it is not as its pattern says.
        """
        number = patterns.compact(typed.plain(typed_number))
        if not patterns.fits(number, self.definition.number_pattern):
            raise NumberRefused(
                _("A number of such a paper looks different: %(hint)s.")
                % {"hint": self.number_hint}
            )
        return number

    def compare(self, holder: Holder, paper: RegistryPaper) -> Mapping[str, FieldResult]:
        """What the definition says is compared; without the number a birth date must be on the paper too."""
        compared = self.definition.compared
        results = dict(super().compare(holder, paper))
        if PERSONAL_NUMBER not in compared:
            results[BIRTH_DATE] = people.birth_date(paper.holder_birth_date, holder.birth_date)
        return {code: result for code, result in results.items() if code in compared}

    def draw(self, paper: RegistryPaper, today: date) -> Drawn:
        """The paper; at the least level its name, beside the fields that the definition puts there."""
        ends = drawing.valid_until(paper.expires_on)
        own = [line for each in self.definition.fields for line in _line(each, paper)]
        issued_by = Line(
            code="issuer",
            label=pgettext_lazy("paper", "Issued by"),
            value=paper.issuer,
            level=Level.BASIC,
        )
        return Drawn(
            title=self.title,
            number=paper.number,
            ending=paper.number[-4:],
            lines=(*own[:1], drawing.name(paper), ends),
            tell_facts=lambda: (
                Line(code="kind", label=_("Paper"), value=str(self.title), level=Level.MINIMUM),
                drawing.name(paper),
                drawing.ending(paper.number),
                *own,
                ends,
                issued_by,
                *drawing.dated("issued_on", _("Issued on"), paper.issued_on, Level.FULL),
                drawing.whole_number(paper.number),
                *drawing.holder(paper),
            ),
            expires_on=paper.expires_on,
        )

    def renewal(self, paper: RegistryPaper) -> Renewal | None:
        """By whoever issued it; None if it does not end."""
        if paper.expires_on is None:
            return None
        return Renewal(href="", action=_("Ask %(issuer)s to renew it") % {"issuer": paper.issuer})


def _either(vietnamese: str, english: str) -> str:
    return english if get_language() == "en" else vietnamese


_in_readers_language = lazy(_either, str)


def _line(each: DefinedField, paper: RegistryPaper) -> Iterator[Line]:
    """The line of a field, if the paper has it."""
    value = paper.values.get(each.code)
    if value is None:
        return
    words = ""
    match FieldSort(each.sort):
        case FieldSort.TEXT:
            words = value
        case FieldSort.NUMBER:
            words = whole(value)
        case FieldSort.DATE:
            words = day(date.fromisoformat(value))
        case FieldSort.YES_NO:
            words = pgettext("answer", "Yes") if value else pgettext("answer", "No")
    yield Line(
        code=f"field_{each.code}",
        label=_either(each.label, each.label_en),
        value=words,
        level=Level(each.level),
        numeric=each.sort in {FieldSort.NUMBER, FieldSort.DATE},
    )
