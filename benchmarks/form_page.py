"""A page of a form that its procedure's document describes, against the same page written by hand.

It is the first page of "Register temporary residence": shown with what the state knows, filled in, sent and kept. The
peer (`benchmarks/peer`) has a ``ModelForm`` over a plain table, its checks and its template; both are served by the
same web server from the same database server. A unit is the page got and sent, with another answer each time. It is
per CPU-second of the server's process tree; PostgreSQL's CPU is left out on both sides.
"""

import itertools
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.client import Browser
from benchmarks.first_page import Cookies, peer_session
from benchmarks.ground import Ground, peer, web
from benchmarks.meter import Figure, per_cpu_second
from benchmarks.people import Person, make_people, signed_in

PEOPLE, ROUNDS, EACH = 20, 7, 60
CODE: Final = "temporary-residence"
KNOWN: Final = "Nguyễn Thị Đo Lường"
PLACE: Final = {"province": "Hải Phòng", "commune": "Hồng Bàng"}
_VERSION: Final = re.compile(r'name="form-version" value="([0-9]+)"')


@dataclass(frozen=True)
class Sheet:
    """A page of somebody, and what is typed on it."""

    cookies: Cookies
    path: str
    token: str
    fields: dict[str, str]
    line: str  # the name of the field that is typed anew each time


def measure(here: Ground) -> Figure:
    """Peer and portal in turn."""
    import django

    django.setup()
    from eid_portal.core import clock

    figure = Figure(
        "form_page",
        "pages got and sent/CPU-s",
        peer_name="the same page by a ModelForm and a template of its own",
    )
    people = make_people(PEOPLE)
    prepare()
    today = clock.today()
    start = {"start_day": str(today.day), "start_month": str(today.month), "start_year": str(today.year)}  # fmt: skip
    with web(here) as (port, pid), peer(here, users=PEOPLE) as (peer_port, peer_pid):
        ours = itertools.cycle(
            [
                _sheet(
                    port,
                    signed_in(person),
                    f"/drafts/{make_draft(person).public_id}/steps/place/",
                    {f"address_{part}": each for part, each in PLACE.items()} | start | {"duration": "one_year"},
                    "address_line",
                )
                for person in people
            ]
        )  # fmt: skip
        theirs = itertools.cycle(
            [
                _sheet(
                    peer_port,
                    peer_session(peer_port, place),
                    f"/stays/{place + 1}/place/",
                    PLACE | start | {"duration": "one_year"},
                    "line",
                )
                for place in range(PEOPLE)
            ]
        )
        sizes = [_get(port, ours, PEOPLE * 2), _get(peer_port, theirs, PEOPLE * 2)]
        sends: list[list[float]] = []
        for _ in range(ROUNDS):
            gets = [
                per_cpu_second(_times(_get, peer_port, theirs), pid=peer_pid),
                per_cpu_second(_times(_get, port, ours), pid=pid),
            ]
            figure.peer.append(per_cpu_second(_times(_send, peer_port, theirs), pid=peer_pid))
            figure.ours.append(per_cpu_second(_times(_send, port, ours), pid=pid))
            sends.append([gets[1] / gets[0], *gets])
    ratio, peer_gets, our_gets = (statistics.median(each) for each in zip(*sends, strict=True))
    figure.note = (
        f"goal: at least 1 × the peer; got alone {ratio:.2f} × ({our_gets:.0f} against {peer_gets:.0f} pages/CPU-s); "
        f"{sizes[0]} bytes against the peer's {sizes[1]}"
    )
    return figure


def prepare() -> None:
    """The procedures in force, and a desk that decides for everybody."""
    from datetime import date

    from accounts.models import Office, Province
    from eid_portal.core import clock
    from eid_portal.core.events import SYSTEM
    from procedures.models import Desk
    from procedures.services import publishing

    publishing.publish_shipped(actor=SYSTEM, now=clock.now())
    office = Office.objects.create(
        code="DL-01", name="Công an phường Hồng Bàng", name_en="Hồng Bàng Ward Police",
        province=Province.objects.get(name="Hải Phòng"), valid_from=date(2025, 7, 1),
    )  # fmt: skip
    Desk.objects.create(
        office=office, agency="commune_police", province=office.province, commune="Hồng Bàng",
        valid_from=date(2025, 7, 1),
    )  # fmt: skip


def make_draft(person: Person) -> Any:
    """A draft that can be filed, of somebody who can be reached."""
    from accounts.models import Account, Authenticator
    from accounts.models.indexes import phone_index
    from eid_portal.core import clock
    from procedures.models import Draft, Procedure
    from procedures.selectors import revisions

    now = clock.now()
    found = revisions.find_in_force(CODE)
    if found is None:
        raise SystemExit(f"{CODE} is not in force")
    revision_id, document = found
    account = Account.objects.get(pk=person.account_id)
    phone = f"+84912{person.number[-6:]}"
    Authenticator.objects.create(
        state="ACTIVE", account=account, account_kind="citizen", kind="SMS", secret=phone, bound_at=now,
        phone_index=phone_index(phone),
    )  # fmt: skip
    return Draft.objects.create(
        filer=account, citizen_id=account.citizen_id, capacity="self", procedure=Procedure.objects.get(code=CODE),
        revision_id=revision_id, done=[each.key for each in document.steps], begun_at=now, saved_at=now,
        answers={
            "address": PLACE | {"line": "7 Mẫu"}, "start": clock.today(now).isoformat(), "duration": "one_year",
            "owner": "001300000016", "relation": "tenant", "proof": "consent",
        },
    )  # fmt: skip


def _sheet(port: int, cookies: Cookies, path: str, fields: dict[str, str], line: str) -> Sheet:
    browser = Browser(port)
    browser.cookies = dict(cookies)
    token = browser.csrf(path)
    return Sheet(browser.cookies, path, token, fields, line)


def _times(
    work: Callable[[int, Iterator[Sheet], int], int], port: int, sheets: Iterator[Sheet]
) -> Callable[[], int]:
    def run() -> int:
        work(port, sheets, EACH)
        return EACH

    return run


def _get(port: int, sheets: Iterator[Sheet], count: int) -> int:
    """Get pages of one person after another; gives the bytes of the last."""
    browser, text = Browser(port), ""
    for _ in range(count):
        sheet = next(sheets)
        browser.cookies = dict(sheet.cookies)
        text = _page(browser, sheet)
    return len(text.encode())


def _send(port: int, sheets: Iterator[Sheet], count: int) -> int:
    """Get and send them; gives how many."""
    browser = Browser(port)
    for place in range(count):
        sheet = next(sheets)
        browser.cookies = dict(sheet.cookies)
        found = _VERSION.search(_page(browser, sheet))
        fields = sheet.fields | {"csrfmiddlewaretoken": sheet.token, sheet.line: f"{place} Mẫu"}
        if found:
            fields["form-version"] = found[1]
        status, text = browser.post(sheet.path, fields)
        if status not in {302, 303}:
            raise SystemExit(f"the page was not taken: {status} {text[:4000]}")
    return count


def _page(browser: Browser, sheet: Sheet) -> str:
    status, text = browser.get(sheet.path)
    if status != 200 or KNOWN not in text or 'value="one_year"' not in text:
        raise SystemExit(f"not the page of the form: {status} {text[:2000]}")
    return text
