"""What the books say meanwhile, and whose list is right in the end: the clients', the bank's and the billers'."""

import json
import threading
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.clients import Agreed

EVERY: Final = 0.12  # seconds between two reads
FAULTS_EVERY: Final = 20  # reads; then every row is compared as well
ENDED: Final = frozenset({"SETTLED", "REFUNDED", "NOT_PAID"})


@dataclass
class Reader:
    """Reads the books again and again; whatever is off is kept."""

    reads: int = 0
    off: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._read, name="reader")
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        from django.db import Error, connection

        from payments.selectors import ledger

        while not self._over.is_set():
            try:
                sums = ledger.sums()
                faults = ledger.find_faults() if self.reads % FAULTS_EVERY == 0 else []
            except Error:  # PostgreSQL is away: that is no read
                connection.close()
            else:
                self.reads += 1
                if sums.off:
                    self.off.append(f"off by {sums.off}")
                self.off += map(str, faults)
            self._over.wait(EVERY)
        connection.close()


@dataclass
class Verdict:
    """What became of what the clients were told."""

    paid: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


def movements(sandbox: str) -> list[dict[str, Any]]:
    """The books of bank and billers."""
    with urllib.request.urlopen(f"{sandbox}/money/books.json", timeout=60) as answer:  # noqa: S310 - our own sandbox
        found: list[dict[str, Any]] = json.load(answer)["movements"]
    return found


def judge(agreed: Sequence[Agreed], moved: Sequence[Mapping[str, Any]]) -> Verdict:
    """Compare, payment by payment, what clients were told with what bank and billers did."""
    verdict = Verdict()
    debits = {each["reference"]: each for each in moved if each["kind"] == "debit" and each["done"]}
    refunds: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    paid: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for each in moved:
        if each["done"] > 1:
            verdict.doubled.append(
                f"{each['kind']} {each['reference']} was done {each['done']} times"
            )
        if each["kind"] == "refund" and each["done"]:
            refunds[each["about"]].append(each)
        elif each["kind"] == "payment" and each["done"]:
            paid[each["party"], each["about"]].append(each)
    for one in agreed:
        _judge_order(
            one, debits.pop(one.reference, None), refunds.pop(one.reference, []), paid, verdict
        )
    verdict.lost += [f"debit {reference} is on nobody's list" for reference in debits]
    verdict.lost += [f"refund of {reference} is on nobody's list" for reference in refunds]
    verdict.lost += [
        f"payment of {bill} is on nobody's list" for bill, found in paid.items() if found
    ]
    return verdict


def _judge_order(
    one: Agreed,
    debit: Mapping[str, Any] | None,
    refunds: Sequence[Mapping[str, Any]],
    paid: dict[tuple[str, str], list[Mapping[str, Any]]],
    verdict: Verdict,
) -> None:
    shown = {part["amount"]: part for part in one.last["payments"]}  # each has another
    back = 0
    for owed in one.owed:
        state = shown.get(owed.amount, {}).get("state", "missing")
        there = paid.pop((owed.party, owed.reference), [])
        verdict.ended[state] += 1
        verdict.paid += state == "SETTLED"
        name = f"bill {owed.reference} of order {one.reference} ({state})"
        if state not in ENDED:
            verdict.lost.append(f"{name} is not over")
        if len(there) > 1:
            verdict.doubled.append(f"{name} was paid {len(there)} times")
        if there and state != "SETTLED":
            verdict.doubled.append(f"{name} was paid at the biller all the same")
        if state == "SETTLED" and [each["amount"] for each in there] != [owed.amount]:
            verdict.lost.append(f"{name} is not paid at the biller")
        back += owed.amount if state == "REFUNDED" else 0
    moved = any(part["state"] != "NOT_PAID" for part in shown.values())
    if moved and (debit is None or debit["amount"] != one.amount):
        verdict.lost.append(f"order {one.reference} was not debited")
    if debit is not None and not moved:
        verdict.lost.append(f"order {one.reference} was debited, and nothing is known of it")
    given = sum(each["amount"] for each in refunds)
    if given < back:
        verdict.lost.append(f"order {one.reference}: {back} go back, the bank took {given}")
    if given > back:
        verdict.doubled.append(f"order {one.reference}: {back} go back, the bank took {given}")


def unfinished() -> int:
    """How many payments, orders and refunds the portal is not done with; orders nobody agreed to do not count."""
    from payments.enums import OrderState, PaymentState, RefundState
    from payments.models import Payment, PaymentOrder, Refund

    live = [OrderState.AUTHORISED, OrderState.UNKNOWN]
    flying = [PaymentState.IN_FLIGHT, PaymentState.UNKNOWN, PaymentState.REFUNDING]
    return (
        PaymentOrder.objects.filter(state__in=live).count()
        + Payment.objects.filter(state__in=flying).count()
        + Refund.objects.filter(state=RefundState.SENDING).count()
    )


def seconds_since(begun: float) -> float:
    """Whole tenths."""
    return round(time.monotonic() - begun, 1)
