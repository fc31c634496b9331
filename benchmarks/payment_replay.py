"""What the figures of payments share: the statements that book a captured payment, recorded and replayed by pgbench.

They are recorded while the service settles one payment of a fee, as its worker does it: its state with its event, the
entry with its postings, the payer's notice, and the job that is done with it. pgbench sends them as the service does:
prepared, their values beside them, in one pipeline. What differs from payment to payment is made from its number; its
payer is one of a thousand people, as its biller one of a thousand billers.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from benchmarks.ground import Ground, columns_of
from eid_portal.run.stores import APP, SUPERUSER

CLIENTS: Final = 16
EACH: Final = 1_000  # payments of a client in a round
BILLERS: Final = 1_000
PAYERS: Final = 1_000
_SCALE: Final = 30  # of TPC-B
_TPCB: Final = "tpcb"
_SECONDS: Final = 3
_FIRST: Final = 100_000_000_000  # numbers of payments have twelve digits: they end an id
_STEP: Final = 1_000_000  # from one client's numbers to the next's
_SAMPLE: Final = UUID(f"00000000-0000-7000-8000-{_FIRST}")
_JOB: Final = UUID(f"00000000-0000-7000-9000-{_FIRST}")
_CITIZEN, _ACCOUNT = "00000000-0000-7000-b000-", "00000000-0000-7000-c000-"  # how their ids begin
_RATE: Final = re.compile(r"tps = ([0-9.]+)")
_LITERAL: Final = re.compile(r"'(.*)'(::[a-z0-9]+(?:\[\])?)?", re.DOTALL)
_PLACE: Final = re.compile(r"\$(\d+)")
_ID: Final = re.compile(r"[0-9a-f]{32}")
_PUBLIC_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_BILLER: Final = "bench-0"
_PAYER: Final = "payer-0"  # stands where a payer's number does
_MADE: Final = {str(_FIRST): ":p::text", _PAYER: ":a::text", _BILLER: "'bench-' || :b::text"}
# One row, many times over with other ids: whatever columns it has.
_ORDERS: Final = """
INSERT INTO payments_paymentorder
SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', gen_random_uuid(), 'public_id', 'o' || n, 'reference', 'B' || n, 'key', 'b' || n))).*
FROM payments_paymentorder one, generate_series(1, %s) AS n"""
_PAYMENTS: Final = """
INSERT INTO payments_payment ({columns}) SELECT {columns} FROM (
    SELECT (jsonb_populate_record(one, jsonb_build_object(
        'id', '00000000-0000-7000-8000-' || number, 'public_id', 'p' || number,
        'order_id', orders.ids[1 + number %% array_length(orders.ids, 1)],
        'biller_id', 'bench-' || CASE WHEN hot THEN 0 ELSE n %% %s END))).*
    FROM payments_payment one, (SELECT array_agg(id) AS ids FROM payments_paymentorder) orders,
        unnest(%s::boolean[]) WITH ORDINALITY AS round(hot, place), generate_series(0, %s) AS client,
        generate_series((place - 1) * %s + 1, place * %s) AS n,
        LATERAL (SELECT %s + client * %s + n AS number) AS numbered
    ORDER BY number
) AS made"""
_JOBS: Final = """
INSERT INTO core_job
SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', '00000000-0000-7000-9000-' || right(payment.id::text, 12), 'subject_id', payment.id))).*
FROM core_job one, payments_payment payment WHERE one.id = %s AND payment.id <> one.subject_id
ORDER BY payment.id"""


class Replay:
    """A portal's database with payments in flight for some rounds, and TPC-B's tables beside it."""

    def __init__(self, here: Ground, *, hot: Sequence[bool]) -> None:
        """``hot`` says of each round whether all its payments are for one biller."""
        import django

        django.setup()
        self._here = here
        self._program: Path = here.postgres.place.postgres_bin / "pgbench"
        self._rounds = 0
        self.statements, self._values = _prepare(hot)
        here.postgres.sql("ANALYZE", database="eid")

    def settle(self, *, hot: bool) -> float:
        """Payments a second, in the next round."""
        script = self._here.var / "settle.sql"
        lines = [r"\set n :n + 1", rf"\set p {_FIRST} + :client_id * {_STEP} + :n"]
        lines += [rf"\set a {_FIRST} + random(0, {PAYERS - 1})"]
        lines += [r"\set b 0" if hot else rf"\set b :n % {BILLERS}", "BEGIN;", r"\startpipeline"]
        lines += [f"{text};" for text in self.statements]
        lines += [r"\endpipeline", "COMMIT;"]
        script.write_text("\n".join(lines) + "\n", encoding="utf-8")
        values = [f"-D{name}={value}" for name, value in self._values.items()]
        values += [f"-Dn={self._rounds * EACH}", f"-t{EACH}"]
        self._rounds += 1
        return self._pgbench(APP, "eid", "-Mprepared", f"-f{script}", *values)

    def make_tpcb(self) -> None:
        """Fill TPC-B's tables."""
        self._here.postgres.make_database(_TPCB)
        self._run(SUPERUSER, _TPCB, "-i", "-q", "-s", str(_SCALE))

    def tpcb(self) -> float:
        """Transactions a second of TPC-B."""
        return self._pgbench(SUPERUSER, _TPCB, "-b", "tpcb-like", "-T", str(_SECONDS))

    def payments(self) -> Iterator[tuple[str, str]]:
        """The payments that wait, each with its job, for who settles them in another way."""
        for client in range(CLIENTS):
            for place in range(1, EACH + 1):
                number = _FIRST + client * _STEP + place
                yield f"00000000-0000-7000-8000-{number}", f"00000000-0000-7000-9000-{number}"

    def check(self, more: int = 0) -> None:
        """Every replayed payment, and ``more``, is settled and booked once, and the sum of all is zero."""
        from eid_portal.core.models import AuditEvent, Job
        from payments.models import JournalEntry, Payment
        from payments.selectors import ledger

        expected = self._rounds * EACH * CLIENTS + 1 + more
        found = {
            "settled": Payment.objects.filter(state="SETTLED").count(),
            "entries": JournalEntry.objects.count(),
            "events": AuditEvent.objects.filter(name="payments.payment_settled").count(),
            "jobs": Job.objects.filter(done_at__isnull=False).count(),
        }
        if set(found.values()) != {expected} or ledger.sums().total:
            raise SystemExit(f"{found} of {expected}")

    def _pgbench(self, role: str, database: str, *words: str) -> float:
        self._here.postgres.sql("CHECKPOINT")
        said = self._run(role, database, "-n", "-c", str(CLIENTS), "-j", "2", *words)
        found = _RATE.search(said)
        if found is None or "number of failed transactions: 0 " not in said:
            raise SystemExit(f"pgbench did not do its work:\n{said}")
        return float(found[1])

    def _run(self, role: str, database: str, *words: str) -> str:
        address = self._here.postgres.url(role, database)
        done = subprocess.run(
            [self._program, *words, address], capture_output=True, text=True, check=False, env=os.environ
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"pgbench: {done.stderr}")
        return done.stdout


