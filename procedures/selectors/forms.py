"""A page of a form ready to draw: what is asked, what was typed, what the portal says itself, each in words."""

from collections import ChainMap, Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from procedures.rules import answers
from procedures.rules.documents import Field, Step
from procedures.rules.expressions import Facts, Value
from procedures.rules.known import SOURCES
from procedures.rules.pages import Page
from procedures.rules.values import MOST_ROWS, PARTS, in_language, is_there
from procedures.selectors.told import NO_HOLDINGS, Holdings, said

Typed = Mapping[str, Sequence[str]]
_BOXES: Final = (
    ("day", gettext_lazy("Day"), 2),
    ("month", gettext_lazy("Month"), 2),
    ("year", gettext_lazy("Year"), 4),
)
_PARTS: Final = {
    "province": gettext_lazy("Province or city"),
    "commune": gettext_lazy("Commune or ward"),
    "line": gettext_lazy("House number and street, or village"),
}
_INPUTS: Final = {"date": 3, "address": 3}
_MOST_INPUTS: Final = 900  # of one group: a form with more is refused before it is read (settings)


Choice = tuple[str, str, str]  # value, label, hint


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a date or an address that is typed by itself."""

    part: str
    name: str
    label: str
    typed: str
    error: str = ""
    width: int = 0  # characters; 0: as wide as the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A field as its page shows it; ``kind`` is that of the document, or ``known`` or ``worked`` for what is told."""

    kind: str
    name: str  # of the form's field
    label: str
    hint: str = ""
    why: str = ""
    optional: bool = False
    error: str = ""
    typed: str = field(default="", repr=False)
    chosen: frozenset[str] = field(default=frozenset(), repr=False)
    choices: Sequence[Choice] = field(default=(), repr=False)
    boxes: Sequence[Box] = field(default=(), repr=False)
    rows: "Sequence[Row]" = field(default=(), repr=False)
    may_add: bool = False
    lines: int = 1
    longest: int = 200
    said: str = field(default="", repr=False)
    source: str = ""  # who keeps what is known
    corrected_at: str = ""
    elsewhere: str = field(default="", repr=False)  # what another tab saved meanwhile

    @property
    def id(self) -> str:
        """Of its element, and of its first input: where its problem leads to."""
        return f"f-{self.name}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a repeating group."""

    number: int
    fields: Sequence[Drawn]


@dataclass(frozen=True, slots=True)
class Block:
    """What stands together: a run of known values, or one field."""

    kind: Literal["known", "field"]
    fields: Sequence[Drawn]

    @property
    def name(self) -> str:
        """Of its element in the page."""
        return f"{self.kind}-{self.fields[0].name}"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line of the summary of errors: where it leads, and its words."""

    id: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A page of a form."""

    title: str
    why: str
    blocks: Sequence[Block]
    wrong: Sequence[Wrong]
    asked: Sequence[str]  # names of the fields that are drawn, of rows only the group
    provinces: Sequence[str]
    has_files: bool  # drawn now, or brought up by an answer


# --- What was typed ------------------------------------------------------------------------------------
def typed_of(
    fields: Iterable[Field], values: Mapping[str, Any], at: str = ""
) -> dict[str, list[str]]:
    """Answers as a browser would send them; ``rules.pages.read_page`` reads the same answers out of it."""
    typed: dict[str, list[str]] = {}
    for of in fields:
        value, name = values.get(of.key), f"{at}{of.key}"
        if not of.is_asked or of.kind == "consent" or not is_there(value):
            continue
        match of.kind, value:
            case "rows", list():
                for number, row in enumerate(value):
                    typed |= typed_of(of.fields, row, f"{name}-{number}-")
            case "date", date():
                typed |= {
                    f"{name}_day": [str(value.day)],
                    f"{name}_month": [str(value.month)],
                    f"{name}_year": [f"{value.year:04d}"],
                }
            case "address", Mapping():
                typed |= {f"{name}_{part}": [str(value.get(part, ""))] for part in PARTS}
            case "yes_no", bool():
                typed[name] = ["yes" if value else "no"]
            case _, list():
                typed[name] = [str(each) for each in value]
            case _:
                typed[name] = [str(value)]
    return typed


def offered(step: Step, facts: Facts, *, provinces: Collection[str] | None) -> dict[str, Value]:
    """The suggestions and defaults of a page that was never sent; what one of them decides is offered after it."""
    found: dict[str, Value] = {}
    for each in step.fields:
        here = Facts(
            answers=ChainMap(found, dict(facts.answers)), known=facts.known, today=facts.today
        )
        if not each.is_asked or is_there(facts.answers.get(each.key)) or not each.when.holds(here):
            continue
        value = answers.offer(each, here, provinces=provinces)
        if is_there(value):
            found[each.key] = value
    return found


