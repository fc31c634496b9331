"""The billers: their bills by customer code or person, and payments of them. A bill is paid once."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from eid_portal.sandbox import data, money, routes
from eid_portal.sandbox.money import answers, bills, books, outcomes, premiums, statements
from eid_portal.sandbox.money.books import Movement
from eid_portal.sandbox.money.outcomes import Outcome
from eid_portal.sandbox.money.written import Bill
from eid_portal.sandbox.routes import Route
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

HUB: Final = "bill-hub"
ELECTRICITY: Final = "evn"
_SUPPLIED: Final = (("Đà Nẵng", "Phường Hải Châu"), ("Hà Nội", "Phường Cửa Nam"))
TREASURY: Final = "treasury"  # takes a fee under any reference: whoever asks for the fee makes it
BY_PERSON: Final = frozenset({"health-premiums", "social-premiums", HUB})
RAISED_BY: Final = 500  # đồng, when the amount has changed
_BECOMES: Final = {Outcome.ALREADY_PAID: "paid", Outcome.WITHDRAWN: "withdrawn"}
_NUMBER: Final = re.compile(r"\d{12}", re.ASCII)


def of_code(party: str, world: World, payload: dict[str, Any]) -> Answer:
    """The bills of a customer code, perhaps none."""
    code = answers.text(payload, "customer_code", longest=40)
    return _shown(bills.of_code(world, party, _biller(party, payload), code))


def of_person(party: str, world: World, payload: dict[str, Any]) -> Answer:
    """The bills that are found by a personal number, perhaps none."""
    number = payload.get("personal_number")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise Refuse(400, "malformed_personal_number")
    return _shown(bills.of_person(world, party, _biller(party, payload), number))


def contract(_party: str, world: World, payload: dict[str, Any]) -> Answer:
    """Where the electricity contract that carries a personal number supplies: in another province than their home."""
    number = payload.get("personal_number")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise Refuse(400, "malformed_personal_number")
    person = data.find(number, today=world.today)
    if person is None:
        return document({"contracts": []})
    province, commune = next(each for each in _SUPPLIED if each[0] != person.province)
    address = {"province": province, "commune": commune, "line": f"Số {number[-2:]} Đường Điện Mẫu"}
    return document({"contracts": [{"address": address}]})


def pay(party: str, world: World, payload: dict[str, Any]) -> Answer:
    """Take a payment of a bill."""
    biller, reference = _biller(party, payload), answers.reference(payload, "bill")
    answers.text(payload, "paid_at", longest=40)
    wanted = answers.asked(
        party, "payment", payload, about=f"{biller}/{reference}" if biller else reference
    )
    if party == TREASURY:
        bills.add(world, party, biller, _fee(reference, wanted.amount, world))

    def check(connection: sqlite3.Connection) -> str | None:
        return _why_not(bills.find(connection, party, biller, reference), wanted.amount)

    def effect(connection: sqlite3.Connection, moved: Movement) -> None:
        found = bills.find(connection, party, biller, reference)
        if found is not None:
            bills.change(connection, party, biller, _after(found, moved))

    moved, fresh = books.move(world.store, wanted, now=world.now(), check=check, effect=effect)
    return answers.answer(world, moved, fresh=fresh)


def _why_not(found: bills.Kept | None, amount: int) -> str | None:
    if found is None:
        return "not_found"
    state = found.bill.meanwhile or found.bill.state
    if state == "withdrawn":
        return "withdrawn"
    if state == "paid" or found.paid_by is not None:
        return "already_paid"
    return None if found.bill.amount == amount else "amount_changed"


def _after(found: bills.Kept, moved: Movement) -> bills.Kept:
    """What became of a bill when somebody paid it, or tried to."""
    bill = found.bill
    if moved.state in {"done", "processing"}:
        return bills.Kept(replace(bill, state="paid"), moved.reference)
    outcome = outcomes.of(moved.party, moved.amount)
    if moved.code == "amount_changed" and bill.amount == moved.amount:
        bill = replace(bill, amount=bill.amount + RAISED_BY)
    elif bill.meanwhile:
        bill = replace(bill, state=bill.meanwhile, meanwhile="")
    elif moved.code is not None and moved.code == outcomes.REFUSALS.get(outcome):
        bill = replace(bill, state=_BECOMES.get(outcome, bill.state))
    return bills.Kept(bill, found.paid_by)


def _status(party: str, world: World, payload: dict[str, Any]) -> Answer:
    return answers.status(world, party, "payment", payload)


def _fee(reference: str, amount: int, world: World) -> Bill:
    line = {"text": "Phí, lệ phí", "quantity": 1, "unit_price": amount, "amount": amount}
    return Bill(
        reference=reference,
        customer_code=reference,
        period=f"{world.today:%Y-%m}",
        amount=amount,
        due_on=world.today.isoformat(),
        customer_name="",
        details={"lines": [line], "net": amount, "vat": 0},
    )


def _biller(party: str, payload: dict[str, Any]) -> str:
    return answers.reference(payload, "biller") if party == HUB else ""


def _shown(found: list[bills.Kept]) -> Answer:
    return document({"bills": [one.shown() for one in found]})


def _routes(party: str) -> list[Route]:
    handlers: dict[str, Callable[..., Answer]] = {
        "bills": of_code,
        "payments": pay,
        "payments/status": _status,
        "statements": statements.take,
    }
    if party == ELECTRICITY:
        handlers["contracts/of-person"] = contract
    if party in BY_PERSON:
        handlers["bills/of-person"] = of_person
    if party in premiums.PARTIES:
        handlers |= {
            "insured": premiums.insured,
            "bills/order": premiums.order,
        }
    return [
        routes.signed("POST", re.escape(f"/{party}/v1/{path}"), partial(handler, party), party)
        for path, handler in handlers.items()
    ]


ROUTES: Final = tuple(route for party in money.BILLERS for route in _routes(party))
