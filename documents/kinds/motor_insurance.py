"""The certificate of compulsory liability insurance of a motor vehicle."""

from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from documents.enums import Level
from documents.gateways import motor_insurance
from documents.kinds import drawing, typed
from documents.kinds.base import Drawn, Line, NumberRefused, Renewal
from documents.kinds.holding import NamesHolder, day
from documents.rules import numbers, plates
from documents.rules.numbers import NotANumber
from documents.rules.papers import RegistryPaper
from documents.rules.plates import Vehicle
from eid_portal.jinja import whole


class MotorInsurance(NamesHolder):
    """See ``kinds.base.Kind``."""

    code = motor_insurance.CERTIFICATE
    title: Any = _("Motor liability insurance")
    issuer: Any = _("Insurance company")
    icon = "shield-check"
    look = "car"
    party = motor_insurance.PARTY
    number_hint: Any = _("The number of the certificate, as it stands on it")
    by_person = True
    by_number = True
    template = ""

    def clean_number(self, typed_number: str) -> str:
        """The number in capitals, without blanks, dots and dashes.

        Raises:
            NumberRefused: it is no number of a certificate.
        """
        try:
            return numbers.insurance_certificate(typed.plain(typed_number))
        except NotANumber:
            raise NumberRefused(
                _(
                    "A certificate number has 6 to 20 letters and digits, at least 4 of them digits. Copy it from the "
                    "certificate."
                )
            ) from None

    def draw(self, paper: RegistryPaper, today: date) -> Drawn:
        """The certificate; at the least level the vehicle, the insurer and how long it is insured."""
        values = paper.values
        plate = Line(
            code="plate",
            label=_("Number plate"),
            # The insurer does not say what vehicle it is; all plates but the oldest read one way alone.
            value=plates.printed(values["plate"], Vehicle.CAR),
            level=Level.MINIMUM,
            numeric=True,
        )
        insurer = Line(code="insurer", label=_("Insurer"), value=paper.issuer, level=Level.MINIMUM)
        ends = Line(
            code="expires_on",
            label=_("Valid until"),
            value=day(paper.expires_on),
            level=Level.MINIMUM,
            numeric=True,
        )
        return Drawn(
            title=self.title,
            number=paper.number,
            ending=paper.number[-4:],
            lines=(plate, insurer, ends),
            tell_facts=lambda: (
                plate,
                insurer,
                ends,
                drawing.name(paper, _("Owner of the vehicle")),
                drawing.ending(paper.number),
                *drawing.dated(
                    "valid_from",
                    _("Valid from"),
                    drawing.iso_day(values["valid_from"]),
                    Level.FULL,
                ),
                *drawing.counted(
                    "chassis_no", _("Chassis number"), values["chassis_no"], Level.FULL
                ),
                *drawing.counted(
                    "premium", _("Premium"), f"{whole(values['premium'])} ₫", Level.FULL
                ),
                drawing.whole_number(paper.number, _("Certificate number")),
                *drawing.holder(paper),
            ),
            expires_on=paper.expires_on,
        )

    def renewal(self, paper: RegistryPaper) -> Renewal | None:
        """At any insurer."""
        return Renewal(href="", action=_("Take out a new one with any insurer"))


KIND: Final = MotorInsurance()
