"""The registration of a motorcycle, a car or a trailer."""

from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from documents.enums import Level
from documents.gateways import vehicle_register
from documents.kinds import drawing, typed
from documents.kinds.base import Drawn, Line, NumberRefused, Renewal
from documents.kinds.holding import NamesHolder
from documents.rules import plates
from documents.rules.numbers import Flaw, NotANumber
from documents.rules.papers import RegistryPaper
from documents.rules.plates import Colour, Vehicle

TITLES: Final[dict[Vehicle, Any]] = {
    Vehicle.MOTORCYCLE: _("Motorcycle registration"),
    Vehicle.CAR: _("Car registration"),
    Vehicle.TRAILER: _("Trailer registration"),
}
# Law 36/2024/QH15 art. 36.
COLOURS: Final[dict[Colour, Any]] = {
    Colour.WHITE: pgettext_lazy("plate", "White: private vehicle"),
    Colour.YELLOW: pgettext_lazy("plate", "Yellow: transport for hire"),
    Colour.BLUE: pgettext_lazy("plate", "Blue: state body"),
    Colour.RED: pgettext_lazy("plate", "Red: military"),
}


class VehicleRegistration(NamesHolder):
    """See ``kinds.base.Kind``."""

    code = vehicle_register.VEHICLE
    title: Any = _("Vehicle registration")
    issuer: Any = _("Traffic Police Department")
    icon = "car"
    look = "car"
    party = vehicle_register.PARTY
    number_hint: Any = _("The number plate, for example 59X3-123.45 or 51K-678.90")
    by_person = True
    by_number = True
    template = ""

    def clean_number(self, typed_number: str) -> str:
        """The plate without blanks, dots and dashes.

        Raises:
            NumberRefused: there is no such plate.
        """
        try:
            return plates.normal(typed.plain(typed_number))
        except NotANumber as wrong:
            message: Any
            if wrong.flaw is Flaw.LETTER:
                message = _(
                    "Plates never have the letter %(letter)s: I, J, O, Q and W are not used. Is it a digit?"
                ) % {"letter": wrong.part}
            else:
                message = _(
                    "A plate looks like 59X3-123.45, 51K-678.90 or 30E-1234: province, series, number."
                )
            raise NumberRefused(message) from None

    def draw(self, paper: RegistryPaper, today: date) -> Drawn:
        """The registration; at the least level the vehicle, without its owner."""
        values = paper.values
        vehicle = Vehicle(values["vehicle_type"])
        plate = plates.printed(paper.number, vehicle)
        brand = Line(
            code="brand",
            label=_("Brand and model"),
            value=f"{values['brand']} {values['model']}",
            level=Level.MINIMUM,
        )
        colour = Line(
            code="colour",
            label=pgettext_lazy("vehicle", "Colour"),
            value=values["colour"],
            level=Level.MINIMUM,
        )
        ends = (drawing.valid_until(paper.expires_on),) if paper.expires_on else ()
        return Drawn(
            title=TITLES[vehicle],
            number=plate,
            ending=paper.number[-4:],
            lines=(brand, colour, *ends),
            tell_facts=lambda: (
                Line(
                    code="plate",
                    label=_("Number plate"),
                    value=plate,
                    level=Level.MINIMUM,
                    numeric=True,
                ),
                brand,
                colour,
                drawing.name(paper, _("Owner")),
                Line(
                    code="plate_colour",
                    label=_("Colour of the plate"),
                    value=str(COLOURS[Colour(values["plate_colour"])]),
                    level=Level.BASIC,
                ),
                drawing.valid_until(paper.expires_on),
                *drawing.counted(
                    "chassis_no", _("Chassis number"), values["chassis_no"], Level.FULL
                ),
                *drawing.counted("engine_no", _("Engine number"), values["engine_no"], Level.FULL),
                *drawing.counted("year", _("Year of manufacture"), values["year"], Level.FULL),
                *drawing.counted("seats", _("Seats"), values["seats"] or None, Level.FULL),
                *drawing.worded("engine", _("Engine"), _engine(values), Level.FULL),
                *drawing.dated(
                    "first_registered_on",
                    _("First registered on"),
                    drawing.iso_day(values["first_registered_on"]),
                    Level.FULL,
                ),
                *drawing.holder(paper),
                *drawing.worded(
                    "address", _("Address of the owner"), values["address"], Level.FULL
                ),
                *drawing.issue(paper),
            ),
            expires_on=paper.expires_on,
            icon="bike" if vehicle is Vehicle.MOTORCYCLE else "",
        )

    def renewal(self, paper: RegistryPaper) -> Renewal | None:
        """At the traffic police; None for most vehicles, whose registration does not end."""
        if paper.expires_on is None:
            return None
        return Renewal(href="", action=_("Renew it at an office of the traffic police"))


def _engine(values: Any) -> str:
    """Its size, its power, or both."""
    parts = []
    if values["cylinder_cc"]:
        parts.append(f"{values['cylinder_cc']} cm³")
    if values["power_kw"]:
        parts.append(f"{values['power_kw']} kW")
    return ", ".join(parts)


KIND: Final = VehicleRegistration()
