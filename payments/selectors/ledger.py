"""Read the books: every answer is one statement, hence of one moment, whoever books meanwhile."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from eid_portal.core import statements

# What a payment's state says about where its money is. A refund counts once the bank took it.
_SHOULD: Final = """
back AS (
    SELECT payment_id, COALESCE(sum(amount) FILTER (WHERE state = 'DONE'), 0) AS done,
        COALESCE(sum(amount) FILTER (WHERE state <> 'REFUSED'), 0) AS given
    FROM payments_refund GROUP BY payment_id),
should AS (
    SELECT payment.id, payment.state,
        CASE WHEN state IN ('IN_FLIGHT', 'UNKNOWN') THEN amount + fee
            WHEN state = 'REFUNDING' THEN amount + fee - COALESCE(done, 0) ELSE 0 END AS flying,
        CASE WHEN state = 'SETTLED' THEN amount - COALESCE(done, 0) ELSE 0 END AS owed,
        CASE WHEN state = 'SETTLED' THEN fee ELSE 0 END AS earned,
        COALESCE(done, 0) AS returned,
        COALESCE(given, 0) AS given,
        CASE WHEN state = 'SETTLED' THEN amount ELSE amount + fee END AS captured
    FROM payments_payment payment LEFT JOIN back ON back.payment_id = payment.id)"""
_BOOKED: Final = """
booked AS (
    SELECT payment_id,
        -COALESCE(sum(amount) FILTER (WHERE kind = 'TRANSIT'), 0) AS flying,
        -COALESCE(sum(amount) FILTER (WHERE kind IN ('BILLER', 'PAYOUT')), 0) AS owed,
        -COALESCE(sum(amount) FILTER (WHERE kind = 'FEES'), 0) AS earned,
        -COALESCE(sum(amount) FILTER (WHERE kind = 'BANK'), 0) AS returned
    FROM payments_posting posting JOIN payments_ledgeraccount account ON account.code = posting.account_id
    WHERE payment_id IS NOT NULL GROUP BY payment_id)"""
_BALANCES: Final = """
SELECT account.code, account.kind, COALESCE(sum(posting.amount), 0)::bigint
FROM payments_ledgeraccount account LEFT JOIN payments_posting posting ON posting.account_id = account.code
GROUP BY account.code ORDER BY account.code"""
_IN_FLIGHT: Final = """
SELECT payment_id, -sum(amount)::bigint FROM payments_posting WHERE account_id = 'transit'
GROUP BY payment_id HAVING sum(amount) <> 0 ORDER BY payment_id"""
_SUMS: Final = f"""
WITH {_SHOULD}
SELECT (SELECT COALESCE(sum(amount), 0)::bigint FROM payments_posting),
    (SELECT -COALESCE(sum(amount), 0)::bigint FROM payments_posting WHERE account_id = 'transit'),
    (SELECT COALESCE(sum(flying), 0)::bigint FROM should)"""  # noqa: S608 - our own names
_FAULTS: Final = f"""
WITH {_SHOULD}, {_BOOKED},
sums AS (SELECT entry_id, count(*) AS lines, sum(amount) AS total FROM payments_posting GROUP BY entry_id),
debited AS (
    SELECT entry.key, posting.account_id, posting.amount
    FROM payments_journalentry entry
    JOIN payments_posting posting ON posting.entry_id = entry.id AND posting.payment_id IS NULL
    WHERE entry.kind = 'DEBIT'),
ordered AS (
    SELECT payment_order.id, payment_order.state, payment_order.amount, link.bank,
        'debit:' || payment_order.id AS key,
        (SELECT sum(amount + fee) FROM payments_payment payment WHERE payment.order_id = payment_order.id) AS parts
    FROM payments_paymentorder payment_order JOIN payments_banklink link ON link.id = payment_order.link_id),
refunded AS (
    SELECT entry.key, entry.id, posting.amount, posting.payment_id
    FROM payments_journalentry entry
    JOIN payments_posting posting ON posting.entry_id = entry.id AND posting.amount < 0
    WHERE entry.kind = 'REFUND')
SELECT 'entry', COALESCE(entry.id, sums.entry_id)::text,
    CASE WHEN entry.id IS NULL THEN 'is not there, but has postings'
        ELSE 'has ' || COALESCE(lines, 0) || ' postings and sums to ' || COALESCE(total, 0) END
