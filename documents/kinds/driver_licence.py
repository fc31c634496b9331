"""The driver licence, its classes before and since 2025, and its points."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from documents import policy
from documents.enums import Level
from documents.gateways import traffic_police
from documents.kinds import drawing, licence_words, typed
from documents.kinds.base import Drawn, Line, NumberRefused, Renewal
from documents.kinds.holding import NamesHolder, day
from documents.rules import licences
from documents.rules.licences import LicenceClass
from documents.rules.numbers import Flaw, NotANumber, grouped
from documents.rules.papers import RegistryPaper


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """A class as the licence's page lists it."""

    code: str
    drives: Any
    passed_on: date
    valid_until: date | None
    is_valid: bool
    years: int | None  # how long such a class is given for
    becomes: str  # what an exchange makes of it; empty if it stays


class DriverLicence(NamesHolder):
    """See ``kinds.base.Kind``."""

    code = traffic_police.LICENCE
    title: Any = _("Driver licence")
    issuer: Any = _("Traffic Police Department")
    icon = "car"
    look = "lic"
    party = traffic_police.PARTY
    number_hint: Any = _("12 digits, for example 790 123 456 767")
    by_person = True
    by_number = True
    template = "documents/kinds/driver_licence.html"

    def clean_number(self, typed_number: str) -> str:
        """The number without blanks.

        Raises:
            NumberRefused: it is no licence number.
        """
        try:
            return licences.number(typed.plain(typed_number))
        except NotANumber as wrong:
            if wrong.flaw is Flaw.CHARACTERS:
                raise NumberRefused(_("A licence number has digits and no Đ.")) from None
            raise NumberRefused(
                _(
                    "A licence number has 12 digits, for example 790 123 456 767. On an old paper licence it has "
                    "5 to 9 digits, perhaps after one or two letters."
                )
            ) from None

    def draw(self, paper: RegistryPaper, today: date) -> Drawn:
        """The licence; at the least level the classes that may be driven with today."""
        classes = _classes(paper)
        valid = ", ".join(each.code for each in licences.valid(classes, today))
        named = valid or ", ".join(each.code for each in classes)
        ends = licences.first_end(classes, today)
        points = f"{paper.values['points']}/{policy.LICENCE_POINTS}"
        on_card = (
            Line(code="class", label=_("Class"), value=named, level=Level.MINIMUM),
            Line(
                code="points", label=_("Points left"), value=points, level=Level.FULL, numeric=True
            ),
            drawing.valid_until(ends),
        )
        number = grouped(paper.number) if licences.is_card(paper.number) else paper.number
        return Drawn(
            title=_("Driver licence, classes %(classes)s") % {"classes": named},
            number=number,
            ending=paper.number[-4:],
            lines=on_card,
            tell_facts=lambda: (
                Line(
                    code="classes",
                    label=_("Classes valid today"),
                    value=valid or gettext("None"),
                    level=Level.MINIMUM,
                ),
                drawing.name(paper),
                drawing.ending(paper.number),
                *_ends(classes),
                on_card[1],
                drawing.whole_number(number, _("Licence number")),
                *drawing.holder(paper),
                *drawing.issue(paper),
                *drawing.worded(
                    "address", _("Address on the licence"), paper.values["address"], Level.FULL
                ),
            ),
            expires_on=ends,
            tell_more=lambda: {
                "classes": _rows(paper, classes, today),
                "old_form": paper.values["old_form"],
            },
        )

    def renewal(self, paper: RegistryPaper) -> Renewal | None:
        """Where the traffic police exchange it; None if no class ends."""
        if all(each.valid_until is None for each in _classes(paper)):
            return None
        return Renewal(
            href="",
            action=_("Exchange it at an office of the traffic police"),
        )


def _classes(paper: RegistryPaper) -> tuple[LicenceClass, ...]:
    return licences.in_order(
        (
            LicenceClass(
                code=each["code"],
                passed_on=date.fromisoformat(each["passed_on"]),
                valid_until=drawing.iso_day(each["valid_until"]),
            )
            for each in paper.values["classes"]
        ),
        old_form=paper.values["old_form"],
    )


def _ends(classes: tuple[LicenceClass, ...]) -> Iterator[Line]:
    for each in classes:
        yield Line(
            code=f"class_{each.code}",
            label=_("Class %(code)s valid until") % {"code": each.code},
            value=day(each.valid_until) or gettext("No expiry"),
            level=Level.BASIC,
            numeric=each.valid_until is not None,
            about=_("Until when each class is valid"),
        )


def _becomes(code: str) -> str:
    new = licences.exchanged(code)
    return "" if new == code else new


def _rows(
    paper: RegistryPaper, classes: tuple[LicenceClass, ...], today: date
) -> tuple[ClassRow, ...]:
    old_form = paper.values["old_form"]
    years = licences.known(old_form=old_form)
    return tuple(
        ClassRow(
            code=each.code,
            drives=licence_words.of(each.code, old_form=old_form),
            passed_on=each.passed_on,
            valid_until=each.valid_until,
            is_valid=each.is_valid(today),
            years=years[each.code],
            becomes=_becomes(each.code) if old_form else "",
        )
        for each in classes
    )


KIND: Final = DriverLicence()
