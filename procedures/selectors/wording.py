"""Answers and what the state knows, in the words of who reads: dates, money, choices, addresses, people."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.enums import Sex
from payments.rules.amounts import written
from procedures.rules.documents import FILLED, Document, Field
from procedures.rules.expressions import Value
from procedures.rules.values import in_language


def value(of: Field, found: Value) -> str:
    """The value of a field; of a repeating group how many rows it has. Empty if there is none."""
    if found is None:
        return ""
    words = _KINDS.get(of.kind)
    if words is not None:
        return words(of, found)
    return known(of.known, found) if of.known else plain(found)


def known(source: str, found: Value) -> str:
    """What a source of ``rules.known`` is worth."""
    if found is None:
        return ""
    words = _SOURCES.get(source)
    return words(found) if words else plain(found)


def plain(found: Value) -> str:
    """A value whose field says nothing of how it reads."""
    match found:
        case date():
            return f"{found:%d/%m/%Y}"
        case Mapping():
            return address(found)
        case list():
            return ", ".join(map(str, found))
        case _:
            return str(found)


def address(parts: Mapping[str, Any]) -> str:
    """An address on one line."""
    return ", ".join(
        str(parts[name]) for name in ("line", "commune", "province") if parts.get(name)
    )


def number(digits: str) -> str:
    """A personal number in groups of three, which no line breaks."""
    return "\N{NO-BREAK SPACE}".join(digits[at : at + 3] for at in range(0, len(digits), 3))


def fill(
    document: Document, text: str, *, values: Mapping[str, Value], known_ones: Mapping[str, Value]
) -> str:
    """A text of a result with its places filled in, in the language that is active."""

    def one(match: Any) -> str:
        name = match[1]
        if name.startswith("source:"):
            source = name.removeprefix("source:")
            return known(source, known_ones.get(source))
        field = document.find(name)
        return value(field, values.get(name)) if field else ""

    return FILLED.sub(one, text)


def _choice(of: Field, found: Value) -> str:
    return next((in_language(each.label) for each in of.options if each.value == found), "")


def _choices(of: Field, found: Value) -> str:
    chosen = found if isinstance(found, list) else []
    return ", ".join(in_language(each.label) for each in of.options if each.value in chosen)


def _rows(_of: Field, found: Value) -> str:
    count = len(found) if isinstance(found, list) else 0
    return ngettext("%(count)s entry", "%(count)s entries", count) % {"count": count}


def _truth(found: Value) -> str:
    return _("Yes") if found else _("No")


def _sex(found: Value) -> str:
    return str(Sex(str(found)).label) if found in Sex.values else str(found)


_KINDS: Final[Mapping[str, Callable[[Field, Value], str]]] = {
    "choice": _choice,
    "choices": _choices,
    "yes_no": lambda _of, found: _truth(found),
    "money": lambda _of, found: f"{written(int(str(found)))}\N{NO-BREAK SPACE}₫",
    "person": lambda _of, found: number(str(found)),
    "rows": _rows,
    "file": lambda _of, _found: _("Attached"),
    "paper": lambda _of, _found: _("Attached"),
    "consent": lambda _of, _found: pgettext("consent request", "Agreed"),
}
_SOURCES: Final[Mapping[str, Callable[[Value], str]]] = {
    "sex": _sex,
    "nationality": lambda found: _("Viet Nam") if found == "VNM" else str(found),
    "head_relation": lambda found: (
        _("Head of household") if found == "HEAD" else _("Member of the household")
    ),
    "personal_number": lambda found: number(str(found)),
    "head_number": lambda found: number(str(found)),
    "stay_owner": lambda found: number(str(found)),
    "account_locked": _truth,
    "portrait": lambda _found: _("On record"),
    "phone": lambda found: str(found).replace("+84", "0", 1),
}
