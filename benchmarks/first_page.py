"""A citizen's first page against the same page as Django projects are usually written.

The peer (`benchmarks/peer`) has what ``startproject`` and the documentation suggest: sessions and users in the
database, the ORM over clear columns, one query per list, template inheritance in the cached template language,
translations, hashed static files. Both draw the same card, eight events and three messages in the same markup and
words, from the same database server, behind the same web server; the portal decrypts what it shows, and its cookie is
a session as signing in makes one. People take turns, so neither answers from what it still holds of the last one.

The unit is per CPU-second of the server's process tree; PostgreSQL's CPU is left out on both sides.
"""

import itertools
from collections.abc import Iterator

from benchmarks.client import Browser
from benchmarks.ground import Ground, peer, web
from benchmarks.meter import Figure, per_cpu_second
from benchmarks.people import PASSWORD, Person, make_people, signed_in

PEOPLE, ROUNDS, EACH = 40, 7, 300
EVENTS, NOTICES = 8, 3
NAME = "Nguyễn Thị Đo Lường"

Cookies = dict[str, str]


def measure(here: Ground) -> Figure:
    """Peer and portal in turn."""
    import django

    django.setup()
    figure = Figure(
        "first_page",
        "pages/CPU-s",
        peer_name="the same page with database sessions, ORM and Django's templates",
    )
    people = make_people(PEOPLE)
    with web(here) as (port, pid), peer(here, users=PEOPLE) as (peer_port, peer_pid):
        ours = itertools.cycle([_session(port, person) for person in people])
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
    """Fetch pages of one person after another; gives the bytes of the last."""
    browser = Browser(port)
    text = ""
    for _ in range(count):
        browser.cookies = dict(next(cookies))
        status, text = browser.get("/")
        if status != 200 or NAME not in text or text.count("<time") != EVENTS + NOTICES:
            raise SystemExit(f"not the first page: {status} {text[:2000]}")
    return len(text.encode())


def _session(port: int, person: Person) -> Cookies:
    """Sign a person in, and let happen to them what the page shows; their browser has seen it once."""
    from django.db import transaction

    from accounts import events
    from accounts.enums import NoticeChannel, NoticeKind
    from accounts.models import Account
    from accounts.services import notices
    from eid_portal.core import audit, clock
    from eid_portal.core.events import Actor, ActorKind

    account = Account.objects.get(pk=person.account_id)
    now = clock.now()
    actor = Actor(
        kind=ActorKind.CITIZEN,
        account_id=account.pk,
        citizen_id=account.citizen_id,
        office_id=None,
    )
    with transaction.atomic():
        for _ in range(EVENTS - 1):
            audit.record(
                events.SignedIn(amr=["pwd", "otp"], new_device=False),
                actor=actor,
                subject_id=account.citizen_id,
                target=account,
                now=now,
            )
        for _ in range(NOTICES):
            notices.tell(
                account=account,
                kind=NoticeKind.NEW_DEVICE,
                channels=(NoticeChannel.INBOX,),
                values={"device": "Firefox, Linux", "time": "09:41", "date": "26/11/2026"},
                now=now,
            )
    browser = Browser(port)
    browser.cookies = signed_in(person)
    browser.get("/")
    return browser.cookies


def peer_session(port: int, place: int) -> Cookies:
    """Sign a person of the peer in."""
    browser = Browser(port)
    fields = {
        "csrfmiddlewaretoken": browser.csrf("/sign-in/"),
        "username": f"user{place}",
        "password": PASSWORD,
    }
    status, _text = browser.post("/sign-in/", fields)
    if status != 302:
        raise SystemExit(f"the peer did not take the password: {status}")
    return browser.cookies
