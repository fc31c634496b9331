"""What an office has to decide: its figures, and its queue, most urgent first, found by key at any depth.

All that an office's desks have belongs to whoever works on files there.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONArray
from django.utils.translation import gettext as _

from accounts.enums import AccountState, Role
from accounts.models import Account, Office, OfficeRole
from accounts.selectors import names
from eid_portal.core import clock
from eid_portal.core.models import CalendarDay
from procedures import policy
from procedures.enums import ApplicationState, RequestState, Tab
from procedures.models import Application, ClockPause, Desk, OpinionRequest, Procedure, SavedFilter
from procedures.rules import clocks
from procedures.rules.clocks import Pause
from procedures.rules.values import in_language
from procedures.selectors import revisions

CASE_ROLES: Final = (Role.CASE, Role.CASE_LEAD)
STATES: Final[Mapping[Tab, ApplicationState]] = {
    Tab.REVIEW: ApplicationState.IN_REVIEW,
    Tab.CITIZEN: ApplicationState.WAITING_CITIZEN,
    Tab.CONSENT: ApplicationState.WAITING_CONSENT,
    Tab.OPINION: ApplicationState.WAITING_OPINION,
    Tab.PROPOSED: ApplicationState.PROPOSED,
}
_NOT_REVIEWED: Final = tuple(
    state.value for state in STATES.values() if state != ApplicationState.IN_REVIEW
)
_USED: Final = clocks.ALERTS[:2]  # what was told of files that are not late yet
_URGENT: Final = 6  # files on the first page
_ASKED: Final = 20  # opinions there


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """How the queue is narrowed; ``procedure`` is a code, empty for all.

    ``used`` is one of the first two of ``rules.clocks.ALERTS``: so much of the time is used, not more; 0 for all.
    """

    tab: Tab = Tab.REVIEW
    procedure: str = ""
    mine: bool = False
    late: bool = False
    used: int = 0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Filters":
        """Out of an address or a kept filter; what it does not know is as if it were not there."""
        tab = str(given.get("tab", ""))
        return cls(
            tab=Tab(tab) if tab in Tab.values else Tab.REVIEW,
            procedure=str(given.get("procedure") or "")[:60],
            mine=given.get("mine") in {"1", True},
            late=given.get("late") in {"1", True},
            used=next((each for each in _USED if str(given.get("used")) == str(each)), 0),
        )

    @property
    def says(self) -> dict[str, Any]:
        """As JSON."""
        said = asdict(self) | {"tab": self.tab.value}
        return said if self.used else {name: each for name, each in said.items() if name != "used"}

    @property
    def query(self) -> str:
        """As the query of an address; what is usual is left out."""
        given = {
            "tab": self.tab.value if self.tab != Tab.REVIEW else "",
            "procedure": self.procedure,
            "mine": "1" if self.mine else "",
            "late": "1" if self.late else "",
            "used": str(self.used) if self.used else "",
        }
        return urlencode({name: each for name, each in given.items() if each})

    def words(self, procedures: Mapping[str, str]) -> str:
        """What it says, for people."""
        parts = [
            procedures.get(self.procedure, self.procedure),
            str(self.tab.label),
            _("mine") if self.mine else "",
            _("late") if self.late else "",
            used_words().get(self.used, ""),
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A file in a list: whom it is about is masked, so a list is no look."""

    public_id: str
    reference: str
    procedure: str
    person: str
    state: ApplicationState
    due_at: datetime | None
    since: datetime
    ended_at: datetime | None
    used: int | None  # per cent of the time it may take
    is_late: bool
    is_today: bool
    told: int  # of clocks.ALERTS, the last one that passed
    holder: str  # whose it is now
    is_mine: bool

    @property
    def bar(self) -> int:
        """How much of a bar of 64 is filled."""
        return min(self.used or 0, 100) * 64 // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of the queue; ``after`` finds the next, empty at its end."""

    filters: Filters
    lines: Sequence[Line]
    after: str
    is_first: bool
    kept: Sequence[tuple[SavedFilter, Filters]]
    procedures: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether this narrowing is among those kept."""
        return any(each == self.filters for _row, each in self.kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An opinion that another desk wants."""

    public_id: str
    reference: str
    procedure: str
    from_office: Office
    answer_by: datetime
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """An office's day. No number is above ``policy.COUNTED_MOST`` by more than one.

    What is late, due today and in time are all open files whose clock runs, whatever they wait for.
    """

    late: int
    due_today: int
    in_time: int
    half_used: int  # of the time; not four fifths of it
    most_used: int  # four fifths; not late
    waiting_citizen: int
    waiting_consent: int
    waiting_opinion: int
    proposed: int
    done_today: int
    mine: int
    urgent: Sequence[Line]
    asked: Sequence[Asked]
    median: timedelta | None  # from receipt to the decision, of those an official decided of late
    ninth: timedelta | None  # nine out of ten were decided within
    decided: int

    @property
    def waiting(self) -> int:
        """For people or offices outside."""
        return self.waiting_citizen + self.waiting_consent + self.waiting_opinion


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many files a colleague has."""

    public_id: str
    name: str
    count: int
    is_me: bool
    is_here: bool


# --- Who works there ------------------------------------------------------------------------------
def desks_of(office_id: UUID) -> list[UUID]:
    """The desks of an office; one that was closed keeps the files it has."""
    return list(
        Desk.objects.filter(office_id=office_id).order_by("pk").values_list("pk", flat=True)
    )


def colleagues(office_id: UUID) -> list[Account]:
    """Who works on files at an office."""
    roles = OfficeRole.objects.filter(
        office_id=office_id, ended_at__isnull=True, role__in=CASE_ROLES
    )
    return list(
        Account.objects.select_related("citizen")
        .filter(pk__in=roles.values("account"), state=AccountState.ACTIVE)
        .order_by("sign_in_name")
    )


def find_colleague(public_id: str, *, office_id: UUID) -> Account | None:
    """One of them, by the public id of the account."""
    return next((one for one in colleagues(office_id) if one.public_id == public_id), None)


def is_colleague(account: Account, *, office_id: UUID) -> bool:
    """Whether somebody works on files at an office."""
    return any(one.pk == account.pk for one in colleagues(office_id))


def find_holder(public_id: str, *, office_id: UUID) -> Account | None:
    """Somebody who works, or worked, on files of an office."""
    roles = OfficeRole.objects.filter(office_id=office_id, role__in=CASE_ROLES)
    rows = Account.objects.select_related("citizen").filter(pk__in=roles.values("account"))
    return rows.filter(public_id=public_id).first()


def loads(account: Account, *, office_id: UUID, now: datetime) -> list[Load]:
    """How many open files each colleague has; who has some and works here no more is among them."""
    held = dict(
        Application.objects.filter(
            desk__office_id=office_id,
            claimed_by__isnull=False,
            claimed_until__gt=now,
            ended_at__isnull=True,
        )
        .values_list("claimed_by")
        .annotate(count=Count("pk"))
    )
    here = {one.pk: one for one in colleagues(office_id)}
    away = Account.objects.select_related("citizen").filter(pk__in=held.keys() - here.keys())
    return [
        Load(
            public_id=one.public_id,
            name=one.citizen.full_name,
            count=held.get(one.pk, 0),
            is_me=one.pk == account.pk,
            is_here=one.pk in here,
        )
        for one in [*here.values(), *away]
    ]


def leads(account_id: UUID, *, office_id: UUID) -> bool:
    """Whether an official is the head of an office's desks."""
    rows = OfficeRole.objects.filter(
        account_id=account_id, office_id=office_id, role=Role.CASE_LEAD
    )
    return rows.filter(ended_at__isnull=True).exists()


