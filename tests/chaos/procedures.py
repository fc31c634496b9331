"""``python -m tests.chaos.procedures``: file, pay and decide while everything fails.

Citizens file over the API and pay the fee from their phones; officers take the most urgent file and grant it, page by
page. No fee may be paid of what is not filed and received, and no decision be without its paper and its changes, sixty
seconds after the last fault. The last line, and the exit code, say what came of it.
"""

import argparse
import http.client
import re
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Final
from uuid import uuid4

from tests.chaos import faults, run
from tests.chaos.clients import AGAIN, GOOD, PATIENCE, Callers, GaveUp, Phone
from tests.chaos.everything import Everything
from tests.chaos.people import Payer

OFFICERS: Final = 3
PROCEDURES: Final = ("temporary-residence", "id-card-exchange", "marital-status")  # two have a fee
GIVEN: Final = {"temporary-residence": {"proof": "contract"}}  # nobody else has to agree
RECEIVED_WITHIN: Final = 90.0  # seconds until a fee that was agreed to is there
OK, SEE_OTHER = 200, 303
_CSRF: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_MINE: Final = re.compile(r'href="/desk/([\w-]{22})/"')
_PLACE: Final = re.compile(r"^/desk/([\w-]{22})/$")


@dataclass(frozen=True)
class Filer:
    """Who files, from which phone, and the draft that is ready."""

    payer: Payer
    cookies: dict[str, str]
    draft: str  # public id, which becomes the application's


@dataclass
class Filings(Callers):
    """Everybody, and what they were told: the ids of applications."""

    filed: list[tuple[Filer, str]] = field(default_factory=list)  # with the reference
    decided: list[str] = field(default_factory=list)
    all_filed: threading.Event = field(default_factory=threading.Event)

    def work(
        self, filers: Sequence[Filer], officers: Sequence[dict[str, str]], at_once: int
    ) -> None:
        """Citizens file, officers decide until there is nothing left."""
        with ThreadPoolExecutor(at_once + len(officers), thread_name_prefix="person") as pool:
            deciding = [pool.submit(self._decide_all, cookies, len(filers)) for cookies in officers]
            list(pool.map(self._file, filers))
            self.all_filed.set()
            for each in deciding:
                each.result()

    def _file(self, filer: Filer) -> None:
        try:
            reference = _Filing(self, filer.payer, PATIENCE).file(filer.draft)
        except GaveUp as why:
            self.give_up(f"{filer.draft}: {why}")
        else:
            with self.lock:
                self.filed.append((filer, reference))

    def _decide_all(self, cookies: dict[str, str], count: int) -> None:
        """An officer at work, until everything that was filed is decided or given up."""
        desk = _Desk(self, cookies)
        idle_since = time.monotonic()
        while not self.over.is_set():
            found = desk.decide_next()
            if found:
                idle_since = time.monotonic()
                with self.lock:
                    self.decided.append(found)
                continue
            waited = time.monotonic() - idle_since
            done = len(self.decided) + len(self.given_up) >= count
            if self.all_filed.is_set() and (done or waited > RECEIVED_WITHIN):
                return
            time.sleep(AGAIN)


class _Filing(Phone):
    def file(self, draft: str) -> str:
        """File a draft and pay its fee, as often as it takes; the reference of the application.

        Raises:
            GaveUp: it was refused, or not received in time.
        """
        key, read = str(uuid4()), set[str]()
        said = self._submit(draft, key)
        order = said["order"]
        while self.ask("GET", f"/api/v1/applications/{draft}")[1].get("fee_is_due"):
            if order is None:
                due = {"purpose": "fee", "about": said["due"]["about"]}
                body = {"account": self.payer.link, "due": [due]}
                status, begun = self.ask("POST", "/api/v1/payments/orders", body, key=str(uuid4()))
                if status not in GOOD:
                    time.sleep(AGAIN)  # a payment that is under way, or a bank that is away
                    self._must_go_on()
                    continue
                order = begun["id"]
            self._agree(order, read)
            self._see_through(order, draft)
            order = None  # paid, or to be begun anew
        return str(said["reference"])

    def _submit(self, draft: str, key: str) -> dict[str, Any]:
        while True:
            status, form = self.ask("GET", f"/api/v1/drafts/{draft}")
            seen = form.get("seen", "")  # it was filed already, if there is no draft any more
            body = {"seen": seen, "account": self.payer.link}
            status, said = self.ask("POST", f"/api/v1/drafts/{draft}/submit", body, key=key)
            if status in GOOD:
                return said
            if said.get("code") != "changed":
                raise GaveUp(f"submit: {status} {said}")
            self._must_go_on()

    def _agree(self, order: str, read: set[str]) -> None:
        for code in self.codes(order, read):
            path = f"/api/v1/payments/orders/{order}/confirm"
            status, _said = self.ask("POST", path, {"code": code})
            if status in GOOD:
                return

    def _see_through(self, order: str, draft: str) -> None:
        """Until the fee is there or will not be."""
        while True:
            _status, shown = self.ask("GET", f"/api/v1/payments/orders/{order}")
            states = {each["state"] for each in shown.get("payments", [])}
            if states <= {"SETTLED", "REFUNDED", "NOT_PAID"}:
                return
            self._must_go_on()
            time.sleep(AGAIN)

    def _must_go_on(self) -> None:
        if time.monotonic() > self.until or self.callers.over.is_set():
            raise GaveUp("it did not end in time")


