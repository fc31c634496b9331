"""How a request is read and what is answered, whatever the amount chose."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from eid_portal.sandbox import keys, money
from eid_portal.sandbox.money import books, outcomes, reporting
from eid_portal.sandbox.money.books import Movement
from eid_portal.sandbox.money.outcomes import Outcome
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

MOST: Final = 10**13  # đồng
_REFERENCE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
_RECEIPTS: Final = {
    "debit": "bank_reference",
    "refund": "bank_reference",
    "payout": "switch_reference",
}
_TEN: Final = 10


def text(payload: dict[str, Any], name: str, *, longest: int = 200) -> str:
    """A text of the request.

    Raises:
        Refuse: it is none, empty or too long.
    """
    value = payload.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise Refuse(400, f"malformed_{name}")
    return value


def reference(payload: dict[str, Any], name: str = "reference") -> str:
    """A reference; Raises as :func:`text`."""
    value = text(payload, name, longest=64)
    if not _REFERENCE.fullmatch(value):
        raise Refuse(400, f"malformed_{name}")
    return value


def amount(payload: dict[str, Any]) -> int:
    """Whole đồng above zero; Raises as :func:`text`."""
    value = payload.get("amount")
    if type(value) is not int or not 0 < value <= MOST:
        raise Refuse(400, "malformed_amount")
    return value


def asked(
    party: str, kind: str, payload: dict[str, Any], *, bank: str = "", about: str = ""
) -> Movement:
    """What a request asks for, before anything is decided."""
    return Movement(
        party=party,
        kind=kind,
        reference=reference(payload),
        amount=amount(payload),
        asked_for=json.dumps(payload, ensure_ascii=False, sort_keys=True),
        bank=bank,
        about=about,
        state="",
        code=None,
        receipt="",
    )


def said(moved: Movement) -> Answer:
    """The plain answer about a movement."""
    return document(
        {
            "reference": moved.reference,
            "amount": moved.amount,
            "state": moved.state,
            _RECEIPTS.get(moved.kind, "receipt"): moved.receipt,
            "code": moved.code,
        }
    )


def answer(world: World, moved: Movement, *, fresh: bool) -> Answer:
    """The answer to a request to move money, as its amount chose; a refusal is always a plain one."""
    outcome = outcomes.of(moved.party, moved.amount)
    if moved.state == "refused":
        return said(moved)
    match outcome:
        case Outcome.TEN_REPORTS if fresh:
            reporting.later(world, moved.party, reporting.of_movement(moved), times=_TEN)
        case Outcome.REPORT_FIRST if fresh:
            reporting.send(world, moved.party, reporting.of_movement(moved))
        case Outcome.OTHER_REFERENCE:
            return said(replace(moved, reference=f"{moved.reference[:-1]}_"))
        case _:
            pass
    return carried(world, moved.party, outcome, said(moved))


def carried(world: World, party: str, outcome: Outcome, plain: Answer) -> Answer:
    """A plain answer on its way to the portal, as an outcome has it: late, torn, forged, or not at all."""
    match outcome:
        case Outcome.SILENT_LOST | Outcome.SILENT_DONE:
            world.hang()
        case Outcome.SLOW:
            world.sleep(world.settings.slow.total_seconds())
        case Outcome.DROPPED:
            length = {"content-length": str(len(plain.body) + 1)}
            return replace(plain, headers=plain.headers | length, stream=_drop())
        case Outcome.OTHER_KEY:
            return replace(plain, key=keys.forged(world.settings, party))
        case Outcome.GARBAGE:
            return Answer(200, b"\x00<h1>502", {"content-type": "application/json"})
        case _:
            pass
    return plain


def status(world: World, party: str, kind: str, payload: dict[str, Any]) -> Answer:
    """What became of a reference.

    Raises:
        Refuse: it never arrived.
    """
    found, finished = books.find(world.store, party, kind, reference(payload), now=world.now())
    if found is None:
        raise Refuse(404, "not_found")
    if finished:
        reporting.later(world, party, reporting.of_movement(found))
    return said(found)


def party_or_404(party: str) -> str:
    """A party of the money.

    Raises:
        Refuse: there is none of that name.
    """
    if party not in money.PARTIES:
        raise Refuse(404, "no_such_party")
    return party


def _drop() -> Iterator[bytes]:
    """An answer that ends before it is whole."""
    yield b""
    raise ConnectionResetError
