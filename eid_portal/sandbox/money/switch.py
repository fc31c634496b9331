"""The switch, for all banks: consents, debits, refunds, payouts, names."""

import re
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from eid_portal.sandbox import money, routes
from eid_portal.sandbox.money import accounts, answers, books, statements
from eid_portal.sandbox.money.books import Movement
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

_CONSENTS: Final = (
    "SELECT consent_id, reference, bank, return_url, full_name, personal_number, standing, token, account"
    " FROM consent"
)
_CODES: Final = {"ended": "consent_ended", "given": None}


@dataclass(frozen=True, slots=True)
class Consent:
    """A customer's agreement that the portal debits one account; ``state`` is waiting, given, refused or ended."""

    consent_id: str
    reference: str
    bank: str
    return_url: str
    full_name: str
    personal_number: str
    state: str
    token: str | None
    account: str | None


def ask_consent(world: World, payload: dict[str, Any]) -> Answer:
    """Ask a customer to agree; the same reference is the same consent."""
    reference, bank = answers.reference(payload), answers.text(payload, "bank")
    return_url = answers.text(payload, "return_url", longest=500)
    name, number = answers.text(payload, "full_name"), answers.text(payload, "personal_number")
    if bank not in accounts.BANKS:
        raise Refuse(400, "malformed_bank")
    if not return_url.startswith(f"{world.settings.portal_url}/"):
        raise Refuse(400, "malformed_return_url")
    with world.store.step() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO consent VALUES (?, ?, ?, ?, ?, ?, 'waiting', NULL, NULL, ?)",
            (secrets.token_urlsafe(16), reference, bank, return_url, name, number, world.now().isoformat()),
        )  # fmt: skip
        kept = Consent(
            *connection.execute(f"{_CONSENTS} WHERE reference = ?", (reference,)).fetchone()
        )
    if (kept.bank, kept.return_url, kept.personal_number) != (bank, return_url, number):
        raise Refuse(409, "reference_used")
    page = f"{world.settings.public_url}/bank/{kept.consent_id}/"
    return document({"consent_id": kept.consent_id, "page": page})


def consent_status(world: World, payload: dict[str, Any]) -> Answer:
    """Whether the customer has agreed."""
    found = find_consent(world, answers.text(payload, "consent_id", longest=64))
    if found is None:
        raise Refuse(404, "not_found")
    account = accounts.find(found.bank, found.account or "", today=world.today)
    given = found.state == "given" and account is not None
    return document(
        {
            "consent_id": found.consent_id,
            "bank": found.bank,
            "state": found.state,
            "token": found.token if given else None,
            "holder_name": account.holder if given and account else None,
            "ending": account.number[-4:] if given and account else None,
        }
    )


def find_consent(world: World, consent_id: str) -> Consent | None:
    """The consent of an id."""
    return _one(world, "consent_id", consent_id)


def consents(world: World) -> list[Consent]:
    """The newest consents."""
    with world.store.step() as connection:
        rows = connection.execute(f"{_CONSENTS} ORDER BY made_at DESC LIMIT 100").fetchall()
    return [Consent(*row) for row in rows]


def give(world: World, consent_id: str, account: str) -> bool:
    """Agree to pay from an account; True if this call did it."""
    return _change(
        world,
        "UPDATE consent SET standing = 'given', token = ?, account = ? WHERE consent_id = ? AND standing = 'waiting'",
        (secrets.token_urlsafe(24), account, consent_id),
    )


def refuse(world: World, consent_id: str) -> bool:
    """Do not agree; True if this call did it."""
    return _change(
        world,
        "UPDATE consent SET standing = 'refused' WHERE consent_id = ? AND standing = 'waiting'",
        (consent_id,),
    )


def end(world: World, consent_id: str) -> bool:
    """Let the bank end a consent; True if this call did it."""
    return _change(
        world,
        "UPDATE consent SET standing = 'ended' WHERE consent_id = ? AND standing = 'given'",
        (consent_id,),
    )


def withdraw_consent(world: World, payload: dict[str, Any]) -> Answer:
    """The customer no longer pays through the portal, or never decided; twice is once."""
    consent_id = answers.text(payload, "consent_id", longest=64)
    _change(
        world,
        "UPDATE consent SET standing = 'ended' WHERE consent_id = ? AND standing IN ('given', 'waiting')",
        (consent_id,),
    )
    found = find_consent(world, consent_id)
    if found is None:
        raise Refuse(404, "not_found")
    return document({"consent_id": consent_id, "state": found.state})


