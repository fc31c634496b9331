"""Templates compile, name only what exists, and hold nothing the content policy refuses."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import engines
from django.urls import URLResolver, get_resolver, resolve
from django.utils import translation

ROOT = settings.ROOT / "templates"
ADMIN = ROOT / "admin_dtl"
JINJA = sorted(path for path in ROOT.rglob("*.html") if not path.is_relative_to(ADMIN))
TEXTS = sorted(path for path in ROOT.rglob("*.txt") if not path.is_relative_to(ADMIN))
DTL = sorted(ADMIN.rglob("*.html"))
APPS = ("accounts", "documents", "payments", "procedures", "eid_portal")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for name in resolver.reverse_dict:
        if isinstance(name, str):
            yield prefix + name
    for space, (_path, inner) in resolver.namespace_dict.items():
        yield from _names(inner, f"{prefix}{space}:")


@pytest.mark.parametrize("path", [*JINJA, *TEXTS], ids=_name)
def test_a_template_compiles(path: Path) -> None:
    engines["jinja2"].get_template(_name(path))


@pytest.mark.parametrize("path", DTL, ids=_name)
def test_an_admin_template_compiles(path: Path) -> None:
    engines["django"].get_template(str(path.relative_to(ADMIN)))


@pytest.mark.parametrize("path", DTL, ids=_name)
def test_an_admin_template_speaks_vietnamese(path: Path) -> None:
    """The extractor does not read these; ``admin_words`` lists what nothing else says."""
    words = re.findall(r"{% translate ['\"]([^'\"]+)['\"]", path.read_text(encoding="utf-8"))
    with translation.override("vi"):
        assert [word for word in words if translation.gettext(word) == word] == []


@pytest.mark.parametrize("path", [*JINJA, *DTL], ids=_name)
def test_a_template_has_no_inline_style_or_script(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", source)
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", source)


@pytest.mark.parametrize("path", [*JINJA, *DTL], ids=_name)
def test_static_files_and_icons_exist(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    files = re.findall(r"static\(['\"]([^'\"]+)['\"]\)|{% static ['\"]([^'\"]+)['\"] %}", source)
    for file in files:
        assert finders.find(file[0] or file[1]), file
    symbols = (settings.ROOT / "static/eid/icons.svg").read_text(encoding="utf-8")
    for icon in re.findall(r"\bicon(?:_name)?(?:\(|=)\"([a-z0-9-]+)\"", source):
        assert f'id="{icon}"' in symbols, icon


@pytest.mark.parametrize("path", JINJA, ids=_name)
def test_named_addresses_exist(path: Path) -> None:
    known = set(_names(get_resolver()))
    for name in re.findall(r"\burl\(['\"]([^'\"]+)['\"]", path.read_text(encoding="utf-8")):
        assert name in known, name


@pytest.mark.parametrize("path", [*JINJA, *DTL], ids=_name)
def test_written_out_addresses_exist(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    for address in re.findall(r"(?:href|action)=\"(/[^\"{]*)", source):
        resolve(re.split(r"[?#]", address)[0])


def test_icons_named_in_code_exist() -> None:
    """Of events, of what is to be done, of states: names that no template says."""
    symbols = (settings.ROOT / "static/eid/icons.svg").read_text(encoding="utf-8")
    lines = r"\bicon=\"([a-z0-9-]+)\"|_of\(\s*\"[a-z]*\", \"([a-z0-9-]+)\""
    named = {
        one or other
        for app in APPS
        for path in (settings.ROOT / app).rglob("*.py")
        for one, other in re.findall(lines, path.read_text(encoding="utf-8"))
    }
    assert {"clipboard-list", "pencil"} <= named
    assert [icon for icon in sorted(named) if f'id="{icon}"' not in symbols] == []