# --- The queue ------------------------------------------------------------------------------------
def queue(
    account: Account, *, office_id: UUID, filters: Filters, after: str, now: datetime
) -> Queue:
    """A page of it, by three statements whatever its depth; ``after`` is :func:`mark` of the last file seen.

    What is no mark is as if it were not there: the first page.
    """
    offered = revisions.offered()
    place = _read_mark(after)
    found = _rows(
        account, office_id, filters, after=place, most=policy.QUEUE_PAGE + 1, now=now,
        procedure_id=_procedure(filters.procedure, offered),
    )  # fmt: skip
    lines = [_line(row, account, now) for row in found[: policy.QUEUE_PAGE]]
    kept = SavedFilter.objects.filter(account=account, office_id=office_id).order_by("pk")
    return Queue(
        filters=filters,
        lines=lines,
        after=_mark_of(lines[-1], filters.tab) if len(found) > policy.QUEUE_PAGE else "",
        is_first=place is None,
        kept=[(row, Filters.of(row.says)) for row in kept],
        procedures={
            code: in_language(revisions.document(pk).name)
            for code, (_procedure_id, pk) in offered.items()
        },
    )


def find_many(account: Account, public_ids: Sequence[str], *, office_id: UUID) -> list[Application]:
    """Files of an office by their public ids, in the order of the queue; others are left out."""
    rows = Application.objects.select_related("procedure", "filer", "citizen").filter(
        desk__office_id=office_id, public_id__in=public_ids, received_at__isnull=False
    )
    return sorted(rows, key=lambda row: (row.due_at is None, row.due_at or row.since, row.pk))


