"""Find bills by their customer code or their payer's personal number, and keep what the biller says of them.

The biller is asked outside transactions. What it says changes rows only where they still stand as they did: a bill that
is paid or withdrawn stays so, whatever an older answer said. One bill that cannot be read hides no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from eid_portal.core import clock, jobs, limits, sealed
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.outside import Unavailable, Unknown
from payments import policy
from payments.enums import BillerKind, BillState
from payments.gateways import billers
from payments.gateways.base import NotFound
from payments.gateways.billers import Bills, FoundBill
from payments.models import Bill, Biller, CustomerCode
from payments.models.billing import CUSTOMER_CODE
from payments.rules import customer_codes
from payments.services import settling
from payments.texts import CUSTOMER_CODES

FETCH: Final = "payments.fetch_bills"
FETCH_TRIES: Final = 6
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What became of a search: a saved code, and how many of its bills are to be paid; None if the biller is silent."""

    codes: tuple[CustomerCode, ...]
    to_pay: int | None


class BillsRefused(Exception):
    """No bills were looked for; ``message`` says why."""

    code = "bills_refused"
    message: Any = _("The bills were not found.")


class NoSuchBiller(BillsRefused):
    """We know no such biller."""

    code = "no_such_biller"
    message = _("Choose one of the billers on this page")


class BadCode(BillsRefused):
    """It is no customer code of that biller."""

    code = "bad_code"

    def __init__(self, flaw: str, hint: str) -> None:
        super().__init__(flaw)
        self.message = CUSTOMER_CODES[flaw] % {"hint": hint}


class UnknownCode(BillsRefused):
    """The biller does not know it."""

    code = "unknown_code"
    message = _("The biller does not know this code. Compare it with the bill.")


class TooManyCodes(BillsRefused):
    """The person has as many as can be saved."""

    code = "too_many_codes"
    message = _("You have saved as many codes as can be. Remove one first.")


class AskedTooOften(BillsRefused):
    """The next search must wait ``until``."""

    code = "asked_too_often"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


class NoSuchCode(BillsRefused):
    """There is no such code among the person's."""

    code = "no_such_code"
    message = _("There is no such code among yours.")


# --- Looking for bills ----------------------------------------------------------------------------
def find(*, account: Account, biller: str, written: str, label: str, now: datetime) -> Found:
    """Ask a biller for the bills of a code as it was typed, and save the code under a name, or rename it.

    A biller that is silent is asked again by a job; the code is saved all the same.

    Raises:
        BillsRefused: see its subclasses; nothing was saved.
    """
    payee = Biller.objects.filter(code=biller, in_use=True, by_person=False).first()
    if payee is None:
        raise NoSuchBiller
    code = _read(payee, written)
    allow(account, now)
    said = billers.find(party=payee.party, biller=payee.code, customer_code=code)
    match said:
        case Bills(bills=found) if found:
            rows = keep(payee, found, now)
            saved = save_code(account, payee, code, label, now, fetched=True)
            return Found(codes=(saved,), to_pay=_count_open(rows))
        case Bills() | NotFound():
            raise UnknownCode
        case Unavailable() | Unknown():
            saved = save_code(account, payee, code, label, now, fetched=False)
            return Found(codes=(saved,), to_pay=None)


def find_mine(*, account: Account, now: datetime) -> Found:
    """Ask every biller that knows people by their personal number for what this person can pay.

    ``to_pay`` is None if one of them was silent and the others had nothing.

    Raises:
        AskedTooOften: see the class.
    """
    allow(account, now)
    codes: list[CustomerCode] = []
    to_pay, silent = 0, False
    for payee in Biller.objects.filter(by_person=True, in_use=True).order_by("code"):
        said = billers.find_of_person(
            party=payee.party,
            biller=payee.code,
            personal_number=account.citizen.personal_number,
        )
        match said:
            case Bills(bills=found):
                to_pay += _count_open(keep(payee, found, now))
                codes += [
                    save_code(account, payee, code, "", now, fetched=True)
                    for code in dict.fromkeys(bill.customer_code for bill in found)
                ]
            case NotFound():
                continue
            case Unavailable() | Unknown():
                silent = True
    return Found(codes=tuple(codes), to_pay=None if silent and not codes else to_pay)


