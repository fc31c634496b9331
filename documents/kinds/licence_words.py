"""What each class of licence lets its holder drive, in words."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

# Law 36/2024/QH15 art. 57, for licences since 1 January 2025.
DRIVES: Final[dict[str, Any]] = {
    "A1": _("Motorcycles up to 125 cm³ or 11 kW"),
    "A": _("Motorcycles over 125 cm³ or 11 kW, and class A1"),
    "B1": _("Three-wheeled motor vehicles, and class A1"),
    "B": _("Cars with up to 8 passenger seats, lorries up to 3.5 t, with a trailer up to 750 kg"),
    "C1": _("Lorries over 3.5 t up to 7.5 t, and class B"),
    "C": _("Lorries over 7.5 t, and classes B and C1"),
    "D1": _("Buses with 9 to 16 passenger seats, and classes B, C1 and C"),
    "D2": _("Buses with 17 to 29 passenger seats, and classes B to D1"),
    "D": _("Buses with more than 29 passenger seats and sleeper buses, and classes B to D2"),
    "BE": _("Class B vehicles with a trailer over 750 kg"),
    "C1E": _("Class C1 vehicles with a trailer over 750 kg"),
    "CE": _("Class C vehicles with a trailer over 750 kg, articulated lorries"),
    "D1E": _("Class D1 vehicles with a trailer over 750 kg"),
    "D2E": _("Class D2 vehicles with a trailer over 750 kg"),
    "DE": _("Class D vehicles with a trailer over 750 kg, articulated buses"),
}
# Law 23/2008/QH12 art. 59, for licences before 2025.
DROVE: Final[dict[str, Any]] = {
    "A1": _("Motorcycles from 50 to under 175 cm³"),
    "A2": _("Motorcycles of 175 cm³ and more, and class A1"),
    "A3": _("Three-wheeled motor vehicles, and class A1"),
    "A4": _("Tractors up to 1 t"),
    "B1": _("Cars with up to 9 seats and lorries under 3.5 t, not for hire"),
    "B2": _("Cars with up to 9 seats and lorries under 3.5 t, also for hire"),
    "C": _("Lorries of 3.5 t and more, and classes B1 and B2"),
    "D": _("Buses with 10 to 30 seats, and classes B1, B2 and C"),
    "E": _("Buses with more than 30 seats, and classes B1, B2, C and D"),
    "FB2": _("Class B2 vehicles with a trailer"),
    "FC": _("Class C vehicles with a trailer, articulated lorries"),
    "FD": _("Class D vehicles with a trailer"),
    "FE": _("Class E vehicles with a trailer"),
}


def of(code: str, *, old_form: bool) -> Any:
    """What the class lets drive."""
    return (DROVE if old_form else DRIVES)[code]
