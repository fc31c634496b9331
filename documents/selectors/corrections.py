"""What does not agree about a paper and what was asked about it, as its holder reads it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Q

from accounts.models import Account, Citizen
from accounts.selectors import wards
from documents import kinds
from documents.enums import (
    CorrectionSide,
    CorrectionState,
    DocumentState,
    FieldResult,
    VerificationOutcome,
)
from documents.kinds.base import Kind
from documents.models import Correction, Document, Verification
from documents.rules import people
from documents.rules.papers import Holder, RegistryPaper, from_json
from documents.rules.people import WordPair
from documents.selectors import holders
from eid_portal.core import clock, working_days

OPEN: Final = (CorrectionState.SENDING, CorrectionState.OPEN)
LISTED: Final = 50
_AGREE: Final = frozenset({FieldResult.SAME, FieldResult.SPELLING})
_SHORT: Final = 12  # characters of a number that is shown whole: a plate
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that does not agree: both values, of a name word by word."""

    code: str
    label: Any
    on_paper: str = field(repr=False)
    in_register: str = field(repr=False)
    words: tuple[WordPair, ...] = field(repr=False)

    @property
    def missing(self) -> tuple[str, ...]:
        """Words of the register that the paper lacks."""
        return tuple(pair.register or "" for pair in self.words if pair.paper is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Where a paper stands that needs its holder; ``open_id`` is a request that waits."""

    public_id: str
    kind: Kind
    number: str = field(repr=False)  # as people may read it on a list
    state: DocumentState
    since: datetime
    read_at: datetime  # when the registry answered
    register_read_at: datetime | None  # when the population register did
    differences: tuple[Difference, ...]
    agreeing: tuple[Any, ...]  # labels
    sides: tuple[CorrectionSide, ...]  # what the holder may say is right
    is_foreign: bool  # the registry has the number for somebody else, of whom nothing is shown
    failed_since: datetime | None  # since when the registry does not answer
    next_try_at: datetime  # when it is asked again
    verified_at: datetime | None  # of the copy that agreed last
    open_id: str
    last: Correction | None  # the request that ended last

    @property
    def agrees(self) -> bool:
        """Whether the paper is the holder's, so that only they can say what on it is wrong."""
        return self.state in {DocumentState.VERIFIED, DocumentState.EXPIRED, DocumentState.REVOKED}

    @property
    def compared(self) -> int:
        """How many fields were compared."""
        return len(self.differences) + len(self.agreeing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A period of working days: how far it is, and which days do not count."""

    due_at: datetime
    days: int
    used: int  # whole working days that have passed
    resting: tuple[date, ...]  # holidays on weekdays
    share: float  # of the time, from 0 to 1

    @property
    def width(self) -> int:
        """Of the bar of 300."""
        return round(300 * self.share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One request as its holder follows it."""

    row: Correction
    kind: Kind
    number: str = field(repr=False)
    document: Document
    state: DocumentState  # of the paper
    differences: tuple[Difference, ...]  # as they are now
    clock: Clock
    right: str = field(repr=False)  # the value the holder says is right
    is_checked: bool  # the paper was verified after the answer
    is_checking: bool

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.row.state in OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A request in a list."""

    row: Correction
    kind: Kind
    number: str = field(repr=False)


def find_case(citizen: Citizen, public_id: str, *, now: datetime) -> Case | None:
    """A paper in the person's wallet; None if there is no such paper."""
    row = (
        Document.objects.filter(citizen_id=citizen.pk, public_id=public_id)
        .exclude(state=DocumentState.UNLINKED)
        .first()
    )
    if row is None:
        return None
    kind, results = kinds.find(row.kind), _results(row)
    asked = Verification.objects.filter(document=row, outcome=VerificationOutcome.PENDING).first()
    requests = list(Correction.objects.filter(document=row).order_by("-id")[:LISTED])
    return Case(
        public_id=row.public_id,
        kind=kind,
        number=_number(kind, row, now),
        state=DocumentState(row.state),
        since=row.since,
        read_at=row.checked_at or row.linked_at,
        register_read_at=citizen.checked_with_register_at,
        differences=tuple(_differences(citizen, kind, row)),
        agreeing=tuple(kind.field_label(code) for code, said in results.items() if said in _AGREE),
        sides=sides_of(row),
        is_foreign=people.is_of_somebody_else(results),
        failed_since=asked.failed_since if asked else None,
        next_try_at=(asked.next_try_at if asked else None) or row.next_check_at,
        verified_at=row.verified_at,
        open_id=next((one.public_id for one in requests if one.state in OPEN), ""),
        last=next((one for one in requests if one.state not in OPEN), None),
    )


def sides_of(row: Document) -> tuple[CorrectionSide, ...]:
    """What the holder may say is right, by what the registry answered last."""
    match DocumentState(row.state):
        case DocumentState.NOT_FOUND:
            return (CorrectionSide.MISSING,)
        case DocumentState.MISMATCH if people.is_of_somebody_else(_results(row)):
            return (CorrectionSide.NEITHER,)
        case DocumentState.MISMATCH:
            return (CorrectionSide.POPULATION, CorrectionSide.REGISTRY, CorrectionSide.NEITHER)
        case DocumentState.VERIFIED | DocumentState.EXPIRED | DocumentState.REVOKED:
            return (CorrectionSide.NEITHER,)  # something else on it is wrong, as its holder writes
        case DocumentState.VERIFYING | DocumentState.UNAVAILABLE | DocumentState.UNLINKED:
            return ()


def find_paper_of(public_id: str) -> str:
    """The public id of the paper that a request is about, empty if there is none; for who may then be let in."""
    rows = Correction.objects.filter(public_id=public_id)
    return rows.values_list("document__public_id", flat=True).first() or ""


def open_correction(citizen: Citizen, public_id: str, *, now: datetime) -> Page | None:
    """A request about one of the person's papers; None if there is no such one."""
    row = (
        Correction.objects.select_related("document", "requested_by")
        .filter(public_id=public_id, document__citizen_id=citizen.pk)
        .first()
    )
    if row is None:
        return None
    document = row.document
    kind = kinds.find(document.kind)
    differences = tuple(_differences(citizen, kind, document))
    ended = row.answered_at
    return Page(
        row=row,
        kind=kind,
        number=_number(kind, document, now),
        document=document,
        state=DocumentState(document.state),
        differences=differences,
        clock=clock_of(row.requested_at, row.due_at, now=now),
        right=_right(row, differences),
        is_checked=bool(ended and document.checked_at and document.checked_at > ended),
        is_checking=Verification.objects.filter(
            document=document, outcome=VerificationOutcome.PENDING
        ).exists(),
    )


def list_corrections(account: Account, *, now: datetime) -> list[Line]:
    """The requests about one's papers and those one made for wards: what waits first, then the newest.

    Of somebody one no longer acts for nothing is listed.
    """
    mine = Q(document__citizen_id=account.citizen_id)
    theirs = [ward.citizen.pk for ward in wards.list_in_force(account, now=now)]
    rows = (
        Correction.objects.select_related("document")
        .filter(mine | Q(requested_by=account, document__citizen_id__in=theirs))
        .order_by("-id")[:LISTED]
    )
    lines = []
    for row in rows:
        kind = kinds.find(row.document.kind)
        lines.append(Line(row=row, kind=kind, number=_number(kind, row.document, now)))
    return sorted(lines, key=lambda line: line.row.state not in OPEN)


def clock_of(begun: datetime, due_at: datetime, *, now: datetime) -> Clock:
    """How far a period of working days is; the day it began is not counted."""
    first, last, today = (clock.today(moment) for moment in (begun, due_at, now))
    exceptions = working_days.load(first)
    counted = [day for day in _days(first, last) if working_days.works(day, exceptions)]
    gone = (now - begun) / (due_at - begun) if due_at > begun else 1.0
    return Clock(
        due_at=due_at,
        days=len(counted),
        used=sum(day < today for day in counted),
        resting=tuple(
            day
            for day in _days(first, last)
            if day.weekday() < _SATURDAY and not working_days.works(day, exceptions)
        ),
        share=min(max(gone, 0.0), 1.0),
    )


def _days(first: date, last: date) -> Iterator[date]:
    for count in range(1, (last - first).days + 1):
        yield first + timedelta(days=count)


# --- Both values ------------------------------------------------------------------------------------
def _results(row: Document) -> dict[str, FieldResult]:
    return {code: FieldResult(said) for code, said in row.differing.items()}


def _differences(citizen: Citizen, kind: Kind, row: Document) -> Iterator[Difference]:
    if row.state != DocumentState.MISMATCH or row.answer is None:
        return
    holder, answer = holders.with_former(citizen), from_json(row.answer)
    for code, said in _results(row).items():
        if said not in _AGREE:
            yield _difference(code, kind, holder, answer)


def _difference(code: str, kind: Kind, holder: Holder, answer: RegistryPaper) -> Difference:
    on_paper, in_register = kind.value_of(code, holder, answer)
    return Difference(
        code=code,
        label=kind.field_label(code),
        on_paper=on_paper,
        in_register=in_register,
        words=people.words(on_paper, in_register) if code == "name" else (),
    )


def _right(row: Correction, differences: tuple[Difference, ...]) -> str:
    match CorrectionSide(row.side):
        case CorrectionSide.POPULATION:
            return ", ".join(one.in_register for one in differences)
        case CorrectionSide.REGISTRY:
            return ", ".join(one.on_paper for one in differences)
        case CorrectionSide.NEITHER | CorrectionSide.MISSING:
            return ""


def _number(kind: Kind, row: Document, now: datetime) -> str:
    """A plate as it is printed; of a longer number the end alone."""
    if len(row.number) >= _SHORT:
        return f"•••• {row.number[-4:]}"
    known = row.paper or row.answer
    return kind.draw(from_json(known), clock.today(now)).number if known else row.number
