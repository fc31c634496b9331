"""What an officer may see of visits to the counter: their own cases, and what supervisors decide at their office."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts import policy
from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    AuthenticatorState,
    CardState,
    CaseState,
    CaseTask,
    CodePurpose,
    GuardianshipState,
    RegisterStatus,
    RelationKind,
    Role,
    Sex,
)
from accounts.events import RegisterAsked
from accounts.models import (
    Account,
    ActivationSlip,
    Authenticator,
    CardCase,
    ChipReading,
    Citizen,
    Guardianship,
    IdCard,
    Office,
    OfficeRole,
    OneTimeCode,
    Portrait,
    Relation,
)
from accounts.rules import card_validity, counter_tasks, exceptions, kept
from accounts.rules.exceptions import Check
from accounts.rules.findings import Told
from eid_portal.core import clock, ids
from eid_portal.core.models import Approval, ApprovalState, AuditEvent

CASE: Final = "accounts.case"
ACTIVATION: Final = "accounts.activation"
VIET_NAM: Final = "VNM"  # ISO 3166-1 alpha-3


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in today's list."""

    public_id: str
    opened_at: datetime
    ending: str  # the last four digits
    state: CaseState
    seconds: int | None  # from the scan to the issued account


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A case with the three columns and what was done so far."""

    case: CardCase
    card: Told
    register: Told | None
    held: Told | None
    account: Account | None
    has_portrait: bool
    chip: ChipReading | None
    held_phone: str  # E.164, of the account's own authenticator
    phone_changes: (
        bool  # the confirmed phone takes another's place, or is a new way into an account in use
    )
    code: OneTimeCode | None  # sent and still to be typed in
    asked_since: datetime | None  # when the register was first asked in vain
    checks: tuple[Check, ...]
    asks_level: bool
    guardians: tuple[str, ...]  # their names
    approval: Approval | None
    slip: ActivationSlip | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What a counter can do for an account beside issuing, and what it would be about."""

    tasks: tuple[CaseTask, ...]
    removable: tuple[Authenticator, ...]
    guardianships: tuple[Guardianship, ...]


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """What stands on a slip beside its code."""

    name: str
    number: str  # shown masked
    phone: str  # E.164, shown masked; empty: none
    office: Office
    officer: str


@dataclass(frozen=True, slots=True)
class FoundPortrait:
    """A photo, and the case it is seen for."""

    case: CardCase
    image: bytes = field(repr=False)
    media_type: str


# --- Cases --------------------------------------------------------------------------------------
def find_case(account: Account, *, office_id: UUID, public_id: str) -> CardCase | None:
    """An officer's own case at the office of their session."""
    return (
        CardCase.objects.select_related("citizen", "account", "office")
        .filter(officer=account, office_id=office_id, public_id=public_id)
        .first()
    )


def list_cases_today(account: Account, *, office_id: UUID, now: datetime) -> list[CaseLine]:
    """The officer's cases since midnight in Viet Nam and those still open, newest first."""
    today = clock.today(now)
    midnight = datetime(today.year, today.month, today.day, tzinfo=clock.VIET_NAM)
    rows = CardCase.objects.filter(
        officer=account, office_id=office_id, opened_at__gte=midnight - timedelta(days=7)
    ).order_by("-opened_at")[:500]
    unfinished = {CaseState.OPEN, CaseState.WAITING, CaseState.APPROVED}
    return [
        CaseLine(
            public_id=case.public_id,
            opened_at=case.opened_at,
            ending=case.card_reading["number"][-4:],
            state=CaseState(case.state),
            seconds=int((case.closed_at - case.opened_at).total_seconds())
            if case.state == CaseState.ISSUED and case.closed_at
            else None,
        )
        for case in rows
        if case.opened_at >= midnight or case.state in unfinished
    ]


def shows_data(case: CardCase, *, now: datetime) -> bool:
    """Whether a case still shows more than its state: while it runs, and ``policy.CASE_SHOWN`` after its end."""
    return case.closed_at is None or now - case.closed_at <= policy.CASE_SHOWN


