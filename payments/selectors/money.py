"""How all money stands: what waits and since when, what differs, what is owed, and what was paid on the last days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from eid_portal.core import clock, statements
from payments import policy
from payments.enums import AccountKind
from payments.selectors import ledger
from payments.selectors.ledger import Balance

DAYS: Final = 14
_WAITS: Final = """
SELECT '{name}', count(*), COALESCE(sum({amount}), 0)::bigint, extract(epoch FROM %(now)s - min({since}))::bigint
FROM {table} WHERE state = '{state}'"""
_WAITING: Final = " UNION ALL ".join(
    _WAITS.format(name=name, amount=amount, since=since, table=table, state=state)
    for name, amount, since, table, state in (
        ("in_flight", "amount + fee", "since", "payments_payment", "IN_FLIGHT"),
        ("unknown", "amount + fee", "since", "payments_payment", "UNKNOWN"),
        ("unknown_orders", "amount", "since", "payments_paymentorder", "UNKNOWN"),
        ("refunds", "amount", "made_at", "payments_refund", "SENDING"),
        ("refused_refunds", "amount", "since", "payments_refund", "REFUSED"),
    )
)
_DISPUTED: Final = """
SELECT '{name}', count(*), COALESCE(sum(payment.amount), 0)::bigint,
    extract(epoch FROM %(now)s - min(dispute.asked_at))::bigint
FROM payments_dispute AS dispute JOIN payments_payment AS payment ON payment.id = dispute.payment_id
WHERE dispute.state IN ('ASKED', 'PROPOSED') AND dispute.due_at <= {until}"""
_DISPUTES: Final = " UNION ALL ".join(
    _DISPUTED.format(name=name, until=until)
    for name, until in (("disputes", "'infinity'"), ("disputes_near", "%(near)s"))
)
_CASES: Final = """
SELECT party, difference, count(*) FROM payments_moneycase
WHERE state IN ('OPEN', 'TAKEN') GROUP BY 1, 2 ORDER BY 1, 2"""
_DAYS: Final = """
SELECT (booked_at AT TIME ZONE %(zone)s)::date, -sum(amount)::bigint
FROM payments_journalentry entry JOIN payments_posting posting ON posting.entry_id = entry.id
JOIN payments_ledgeraccount account ON account.code = posting.account_id AND account.kind IN ('BILLER', 'PAYOUT')
WHERE entry.kind = 'SETTLE' AND booked_at >= %(from)s GROUP BY 1"""


# What alarms watch: name, meaning, SQL, label.
GAUGES: Final = (
    (
        "eid_money_waiting_dong",
        "Money in flight, unknown, going back or refused on its way back, in dong",
        f"SELECT name, amount FROM ({_WAITING}) AS waiting(name, count, amount, seconds)",  # noqa: S608 - our own words
        "what",
    ),
    (
        "eid_money_waiting_count",
        "Payments, orders and refunds that wait",
        f"SELECT name, count FROM ({_WAITING}) AS waiting(name, count, amount, seconds)",  # noqa: S608 - our own words
        "what",
    ),
    (
        "eid_money_waiting_oldest_seconds",
        "Since when the oldest of them waits",
        f"SELECT name, COALESCE(seconds, 0) FROM ({_WAITING}) AS waiting(name, count, amount, seconds)",  # noqa: S608 - our own words
        "what",
    ),
    (
        "eid_money_differences_open",
        "Differences to be worked off",
        "SELECT difference, count(*) FROM payments_moneycase WHERE state IN ('OPEN', 'TAKEN') GROUP BY 1",
        "difference",
    ),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many rows with so much money, the oldest since so many seconds."""

    count: int
    amount: int
    seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All in one."""

    in_flight: Waiting
    unknown: Waiting
    unknown_orders: Waiting
    refunds: Waiting
    refused_refunds: Waiting
    disputes: Waiting
    disputes_near: Waiting  # due soon, or late
    balances: Sequence[Balance]
    off: int
    cases: Sequence[tuple[str, str, int]]
    days: Sequence[tuple[date, int]]

    @property
    def owed(self) -> list[Balance]:
        """What billers and the switch are owed; above zero they owe us."""
        payees = {AccountKind.BILLER, AccountKind.PAYOUT}
        return [each for each in self.balances if each.kind in payees and each.amount]


def overview(now: datetime) -> Overview:
    """How all money stands now."""
    near = {"now": now, "near": now + policy.DISPUTE_NEAR}
    found = statements.fetch_all(f"{_WAITING} UNION ALL {_DISPUTES}", near)
    waiting = {name: Waiting(*rest) for name, *rest in found}
    today = clock.today(now)
    first = today - timedelta(days=DAYS - 1)
    paid = dict(statements.fetch_all(_DAYS, {"zone": str(clock.VIET_NAM), "from": first}))
    return Overview(
        **waiting,
        balances=ledger.find_balances(),
        off=ledger.sums().off,
        cases=[tuple(row) for row in statements.fetch_all(_CASES, [])],
        days=[
            (day, int(paid.get(day, 0)))
            for day in (first + timedelta(days=ahead) for ahead in range(DAYS))
        ],
    )
