"""What a receipt says: its number, and how little of a code or account is enough to know one's own by."""

import re
from typing import Final

_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_ENDING: Final = 4
HIDDEN: Final = "••••"


def number(reference: str, place: int, of: int) -> str:
    """The number of a receipt: its order's reference, and which of its payments it is if there are several."""
    return reference if of == 1 else f"{reference}/{place}"


def ending(code: str) -> str:
    """The last four characters, of a code that has more: ``•••• 3456``."""
    return f"{HIDDEN} {code[-_ENDING:]}" if len(code) > _ENDING else HIDDEN


def period(written: str) -> str:
    """A month as people write it, ``11/2026``; any other period as the biller wrote it."""
    month = _MONTH.fullmatch(written)
    return f"{month[2]}/{month[1]}" if month else written