def case_page(case: CardCase, *, now: datetime) -> CasePage:
    """All that the page of a case shows; ``case`` comes from :func:`find_case` or from an approval."""
    citizen = case.citizen
    account = citizen_account(citizen) if citizen else None
    told = kept.register_told(case.register_answer) if case.register_answer else None
    card = kept.card_told(case.card_reading)
    held = held_facts(citizen) if citizen else None
    guardians = guardians_of(case)
    born = next((t.birth_date for t in (told, held, card) if t and t.birth_date), None)
    return CasePage(
        case=case,
        card=card,
        register=told,
        held=held,
        account=account,
        chip=ChipReading.objects.filter(case=case).first(),
        has_portrait=bool(citizen and Portrait.objects.filter(citizen=citizen).exists()),
        held_phone=held_phone(account) if account else "",
        phone_changes=_changes_phone(case, account),
        code=_code_of(case, now),
        asked_since=_asked_since(case),
        checks=required_checks(born, has_guardian=bool(guardians), today=clock.today(now)),
        asks_level=bool(
            born
            and exceptions.level_is_asked(
                card_validity.age_on(born, clock.today(now)), is_foreign=_is_foreign(case)
            )
        ),
        guardians=guardians,
        approval=Approval.objects.filter(kind=CASE, target_id=case.pk).order_by("-proposed_at").first(),
        slip=ActivationSlip.objects.filter(case=case).order_by("-printed_at").first(),
    )  # fmt: skip


def required_checks(born: date | None, *, has_guardian: bool, today: date) -> tuple[Check, ...]:
    """What the officer must confirm; whoever has no birth date yet is taken for an adult."""
    age = card_validity.age_on(born, today) if born else 18
    return exceptions.required_checks(age=age, has_guardian=has_guardian)


def held_facts(citizen: Citizen) -> Told:
    """What we hold of a citizen and their current card."""
    card = IdCard.objects.filter(citizen=citizen).exclude(state="REPLACED").first()
    return Told(
        number=citizen.personal_number,
        name=citizen.full_name,
        birth_date=citizen.birth_date,
        sex=Sex(citizen.sex),
        residence=kept.one_line(citizen.residence),
        issued_on=card.issued_on if card else None,
        expires_on=card.expires_on if card else None,
        alive=citizen.alive,
    )


def citizen_account(citizen: Citizen) -> Account | None:
    """The citizen's own account, unless it was closed."""
    return (
        Account.objects.filter(citizen=citizen, kind=AccountKind.CITIZEN)
        .exclude(state=AccountState.CLOSED)
        .first()
    )


def held_phone(account: Account) -> str:
    """The phone that is the account's authenticator (E.164), or nothing."""
    row = Authenticator.objects.filter(
        account=account, kind=AuthenticatorKind.SMS, state=AuthenticatorState.ACTIVE
    ).first()
    return row.secret if row else ""


def task_facts(account: Account, *, now: datetime) -> TaskFacts:
    """What a counter can do for an account beside issuing."""
    held = Authenticator.objects.filter(
        account=account,
        kind__in=[
            AuthenticatorKind.PASSKEY,
            AuthenticatorKind.TOTP,
            AuthenticatorKind.RECOVERY_CODES,
        ],
        state__in=[AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED],
    ).order_by("kind", "bound_at")
    card = IdCard.objects.filter(citizen_id=account.citizen_id, state=CardState.VALID).first()
    valid = card is not None and not card_validity.has_expired(card.expires_on, clock.today(now))
    guarded = tuple(open_guardianships(account.citizen_id))
    removable = tuple(held)
    return TaskFacts(
        tasks=tuple(
            counter_tasks.available(
                state=AccountState(account.state),
                lock_reason=account.lock_reason,
                has_valid_card=valid,
                removable=bool(removable),
                open_guardianships=bool(guarded),
            )
        ),
        removable=removable,
        guardianships=guarded,
    )


