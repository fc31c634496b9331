"""A form before it is filed: every answer in words, what is in its way, and what it comes to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from eid_portal.core import working_days
from procedures.models import Desk
from procedures.rules import clocks
from procedures.rules.answers import Settled
from procedures.rules.documents import Document, Field
from procedures.rules.expressions import Facts, Value
from procedures.rules.fees import Fee
from procedures.rules.known import SOURCES
from procedures.rules.share import PARTS_OF_ADDRESS, share
from procedures.rules.values import PARTS, in_language, is_there, missing
from procedures.selectors.forms import Wrong
from procedures.selectors.told import NO_HOLDINGS, Holdings, name_desk, said


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A line of the check page."""

    id: str
    label: str
    said: str = field(repr=False)
    is_asked: bool
    source: str = ""  # who keeps what is known
    is_awaited: bool = False  # a consent that is asked for when it is filed
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A page of the form with its answers."""

    key: str
    title: str
    answers: Sequence[Answer]
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """All that would be filed, and what is in its way."""

    sections: Sequence[Section]
    wrong: Sequence[Wrong]
    dropped: Sequence[tuple[str, str]]  # answered, but not asked: label and value

    @property
    def can_be_filed(self) -> bool:
        """Whether nothing is in its way."""
        return not self.wrong


def check(
    document: Document,
    given: Mapping[str, Value],
    settled: Settled,
    *,
    done: Collection[str] = (),
    holdings: Holdings = NO_HOLDINGS,
) -> Checked:
    """A form with every answer in words; pages that were never sent are in its way."""
    problems = {each.at: each.words for each in reversed(settled.problems)}
    lacking = {name.partition("-")[0] for name in settled.missing}
    wrong: dict[str, str] = {}
    sections = []
    for step in document.steps:
        if step.key not in settled.steps:
            continue
        lines = []
        for of in step.fields:
            if of.key not in settled.shown:
                continue
            error = next((words for at, words in problems.items() if _is_of(at, of)), "")
            if of.key in lacking and not error:
                error = missing(of, of.key).words
            if error:
                wrong[f"a-{of.key}"] = error
            value = settled.values.get(of.key)
            if not error and not is_there(value) and not of.is_asked:
                continue
            source = SOURCES.get(of.known)
            lines.append(
                Answer(
                    id=f"a-{of.key}",
                    label=in_language(of.label),
                    said=said(of, value, held=holdings.get(of.key, ())),
                    is_asked=of.is_asked and of.kind != "consent",
                    source=str(source.kept_by) if source else "",
                    is_awaited=of.key in settled.awaited,
                    error=error,
                )
            )
        is_done = step.key in done
        title = in_language(step.title)
        if not is_done and not any(line.error for line in lines):
            wrong[f"s-{step.key}"] = _("Go through the page “%(title)s”") % {"title": title}
        sections.append(Section(key=step.key, title=title, answers=lines, is_done=is_done))
    fields = {each.key: each for each in document.fields}
    dropped = [
        (
            in_language(fields[key].label),
            said(fields[key], given.get(key), held=holdings.get(key, ())),
        )
        for key in dict.fromkeys(name.partition("-")[0] for name in settled.dropped)
        if key in fields and is_there(given.get(key))
    ]
    return Checked(
        sections=sections, wrong=[Wrong(*each) for each in wrong.items()], dropped=dropped
    )


def _is_of(at: str, of: Field) -> bool:
    """Whether a problem's name is that of a field, of a part of it or of a row in it."""
    parts = [f"{of.key}_{part}" for part in PARTS] if of.kind == "address" else []
    return at == of.key or at in parts or (of.kind == "rows" and at.startswith(f"{of.key}-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What stands beside a form: what it comes to as it is filled in."""

    desk: str  # empty: nobody can say yet
    due_at: datetime | None  # if it were filed now; None: at once
    fee: Fee | None
    exemption: str
    may_be_exempt: str  # by an officer
    items: int
    known: int


def overview(
    document: Document, facts: Facts, *, fee: Fee | None, desk: Desk | None, now: datetime
) -> Overview:
    """What a form comes to; ``desk`` is the one that would decide."""
    due = clocks.deadline(
        document.clock, facts, received_at=now, days=working_days.load(facts.today)
    )
    counted = share(document, facts.today)
    return Overview(
        desk=name_desk(desk) if desk else "",
        due_at=None if document.clock.kind == "instant" else due.due_at,
        fee=fee,
        exemption=in_language(fee.exemption.words) if fee and fee.exemption else "",
        may_be_exempt="; ".join(
            in_language(each.words) for each in document.exempt if not each.when
        ),
        items=counted.items,
        known=max(counted.known - _not_on_record(document, facts), 0),
    )


def _not_on_record(document: Document, facts: Facts) -> int:
    """How many items the state should know of this person, or suggest to them, and does not."""
    return sum(
        PARTS_OF_ADDRESS if each.kind == "address" else 1
        for step in document.steps
        if step.when.holds(facts)
        for each in step.fields
        if (source := each.known or each.suggest) and source not in facts.known
        and not (each.known and each.optional) and each.when.holds(facts)
    )  # fmt: skip
