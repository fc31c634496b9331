"""A few papers for the first page, those that need their holder first; only what is drawn is opened."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from documents import policy
from documents.enums import DocumentState
from documents.models import Document
from documents.rules.papers import from_json
from documents.selectors.wallet import find_kind
from eid_portal.core import clock, statements

LISTED: Final = 3
READ: Final = 8
_OVER: Final = frozenset({DocumentState.EXPIRED, DocumentState.REVOKED})
_PAPER: Final = statements.Columns(
    Document, "d", only=("id", "public_id", "state", "kind", "number", "paper", "since", "warned_days")
)  # fmt: skip
FIND: Final = f"""
SELECT count(*) OVER (), EXISTS (SELECT FROM documents_correction c
    WHERE c.document_id = d.id AND c.state IN ('SENDING', 'OPEN')), {_PAPER.sql}
FROM documents_document d WHERE d.citizen_id = %(citizen)s AND d.state <> 'UNLINKED'
ORDER BY d.state IN ('VERIFIED', 'VERIFYING') AND d.warned_days IS NULL, d.id DESC LIMIT {READ}
"""  # noqa: S608 - the models' own column names; values go apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A paper in a line; ``expires_on`` and ``renewal`` only where its end is near."""

    public_id: str
    title: Any
    icon: str
    ending: str = field(repr=False)
    state: DocumentState
    since_day: date
    is_asked: bool  # a correction is
    is_old: bool  # what there was to say of it was said for long enough
    expires_on: date | None
    renewal: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the first page shows of the wallet."""

    lines: tuple[Line, ...]
    count: int

    @property
    def listed(self) -> tuple[Line, ...]:
        """The few that are listed."""
        return self.lines[:LISTED]


def overview(rows: list[Any], *, now: datetime) -> Overview:
    """The papers that ``FIND`` found."""
    today = clock.today(now)
    lines = [
        line for _count, asked, *columns in rows if (line := _line(columns, today, asked=asked))
    ]
    return Overview(lines=tuple(lines), count=rows[0][0] if rows else 0)


def _line(columns: list[Any], today: date, *, asked: bool) -> Line | None:
    row = _PAPER.row(columns)
    kind = find_kind(row.kind)
    if kind is None:
        return None
    state, since_day = DocumentState(row.state), clock.today(row.since)
    expires_on = renewal = None
    if state == DocumentState.VERIFIED and row.warned_days is not None and row.paper is not None:
        paper = from_json(row.paper)
        expires_on, renews = kind.draw(paper, today).expires_on, kind.renewal(paper)
        renewal = renews.action if renews else None
        if (
            expires_on is not None and expires_on < today
        ):  # since midnight; its registry has not said so yet
            state, since_day = DocumentState.EXPIRED, expires_on
    return Line(
        public_id=row.public_id,
        title=kind.title,
        icon=kind.icon,
        ending=row.number[-4:],
        state=state,
        since_day=since_day,
        is_asked=asked,
        is_old=state in _OVER and today - since_day > policy.OVER_TOLD,
        expires_on=expires_on,
        renewal=renewal,
    )
