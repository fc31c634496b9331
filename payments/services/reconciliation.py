"""Files of a day: fetched each night or uploaded, read in a stream, compared with the books; differences become cases.

Reading the same file again changes nothing. Of two different files of a day the later one counts, and what the earlier
one had brought up goes by itself. A difference that is gone closes its case; one that people resolved stays resolved.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import IO, Any, Final, TypeVar

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from eid_portal.core import audit, clock, jobs, outside
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.core.transitions import Change, move_together
from payments import events, policy, states
from payments.enums import CaseState, Difference, PaymentState, ReportKind, StatementFormat
from payments.gateways import billers, napas
from payments.gateways.base import NotFound, Slice
from payments.models import (
    BadLine,
    Biller,
    MoneyCase,
    Payment,
    PaymentOrder,
    Refund,
    StatementDay,
    StatementFile,
    StatementLine,
)
from payments.rules import statements
from payments.rules.statements import Bad, Line
from payments.selectors import differences
from payments.selectors.differences import Found

FETCH: Final = "payments.fetch_statement"
LEASE: Final = timedelta(minutes=10)  # to fetch and read a large file
_AT_ONCE: Final = 2000
_CHUNK: Final = 1 << 16
_IN_MEMORY: Final = 1 << 22
_LIVE: Final = (CaseState.OPEN, CaseState.TAKEN)
_BACK: Final = (PaymentState.REFUNDING, PaymentState.REFUNDED)
T = TypeVar("T")
log = structlog.get_logger()


class FileRefused(Exception):
    """The file is not taken; ``message`` says why."""

    code = "file_refused"
    message: Any = _("This file cannot be taken.")


class NotReadable(FileRefused):
    """It is not in its format, is cut off, or brings definitions of its own; ``code`` says which."""

    message = _(
        "This is not such a file, or it is cut off: banks write camt.053, billers CSV with the columns we agreed on."
    )

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TooLarge(FileRefused):
    """It is larger than any day's file."""

    code = "too_large"
    message = _("This file is larger than any day’s file can be.")


class NotYetOver(FileRefused):
    """A day's file is there when the day is over."""

    code = "not_yet_over"
    message = _("Choose a day that is over.")


class NobodyOfThatName(FileRefused):
    """Neither the banks nor a biller."""

    code = "no_such_party"
    message = _("No bank or biller of ours writes this file.")


def parties() -> list[str]:
    """Whose files there are: the switch's for all banks, and the billers'."""
    theirs = Biller.objects.filter(in_use=True).values_list("party", flat=True)
    return [napas.PARTY, *sorted(set(theirs))]


@transaction.atomic
def begin(*, now: datetime) -> int:
    """Have every party's file of yesterday fetched, once, when the hour has come. Returns how many were new."""
    day = clock.today(now - policy.FILES_FROM) - timedelta(days=1)
    begun = 0
    for party in parties():
        row, new = StatementDay.objects.get_or_create(
            party=party, day=day, defaults={"begun_at": now}
        )
        if new:
            jobs.enqueue(FETCH, subject_id=row.pk)
            begun += 1
    return begun


def fetch(claim: jobs.Claim) -> None:
    """Fetch a day's file and compare it; one that is not there, or not whole, is asked for again later.

    Raises:
        jobs.LostClaim: another worker has the job.
    """
    wanted = StatementDay.objects.get(pk=claim.subject_id)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as held:
        code = _download(wanted, held)
        if not code:
            held.seek(0)
            try:
                take(held, party=wanted.party, day=wanted.day, actor=SYSTEM, now=clock.now())
            except FileRefused as refused:
                code = refused.code
    if code:
        log.warning("statement.not_taken", party=wanted.party, day=wanted.day.isoformat(), code=code)  # fmt: skip
    with transaction.atomic():
        done = {"code": code} if code else {"code": "", "compared_at": clock.now()}
        StatementDay.objects.filter(pk=wanted.pk).update(**done)
        if code:
            claim.retry(at=clock.now() + policy.FILE_AGAIN, error=code)
        else:
            claim.finish()


