"""How a person is named to somebody who needs no more than to compare it."""

from accounts.rules.masking import masked_name


def first_letters(name: str) -> str:
    """The first letter of each word of the name: ``N••• T••• M•••``."""
    return masked_name(name)
