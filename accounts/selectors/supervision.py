"""What a supervisor sees of their office's counters, and a citizen of their questions about looks.

The console's lists name officers and no citizen; each page about one look is a look itself, recorded by ``looking``.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import get_language

from accounts import events, policy
from accounts.enums import (
    AlertState,
    InspectionSource,
    InspectionState,
    LookReason,
    ReviewState,
    Role,
)
from accounts.models import (
    Account,
    Alert,
    CardCase,
    Citizen,
    DeviceSession,
    Inspection,
    LookReview,
    LookUp,
    Office,
    OfficeRole,
    SealedLook,
)
from accounts.rules.masking import masked_name, masked_number
from accounts.selectors.counter import ACTIVATION, CASE, at_office
from accounts.selectors.look_ups import COURT_ORDER, looks_of
from accounts.selectors.sealed_looks import not_hidden
from eid_portal.core import clock, home, ids
from eid_portal.core.events import ActorKind
from eid_portal.core.models import Approval, ApprovalState, AuditEvent

STAFF: Final = (ActorKind.OFFICER.value, ActorKind.ADMINISTRATOR.value)
MOST: Final = 100  # of a list; the longest waiting first


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A proposal of one of the office's counters."""

    approval: Approval
    maker: str
    mine: bool  # the supervisor decides it
    others: tuple[str, ...]  # who can, where the supervisor may not


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """An alert, and whether the supervisor decides it."""

    alert: Alert
    officer: str
    by_case: int  # of the hour's looks
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An officer of the office now."""

    name: str
    sign_in_name: str
    looks: int
    seen_at: datetime | None  # None: not signed in
    locked: bool  # nobody has used it for ``policy.OFFICER_IDLE``


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The looks that were drawn: the next one to review, and how many there are."""

    next: LookReview | None
    left: int
    of_others: int  # left that somebody else must review


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """All that a supervisor's first page shows."""

    waiting: tuple[Waiting, ...]
    alerts: tuple[AlertLine, ...]
    inspections: tuple[Inspection, ...]
    sample: Sample
    desks: tuple[Desk, ...]
    done: dict[str, int]

    @property
    def to_do(self) -> int:
        """How much waits for this supervisor."""
        waiting = sum(one.mine for one in self.waiting) + sum(one.mine for one in self.alerts)
        return waiting + len(self.inspections) + self.sample.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One look as it is checked: masked, with what speaks for it."""

    look: LookUp
    officer: str
    name: str = field(repr=False)  # masked
    number: str = field(repr=False)  # masked
    agrees: bool  # the officer had a case of the person that day
    office_had_case: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a data log in words."""

    title: str
    office: str
    at: datetime


# --- The console ----------------------------------------------------------------------------------
def console(account: Account, *, office_id: UUID, now: datetime) -> Console:
    """The supervisor's office now."""
    return Console(
        waiting=tuple(_waiting(account, office_id=office_id, now=now)),
        alerts=tuple(_alerts(account, office_id=office_id, now=now)),
        inspections=tuple(_inspections(account, office_id=office_id)),
        sample=_sample(account, office_id=office_id),
        desks=tuple(_desks(office_id, now=now)),
        done=_done(office_id, now=now),
    )


def find_alert(account: Account, *, office_id: UUID, public_id: str) -> Alert | None:
    """An alert of the office that is not about a look of or at the supervisor."""
    rows = Alert.objects.select_related("officer__citizen", "look_up__citizen", "citizen", "case")
    return (
        rows.filter(office_id=office_id, public_id=public_id)
        .exclude(officer__citizen_id=account.citizen_id)
        .exclude(citizen_id=account.citizen_id)
        .first()
    )


def find_review(account: Account, *, office_id: UUID, public_id: str) -> LookReview | None:
    """A look of the office's sample that is not of or at the supervisor."""
    return _reviews(account, office_id).filter(public_id=public_id).first()


def find_inspection(account: Account, *, office_id: UUID, public_id: str) -> Inspection | None:
    """An inspection of the office that is not about a look of or at the supervisor."""
    return _of_office(account, office_id).filter(public_id=public_id).first()


def find_court_order(account: Account, *, office_id: UUID, public_id: str) -> Approval | None:
    """A proposed look by court order, by and about somebody else."""
    return (
        Approval.objects.filter(kind=COURT_ORDER, office_id=office_id, public_id=public_id)
        .exclude(maker_citizen_id=account.citizen_id)
        .exclude(subject_citizen_id=account.citizen_id)
        .first()
    )


