"""Kinds of papers, one module each: whatever module has a ``KIND`` is found here; ``defined`` adds the others."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from documents.gateways import definitions
from documents.kinds.base import Kind
from documents.kinds.defined import DefinedPaper


class NoSuchKind(LookupError):
    """There is no kind of that code."""


@cache
def built_in() -> dict[str, Kind]:
    """The kinds that are modules, by code, in the order of their files."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return {module.KIND.code: module.KIND for module in modules if hasattr(module, "KIND")}


def every() -> dict[str, Kind]:
    """All kinds that papers can be linked as, by code: the modules, and what administrators defined and use."""
    used = (each for each in definitions.every().values() if each.in_use)
    defined: dict[str, Kind] = {each.code: DefinedPaper(each) for each in used}
    return built_in() | defined


def find(code: str) -> Kind:
    """The kind of a code; one that is no longer in use too, for its papers are still in wallets.

    Raises:
        NoSuchKind: see the class.
    """
    module = built_in().get(code)
    if module is not None:
        return module
    definition = definitions.find(code)
    if definition is None:
        raise NoSuchKind(code)
    return DefinedPaper(definition)
