"""Vietnamese mobile numbers: written by people, kept as E.164."""

import re
from typing import Final

_MOBILE: Final = re.compile(r"(?:\+84|84|0)([35789][0-9]{8})")


class NotMobile(ValueError):
    """The text is no Vietnamese mobile number."""


def to_e164(text: str) -> str:
    """``0903 456 482``, ``84903456482`` or ``+84 903 456 482`` as ``+84903456482``.

    Raises:
        NotMobile: see the class.
    """
    found = _MOBILE.fullmatch(re.sub(r"[\s.\-()]", "", text))
    if found is None:
        raise NotMobile
    return f"+84{found[1]}"
