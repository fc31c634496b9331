"""What decisions change, carried out by jobs through services of the lower apps: each once, or a person looks at why.

The rows are written with the decision, in one transaction. What changes only our own tables is committed together with
"done"; where a register is asked, that comes first, outside any transaction, under the row's own id. What fails for now
is tried again, less and less often; what cannot be done is put aside, shown, and tried again when somebody asks. What
was not done when the result was revoked is never done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.enums import AccountKind, AccountState, ActedBy, LockReason, Sex
from accounts.models import Account, Citizen
from accounts.services import births, locking, register, residence
from documents.services import linking
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from procedures.enums import ConsentState
from procedures.models import Application, EffectDone, Result
from procedures.rules.documents import Document
from procedures.rules.expressions import Value
from procedures.selectors import filed
from procedures.texts import EFFECT_WORDS

CARRY_OUT: Final = "procedures.carry_out_effect"
TRIES: Final = 40
LONGEST_WAIT: Final = timedelta(hours=6)
REVOKED: Final = "revoked"  # the result was, before the change was carried out


class NotYet(Exception):
    """It cannot be done now; ``code`` says why. It is tried again."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Cannot(NotYet):
    """It cannot be done until somebody has changed something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One effect, with the values it takes from the form."""

    row: EffectDone
    application: Application
    document: Document = field(repr=False)
    values: Mapping[str, Value] = field(repr=False)  # of the effect
    answers: Mapping[str, Value] = field(repr=False)  # of the form
    now: datetime

    def value(self, name: str) -> Any:
        """A value that the effect needs.

        Raises:
            Cannot: the form has none.
        """
        found = self.values.get(name)
        if found in (None, "", {}):
            raise Cannot(f"missing_{name}"[:60])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """How far an effect is; ``is_aside`` if nobody tries it any more until somebody asks."""

    number: int  # its place in the document
    words: str
    done_at: datetime | None
    failed_at: datetime | None  # the last time, if it is not done
    code: str
    is_aside: bool
    is_off: bool  # the result was revoked first: it is not done any more


_SEXES: Final = {"male": Sex.MALE, "female": Sex.FEMALE}  # as documents offer them
# What is done outside a transaction, and its answer is handed to what is written inside one.
Ask = Callable[[Change], Any]
Write = Callable[[Change, Any], None]


def begin(row: Application, *, document: Document, now: datetime) -> None:
    """Write down what a decision changes, in the caller's transaction; jobs carry it out once that is committed."""
    facts = filed.read(row).facts_on(clock.today(now))
    for number, effect in enumerate(document.effects):
        if effect.when.holds(facts):
            made = EffectDone.objects.create(application=row, number=number, do=effect.do)
            jobs.enqueue(CARRY_OUT, subject_id=made.pk, at=now)


def why_not(row: Application, *, document: Document, now: datetime) -> str:
    """Why what would be decided at once cannot be done: the key of a refusal of the document; empty if it can.

    A document that does not name the reason refuses with its first.
    """
    facts = filed.read(row).facts_on(clock.today(now))
    for effect in document.effects:
        obstacle = _OBSTACLES.get(effect.do)
        key = obstacle(row, now) if obstacle and effect.when.holds(facts) else ""
        if key:
            named = [str(each["key"]) for each in document.data["refusals"]]
            return key if key in named else named[0]
    return ""


