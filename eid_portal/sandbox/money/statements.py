"""The file of a day: camt.053 (ISO 20022) of the banks, CSV of the billers, handed over in slices.

Days are Viet Nam's. A slice is ``{"day", "format", "from", "content", "next", "sha256"}``; ``from`` and ``next`` count
characters, ``next`` is null at the end, and the hash is of the whole file in UTF-8.
"""

import csv
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from xml.sax.saxutils import escape

from eid_portal.sandbox import money
from eid_portal.sandbox.data import VIET_NAM
from eid_portal.sandbox.money import books
from eid_portal.sandbox.money.books import Movement
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

SLICE: Final = 200_000  # characters
_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_COLUMNS: Final = ("reference", "bill", "customer_code", "amount", "paid_at", "receipt")


def take(party: str, world: World, payload: dict[str, Any]) -> Answer:
    """A slice of a day's file."""
    try:
        day = date.fromisoformat(str(payload.get("day", "")))
    except ValueError:
        raise Refuse(400, "malformed_day") from None
    begin = payload.get("from", 0)
    if type(begin) is not int or begin < 0:
        raise Refuse(400, "malformed_from")
    moved = books.done_until(world.store, party, _midnight(day + timedelta(days=1)))
    whole = _camt(moved, day) if party == money.SWITCH else _csv(moved, day)
    end = begin + SLICE
    return document(
        {
            "day": day.isoformat(),
            "format": "camt.053" if party == money.SWITCH else "csv",
            "from": begin,
            "content": whole[begin:end],
            "next": end if end < len(whole) else None,
            "sha256": hashlib.sha256(whole.encode()).hexdigest(),
        }
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIET_NAM).astimezone(UTC)


def _day_of(moved: Movement) -> date:
    return datetime.fromisoformat(moved.done_at or "").astimezone(VIET_NAM).date()


def _csv(moved: Iterable[Movement], day: date) -> str:
    held = io.StringIO()
    rows = csv.writer(held, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    for one in moved:
        if _day_of(one) == day:
            asked = json.loads(one.asked_for)
            code = asked.get("customer_code", "")
            rows.writerow(
                (one.reference, asked["bill"], code, one.amount, one.done_at, one.receipt)
            )
    return held.getvalue()


def _camt(moved: Iterable[Movement], day: date) -> str:
    """A statement for each bank that holds for the portal, and one of the switch for payouts."""
    by_bank: dict[str, list[Movement]] = defaultdict(list)
    for one in moved:
        by_bank[money.SWITCH.upper() if one.kind == "payout" else one.bank].append(one)
    held = "".join(_statement(bank, every, day) for bank, every in sorted(by_bank.items()))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_NAMESPACE}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>EID-{day:%Y%m%d}</MsgId><CreDtTm>{day.isoformat()}T23:59:59+07:00</CreDtTm></GrpHdr>"
        f"{held}</BkToCstmrStmt></Document>\n"
    )


def _statement(bank: str, every: list[Movement], day: date) -> str:
    opening = sum(_signed(one) for one in every if _day_of(one) < day)
    today = [one for one in every if _day_of(one) == day]
    closing = opening + sum(map(_signed, today))
    return (
        f"<Stmt><Id>{bank}-{day:%Y%m%d}</Id>"
        f"<Acct><Id><Othr><Id>EID-{bank}</Id></Othr></Id><Ccy>VND</Ccy>"
        f"<Svcr><FinInstnId><ClrSysMmbId><MmbId>{bank}</MmbId></ClrSysMmbId></FinInstnId></Svcr></Acct>"
        f"{_balance('OPBD', opening, day)}{_balance('CLBD', closing, day)}{''.join(map(_entry, today))}</Stmt>"
    )


def _entry(moved: Movement) -> str:
    return (
        f"<Ntry><NtryRef>{escape(moved.receipt)}</NtryRef>{_amount(moved.amount)}"
        f"<CdtDbtInd>{_side(_signed(moved))}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><DtTm>{moved.done_at}</DtTm></BookgDt><AcctSvcrRef>{escape(moved.receipt)}</AcctSvcrRef>"
        f"<BkTxCd><Prtry><Cd>{moved.kind}</Cd></Prtry></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{escape(moved.reference)}</EndToEndId></Refs>"
        f"{_amount(moved.amount)}</TxDtls></NtryDtls></Ntry>"
    )


def _balance(code: str, amount: int, day: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(abs(amount))}"
        f"<CdtDbtInd>{_side(amount)}</CdtDbtInd><Dt><Dt>{day.isoformat()}</Dt></Dt></Bal>"
    )


def _amount(amount: int) -> str:
    return f'<Amt Ccy="VND">{amount}</Amt>'


def _signed(moved: Movement) -> int:
    """What a movement adds to the portal's account: a payer's debit comes in, the rest goes out."""
    return moved.amount if moved.kind == "debit" else -moved.amount


def _side(amount: int) -> str:
    return "CRDT" if amount >= 0 else "DBIT"
