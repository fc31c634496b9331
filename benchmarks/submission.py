"""A form filed against the same form filed by a view written by hand.

"Register temporary residence" is complete and was checked; the button is pressed. The portal reads anew what the state
knows, settles all answers, seals and hashes what is filed, keeps it and records it in the log that is chained; the
peer (`benchmarks/peer`) locks its row, checks it by ``full_clean``, finds the office, and writes row and log. Both
lead on to the fee. The unit is per CPU-second of the server's process tree; PostgreSQL's CPU is left out on both sides.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.client import Browser
from benchmarks.first_page import Cookies, peer_session
from benchmarks.form_page import make_draft, prepare
from benchmarks.ground import Ground, peer, web
from benchmarks.meter import Figure, per_cpu_second
from benchmarks.people import make_people, signed_in

ROUNDS, EACH = 7, 30
WARM: Final = 10  # people whose forms are filed before
_HIDDEN: Final = re.compile(r'<input type="hidden" name="([a-z-]+)" value="([^"]*)"')
Press = tuple[Cookies, str, dict[str, str]]


def measure(here: Ground) -> Figure:
    """Peer and portal in turn; everybody files once."""
    import django

    django.setup()
    figure = Figure(
        "submission",
        "forms filed/CPU-s",
        peer_name="the same form by a view and a row of its own",
    )
    count = WARM + ROUNDS * EACH
    people = make_people(count)
    prepare()
    with web(here) as (port, pid), peer(here, users=count) as (peer_port, peer_pid):
        ours = []
        for person in people:
            path = f"/drafts/{make_draft(person).public_id}/check/"
            ours.append(_ready(port, signed_in(person), path, path, "seen"))
        theirs = [
            _ready(
                peer_port,
                peer_session(peer_port, place),
                f"/stays/{place + 1}/place/",
                f"/stays/{place + 1}/check/",
            )
            for place in range(count)
        ]
        _file(port, ours[:WARM])
        _file(peer_port, theirs[:WARM])
        for first in range(WARM, count, EACH):
            mine, others = ours[first : first + EACH], theirs[first : first + EACH]
            figure.peer.append(per_cpu_second(_work(peer_port, others), pid=peer_pid))
            figure.ours.append(per_cpu_second(_work(port, mine), pid=pid))
    _check(count)
    figure.note = "goal: at least 1 × the peer"
    return figure


def _ready(port: int, cookies: Cookies, page: str, path: str, *needed: str) -> Press:
    """What is sent when the button is pressed."""
    browser = Browser(port)
    browser.cookies = dict(cookies)
    status, text = browser.get(page)
    fields = dict(_HIDDEN.findall(text))
    if status != 200 or not {"csrfmiddlewaretoken", *needed} <= fields.keys():
        raise SystemExit(f"not a form that can be filed: {status} {text[:4000]}")
    return browser.cookies, path, fields


def _work(port: int, presses: Sequence[Press]) -> Callable[[], int]:
    return lambda: _file(port, presses)


def _file(port: int, presses: Sequence[Press]) -> int:
    browser = Browser(port)
    for cookies, path, fields in presses:
        browser.cookies = dict(cookies)
        status, text = browser.post(path, fields)
        if status not in {302, 303}:
            raise SystemExit(f"the form was not filed: {status} {text[:4000]}")
    return len(presses)


def _check(count: int) -> None:
    """Every press was one application."""
    from procedures.models import Application

    filed = Application.objects.count()
    if filed != count:
        raise SystemExit(f"{filed} forms were filed, not {count}")
