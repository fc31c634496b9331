"""Can a stranger tell by time, or by a byte, whether a number has an account? A thousand have one, a thousand have not.

The figure is how often an existing one takes longer than an unknown one (the area under the curve of the best guesser
by time alone; 0.5: none); the pages are compared byte for byte.
"""

import hashlib
import re
import secrets
import time

from benchmarks.client import Browser
from benchmarks.ground import Ground, web
from benchmarks.meter import Figure
from benchmarks.people import make_people

COUNT, WARM = 1000, 20
_VARIES = re.compile(
    r'(name="csrfmiddlewaretoken" value=")[^"]+|\d{12}'
)  # the token, and the number typed


def measure(here: Ground) -> Figure:
    """Both kinds in random order, each on a network of its own."""
    here.env["EID_TRUSTED_PROXIES"] = "127.0.0.1"
    import django

    django.setup()
    figure = Figure("sign_in_timing", "AUC of existing against unknown", limit_name="no difference")
    people = make_people(COUNT + WARM)
    unknown = [f"998200{place:06d}" for place in range(COUNT + WARM)]
    with web(here) as (port, _pid):
        browser = Browser(port)
        token = browser.csrf("/sign-in/")
        for number in (*(person.number for person in people[COUNT:]), *unknown[COUNT:]):
            _try(browser, token, number)
        tries = [(True, person.number) for person in people[:COUNT]]
        tries += [(False, number) for number in unknown[:COUNT]]
        secrets.SystemRandom().shuffle(tries)
        times: dict[bool, list[float]] = {True: [], False: []}
        pages: dict[bool, set[tuple[int, str, str]]] = {True: set(), False: set()}
        for exists, number in tries:
            took, page = _try(browser, token, number)
            times[exists].append(took)
            pages[exists].add(page)
    figure.ours.append(_auc(times[True], times[False]))
    figure.limit.append(0.5)
    means = {kind: sum(each) / len(each) * 1000 for kind, each in times.items()}
    figure.note = (
        f"goal: between 0.45 and 0.55; existing {means[True]:.2f} ms, unknown {means[False]:.2f} ms (mean);"
        f" pages {'identical' if pages[True] == pages[False] and len(pages[True]) == 1 else 'DIFFER'}"
    )
    return figure


def _try(browser: Browser, token: str, number: str) -> tuple[float, tuple[int, str, str]]:
    browser.address = f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.9"
    fields = {"csrfmiddlewaretoken": token, "username": number, "password": "wrong password here"}
    began = time.perf_counter()
    status, text = browser.post("/sign-in/", fields)
    took = time.perf_counter() - began
    kept = {k: v for k, v in browser.headers.items() if k not in {"date", "x-request-id"}}
    plain = _VARIES.sub(r"\1", text)
    return took, (status, str(sorted(kept)), hashlib.sha256(plain.encode()).hexdigest())


def _auc(ones: list[float], others: list[float]) -> float:
    """How often one of the first takes longer than one of the second; ties count half."""
    ranked = sorted([(t, 1) for t in ones] + [(t, 0) for t in others])
    below = seen = 0.0
    for _time, is_one in ranked:
        if is_one:
            seen += below
        else:
            below += 1
    return seen / (len(ones) * len(others))