def list_asked(office_id: UUID, *, now: datetime) -> list[Asked]:
    """Opinions that the office's desks were asked for, the most urgent first."""
    rows = (
        OpinionRequest.objects.select_related("application", "application__desk__office")
        .filter(desk__in=desks_of(office_id), state=RequestState.OPEN)
        .order_by("answer_by", "id")[:_ASKED]
    )
    return [
        Asked(
            public_id=row.public_id,
            reference=row.application.reference,
            procedure=_name_of(row.application),
            from_office=row.application.desk.office,
            answer_by=row.answer_by,
            is_late=row.answer_by <= now,
        )
        for row in rows
    ]


# --- The first page -------------------------------------------------------------------------------
class _Percentile(Aggregate):
    """PostgreSQL's ``percentile_cont``: the value below which a share of all lie."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"


def today(account: Account, *, office_id: UUID, now: datetime) -> Today:
    """The office's clock: what is late, due, waiting, and how long files take."""
    midnight = datetime.combine(clock.today(now), time.min, tzinfo=clock.VIET_NAM)
    tomorrow = midnight + timedelta(days=1)
    here = Application.objects.filter(desk__in=desks_of(office_id))
    states = {
        state: _count(here.filter(state=state, ended_at__isnull=True))
        for state in STATES.values()
        if state != ApplicationState.IN_REVIEW
    }
    urgent = _rows(account, office_id, Filters(), after=None, most=_URGENT, now=now)
    median, ninth, decided = _figures(here, now)
    return Today(
        late=_count_running(here, due_at__lt=now),
        due_today=_count_running(here, due_at__gte=now, due_at__lt=tomorrow),
        in_time=_count_running(here, due_at__gte=tomorrow),
        half_used=_count_running(here, due_at__gte=now, alerted=_USED[0]),
        most_used=_count_running(here, due_at__gte=now, alerted=_USED[1]),
        waiting_citizen=states[ApplicationState.WAITING_CITIZEN],
        waiting_consent=states[ApplicationState.WAITING_CONSENT],
        waiting_opinion=states[ApplicationState.WAITING_OPINION],
        proposed=states[ApplicationState.PROPOSED],
        done_today=_count(here.filter(ended_at__gte=midnight, received_at__isnull=False)),
        mine=_count(here.filter(claimed_by=account, claimed_until__gt=now, ended_at__isnull=True)),
        urgent=[_line(row, account, now) for row in urgent],
        asked=list_asked(office_id, now=now),
        median=median,
        ninth=ninth,
        decided=decided,
    )


def _figures(
    here: QuerySet[Application], now: datetime
) -> tuple[timedelta | None, timedelta | None, int]:
    ended = here.filter(
        ended_at__gte=now - policy.FIGURES_OF,
        state__in=[ApplicationState.GRANTED, ApplicationState.REFUSED],
        decision__by_silence=False,  # what a rule decides says nothing of the office
    )
    took = ExpressionWrapper(F("ended_at") - F("received_at"), output_field=DurationField())
    found = ended.aggregate(
        median=_Percentile(took, share="0.5", output_field=DurationField()),
        ninth=_Percentile(took, share="0.9", output_field=DurationField()),
    )
    return found["median"], found["ninth"], _count(ended)


