"""Take what banks and billers report: each id once for ever, in any order with our own inquiries, doubled or late.

A report moves exactly what the answer to an inquiry would move, by the same functions. One that contradicts what is
booked moves nothing: it is kept, logged, and becomes a case for people to look into.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction

from accounts.services import card_event_reading as reading
from accounts.services.card_event_reading import Malformed
from eid_portal.core import telling
from eid_portal.core.events import Actor
from eid_portal.core.text import UnreadableText, clean
from payments.enums import BillState, PaymentState, ReportKind, ReportOutcome
from payments.gateways import napas
from payments.models import Bill, Biller, Payment, PaymentOrder, PaymentReport, Refund, Settlement
from payments.rules import amounts
from payments.services import bank_links, debiting, reconciliation, refunding, settlements, settling

BANKS: Final = frozenset({napas.PARTY})
_BODY: Final = "payment_report"
_CLOCKS_DIFFER: Final = timedelta(minutes=5)  # as much as a signature may be old
_LONGEST: Final = 64
_STATES: Final = frozenset({"done", "refused", "processing"})
_CONSENT_STATES: Final = frozenset({"given", "refused", "ended"})
_OF_BANKS: Final = frozenset(
    {ReportKind.DEBIT, ReportKind.REFUND, ReportKind.PAYOUT, ReportKind.CONSENT}
)
_OF_BILLERS: Final = frozenset(
    {ReportKind.PAYMENT, ReportKind.BILL_PAID, ReportKind.BILL_WITHDRAWN}
)
_ABOUT_BILLS: Final = frozenset({ReportKind.BILL_PAID, ReportKind.BILL_WITHDRAWN})
_BANK_NAMES: Final = frozenset(
    {"event_id", "kind", "reference", "state", "amount", "at", "bank_reference", "code"}
)
_BILLER_NAMES: Final = frozenset(
    {
        "event_id", "kind", "reference", "bill", "customer_code", "amount", "state", "at", "receipt", "code",
        "biller",
    }
)  # fmt: skip
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is reported; ``reference`` is ours, or of a bill the biller's."""

    event_id: UUID
    kind: ReportKind
    reference: str
    state: str
    amount: int
    receipt: str = field(repr=False)
    code: str
    biller: str  # of several that one party speaks for


def parties() -> frozenset[str]:
    """The billers' parties whose word is taken."""
    return frozenset(Biller.objects.values_list("party", flat=True))


def read(body: Any, *, party: str, now: datetime) -> Report:
    """Read a report as it stands on the wire; a party that is no bank is a biller.

    Raises:
        Malformed: ``malformed``, ``missing``, ``unexpected``, ``too_long``, ``unreadable_text`` or ``in_future``.
    """
    by_bank = party in BANKS
    if not isinstance(body, Mapping):
        raise Malformed("malformed", "")
    if body.keys() - (_BANK_NAMES if by_bank else _BILLER_NAMES):
        raise Malformed("unexpected", "")
    for name in ("event_id", "kind", "state", "amount", "at"):
        if name not in body:
            raise Malformed("missing", name)
    event_id, kind, amount = reading.event_id_of(body), body["kind"], body["amount"]
    if event_id is None:
        raise Malformed("malformed", "event_id")
    if not isinstance(kind, str) or kind not in (_OF_BANKS if by_bank else _OF_BILLERS):
        raise Malformed("malformed", "kind")
    if reading.moment_of(body, "at") > now + _CLOCKS_DIFFER:
        raise Malformed("in_future", "at")
    amount = _amount(kind, amount)
    state = _text(body, "state")
    states = _CONSENT_STATES if kind == ReportKind.CONSENT else _STATES
    if kind not in _ABOUT_BILLS and state not in states:
        raise Malformed("malformed", "state")
    return Report(
        event_id=event_id,
        kind=ReportKind(kind),
        reference=_text(body, "bill" if kind in _ABOUT_BILLS else "reference"),
        state=state,
        amount=amount,
        receipt=_text(body, "bank_reference" if by_bank else "receipt", needed=False),
        code=_text(body, "code", needed=False),
        biller=_text(body, "biller", needed=False),
    )


def take(report: Report, *, body: Any, party: str, actor: Actor, now: datetime) -> ReportOutcome:
    """Do what a report says, in one transaction with its id. ``body`` is what came, to know it again by.

    Raises:
        telling.Conflict: the id was taken before, with another body or from another party.
    """
    row = telling.once(
        PaymentReport,
        lambda body_hash: _take(report, body_hash=body_hash, party=party, actor=actor, now=now),
        event_id=report.event_id,
        body=body,
        purpose=_BODY,
        party=party,
    )
    return ReportOutcome(row.outcome)


