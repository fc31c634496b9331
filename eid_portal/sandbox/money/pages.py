"""The pages of banks and billers: a bank asks its customer to agree, the books, a bill to add."""

import re
from dataclasses import replace
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from eid_portal.sandbox import data, money, routes, switches
from eid_portal.sandbox.money import (
    accounts,
    answers,
    billers,
    bills,
    books,
    outcomes,
    reporting,
    switch,
)
from eid_portal.sandbox.money.switch import Consent
from eid_portal.sandbox.money.written import TO_TRY, Bill
from eid_portal.sandbox.switches import Switch
from eid_portal.sandbox.web import Answer, Refuse, Request, document, page, to
from eid_portal.sandbox.world import World

_AMOUNT: Final = re.compile(r"[1-9]\d{0,12}", re.ASCII)
_CODE: Final = re.compile(r"[A-Za-z0-9-]{1,40}", re.ASCII)
_PERIOD: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_ELSEWHERE: Final = {"paid": "bill_paid", "withdrawn": "bill_withdrawn"}


# --- At the bank ----------------------------------------------------------------------------------
def consent(world: World, _request: Request, consent_id: str) -> Answer:
    """Where a bank asks its customer to agree."""
    asked = _consent(world, consent_id)
    person = data.find(asked.personal_number, today=world.today)
    answer = page(
        "bank_consent.html",
        asked=asked,
        bank=accounts.BANKS[asked.bank],
        accounts=accounts.of(person, asked.bank) if person else [],
        back=_back(asked),
    )
    policy = answer.headers["Content-Security-Policy"]
    # A browser that goes on to the portal after the form counts that as sending the form there.
    there = policy.replace("form-action 'self'", f"form-action 'self' {world.settings.portal_url}")
    return replace(answer, headers=answer.headers | {"Content-Security-Policy": there})


def decide_consent(world: World, request: Request, consent_id: str) -> Answer:
    """The customer agrees or refuses, and goes back to the portal; pressed twice it is decided once."""
    request.refuse_other_sites()
    asked, fields = _consent(world, consent_id), request.fields()
    if fields.get("decision") == "refuse":
        switch.refuse(world, consent_id)
        return to(_back(asked))
    person = data.find(asked.personal_number, today=world.today)
    held = {account.number for account in accounts.of(person, asked.bank)} if person else set()
    if fields.get("decision") != "agree" or fields.get("account") not in held:
        raise Refuse(422, "choose_an_account")
    switch.give(world, consent_id, fields["account"])
    return to(_back(asked))


def end_consent(world: World, request: Request, consent_id: str) -> Answer:
    """The bank ends a consent, and reports it."""
    request.refuse_other_sites()
    asked = _consent(world, consent_id)
    if switch.end(world, consent_id):
        told = {
            "event_id": str(uuid4()),
            "kind": "consent",
            "reference": asked.reference,
            "state": "ended",
            "amount": 0,
            "at": world.now().isoformat(timespec="seconds"),
            "bank_reference": asked.consent_id,
        }
        reporting.later(world, money.SWITCH, told)
    return to(f"/money/{money.SWITCH}/")


def _consent(world: World, consent_id: str) -> Consent:
    found = switch.find_consent(world, consent_id)
    if found is None:
        raise Refuse(404, "no_such_consent")
    return found


def _back(asked: Consent) -> str:
    mark = "&" if "?" in asked.return_url else "?"
    return f"{asked.return_url}{mark}{urlencode({'consent': asked.consent_id})}"


# --- Books and bills ------------------------------------------------------------------------------
def overview(world: World, _request: Request) -> Answer:
    """The parties of the money."""
    parties = [
        (party, switches.of(world, party), len(books.every(world.store, party)))
        for party in money.PARTIES
    ]
    return page("money.html", parties=parties, codes=TO_TRY)


def party(world: World, _request: Request, party: str) -> Answer:
    """A party's switch, its books, its bills, and what amounts choose."""
    answers.party_or_404(party)
    return page(
        "money_party.html",
        party=party,
        state=switches.of(world, party),
        states=list(Switch),
        outcomes=outcomes.table(party),
        movements=books.newest(world.store, party),
        bills=bills.newest(world, party) if party in money.BILLERS else [],
        hub=party == billers.HUB,
        is_biller=party in money.BILLERS,
        consents=switch.consents(world) if party == money.SWITCH else [],
        banks=accounts.BANKS,
        today=world.today,
    )


