"""Cells of a CSV file that no spreadsheet takes for a formula.

A spreadsheet computes what begins with one of a few characters, also if it is quoted; an apostrophe before it says that
it is text. Blanks before it are no protection, and neither are the wide forms of the same characters.
"""

from typing import Final

_BEGINS: Final = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n")
_BLANKS: Final = " \u00a0\u3000\ufeff\u200b"


def text(value: str) -> str:
    """A text as a cell."""
    begins = value.lstrip(_BLANKS)[:1]
    return f"'{value}" if begins in _BEGINS and begins else value