def carry_out(claim: jobs.Claim) -> None:
    """Carry one effect out, once; a job.

    Raises:
        NotYet: it is tried again later.
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    now = clock.now()
    change = _change(claim.subject_id, now)
    ask, write = _DOING[change.row.do]
    try:
        answer = None
        if change.row.done_at is None:
            if is_revoked(change.application):
                raise Cannot(REVOKED)
            answer = ask(change)
        with transaction.atomic():
            # Held, so that who revokes it waits for us, or we see it.
            result = Result.objects.select_for_update(no_key=True).only("revoked_at")
            is_off = result.get(application=change.application).revoked_at is not None
            row = EffectDone.objects.select_for_update().get(pk=change.row.pk)
            if row.done_at is None:
                if is_off:
                    raise Cannot(REVOKED)
                write(change, answer)
                row.done_at, row.failed_at, row.code = now, None, ""
                row.save(update_fields=["done_at", "failed_at", "code"])
            claim.finish()
    except NotYet as error:
        EffectDone.objects.filter(pk=change.row.pk, done_at__isnull=True).update(
            failed_at=now, code=error.code
        )
        if not isinstance(error, Cannot):
            raise
        claim.give_up(error=error.code)


def try_again(row: EffectDone, *, now: datetime) -> bool:
    """Have an effect that was put aside tried again, when somebody has looked after it; whether it was aside.

    Once is enough: one that is done, or being tried, is left alone.
    """
    with transaction.atomic():
        held = EffectDone.objects.select_for_update().get(pk=row.pk)
        if held.done_at is not None or jobs.unfinished(CARRY_OUT, subject_id=held.pk).exists():
            return False
        jobs.enqueue(CARRY_OUT, subject_id=held.pk, at=now)
        return True


def is_revoked(application: Application) -> bool:
    """Whether the result was revoked: what was not carried out before is not any more."""
    return Result.objects.filter(application=application, revoked_at__isnull=False).exists()


def with_trying(rows: QuerySet[EffectDone]) -> QuerySet[Any]:
    """The rows, each with ``is_tried``: whether a job tries it now, or will."""
    return rows.annotate(is_tried=Exists(jobs.unfinished(CARRY_OUT, subject_id=OuterRef("pk"))))


def list_of(application: Application) -> list[Carried]:
    """The changes a decision brings about, in their order, as officials see them."""
    rows = with_trying(application.effects.all()).order_by("number")
    is_off = is_revoked(application)
    return [
        Carried(
            number=row.number,
            words=str(EFFECT_WORDS.get(row.do, row.do)),
            done_at=row.done_at,
            failed_at=row.failed_at if row.done_at is None else None,
            code=row.code,
            is_aside=row.done_at is None and not row.is_tried and not is_off,
            is_off=row.done_at is None and is_off,
        )
        for row in rows
    ]


def _change(effect_id: Any, now: datetime) -> Change:
    rows = EffectDone.objects.select_related("application__citizen")
    row = rows.get(pk=effect_id)
    form = filed.read(row.application)
    effect = form.document.effects[row.number]
    facts = form.facts_on(clock.today(row.application.ended_at or now))
    return Change(
        row=row,
        application=row.application,
        document=form.document,
        values={name: tree.value(facts) for name, tree in effect.values.items()},
        answers=form.values,
        now=now,
    )


def _nothing(_change: Change) -> None:
    """Nobody is asked."""


# --- Where people live ------------------------------------------------------------------------------
def _stay(change: Change, _answer: Any) -> None:
    since = change.values.get("since")
    residence.register_stay(
        citizen_id=change.application.citizen_id,
        address=change.value("address"),
        since=since if isinstance(since, date) else None,
        until=change.value("until"),
        owner=_owner(change),
        actor=SYSTEM,
        now=change.now,
    )


def _owner(change: Change) -> str | None:
    """Whose consent the form names, given or shown by a paper."""
    named = (change.answers.get(each.of) for each in change.document.fields if each.of)
    return next((number for number in named if isinstance(number, str)), None)


def _move(change: Change, _answer: Any) -> None:
    residence.move(
        citizen_id=change.application.citizen_id,
        address=change.value("address"),
        actor=SYSTEM,
        now=change.now,
    )


# --- Accounts ---------------------------------------------------------------------------------------
def _lock(change: Change, _answer: Any) -> None:
    account = _account(change.application)
    if account.state == AccountState.LOCKED and account.owner_locked_at is not None:
        return  # it waits, or holds, already
    try:
        locking.lock(
            account=account, by=ActedBy.OWNER, reason=LockReason.OWNER, actor=SYSTEM, now=change.now
        )  # fmt: skip
    except locking.NotActive as refused:
        if refused.state != AccountState.LOCKED:
            raise Cannot("account_not_active") from None


def _unlock(change: Change, _answer: Any) -> None:
    try:
        locking.unlock(
            account=_account(change.application), by=ActedBy.OWNER, actor=SYSTEM, now=change.now
        )
    except locking.NotLocked:
        return  # it is open already
    except locking.LockingRefused as refused:
        raise Cannot(refused.code) from None


def _why_not_locked(application: Application, _now: datetime) -> str:
    state = _account(application).state
    return "" if state in {AccountState.ACTIVE, AccountState.LOCKED} else "not_active"


def _why_not_unlocked(application: Application, now: datetime) -> str:
    account = _account(application)
    try:
        locking.check_unlock(account, by=ActedBy.OWNER, now=now)
    except locking.NotLocked:
        return ""  # it is open already
    except locking.LockingRefused:
        return "authority" if account.lock_reason == LockReason.AUTHORITY else "card"
    return ""


def _account(application: Application) -> Account:
    rows = Account.objects.filter(
        citizen_id=application.citizen_id, kind=AccountKind.CITIZEN
    ).exclude(state=AccountState.CLOSED)
    account = rows.first()
    if account is None:
        raise Cannot("no_account")
    return account


# --- Children ---------------------------------------------------------------------------------------
def _ask_for_number(change: Change) -> str:
    try:
        other, _agrees = _other_parent(change)
        return births.ask(request_id=change.row.pk, **_child(change), other=other)
    except births.NotRegistered as refused:
        raise (Cannot if refused.is_final else NotYet)(refused.code) from None


def _birth(change: Change, number: Any) -> None:
    other, agrees = _other_parent(change)
    births.take_in(
        number=number, **_child(change), other=other, other_agrees=agrees, actor=SYSTEM, now=change.now
    )  # fmt: skip


def _other_parent(change: Change) -> tuple[Citizen | None, bool]:
    """Who else stands on the certificate, if we know them, and whether they agreed.

    Who said no is nobody's parent by another's word; who did not answer shows the papers at a counter.
    """
    number = change.values.get("other_parent")
    found = register.find_citizen(str(number)) if number else None
    if found is None or found.pk == change.application.citizen_id:
        return None, False
    asked = change.application.consent_requests.filter(citizen=found).order_by("-pk").first()
    state = asked.state if asked else ""
    return (None if state == ConsentState.DENIED else found), state == ConsentState.GIVEN


def _child(change: Change) -> dict[str, Any]:
    parent = change.application.citizen
    home = change.values.get("residence") or parent.residence
    if not isinstance(home, Mapping):
        raise Cannot("missing_residence")
    sex = _SEXES.get(str(change.value("sex")))
    if sex is None:
        raise Cannot("missing_sex")
    return {
        "parent": parent,
        "full_name": str(change.value("full_name")),
        "birth_date": _day(change, "birth_date"),
        "sex": sex,
        "residence": home,
    }


def _day(change: Change, name: str) -> date:
    found = change.value(name)
    if not isinstance(found, date):
        raise Cannot(f"missing_{name}")
    return found


def _health_card(change: Change, _answer: Any) -> None:
    account = _account(change.application)
    child = births.find_child(
        parent=change.application.citizen,
        full_name=str(change.value("full_name")),
        birth_date=_day(change, "birth_date"),
    )
    if child is None:
        raise NotYet("no_child_yet")  # the birth comes first
    try:
        linking.link_child_card(child=child, account_id=account.pk, actor=SYSTEM, now=change.now)
    except linking.LinkedElsewhere:
        raise Cannot("linked_elsewhere") from None


_DOING: Final[Mapping[str, tuple[Ask, Write]]] = MappingProxyType(
    {
        "residence.stay": (_nothing, _stay),
        "residence.move": (_nothing, _move),
        "account.lock": (_nothing, _lock),
        "account.unlock": (_nothing, _unlock),
        "birth.register": (_ask_for_number, _birth),
        "health_card.request": (_nothing, _health_card),
    }
)
# What stands in the way of what is decided at once: no official looks at it before.
_OBSTACLES: Final[Mapping[str, Callable[[Application, datetime], str]]] = MappingProxyType(
    {"account.lock": _why_not_locked, "account.unlock": _why_not_unlocked}
)
