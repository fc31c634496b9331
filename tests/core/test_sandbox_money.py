"""Banks and billers of the sandbox: every amount's outcome, and books in which nothing is lost or done twice."""

import csv
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from eid_portal.core import clock, outside
from eid_portal.core.outside import Accepted, Refused, Unknown
from eid_portal.sandbox import data, money, to_portal
from eid_portal.sandbox.app import Sandbox
from eid_portal.sandbox.money import accounts, books, outcomes, reporting, statements, written
from eid_portal.sandbox.money.outcomes import Outcome
from eid_portal.sandbox.to_portal import Sent
from eid_portal.sandbox.world import World

pytestmark = pytest.mark.django_db

AN = "001085000001"
BANK = "970436"
RETURN = "http://localhost:8000/payments/banks/return/"
GIVES_NO_ANSWER = {
    Outcome.SILENT_DONE: "read_timeout",
    Outcome.SILENT_LOST: "read_timeout",
    Outcome.DROPPED: "ConnectionResetError",
    Outcome.OTHER_KEY: "answer_wrong_signature",
    Outcome.GARBAGE: "malformed_answer",
}


def ask(party: str, path: str, **payload: Any) -> Any:
    return outside.call(party, "POST", f"/v1/{path}", payload=payload, tag=f"eid-{party}")


def page(world: World, method: str, path: str, **fields: str) -> tuple[int, dict[str, str], str]:
    path, _mark, query = path.partition("?")
    body = urlencode(fields).encode()
    started: list[Any] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    parts = Sandbox(world)(environ, lambda *given: started.extend(given))
    return int(started[0][:3]), dict(started[1]), b"".join(parts).decode()


def in_books(world: World, kind: str, reference: str) -> dict[str, Any]:
    told = json.loads(page(world, "GET", "/money/books.json")[2])["movements"]
    (found,) = [one for one in told if (one["kind"], one["reference"]) == (kind, reference)]
    assert isinstance(found, dict)
    return found


def token(world: World, reference: str = "L-1") -> str:
    opened = ask(
        "napas", "consents", reference=reference, bank=BANK, return_url=RETURN,
        full_name="Nguyễn Văn An", personal_number=AN,
    )  # fmt: skip
    consent = opened.data["consent_id"]
    account = accounts.of(data.PEOPLE[AN], BANK)[0].number
    page(world, "POST", f"/bank/{consent}/", decision="agree", account=account)
    given = ask("napas", "consents/status", consent_id=consent)
    return str(given.data["token"])


def debit(reference: str, amount: int, of: str) -> Any:
    return ask(
        "napas", "debits", reference=reference, amount=amount, token=of, text="Tiền điện", payees=["EVN"]
    )  # fmt: skip


def pay(party: str, reference: str, bill: str, amount: int, **more: str) -> Any:
    return ask(
        party, "payments", reference=reference, bill=bill, amount=amount,
        paid_at="2026-11-26T10:00:00+07:00", **more,
    )  # fmt: skip


def bill_of(code: str, party: str = "evn", **more: str) -> dict[str, Any]:
    found = ask(party, "bills", customer_code=code, **more).data["bills"]
    assert isinstance(found[0], dict)
    return found[0]


@pytest.fixture
def world(sandbox: Any) -> World:
    return sandbox.world  # type: ignore[no-any-return]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the portal was told, in order; it takes everything."""
    told: list[dict[str, Any]] = []

    def deliver(letter: to_portal.Letter) -> Sent:
        told.append({"url": letter.message.url, **json.loads(letter.body)})
        return Sent(202, '{"outcome": "taken"}')

    monkeypatch.setattr(to_portal, "deliver", deliver)
    return told


