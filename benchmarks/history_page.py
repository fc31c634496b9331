"""A page of payments far back in the history of a payer who has very many, against their second page.

A million payments of two thousand people stand in the tables, 200 thousand of them one person's, as they come: mixed,
over three years. Both pages are drawn whole by the portal, over HTTP, and neither has the monthly totals of the first.
The peer is the page far back among a hundredth of the payments. The note says what the first page takes.
"""

import itertools
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from benchmarks.client import Browser
from benchmarks.first_page import Cookies
from benchmarks.ground import Ground, columns_of, web
from benchmarks.meter import Figure
from benchmarks.people import make_people, signed_in
from eid_portal.run.stores import APP, SUPERUSER

ROUNDS: Final = 9
EACH: Final = 20  # pages of a kind in a round
PEOPLE: Final = 2_000
ORDERS: Final = 800_000  # every fourth has two payments
SMALLER: Final = 100
MOST_TIMES: Final = 1.5
_PAGE: Final = 20
_YEARS: Final = 3
_SHARE: Final = 5  # every so many-th order is the great payer's
_SMALL: Final = "bench_small"
_FIRST: Final = "/payments/"
# Of one row many; keys are in the order of time, as they are made.
_ORDERS: Final = """
INSERT INTO payments_paymentorder ({columns})
SELECT {values}
FROM payments_paymentorder one,
    (SELECT array_agg(id ORDER BY begun_at) AS ids, array_agg(account_id ORDER BY begun_at) AS accounts
     FROM payments_banklink) AS links,
    generate_series(1, %(orders)s) AS n,
    LATERAL (SELECT now() - make_interval(days => 1) - make_interval(years => %(years)s) * (1 - n::float / %(orders)s)
            AS at,
        CASE WHEN n %% %(share)s = 0 THEN 1 ELSE 2 + n %% (%(people)s - 1) END AS place) AS made
WHERE one.reference = 'B0'
ORDER BY n"""
_PAYMENTS: Final = """
INSERT INTO payments_payment ({columns})
SELECT {values}
FROM payments_payment one, payments_paymentorder made,
    LATERAL (SELECT substr(made.reference, 2)::int AS n) AS numbered,
    generate_series(0, (n %% 4 = 1)::int) AS part
WHERE one.public_id = 'B0' AND made.reference <> 'B0'
ORDER BY made.id"""
_SPOTS: Final = """
SELECT p.public_id FROM payments_paymentorder o JOIN payments_payment p ON p.order_id = o.id
WHERE o.account_id = %s ORDER BY o.id {order}, p.id {order} OFFSET %s LIMIT %s"""