def take(
    file: IO[bytes],
    *,
    party: str,
    day: date,
    actor: Actor,
    now: datetime,
    uploaded: bool = False,
) -> StatementFile:
    """Read a party's file of a day and compare it with the books, all in one transaction.

    Raises:
        NotReadable: see the class.
        TooLarge: see the class.
        NotYetOver: see the class.
        NobodyOfThatName: see the class.
    """
    if party not in parties():
        raise NobodyOfThatName
    if day >= clock.today(now):
        raise NotYetOver
    sha256 = _hash(file)
    with transaction.atomic():
        row = _count(party, day, sha256)
        if row is None:
            format_ = StatementFormat.CAMT if party == napas.PARTY else StatementFormat.CSV
            row = StatementFile.objects.create(
                party=party,
                day=day,
                format=format_,
                sha256=sha256,
                counts=True,
                lines=0,
                bad=0,
                uploaded_by_id=actor.account_id if uploaded else None,
                taken_at=now,
            )
            _read(row, file)
            audit.record(
                events.StatementTaken(
                    party=party,
                    day=day.isoformat(),
                    lines=row.lines,
                    bad=row.bad,
                    uploaded=uploaded,
                ),
                actor=actor,
                target=row,
                now=now,
            )
        compare(party, {day}, actor=actor, now=now)
    return row


@transaction.atomic
def compare(party: str, days: set[date], *, actor: Actor, now: datetime) -> None:
    """Open cases for what differs, and close those of what no longer does, on these days and wherever cases wait.

    A day without a file says nothing.
    """
    waiting = MoneyCase.objects.filter(party=party, state__in=_LIVE)
    days |= set(waiting.values_list("day", flat=True))
    there = StatementFile.objects.filter(party=party, day__in=days, counts=True)
    found: dict[tuple[str, str, str], tuple[date, Found]] = {}
    compared = sorted(there.values_list("day", flat=True))
    for day in compared:
        for each in differences.find(party, day, switch=napas.PARTY):
            found.setdefault(each.key, (day, each))
    _open(party, found, now)
    changes: list[Any] = []
    known = MoneyCase.objects.filter(party=party, day__in=compared).order_by("pk")
    for case in known.filter(reported=False).exclude(state=CaseState.RESOLVED):
        differs = (case.kind, case.reference, case.difference) in found
        if differs and case.state == CaseState.GONE:
            changes.append((_change(case, CaseState.OPEN, events.DifferenceBack, now), states.DIFFERENCE))  # fmt: skip
        elif not differs and case.state != CaseState.GONE:
            changes.append((_change(case, CaseState.GONE, events.DifferenceGone, now), states.DIFFERENCE))  # fmt: skip
    if changes:
        move_together(changes, actor=actor, now=now)


def note_contradiction(
    *, party: str, kind: ReportKind, reference: str, amount: int, now: datetime
) -> None:
    """Keep a report that contradicts the books as a case, in the caller's transaction; the same one once."""
    order, payment, ours = _ours(kind, reference)
    if payment is not None and payment.state in _BACK and kind != ReportKind.REFUND:
        difference = Difference.LATE
    elif ours is not None and ours != amount:
        difference = Difference.AMOUNT
    elif ours is not None:
        difference = Difference.MISSING_THERE  # it was done, and they say it was not
    else:
        difference = Difference.MISSING_HERE
    row = MoneyCase(
        state=CaseState.OPEN,
        party=party,
        day=clock.today(now),
        kind=kind,
        reference=reference,
        difference=difference,
        ours=ours,
        theirs=amount,
        reported=True,
        order=order,
        payment=payment,
        opened_at=now,
        since=now,
    )
    MoneyCase.objects.bulk_create([row], ignore_conflicts=True)


def _ours(
    kind: ReportKind, reference: str
) -> tuple[PaymentOrder | None, Payment | None, int | None]:
    """Which row of ours a report is about, and the amount that the books have of it."""
    match kind:
        case ReportKind.DEBIT:
            order = PaymentOrder.objects.filter(reference=reference).first()
            return order, None, order.amount if order and order.state == "DEBITED" else None
        case ReportKind.REFUND:
            refund = Refund.objects.select_related("payment__order").filter(public_id=reference)
            found = refund.first()
            if found is None:
                return None, None, None
            done = found.amount if found.state == "DONE" else None
            return found.payment.order, found.payment, done
        case _:
            payment = Payment.objects.select_related("order").filter(public_id=reference).first()
            if payment is None:
                return None, None, None
            settled = payment.amount if payment.state == PaymentState.SETTLED else None
            return payment.order, payment, settled


