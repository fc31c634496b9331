"""Compare the files of a day with our books and with the third side, each answer one statement, hence of one moment.

Our side is what the states of rows say, which the books are proved to agree with (``selectors.ledger.find_faults``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from eid_portal.core import clock, statements
from payments import policy

_LINES: Final = """
lines AS MATERIALIZED (
    SELECT kind, reference, count(*) AS times, sum(amount)::bigint AS amount, min(at) AS at, max(at) AS last
    FROM payments_statementline line JOIN payments_statementfile file ON file.id = line.file_id
    WHERE file.counts AND file.party = %(party)s AND (kind, reference) IN (
        SELECT kind, reference FROM payments_statementline line
        JOIN payments_statementfile file ON file.id = line.file_id
        WHERE file.counts AND file.party = %(party)s AND file.day = %(day)s)
    GROUP BY kind, reference)"""
# What the party's lines are about. "back": it was given back meanwhile, so that it is late rather than unheard of.
_THEIRS: Final = """
theirs AS MATERIALIZED (
    SELECT lines.kind, lines.reference, times, lines.amount AS theirs, lines.at AS at,
        COALESCE(asked.id, refunded.order_id, payment.order_id) AS order_id,
        COALESCE(payment.id, refunded.id) AS payment_id,
        CASE WHEN asked.state = 'DEBITED' THEN asked.amount WHEN refund.state = 'DONE' THEN refund.amount
            WHEN payment.state = 'SETTLED' THEN payment.amount
            WHEN settlement.state = 'PAID' THEN settlement.amount END AS ours,
        COALESCE(asked.debited_at, refund.done_at, payment.settled_at, settlement.paid_at) AS booked_at,
        payment.state IN ('REFUNDING', 'REFUNDED') IS TRUE AS back
    FROM lines
    LEFT JOIN payments_paymentorder asked ON lines.kind = 'debit' AND asked.reference = lines.reference
    LEFT JOIN payments_refund refund ON lines.kind = 'refund' AND refund.public_id = lines.reference
    LEFT JOIN payments_payment refunded ON refunded.id = refund.payment_id
    LEFT JOIN (SELECT payment.*, COALESCE(biller.party, %(switch)s) AS party
        FROM payments_payment payment LEFT JOIN payments_biller biller ON biller.code = payment.biller_id) payment
        ON lines.kind IN ('payout', 'payment') AND payment.public_id = lines.reference AND payment.party = %(party)s
    LEFT JOIN payments_settlement settlement
        ON lines.kind = 'payout' AND settlement.public_id = lines.reference)"""
_OURS_AT_BANKS: Final = """
SELECT 'debit' AS kind, reference, amount, id AS order_id, NULL::uuid AS payment_id FROM payments_paymentorder
WHERE state = 'DEBITED' AND debited_at >= %(from)s AND debited_at < %(until)s
UNION ALL SELECT 'refund', refund.public_id, refund.amount, payment.order_id, payment.id
FROM payments_refund refund JOIN payments_payment payment ON payment.id = refund.payment_id
WHERE refund.state = 'DONE' AND done_at >= %(from)s AND done_at < %(until)s
UNION ALL SELECT 'payout', public_id, amount, order_id, id FROM payments_payment
WHERE state = 'SETTLED' AND biller_id IS NULL AND settled_at >= %(from)s AND settled_at < %(until)s
UNION ALL SELECT 'payout', public_id, amount, NULL::uuid, NULL::uuid FROM payments_settlement
WHERE state = 'PAID' AND paid_at >= %(from)s AND paid_at < %(until)s"""
_OURS_AT_BILLERS: Final = """
SELECT 'payment' AS kind, public_id AS reference, amount, order_id, payment.id AS payment_id
FROM payments_payment payment JOIN payments_biller biller ON biller.code = payment.biller_id
WHERE state = 'SETTLED' AND biller.party = %(party)s AND settled_at >= %(from)s AND settled_at < %(until)s"""
_MISSING: Final = """
missing AS (
    SELECT ours.* FROM ({ours}) ours WHERE NOT EXISTS (
        SELECT FROM payments_statementline line JOIN payments_statementfile file ON file.id = line.file_id
        WHERE file.counts AND file.party = %(party)s AND line.kind = ours.kind AND line.reference = ours.reference))"""
_FOUND: Final = """
found AS (
    SELECT kind, reference, order_id, payment_id, ours, theirs,
        CASE WHEN times > 1 THEN 'DUPLICATE' WHEN back THEN 'LATE' WHEN ours IS NULL THEN 'MISSING_HERE'
            WHEN ours <> theirs THEN 'AMOUNT' WHEN (at AT TIME ZONE %(zone)s)::date
                <> (booked_at AT TIME ZONE %(zone)s)::date AND abs(extract(epoch FROM at - booked_at)) > %(late)s
            THEN 'LATE' END AS difference
    FROM theirs
    UNION ALL SELECT kind, reference, order_id, payment_id, amount, NULL, 'MISSING_THERE' FROM missing)"""
# The third side: the bank's debit of the order, of which this payment is a part, or what billers have of a debit.
_ALL: Final = """
SELECT found.kind, found.reference, found.difference, found.ours, found.theirs,
    CASE WHEN found.kind = 'debit' THEN (
        SELECT sum(line.amount)::bigint FROM payments_payment payment
        JOIN payments_statementline line ON line.reference = payment.public_id AND line.kind IN ('payment', 'payout')
        JOIN payments_statementfile file ON file.id = line.file_id AND file.counts
        WHERE payment.order_id = found.order_id)
    ELSE (
        SELECT payment.amount FROM payments_payment payment
        JOIN payments_paymentorder asked ON asked.id = payment.order_id
        WHERE payment.id = found.payment_id AND asked.amount = (
            SELECT sum(line.amount) FROM payments_statementline line
            JOIN payments_statementfile file ON file.id = line.file_id AND file.counts
            WHERE line.reference = asked.reference AND line.kind = 'debit'))
    END, found.order_id, found.payment_id
FROM found WHERE found.difference IS NOT NULL ORDER BY 1, 2"""


@dataclass(frozen=True, slots=True)
class Found:
    """A movement about which a party's file and our books differ; ``third`` is what the third side has of it."""

    kind: str
    reference: str
    difference: str
    ours: int | None
    theirs: int | None
    third: int | None
    order_id: UUID | None
    payment_id: UUID | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it one case."""
        return self.kind, self.reference, self.difference


def find(party: str, day: date, *, switch: str) -> Sequence[Found]:
    """Every difference about a day whose file is there; ``switch`` is who writes for the banks.

    What was booked shortly before midnight may stand in the next day's file, so it is looked for with that one.
    """
    ours = _OURS_AT_BANKS if party == switch else _OURS_AT_BILLERS
    parts = ", ".join([_LINES, _THEIRS, _MISSING.format(ours=ours), _FOUND])
    midnight = datetime.combine(day, time(), tzinfo=clock.VIET_NAM)
    values = {
        "party": party,
        "day": day,
        "switch": switch,
        "from": midnight - policy.EDGE,
        "until": midnight + timedelta(days=1) - policy.EDGE,
        "zone": str(clock.VIET_NAM),
        "late": policy.LATE_AFTER.total_seconds(),
    }
    return [Found(*row) for row in statements.fetch_all(f"WITH {parts} {_ALL}", values)]