def hint(of: Field, facts: Facts, *, provinces: Collection[str] | None) -> str:
    """What stands below a field's label; of one with a suggestion, only where there is something to suggest."""
    if of.hint is None or (
        of.suggest and not is_there(answers.offer(of, facts, provinces=provinces))
    ):
        return ""
    return in_language(of.hint)


# --- Drawing -------------------------------------------------------------------------------------------
def draw(
    step: Step,
    page: Page,
    facts: Facts,
    *,
    provinces: Sequence[str],
    holdings: Holdings = NO_HOLDINGS,
    with_errors: bool = False,
    rows_more: Mapping[str, int] | None = None,
    elsewhere: Mapping[str, Value] | None = None,
    not_taken: Mapping[str, str] = MappingProxyType({}),
) -> Form:
    """A page as it was read: with what was typed, and with its problems if they are to be shown.

    ``facts`` hold the form so far, ``rows_more`` how many empty rows are drawn of a group, ``elsewhere`` the answers
    that another tab saved: where they differ both are shown. ``not_taken`` says why files were refused.
    """
    drawing = _Drawing(
        page,
        facts,
        provinces,
        holdings,
        {**(page.errors if with_errors else {}), **not_taken},
        rows_more or {},
    )
    drawn = [each for of in step.fields if (each := drawing.field(of, elsewhere)) is not None]
    return Form(
        title=in_language(step.title),
        why=in_language(step.why) if step.why else "",
        blocks=_blocks(drawn),
        wrong=_wrong(page, drawing, {each.name: each.label for each in drawn}),
        asked=[each.name for each in drawn if each.kind not in {"known", "worked", "consent"}],
        provinces=provinces,
        has_files=any(each.kind == "file" and each.is_asked for each in step.fields),
    )


def _wrong(page: Page, drawing: "_Drawing", labels: Mapping[str, str]) -> list[Wrong]:
    """The summary of errors; where two say the same, each names its field."""
    found = _in_order(page, drawing.errors)
    words = Counter(said for _at, said in found)
    return [
        Wrong(
            drawing.ids.get(at, f"f-{at}"),
            f"{label}: {said}" if words[said] > 1 and (label := _label(labels, at)) else said,
        )
        for at, said in found
    ]


def _label(labels: Mapping[str, str], at: str) -> str:
    """Of the field that a problem is about: itself, the one it is a part of, or the group it is in."""
    names = (at, at.rpartition("_")[0], at.partition("-")[0])
    return next((labels[name] for name in names if name in labels), "")


def _in_order(page: Page, errors: Mapping[str, str]) -> list[tuple[str, str]]:
    found = dict.fromkeys([*(each.at for each in page.problems), *errors])
    return [(at, errors[at]) for at in found if at in errors]


def _blocks(drawn: Sequence[Drawn]) -> list[Block]:
    blocks: list[Block] = []
    for each in drawn:
        if each.kind != "known":
            blocks.append(Block("field", [each]))
        elif blocks and blocks[-1].kind == "known":
            blocks[-1] = Block("known", [*blocks[-1].fields, each])
        else:
            blocks.append(Block("known", [each]))
    return blocks