# --- Consents -------------------------------------------------------------------------------------
def test_a_customer_agrees_at_the_bank_and_comes_back(world):
    opened = ask(
        "napas", "consents", reference="L-1", bank=BANK, return_url=RETURN,
        full_name="Nguyễn Văn An", personal_number=AN,
    )  # fmt: skip
    consent = opened.data["consent_id"]
    assert opened.data["page"] == f"http://localhost:8001/bank/{consent}/"
    assert ask("napas", "consents/status", consent_id=consent).data["state"] == "waiting"
    account = accounts.of(data.PEOPLE[AN], BANK)[1]
    shown = page(world, "GET", f"/bank/{consent}/")
    assert account.number in shown[2]
    assert "form-action 'self' http://localhost:8000;" in shown[1]["Content-Security-Policy"]

    first = page(world, "POST", f"/bank/{consent}/", decision="agree", account=account.number)
    page(world, "POST", f"/bank/{consent}/", decision="refuse")

    assert (first[0], first[1]["location"]) == (303, f"{RETURN}?consent={consent}")
    given = ask("napas", "consents/status", consent_id=consent).data
    assert given["state"] == "given"
    assert (given["holder_name"], given["ending"]) == ("NGUYEN VAN AN", account.number[-4:])
    assert given["token"]


def test_a_consent_is_refused_or_asked_for_twice_or_of_nobody(world):
    asked: dict[str, Any] = {
        "reference": "L-2", "bank": BANK, "return_url": RETURN, "full_name": "An", "personal_number": AN,
    }  # fmt: skip
    first, again = ask("napas", "consents", **asked), ask("napas", "consents", **asked)
    assert first == again
    assert ask("napas", "consents", **asked | {"bank": "970418"}).code == "reference_used"
    assert ask("napas", "consents", **asked | {"bank": "1"}).code == "malformed_bank"
    elsewhere = asked | {"return_url": "https://elsewhere.example/"}
    assert ask("napas", "consents", **elsewhere).code == "malformed_return_url"

    path = f"/bank/{first.data['consent_id']}/"
    assert page(world, "POST", path, decision="agree", account="0000000000")[0] == 422
    page(world, "POST", path, decision="refuse")

    refused = ask("napas", "consents/status", consent_id=first.data["consent_id"]).data
    assert (refused["state"], refused["token"]) == ("refused", None)
    assert ask("napas", "consents/status", consent_id="nobody").code == "not_found"


def test_a_bank_ends_a_consent_reports_it_and_debits_no_longer(world, heard):
    of = token(world)
    consent = json.loads(json.dumps(page(world, "GET", "/money/napas/")[2]))
    path = re.findall(r'action="(/bank/[^"]+/end)"', consent)[0]

    page(world, "POST", path)
    page(world, "POST", path)
    reporting.work(world)

    assert [(told["kind"], told["state"], told["reference"]) for told in heard] == [
        ("consent", "ended", "L-1")
    ]
    assert debit("TT-1", 10_000, of).data["code"] == "consent_ended"
    assert debit("TT-2", 10_000, "nobody").data["code"] == "not_found"


def test_the_name_of_an_account(world):
    account = accounts.of(data.PEOPLE[AN], BANK)[0].number

    assert ask("napas", "names", bank=BANK, account=account).data["name"] == "NGUYEN VAN AN"
    assert ask("napas", "names", bank="970418", account=account).code == "not_found"
    assert ask("napas", "names", bank=BANK, account="12").code == "not_found"


# --- Every outcome --------------------------------------------------------------------------------
@pytest.mark.parametrize("ending", [0, *outcomes.table("napas")])
def test_a_debit_ends_as_its_amount_chooses(world, heard, ending):
    amount, of = 500_000 + ending, token(world)
    outcome = outcomes.of("napas", amount)

    said = debit("TT-1", amount, of)
    reporting.work(world)

    kept = in_books(world, "debit", "TT-1")
    check_answer(outcome, said, "TT-1", "bank_reference", kept)
    after = ask("napas", "debits/status", reference="TT-1")
    check_status(outcome, after, "bank_reference", kept)
    assert len(heard) == {Outcome.TEN_REPORTS: 10, Outcome.REPORT_FIRST: 1}.get(outcome, 0)
    assert kept["asked"] == 1
    for told in heard:
        assert told["url"] == "http://localhost:8000/api/v1/banks/napas/events"
        assert (told["reference"], told["state"], told["amount"]) == ("TT-1", "done", amount)
    assert len({told["event_id"] for told in heard}) <= 1