def checked(look: LookUp) -> Checked:
    """A look with what a supervisor needs to judge it."""
    citizen = look.citizen
    day = clock.today(look.looked_at)
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=clock.VIET_NAM)
    cases = CardCase.objects.filter(
        citizen=citizen, office_id=look.office_id, opened_at__gte=midnight,
        opened_at__lt=midnight + timedelta(days=1),
    )  # fmt: skip
    officers = set(cases.values_list("officer_id", flat=True))
    return Checked(
        look=look,
        officer=name_of(look.officer),
        name=masked_name(citizen.full_name),
        number=masked_number(citizen.personal_number),
        agrees=look.officer_id in officers,
        office_had_case=bool(officers),
    )


def masked_person(citizen: Citizen | None) -> str:
    """Initials and the number's end of whom a look was at."""
    if citizen is None:
        return ""
    return f"{masked_name(citizen.full_name)}, {masked_number(citizen.personal_number)}"


def masked_subject(approval: Approval) -> tuple[str, str]:
    """Initials and the number's end of whom a proposal is about."""
    citizen = Citizen.objects.get(pk__in=[approval.subject_citizen_id])
    return masked_name(citizen.full_name), masked_number(citizen.personal_number)


def order_of(approval: Approval) -> SealedLook:
    """The court order a look is asked for with."""
    return SealedLook.objects.filter(approval_id=approval.pk).earliest("sealed_at", "pk")


def maker_of(approval: Approval) -> str:
    """Who proposed it."""
    maker = Account.objects.select_related("citizen").filter(pk__in=[approval.maker_account_id])
    return "".join(name_of(one) for one in maker)


def asked_about(inspection: Inspection) -> Entry | None:
    """The entry of the data log that a person asked about."""
    event = AuditEvent.objects.filter(pk__in=[inspection.event_id]).first()
    return _entry(event) if event else None


def name_of(account: Account) -> str:
    """An officer, as colleagues know them."""
    name: str = account.citizen.full_name
    return name


# --- A citizen's questions ------------------------------------------------------------------------
def find_entry(account: Account, *, event_id: UUID, now: datetime) -> Entry | None:
    """An entry of the person's own data log that officers or administrators made."""
    event = AuditEvent.objects.filter(
        not_hidden(now), pk=event_id, subject_id=account.citizen_id, shown=True, actor_kind__in=STAFF
    ).first()  # fmt: skip
    return _entry(event) if event else None


def list_questions(account: Account, *, now: datetime) -> list[Inspection]:
    """What a person asked about looks, and what came of looks at them that supervisors had explained, newest first.

    Of a look that a court order hides nothing is listed before its day.
    """
    hidden = SealedLook.objects.filter(hidden_until__gt=now).values("approval_id")
    rows = Inspection.objects.filter(citizen_id=account.citizen_id).filter(
        Q(source=InspectionSource.CITIZEN) | ~Q(state=InspectionState.OPEN)
    )
    return list(
        rows.exclude(look_up__reason=LookReason.COURT_ORDER, look_up_id__in=hidden)
        .select_related("office")
        .order_by("-opened_at")[:MOST]
    )


# --- Parts ----------------------------------------------------------------------------------------
def _entry(event: AuditEvent) -> Entry:
    words = home.describe(event.name, event.data)
    office = Office.objects.filter(pk__in=[event.office_id]).first()
    english = get_language() == "en"
    return Entry(
        title=words.title if words else "",
        office="" if office is None else office.name_en if english else office.name,
        at=event.recorded_at,
    )


def _waiting(account: Account, *, office_id: UUID, now: datetime) -> list[Waiting]:
    rows = list(
        Approval.objects.filter(
            at_office(office_id),
            state=ApprovalState.PROPOSED,
            kind__in=[CASE, ACTIVATION, COURT_ORDER],
            expires_at__gt=now,
        ).order_by("proposed_at")[:MOST]
    )
    makers = {
        maker.pk: maker
        for maker in Account.objects.select_related("citizen").filter(
            pk__in={row.maker_account_id for row in rows if row.maker_account_id}
        )
    }
    supervisors = {
        role.account.citizen_id: role.account
        for role in OfficeRole.objects.select_related("account__citizen").filter(
            office_id=office_id, role=Role.SUPERVISOR, ended_at__isnull=True
        )
    }
    lines = []
    for row in rows:
        not_by = {row.maker_citizen_id, row.subject_citizen_id}
        maker = makers.get(row.maker_account_id) if row.maker_account_id else None
        lines.append(
            Waiting(
                approval=row,
                maker=name_of(maker) if maker else "",
                mine=account.citizen_id not in not_by,
                others=tuple(
                    name_of(one) for human, one in supervisors.items() if human not in not_by
                ),
            )
        )
    return lines