def _count_running(here: QuerySet[Application], **when: Any) -> int:
    """How many open files have a due date such as this: those under review by their index, and the others."""
    review = here.filter(state=ApplicationState.IN_REVIEW, **when)
    others = here.filter(state__in=_NOT_REVIEWED, ended_at__isnull=True, **when)
    most = policy.COUNTED_MOST + 1
    both = review.values("pk")[:most].union(others.values("pk")[:most], all=True)
    return min(both.count(), most)


def _count(rows: QuerySet[Application]) -> int:
    return rows[: policy.COUNTED_MOST + 1].count()


# --- Parts ----------------------------------------------------------------------------------------
# What stands in each statement is ours; the places are filled with values.
_NAMED: Final = re.compile(r"%\((\w+)\)s")
_PAGE: Final = """
SELECT page.id FROM procedures_desk d CROSS JOIN LATERAL ({parts}
) page WHERE d.office_id = %(office)s ORDER BY page.key {way}, page.id {way} LIMIT %(most)s
"""
_PART: Final = """
    (SELECT a.id, a.{by} AS key FROM procedures_application a
    WHERE a.desk_id = d.id AND {condition}
    ORDER BY a.{by} {way}, a.id {way} LIMIT %(most)s)
"""
_OPEN: Final = "a.ended_at IS NULL AND a.state "
_REVIEWED: Final = _OPEN + f"= '{ApplicationState.IN_REVIEW.value}' AND a.due_at IS NOT NULL"
_OTHERS: Final = _OPEN + f"IN {_NOT_REVIEWED} AND a.due_at IS NOT NULL"
_PLACE: Final = """
 AND (a.{by}, a.id) {beyond}
 (%(moment)s, (SELECT l.id FROM procedures_application l WHERE l.public_id = %(file)s))
"""
# What the time used is worked out from, in the same statement: the pauses of a file, the exceptions of the week.
_PAUSES: Final = ArraySubquery(
    ClockPause.objects.filter(application=OuterRef("pk")).values(
        span=JSONArray("since", "until"),
    )
)
_EXCEPTIONS: Final = ArraySubquery(
    CalendarDay.objects.filter(day__gte=OuterRef("received_on")).values(
        exception=JSONArray("day", "works"),
    )
)
_MARK: Final = re.compile(r"([0-9]{1,17})-([0-9A-Za-z_-]{1,22})")
_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ORDERS: Final = {Tab.REVIEW: "due_at", Tab.RUNNING: "due_at", Tab.ENDED: "ended_at"}


def _rows(
    account: Account,
    office_id: UUID,
    filters: Filters,
    *,
    after: tuple[datetime, str] | None,
    most: int,
    now: datetime,
    procedure_id: UUID | None = None,
) -> list[Application]:
    """The next files in the order of the list: of each desk by its index, then together. One statement.

    A procedure stands in it by its key, not by a subquery on its code: the planner then sees how rare it is.
    """
    is_ended = filters.tab == Tab.ENDED
    by, first = _ORDERS.get(filters.tab, "since"), _parts(filters.tab)
    way, beyond = ("DESC", "<") if is_ended else ("ASC", ">")
    condition = ""
    if after is not None:
        condition += _PLACE.format(by=by, beyond=beyond)
    if filters.procedure:
        condition += " AND a.procedure_id = %(procedure)s"
    if filters.mine:
        condition += " AND a.claimed_by_id = %(account)s AND a.claimed_until > %(now)s"
    if filters.late:
        condition += " AND a.due_at < %(now)s"
    if filters.used:
        condition += " AND a.due_at >= %(now)s AND a.alerted = %(used)s"
    moment, file = after or (None, "")
    values = {
        "office": office_id, "moment": moment, "file": file, "most": most, "procedure": procedure_id,
        "account": account.pk, "now": now, "used": filters.used,
    }  # fmt: skip
    parts = [_PART.format(by=by, way=way, condition=each + condition) for each in first]
    sql = _PAGE.format(way=way, parts="UNION ALL".join(parts))
    keys = RawSQL(_NAMED.sub("%s", sql), [values[name] for name in _NAMED.findall(sql)])  # noqa: S611 - our own names
    rows = (
        Application.objects.select_related("citizen", "claimed_by__citizen")
        .filter(pk__in=keys)
        .annotate(stood_still=_PAUSES, exceptions=_EXCEPTIONS)
    )
    return sorted(rows, key=lambda row: (getattr(row, by), row.pk), reverse=is_ended)


