"""The data log: every look at a person's data and every change, in words, as that person reads it.

What a court order hides is left out until its day (``sealed_looks``). Sealed words are opened for their own person.
Pages go by key, so that the last page costs what the first does; a search reads so many events and then asks again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, QuerySet, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from accounts import events
from accounts.enums import InspectionSource
from accounts.models import Guardianship, Inspection, Office
from accounts.selectors.sealed_looks import not_hidden
from eid_portal.core import audit, clock, home, text
from eid_portal.core.events import ActorKind
from eid_portal.core.models import AuditEvent

ON_A_PAGE: Final = 30
SEARCHED: Final = 2000  # events that one search reads
_AT_ONCE: Final = 500
COUNTED: Final = timedelta(days=30)
LANGUAGES: Final = ("vi", "en")
SIGN_INS: Final = (
    events.SignedIn.name,
    events.SignInFailed.name,
    events.SignedOut.name,
    events.SignedInAfresh.name,
)
_STAFF: Final = (ActorKind.OFFICER.value, ActorKind.ADMINISTRATOR.value)
_SYSTEMS: Final = (ActorKind.SYSTEM.value, ActorKind.PARTY.value)
_NAMELESS: Final[dict[str, Any]] = {
    ActorKind.OFFICER.value: gettext_lazy("An officer"),
    ActorKind.ADMINISTRATOR.value: gettext_lazy("An administrator of the portal"),
    ActorKind.ANYONE.value: gettext_lazy("Somebody not signed in"),
}


class Choice(StrEnum):
    """Which of the events are listed."""

    ALL = "all"
    STAFF = "staff"
    SYSTEMS = "systems"
    SIGN_INS = "sign-ins"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the reader wants to see; ``before`` is the key after which the page goes on."""

    choice: Choice = Choice.ALL
    words: str = ""
    day: date | None = None
    before: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event in words."""

    id: UUID
    at: datetime
    kind: str
    icon: str
    title: str
    who: str
    code: str  # of the officer or administrator, to name them in a question
    why: str
    basis: str
    seen: str
    told: tuple[tuple[str, str], ...] = field(repr=False)  # what was sealed for the person alone
    can_ask: bool  # a look by staff
    asked: bool
    block: int | None  # None: not sealed yet

    @property
    def text(self) -> str:
        """All its words, for a search."""
        told = (value for _label, value in self.told)
        return " ".join((self.title, self.who, self.why, self.basis, self.seen, *told))


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The events of a day."""

    day: date
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some days, the newest first; ``older`` is the key to go on from, ``read_until`` where a search stopped."""

    days: tuple[Day, ...]
    older: UUID | None
    read_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The figures above the log."""

    looks: int
    authorities: int
    questions: int


def count(*, citizen_id: UUID, now: datetime) -> Counts:
    """Looks of the last 30 days, who they were by, and what the person asked about looks: two queries."""
    by = Coalesce(
        Cast("office_id", CharField()), NullIf("party", Value("")), "actor_kind"
    )  # each administrator is the administration
    found = (
        _events(citizen_id, now)
        .filter(name__in=home.looks(), recorded_at__gt=now - COUNTED)
        .aggregate(looks=Count("pk"), authorities=Count(by, distinct=True))
    )
    questions = Inspection.objects.filter(citizen_id=citizen_id, source=InspectionSource.CITIZEN)
    return Counts(**found, questions=questions.count())