def _open_alerts(office_id: UUID) -> QuerySet[Alert]:
    return Alert.objects.filter(office_id=office_id, state=AlertState.OPEN)


def _alerts(account: Account, *, office_id: UUID, now: datetime) -> list[AlertLine]:
    rows = _open_alerts(office_id).select_related("officer__citizen")
    return [
        AlertLine(
            alert=row,
            officer=name_of(row.officer),
            by_case=_visits_before(row, now=now),
            mine=account.citizen_id not in {row.officer.citizen_id, row.citizen_id},
        )
        for row in rows.order_by("raised_at")[:MOST]
    ]


def _visits_before(alert: Alert, *, now: datetime) -> int:
    """How many of the hour's looks were visits to the counter; keys grow with time, so an index leads there."""
    ago = now - alert.raised_at + timedelta(minutes=61)
    rows = AuditEvent.objects.filter(
        actor_id=alert.officer_id,
        pk__gt=ids.uuid7_before(ago),
        recorded_at__gt=alert.raised_at - timedelta(hours=1),
        recorded_at__lte=alert.raised_at,
        name=events.CaseOpened.name,
    )
    return rows.values("target_id").distinct().count()


def _of_office(account: Account, office_id: UUID) -> QuerySet[Inspection]:
    return (
        Inspection.objects.filter(office_id=office_id)
        .exclude(officer__citizen_id=account.citizen_id)
        .exclude(citizen_id=account.citizen_id)
        .select_related("officer__citizen", "look_up__citizen", "citizen", "office")
    )


def _open_inspections(account: Account, office_id: UUID) -> QuerySet[Inspection]:
    return _of_office(account, office_id).filter(state=InspectionState.OPEN)


def _inspections(account: Account, *, office_id: UUID) -> list[Inspection]:
    return list(_open_inspections(account, office_id).order_by("answer_by")[:MOST])


def _reviews(account: Account, office_id: UUID) -> QuerySet[LookReview]:
    return (
        LookReview.objects.filter(office_id=office_id)
        .exclude(look_up__officer__citizen_id=account.citizen_id)
        .exclude(look_up__citizen_id=account.citizen_id)
        .select_related("look_up__officer__citizen", "look_up__citizen")
    )


def _sample(account: Account, *, office_id: UUID) -> Sample:
    mine = _reviews(account, office_id).filter(state=ReviewState.TO_REVIEW)
    left = mine.count()
    everything = LookReview.objects.filter(office_id=office_id, state=ReviewState.TO_REVIEW)
    return Sample(
        next=mine.order_by("day", "pk").first(), left=left, of_others=everything.count() - left
    )


def _desks(office_id: UUID, *, now: datetime) -> list[Desk]:
    officers = list(
        Account.objects.filter(
            office_roles__office_id=office_id, office_roles__ended_at__isnull=True
        )
        .select_related("citizen")
        .distinct()
        .order_by("sign_in_name")
    )
    seen = dict(
        DeviceSession.objects.filter(
            account__in=officers, office_id=office_id, ended_at__isnull=True, ends_at__gt=now
        )
        .values_list("account_id")
        .annotate(Max("seen_at"))
    )
    return [
        Desk(
            name=name_of(officer),
            sign_in_name=officer.sign_in_name or "",
            looks=looks_of(officer.pk, now=now),
            seen_at=seen.get(officer.pk),
            locked=officer.pk in seen and seen[officer.pk] + policy.OFFICER_IDLE <= now,
        )
        for officer in officers
    ]


def _done(office_id: UUID, *, now: datetime) -> dict[str, int]:
    """How much was decided today, by kind."""
    midnight = datetime.combine(clock.today(now), datetime.min.time(), tzinfo=clock.VIET_NAM)
    decided = [ApprovalState.APPROVED, ApprovalState.REFUSED]
    return {
        "approvals": Approval.objects.filter(
            office_id=office_id, state__in=decided, decided_at__gte=midnight
        ).count(),
        "alerts": Alert.objects.filter(office_id=office_id, closed_at__gte=midnight).count(),
        "reviews": LookReview.objects.filter(
            office_id=office_id, reviewed_at__gte=midnight
        ).count(),
        **Inspection.objects.filter(office_id=office_id, closed_at__gte=midnight).aggregate(
            inspections=Count("pk")
        ),
    }