@pytest.mark.parametrize("ending", [0, *outcomes.table("evn")])
def test_a_payment_of_a_bill_ends_as_its_amount_chooses(world, heard, ending):
    amount = 500_000 + ending
    outcome = outcomes.of("evn", amount)
    bill = bill_of(f"PE09{amount:09d}")
    assert (bill["amount"], bill["state"]) == (amount, "open")

    said = pay("evn", "P-1", bill["reference"], amount)
    reporting.work(world)

    kept = in_books(world, "payment", "P-1")
    check_answer(outcome, said, "P-1", "receipt", kept)
    check_status(outcome, ask("evn", "payments/status", reference="P-1"), "receipt", kept)
    assert len(heard) == {Outcome.TEN_REPORTS: 10, Outcome.REPORT_FIRST: 1}.get(outcome, 0)
    left = bill_of(f"PE09{amount:09d}")
    if outcome is Outcome.AMOUNT_CHANGED:
        assert (left["amount"], left["state"]) == (amount + 500, "open")
    elif outcome is Outcome.WITHDRAWN:
        assert left["state"] == "withdrawn"
    else:
        is_open = outcome in {Outcome.SILENT_LOST, Outcome.NOT_FOUND}
        assert left["state"] == ("open" if is_open else "paid")


def check_answer(
    outcome: Outcome, said: Any, reference: str, receipt: str, kept: dict[str, Any]
) -> None:
    if outcome in GIVES_NO_ANSWER:
        assert said == Unknown(GIVES_NO_ANSWER[outcome])
        return
    assert isinstance(said, Accepted)
    about_it = outcome is not Outcome.OTHER_REFERENCE
    assert (said.data["reference"] == reference) is about_it
    code = outcomes.REFUSALS.get(outcome)
    processing = outcome is Outcome.PROCESSING
    assert said.data["state"] == ("refused" if code else "processing" if processing else "done")
    assert said.data["code"] == code
    assert bool(said.data[receipt]) is (said.data["state"] == "done")
    assert said.data[receipt] == kept["receipt"]


def check_status(outcome: Outcome, said: Any, receipt: str, kept: dict[str, Any]) -> None:
    if outcome is Outcome.SILENT_LOST:
        assert said == Refused("not_found", {"code": "not_found"})
        assert (kept["state"], kept["done"]) == ("lost", 0)
        return
    assert said.data["reference"] == kept["reference"]
    assert said.data["state"] == kept["state"]
    assert kept["done"] == (1 if kept["state"] == "done" else 0)
    assert said.data[receipt] == kept["receipt"]


def test_what_is_processing_is_done_after_five_seconds_and_reported_once(world, heard):
    of = token(world)
    with clock.frozen(clock.now()):
        assert debit("TT-1", 500_110, of).data["state"] == "processing"
        reporting.work(world)
        assert heard == []
    later = clock.now() + timedelta(seconds=6)
    with clock.frozen(later):
        assert ask("napas", "debits/status", reference="TT-1").data["state"] == "done"
        reporting.work(world)
        reporting.work(world)

    assert [told["state"] for told in heard] == ["done"]
    assert in_books(world, "debit", "TT-1")["done"] == 1


def test_a_report_is_made_again_until_the_portal_takes_it(world, monkeypatch):
    answers = [Sent(0, ""), Sent(503, ""), Sent(202, "")]
    monkeypatch.setattr(to_portal, "deliver", lambda _letter: answers.pop(0))
    with clock.frozen(clock.now()):
        debit("TT-1", 500_110, token(world))
    with clock.frozen(clock.now() + timedelta(seconds=6)):
        assert [reporting.work(world) for _turn in range(4)] == [0, 0, 1, 0]