def read(*, citizen_id: UUID, asked: Asked, now: datetime) -> Page:
    """One page of the log, by a handful of queries however long the log is."""
    rows = _events(citizen_id, now)
    match asked.choice:
        case Choice.STAFF:
            rows = rows.filter(actor_kind__in=_STAFF)
        case Choice.SYSTEMS:
            rows = rows.filter(actor_kind__in=_SYSTEMS)
        case Choice.SIGN_INS:
            rows = rows.filter(name__in=SIGN_INS)
        case Choice.CHANGES:
            rows = rows.exclude(name__in={*SIGN_INS, *home.looks()})
        case Choice.ALL:
            pass
    if asked.day is not None:
        rows = rows.filter(recorded_at__lt=_end_of(asked.day))
    if asked.before is not None:
        rows = rows.filter(pk__lt=asked.before)
    wanted = text.fold(asked.words).split()
    if wanted:
        return _search(rows, citizen_id, wanted)
    found = list(rows[: ON_A_PAGE + 1])
    older = found[ON_A_PAGE - 1].pk if len(found) > ON_A_PAGE else None
    return Page(days=_by_day(_entries(found[:ON_A_PAGE], citizen_id)), older=older)


def everything(*, citizen_id: UUID, now: datetime) -> Iterator[Entry]:
    """The whole log in words, the newest first; never all of it in memory."""
    before: UUID | None = None
    while True:
        rows = _events(citizen_id, now)
        found = list((rows.filter(pk__lt=before) if before else rows)[:_AT_ONCE])
        yield from _entries(found, citizen_id)
        if len(found) < _AT_ONCE:
            return
        before = found[-1].pk


def find_event(*, citizen_id: UUID, event_id: UUID, now: datetime) -> AuditEvent | None:
    """One event of the person's log; None if it is somebody else's, hidden, or there is none."""
    return _events(citizen_id, now).filter(pk=event_id).first()


def find_entry(*, citizen_id: UUID, event_id: UUID, now: datetime) -> Entry | None:
    """The same in words."""
    event = find_event(citizen_id=citizen_id, event_id=event_id, now=now)
    return _entries([event], citizen_id)[0] if event else None


def _events(citizen_id: UUID, now: datetime) -> QuerySet[AuditEvent]:
    return (
        AuditEvent.objects.filter(not_hidden(now), subject_id=citizen_id, shown=True)
        .select_related("membership")
        .order_by("-pk")
    )


def _end_of(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=clock.VIET_NAM) + timedelta(days=1)


