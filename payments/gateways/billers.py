"""The billers, all over one wire: bills, payments of them ("gạch nợ"), files of the day.

``biller`` is whom the hub speaks for; no other party is told.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from eid_portal.core import outside
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown
from payments.enums import BillState
from payments.gateways import base
from payments.gateways.base import Answer, Fields, Malformed, NotFound, Slice

HUB: Final = "bill-hub"  # speaks for billers an administrator defined
REFUSALS: Final = frozenset({"already_paid", "withdrawn", "amount_changed", "not_found"})
MOST_BILLS: Final = 50  # of one code or person
MOST_LINES: Final = 60
_PERIOD: Final = re.compile(r"20[0-9]{2}(-(0[1-9]|1[0-2]))?")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_STATES: Final = {
    "open": BillState.OPEN,
    "paid": BillState.PAID,
    "withdrawn": BillState.WITHDRAWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBill:
    """A bill as its biller holds it; ``details`` is what the paper bill says."""

    reference: str
    customer_code: str = field(repr=False)
    period: str
    amount: int
    due_on: date | None
    customer_name: str = field(repr=False)
    state: BillState
    details: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bills:
    """The bills that were found, perhaps none; ``unread`` says why some could not be read, without data."""

    bills: tuple[FoundBill, ...]
    unread: tuple[str, ...] = ()


# --- Bills ----------------------------------------------------------------------------------------
def bills_call(party: str, customer_code: str, *, biller: str = "") -> Call:
    """Ask for the bills of a customer code."""
    return base.post(party, "bills", {"customer_code": customer_code} | _of(party, biller))


def read_bills(outcome: Outcome, customer_code: str) -> Bills | NotFound | Unavailable | Unknown:
    """The bills of this code; one of another code is not read."""
    return base.read(outcome, lambda fields: _bills(fields, customer_code))


def bills_of_person_call(party: str, personal_number: str, *, biller: str = "") -> Call:
    """Ask for the bills that are found by a personal number."""
    return base.post(
        party, "bills/of-person", {"personal_number": personal_number} | _of(party, biller)
    )


def read_bills_of_person(outcome: Outcome) -> Bills | NotFound | Unavailable | Unknown:
    """The bills of whoever was asked about."""
    return base.read(outcome, lambda fields: _bills(fields, None))


def find(
    *, party: str, biller: str, customer_code: str
) -> Bills | NotFound | Unavailable | Unknown:
    """The bills of a customer code."""
    said = outside.send(party, bills_call(party, customer_code, biller=biller))
    return read_bills(said, customer_code)


def find_of_person(
    *, party: str, biller: str, personal_number: str
) -> Bills | NotFound | Unavailable | Unknown:
    """The bills that are found by a personal number."""
    said = outside.send(party, bills_of_person_call(party, personal_number, biller=biller))
    return read_bills_of_person(said)


def _bills(fields: Fields, customer_code: str | None) -> Bills | Unknown:
    """One that cannot be read hides no other; where nothing at all could be read, the answer is none."""
    found: dict[str, FoundBill] = {}
    unread = []
    for one in fields.objects("bills", most=MOST_BILLS):
        try:
            bill = read_bill(one, customer_code)
        except Malformed as malformed:
            unread.append(f"malformed_{malformed.code}")
            continue
        if bill.reference in found:
            unread.append("two_answers")
        found.setdefault(bill.reference, bill)
    if unread and not found:
        return Unknown(unread[0])
    return Bills(tuple(found.values()), tuple(unread))


def read_bill(fields: Fields, customer_code: str | None) -> FoundBill:
    """A bill as an answer has it; of this code, if one is named.

    Raises:
        Malformed: it is none.
    """
    if customer_code is not None and fields.get("customer_code") != customer_code:
        raise Malformed("customer_code")
    amount = fields.amount()
    details = _details(Fields(fields.get("details"), "details"))
    if sum(line["amount"] for line in details["lines"]) + details["vat"] != amount:
        raise Malformed("lines")
    return FoundBill(
        reference=fields.matching("reference", _REFERENCE),
        customer_code=fields.text("customer_code", longest=40),
        period=fields.matching("period", _PERIOD),
        amount=amount,
        due_on=fields.day_or_none("due_on"),
        customer_name=fields.text("customer_name", empty=True),
        state=_STATES[fields.one_of("state", frozenset(_STATES))],
        details=details,
    )


_NUMBERS: Final = {"old_index": 10**9, "new_index": 10**9, "households": 1000, "members": 100}


def _details(fields: Fields) -> dict[str, Any]:
    read: dict[str, Any] = {
        "lines": [_line(line) for line in fields.objects("lines", most=MOST_LINES)],
        "net": fields.whole("net", 0, base.MOST),
        "vat": fields.whole("vat", 0, base.MOST),
    }
    if fields.has("meter_no"):
        read["meter_no"] = fields.text("meter_no", longest=40)
    for name, most in _NUMBERS.items():
        if fields.has(name):
            read[name] = fields.whole(name, 0, most)
    return read


def _line(fields: Fields) -> dict[str, Any]:
    line: dict[str, Any] = {
        "text": fields.text("text"),
        "quantity": fields.whole("quantity", 0, 10**9),
        "unit_price": None,
        "amount": fields.whole("amount", -base.MOST, base.MOST),
    }
    if fields.has("unit_price"):
        line["unit_price"] = fields.whole("unit_price", -base.MOST, base.MOST)
    if fields.has("percent"):
        line["percent"] = fields.whole("percent", 0, 100)
    return line


# --- Payments -------------------------------------------------------------------------------------
def payment_call(
    party: str, *, reference: str, bill: str, amount: int, paid_at: str, biller: str = ""
) -> Call:
    """Tell a biller that a bill is paid, once a reference; ``paid_at`` is when the payer was debited, ISO 8601."""
    payload = {"reference": reference, "bill": bill, "amount": amount, "paid_at": paid_at}
    return base.post(party, "payments", payload | _of(party, biller), key=reference)


def read_payment(outcome: Outcome, reference: str, amount: int) -> Answer:
    """What became of a payment."""
    return base.read_move(outcome, reference, amount, receipt="receipt", codes=REFUSALS)


def payment_status_call(party: str, reference: str, *, biller: str = "") -> Call:
    """Ask what became of a payment; moves nothing."""
    return base.post(party, "payments/status", {"reference": reference} | _of(party, biller))


def read_payment_status(outcome: Outcome, reference: str, amount: int) -> Answer:
    """What became of a payment; ``NotFound`` if it never arrived."""
    return base.read_status(outcome, reference, amount, receipt="receipt", codes=REFUSALS)


def pay(
    *, party: str, biller: str, reference: str, bill: str, amount: int, paid_at: datetime
) -> Answer:
    """Tell a biller that a bill was paid; told again with the same reference it is the same payment."""
    at = paid_at.isoformat(timespec="seconds")
    asked = payment_call(
        party, reference=reference, bill=bill, amount=amount, paid_at=at, biller=biller
    )
    return read_payment(outside.send(party, asked), reference, amount)


def payment_status(*, party: str, biller: str, reference: str, amount: int) -> Answer:
    """What became of a payment."""
    said = outside.send(party, payment_status_call(party, reference, biller=biller))
    return read_payment_status(said, reference, amount)


# --- Files ----------------------------------------------------------------------------------------
def statement_call(party: str, day: date, begin: int) -> Call:
    """Ask for a biller's file of a day from a place on."""
    return base.statement_call(party, day, begin)


def read_statement(
    outcome: Outcome, day: date, begin: int
) -> Slice | NotFound | Unavailable | Unknown:
    """The slice of CSV that was asked for."""
    return base.read_statement(outcome, day, begin, format_="csv")


def _of(party: str, biller: str) -> dict[str, str]:
    return {"biller": biller} if party == HUB else {}
