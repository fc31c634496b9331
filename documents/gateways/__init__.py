"""One file a registry: the only place that knows its names. Every module with a ``PARTY`` is found here."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from documents.gateways.base import Gateway


class NoSuchRegistry(LookupError):
    """No gateway speaks to a party of that name."""


@cache
def every() -> dict[str, Gateway]:
    """All gateways by party, in the order of their files."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return {module.PARTY: cast("Gateway", module) for module in modules if hasattr(module, "PARTY")}


def find(party: str) -> Gateway:
    """The gateway of a party.

    Raises:
        NoSuchRegistry: see the class.
    """
    try:
        return every()[party]
    except KeyError:
        raise NoSuchRegistry(party) from None
