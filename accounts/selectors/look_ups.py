"""What an officer sees of a person they looked up: while the look lasts, and only what was asked for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from accounts import events, policy
from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    AuthenticatorState,
    DataPage,
    LookField,
    RelationKind,
    Sex,
)
from accounts.models import Account, Authenticator, Citizen, LookUp, Relation, SealedLook
from accounts.rules import kept
from accounts.rules.masking import masked_number
from eid_portal.core import audit, ids, statements
from eid_portal.core.models import Approval, ApprovalState, AuditEvent

COURT_ORDER: Final = "accounts.court_order"
HOUR: Final = timedelta(hours=1)
# What counts as a look; of one thing it counts once. Keys grow with time, so the index of actors leads to the last.
_LOOKS: Final = {
    events.CaseOpened.name,
    events.LookedUp.name,
    events.LookUpFailed.name,
    events.DataUnmasked.name,
}
_PAGES: Final = (DataPage.SEARCH.value, DataPage.ACCOUNT.value)  # of what else was seen
COUNT_LOOKS: Final = """
SELECT count(DISTINCT COALESCE(e.target_id, e.id)) FROM core_auditevent e
WHERE e.actor_id = %(officer)s AND e.id > %(since)s AND e.recorded_at > %(from)s
    AND (e.name = ANY(%(looks)s) OR (e.name = 'accounts.data_seen' AND e.data ->> 'page' = ANY(%(pages)s)))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One field of a person: masked, or in clear where it was asked for."""

    code: LookField
    value: str = field(repr=False)
    shown: bool
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the person reads about this look: what was shown, and the words for it."""

    at: datetime
    fields: tuple[str, ...]
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A person who was looked up, as far as this look shows them."""

    look: LookUp
    name: str = field(repr=False)
    birth_year: int = field(repr=False)
    sex: Sex
    number: str  # masked
    alive: bool
    account: Account | None
    items: tuple[Item, ...]
    read: tuple[Read, ...]
    hidden_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A look by court order that was asked for, and how it stands."""

    approval: Approval
    ending: str  # the last four digits
    order_number: str
    hidden_until: datetime
    look: LookUp | None
    may_open: bool


def count_too(name: str) -> None:
    """Let an app's events count as looks of officers; called in ``apps.ready()``."""
    _LOOKS.add(name)


def find_look(account: Account, *, office_id: UUID, public_id: str) -> LookUp | None:
    """An officer's own look at the office of their session, over or not."""
    rows = LookUp.objects.select_related("citizen").filter(officer=account, office_id=office_id)
    return rows.filter(public_id=public_id).first()


def found(look: LookUp, *, now: datetime) -> Found | None:
    """The person of a look that lasts; None once it is masked again."""
    if look.masked_at <= now:
        return None
    citizen = look.citizen
    account = (
        Account.objects.filter(citizen=citizen, kind=AccountKind.CITIZEN).order_by("-pk").first()
    )
    order = SealedLook.objects.filter(approval_id=look.pk).first()
    return Found(
        look=look,
        name=citizen.full_name,
        birth_year=citizen.birth_date.year,
        sex=Sex(citizen.sex),
        number=masked_number(citizen.personal_number),
        alive=citizen.alive,
        account=account,
        items=tuple(_items(citizen, account, shown=look.fields_shown)),
        read=_read(look),
        hidden_until=order.hidden_until if order else None,
    )


def list_orders(account: Account, *, office_id: UUID, now: datetime) -> list[Order]:
    """The officer's own looks by court order that wait, or may be taken, newest first."""
    rows = Approval.objects.filter(
        kind=COURT_ORDER, office_id=office_id, maker_account_id=account.pk,
        state__in=[ApprovalState.PROPOSED, ApprovalState.APPROVED],
        proposed_at__gt=now - 2 * policy.APPROVAL_LASTS,
    ).order_by("-proposed_at")[:20]  # fmt: skip
    taken = {look.pk: look for look in LookUp.objects.filter(pk__in=[row.pk for row in rows])}
    return [_order(row, taken.get(row.pk), now=now) for row in rows]


def find_order(account: Account, *, office_id: UUID, public_id: str) -> Approval | None:
    """One of the officer's own looks by court order."""
    return Approval.objects.filter(
        kind=COURT_ORDER, office_id=office_id, maker_account_id=account.pk, public_id=public_id
    ).first()


def may_open(approval: Approval, *, account_id: UUID | None, now: datetime) -> bool:
    """Whether the look may be taken: agreed to, not too long ago, by who asked for it."""
    return bool(
        approval.state == ApprovalState.APPROVED
        and approval.maker_account_id == account_id
        and approval.decided_at
        and now - approval.decided_at <= policy.APPROVAL_LASTS
    )