# --- Once -----------------------------------------------------------------------------------------
def test_the_same_reference_moves_money_once_however_many_ask(world):
    of = token(world)
    with ThreadPoolExecutor(8) as pool:
        wanted = books.Movement(
            party="napas", kind="debit", reference="TT-1", amount=10_000, asked_for="{}", bank=BANK,
            about="", state="", code=None, receipt="",
        )  # fmt: skip
        moved = list(
            pool.map(
                lambda _each: books.move(
                    world.store, wanted, now=clock.now(), check=lambda _c: None, effect=lambda *_w: None
                ),
                range(40),
            )
        )  # fmt: skip

    assert sum(fresh for _movement, fresh in moved) == 1
    assert len({movement.receipt for movement, _fresh in moved}) == 1
    kept = in_books(world, "debit", "TT-1")
    assert (kept["asked"], kept["done"]) == (40, 1)
    assert debit("TT-2", 10_000, of).data == debit("TT-2", 10_000, of).data
    assert debit("TT-2", 11_000, of).code == "reference_used"
    assert in_books(world, "debit", "TT-2")["asked"] == 3


def test_a_bill_is_paid_once(world):
    bill = bill_of("PE01000123456")
    assert pay("evn", "P-0", bill["reference"], bill["amount"] + 1).data["code"] == "amount_changed"
    assert pay("evn", "P-1", bill["reference"], bill["amount"]).data["state"] == "done"

    assert pay("evn", "P-2", bill["reference"], bill["amount"]).data["code"] == "already_paid"
    assert pay("evn", "P-3", "nothing", 1000).data["code"] == "not_found"


def test_more_than_was_taken_is_never_given_back(world):
    debit("TT-1", 10_000, token(world))

    def refund(reference: str, amount: int, of: str = "TT-1") -> Any:
        return ask("napas", "refunds", reference=reference, debit_reference=of, amount=amount).data

    assert refund("R-1", 4_000)["state"] == "done"
    assert refund("R-2", 6_001)["code"] == "limit"
    assert refund("R-3", 6_000)["state"] == "done"
    assert refund("R-4", 1)["code"] == "limit"
    assert refund("R-5", 1, "TT-2")["code"] == "not_found"
    assert ask("napas", "refunds/status", reference="R-3").data["state"] == "done"
    assert in_books(world, "refund", "R-1")["bank"] == BANK


def test_a_payout_reaches_an_account_that_is_there(world):
    account = accounts.of(data.PEOPLE[AN], BANK)[0].number
    to = {"bank": BANK, "account": account, "message": "", "payer_name": "Trần Thị Bình"}

    paid = ask("napas", "payouts", reference="P-1", amount=50_000, **to).data
    missing = ask("napas", "payouts", reference="P-2", amount=50_000, **to | {"account": "1"}).data

    assert (paid["state"], bool(paid["switch_reference"])) == ("done", True)
    assert missing["code"] == "not_found"
    assert ask("napas", "payouts/status", reference="P-1").data == paid


