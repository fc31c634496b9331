"""Numbers as people type or paste them, before a kind reads them."""

import re
from typing import Final

from django.utils.translation import gettext as _

from documents.kinds.base import NumberRefused
from eid_portal.core import text

LONGEST: Final = 64
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DASHES: Final = re.compile("[\u2010-\u2015\u2212\u00b7\u2022]")  # what programs make of - and .
# Look-alikes of other alphabets, such as a Cyrillic А, are refused: which paper was meant is no guess of ours.
_OURS: Final = re.compile(r"[A-Za-z0-9ĐđÐð .,/_\-]*")


def plain(typed: str) -> str:
    """The same in ASCII letters and digits (and Đ), with what parts groups left in place.

    Full-width characters and digits of other scripts are what some keyboards type for the same thing.

    Raises:
        NumberRefused: it is empty, too long, or holds characters that no number has.
    """
    if len(typed) > LONGEST:
        raise NumberRefused(_("That is too long for a number. Type the number alone."))
    try:
        cleaned = text.clean(typed)
    except text.UnreadableText:
        raise NumberRefused(
            _("Remove characters that cannot be seen, and type the number again.")
        ) from None
    cleaned = text.ascii_digits(cleaned.translate(_FULL_WIDTH))
    cleaned = _DASHES.sub("-", re.sub(r"\s", " ", cleaned))
    if not cleaned:
        raise NumberRefused(_("Enter the number."))
    if not _OURS.fullmatch(cleaned):
        raise NumberRefused(_("Use only the letters A to Z and the digits 0 to 9."))
    return cleaned.replace("Ð", "Đ").replace("ð", "đ")