def mark(moment: datetime, public_id: str) -> str:
    """Where a page ends, for its address: by what its last file stood there, though it may move since."""
    return f"{(moment - _BEGIN) // timedelta(microseconds=1)}-{public_id}"


def _mark_of(line: Line, tab: Tab) -> str:
    return mark(getattr(line, _ORDERS.get(tab, "since")), line.public_id)


def _read_mark(given: str) -> tuple[datetime, str] | None:
    found = _MARK.fullmatch(given)
    if found is None:
        return None
    return _BEGIN + timedelta(microseconds=int(found[1])), found[2]


def _parts(tab: Tab) -> tuple[str, ...]:
    """What the files of a part of the queue have in common; an index has those of each in the order of the list.

    Those not under review whose clock runs are few: they are put in order.
    """
    if tab == Tab.ENDED:
        return ("a.ended_at IS NOT NULL AND a.received_at IS NOT NULL",)
    if tab == Tab.RUNNING:
        return _REVIEWED, _OTHERS
    return (_OPEN + f"= '{STATES[tab].value}'",)


def used_words() -> dict[int, str]:
    """How much of the time is used, in words, by what ``Filters.used`` says."""
    return {
        _USED[0]: _("half of the time is used"),
        _USED[1]: _("four fifths of the time are used"),
    }


def _procedure(code: str, offered: Mapping[str, tuple[UUID, UUID]]) -> UUID | None:
    """The key of a procedure, also of one that is not in force any more; None if there is none of that code."""
    if code in offered or not code:
        return offered[code][0] if code else None
    return Procedure.objects.filter(code=code).values_list("pk", flat=True).first()


def _line(row: Application, account: Account, now: datetime) -> Line:
    is_held = row.claimed_until is not None and row.claimed_until > now and not row.ended_at
    is_late = row.due_at is not None and row.due_at < now and not row.ended_at
    return Line(
        public_id=row.public_id,
        reference=row.reference,
        procedure=_name_of(row),
        person=names.first_letters(row.citizen.full_name),
        state=ApplicationState(row.state),
        due_at=row.due_at,
        since=row.since,
        ended_at=row.ended_at,
        used=_used(row, now),
        is_late=is_late,
        told=row.alerted,
        is_today=row.due_at is not None and clock.today(row.due_at) == clock.today(now),
        holder=row.claimed_by.citizen.full_name if is_held and row.claimed_by else "",
        is_mine=is_held and row.claimed_by_id == account.pk,
    )


def _used(row: Any, now: datetime) -> int | None:
    """As :func:`used`, of a row with what :func:`_rows` reads beside it."""
    pauses = [
        Pause(datetime.fromisoformat(since), datetime.fromisoformat(until) if until else None)
        for since, until in row.stood_still
    ]
    days = {date.fromisoformat(day): works for day, works in row.exceptions}
    return used(row, pauses=pauses, days=days, now=now)


def used(
    row: Application, *, pauses: Sequence[Pause], days: Mapping[date, bool], now: datetime
) -> int | None:
    """Per cent of the time to decide that has passed, or had when it ended; None while the clock stands still.

    ``days`` are the exceptions from the week since it was received.
    """
    if row.received_at is None or row.received_on is None or row.due_at is None:
        return None
    if row.due_at <= row.received_at:
        return None
    part = clocks.passed(
        revisions.document(row.revision_id).clock, received=row.received_on, received_at=row.received_at,
        due_at=row.due_at, now=row.ended_at or now, days=days, pauses=pauses,
    )  # fmt: skip
    return max(part, 0)


def _name_of(row: Application) -> str:
    return in_language(revisions.document(row.revision_id).name)