def tasks_of(case: CardCase, page: CasePage, *, now: datetime) -> tuple[CaseTask, ...]:
    """What a case can be for beside issuing; of an approved one only what was approved."""
    if case.state == CaseState.APPROVED:
        return (CaseTask(case.task),) if case.task != CaseTask.ISSUE else ()
    if case.state != CaseState.OPEN or page.account is None:
        return ()
    return task_facts(page.account, now=now).tasks


def task_checks(page: CasePage, task: CaseTask) -> tuple[Check, ...]:
    """What the officer must confirm for a task: all that issuing asks, of what only protects the face.

    Of a guardianship also the paper it rests on, or ends by.
    """
    if task == CaseTask.GUARDIANSHIP:
        return (Check.FACE, Check.PAPER)
    return (Check.FACE,) if task in counter_tasks.PROTECTIVE else page.checks


def open_guardianships(citizen_id: UUID) -> QuerySet[Guardianship]:
    """Those of a guardian or ward that a counter has to confirm, or may end."""
    return Guardianship.objects.select_related("ward", "guardian").filter(
        Q(ward_id=citizen_id) | Q(guardian_id=citizen_id),
        state__in=[GuardianshipState.PENDING, GuardianshipState.ACTIVE],
    )


def _changes_phone(case: CardCase, account: Account | None) -> bool:
    if account is None or case.phone_verified_at is None:
        return False
    on_record = _phone_on_record(account)
    in_use = account.state != AccountState.ISSUED
    return case.phone != on_record and bool(on_record or in_use)


def _phone_on_record(account: Account) -> str:
    """The account's phone, or the last one that was disabled (E.164), or nothing."""
    rows = Authenticator.objects.filter(
        account=account,
        kind=AuthenticatorKind.SMS,
        state__in=[AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED],
    )
    row = rows.order_by("state", "-bound_at").first()  # ACTIVE before DISABLED
    return row.secret if row else ""


def guardians_of(case: CardCase) -> tuple[str, ...]:
    """Who guards the person, by name: as the register said, else those we hold."""
    if case.register_answer:
        return tuple(case.register_answer["guardians"])
    rows = Relation.objects.select_related("other").filter(
        citizen=case.citizen_id, kind=RelationKind.GUARDIAN, ended_at__isnull=True
    )
    return tuple(row.other.full_name for row in rows)


def find_portrait(
    account: Account, *, office_id: UUID, public_id: str, now: datetime
) -> FoundPortrait | None:
    """The register's photo of the person of a case whose data the account may see."""
    case = find_case(account, office_id=office_id, public_id=public_id) or _case_to_decide(
        account, office_id=office_id, case_public_id=public_id
    )
    if case is None or case.citizen_id is None or not shows_data(case, now=now):
        return None
    row = Portrait.objects.filter(citizen_id=case.citizen_id).first()
    return FoundPortrait(case, bytes(row.image), row.media_type) if row else None


def find_chip_face(
    account: Account, *, office_id: UUID, public_id: str, now: datetime
) -> FoundPortrait | None:
    """The face in the chip that was read for a case whose data the account may see."""
    case = find_case(account, office_id=office_id, public_id=public_id) or _case_to_decide(
        account, office_id=office_id, case_public_id=public_id
    )
    if case is None or not shows_data(case, now=now):
        return None
    row = ChipReading.objects.filter(case=case).exclude(face_type="").first()
    return FoundPortrait(case, bytes(row.face), row.face_type) if row else None


# --- Approvals ----------------------------------------------------------------------------------
def list_approvals(account: Account, *, office_id: UUID, now: datetime) -> list[Approval]:
    """What waits for a supervisor at an office and is not about or by the supervisor, oldest first."""
    return list(
        Approval.objects.filter(
            at_office(office_id),
            state=ApprovalState.PROPOSED,
            kind__in=[CASE, ACTIVATION],
            expires_at__gt=now,
        )
        .exclude(maker_citizen_id=account.citizen_id)
        .exclude(subject_citizen_id=account.citizen_id)
        .order_by("proposed_at")[:200]
    )