class _Desk:
    """An officer's browser: pages and their buttons, pressed again where no answer came."""

    def __init__(self, callers: Callers, cookies: dict[str, str]) -> None:
        self.callers = callers
        self.cookies = dict(cookies)

    def decide_next(self) -> str:
        """The public id of the application that was granted now; empty if there was none."""
        case = self._take()
        if not case:
            return ""
        granted = {"decide-outcome": "GRANTED", "decide-refusal": "", "decide-words": ""}
        while not self.callers.over.is_set():
            status, _place, _text = self._press(
                f"/desk/{case}/", f"/desk/{case}/decide/", granted | {"sure": "1"}
            )
            if status == SEE_OTHER:
                return case
            _status, _place, text = self._ask("GET", f"/desk/{case}/", None)
            if _status == OK and "/decide/" not in text:
                return case  # an answer that did not come was a yes
            time.sleep(AGAIN)
        return ""

    def _take(self) -> str:
        """One's own file if there is one, else the most urgent; an answer that was lost may have given it already."""
        _status, _place, text = self._ask("GET", "/desk/queue/?tab=review&mine=1", None)
        mine = _MINE.search(text)
        if mine is not None:
            return mine[1]
        status, place, _text = self._press("/desk/", "/desk/next/", {})
        found = _PLACE.match(place)
        return found[1] if status == SEE_OTHER and found is not None else ""

    def _press(self, page: str, path: str, fields: dict[str, str]) -> tuple[int, str, str]:
        _status, _place, text = self._ask("GET", page, None)
        token = _CSRF.search(text)
        if token is None:
            return 0, "", text
        return self._ask("POST", path, fields | {"csrfmiddlewaretoken": token[1]})

    def _ask(self, method: str, path: str, fields: dict[str, str] | None) -> tuple[int, str, str]:
        """Status, where to go on, and the text; zero if there was no answer."""
        from benchmarks.client import Browser

        browser = Browser(self.callers.port)
        browser.cookies = self.cookies
        try:
            if fields is None:
                status, text = browser.get(path)
            else:
                status, text = browser.post(path, fields)
        except (OSError, http.client.HTTPException):
            self.callers.count_again()
            return 0, "", ""
        finally:
            browser.connection.close()
        return status, browser.headers.get("location", ""), text


# --- Who takes part -----------------------------------------------------------------------------------
def make(count: int, *, sandbox: Any) -> tuple[list[Filer], list[dict[str, str]]]:
    """So many people with a draft that can be filed, and the officers who decide, by their cookies."""
    from accounts.models import Account, Portrait, Province, RegistrationCode
    from benchmarks.people import make_people
    from eid_portal.core import clock
    from procedures.models import Desk
    from tests.chaos.people import make_payers
    from tests.procedures import world

    RegistrationCode.objects.create(
        code="999", name="Mẫu", province=Province.objects.get(code="01"), valid_from=world.SINCE
    )  # of the numbers that people to measure with have
    people = make_people(count)
    payers = make_payers(people, sandbox=sandbox)
    Desk.objects.all().delete()  # the demonstration's
    office = next(iter(world.make_desks().values())).office
    filers = []
    for person, payer, code in zip(people, payers, cycle(PROCEDURES), strict=False):
        account = Account.objects.select_related("citizen").get(pk=person.account_id)
        Portrait.objects.create(
            citizen=account.citizen, image=b"\xff\xd8\xff", media_type="image/jpeg", received_at=clock.now()
        )  # fmt: skip
        filer = world.Filer(account)
        draft = filer.begin(code)
        form = filer.fill(draft, **GIVEN.get(code, {}))
        if not form.settled.is_complete:
            raise AssertionError(f"{code}: {form.settled.missing} {form.settled.problems}")
        cookies = {"__Host-session": payer.session, "__Host-device": person.device_token}
        filers.append(Filer(payer, cookies, draft.public_id))
    return filers, [_officer(office, 60 + place) for place in range(OFFICERS)]


