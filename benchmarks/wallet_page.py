"""The wallet with eight papers against the same page as Django projects are usually written.

The peer (`benchmarks/peer`) keeps its papers in clear columns and one JSON column, reads them by the ORM with their
verifications prefetched, and draws them by Django's templates. Both draw the ID card, four licences and four
registrations, one of them being verified, in the same markup and words, from the same database server, behind the same
web server; the portal opens eight sealed papers besides. People take turns. The unit is per CPU-second of the server's
process tree; PostgreSQL's CPU is left out on both sides.
"""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.client import Browser
from benchmarks.first_page import Cookies, peer_session
from benchmarks.ground import Ground, peer, web
from benchmarks.meter import Figure, per_cpu_second
from benchmarks.people import Person, make_people

PEOPLE, ROUNDS, EACH = 40, 7, 300
PAPERS = 8


def measure(here: Ground) -> Figure:
    """Peer and portal in turn."""
    import django

    django.setup()
    figure = Figure(
        "wallet_page",
        "pages/CPU-s",
        peer_name="the same page with database sessions, ORM and Django's templates",
    )
    people = make_people(PEOPLE)
    with web(here) as (port, pid), peer(here, users=PEOPLE) as (peer_port, peer_pid):
        ours = itertools.cycle(
            [sign_in_with_papers(port, place, person) for place, person in enumerate(people)]
        )
        theirs = itertools.cycle([peer_session(peer_port, place) for place in range(PEOPLE)])
        sizes = [_fetch(port, ours, PEOPLE * 2), _fetch(peer_port, theirs, PEOPLE * 2)]
        for _ in range(ROUNDS):
            figure.peer.append(
                per_cpu_second(lambda: _pages(peer_port, theirs, EACH), pid=peer_pid)
            )
            figure.ours.append(per_cpu_second(lambda: _pages(port, ours, EACH), pid=pid))
    figure.note = f"goal: at least 2 × the peer; {sizes[0]} bytes against the peer's {sizes[1]}"
    return figure


def _pages(port: int, cookies: Iterator[Cookies], count: int) -> int:
    _fetch(port, cookies, count)
    return count


def _fetch(port: int, cookies: Iterator[Cookies], count: int) -> int:
    """Fetch wallets of one person after another; gives the bytes of the last."""
    browser = Browser(port)
    text = ""
    for _ in range(count):
        browser.cookies = dict(next(cookies))
        status, text = browser.get("/papers/")
        if status != 200 or text.count('class="docitem"') != PAPERS + 2:  # the ID card, and "add"
            raise SystemExit(f"not the wallet: {status} {text[:2000]}")
    return len(text.encode())


def sign_in_with_papers(port: int, place: int, person: Person) -> Cookies:
    """Sign a person in and put eight papers into the wallet; the browser has seen it once."""
    from accounts.models import Account
    from accounts.services import sessions
    from eid_portal.core import clock

    account = Account.objects.get(pk=person.account_id)
    now = clock.now()
    key, token, _new = sessions.start(
        account=account,
        device_token=person.device_token,
        device_label="Firefox, Linux",
        amr=("pwd", "otp"),
        address="127.0.0.1",
        office_id=None,
        now=now,
    )
    for ending in range(PAPERS):
        _link(account, place, ending)
    browser = Browser(port)
    browser.cookies = {"__Host-session": key, "__Host-device": token}
    browser.get("/papers/")
    return browser.cookies


def _link(account: Any, place: int, ending: int) -> None:
    """A licence or a registration, the last of them being verified."""
    from documents import kinds
    from documents.enums import DocumentState
    from documents.models import Document, Verification
    from documents.models.papers import NUMBER
    from eid_portal.core import clock, sealed

    now, verifying = clock.now(), ending == PAPERS - 1
    paper = _licence(place, ending) if ending < PAPERS // 2 else _motorcycle(place, ending)
    row = Document.objects.create(
        state=DocumentState.VERIFYING if verifying else DocumentState.VERIFIED,
        citizen=account.citizen,
        kind=paper["kind"],
        registry=kinds.find(paper["kind"]).party,
        number=paper["number"],
        number_index=sealed.blind_index(NUMBER, paper["number"]),
        paper=paper,
        since=now,
        linked_at=now,
        linked_by=account,
        verified_at=now,
        checked_at=None if verifying else now,
        next_check_at=now + timedelta(days=1),
    )
    if verifying:
        Verification.objects.create(
            document=row, registry=row.registry, reason="LINK", requested_at=now
        )


def _paper(kind: str, number: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind,
        "number": number,
        "holder_name": "Nguyễn Thị Đo Lường",
        "holder_birth_date": "2000-01-01",
        "holder_number": "999200000000",
        "status": "VALID",
        "issued_on": "2025-06-09",
        "expires_on": None,
        "issuer": "Phòng Cảnh sát giao thông Hà Nội",
        "values": values,
    }


def _licence(place: int, ending: int) -> dict[str, Any]:
    classes = [
        {"code": "A1", "passed_on": "2018-05-10", "valid_until": None},
        {"code": "B", "passed_on": "2019-06-08", "valid_until": "2035-06-09"},
    ]
    values = {"classes": classes, "old_form": False, "points": 12, "address": "Số 1, Hà Nội"}
    return _paper("DRIVER_LICENCE", f"79{place:04d}12345{ending}", values)


def _motorcycle(place: int, ending: int) -> dict[str, Any]:
    values = {
        "vehicle_type": "motorcycle",
        "plate_colour": "white",
        "address": "Số 1, Hà Nội",
        "brand": "HONDA",
        "model": "Vision",
        "colour": "Đỏ đen",
        "chassis_no": "RLHJF5801DY123456",
        "engine_no": "JF58E0123456",
        "year": 2023,
        "seats": 2,
        "cylinder_cc": 110,
        "power_kw": None,
        "first_registered_on": "2023-09-01",
    }
    return _paper("VEHICLE_REGISTRATION", f"59X31{place:02d}{ending:02d}", values)
