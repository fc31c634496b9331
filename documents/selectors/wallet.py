"""The wallet: the ID card and every linked paper with where it stands, by one query; and the history of a paper."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Citizen, IdCard, Portrait
from documents import kinds, policy
from documents.enums import (
    DocumentState,
    FieldResult,
    Level,
    VerificationOutcome,
    VerificationReason,
)
from documents.kinds.base import Drawn, Kind, Line, Renewal
from documents.models import Correction, Document, Verification
from documents.rules import people
from documents.rules.papers import RegistryPaper, from_json
from documents.selectors import holders, papers
from eid_portal.core import clock, statements

HISTORY: Final = 30  # verifications of a paper that are listed
_LONG: Final = 12  # characters as printed; plates are shorter
LEFT_LISTED: Final = 50  # papers no longer in the wallet
_AGREEING: Final = frozenset({FieldResult.SAME.value, FieldResult.SPELLING.value})
_NOT_AGREEING: Final = frozenset({FieldResult.DIFFERENT.value, FieldResult.MISSING.value})

# Written once, as the first page's: composing it anew costs more than the rest of the page.
_CARD: Final = statements.Columns(
    IdCard, "k", only=("id", "citizen_id", "state", "number", "issued_on", "expires_on", "created_at")
)  # fmt: skip
_OPEN: Final = statements.Columns(
    Verification, "v", only=("id", "reason", "requested_at", "begun_at", "failed_since", "next_try_at", "tries")
)  # fmt: skip
_ASKED: Final = statements.Columns(
    Correction, "c", only=("id", "public_id", "state", "office", "requested_at", "due_at", "escalated_at")
)  # fmt: skip
_PAPER: Final = statements.Columns(
    Document,
    "d",
    only=(
        "id", "public_id", "citizen_id", "state", "kind", "registry", "number", "paper", "answer", "differing", "since",
        "linked_at", "verified_at", "checked_at", "next_check_at",
    ),
)  # fmt: skip
_BESIDE: Final = """
LEFT JOIN documents_verification v ON v.document_id = d.id AND v.outcome = 'PENDING'
LEFT JOIN documents_correction c ON c.document_id = d.id AND c.state IN ('SENDING', 'OPEN')
"""
_FIND: Final = f"""
SELECT EXISTS (SELECT FROM documents_document u WHERE u.citizen_id = z.id AND u.state = 'UNLINKED'),
    {_CARD.sql}, {_OPEN.sql}, {_ASKED.sql}, {_PAPER.sql}
