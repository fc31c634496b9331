"""Sign in by password and code: both POSTs with CSRF, session and audit, against the argon2 library alone.

The unit is per CPU-second of the server's process tree; PostgreSQL's CPU is the same for all and left out.
"""

import subprocess
import sys
import time

from benchmarks.client import Browser
from benchmarks.ground import ROOT, Ground, malloc_settings, peer, web
from benchmarks.meter import Figure, per_cpu_second
from benchmarks.people import PASSWORD, SECRET, Person, make_people

ROUNDS, EACH = 7, 40
# The installed library at the same parameters, in the web processes' memory settings; prints hashes per CPU-second.
LIMIT = """
import time, argon2
from argon2.low_level import Type
hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
kept = hasher.hash("x" * 64)
for _ in range(10): hasher.verify(kept, "x" * 64)
began = time.process_time()
for _ in range(60): hasher.verify(kept, "x" * 64)
print(60 / (time.process_time() - began))
"""


def measure(here: Ground) -> Figure:
    """Limit, peer and portal in turn."""
    import django

    django.setup()
    figure = Figure(
        "sign_in_password",
        "sign-ins/CPU-s",
        limit_name="argon2-cffi alone, 19 MiB, t=2, p=1",
        peer_name="Django's LoginView with the same hasher (password only)",
    )
    people = make_people(ROUNDS * EACH + 10)
    with web(here) as (port, pid), peer(here, users=1) as (peer_port, peer_pid):
        sign_in(port, people[-10:])
        _log_in(peer_port, 10)
        for place in range(ROUNDS):
            figure.limit.append(_limit(here))
            chosen = people[place * EACH : (place + 1) * EACH]
            figure.ours.append(per_cpu_second(lambda: sign_in(port, chosen), pid=pid))  # noqa: B023
            figure.peer.append(per_cpu_second(lambda: _log_in(peer_port, EACH), pid=peer_pid))
    figure.note = (
        "goal: at least 0.70 of the limit; the peer asks for no second factor and records nothing"
    )
    return figure


def _limit(here: Ground) -> float:
    said = subprocess.run(
        [sys.executable, "-c", LIMIT],
        cwd=ROOT, env=here.env | malloc_settings(), check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(said.stdout)


def sign_in(port: int, people: list[Person]) -> int:
    """Each by both steps, on their known device. Returns how many."""
    import pyotp

    browser = Browser(port)
    token = browser.csrf("/sign-in/")
    csrf = dict(browser.cookies)
    for person in people:
        browser.cookies = csrf | {"__Host-device": person.device_token}
        fields = {"csrfmiddlewaretoken": token, "username": person.number, "password": PASSWORD}
        status, text = browser.post("/sign-in/", fields)
        if status not in {302, 303}:
            raise SystemExit(f"the password was not taken: {status} {text[:2000]}")
        if time.time() % 30 > 29.5:
            time.sleep(0.6)
        code = pyotp.TOTP(SECRET).now()
        fields = {"csrfmiddlewaretoken": token, "code": code, "way": "TOTP"}
        status, text = browser.post("/sign-in/code/", fields)
        if status not in {302, 303} or "__Host-session" not in browser.cookies:
            raise SystemExit(f"the code was not taken: {status} {text[:2000]}")
    return len(people)


def _log_in(port: int, count: int) -> int:
    browser = Browser(port)
    token = browser.csrf("/sign-in/")
    csrf = dict(browser.cookies)
    for _ in range(count):
        browser.cookies = dict(csrf)
        fields = {"csrfmiddlewaretoken": token, "username": "user0", "password": PASSWORD}
        status, _text = browser.post("/sign-in/", fields)
        if status != 302:
            raise SystemExit(f"the peer did not take the password: {status}")
    return count