@transaction.atomic
def _take(
    report: Report, *, body_hash: bytes, party: str, actor: Actor, now: datetime
) -> PaymentReport:
    outcome = _act(report, party=party, actor=actor)
    if outcome == ReportOutcome.CONTRADICTS:
        log.error("report.contradicts", event_id=str(report.event_id), kind=report.kind.value)
        reconciliation.note_contradiction(
            party=party,
            kind=report.kind,
            reference=report.reference,
            amount=report.amount,
            now=now,
        )
    return PaymentReport.objects.create(
        event_id=report.event_id,
        party=party,
        body_hash=body_hash,
        kind=report.kind,
        reference=report.reference,
        outcome=outcome,
        received_at=now,
    )


def _act(report: Report, *, party: str, actor: Actor) -> ReportOutcome:
    match report.kind:
        case ReportKind.DEBIT:
            return _debit(report, actor)
        case ReportKind.REFUND:
            return _refund(report, actor)
        case ReportKind.PAYOUT:
            if Settlement.objects.filter(public_id=report.reference).exists():
                return _settlement(report, actor)
            return _payment(report, Payment.objects.filter(biller__isnull=True), actor)
        case ReportKind.CONSENT:
            return bank_links.take_report(
                reference=report.reference,
                consent_id=report.receipt,
                state=report.state,
                actor=actor,
            )
        case ReportKind.PAYMENT:
            return _payment(report, Payment.objects.filter(biller__party=party), actor)
        case ReportKind.BILL_PAID:
            return _bill(report, party, BillState.PAID, actor)
        case ReportKind.BILL_WITHDRAWN:
            return _bill(report, party, BillState.WITHDRAWN, actor)


def _debit(report: Report, actor: Actor) -> ReportOutcome:
    order = PaymentOrder.objects.filter(reference=report.reference).first()
    if order is None:
        return ReportOutcome.NOT_OURS
    if order.amount != report.amount or order.authorised_at is None:
        return ReportOutcome.CONTRADICTS
    match report.state:
        case "done":
            return debiting.record_debited(order.pk, bank_reference=report.receipt, actor=actor)
        case "refused":
            return debiting.record_refused(order.pk, code=report.code or "refused", actor=actor)
        case _:
            return ReportOutcome.KNOWN


def _refund(report: Report, actor: Actor) -> ReportOutcome:
    refund = Refund.objects.filter(public_id=report.reference).first()
    if refund is None:
        return ReportOutcome.NOT_OURS
    if refund.amount != report.amount:
        return ReportOutcome.CONTRADICTS
    match report.state:
        case "done":
            return refunding.record_done(refund.pk, actor=actor)
        case "refused":
            return refunding.record_refused(refund.pk, code=report.code or "refused", actor=actor)
        case _:
            return ReportOutcome.KNOWN


def _payment(report: Report, theirs: Any, actor: Actor) -> ReportOutcome:
    payment = theirs.filter(public_id=report.reference).first()
    if payment is None:
        return ReportOutcome.NOT_OURS
    # What was never debited cannot have reached anybody.
    if payment.amount != report.amount or payment.state == PaymentState.WAITING:
        return ReportOutcome.CONTRADICTS
    match report.state:
        case "done":
            return settling.record_settled(payment.pk, receipt=report.receipt, actor=actor)
        case "refused":
            return settling.record_refused(payment.pk, code=report.code or "refused", actor=actor)
        case _:
            return ReportOutcome.KNOWN


def _settlement(report: Report, actor: Actor) -> ReportOutcome:
    row = Settlement.objects.get(public_id=report.reference)
    if row.amount != report.amount:
        return ReportOutcome.CONTRADICTS
    match report.state:
        case "done":
            return settlements.record_paid(row.pk, receipt=report.receipt, actor=actor)
        case "refused":
            return settlements.record_refused(row.pk, code=report.code or "refused", actor=actor)
        case _:
            return ReportOutcome.KNOWN


def _bill(report: Report, party: str, to: BillState, actor: Actor) -> ReportOutcome:
    bills = Bill.objects.filter(biller__party=party, reference=report.reference)
    if report.biller:
        bills = bills.filter(biller=report.biller)
    found = list(bills[:2])
    if (
        len(found) != 1
    ):  # several billers of one party may use one reference: then it must say which
        return ReportOutcome.NOT_OURS
    return settling.close_bill(found[0], to=to, elsewhere=True, actor=actor)


def _amount(kind: str, amount: object) -> int:
    """Of a consent none, which is written 0."""
    if kind == ReportKind.CONSENT and type(amount) is int and amount == 0:
        return 0
    try:
        return amounts.checked(amount, most=amounts.STORED_MOST)
    except amounts.NotAnAmount:
        raise Malformed("malformed", "amount") from None


def _text(body: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    value = body.get(name)
    if value is None and not needed:
        return ""
    if value is None:
        raise Malformed("missing", name)
    if not isinstance(value, str):
        raise Malformed("malformed", name)
    if len(value) > _LONGEST:
        raise Malformed("too_long", name)
    try:
        value = clean(value)
    except UnreadableText:
        raise Malformed("unreadable_text", name) from None
    if needed and not value:
        raise Malformed("missing", name)
    return value