def _search(rows: QuerySet[AuditEvent], citizen_id: UUID, wanted: Sequence[str]) -> Page:
    """Events whose words, in either language, contain all that is wanted; read from the newest on."""
    found: list[Entry] = []
    spoken = get_language() or LANGUAGES[0]
    last: Entry | None = None
    fold = lru_cache(maxsize=SEARCHED)(text.fold)  # most entries say what others say
    for _batch in range(SEARCHED // _AT_ONCE):
        batch = list((rows.filter(pk__lt=last.id) if last else rows)[:_AT_ONCE])
        read_in = {}
        for language in LANGUAGES:
            with override(language):
                read_in[language] = _entries(batch, citizen_id)
        for place, entry in enumerate(read_in[spoken]):
            last = entry
            folded = " ".join(fold(read_in[one][place].text) for one in LANGUAGES)
            if all(word in folded for word in wanted):
                found.append(entry)
                if len(found) == ON_A_PAGE:
                    return Page(days=_by_day(found), older=entry.id)
        if len(batch) < _AT_ONCE:
            return Page(days=_by_day(found), older=None)
    if last is None:
        return Page(days=(), older=None)
    return Page(days=_by_day(found), older=last.id, read_until=last.at)


def _by_day(entries: Sequence[Entry]) -> tuple[Day, ...]:
    days = groupby(entries, key=lambda entry: clock.today(entry.at))
    return tuple(Day(day=day, entries=tuple(of_day)) for day, of_day in days)


# --- Words ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Known:
    """What the words of some events need beside them."""

    citizen_id: UUID
    offices: dict[UUID, str]
    guardians: dict[UUID, str]
    opened: dict[UUID, dict[str, Any]]
    asked: frozenset[UUID]


def _entries(rows: Sequence[AuditEvent], citizen_id: UUID) -> list[Entry]:
    """In the language now active; at most four queries."""
    offices = {row.office_id for row in rows if row.office_id}
    others = {row.actor_citizen_id for row in rows if row.actor_kind == ActorKind.CITIZEN}
    looked = [row.pk for row in rows if _is_staff_look(row)]
    english = get_language() == "en"
    known = _Known(
        citizen_id=citizen_id,
        offices={
            office.pk: office.name_en if english else office.name
            for office in (Office.objects.filter(pk__in=offices) if offices else ())
        },
        guardians={
            row.guardian_id: row.guardian.full_name
            for row in (
                Guardianship.objects.filter(
                    ward_id=citizen_id, guardian_id__in=others
                ).select_related("guardian")
                if others - {citizen_id, None}
                else ()
            )
        },
        opened=audit.personal_data_of(rows, citizen_id),
        asked=_asked(citizen_id, looked),
    )
    return [_entry(row, known) for row in rows]


def _asked(citizen_id: UUID, looked: list[UUID]) -> frozenset[UUID]:
    """Of which looks the person has asked already."""
    if not looked:
        return frozenset()
    rows = Inspection.objects.filter(
        citizen_id=citizen_id, event_id__in=looked, source=InspectionSource.CITIZEN
    )
    return frozenset(row.event_id for row in rows.only("event_id") if row.event_id)


def _entry(row: AuditEvent, known: _Known) -> Entry:
    words = home.describe(row.name, row.data) or home.Words("plain", "file-text", row.name)
    member = getattr(row, "membership", None)
    return Entry(
        id=row.pk,
        at=row.recorded_at,
        kind=words.kind,
        icon=words.icon,
        title=words.title,
        who=_who(row, known),
        code=str(row.actor_id)[-6:] if row.actor_kind in _STAFF and row.actor_id else "",
        why=home.purpose(row.purpose),
        basis=home.basis(str(row.data.get("reason", ""))) or home.basis(row.purpose),
        seen=words.seen,
        told=tuple(_told(known.opened.get(row.pk, {}))),
        can_ask=_is_staff_look(row),
        asked=row.pk in known.asked,
        block=member.block_id if member else None,
    )


def _is_staff_look(row: AuditEvent) -> bool:
    return row.name in home.looks() and row.actor_kind in _STAFF


def _who(row: AuditEvent, known: _Known) -> str:
    if row.office_id in known.offices:
        return known.offices[row.office_id]
    match row.actor_kind:
        case ActorKind.CITIZEN if row.actor_citizen_id == known.citizen_id:
            return _("You")
        case ActorKind.CITIZEN if row.actor_citizen_id in known.guardians:
            return _("%(name)s, for you") % {"name": known.guardians[row.actor_citizen_id]}
        case ActorKind.CITIZEN:
            return _("Another person")
        case ActorKind.PARTY:
            return home.party(row.party) or _("Another authority's system")
        case kind:
            return str(_NAMELESS.get(kind, _("The portal")))


def _told(opened: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The sealed words with what they are; before and after of a change side by side."""
    if not opened:  # as nearly all events
        return
    labels = {
        "reason": _("The reason given"),
        "reference": _("Case, letter or order named"),
        "ending": _("Phone number ending in"),
        "purpose": _("What it is for"),
    }
    names = {
        "full_name": _("Full name"),
        "birth_date": _("Date of birth"),
        "sex": _("Sex"),
        "residence": _("Place of residence"),
        "personal_number": _("Personal number"),
        "nationality": _("Nationality"),
    }
    before, after = opened.get("before", {}), opened.get("after", {})
    for name in sorted({*before, *after}):
        change = _("%(before)s, now %(after)s") % {
            "before": before.get(name) or "–",
            "after": after.get(name) or "–",
        }
        yield str(names.get(name, name)), change
    for name, value in opened.items():
        if name not in {"before", "after"} and value:
            yield str(labels.get(name, name)), str(value)