def looks_of(account_id: UUID, *, now: datetime) -> int:
    """How many looks an officer or administrator has had in the hour before."""
    row = statements.fetch_one(COUNT_LOOKS, counting(account_id, now=now))
    return int(row[0]) if row else 0


def counting(account_id: UUID | None, *, now: datetime) -> dict[str, Any]:
    """The values of ``COUNT_LOOKS``."""
    return {
        "officer": account_id,
        "since": ids.uuid7_before(HOUR + timedelta(minutes=1)),  # clocks differ a little
        "from": now - HOUR,
        "looks": list(_LOOKS),
        "pages": list(_PAGES),
    }


# --- Parts --------------------------------------------------------------------------------------
def _order(approval: Approval, look: LookUp | None, *, now: datetime) -> Order:
    order = SealedLook.objects.filter(approval_id=approval.pk).earliest("sealed_at", "pk")
    citizen = Citizen.objects.get(pk__in=[approval.subject_citizen_id])
    return Order(
        approval=approval,
        ending=citizen.personal_number[-4:],
        order_number=order.order_number,
        hidden_until=order.hidden_until,
        look=look,
        may_open=look is None and may_open(approval, account_id=approval.maker_account_id, now=now),
    )


def _items(citizen: Citizen, account: Account | None, *, shown: list[str]) -> list[Item]:
    clear = {
        LookField.NUMBER: citizen.personal_number,
        LookField.BIRTH_DATE: f"{citizen.birth_date:%d/%m/%Y}",
        LookField.RESIDENCE: kept.one_line(citizen.residence),
        LookField.PHONE: _as_dialled(_authenticator(account, AuthenticatorKind.SMS)),
        LookField.EMAIL: _authenticator(account, AuthenticatorKind.EMAIL),
        LookField.HOUSEHOLD: "; ".join(_household(citizen)),
    }
    return [
        Item(
            code=code,
            value=value if code.value in shown else _masked(code, value),
            shown=code.value in shown,
            known=bool(value),
        )
        for code, value in clear.items()
    ]


def _masked(code: LookField, value: str) -> str:
    """How a field looks before it is asked for: its kind, and no more than the look shows anyway."""
    if not value:
        return ""
    match code:
        case LookField.NUMBER:
            return masked_number(value)
        case LookField.BIRTH_DATE:
            return f"••/••/{value[-4:]}"
        case LookField.PHONE:
            return f"••••••• {value[-3:]}"
        case LookField.EMAIL:
            return f"{value[:1]}•••@•••"
        case LookField.RESIDENCE | LookField.HOUSEHOLD:
            return "••••"


def _as_dialled(phone: str) -> str:
    """A phone as it is dialled in the country: 0912 000 099."""
    digits = phone.replace("+84", "0", 1)
    return f"{digits[:4]} {digits[4:7]} {digits[7:]}".strip()


def _authenticator(account: Account | None, kind: AuthenticatorKind) -> str:
    if account is None or account.state == AccountState.CLOSED:
        return ""
    row = Authenticator.objects.filter(
        account=account, kind=kind, state=AuthenticatorState.ACTIVE
    ).first()
    return row.secret if row else ""


def _household(citizen: Citizen) -> list[str]:
    """Names of who lives with the person, by the relations either way."""
    kinds = [RelationKind.HOUSEHOLD_HEAD, RelationKind.HOUSEHOLD_MEMBER]
    rows = Relation.objects.filter(kind__in=kinds, ended_at__isnull=True)
    there = rows.filter(citizen=citizen).select_related("other")
    here = rows.filter(other=citizen).select_related("citizen")
    names = {row.other_id: row.other.full_name for row in there}
    names |= {row.citizen_id: row.citizen.full_name for row in here}
    return sorted(names.values())


def _read(look: LookUp) -> tuple[Read, ...]:
    """The events of the look, as their person reads them; keys grow with time, so the index of subjects leads there."""
    rows = AuditEvent.objects.filter(
        subject_id=look.citizen_id, shown=True, pk__gt=ids.uuid7_since(look.pk), target_id=look.pk
    ).order_by("-pk")[:20]
    opened = audit.personal_data_of(list(rows), look.citizen_id)
    return tuple(
        Read(
            at=row.recorded_at,
            fields=tuple(row.data.get("fields", ())),
            words=opened.get(row.pk, {}).get("reference", ""),
        )
        for row in reversed(rows)
    )
