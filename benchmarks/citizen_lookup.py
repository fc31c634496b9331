"""Find a citizen by blind index among 100 thousand and among 2 million: how little the size matters."""

import secrets
import time

from benchmarks.ground import Ground
from benchmarks.meter import Figure

SMALL, LARGE = 100_000, 2_000_000
LOOKUPS = 1_500
ROUNDS = 5
# Rows of the size real ones have: the sealed columns are random bytes of the length of ciphertext.
FILL = """
INSERT INTO accounts_citizen (id, public_id, personal_number, personal_number_index, full_name, birth_date, sex,
    nationality, residence, alive)
SELECT gen_random_uuid(),
    left(translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), '+/=', '-_'), 22),
    r.b, gen_random_uuid(), r.b || substr(r.b, 1, 16), r.b, substr(r.b, 1, 34), 'VNM', r.b || r.b || r.b, true
FROM generate_series(1, %s) n, LATERAL (SELECT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
    || substr(uuid_send(gen_random_uuid()), 1, 13 + n %% 2) AS b) r
"""


def measure(here: Ground) -> Figure:
    """Both sizes in turn, the same statement the portal sends; the "limit" is the small table."""
    import django

    django.setup()
    import psycopg
    from django.db import connection

    figure = Figure("citizen_lookup", "look-ups/s", limit_name="the same among 100 thousand rows")
    sizes = {SMALL: "bench_small", LARGE: "bench_large"}
    for size, name in sizes.items():
        here.postgres.sql(f"CREATE DATABASE {name} TEMPLATE eid")
        with psycopg.connect(here.postgres.url("postgres", name), autocommit=True) as filler:
            filler.execute(FILL, [size])
            filler.execute("VACUUM ANALYZE accounts_citizen")
    keys = {}
    for size, name in sizes.items():
        with psycopg.connect(here.postgres.url("postgres", name)) as reader:
            rows = reader.execute(
                "SELECT personal_number_index FROM accounts_citizen ORDER BY id LIMIT 20000"
            ).fetchall()
            keys[size] = [row[0] for row in rows]
    rates: dict[int, list[float]] = {SMALL: [], LARGE: []}
    for _ in range(ROUNDS):
        for size, name in sizes.items():
            connection.close()
            connection.settings_dict["NAME"] = name
            rates[size].append(_rate(keys[size]))
    connection.close()
    figure.ours, figure.limit = rates[LARGE], rates[SMALL]
    growth = sum(few / many for few, many in zip(rates[SMALL], rates[LARGE], strict=True)) / ROUNDS
    figure.note = (
        f"2 million rows take {growth:.2f} × the time of 100 thousand (goal: at most 1.5 ×)"
    )
    return figure


def _rate(keys: list) -> float:
    from accounts.models import Citizen

    chosen = [secrets.choice(keys) for _ in range(LOOKUPS)]
    for key in chosen[:200]:
        Citizen.objects.filter(personal_number_index__in=[key]).first()
    began = time.perf_counter()
    for key in chosen:
        if Citizen.objects.filter(personal_number_index__in=[key]).first() is None:
            raise SystemExit("a citizen was not found")
    return LOOKUPS / (time.perf_counter() - began)