def _prepare(hot: Sequence[bool]) -> tuple[list[str], dict[str, str]]:
    from django.db import connection
    from django.db.backends.postgresql.psycopg_any import mogrify

    from benchmarks.people import make_people
    from eid_portal.core import clock
    from eid_portal.core.events import SYSTEM
    from eid_portal.core.jobs import Claim
    from eid_portal.core.models import Job
    from payments.models import BankLink, Biller, Payment, PaymentOrder
    from payments.services import asking, debiting, settling

    person, *_others = make_people(
        PAYERS, ids_of=lambda place: (UUID(f"{_CITIZEN}{_FIRST + place}"), UUID(f"{_ACCOUNT}{_FIRST + place}"))
    )  # fmt: skip
    now = clock.now()
    account = {"account_id": person.account_id}
    times = {"since": now, "drafted_at": now, "expires_at": now, "debited_at": now}
    link = BankLink.objects.create(
        **account, state="ACTIVE", bank="970436", token="-", since=now, begun_at=now
    )  # fmt: skip
    like = Biller.objects.get(code="evn-hcmc")
    Biller.objects.bulk_create([_copy(like, f"bench-{place}") for place in range(BILLERS)])
    order = PaymentOrder.objects.create(
        **account, **times, state="DEBITED", reference="B0", link=link, key="b0", body_hash=b"-",
        amount=512_000, needs="CODE", authorised_by="CODE",
    )  # fmt: skip
    sample = Payment.objects.create(
        id=_SAMPLE, state="IN_FLIGHT", order=order, purpose="FEE", amount=512_000, biller_id=_BILLER, since=now,
    )  # fmt: skip
    Job.objects.create(
        id=_JOB, task=debiting.SETTLE, subject_id=sample.pk, created_at=now, next_attempt_at=now, attempt=1,
        lease_until=now + asking.LEASE,
    )  # fmt: skip
    count = CLIENTS * EACH * len(hot)
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, [count // 20])
        values: list[Any] = [BILLERS, list(hot), CLIENTS - 1, EACH, EACH, _FIRST, _STEP]
        cursor.execute(_PAYMENTS.format(columns=", ".join(columns_of(Payment))), values)
        cursor.execute(_JOBS, [_JOB])
    seen: list[tuple[str, list[str]]] = []

    def note(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if not sql.startswith(
            "EXECUTE"
        ):  # a key that this process has not opened yet, read once for all
            return execute(sql, params, many, context)
        left = iter(params)
        for text in sql.split(";\n"):
            values = [next(left) for _slot in range(text.count("%s"))]
            literals = [str(mogrify("%s", [value], connection)) for value in values]
            seen.append((text.split()[1], literals))  # EXECUTE its name
        return execute(sql, params, many, context)

    ready = settling.find(sample.pk)
    with connection.execute_wrapper(note):
        settling.record_settled(
            sample.pk, receipt="TR-0099", actor=SYSTEM, claim=Claim(_JOB, sample.pk, 1), seen=ready
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, statement FROM pg_prepared_statements")
        texts = {name: text.split(" AS ", 1)[1] for name, text in cursor.fetchall()}
    filled: dict[str, str] = {}
    return [_template(texts[name], literals, filled) for name, literals in seen], filled


def _copy(like: Any, code: str) -> Any:
    values = {field.attname: getattr(like, field.attname) for field in like._meta.concrete_fields}
    return type(like)(**values | {"code": code})


def _template(text: str, literals: list[str], values: dict[str, str]) -> str:
    """A statement of any payment; what its places are filled with is put into ``values``."""
    first, *rest = _PLACE.split(text)
    filled = [first]
    for number, part in zip(rest[::2], rest[1::2], strict=True):
        filled += [_slot(literals[int(number) - 1], values), part]
    return " ".join("".join(filled).split())


def _slot(literal: str, values: dict[str, str]) -> str:
    """A value of any payment: ids and names are made from its number, all else stands in a variable."""
    found = _LITERAL.fullmatch(literal)
    if found is None:
        return literal  # NULL, true, or a number
    written, cast = found[1], found[2] or ""
    for known in (_SAMPLE, _JOB):
        written = written.replace(known.hex, str(known))
    for whose in (_CITIZEN, _ACCOUNT):
        known = UUID(f"{whose}{_FIRST}")
        written = written.replace(known.hex, f"{whose}{_PAYER}")
    new_ids = set() if cast == "::bytea" else set(_ID.findall(written))
    for place, new in enumerate(new_ids):
        written = written.replace(
            new, str(UUID(f"00000000-0000-7000-{0xA000 + 16 * len(values) + place:x}-{_FIRST}"))
        )
    if _PUBLIC_ID.fullmatch(written):
        written = f"n{_FIRST}"
    pieces = []
    for piece in re.split(f"({'|'.join(_MADE)})", written):
        if piece in _MADE:
            pieces.append(_MADE[piece])
        elif piece:
            name = f"v{len(values)}"
            values[name] = piece
            pieces.append(f":{name}")
    return f"({' || '.join(pieces)}){cast}" if pieces else "''"
