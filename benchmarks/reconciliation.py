"""A day's files of the banks and of a biller, 10,000 lines each: read, compared three ways, differences made cases.

Beside it stands a plain COPY of as many lines, which is as fast as rows get into the table at all.
"""

import io
import time
from datetime import UTC, date, datetime, timedelta
from typing import Final

from benchmarks.ground import Ground, columns_of
from benchmarks.meter import Figure
from eid_portal.run.stores import SUPERUSER

ROUNDS: Final = 5
LINES: Final = 10_000
MOST_SECONDS: Final = 10
_WRONG: Final = 100  # lines in each of three ways
_AMOUNT: Final = 512_000
_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
# One row, many times over with other ids and the round's day.
_ORDERS: Final = """
INSERT INTO payments_paymentorder
SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'public_id', %(mark)s || 'o' || n,
    'reference', %(mark)s || 'o' || n, 'key', %(mark)s || n, 'debited_at', %(at)s))).*
FROM payments_paymentorder one, generate_series(1, %(lines)s) AS n WHERE one.reference = 'B0'"""
_PAYMENTS: Final = """
INSERT INTO payments_payment ({columns}) SELECT {columns} FROM (
    SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'order_id', made.id,
        'public_id', replace(made.reference, 'o', 'p'), 'settled_at', %(at)s))).*
    FROM payments_payment one, payments_paymentorder made
    WHERE one.public_id = 'B0' AND made.reference LIKE %(mark)s || 'o%%'
) AS made"""
_CASES: Final = "SELECT difference, count(*) FROM payments_moneycase WHERE day = %s GROUP BY 1"
_LIKE: Final = "CREATE TEMPORARY TABLE bench_line (LIKE payments_statementline INCLUDING ALL)"
_OUT: Final = f"""
COPY (SELECT * FROM payments_statementline ORDER BY id DESC LIMIT {2 * LINES}) TO STDOUT (FORMAT BINARY)"""


def measure(here: Ground) -> Figure:
    """Read and compare both files of a day, in turn with COPY; each round is another day."""
    import django

    django.setup()
    figure = Figure("reconciliation", "lines/s", limit_name="COPY of as many lines")
    _prepare()
    worst = 0.0
    for ahead in range(ROUNDS):
        day = date(2026, 10, 1) + timedelta(days=ahead)
        at = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
        mark = f"d{ahead}"
        _fill(mark, at)
        took = [_take("napas", _camt(mark, at), day), _take("evn", _csv(mark, at), day)]
        worst = max(worst, *took)
        figure.ours.append(2 * LINES / sum(took))
        figure.limit.append(2 * LINES / _copy(here))
        _check(day)
    if worst > MOST_SECONDS:
        raise SystemExit(f"{LINES} lines took {worst:.1f} s")
    figure.note = f"{LINES} lines in {worst:.2f} s at the worst, {3 * _WRONG} differences a day"
    return figure


def _prepare() -> None:
    """An order with a payment that was made."""
    from benchmarks.people import make_people
    from eid_portal.core import clock
    from payments.models import BankLink, Payment, PaymentOrder

    [person] = make_people(1)
    now = clock.now()
    account = {"account_id": person.account_id}
    link = BankLink.objects.create(
        **account, state="ACTIVE", bank="970436", token="-", since=now, begun_at=now
    )  # fmt: skip
    order = PaymentOrder.objects.create(
        **account, state="DEBITED", reference="B0", link=link, key="b0", body_hash=b"-", amount=_AMOUNT, needs="CODE",
        authorised_by="CODE", since=now, drafted_at=now, expires_at=now, debited_at=now,
    )  # fmt: skip
    Payment.objects.create(
        state="SETTLED", public_id="B0", order=order, purpose="BILL", amount=_AMOUNT, biller_id="evn-hcmc", since=now,
        settled_at=now,
    )  # fmt: skip


def _fill(mark: str, at: datetime) -> None:
    from django.db import connection

    from payments.models import Payment

    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, {"mark": mark, "at": at, "lines": LINES})
        columns = ", ".join(columns_of(Payment))
        cursor.execute(_PAYMENTS.format(columns=columns), {"mark": mark, "at": at})
        cursor.execute("ANALYZE payments_payment")
        cursor.execute("ANALYZE payments_paymentorder")


def _camt(mark: str, at: datetime) -> bytes:
    entries = "".join(
        f'<Ntry><NtryRef>R{n}</NtryRef><Amt Ccy="VND">{_AMOUNT}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        "<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><DtTm>{at.isoformat()}</DtTm></BookgDt><AcctSvcrRef>R{n}</AcctSvcrRef>"
        f"<BkTxCd><Prtry><Cd>debit</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>{mark}o{n}</EndToEndId>"
        "</Refs></TxDtls></NtryDtls></Ntry>"
        for n in range(1, LINES + 1)
    )
    bank = "<Acct><Svcr><FinInstnId><ClrSysMmbId><MmbId>970436</MmbId></ClrSysMmbId></FinInstnId></Svcr></Acct>"
    return (
        f'<?xml version="1.0"?><Document xmlns="{_NAMESPACE}"><BkToCstmrStmt><Stmt>{bank}{entries}</Stmt>'
        "</BkToCstmrStmt></Document>"
    ).encode()


def _csv(mark: str, at: datetime) -> bytes:
    """The first lines have another amount, then as many are strange; the last of ours are not there."""
    rows = ["reference,bill,customer_code,amount,paid_at,receipt"]
    for n in range(1, LINES + 1):
        strange = n > LINES - _WRONG
        reference = f"{mark}x{n}" if strange else f"{mark}p{n}"
        amount = _AMOUNT + 1 if n <= _WRONG else _AMOUNT
        rows.append(f"{reference},HD-{n},PE01000123456,{amount},{at.isoformat()},R{n}")
    return ("\r\n".join(rows) + "\r\n").encode()


def _take(party: str, content: bytes, day: date) -> float:
    from eid_portal.core import clock
    from eid_portal.core.events import SYSTEM
    from payments.services import reconciliation

    began = time.perf_counter()
    took = reconciliation.take(
        io.BytesIO(content), party=party, day=day, actor=SYSTEM, now=clock.now()
    )
    seconds = time.perf_counter() - began
    if (took.lines, took.bad) != (LINES, 0):
        raise SystemExit(f"{took.lines} lines were read, {took.bad} were bad")
    return seconds


def _copy(here: Ground) -> float:
    """Seconds in which the lines of both files are copied into a table like theirs, from one binary stream."""
    import psycopg

    with psycopg.connect(here.postgres.url(SUPERUSER)) as driver, driver.cursor() as cursor:
        cursor.execute(_LIKE)
        with cursor.copy(_OUT) as out:
            held = b"".join(bytes(part) for part in out)
        began = time.perf_counter()
        with cursor.copy("COPY bench_line FROM STDIN (FORMAT BINARY)") as into:
            into.write(held)
        return time.perf_counter() - began


def _check(day: date) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_CASES, [day])
        found = dict(cursor.fetchall())
    if found != {"AMOUNT": _WRONG, "MISSING_HERE": _WRONG, "MISSING_THERE": _WRONG}:
        raise SystemExit(f"other differences than were made: {found}")
