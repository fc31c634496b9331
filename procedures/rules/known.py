"""What the state knows of who files, by the names that procedures use; values are read anew at each use."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from procedures.rules.expressions import Type


@dataclass(frozen=True, slots=True)
class Known:
    """A source: what it is worth, what it is called, who keeps it, and the page where a wrong one is corrected."""

    type: Type
    label: Any
    kept_by: Any
    corrected_at: str = "/account/data/"


_REGISTER: Final = _("Population register")
_EID: Final = _("e-ID account")
_FILER: Final = _("e-ID of who files")  # who is reached, also where it is for somebody else
_LICENCES: Final = _("Register of driver licences")
_HEALTH: Final = _("Social insurance")
SOURCES: Final[Mapping[str, Known]] = MappingProxyType(
    {
        "full_name": Known(Type.TEXT, _("Full name"), _REGISTER),
        "birth_date": Known(Type.DATE, _("Date of birth"), _REGISTER),
        "sex": Known(Type.TEXT, _("Sex"), _REGISTER),
        "nationality": Known(Type.TEXT, _("Nationality"), _REGISTER),
        "personal_number": Known(Type.TEXT, _("Personal number"), _REGISTER),
        "residence": Known(Type.ADDRESS, _("Permanent residence"), _REGISTER),
        "stay_address": Known(Type.ADDRESS, _("Temporary residence"), _REGISTER),
        "stay_until": Known(Type.DATE, _("Temporary residence until"), _REGISTER),
        "stay_owner": Known(Type.TEXT, _("Personal number of the owner of the temporary residence"), _REGISTER),
        "birth_registration": Known(Type.TEXT, _("Place of birth registration"), _REGISTER),
        "head_name": Known(Type.TEXT, _("Head of household"), _REGISTER),
        "head_number": Known(Type.TEXT, _("Personal number of the head of household"), _REGISTER),
        "head_relation": Known(Type.TEXT, _("Relation to the head of household"), _REGISTER),
        "card_number": Known(Type.TEXT, _("Number of the ID card"), _EID, "/account/"),
        "card_issued": Known(Type.DATE, _("ID card issued on"), _EID, "/account/"),
        "card_expires": Known(Type.DATE, _("ID card valid until"), _EID, "/account/"),
        "portrait": Known(Type.FILE, _("Portrait of the ID card"), _EID, "/account/"),
        "phone": Known(Type.TEXT, _("Phone number"), _FILER, "/account/security/"),
        "email": Known(Type.TEXT, _("E-mail address"), _FILER, "/account/security/"),
        "account_locked": Known(Type.TRUTH, _("Account is locked"), _EID, "/account/security/"),
        "licence_number": Known(Type.TEXT, _("Number of the driver licence"), _LICENCES, "/papers/"),
        "licence_classes": Known(Type.TEXT, _("Classes of the driver licence"), _LICENCES, "/papers/"),
        "licence_class_list": Known(Type.TEXTS, _("Classes of the driver licence, each"), _LICENCES, "/papers/"),
        "licence_expires": Known(Type.DATE, _("Driver licence valid until"), _LICENCES, "/papers/"),
        "licence_issued": Known(Type.DATE, _("Driver licence issued on"), _LICENCES, "/papers/"),
        "health_card_number": Known(Type.TEXT, _("Number of the health card"), _HEALTH, "/papers/"),
        "contract_address": Known(
            Type.ADDRESS, _("Address of your electricity contract"), _("Your electricity company"), "/bills/"
        ),
    }
)  # fmt: skip
