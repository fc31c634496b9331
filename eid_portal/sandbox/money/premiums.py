"""The insurers: who of a household can be insured, on what terms, and bills of what was chosen.

A bill that is not paid is replaced by the next that is made for the same household or person.
"""

import json
import re
import sqlite3
from dataclasses import replace
from datetime import date
from typing import Any, Final

from eid_portal.sandbox import data
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.money import answers, bills, outcomes, written
from eid_portal.sandbox.money.bills import Kept
from eid_portal.sandbox.money.outcomes import Outcome
from eid_portal.sandbox.money.written import Bill
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

HEALTH: Final = "health-premiums"
SOCIAL: Final = "social-premiums"
PARTIES: Final = frozenset({HEALTH, SOCIAL})
HEALTH_MONTHS: Final = (3, 6, 12)
SOCIAL_MONTHS: Final = (1, 3, 6, 12)
ASKED_MOST: Final = 30
RAISED_BY: Final = 500  # đồng, when another amount is billed than is due
_NUMBER: Final = re.compile(r"\d{12}", re.ASCII)
_REFUSALS: Final = frozenset({Outcome.ALREADY_PAID, Outcome.WITHDRAWN, Outcome.NOT_FOUND})
_MONTHS: Final = 12


def insured(party: str, world: World, payload: dict[str, Any]) -> Answer:
    """Who can be insured with the first of some people, or on what terms.

    Raises:
        Refuse: the request is malformed, or nobody is known by that number.
    """
    numbers = payload.get("personal_numbers")
    if not isinstance(numbers, list) or not 0 < len(numbers) <= ASKED_MOST:
        raise Refuse(400, "malformed_personal_numbers")
    person = _person(world, numbers[0])
    if party == SOCIAL:
        return document(
            {
                "customer_code": written.social_code(person),
                "group": written.group_of(person),
                "supported_months": 0,
            }
        )
    bills.of_person(world, party, "", person.number)
    with world.store.step() as connection:
        covered = _covered(connection, person, world.today)
    return document(
        {
            "customer_code": written.health_code(person),
            "members": [
                {
                    "member": written.member_of(member),
                    "name": written.masked(member),
                    "asked": numbers.index(member.number) if member.number in numbers else None,
                    "insured": written.member_of(member) in covered,
                }
                for member in data.household_of(person)
            ],
        }
    )


def order(party: str, world: World, payload: dict[str, Any]) -> Answer:
    """Make the bill of what was chosen, once a reference; it is first, and after it stands what it replaced.

    Raises:
        Refuse: the request is malformed, cannot be insured so, or its reference was used for something else.
    """
    reference = answers.reference(payload)
    person = _person(world, payload.get("personal_number"))
    outcome = _outcome(party, payload)
    if outcome in _REFUSALS:
        raise Refuse(409, "not_insurable")
    if outcome is Outcome.SILENT_LOST:
        world.hang()
    bills.of_person(world, party, "", person.number)
    asked_for = json.dumps(payload, sort_keys=True)
    with world.store.step() as connection:
        connection.execute("BEGIN IMMEDIATE")
        made = _replayed(connection, party, reference, asked_for)
        if made is None:
            made = _made(connection, party, world, person, payload, raised=outcome)
            connection.execute(
                "INSERT INTO premium_order VALUES (?, ?, ?, ?)",
                (party, reference, asked_for, made.bill.reference),
            )
        others = [
            kept
            for kept in bills.of_owner(connection, party, made.bill.owner)
            if kept.bill.state == "withdrawn" and kept.bill.reference != made.bill.reference
        ]
    if outcome is Outcome.OTHER_REFERENCE:
        reference = f"{reference[:-1]}_"
    shown = [kept.shown() for kept in (made, *others[-_MONTHS:])]
    plain = document({"reference": reference, "bills": shown})
    return answers.carried(world, party, outcome, plain)


