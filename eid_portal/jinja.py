"""The Jinja2 environment of every page: strict, escaped, translated, in Viet Nam's time.

Each language has compiled templates of its own, in which its words stand as if they had been written there: a page has
more than a hundred texts, and looking each up at every drawing costs a sixth of it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import jinja2
from django.conf import settings
from django.contrib.messages import get_messages
from django.template.backends.jinja2 import Jinja2, Template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import (
    get_language,
    gettext,
    ngettext,
    npgettext,
    override,
    pgettext,
)
from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from eid_portal.core import clock

_HIDDEN = "••••"
_VALUE = re.compile(r"%\((\w+)\)s")


class Templates(Jinja2):
    """What ``TEMPLATES`` names: Django's backend with compiled templates for each language."""

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._by_language = {
            code: Jinja2(params | {"OPTIONS": params["OPTIONS"] | {"language": code}})
            for code, _name in settings.LANGUAGES
        }

    def get_template(self, template_name: str) -> Template:
        """The template in the active language."""
        language = get_language() or settings.LANGUAGE_CODE
        return self._by_language[language].get_template(template_name)


class _Environment(jinja2.Environment):
    """Compiles templates into one language, or, without one, so that they look it up when they are drawn."""

    language: str = ""

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        if self.language:
            with override(self.language):
                source = _Words().visit(source)
        return super()._generate(source, *args, **kwargs)


class _Words(NodeTransformer):
    """Puts the active language's words in the place of ``_("...")`` and ``{% trans %}``; plurals are left alone."""

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802 - Jinja2 goes by the node's name
        self.generic_visit(node)
        match node:
            case nodes.Call(
                node=nodes.Name(name="_" | "gettext"),
                args=[nodes.Const(value=str(message))],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                values = {each.key: each.value for each in node.kwargs}
                return nodes.Concat(_pieces(gettext(message), values), lineno=node.lineno)
            case _:
                return node

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [
            piece
            for each in node.nodes
            for piece in (each.nodes if isinstance(each, nodes.Concat) else [each])
        ]
        return node


def _pieces(text: str, values: Mapping[str, nodes.Expr]) -> list[nodes.Expr]:
    """A text cut at its ``%(name)s``, with the values between."""
    pieces: list[nodes.Expr] = []
    for place, part in enumerate(_VALUE.split(text)):
        pieces.append(values[part] if place % 2 else nodes.TemplateData(part.replace("%%", "%")))
    return pieces


def environment(*, language: str = "", **options: Any) -> jinja2.Environment:
    """What :class:`Templates` draws with: an undefined variable is an error, a filter says what it draws."""
    options["undefined"] = jinja2.StrictUndefined
    env = _Environment(
        **options,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.language = language
    env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    env.globals.update(
        _=_translated,
        static=lru_cache(maxsize=None)(static),  # the same address as long as the process runs
        url=_url,
        language=get_language,
        messages=get_messages,
        now=clock.now,
        helpline=settings.HELPLINE,
        portal_url=settings.PORTAL_URL,
        portal_host=urlsplit(settings.PORTAL_URL).netloc,
    )
    env.filters.update(FILTERS)
    return env


def _translated(message: str, **values: Any) -> Markup:
    """What ``_()`` of Jinja2's extension does, in one step of its five: a page has dozens of texts."""
    text = Markup(gettext(message))  # noqa: S704 - our own texts; values are escaped
    return text % values if values or "%" in text else text


def _url(name: str, *args: Any, **kwargs: Any) -> str:
    return reverse(name, args=args or None, kwargs=kwargs or None)


# --- Numbers ------------------------------------------------------------------------------------
def number_grouped(digits: str) -> str:
    """A 12-digit number as people read it: ``079 192 000 045``."""
    return " ".join(digits[place : place + 3] for place in range(0, len(digits), 3))


def masked_number(digits: str) -> str:
    """The last four digits alone: ``•••• •••• 0045``."""
    return f"{_HIDDEN} {_HIDDEN} {digits[-4:]}" if digits else ""


def masked_phone(number: str) -> str:
    """First four and last three digits: ``0903 ••• 482``; ``+84`` reads as 0."""
    local = f"0{number[3:]}" if number.startswith("+84") else number
    return f"{local[:4]} ••• {local[-3:]}" if local else ""


def phone_tail(number: str) -> str:
    """The last three digits of a phone number."""
    return number[-3:]


def whole(value: int) -> str:
    """A whole number in the reader's language: ``1.248`` or ``1,248``."""
    english = f"{value:,}"
    return english if get_language() == "en" else english.replace(",", ".")


# --- Time, always of Asia/Ho_Chi_Minh -------------------------------------------------------------
def _local(moment: date | datetime) -> date | datetime:
    if isinstance(moment, datetime):
        return moment.astimezone(clock.VIET_NAM)
    return moment


def date_vn(moment: date | datetime) -> str:
    """``23/11/2026``, in both languages."""
    return f"{_local(moment):%d/%m/%Y}"


def clock_vn(moment: datetime) -> str:
    """The time of day, 24 hours: ``17:00``."""
    return f"{_local(moment):%H:%M}"


def clock_seconds(moment: datetime) -> str:
    """The time of day with seconds: ``17:00:09``; for waits shorter than a minute."""
    return f"{_local(moment):%H:%M:%S}"


def datetime_vn(moment: datetime) -> str:
    """``17:00 ngày 26/11/2026`` | ``17:00 on 26/11/2026``."""
    return gettext("%(time)s on %(date)s") % {"time": clock_vn(moment), "date": date_vn(moment)}


def weekday_date(moment: date | datetime) -> str:
    """``thứ Năm 26/11/2026`` | ``Thursday 26/11/2026``, as it stands inside a sentence."""
    names = (
        pgettext("in a sentence", "Monday"),
        pgettext("in a sentence", "Tuesday"),
        pgettext("in a sentence", "Wednesday"),
        pgettext("in a sentence", "Thursday"),
        pgettext("in a sentence", "Friday"),
        pgettext("in a sentence", "Saturday"),
        pgettext("in a sentence", "Sunday"),
    )
    return f"{names[_local(moment).weekday()]} {date_vn(moment)}"


def when(moment: datetime) -> str:
    """``Today 08:55``, ``Yesterday 20:17``, else day and time; for lists of what happened."""
    day, today = clock.today(moment), clock.today()
    if day == today:
        return gettext("Today %(time)s") % {"time": clock_vn(moment)}
    if day == today - timedelta(days=1):
        return gettext("Yesterday %(time)s") % {"time": clock_vn(moment)}
    return f"{date_vn(moment)} {clock_vn(moment)}"


def iso(moment: date | datetime) -> str:
    """For the ``datetime`` attribute of ``<time>``."""
    return _local(moment).isoformat()


FILTERS: dict[str, Callable[..., str]] = {
    "number_grouped": number_grouped,
    "masked_number": masked_number,
    "masked_phone": masked_phone,
    "phone_tail": phone_tail,
    "whole": whole,
    "date_vn": date_vn,
    "datetime_vn": datetime_vn,
    "clock": clock_vn,
    "clock_seconds": clock_seconds,
    "weekday_date": weekday_date,
    "when": when,
    "iso": iso,
}