FROM payments_journalentry entry FULL JOIN sums ON sums.entry_id = entry.id
WHERE entry.id IS NULL OR COALESCE(lines, 0) < 2 OR total <> 0
UNION ALL
SELECT 'order', ordered.id::text, 'is debited, but no entry says so'
FROM ordered WHERE state = 'DEBITED' AND NOT EXISTS (SELECT FROM debited WHERE debited.key = ordered.key)
UNION ALL
SELECT 'order', COALESCE(ordered.id::text, debited.key), 'is ' || COALESCE(state, 'not there')
    || ', but an entry debits ' || debited.amount || ' at ' || debited.account_id
FROM debited LEFT JOIN ordered ON ordered.key = debited.key
WHERE ordered.id IS NULL OR state <> 'DEBITED' OR debited.amount <> ordered.amount
    OR debited.account_id <> 'bank:' || bank
UNION ALL
SELECT 'order', id::text, 'is of ' || amount || ', its payments of ' || COALESCE(parts, 0)
FROM ordered WHERE parts IS DISTINCT FROM amount
UNION ALL
SELECT 'payment', COALESCE(should.id, booked.payment_id)::text,
    'is ' || COALESCE(state, 'not there') || ', but its postings say in flight ' || COALESCE(booked.flying, 0)
    || ', owed ' || COALESCE(booked.owed, 0) || ', fee ' || COALESCE(booked.earned, 0)
    || ', given back ' || COALESCE(booked.returned, 0)
FROM should FULL JOIN booked ON booked.payment_id = should.id
WHERE (COALESCE(should.flying, 0), COALESCE(should.owed, 0), COALESCE(should.earned, 0), COALESCE(should.returned, 0))
    <> (COALESCE(booked.flying, 0), COALESCE(booked.owed, 0), COALESCE(booked.earned, 0), COALESCE(booked.returned, 0))
UNION ALL
SELECT 'payment', payee.id::text, 'is owed to ' || payee.account || ', but postings say ' || posting.account_id
FROM payments_posting posting
JOIN payments_ledgeraccount account ON account.code = posting.account_id AND account.kind IN ('BILLER', 'PAYOUT')
JOIN (SELECT id, COALESCE('biller:' || biller_id, 'payout') AS account FROM payments_payment) payee
    ON payee.id = posting.payment_id
WHERE posting.account_id <> payee.account
UNION ALL
SELECT 'payment', id::text, 'is refunded ' || given || ', above the ' || captured || ' it captured'
FROM should WHERE given > captured
UNION ALL
SELECT 'refund', COALESCE(refund.id::text, refunded.key),
    CASE WHEN refunded.id IS NULL THEN 'is done, but no entry says so'
        ELSE 'is ' || COALESCE(refund.state, 'not there') || ', but an entry gives back ' || -refunded.amount END
FROM payments_refund refund FULL JOIN refunded ON refunded.key = 'refund:' || refund.id
WHERE (refunded.id IS NULL AND refund.state = 'DONE') OR (refunded.id IS NOT NULL AND (
    refund.state IS DISTINCT FROM 'DONE' OR refund.amount <> -refunded.amount
    OR refund.payment_id IS DISTINCT FROM refunded.payment_id))
ORDER BY 1, 2, 3"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds: debits less credits."""

    account: str
    kind: str
    amount: int


@dataclass(frozen=True, slots=True)
class Sums:
    """All postings, which come to zero, and the money in flight as the books and as the payments have it."""

    total: int
    in_transit: int
    in_flight: int

    @property
    def off(self) -> int:
        """By how much the books are off."""
        return abs(self.total) + abs(self.in_transit - self.in_flight)


@dataclass(frozen=True, slots=True)
class Fault:
    """A row with which the books do not agree."""

    what: str
    row: str
    why: str

    def __str__(self) -> str:
        return f"{self.what} {self.row} {self.why}"


def find_balances() -> list[Balance]:
    """What every account holds."""
    return [Balance(*row) for row in statements.fetch_all(_BALANCES, [])]


def balance(account: str) -> int:
    """What one account holds: nothing, if it was never booked on."""
    row = statements.fetch_one(
        "SELECT COALESCE(sum(amount), 0)::bigint FROM payments_posting WHERE account_id = %s",
        [account],
    )
    return int(row[0]) if row else 0


def in_flight() -> dict[UUID, int]:
    """What is in flight, by payment. One that was settled, refunded or not made is not there."""
    return dict(statements.fetch_all(_IN_FLIGHT, []))


def sums() -> Sums:
    """The books in three figures."""
    row = statements.fetch_one(_SUMS, [])
    return Sums(*(row or (0, 0, 0)))


def find_faults() -> list[Fault]:
    """Every row with which the books do not agree."""
    return [Fault(*row) for row in statements.fetch_all(_FAULTS, [])]
