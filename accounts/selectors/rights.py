"""What people see of their copies, requests and consents: their own and nobody else's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from accounts.enums import (
    ConsentPurpose,
    ConsentState,
    DataCategory,
    DataRequestKind,
    DataRequestState,
    DataSubject,
    ExportState,
)
from accounts.models import Account, Consent, DataExport, DataRequest
from accounts.rules import kept
from accounts.selectors.stays import list_stays
from eid_portal.core import clock
from eid_portal.core.models import Job

SHOWN = 50  # of a kind; who has more finds them in the copy of their data
_OPEN = (DataRequestState.RECEIVED, DataRequestState.ANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """The copy being made and the one that can be fetched; ``failed`` if the last one could not be made."""

    waiting: DataExport | None
    ready: DataExport | None
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StayLine:
    """A temporary residence; ``is_over`` if its last day is."""

    address: str
    registered_at: datetime
    since: date
    until: date
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a person is registered: permanently, and for a time; now and, it may be, later."""

    residence: str
    stays: Sequence[StayLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLine:
    """A consent with its words."""

    row: Consent
    what: str
    why: str


def find_addresses(account: Account, *, now: datetime) -> Addresses:
    """The addresses that are held of a person; empty where none is."""
    return Addresses(
        residence=kept.one_line(account.citizen.residence),
        stays=[
            StayLine(
                address=kept.one_line(stay.address),
                registered_at=stay.registered_at,
                since=stay.since,
                until=stay.last_day,
                is_over=stay.last_day < clock.today(now),
            )
            for stay in list_stays(account.citizen_id, now=now)
        ],
    )


def find_copies(account: Account, *, now: datetime) -> Copies:
    """The copies of one's data, by one query, and one more if one is being made."""
    rows: list[DataExport] = list(
        DataExport.objects.filter(account=account).defer("json", "pdf").order_by("-pk")[:SHOWN]
    )
    waiting = next((row for row in rows if row.state == ExportState.PENDING), None)
    stuck = waiting is not None and gave_up(waiting.pk)
    return Copies(
        waiting=None if stuck else waiting,
        ready=next(
            (
                row
                for row in rows
                if row.state == ExportState.READY and row.delete_at and row.delete_at > now
            ),
            None,
        ),
        failed=stuck
        or (bool(rows) and rows[0].state == ExportState.DELETED and rows[0].made_at is None),
    )


def gave_up(row_id: UUID) -> bool:
    """Whether the job that makes a copy was put aside."""
    return Job.objects.filter(subject_id=row_id, given_up_at__isnull=False).exists()


def list_requests(account: Account) -> list[DataRequest]:
    """One's requests: what waits first, then the newest."""
    rows = DataRequest.objects.filter(citizen_id=account.citizen_id).order_by("-pk")[:SHOWN]
    return sorted(rows, key=lambda row: row.state not in _OPEN)


def find_request(account: Account, *, public_id: str) -> DataRequest | None:
    """A request of one's own; None if it is somebody else's or there is none."""
    return DataRequest.objects.filter(public_id=public_id, citizen_id=account.citizen_id).first()


def request_words(row: DataRequest) -> dict[str, Any]:
    """Kind, subject and state in words."""
    return {
        "kind": DataRequestKind(row.kind).label,
        "subject": DataSubject(row.subject).label,
        "state": DataRequestState(row.state).label,
    }


def list_consents(
    citizen_id: UUID, purpose: ConsentPurpose | None = None
) -> dict[str, list[ConsentLine]]:
    """A person's consents, for one purpose or for all, by state, the newest first."""
    lines: dict[str, list[ConsentLine]] = {state: [] for state in ConsentState.values}
    rows = Consent.objects.filter(citizen_id=citizen_id).order_by("-pk")
    if purpose is not None:
        rows = rows.filter(purpose=purpose)
    for row in rows[: SHOWN * len(lines)]:
        what = [str(DataCategory(code).label) for code in row.categories]
        text = ", ".join(what)
        lines[row.state].append(
            ConsentLine(
                row=row,
                what=text[:1].upper() + text[1:],
                why=str(ConsentPurpose(row.purpose).label),
            )
        )
    return lines
