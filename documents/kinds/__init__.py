"""Kinds of papers, one module each: whatever module has a ``KIND`` is found here; ``defined`` adds the others."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from documents.kinds.base import Kind


class NoSuchKind(LookupError):
    """There is no kind of that code."""


@cache
def built_in() -> dict[str, Kind]:
    """The kinds that are modules, by code, in the order of their files."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return {module.KIND.code: module.KIND for module in modules if hasattr(module, "KIND")}


def every() -> dict[str, Kind]:
    """All kinds that papers can be linked as, by code."""
    return built_in()


def find(code: str) -> Kind:
    """The kind of a code.

    Raises:
        NoSuchKind: see the class.
    """
    try:
        return built_in()[code]
    except KeyError:
        raise NoSuchKind(code) from None