def debit(world: World, payload: dict[str, Any]) -> Answer:
    """Take money from a customer who agreed."""
    token = answers.text(payload, "token", longest=64)
    answers.text(payload, "text", longest=300)
    payees = payload.get("payees")
    if (
        not isinstance(payees, list)
        or not payees
        or not all(isinstance(one, str) for one in payees)
    ):
        raise Refuse(400, "malformed_payees")
    consent = _one(world, "token", token)

    def check(connection: sqlite3.Connection) -> str | None:
        row = connection.execute(
            "SELECT standing FROM consent WHERE token = ?", (token,)
        ).fetchone()
        return _CODES[row[0]] if row else "not_found"

    wanted = answers.asked(
        money.SWITCH,
        "debit",
        payload,
        bank=consent.bank if consent else "",
        about=consent.account or "" if consent else "",
    )
    return _moved(world, wanted, check)


def refund(world: World, payload: dict[str, Any]) -> Answer:
    """Give money of a debit back, never more than was taken."""
    of = answers.reference(payload, "debit_reference")
    debited, _finished = books.find(world.store, money.SWITCH, "debit", of, now=world.now())
    bank = debited.bank if debited else ""
    wanted = answers.asked(money.SWITCH, "refund", payload, bank=bank, about=of)

    def check(connection: sqlite3.Connection) -> str | None:
        taken = books.debit_of(connection, money.SWITCH, of)
        if taken is None:
            return "not_found"
        back = books.taken_of(connection, money.SWITCH, "refund", of)
        return "limit" if back + wanted.amount > taken.amount else None

    return _moved(world, wanted, check)


def payout(world: World, payload: dict[str, Any]) -> Answer:
    """Pay to an account at any bank, or to the one of a consent."""
    answers.text(payload, "payer_name")
    if not isinstance(payload.get("message"), str):
        raise Refuse(400, "malformed_message")
    if "token" in payload:
        token = answers.text(payload, "token", longest=64)
        consent = _one(world, "token", token)
        bank, number = (consent.bank, consent.account or "") if consent else ("", "")
        code = _CODES[consent.state] if consent else "not_found"
    else:
        bank, number = answers.text(payload, "bank"), answers.text(payload, "account")
        there = accounts.find(bank, number, today=world.today) is not None
        code = None if there else "not_found"
    wanted = answers.asked(money.SWITCH, "payout", payload, bank=bank, about=number)
    return _moved(world, wanted, lambda _connection: code)


def name(world: World, payload: dict[str, Any]) -> Answer:
    """The name that an account is held under."""
    bank, number = answers.text(payload, "bank"), answers.text(payload, "account")
    account = accounts.find(bank, number, today=world.today)
    if account is None:
        raise Refuse(404, "not_found")
    return document({"bank": bank, "account": number, "name": account.holder})


def _moved(world: World, wanted: Movement, check: books.Check) -> Answer:
    moved, fresh = books.move(
        world.store, wanted, now=world.now(), check=check, effect=lambda *_written: None
    )
    return answers.answer(world, moved, fresh=fresh)


def _one(world: World, column: str, value: str) -> Consent | None:
    with world.store.step() as connection:
        row = connection.execute(f"{_CONSENTS} WHERE {column} = ?", (value,)).fetchone()
    return Consent(*row) if row else None


def _change(world: World, statement: str, values: tuple[str, ...]) -> bool:
    with world.store.step() as connection:
        return connection.execute(statement, values).rowcount == 1


def _status(world: World, payload: dict[str, Any], *, kind: str) -> Answer:
    return answers.status(world, money.SWITCH, kind, payload)


_HANDLERS: Final[dict[str, Callable[..., Answer]]] = {
    "consents": ask_consent,
    "consents/status": consent_status,
    "consents/end": withdraw_consent,
    "debits": debit,
    "debits/status": partial(_status, kind="debit"),
    "refunds": refund,
    "refunds/status": partial(_status, kind="refund"),
    "names": name,
    "payouts": payout,
    "payouts/status": partial(_status, kind="payout"),
    "statements": partial(statements.take, money.SWITCH),
}
ROUTES: Final = tuple(
    routes.signed("POST", re.escape(f"/{money.SWITCH}/v1/{path}"), handler, money.SWITCH)
    for path, handler in _HANDLERS.items()
)