FROM accounts_citizen z
LEFT JOIN accounts_idcard k ON k.citizen_id = z.id AND k.state <> 'REPLACED'
LEFT JOIN documents_document d ON d.citizen_id = z.id AND d.state <> 'UNLINKED'
{_BESIDE}
WHERE z.id = %s ORDER BY d.id
"""  # noqa: S608 - the models' own column names; values go apart
_FIND_ONE: Final = f"""
SELECT {_OPEN.sql}, {_ASKED.sql}, {_PAPER.sql}
FROM documents_document d {_BESIDE}
WHERE d.citizen_id = %s AND d.public_id = %s
"""  # noqa: S608 - the models' own column names; values go apart


class Step(StrEnum):
    """How far a verification is."""

    WAITS = "WAITS"  # for its turn
    ASKED = "ASKED"  # the registry compares
    SILENT = "SILENT"  # the registry has not answered; it is asked again


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A verification that waits or runs: which step, since when, what comes next."""

    step: Step
    since: datetime
    next_at: datetime | None  # when the registry is asked again
    latest: datetime  # what people are told it takes at most
    first: bool  # of a paper just linked, not a later check

    @property
    def place(self) -> int:
        """Which of three steps; the third is the answer."""
        return 1 if self.step == Step.WAITS else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A correction that was asked for and is not answered yet."""

    public_id: str
    requested_at: datetime
    due_at: datetime
    late: bool
    office: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that does not agree, with both values as its kind gives them out."""

    code: str
    label: Any
    on_paper: str = field(repr=False)
    in_register: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A paper in the wallet as it is drawn; ``drawn`` is None while nothing is known of it but its number."""

    public_id: str
    kind: Kind
    registry: str
    state: DocumentState
    raw: str = field(repr=False)  # the number as it is stored
    number: str = field(repr=False)  # as it is printed
    title: Any
    lines: tuple[Line, ...] = field(repr=False)
    paper: RegistryPaper | None = field(repr=False)  # what ``drawn`` is drawn from
    drawn: Drawn | None = field(repr=False)
    differences: tuple[Difference, ...] = field(repr=False)
    is_foreign: bool  # the registry has this number for somebody else
    since: datetime
    verified_at: datetime | None  # when the copy that is drawn agreed
    next_check_at: datetime | None
    expires_on: date | None
    days_left: int | None  # to the end, if it is near
    renewal: Renewal | None
    progress: Progress | None
    asked: Asked | None

    @property
    def can_be_shown(self) -> bool:
        """Whether it may be shown to others now."""
        return self.state == DocumentState.VERIFIED

    @property
    def answer_days(self) -> int:
        """In how many working days a correction is answered."""
        return policy.CORRECTION_WORKING_DAYS

    @property
    def ending(self) -> str:
        """The last four characters of the number."""
        return self.drawn.ending if self.drawn else self.raw[-4:]

    @property
    def masked(self) -> str:
        """The number as a list shows it."""
        return masked(self.number, self.ending)

    @property
    def look(self) -> str:
        """The class of its card: grey unless it may be relied on, or is just on its way."""
        sound = {DocumentState.VERIFIED, DocumentState.VERIFYING, DocumentState.UNAVAILABLE}
        return self.kind.look if self.state in sound else "grey"

    @property
    def is_card(self) -> bool:
        """Whether it is the ID card, which no registry is asked about."""
        return self.public_id == papers.ID_CARD

    @property
    def is_gone(self) -> bool:
        """Whether it left the wallet."""
        return self.state == DocumentState.UNLINKED

    @property
    def moves(self) -> bool:
        """Whether something may change on the page by itself soon."""
        return self.progress is not None and not self.is_gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """All of a person's papers."""

    entries: tuple[Entry, ...]
    has_history: bool  # papers left it

    @property
    def moves(self) -> bool:
        """Whether something may change on the page by itself soon."""
        return any(entry.moves for entry in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One time a registry was asked, for the history of a paper."""

    at: datetime
    reason: VerificationReason
    outcome: VerificationOutcome
    agreeing: tuple[Any, ...]  # labels of the fields
    differing: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one paper's page shows."""

    entry: Entry
    checks: tuple[Checked, ...]
    has_photo: bool

    @property
    def agreed(self) -> tuple[Any, ...]:
        """Which fields agreed when it was verified last."""
        found = (one for one in self.checks if one.outcome == VerificationOutcome.VERIFIED)
        return next((one.agreeing for one in found), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A paper that is no longer in the wallet."""

    public_id: str
    title: Any
    icon: str
    ending: str = field(repr=False)
    linked_at: datetime
    unlinked_at: datetime


def masked(number: str, ending: str) -> str:
    """A number as a list shows it: of a long one the end alone, a plate whole."""
    return number if len(number) < _LONG else f"•••• •••• {ending}"


def open_wallet(citizen: Citizen, *, now: datetime) -> Wallet:
    """The person's wallet, by one query; the ID card comes first."""
    rows = statements.fetch_all(_FIND, [citizen.pk])
    if not rows:
        return Wallet(entries=(), has_history=False)
    today = clock.today(now)
    entries = [_card_entry(citizen, rows[0][1 : 1 + len(_CARD)], now)]
    entries += [_entry(citizen, row[1 + len(_CARD) :], today, now) for row in rows]
    return Wallet(
        entries=tuple(entry for entry in entries if entry is not None), has_history=rows[0][0]
    )


def find_entry(citizen: Citizen, public_id: str, *, now: datetime) -> Entry | None:
    """One paper of the person's, also one that left the wallet; None if there is no such paper."""
    if public_id == papers.ID_CARD:
        found = papers.find_paper(citizen_id=citizen.pk, public_id=public_id, now=now)
        return None if found is None else _of_card(found)
    row = statements.fetch_one(_FIND_ONE, [citizen.pk, public_id])
    return None if row is None else _entry(citizen, row, clock.today(now), now)


def open_paper(citizen: Citizen, public_id: str, *, now: datetime) -> Page | None:
    """The page of one paper of the person's; None if there is no such paper."""
    entry = find_entry(citizen, public_id, now=now)
    if entry is None:
        return None
    return Page(
        entry=entry,
        checks=_list_checks(entry, citizen),
        has_photo=Portrait.objects.filter(citizen_id=citizen.pk).exists(),
    )


def _list_checks(entry: Entry, citizen: Citizen) -> tuple[Checked, ...]:
    """How the paper was verified, the last first."""
    rows = Verification.objects.filter(
        document__citizen_id=citizen.pk, document__public_id=entry.public_id, done_at__isnull=False
    ).exclude(outcome=VerificationOutcome.DROPPED)
    found = rows.order_by("-id").values_list("done_at", "reason", "outcome", "fields")
    return tuple(
        Checked(
            at=done_at,
            reason=VerificationReason(reason),
            outcome=VerificationOutcome(outcome),
            agreeing=_labels(entry.kind, fields, among=_AGREEING),
            differing=_labels(entry.kind, fields, among=_NOT_AGREEING),
        )
        for done_at, reason, outcome, fields in found[:HISTORY]
        if done_at is not None
    )


def list_left(citizen: Citizen) -> tuple[Left, ...]:
    """Papers that are no longer in the person's wallet, the last first."""
    rows = Document.objects.filter(citizen_id=citizen.pk, state=DocumentState.UNLINKED)
    return tuple(
        Left(
            public_id=row.public_id,
            title=kind.title,
            icon=kind.icon,
            ending=row.number[-4:],
            linked_at=row.linked_at,
            unlinked_at=row.unlinked_at or row.since,
        )
        for row in rows.order_by("-unlinked_at")[:LEFT_LISTED]
        if (kind := find_kind(row.kind)) is not None
    )


def find_holder(public_id: str) -> UUID | None:
    """Whose wallet a paper is, or was, in; who asks may not be told before it is known that they may know."""
    rows = Document.objects.filter(public_id=public_id).values_list("citizen_id", flat=True)
    return rows.first()


# --- Drawing --------------------------------------------------------------------------------------
def _card_entry(citizen: Citizen, columns: Any, now: datetime) -> Entry | None:
    if columns[0] is None:
        return None
    return _of_card(papers.of_card(citizen, _CARD.row(columns), now=now))


def _of_card(paper: papers.Paper) -> Entry:
    drawn = paper.drawn
    return Entry(
        public_id=paper.public_id,
        kind=paper.kind,
        registry=paper.kind.party,
        state=paper.state,
        raw=paper.paper.number,
        number=drawn.number,
        title=drawn.title,
        lines=drawn.lines,
        paper=paper.paper,
        drawn=drawn,
        differences=(),
        is_foreign=False,
        since=paper.verified_at,
        verified_at=paper.verified_at,
        next_check_at=None,
        expires_on=drawn.expires_on,
        days_left=None,  # the first page and messages say it
        renewal=paper.kind.renewal(paper.paper),
        progress=None,
        asked=None,
    )


def _entry(citizen: Citizen, columns: Any, today: date, now: datetime) -> Entry | None:
    """A paper from the columns of its verification, its correction and itself."""
    open_, asked, own = _split(columns)
    if own[0] is None:
        return None
    row = _PAPER.row(own)
    kind = find_kind(row.kind)
    if kind is None:
        return None
    state = DocumentState(row.state)
    known = _known(row)
    drawn = None if known is None else kind.draw(known, today)
    expires_on = None if drawn is None else drawn.expires_on
    if state == DocumentState.VERIFIED and expires_on is not None and expires_on < today:
        state = DocumentState.EXPIRED
    differences = _differences(citizen, kind, row, state)
    lines = drawn.lines if drawn else ()
    foreign = _is_foreign(row)
    if differences and not foreign:
        lines = (_difference_line(differences[0]),)
    return Entry(
        public_id=row.public_id,
        kind=kind,
        registry=row.registry,
        state=state,
        raw=row.number,
        number=drawn.number if drawn else row.number,
        title=drawn.title if drawn else kind.title,
        lines=lines,
        paper=known,
        drawn=drawn,
        differences=differences,
        is_foreign=bool(differences) and foreign,
        since=row.since,
        verified_at=row.verified_at,
        next_check_at=row.next_check_at,
        expires_on=expires_on,
        days_left=_days_left(state, expires_on, today),
        renewal=None if known is None else kind.renewal(known),
        progress=_progress(open_, first=row.checked_at is None),
        asked=_asked(asked, now),
    )


def _days_left(state: DocumentState, expires_on: date | None, today: date) -> int | None:
    """Days to the end of a paper that is valid, if it is near."""
    if state != DocumentState.VERIFIED or expires_on is None:
        return None
    days = (expires_on - today).days
    return days if days <= policy.EXPIRY_WARNINGS_DAYS[0] else None


def _split(columns: Any) -> tuple[Any, Any, Any]:
    first, second = len(_OPEN), len(_OPEN) + len(_ASKED)
    return columns[:first], columns[first:second], columns[second:]


def find_kind(code: str) -> Kind | None:
    """The kind of a code; None of a defined kind that was taken away."""
    try:
        return kinds.find(code)
    except kinds.NoSuchKind:
        return None


def _known(row: Document) -> RegistryPaper | None:
    """What is drawn: the last copy that agreed, else what the registry said first, if it is the person's."""
    if row.paper is not None:
        return from_json(row.paper)
    if row.answer is None or _is_foreign(row) or people.may_be_a_namesakes(_results(row)):
        return None
    return from_json(row.answer)


def _is_foreign(row: Document) -> bool:
    """Whether the registry's paper is plainly another person's: of it nothing is shown."""
    return people.is_of_somebody_else(_results(row))


def _results(row: Document) -> dict[str, FieldResult]:
    return {code: FieldResult(said) for code, said in row.differing.items()}


def _differences(
    citizen: Citizen, kind: Kind, row: Document, state: DocumentState
) -> tuple[Difference, ...]:
    if state != DocumentState.MISMATCH or row.answer is None:
        return ()
    holder, answer = holders.without_former(citizen), from_json(row.answer)
    found = []
    for code, said in row.differing.items():
        if said in _NOT_AGREEING:
            on_paper, in_register = kind.value_of(code, holder, answer)
            label = kind.field_label(code)
            found.append(
                Difference(code=code, label=label, on_paper=on_paper, in_register=in_register)
            )
    return tuple(found)


def _difference_line(found: Difference) -> Line:
    return Line(
        code=found.code,
        label=_("%(field)s on the paper") % {"field": found.label},
        value=found.on_paper,
        level=Level.FULL,
    )


def _labels(kind: Kind, fields: dict[str, str], *, among: frozenset[str]) -> tuple[Any, ...]:
    return tuple(kind.field_label(code) for code, said in fields.items() if said in among)


def _progress(columns: Any, *, first: bool) -> Progress | None:
    if columns[0] is None:
        return None
    row = _OPEN.row(columns)
    if row.failed_since is not None:
        step, since = Step.SILENT, row.failed_since
    elif row.begun_at is not None:
        step, since = Step.ASKED, row.begun_at
    else:
        step, since = Step.WAITS, row.requested_at
    return Progress(
        step=step,
        since=since,
        next_at=row.next_try_at if step == Step.SILENT else None,
        latest=row.requested_at + policy.VERIFIED_WITHIN,
        first=first,
    )


def _asked(columns: Any, now: datetime) -> Asked | None:
    if columns[0] is None:
        return None
    row = _ASKED.row(columns)
    return Asked(
        public_id=row.public_id,
        requested_at=row.requested_at,
        due_at=row.due_at,
        late=row.due_at < now,
        office=row.office,
    )
