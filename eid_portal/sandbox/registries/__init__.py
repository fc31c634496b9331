"""The registries of papers: one file a registry, found by its ``PARTY``; its ``ROUTES`` are how it is asked.

A registry that wants the outcomes, the switch and the pages makes both from a ``papers.Registry`` (``REGISTRY``).
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


@cache
def every() -> dict[str, ModuleType]:
    """All registries by party, in the order of their files."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return {module.PARTY: module for module in modules if hasattr(module, "PARTY")}