def measure(here: Ground) -> Figure:
    """All kinds of pages in turn."""
    import django

    django.setup()
    figure = Figure(
        "history_page",
        "pages/s",
        limit_name="the same payer's second page",
        peer_name=f"the page far back among {ORDERS // SMALLER * 5 // 4:,} payments",
    )
    cookies, account_id = _prepare(here)
    small = Ground(
        here.var, here.postgres, here.redis, here.env | {"DATABASE_URL": here.postgres.url(APP, _SMALL)}
    )  # fmt: skip
    _fill(here, _SMALL, ORDERS // SMALLER)
    began = time.perf_counter()
    _fill(here, "eid", ORDERS)
    filled = time.perf_counter() - began
    firsts: list[float] = []
    with web(here) as (port, _pid), web(small) as (small_port, _small_pid):
        second = _spots(here, "eid", account_id, "DESC", _PAGE - 1)
        deep = _spots(here, "eid", account_id, "ASC", ORDERS // 200)
        deep_of_few = _spots(here, _SMALL, account_id, "ASC", ORDERS // SMALLER // 200)
        first = itertools.repeat(_FIRST)
        for place in range(ROUNDS + 1):
            rates = [
                _rate(at, cookies, paths)
                for at, paths in (
                    (port, second),
                    (port, deep),
                    (small_port, deep_of_few),
                    (port, first),
                )
            ]
            if place == 0:
                continue
            figure.limit.append(rates[0])
            figure.ours.append(rates[1])
            figure.peer.append(rates[2])
            firsts.append(rates[3])
    times = statistics.median(
        late / far for late, far in zip(figure.limit, figure.ours, strict=True)
    )
    figure.note = (
        f"far back takes {times:.2f} × the second page (goal: at most {MOST_TIMES} ×); the first page with its monthly "
        f"totals {1000 / statistics.median(firsts):.1f} ms; filled in {filled:.0f} s"
    )
    return figure


def _rate(port: int, cookies: Cookies, paths: Iterator[str]) -> float:
    browser = Browser(port)
    browser.cookies = dict(cookies)
    began = time.perf_counter()
    for path in itertools.islice(paths, EACH):
        status, text = browser.get(path)
        if status != 200 or text.count('class="pays__a"') != _PAGE:
            raise SystemExit(f"not a page of payments: {status} {path} {text[:2000]}")
    return EACH / (time.perf_counter() - began)


def _prepare(here: Ground) -> tuple[Cookies, Any]:
    """People with a bank account each, and an order with a payment that was made; the same in both databases."""
    from django.db import connection

    from eid_portal.core import clock
    from payments.models import BankLink, Payment, PaymentOrder

    now = clock.now()
    people = make_people(PEOPLE)
    links = BankLink.objects.bulk_create(
        BankLink(
            account_id=person.account_id, state="ACTIVE", bank="970436", token="-", ending="4821", since=now,
            begun_at=now - timedelta(minutes=PEOPLE - place),
        )
        for place, person in enumerate(people)
    )  # fmt: skip
    order = PaymentOrder.objects.create(
        account_id=people[0].account_id, state="DEBITED", reference="B0", link=links[0], key="b0", body_hash=b"-",
        amount=512_000, needs="CODE", authorised_by="CODE", since=now, drafted_at=now, expires_at=now,
        authorised_at=now, debited_at=now,
    )  # fmt: skip
    Payment.objects.create(
        state="SETTLED", public_id="B0", order=order, purpose="FEE", amount=512_000, biller_id="evn-hcmc", since=now,
        settled_at=now, due_reference="HS-1", payee_reference="R-1",
    )  # fmt: skip
    cookies = signed_in(people[0])
    connection.close()
    here.postgres.sql(f"CREATE DATABASE {_SMALL} TEMPLATE eid")
    return cookies, people[0].account_id


def _fill(here: Ground, database: str, orders: int) -> None:
    import psycopg

    from payments.models import Payment, PaymentOrder

    at = dict.fromkeys(("drafted_at", "authorised_at", "debited_at", "since"), "made.at")
    of_order = at | {
        "id": "(lpad(to_hex((extract(epoch FROM made.at) * 1000)::bigint), 12, '0') || '70008'"
        " || lpad(to_hex(n), 15, '0'))::uuid",
        "public_id": "'o' || n",
        "reference": "'B' || n",
        "key": "'b' || n",
        "link_id": "links.ids[made.place]",
        "account_id": "links.accounts[made.place]",
    }
    of_payment = {
        "id": "overlay(made.id::text PLACING (9 - part)::text FROM 20 FOR 1)::uuid",
        "public_id": "'p' || part || '-' || n",
        "order_id": "made.id",
        "since": "made.debited_at",
        "settled_at": "made.debited_at",
        "amount": "10000 + n %% 900000",
    }
    values = {"orders": orders, "years": _YEARS, "share": _SHARE, "people": PEOPLE}
    with psycopg.connect(here.postgres.url(SUPERUSER, database), autocommit=True) as filler:
        filler.execute("SET session_replication_role = replica")  # nothing to check row by row
        filler.execute(_statement(_ORDERS, PaymentOrder, of_order), values)
        filler.execute(_statement(_PAYMENTS, Payment, of_payment), {})
        filler.execute("VACUUM ANALYZE payments_paymentorder, payments_payment")


def _statement(text: str, model: Any, changed: dict[str, str]) -> Any:
    columns = columns_of(model)
    values = [changed.get(column, f'one."{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    return text.format(columns=names, values=", ".join(values))


def _spots(here: Ground, database: str, account: Any, order: str, first: int) -> Iterator[str]:
    """Addresses of pages that begin here and there from a place on, one after another for ever."""
    import psycopg

    with psycopg.connect(here.postgres.url(SUPERUSER, database)) as reader:
        text: Any = _SPOTS.format(order=order)
        rows = reader.execute(text, [account, first, EACH * 5]).fetchall()
    return itertools.cycle([f"{_FIRST}?before={row[0]}" for row in rows])
