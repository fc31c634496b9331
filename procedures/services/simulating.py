"""What would become of last month's filed forms under another document: blocked, routed elsewhere, of another fee.

Forms are settled again with what the state knew when they were filed, some in each request; between requests the tally
is kept by who asked, signed. It holds counts and the numbers of some files, nothing that anybody wrote, and each
request leaves an event of how many forms were read. What a new document asks of the state and the old one did not use
was not written down: nobody is blocked for want of it, and it is said.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from eid_portal.core import audit, ids
from eid_portal.core.events import Actor
from procedures import events, policy
from procedures.enums import SnapshotReason
from procedures.models import Application, Desk, Revision, Snapshot
from procedures.rules import answers, moving, snapshot
from procedures.rules.answers import Settled
from procedures.rules.documents import Document
from procedures.rules.expressions import Facts
from procedures.rules.fees import NoFee, fee_of
from procedures.rules.known import SOURCES
from procedures.rules.values import Problem, in_language
from procedures.selectors import filed, revisions
from procedures.selectors.filed import Filed
from procedures.services import authoring, desks

BLOCKED, ROUTED, FEE = "blocked", "routed", "fee"
_SALT: Final = "procedures.simulation"
_LASTS: Final = timedelta(hours=1)
_ROW: Final = re.compile(r"-[0-9]+-")


class NoSuchTally(ValueError):
    """What was sent as the tally so far is none of this text, or too old: begin anew."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was found so far; ``found`` has how many files and the numbers of some, by kind and by what it is."""

    digest: str
    total: int
    read: int = 0
    after: str = ""
    broken: int = 0  # whose text is not the one that was hashed
    found: dict[str, dict[str, tuple[int, list[str]]]] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether all were read."""
        return self.read >= self.total

    def count(self, kind: str, what: str, reference: str) -> None:
        """One more file."""
        number, named = self.found.setdefault(kind, {}).get(what, (0, []))
        if len(named) < policy.SIMULATED_NAMED:
            named = [*named, reference]
        self.found[kind][what] = (number + 1, named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A line of the result: how many files, and the numbers of some."""

    words: str
    count: int
    named: Sequence[str]


def begin(revision: Revision) -> Tally:
    """An empty tally of the forms that a simulation would read.

    Raises:
        authoring.Faulty: the document cannot be filed under.
    """
    authoring.document_of(revision)
    total = _rows(revision)[: policy.SIMULATED_MOST].count()
    return Tally(digest=revision.digest, total=total)


def go_on(revision: Revision, tally: Tally, *, actor: Actor, now: datetime) -> Tally:
    """Read the next forms.

    Raises:
        authoring.Faulty: the document cannot be filed under.
    """
    document = authoring.document_of(revision)
    rows = _rows(revision)
    if tally.after:
        rows = rows.filter(pk__lt=UUID(tally.after))
    count = min(policy.SIMULATED_AT_ONCE, tally.total - tally.read)
    batch = list(rows.select_related("desk__office")[:count])
    first = {
        each.application_id: each
        for each in Snapshot.objects.filter(application__in=batch, reason=SnapshotReason.FILED)
    }
    trial = _Trial(document)
    for row in batch:
        form = filed.of_snapshot(row, first[row.pk])
        if form.is_whole:
            trial.run(row, form, tally)
        else:
            tally.broken += 1
    tally.read = tally.read + len(batch) if len(batch) == count else tally.total
    if batch:
        tally.after = str(batch[-1].pk)
    event = events.RevisionSimulated(
        procedure=revision.procedure.code,
        number=revision.number,
        digest=revision.digest,
        files=len(batch),
    )
    with transaction.atomic():
        audit.record(event, actor=actor, subject_id=None, target=revision, now=now)
    return tally


def unsaid(revision: Revision) -> list[str]:
    """What the document uses of the state that the one in force does not: filed forms do not have it."""
    there = authoring.in_force(revision.procedure)
    used = set(snapshot.sources(authoring.document_of(revision)))
    before = set(snapshot.sources(revisions.document(there.pk))) if there else used
    return [str(SOURCES[name].label) for name in sorted(used - before)]


def told(revision: Revision, tally: Tally) -> dict[str, list[Found]]:
    """The tally in words, the most frequent first."""
    document = authoring.document_of(revision)
    says: dict[str, Callable[[str], str]] = {
        BLOCKED: lambda what: _blocked(document, what),
        ROUTED: str,
        FEE: str,
    }
    return {
        kind: [
            Found(words=say(what), count=count, named=named)
            for what, (count, named) in sorted(
                tally.found.get(kind, {}).items(), key=lambda each: -each[1][0]
            )
        ]
        for kind, say in says.items()
    }