def ask_again(*, account: Account, now: datetime) -> int:
    """Have the bills of all codes of a person asked for anew, in the background. Returns how many codes.

    Raises:
        AskedTooOften: see the class.
    """
    allow(account, now)
    rows = _to_ask(CustomerCode.objects.filter(account=account))
    ids = list(rows.values_list("pk", flat=True))
    jobs.enqueue_many(FETCH, subject_ids=ids)
    return len(ids)


def begin_daily(*, now: datetime) -> int:
    """Have the bills asked for that nobody asked for of late; rung every hour. Returns for how many codes."""
    stale = Q(fetched_at__isnull=True) | Q(fetched_at__lt=now - policy.FRESH)
    rows = _to_ask(CustomerCode.objects.filter(stale)).order_by("pk")
    ids = list(rows.values_list("pk", flat=True))
    jobs.enqueue_many(FETCH, subject_ids=ids, routine=True)
    return len(ids)


def fetch(claim: jobs.Claim) -> None:
    """Ask for the bills of one saved code.

    Raises:
        jobs.LostClaim: another worker has the job.
    """
    row = (
        CustomerCode.objects.select_related("biller", "account__citizen")
        .filter(pk=claim.subject_id, forgotten_at__isnull=True)
        .first()
    )
    if row is None:
        claim.finish()
        return
    payee, now = row.biller, clock.now()  # before it is asked: what was asked later knows better
    said = (
        billers.find_of_person(
            party=payee.party,
            biller=payee.code,
            personal_number=row.account.citizen.personal_number,
        )
        if payee.by_person
        else billers.find(party=payee.party, biller=payee.code, customer_code=row.code)
    )
    match said:
        case Bills(bills=found):
            keep(payee, found, now)
        case NotFound():
            log.info("bills.unknown_code", code_id=str(row.pk))
        case Unavailable(reason=reason) | Unknown(reason):
            claim.retry(error=reason[:80])
            return
    CustomerCode.objects.filter(pk=row.pk).update(fetched_at=now)
    claim.finish()


# --- Saved codes ----------------------------------------------------------------------------------
def rename(*, account: Account, code: str, label: str) -> None:
    """Give a saved code, by its public id, another name.

    Raises:
        NoSuchCode: see the class.
    """
    row = _own(account, code)
    row.label = label
    row.save(update_fields=["label"])


def forget(*, account: Account, code: str, now: datetime) -> CustomerCode:
    """Remove a saved code; what was paid under it stays. Removed twice is removed once.

    Raises:
        NoSuchCode: see the class.
    """
    row = _own(account, code)
    CustomerCode.objects.filter(pk=row.pk, forgotten_at__isnull=True).update(forgotten_at=now)
    return row


def keep_again(*, account: Account, code: str) -> None:
    """Undo :func:`forget`.

    Raises:
        NoSuchCode: see the class.
    """
    row = _own(account, code)
    with transaction.atomic():
        _hold(account)
        if _live(account, row.biller, row.code) is None:
            CustomerCode.objects.filter(pk=row.pk).update(forgotten_at=None)


def _own(account: Account, public_id: str) -> CustomerCode:
    rows = CustomerCode.objects.select_related("biller")
    row = rows.filter(account=account, public_id=public_id).first()
    if row is None:
        raise NoSuchCode
    return row