def test_what_was_answered_is_in_the_books_after_a_kill(world, tmp_path):
    script = f"""
        from datetime import UTC, datetime
        from pathlib import Path
        from eid_portal.sandbox.money import books
        from eid_portal.sandbox.store import Store
        store = Store(Path({str(world.settings.store)!r}))
        for place in range(10_000):
            wanted = books.Movement(party="napas", kind="debit", reference=f"TT-{{place}}", amount=10_000,
                asked_for="{{}}", bank="970436", about="", state="", code=None, receipt="")
            books.move(store, wanted, now=datetime.now(UTC), check=lambda _c: None, effect=lambda *_w: None)
            print(place, flush=True)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        answered = [child.stdout.readline().strip() for _line in range(25)]
        os.kill(child.pid, signal.SIGKILL)
        answered += child.stdout.read().split()

    kept = {one.reference: one.done for one in books.every(world.store)}
    assert len(answered) >= 25
    assert all(kept[f"TT-{place}"] == 1 for place in answered)


# --- Bills ----------------------------------------------------------------------------------------
def test_the_written_bills(world):
    power, water = bill_of("PE01000123456"), bill_of("0712345678", "water")

    assert (power["amount"], water["amount"]) == (486_200, 152_300)
    details = power["details"]
    assert details["net"] + details["vat"] == power["amount"]
    assert details["new_index"] - details["old_index"] == details["lines"][0]["quantity"]
    earlier = ask("evn", "bills", customer_code="PE01000123456").data["bills"][1:]
    assert {bill["state"] for bill in earlier} == {"paid"}
    assert len(earlier) == written.MONTHS - 1
    assert bill_of("PE01000123457")["state"] == "paid"
    assert ask("evn", "bills", customer_code="PE00000000000").data == {"bills": []}


@pytest.mark.parametrize(
    ("code", "why"), [("PE01000123458", "withdrawn"), ("PE01000123459", "already_paid")]
)
def test_a_bill_ends_meanwhile(world, code, why):
    bill = bill_of(code)
    assert bill["state"] == "open"

    assert pay("evn", "P-1", bill["reference"], bill["amount"]).data["code"] == why

    assert bill_of(code)["state"] in {"withdrawn", "paid"}


def test_premiums_are_found_by_person_and_the_households_are_one(world):
    def of(party: str, number: str) -> list[dict[str, Any]]:
        found = ask(party, "bills/of-person", personal_number=number).data["bills"]
        assert isinstance(found, list)
        return found

    (health,) = of("health-premiums", AN)
    assert of("health-premiums", "001187000002") == [health]
    assert [line["percent"] for line in health["details"]["lines"]] == [100, 70, 60, 50, 40]
    assert health["amount"] == sum(line["amount"] for line in health["details"]["lines"])
    assert health["details"]["lines"][0]["amount"] == 1_263_600
    (social,) = of("social-premiums", AN)
    assert social["amount"] == 264_000
    assert of("social-premiums", "001085999999") == []
    assert AN not in json.dumps([health, social])


def test_the_treasury_takes_a_fee_once_and_the_hub_knows_its_billers(world):
    assert pay("treasury", "P-1", "LP-1", 50_000).data["state"] == "done"
    assert pay("treasury", "P-2", "LP-1", 50_000).data["code"] == "already_paid"
    fields = {"customer_code": "CC1", "amount": "75000", "biller": "net-1", "personal_number": AN}
    assert page(world, "POST", "/money/bill-hub/bills", **fields)[0] == 303

    bill = bill_of("CC1", "bill-hub", biller="net-1")

    assert bill["amount"] == 75_000
    assert ask("bill-hub", "bills", customer_code="CC1", biller="net-2").data == {"bills": []}
    mine = ask("bill-hub", "bills/of-person", personal_number=AN, biller="net-1").data["bills"]
    assert mine == [bill]
    assert pay("bill-hub", "P-1", bill["reference"], 75_000, biller="net-1").data["state"] == "done"


@pytest.mark.parametrize("amount", [0, -1, 1.5, "1", True, 2**63, None])
def test_an_amount_that_is_none_is_refused(world, amount):
    assert pay("evn", "P-1", "B-1", amount).code == "malformed_amount"
    assert books.every(world.store) == []


# --- Files of the day -----------------------------------------------------------------------------
def file_of(party: str, day: str) -> str:
    whole, begin = "", 0
    while True:
        said = ask(party, "statements", day=day, **{"from": begin}).data
        whole += str(said["content"])
        if said["next"] is None:
            assert hashlib.sha256(whole.encode()).hexdigest() == said["sha256"]
            return whole
        begin = said["next"]


def test_the_banks_file_of_a_day_is_camt_053_and_its_balances_add_up(world, monkeypatch):
    of = token(world)
    yesterday, today = clock.now() - timedelta(days=1), clock.now()
    with clock.frozen(yesterday):
        debit("TT-0", 5_000, token(world, "L-0"))
    debit("TT-1", 10_000, of)
    debit("TT-2", 10_101, of)
    ask("napas", "refunds", reference="R-1", debit_reference="TT-1", amount=4_000)
    monkeypatch.setattr(statements, "SLICE", 100)

    root = ET.fromstring(  # noqa: S314 - made by the sandbox
        file_of("napas", clock.today(today).isoformat())
    )

    name = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"}
    (statement,) = root.findall(".//c:Stmt", name)
    balances = [found.text for found in statement.findall("c:Bal/c:Amt", name)]
    assert balances == ["5000", "11000"]
    entries = {
        found.findtext(".//c:EndToEndId", namespaces=name): (
            found.findtext("c:Amt", namespaces=name),
            found.findtext("c:CdtDbtInd", namespaces=name),
        )
        for found in statement.findall("c:Ntry", name)
    }
    assert entries == {"TT-1": ("10000", "CRDT"), "R-1": ("4000", "DBIT")}


def test_a_billers_file_of_a_day_is_csv(world):
    bill = bill_of("PE01000123456")
    receipt = pay("evn", "P-1", bill["reference"], bill["amount"]).data["receipt"]

    today = clock.today(clock.now()).isoformat()
    rows = list(csv.DictReader(io.StringIO(file_of("evn", today))))

    assert [(row["reference"], row["amount"], row["receipt"]) for row in rows] == [
        ("P-1", "486200", receipt)
    ]
    assert file_of("water", today).count("\n") == 1
    assert ask("evn", "statements", day="today").code == "malformed_day"


# --- Pages ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/money/", *(f"/money/{party}/" for party in money.PARTIES)])
def test_a_page_of_the_money_is_whole_and_safe(world, path):
    token(world, "L-1")
    bill_of("PE01000123456")
    pay("evn", "P-1", "x", 1)

    status, _headers, text = page(world, "GET", path)

    assert status == 200
    assert len(re.findall(r"<h1>", text)) == 1
    assert not re.search(r"<script|style=|\son\w+=", text)


def test_a_bill_is_paid_elsewhere_on_the_page_and_reported(world, heard):
    bill = bill_of("PE01000123456")["reference"]

    assert page(world, "POST", "/money/evn/bills/change", bill=bill, to="paid")[0] == 303
    assert page(world, "POST", "/money/evn/bills/change", bill=bill, to="withdrawn")[0] == 422
    reporting.work(world)

    assert [(told["kind"], told["bill"]) for told in heard] == [("bill_paid", bill)]
    assert heard[0]["url"] == "http://localhost:8000/api/v1/billers/evn/events"


@pytest.mark.parametrize(
    "wrong", [{"amount": "0"}, {"amount": "-5"}, {"customer_code": "a b"}, {"due_on": "x"}, {"period": "x"},
              {"personal_number": "1"}, {"biller": "b"}, {"reference": "a b"}],
)  # fmt: skip
def test_a_bill_that_is_none_is_not_added(world, wrong):
    fields = {"customer_code": "PE1", "amount": "1000"} | wrong

    assert page(world, "POST", "/money/evn/bills", **fields)[0] == 422


def test_a_party_is_switched_on_its_page(world):
    assert page(world, "POST", "/money/evn/switch", to="down")[0] == 303
    assert ask("evn", "bills", customer_code="PE01000123456") == outside.Unavailable(
        "status_503", timedelta(seconds=1)
    )
    assert page(world, "POST", "/money/evn/switch", to="drunk")[0] == 422
    assert page(world, "GET", "/money/nobody/")[0] == 404
