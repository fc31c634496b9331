"""What may be shown of a person to somebody who needs no more."""

_HIDDEN = "••••"


def masked_number(number: str) -> str:
    """The last four digits: ``•••• •••• 0045``."""
    return f"{_HIDDEN} {_HIDDEN} {number[-4:]}"


def masked_name(name: str) -> str:
    """First letters: ``N••• T••• M•••``."""
    return " ".join(f"{word[0]}•••" for word in name.split())


def masked_email(address: str) -> str:
    """The first letter and the domain: ``m•••@example.com``."""
    name, _at, domain = address.rpartition("@")
    return f"{name[:1]}•••@{domain}"