def find_approval(account: Account, *, office_id: UUID, public_id: str) -> Approval | None:
    """A proposal of the supervisor's office, decided or not, that is not about or by them."""
    return (
        Approval.objects.filter(at_office(office_id), public_id=public_id, kind__in=[CASE, ACTIVATION])
        .exclude(maker_citizen_id=account.citizen_id)
        .exclude(subject_citizen_id=account.citizen_id)
        .first()
    )  # fmt: skip


def shows_subject(approval: Approval, *, now: datetime) -> bool:
    """Whether a proposal still shows whom it is about: until ``policy.CASE_SHOWN`` after its end."""
    return now - (approval.decided_at or approval.expires_at) <= policy.CASE_SHOWN


def at_office(office_id: UUID) -> Q:
    """What waits at an office, and what waits at none: any supervisor decides that."""
    return Q(office_id=office_id) | Q(office_id__isnull=True)


def case_of(approval: Approval) -> CardCase | None:
    """The case a proposal is about."""
    if approval.kind != CASE:
        return None
    rows = CardCase.objects.select_related("citizen", "account", "office")
    return rows.filter(pk=approval.target_id).first()


def subject_of(approval: Approval) -> Citizen | None:
    """The citizen a proposal is about."""
    if approval.subject_citizen_id is None:
        return None
    return Citizen.objects.filter(pk=approval.subject_citizen_id).first()


def maker_name(approval: Approval) -> str:
    """Who proposed it, by sign-in name."""
    if approval.maker_account_id is None:
        return ""
    row = Account.objects.filter(pk=approval.maker_account_id).first()
    return row.sign_in_name or "" if row else ""


def officer_name(account: Account) -> str:
    """Whose name stands in the header."""
    name: str = account.citizen.full_name
    return name


def supervises(roles: Collection[str]) -> bool:
    """Whether the approvals are among the officer's pages."""
    return Role.SUPERVISOR in roles


def slip_facts(account: Account, *, case: CardCase) -> SlipFacts:
    """What the printed slip says beside the code; only its holder's name stands in full."""
    citizen = account.citizen
    return SlipFacts(
        name=citizen.full_name,
        number=citizen.personal_number,
        phone=held_phone(account),
        office=case.office,
        officer=case.officer.citizen.full_name,
    )


def _case_to_decide(account: Account, *, office_id: UUID, case_public_id: str) -> CardCase | None:
    case = CardCase.objects.filter(office_id=office_id, public_id=case_public_id).first()
    if case is None or not _is_supervisor(account, office_id):
        return None
    waits = Approval.objects.filter(kind=CASE, target_id=case.pk, state=ApprovalState.PROPOSED)
    return case if waits.exclude(maker_citizen_id=account.citizen_id).exists() else None


def _is_foreign(case: CardCase) -> bool:
    citizen, answer = case.citizen, case.register_answer
    nationality = answer["nationality"] if answer else citizen.nationality if citizen else VIET_NAM
    return bool(nationality != VIET_NAM)


def _is_supervisor(account: Account, office_id: UUID) -> bool:
    return OfficeRole.objects.filter(
        account=account, office_id=office_id, role=Role.SUPERVISOR, ended_at__isnull=True
    ).exists()


def _code_of(case: CardCase, now: datetime) -> OneTimeCode | None:
    return (
        OneTimeCode.objects.filter(
            purpose=CodePurpose.COUNTER_PHONE,
            request_id=case.pk,
            used_at__isnull=True,
            void_at__isnull=True,
            expires_at__gt=now,
        ).first()
        if case.phone_verified_at is None
        else None
    )


def _asked_since(case: CardCase) -> datetime | None:
    """Events have growing keys like cases, so the officer's events since the case opened are few."""
    if case.register_status != RegisterStatus.UNAVAILABLE:
        return None
    first = (
        AuditEvent.objects.filter(
            actor_id=case.officer_id,
            pk__gt=ids.uuid7_since(case.pk),
            target_id=case.pk,
            name=RegisterAsked.name,
        )
        .order_by("pk")
        .first()
    )
    return first.recorded_at if first else None