def _officer(office: Any, serial: int) -> dict[str, str]:
    from accounts.services import sessions
    from eid_portal.core import clock
    from tests.procedures import world

    account = world.make_officer(office, serial)
    key, token, _new = sessions.start(
        account=account, device_token=None, device_label="Firefox, Linux", amr=("pwd", "otp"),
        address="127.0.0.1", office_id=office.pk, now=clock.now(),
    )  # fmt: skip
    return {"__Host-session": key, "__Host-device": token or ""}


# --- What came of it -----------------------------------------------------------------------------------
def unfinished() -> int:
    """Payments that are under way, papers not drawn, changes not carried out."""
    from procedures.models import EffectDone, Result
    from tests.chaos import books

    return (
        books.unfinished()
        + Result.objects.filter(drawn_at__isnull=True).count()
        + EffectDone.objects.filter(done_at__isnull=True).count()
    )


def judge(people: Filings, filers: Sequence[Filer]) -> tuple[list[str], list[str]]:
    """What is paid but not filed and received, or filed twice; what is decided but not delivered."""
    from payments.enums import PaymentPurpose, PaymentState
    from payments.models import Payment
    from procedures.models import Application, Result

    rows = {row.public_id: row for row in Application.objects.select_related("decision")}
    unfiled = [
        f"{ref} was told, and is not there" for one, ref in people.filed if one.draft not in rows
    ]
    paid = Payment.objects.filter(purpose=PaymentPurpose.FEE, state=PaymentState.SETTLED)
    by_id: dict[Any, Any] = {row.pk: row for row in rows.values()}
    once: set[Any] = set()
    for payment in paid:
        row = by_id.get(payment.about)
        if row is None or row.received_at is None or row.fee_payment_id != payment.pk:
            unfiled.append(f"the fee {payment.pk} is paid, and its application is not received")
        if payment.about in once:
            unfiled.append(f"{payment.about} was paid twice")
        once.add(payment.about)
    unfiled += [
        f"{row.reference} is received unpaid"
        for row in rows.values()
        if row.received_at and row.fee and row.pk not in once
    ]
    results = {row.application_id: row for row in Result.objects.defer("pdf")}
    undelivered = [
        f"{row.reference} is decided, without a result"
        for row in rows.values()
        if hasattr(row, "decision") and row.pk not in results
    ]
    undelivered += [
        f"{case} was told decided, and is not"
        for case in people.decided
        if not hasattr(rows[case], "decision")
    ]
    undelivered += _unread(people.port, {one.draft: one for one in filers}, rows, results)
    return unfiled, undelivered


def _unread(
    port: int, filers: Mapping[str, Filer], rows: Mapping[str, Any], results: Mapping[Any, Any]
) -> list[str]:
    """Results whose paper their citizen does not get."""
    from benchmarks.client import Browser

    bad = []
    for draft, row in rows.items():
        result = results.get(row.pk)
        if result is None:
            continue
        browser = Browser(port)
        browser.cookies = dict(filers[draft].cookies)
        status, text = browser.get(f"/results/{result.public_id}/pdf/")
        browser.connection.close()
        if status != OK or not text.startswith("%PDF-"):
            bad.append(f"the paper of {row.reference} does not come: {status}")
    return bad


def main() -> int:
    """Run; 0 if nothing is paid and unfiled, nothing decided and undelivered, or late."""
    words = run.words("python -m tests.chaos.procedures", __doc__)
    words.set_defaults(faults=32)
    words.add_argument("--applications", type=int, default=240)
    chosen = words.parse_args()
    return run.go(lambda here: _file_all(here, chosen), keep=chosen.keep)


def _file_all(here: Everything, chosen: argparse.Namespace) -> bool:
    from eid_portal.sandbox import settings
    from eid_portal.sandbox.world import World

    filers, officers = make(chosen.applications, sandbox=World(settings.read()))
    drawn = faults.draw(chosen.faults, seed=chosen.seed)
    run.say(f"{len(filers)} applications, {len(officers)} officers; {len(drawn)} faults")
    people = Filings(here.port, here.port + 1)
    settled = run.strike(
        here,
        people,
        work=lambda: people.work(filers, officers, chosen.at_once),
        done=lambda: len(people.decided),
        drawn=drawn,
        total=len(filers),
        unfinished=unfinished,
    )
    unfiled, undelivered = judge(people, filers)
    if len(people.decided) + len(people.given_up) < len(filers):
        undelivered.append(f"{len(filers) - len(people.decided)} were not decided")
    run.say_faults(drawn)
    bad = [*people.given_up, *unfiled, *undelivered]
    run.conclude(
        bad,
        f"chaos procedures: {len(people.filed)} filed, {len(people.decided)} decided, {len(drawn)} faults,"
        f" {len(unfiled)} paid and unfiled, {len(undelivered)} decided and undelivered, settled in {settled:.0f} s",
    )
    return not bad and settled <= run.SETTLED_WITHIN


if __name__ == "__main__":
    sys.exit(main())