def _download(wanted: StatementDay, held: IO[bytes]) -> str:
    """Fetch the slices one after another; why it did not work, or nothing."""
    begin, said_hash, hashed, size = 0, "", hashlib.sha256(), 0
    while True:
        part = _ask(wanted.party, wanted.day, begin)
        if isinstance(part, NotFound):
            return "not_there"
        if isinstance(part, Unavailable | Unknown):
            return part.reason[:60]
        data = part.content.encode()
        if said_hash and part.sha256 != said_hash:
            return "changed_meanwhile"
        said_hash = part.sha256
        hashed.update(data)
        held.write(data)
        size += len(data)
        if size > policy.FILE_MOST:
            return TooLarge.code
        if part.following is None:
            return "" if hashed.hexdigest() == said_hash else "other_hash"
        begin = part.following


def _ask(party: str, day: date, begin: int) -> Slice | NotFound | Unavailable | Unknown:
    if party == napas.PARTY:
        said = outside.send(party, napas.statement_call(day, begin))
        return napas.read_statement(said, day, begin)
    said = outside.send(party, billers.statement_call(party, day, begin))
    return billers.read_statement(said, day, begin)


def _hash(file: IO[bytes]) -> str:
    hashed, size = hashlib.sha256(), 0
    for chunk in _chunks(file):
        hashed.update(chunk)
        size += len(chunk)
        if size > policy.FILE_MOST:
            raise TooLarge
    return hashed.hexdigest()


def _batched(things: Iterable[T]) -> Iterator[list[T]]:
    left = iter(things)
    while some := list(islice(left, _AT_ONCE)):
        yield some


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK):
        yield chunk


def _count(party: str, day: date, sha256: str) -> StatementFile | None:
    """Let the file of this content count, if it was taken before, and no other of the day."""
    StatementDay.objects.get_or_create(
        party=party, day=day, defaults={"begun_at": clock.now(), "compared_at": clock.now()}
    )
    StatementDay.objects.select_for_update().get(party=party, day=day)  # one at a time
    of_day = StatementFile.objects.filter(party=party, day=day)
    of_day.filter(counts=True).exclude(sha256=sha256).update(counts=False)
    known = of_day.filter(sha256=sha256).first()
    if known is not None and not known.counts:
        of_day.filter(pk=known.pk).update(counts=True)
        known.counts = True
    return known


def _read(row: StatementFile, file: IO[bytes]) -> None:
    read = statements.read(
        _chunks(file),
        StatementFormat(row.format),
        day=row.day,
        zone=clock.VIET_NAM,
        longest=policy.LINE_MOST,
    )
    try:
        for some in _batched(read):
            lines = [
                StatementLine(
                    file=row,
                    number=each.number,
                    kind=each.kind,
                    reference=each.reference,
                    amount=each.amount,
                    at=each.at,
                    bank=each.bank,
                    receipt=each.receipt,
                )
                for each in some
                if isinstance(each, Line)
            ]
            bad = [
                BadLine(file=row, number=each.number, code=each.code)
                for each in some
                if isinstance(each, Bad)
            ]
            StatementLine.objects.bulk_create(lines)
            BadLine.objects.bulk_create(bad)
            row.lines += len(lines)
            row.bad += len(bad)
    except statements.Unreadable as unreadable:
        raise NotReadable(unreadable.code) from None
    row.save(update_fields=["lines", "bad"])


def _open(party: str, found: dict[tuple[str, str, str], tuple[date, Found]], now: datetime) -> None:
    rows = (
        MoneyCase(
            state=CaseState.OPEN,
            party=party,
            day=day,
            kind=each.kind,
            reference=each.reference,
            difference=each.difference,
            ours=each.ours,
            theirs=each.theirs,
            third=each.third,
            order_id=each.order_id,
            payment_id=each.payment_id,
            opened_at=now,
            since=now,
        )
        for day, each in found.values()
    )
    for some in _batched(rows):
        MoneyCase.objects.bulk_create(some, ignore_conflicts=True)


def _change(case: MoneyCase, to: CaseState, event: Any, now: datetime) -> Change[CaseState]:
    return Change(
        row=case,
        to=to,
        event=event(party=case.party, difference=case.difference),
        subject_id=None,
        values={"since": now},
    )
