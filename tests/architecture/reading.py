"""The portal's own source, as the tests beside this read it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from eid_portal.env import ROOT

APPS = ("accounts", "documents", "payments", "procedures")  # the lower first
PORTAL = ("eid_portal", *APPS)


@cache
def tree(path: Path) -> ast.Module:
    """A file, parsed once."""
    return ast.parse(path.read_text(encoding="utf-8"))


def sources(*, without: tuple[str, ...] = ()) -> list[Path]:
    """Every Python file of the portal but migrations, and but what lies under a path of ``without``."""
    files = (path for package in PORTAL for path in sorted((ROOT / package).rglob("*.py")))
    return [
        path
        for path in files
        if "migrations" not in path.parts and not name(path).startswith(without)
    ]


def name(path: Path) -> str:
    """A file as people name it."""
    return path.relative_to(ROOT).as_posix()


def imported(module: ast.AST) -> Iterator[str]:
    """Every module that is imported, inside functions too; of ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
