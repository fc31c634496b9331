"""Number plates: what they can be, their one normal form, and how each is printed.

Sources: Circular 79/2024/TT-BCA for plates of the police; Law 36/2024/QH15 art. 36 for their colours. An old motorcycle
plate of four digits and a car plate of five can read the same without their marks (29X1-2345, 29X-123.45): the register
tells them apart by the kind of vehicle, and so does :func:`printed`.
"""

import re
from enum import StrEnum
from typing import Final

from documents.rules.numbers import Flaw, NotANumber
from eid_portal.core.patterns import compact


class Vehicle(StrEnum):
    """Kinds of vehicles, in the registry's words."""

    MOTORCYCLE = "motorcycle"
    CAR = "car"
    TRAILER = "trailer"


class Colour(StrEnum):
    """Ground colours of plates, in the registry's words."""

    WHITE = "white"
    YELLOW = "yellow"
    BLUE = "blue"
    RED = "red"


_LETTER: Final = "A-HK-NPR-VX-ZĐ"
_NEVER: Final = "IJOQW"
# Cars and trailers have one letter, or two (LD, KT); motorcycles a letter and a digit, two letters, or MĐ and a digit.
_FOUR_WHEELS: Final = re.compile(rf"([1-9][0-9][{_LETTER}]{{1,2}})([0-9]{{4,5}})")
_TWO_WHEELS: Final = re.compile(
    rf"([1-9][0-9](?:MĐ[0-9]|[{_LETTER}]{{2}}|[{_LETTER}][0-9]))([0-9]{{4,5}})"
)
_NEW: Final = 5  # digits of the serial; older plates have four
_FOREIGN: Final = re.compile(
    r"([1-9][0-9])([0-9]{3})(NG|NN|QT|CV)([0-9]{2})"
)  # embassies and the like
_MILITARY: Final = re.compile(r"([A-HK-NP-VX-Z]{2})([0-9]{2})([0-9]{2})")


def normal(written: str) -> str:
    """The plate without blanks, dots and dashes.

    Raises:
        NotANumber: no plate looks like it; ``part`` names a letter that plates never have.
    """
    plate = compact(written)
    # Keyboards without Đ write the series of electric motorcycles MD; no other has two letters and a digit.
    plate = re.sub(r"^([0-9]{2})MD([0-9]{6})$", r"\1MĐ\2", plate)
    if not plate:
        raise NotANumber(Flaw.EMPTY)
    if not re.fullmatch(r"[A-ZĐ0-9]+", plate):
        raise NotANumber(Flaw.CHARACTERS)
    shapes = (_FOUR_WHEELS, _TWO_WHEELS, _FOREIGN, _MILITARY)
    if any(shape.fullmatch(plate) for shape in shapes):
        return plate
    never = next((letter for letter in plate if letter in _NEVER), None)
    if never is not None:
        raise NotANumber(Flaw.LETTER, never)
    raise NotANumber(Flaw.SHAPE)


def printed(plate: str, vehicle: Vehicle) -> str:
    """As it stands on the vehicle: ``51K-678.90``, ``59X3-123.45``, ``30E-1234``, ``29-001-NG-23``, ``TM 12-34``.

    Raises:
        NotANumber: it is no plate in its normal form.
    """
    if parts := _MILITARY.fullmatch(plate):
        return f"{parts[1]} {parts[2]}-{parts[3]}"
    if parts := _FOREIGN.fullmatch(plate):
        return "-".join(parts.groups())
    first, second = (_TWO_WHEELS, _FOUR_WHEELS)[:: 1 if vehicle is Vehicle.MOTORCYCLE else -1]
    parts = first.fullmatch(plate) or second.fullmatch(plate)
    if parts is None:
        raise NotANumber(Flaw.SHAPE)
    head, serial = parts.groups()
    return f"{head}-{serial[:3]}.{serial[3:]}" if len(serial) == _NEW else f"{head}-{serial}"