def turn(world: World, request: Request, party: str) -> Answer:
    """Turn a party's switch."""
    request.refuse_other_sites()
    answers.party_or_404(party)
    try:
        wanted = Switch(request.fields().get("to", ""))
    except ValueError:
        raise Refuse(422, "no_such_state") from None
    switches.turn(world, party, wanted)
    return to(f"/money/{party}/")


def books_as_json(world: World, request: Request) -> Answer:
    """What was asked and done, by reference, for programs that count; ``?party=`` for one party's."""
    chosen = request.arguments().get("party", "")
    if chosen:
        answers.party_or_404(chosen)
    return document({"movements": [one.shown() for one in books.every(world.store, chosen)]})


def add_bill(world: World, request: Request, party: str) -> Answer:
    """Add a bill."""
    request.refuse_other_sites()
    if party not in money.BILLERS:
        raise Refuse(404, "no_such_biller")
    biller, bill = _typed(world, party, request.fields())
    if not bills.add(world, party, biller, bill):
        raise Refuse(409, "there_is_such_a_bill")
    return to(f"/money/{party}/")


def change_bill(world: World, request: Request, party: str) -> Answer:
    """Let an open bill be paid elsewhere or be withdrawn, and report it."""
    request.refuse_other_sites()
    answers.party_or_404(party)
    fields = request.fields()
    biller, reference, state = (fields.get(name, "") for name in ("biller", "bill", "to"))
    if state not in _ELSEWHERE:
        raise Refuse(422, "no_such_state")
    with world.store.step() as connection:
        connection.execute("BEGIN IMMEDIATE")
        found = bills.find(connection, party, biller, reference)
        if found is None or found.bill.state != "open":
            raise Refuse(422, "no_such_open_bill")
        changed = replace(found.bill, state=state, meanwhile="")
        bills.change(connection, party, biller, bills.Kept(changed, found.paid_by))
    told = {
        "event_id": str(uuid4()),
        "kind": _ELSEWHERE[state],
        "bill": reference,
        "customer_code": found.bill.customer_code,
        "amount": found.bill.amount,
        "state": state,
        "at": world.now().isoformat(timespec="seconds"),
    }
    reporting.later(world, party, told | ({"biller": biller} if biller else {}))
    return to(f"/money/{party}/")


def _typed(world: World, party: str, fields: dict[str, str]) -> tuple[str, Bill]:
    code, amount = fields.get("customer_code", "").strip(), fields.get("amount", "").strip()
    period = fields.get("period", "").strip() or f"{world.today:%Y-%m}"
    biller, owner = fields.get("biller", "").strip(), fields.get("personal_number", "").strip()
    person = data.find(owner, today=world.today)
    wrong = (
        not _CODE.fullmatch(code)
        or not _AMOUNT.fullmatch(amount)
        or not _PERIOD.fullmatch(period)
        or (party == billers.HUB) != bool(_CODE.fullmatch(biller))
        or (owner and person is None)
    )
    if wrong:
        raise Refuse(422, "malformed_bill")
    try:
        due_on = date.fromisoformat(fields.get("due_on") or world.today.isoformat())
    except ValueError:
        raise Refuse(422, "malformed_bill") from None
    line: dict[str, Any] = {
        "text": fields.get("text", "").strip()[:100] or "Tiền dịch vụ",
        "quantity": 1,
        "unit_price": int(amount),
        "amount": int(amount),
    }
    reference = fields.get("reference", "").strip() or f"{code}-{period}-{uuid4().hex[:8]}"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", reference):
        raise Refuse(422, "malformed_bill")
    return biller, Bill(
        reference=reference,
        customer_code=code,
        period=period,
        amount=int(amount),
        due_on=due_on.isoformat(),
        customer_name="KH*** H***",
        details={"lines": [line], "net": int(amount), "vat": 0},
        owner=person.number if person else "",
    )


_ID: Final = r"(?P<consent_id>[-_0-9A-Za-z]{1,64})"
_PARTY: Final = r"(?P<party>[-0-9a-z]{1,40})"
ROUTES: Final = (
    routes.page("GET", rf"/bank/{_ID}/", consent),
    routes.page("POST", rf"/bank/{_ID}/", decide_consent),
    routes.page("POST", rf"/bank/{_ID}/end", end_consent),
    routes.page("GET", r"/money/", overview),
    routes.page("GET", r"/money/books\.json", books_as_json),
    routes.page("GET", rf"/money/{_PARTY}/", party),
    routes.page("POST", rf"/money/{_PARTY}/switch", turn),
    routes.page("POST", rf"/money/{_PARTY}/bills", add_bill),
    routes.page("POST", rf"/money/{_PARTY}/bills/change", change_bill),
)