def save_code(
    account: Account, biller: Biller, code: str, label: str, now: datetime, *, fetched: bool
) -> CustomerCode:
    """Save a code for a person, or find it saved; a biller that was not ``fetched`` from is asked by a job.

    Raises:
        TooManyCodes: see the class.
    """
    with transaction.atomic():
        _hold(account)
        row = _live(account, biller, code)
        if row is None:
            mine = CustomerCode.objects.filter(account=account, forgotten_at__isnull=True)
            if mine.count() >= policy.CODES_MOST:
                raise TooManyCodes
            row = CustomerCode(
                account=account,
                biller=biller,
                code=code,
                code_index=sealed.blind_index(CUSTOMER_CODE, code),
                saved_at=now,
                label="",
            )
        row.label = label or row.label
        row.fetched_at = now if fetched else row.fetched_at
        row.save()
        if not fetched:
            jobs.enqueue(FETCH, subject_id=row.pk)
    return row


def _live(account: Account, biller: Biller, code: str) -> CustomerCode | None:
    return CustomerCode.objects.filter(
        account=account,
        biller=biller,
        code_index__in=sealed.blind_indexes(CUSTOMER_CODE, code),
        forgotten_at__isnull=True,
    ).first()


def _hold(account: Account) -> None:
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)


# --- What the biller says -------------------------------------------------------------------------
def keep(biller: Biller, found: Sequence[FoundBill], now: datetime) -> list[Bill]:
    """Write down bills as their biller holds them, one after another in the order of their references."""
    kept = (_keep_one(biller, each, now) for each in sorted(found, key=lambda each: each.reference))
    return [row for row in kept if row is not None]


@transaction.atomic
def _keep_one(biller: Biller, found: FoundBill, now: datetime) -> Bill | None:
    row, new = Bill.objects.get_or_create(
        biller=biller,
        reference=found.reference,
        defaults={
            "state": found.state,
            "customer_code": found.customer_code,
            "customer_code_index": sealed.blind_index(CUSTOMER_CODE, found.customer_code),
            "period": found.period,
            "amount": found.amount,
            "due_on": found.due_on,
            "details": _details(found),
            "since": now,
            "fetched_at": now,
        },
    )
    if new:
        return row
    row = Bill.objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
    if (
        row.customer_code != found.customer_code
    ):  # one reference, two customers: neither is shown more
        log.error("bills.another_customer", bill_id=str(row.pk))
        return None
    if row.state != BillState.OPEN or row.fetched_at > now:
        return row
    if found.state == BillState.OPEN:
        row.amount, row.due_on, row.fetched_at = found.amount, found.due_on, now
        row.details = _details(found)
        row.save(update_fields=["amount", "due_on", "details", "fetched_at"])
    else:
        _close(row, found.state)
    return row


def _close(row: Bill, to: BillState, actor: Actor = SYSTEM) -> None:
    """Closed at the biller; by our own payment if one is on its way, and then that payment says so."""
    if not row.payments.filter(state__in=["IN_FLIGHT", "UNKNOWN"]).exists():
        settling.close_bill(row, to=to, elsewhere=True, actor=actor)


def _details(found: FoundBill) -> dict[str, Any]:
    return found.details | {"customer_name": found.customer_name}


def _count_open(rows: Sequence[Bill]) -> int:
    return sum(row.state == BillState.OPEN for row in rows)


def _to_ask(rows: Any) -> Any:
    """Of these codes those that are saved, and that no job asks for already."""
    asked = jobs.unfinished(FETCH, subject_id=OuterRef("pk"))
    return rows.filter(~Exists(asked), forgotten_at__isnull=True)


def _read(biller: Biller, written: str) -> str:
    hint = biller.code_hint_en if get_language() == "en" else biller.code_hint
    try:
        if biller.kind == BillerKind.ELECTRICITY:
            customer_codes.electricity(written)
        return customer_codes.read(written, pattern=biller.code_pattern)
    except customer_codes.NotACode as refused:
        raise BadCode(refused.flaw.value, hint) from None


def allow(account: Account, now: datetime) -> None:
    """Let a person ask a biller once more.

    Raises:
        AskedTooOften: see the class.
    """
    answer = limits.hit(policy.FIND_BILLS, str(account.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise AskedTooOften(answer.until)