def _made(
    connection: sqlite3.Connection,
    party: str,
    world: World,
    person: Person,
    payload: dict[str, Any],
    *,
    raised: Outcome,
) -> Kept:
    wanted = (
        _health(connection, person, payload, world.today)
        if party == HEALTH
        else _social(person, payload, world.today)
    )
    if raised is Outcome.AMOUNT_CHANGED:
        wanted = _raised(wanted)
    found = bills.of_owner(connection, party, wanted.owner)
    unpaid = [kept for kept in found if kept.bill.state == "open"]
    same = next((kept for kept in unpaid if _is_same(kept.bill, wanted)), None)
    for kept in unpaid:
        if kept is not same:
            withdrawn = replace(kept.bill, state="withdrawn")
            bills.change(connection, party, "", Kept(withdrawn, kept.paid_by))
    if same is None:
        bills.insert(connection, party, wanted)
    return same or Kept(wanted, None)


def _is_same(one: Bill, other: Bill) -> bool:
    return one.amount == other.amount and one.details["lines"] == other.details["lines"]


def _replayed(
    connection: sqlite3.Connection, party: str, reference: str, asked_for: str
) -> Kept | None:
    row = connection.execute(
        "SELECT asked_for, bill FROM premium_order WHERE party = ? AND reference = ?",
        (party, reference),
    ).fetchone()
    if row is None:
        return None
    if row[0] != asked_for:
        raise Refuse(409, "reference_used")
    return bills.find(connection, party, "", row[1])


def _health(
    connection: sqlite3.Connection, person: Person, payload: dict[str, Any], today: date
) -> Bill:
    chosen, months = payload.get("members"), _months(payload, HEALTH_MONTHS)
    household = data.household_of(person)
    covered = _covered(connection, person, today)
    free = [who for who in household if written.member_of(who) not in covered]
    if not isinstance(chosen, list) or not chosen:
        raise Refuse(400, "malformed_members")
    members = [who for who in free if written.member_of(who) in chosen]
    if len(members) != len(chosen):
        raise Refuse(409, "not_insurable")
    return written.health_bill(
        person,
        members,
        months,
        reference=f"{written.health_code(person)}-{payload['reference']}"[:64],
        period=f"{today:%Y-%m}",
        due_on=date(today.year, 12, 12) if today.month < _MONTHS else written.end_of(today),
        paid_before=len(covered),
    )


def _social(person: Person, payload: dict[str, Any], today: date) -> Bill:
    level, months = payload.get("level"), _months(payload, SOCIAL_MONTHS)
    if type(level) is not int:
        raise Refuse(400, "malformed_level")
    if not written.LEAST_INCOME <= level <= written.most_income():
        raise Refuse(409, "not_insurable")
    return written.social_bill(
        person,
        level,
        months,
        reference=f"{written.social_code(person)}-{payload['reference']}"[:64],
        period=f"{today:%Y-%m}",
        due_on=written.end_of(today),
    )


def _covered(connection: sqlite3.Connection, person: Person, today: date) -> set[str]:
    """Members of the household whose premium is paid for today."""
    covered = set()
    for kept in bills.of_owner(connection, HEALTH, data.household_of(person)[0].number):
        bill = kept.bill
        if bill.state == "paid":
            year, _dash, month = bill.period.partition("-")
            begun = int(year) * _MONTHS + int(month or 1)
            lasted = today.year * _MONTHS + today.month - begun
            covered |= {
                line.get("member", "")
                for line in bill.details["lines"]
                if 0 <= lasted < line["quantity"]
            }
    return covered - {""}


def _raised(bill: Bill) -> Bill:
    first, *rest = bill.details["lines"]
    lines = [first | {"amount": first["amount"] + RAISED_BY}, *rest]
    amount = bill.amount + RAISED_BY
    return replace(bill, amount=amount, details=bill.details | {"lines": lines, "net": amount})


def _outcome(party: str, payload: dict[str, Any]) -> Outcome:
    """The last three digits of the income that was chosen say it, as those of an amount do."""
    level = payload.get("level")
    return outcomes.of(party, level) if type(level) is int else Outcome.DONE


def _months(payload: dict[str, Any], offered: tuple[int, ...]) -> int:
    months = payload.get("months")
    if type(months) is not int or months not in offered:
        raise Refuse(400, "malformed_months")
    return months


def _person(world: World, number: object) -> Person:
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise Refuse(400, "malformed_personal_number")
    person = data.find(number, today=world.today)
    if person is None:
        raise Refuse(404, "not_found")
    return person