class _Drawing:
    def __init__(
        self,
        page: Page,
        facts: Facts,
        provinces: Sequence[str],
        holdings: Holdings,
        errors: Mapping[str, str],
        rows_more: Mapping[str, int],
    ) -> None:
        self.page, self.facts, self.provinces = page, facts, provinces
        self.holdings, self.errors, self.rows_more = holdings, errors, rows_more
        self.shown = frozenset(page.shown)
        self.values: dict[str, Value] = {**facts.answers}
        self.ids: dict[str, str] = {}  # of the inputs that problems lead to, by the problem's name

    def field(self, of: Field, elsewhere: Mapping[str, Value] | None = None) -> Drawn | None:
        """A field of the page; None if it is not asked."""
        self.values.pop(of.key, None)
        if of.key not in self.shown:
            return None
        if not of.is_asked:
            return self._told(of, of.key, self.values)
        answer = self.page.answers.get(of.key)
        if is_there(answer):
            self.values[of.key] = answer
        other = ""
        if elsewhere is not None and elsewhere.get(of.key) != answer:
            other = said(of, elsewhere.get(of.key), held=self.holdings.get(of.key, ())) or _(
                "No answer"
            )
        return self._asked(of, of.key, elsewhere=other)

    def _told(self, of: Field, name: str, values: dict[str, Value]) -> Drawn | None:
        facts = Facts(answers=values, known=self.facts.known, today=self.facts.today)
        value = of.value.value(facts) if of.value else self.facts.known.get(of.known)
        if is_there(value):
            values[of.key] = value
        elif of.optional or of.value is not None:
            return None
        source = SOURCES.get(of.known)
        error = self.errors.get(name, "")
        return Drawn(
            kind="known" if of.known else "worked",
            name=name,
            label=in_language(of.label),
            why=in_language(of.why) if of.why else "",
            hint=in_language(of.hint) if of.hint else "",
            said=said(of, value),
            source=str(source.kept_by) if source else "",
            corrected_at=source.corrected_at if source else "",
            error=error,
        )

    def _asked(self, of: Field, name: str, *, elsewhere: str = "") -> Drawn:
        parts: dict[str, Any] = {}
        match of.kind:
            case "rows":
                parts = self._rows(of, name)
            case "date" | "address":
                parts = {"boxes": self._boxes(of, name)}
                self.ids[name] = f"f-{parts['boxes'][0].name}"
            case "choice" | "choices":
                parts["choices"] = [
                    (
                        each.value,
                        in_language(each.label),
                        in_language(each.hint) if each.hint else "",
                    )
                    for each in of.options
                ]
            case "yes_no":
                parts["choices"] = [
                    ("yes", pgettext("answer", "Yes"), ""),
                    ("no", pgettext("answer", "No"), ""),
                ]
            case "file" | "paper":
                parts["choices"] = [
                    (each.reference, each.name, each.detail)
                    for each in self.holdings.get(of.key, ())
                ]
            case _:
                pass
        typed = self.page.typed.get(name) or ("",)
        return Drawn(
            kind=of.kind,
            name=name,
            label=in_language(of.label),
            hint=hint(of, self.facts, provinces=self.provinces),
            why=in_language(of.why) if of.why else "",
            optional=of.optional,
            error=self.errors.get(name, ""),
            typed=typed[-1],
            chosen=frozenset(typed),
            lines=of.lines,
            longest=of.longest,
            elsewhere=elsewhere,
            **parts,
        )

    def _boxes(self, of: Field, name: str) -> list[Box]:
        names = (
            [(part, label, width) for part, label, width in _BOXES]
            if of.kind == "date"
            else [(part, label, 0) for part, label in _PARTS.items()]
        )
        return [
            Box(
                part=part,
                name=f"{name}_{part}",
                label=str(label),
                typed=(self.page.typed.get(f"{name}_{part}") or ("",))[-1],
                error=self.errors.get(f"{name}_{part}", ""),
                width=width,
            )
            for part, label, width in names
        ]

    def _rows(self, of: Field, name: str) -> dict[str, Any]:
        """The rows in which something was typed, and empty ones: one at least where there is no other."""
        filled = {
            int(number)
            for typed in self.page.typed
            if typed.startswith(f"{name}-")
            and (number := typed[len(name) + 1 :].split("-")[0]).isdigit()
        }
        count = max(filled, default=-1) + 1
        count = min(count + (self.rows_more.get(name, 0) or (not count)), MOST_ROWS)
        rows = []
        for place in range(count):
            values: dict[str, Value] = {}
            answered = self.page.answers.get(of.key)
            if isinstance(answered, list) and place < len(answered):
                values |= answered[place]
            rows.append(Row(place, self._row(of, f"{name}-{place}-", values)))
        if rows and rows[0].fields:
            first = rows[0].fields[0]
            self.ids[name] = self.ids.get(first.name, first.id)
        inputs = sum(_INPUTS.get(each.kind, 1) for each in of.fields)
        return {"rows": rows, "may_add": count < MOST_ROWS and (count + 1) * inputs < _MOST_INPUTS}

    def _row(self, of: Field, at: str, values: dict[str, Value]) -> list[Drawn]:
        drawn = []
        whole = {**self.values, **values}
        for each in of.fields:
            facts = Facts(answers=whole, known=self.facts.known, today=self.facts.today)
            if not each.when.holds(facts):
                continue
            one = (
                self._asked(each, f"{at}{each.key}")
                if each.is_asked
                else self._told(each, f"{at}{each.key}", whole)
            )
            if one is not None:
                drawn.append(one)
        return drawn
