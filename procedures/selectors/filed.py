"""What was filed, read back out of its snapshot: answers, values and what the state knew then."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from eid_portal.core import clock
from procedures.models import Application, Snapshot
from procedures.rules import answers, snapshot
from procedures.rules.answers import NO_CONSENTS, Consents, Settled
from procedures.rules.documents import Document
from procedures.rules.expressions import Facts, Type, Value
from procedures.rules.known import SOURCES
from procedures.selectors import revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A form as it was filed, or corrected last."""

    document: Document
    number: int  # of the snapshot, from 1
    sha256: str
    is_whole: bool  # the text is the one that was hashed
    answers: Mapping[str, Value] = field(repr=False)
    values: Mapping[str, Value] = field(repr=False)
    known: Mapping[str, Value] = field(repr=False)
    today: date  # when it was filed

    @property
    def facts(self) -> Facts:
        """What trees of the document are worked out from."""
        return self.facts_on(self.today)

    def facts_on(self, day: date) -> Facts:
        """The same on a later day: what a decision says and changes counts from its own."""
        return Facts(answers=self.values, known=self.known, today=day)

    @property
    def people(self) -> set[str]:
        """The personal numbers that stand in its fields."""
        numbers = {
            self.values.get(each.key) for each in self.document.fields if each.kind == "person"
        }
        for group in self.document.fields:
            inner = [each.key for each in group.fields if each.kind == "person"]
            rows = self.values.get(group.key) if inner else None
            for row in rows if isinstance(rows, list) else ():
                numbers |= {row.get(key) for key in inner}
        return {each for each in numbers if isinstance(each, str) and each}

    def settle(
        self, given: Mapping[str, Any] | None = None, *, consents: Consents = NO_CONSENTS
    ) -> Settled:
        """The form once more, with these answers or its own; the files and papers it names may be named."""
        mine = self.answers if given is None else given
        held = {
            each.key: [str(mine[each.key])]
            for each in self.document.fields
            if each.kind in {"file", "paper"} and mine.get(each.key)
        }
        return answers.settle(
            self.document, mine, known=self.known, today=self.today, held=held, consents=consents
        )


def read(application: Application) -> Filed:
    """The last snapshot of an application."""
    return of_snapshot(application, application.snapshots.order_by("-number")[0])


def of_snapshot(application: Application, row: Snapshot) -> Filed:
    """One of the snapshots of an application."""
    document = revisions.document(application.revision_id)
    data = json.loads(row.text)
    return Filed(
        document=document,
        number=row.number,
        sha256=row.sha256,
        is_whole=snapshot.verify(row.text, row.sha256),
        answers=answers.answers_from_json(document, data["answers"]),
        values=answers.answers_from_json(document, data["values"]),
        known={name: _known(name, value) for name, value in data["known"].items()},
        today=clock.today(application.filed_at),
    )


def _known(name: str, value: Any) -> Any:
    is_day = SOURCES[name].type is Type.DATE and isinstance(value, str)
    return date.fromisoformat(value) if is_day else value
