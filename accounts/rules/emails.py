"""E-mail addresses: written by people, kept in one form."""

import re
from typing import Final

LONGEST: Final = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets
_LOCAL_LONGEST: Final = 64
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class NotEmail(ValueError):
    """The text is no e-mail address."""


def to_normal(text: str) -> str:
    """``An@ViDu.vn`` as ``An@vidu.vn``: the domain in small ASCII letters, the rest as its owner writes it.

    Raises:
        NotEmail: see the class.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or len(local) > _LOCAL_LONGEST or not _LOCAL.fullmatch(local):
        raise NotEmail
    try:
        plain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise NotEmail from None
    labels = plain.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):  # noqa: PLR2004 - a name and its country
        raise NotEmail
    address = f"{local}@{plain}"
    if len(address) > LONGEST:
        raise NotEmail
    return address


def same(one: str, other: str) -> bool:
    """Whether two normal addresses reach one mailbox, as far as anybody can tell."""
    return one.casefold() == other.casefold()


def masked(address: str) -> str:
    """The first letter and the domain: ``m•••@vidu.vn``."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