# --- Between requests ----------------------------------------------------------------------------------
def keep(tally: Tally) -> str:
    """The tally as a signed text."""
    data = {name: getattr(tally, name) for name in Tally.__slots__}
    return signing.dumps(data, salt=_SALT, compress=True)


def resume(kept: str, revision: Revision) -> Tally:
    """The tally out of its text.

    Raises:
        NoSuchTally: see the class.
    """
    try:
        tally = Tally(**signing.loads(kept, salt=_SALT, max_age=_LASTS))
    except signing.BadSignature:
        raise NoSuchTally from None
    if tally.digest != revision.digest:
        raise NoSuchTally
    return tally


# --- Within --------------------------------------------------------------------------------------------
def _rows(revision: Revision) -> QuerySet[Application]:
    since = ids.uuid7_before(timedelta(days=policy.SIMULATED_DAYS))
    return Application.objects.filter(procedure=revision.procedure_id, pk__gte=since).order_by(
        "-pk"
    )


class _Trial:
    """One document against many forms; desks are found once a place."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.used = set(snapshot.sources(document))
        self.desks: dict[tuple[str, ...], Desk | None] = {}

    def run(self, row: Application, form: Filed, tally: Tally) -> None:
        """Count what would become of one form."""
        moved = moving.move(form.document, self.document, form.answers)
        settled = answers.settle(
            self.document, moved.answers, known=form.known, today=form.today, held=self._held(form)
        )
        blocks = self._blocks(settled, self.used - form.known.keys())
        for what in blocks:
            tally.count(BLOCKED, what, row.reference)
        if blocks:
            return
        facts = Facts(answers=settled.values, known=form.known, today=form.today)
        desk = self._desk(facts)
        if desk is None or desk.pk != row.desk_id:
            to = desk.office.name if desk else "–"
            tally.count(ROUTED, f"{row.desk.office.name} → {to}", row.reference)
        try:
            amount = fee_of(self.document, settled, known=form.known, today=form.today).amount_vnd
        except NoFee:
            tally.count(FEE, f"{row.fee} → –", row.reference)
        else:
            if amount != row.fee:
                tally.count(FEE, f"{row.fee} → {amount}", row.reference)

    def _held(self, form: Filed) -> Mapping[str, Sequence[str]]:
        """A file that was named was held."""
        return {
            each.key: [str(form.answers[each.key])]
            for each in self.document.fields
            if each.kind in {"file", "paper"} and form.answers.get(each.key)
        }

    def _blocks(self, settled: Settled, unrecorded: set[str]) -> list[str]:
        """What is in the way, as ``key|code``; what was not written down is in nobody's."""
        problems = [*settled.problems, *(Problem(name, "missing") for name in settled.missing)]
        known = {each.key: each.known for each in self.document.fields}
        return sorted(
            {
                f"{_ROW.sub('-', each.at)}|{each.code}"
                for each in problems
                if known.get(each.at, "") not in unrecorded
            }
        )

    def _desk(self, facts: Facts) -> Desk | None:
        address = self.document.office.value(facts) if self.document.office else None
        place = tuple(address.values()) if isinstance(address, Mapping) else ()
        key = (*map(str, place), facts.today.isoformat())
        if key not in self.desks:
            self.desks[key] = _find_desk(self.document, address, facts.today)
        return self.desks[key]


def _find_desk(document: Document, address: Any, day: date) -> Desk | None:
    place = address if isinstance(address, Mapping) else None
    return desks.best(agency=document.data["agency"], address=place, day=day)


def _blocked(document: Document, what: str) -> str:
    name, _bar, code = what.partition("|")
    if code == "check":
        messages = [in_language(each.message) for each in document.checks if each.at == name]
        return " / ".join(messages) or name
    fields = {each.key: each for each in document.fields}
    key = name if name in fields else name.partition("-")[0]
    key = key if key in fields else key.rpartition("_")[0]
    label = in_language(fields[key].label) if key in fields else name
    if code.startswith("missing"):
        return _("“%(label)s” is not answered") % {"label": label}
    return _("“%(label)s”: the answer is not taken (%(code)s)") % {"label": label, "code": code}
