"""Lines of a drawn paper, and what most papers have in common."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from documents.enums import Level
from documents.kinds.base import Line
from documents.kinds.holding import day
from documents.rules.numbers import grouped
from documents.rules.papers import RegistryPaper


def iso_day(value: str | None) -> date | None:
    """A day that stands in a paper's ``values``."""
    return date.fromisoformat(value) if value else None


def dated(code: str, label: Any, value: date | None, level: Level) -> Iterator[Line]:
    """A line with a day, if there is one."""
    if value is not None:
        yield Line(code=code, label=label, value=day(value), level=level, numeric=True)


def worded(code: str, label: Any, value: Any, level: Level) -> Iterator[Line]:
    """A line with words, if there are any."""
    if value:
        yield Line(code=code, label=label, value=str(value), level=level)


def counted(code: str, label: Any, value: Any, level: Level) -> Iterator[Line]:
    """A line with a number, if there is one."""
    if value not in {None, ""}:
        yield Line(code=code, label=label, value=str(value), level=level, numeric=True)


def name(paper: RegistryPaper, label: Any = None) -> Line:
    """The holder's name as papers print it."""
    return Line(
        code="name",
        label=label or _("Full name"),
        value=paper.holder_name.upper(),
        level=Level.BASIC,
    )


def ending(number: str) -> Line:
    """The last four characters."""
    return Line(
        code="ending", label=_("Number ends in"), value=number[-4:], level=Level.BASIC, numeric=True
    )


def whole_number(printed: str, label: Any = None) -> Line:
    """The number as printed."""
    return Line(
        code="number", label=label or _("Number"), value=printed, level=Level.FULL, numeric=True
    )


def holder(paper: RegistryPaper) -> Iterator[Line]:
    """What only the fullest level says of the holder."""
    yield from dated("birth_date", _("Date of birth"), paper.holder_birth_date, Level.FULL)
    yield from counted(
        "personal_number",
        _("Personal number"),
        grouped(paper.holder_number or ""),
        Level.FULL,
    )


def issue(paper: RegistryPaper) -> Iterator[Line]:
    """When and by whom it was issued."""
    yield from dated("issued_on", _("Issued on"), paper.issued_on, Level.FULL)
    yield from worded("issuer", pgettext_lazy("paper", "Issued by"), paper.issuer, Level.FULL)


def valid_until(expires_on: date | None) -> Line:
    """How long it is valid."""
    return Line(
        code="expires_on",
        label=_("Valid until"),
        value=day(expires_on) or gettext("No expiry"),
        level=Level.BASIC,
        numeric=expires_on is not None,
    )
