"""The full demonstration, walked over HTTP against everything that runs; every value that came up is a canary."""

import base64
import json
import re
import time
from datetime import date
from typing import Any

import requests

from eid_portal.core import clock
from eid_portal.sandbox import data
from tests.hostile.portal.canaries import Canaries
from tests.hostile.portal.visitor import PASSWORD, Visitor, local
from tests.running import Portal

SCANNED, WAITS, BROKEN = "048195000007", "042093000091", "022194000094"
GRANTED, NEW_OFFICER = "038075000010", "046199000011"
WRONG = "mật khẩu sai rồi"
_NUMBER = re.compile(r"(?<![\w-])\d{12}(?![\w-])")  # not the end of an event's id
_MADE_UP_NAME = "Nguyễn Thị Lạc Chỗ"


class Demonstration:
    """One walk; ``canaries`` are what must stand nowhere afterwards."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.canaries = Canaries()
        self.visitors: list[Visitor] = []
        self.printed = ""  # by programs that are run by hand
        for person in portal.people:
            self.add_person(person["personal_number"], phone=person["phone"])
            for name in ("password", "totp_secret", "slip_code"):
                if name in person:
                    self.canaries.add_secret(f"a {name}", person[name])
        self.canaries.add_secret("a password", PASSWORD)
        self.canaries.add_secret("a wrong password", WRONG)
        self.canaries.add_name(_MADE_UP_NAME)
        for key in _strings(json.loads((portal.var / "keys.json").read_text())):
            self.canaries.add_secret("a key", key)
            self.canaries.add_bytes("a key", base64.b64decode(key))

    # --- Canaries -----------------------------------------------------------------------------------
    def add_person(self, number: str, *, phone: str | None = None) -> None:
        """Somebody the sandbox knows, as the card and as the register have them."""
        person = data.find(number, today=clock.today(clock.now()))
        assert person
        self.canaries.add_number(number)
        if person.old_number:
            self.canaries.add_number("000" + person.old_number)
        self.canaries.add_phone(phone or person.phone)
        for name in {person.name, data.register_name(person)}:
            self.canaries.add_name(name)
        for born in {person.born, data.register_birth_date(person)}:
            self.canaries.add_birth_date(born)

    def forgive(self) -> None:
        """Days of a birth that stand in clear: of issue, of holidays, of signers, of the demonstration."""
        issued = (date(2024, 8, 15), date(2025, 3, 3), date(2021, 9, 1))
        self.canaries.forgive_day(*issued)
        stated = self.portal.sql(
            "SELECT day FROM core_calendarday UNION SELECT valid_from::date FROM accounts_countrysigner"
            " UNION SELECT valid_to::date FROM accounts_countrysigner"
        )
        self.canaries.forgive_day(*map(date.fromisoformat, stated.split()))
        self.canaries.forgive_first_days_and_now()
        for visitor in self.visitors:
            for cookie in visitor.cookies:
                if len(cookie) > 16:  # not the language's
                    self.canaries.add_secret("a cookie", cookie)

    def visitor(self) -> Visitor:
        """Somebody with a browser of their own."""
        made = Visitor(self.portal)
        self.visitors.append(made)
        return made

    def code(self, phone: str) -> str:
        """The code a phone just got."""
        code = self.portal.code(phone)
        self.canaries.add_secret("a one-time code", code)
        return code

    def app_code(self, secret: str) -> str:
        """The code an app shows."""
        code = self.portal.app_code(secret)
        self.canaries.add_secret("a one-time code", code)
        return code

    # --- The walk -----------------------------------------------------------------------------------
    def walk(self) -> None:
        """Everything in the order of the day."""
        officer = self.officer()
        slip = self.serve(officer, self.portal.by_number(SCANNED))
        self.activate_and_return(self.portal.by_number(SCANNED), slip)
        self.wait_for_supervisor(officer)
        self.cards()
        self.administer()
        self.stray()
        self.portal.python("manage.py", "seal_audit")
        self.portal.python("manage.py", "verify_audit")
        self.settle()
        self.forgive()

    def officer(self) -> Visitor:
        """Mistyped, then signed in; and things that do not belong into the box."""
        person = self.portal.person("counter officer")
        officer = self.visitor()
        officer.get("/counter/sign-in/")
        officer.send(username=person["personal_number"], password=WRONG)
        officer.get("/counter/sign-in/")
        officer.send(username=person["sign_in_name"], password=WRONG)
        officer.get("/counter/sign-in/")
        officer.send(username=person["sign_in_name"], password=person["password"])
        officer.send(code="000000", way="TOTP")
        officer.send(code=self.app_code(person["totp_secret"]), way="TOTP")
        assert officer.at == "/counter/"
        for card in (_MADE_UP_NAME, SCANNED + "0", self.portal.by_number(WAITS)["qr"][:40]):
            officer.send(card=card)
            assert officer.page.status_code == 422
        return officer

    def scan(self, officer: Visitor, person: dict[str, Any]) -> str:
        """A card into the box; the case's path."""
        officer.get("/counter/")
        officer.send(card=person["qr"])
        assert officer.at.startswith("/counter/cases/"), officer.page.text
        return officer.at

    def confirm_phone(self, officer: Visitor, case: str, phone: str) -> None:
        """A wrong code, then the right one."""
        officer.get(case)
        officer.send("phone/", phone=local(phone))
        code = self.code(phone)
        officer.send(f"{case}phone/code/", code=f"{(int(code) + 1) % 10**6:06d}")
        officer.get(case)
        officer.send("phone/code/", code=code)

    def issue(self, officer: Visitor, case: str) -> str:
        """Every check ticked; the slip's code, or nothing if somebody has to approve."""
        officer.get(case)
        checks = re.findall(r'name="checks" value="([^"]+)"', officer.page.text)
        officer.send("issue/", checks=checks)
        return self.slip_code(officer)

    def slip_code(self, officer: Visitor) -> str:
        """The code printed on the page."""
        found = re.search(r"<strong>([2-9A-Z]{4}-[2-9A-Z]{4})</strong>", officer.page.text)
        if found is None:
            return ""
        self.canaries.add_secret("a slip code", found[1])
        return found[1]

    def serve(self, officer: Visitor, person: dict[str, Any]) -> str:
        """From the scan to a slip that was printed twice; the photo is looked at, an officer's phone refused."""
        case = self.scan(officer, person)
        officer.get(f"{case}photo/")
        officer.get(case)
        officer.send("phone/", phone=local(self.portal.person("counter officer", 1)["phone"]))
        self.confirm_phone(officer, case, person["phone"])
        assert self.issue(officer, case)
        officer.get(case)
        officer.send("slip/")
        slip = self.slip_code(officer)
        assert slip
        return slip

    def activate_and_return(self, person: dict[str, Any], slip: str) -> None:
        """Activation with mistakes, sign-out, sign-in by app and by text message, a proof afresh, another app."""
        number = person["personal_number"]
        citizen = self.visitor()
        citizen.get("/activate/")
        citizen.send(username=number, code="K7QF-3MXA")
        citizen.get("/activate/")
        citizen.send(username=number, code=slip)
        citizen.send(code="000000")
        citizen.send(code=self.code(person["phone"]))
        assert citizen.at == "/activate/password/", citizen.page.text
        citizen.send(password=person["name"])  # one's own name is refused
        citizen.send(password=PASSWORD)
        assert citizen.at == "/activate/factor/", citizen.page.text
        secret = self.shown_secret(citizen)
        citizen.send(code=self.app_code(secret))
        citizen.send(action="make")
        text = citizen.page.text.replace("<wbr>", "")
        kept = re.findall(r"<li>((?:[0-9A-Z]{4}-){5}[0-9A-Z]{4})</li>", text)
        for code in kept:
            self.canaries.add_secret("a recovery code", code)
        citizen.send(action="kept")
        citizen.send(routes=["RECOVERY_CODE", "COUNTER"])
        citizen.send(code=kept[0])
        assert citizen.at == "/", citizen.page.text
        citizen.send("/sign-out/")

        citizen.get("/sign-in/")
        citizen.send(username=number, password=WRONG)
        citizen.get("/sign-in/")
        citizen.send(username=number, password=PASSWORD)
        citizen.send(action="send")
        citizen.send(code=self.code(person["phone"]), way="SMS")
        assert citizen.at == "/", citizen.page.text
        citizen.get("/account/security/app/add/")
        citizen.send(action="begin")
        self.shown_secret(citizen)
        citizen.get("/sign-in/again/?next=/")
        citizen.send(password=WRONG, code="000000")
        citizen.send("/sign-out/")

    def shown_secret(self, visitor: Visitor) -> str:
        """The app's secret on the page."""
        found = re.search(r'class="secret">([A-Z2-7 ]+)<', visitor.page.text)
        assert found, visitor.page.text
        self.canaries.add_secret("a TOTP secret", found[1])
        return found[1].replace(" ", "")

    def wait_for_supervisor(self, officer: Visitor) -> None:
        """A name that disagrees: a second human decides. A register that is broken: nothing comes of it."""
        person = self.portal.by_number(WAITS)
        case = self.scan(officer, person)
        self.confirm_phone(officer, case, person["phone"])
        assert self.issue(officer, case) == ""
        supervisor = self.visitor()
        boss = self.portal.person("counter supervisor")
        supervisor.sign_in(
            boss["sign_in_name"],
            boss["password"],
            self.app_code(boss["totp_secret"]),
            at="/counter/sign-in/",
        )
        supervisor.get("/counter/approvals/")
        waiting = re.search(r"/counter/approvals/[\w\-]{20,}/", supervisor.page.text)
        assert waiting, supervisor.page.text
        supervisor.get(waiting[0])
        supervisor.send(decision="approve", note="")
        assert self.issue(officer, case), officer.page.text
        self.scan(officer, self.portal.by_number(BROKEN))

    def cards(self) -> None:
        """The card-production system: good batches, a renewal, a body nobody signed; then a file."""
        for fields in (
            {"kind": "granted", "number": GRANTED, "count": ""},
            {"kind": "renewed", "number": SCANNED, "count": ""},
            {"kind": "granted", "number": "", "count": "20"},
        ):
            page = requests.post(f"{self.portal.sandbox}/cards/send", data=fields, timeout=30)
            assert page.status_code == 200
            assert "issued" in page.text or "refreshed" in page.text, page.text
            for number in set(_NUMBER.findall(page.text)):
                self.add_person(number)
        anybody = data.PEOPLE[WAITS]
        unsigned = {"events": [{"personal_number": anybody.number, "full_name": anybody.name}]}
        address = f"{self.portal.url}/api/v1/card-events"
        assert requests.post(address, json=unsigned, timeout=30).status_code == 401
        self.import_file()

    def import_file(self) -> None:
        """Events from a file, bad lines among them."""
        file = self.portal.var / "sandbox" / "events.jsonl"  # outside the portal's own folders
        self.portal.python(
            *("-m", "eid_portal.sandbox.send_cards", "--count", "30", "--write", str(file))
        )
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for line in lines:
            self.add_person(line["personal_number"], phone=line["phone"])
        lines[3]["birth_date"] = "31/02/1990"
        lines[4]["full_name"] = _MADE_UP_NAME + "\u202e"
        lines[5]["personal_number"] += "7"
        broken = [json.dumps(line, ensure_ascii=False) for line in lines]
        broken[6] = broken[6][:80]
        file.write_text("\n".join(broken) + "\n", encoding="utf-8")
        self.printed += self.portal.python("manage.py", "import_card_events", str(file), expected=3)
        self.printed += file.with_name(f"{file.name}.errors").read_text(encoding="utf-8")

    def administer(self) -> None:
        """Find and open a citizen's data with a reason that names them; make an officer."""
        admin = self.visitor()
        person = self.portal.person("administrator")
        admin.sign_in(
            person["sign_in_name"], person["password"], self.app_code(person["totp_secret"])
        )
        admin.get("/admin/accounts/citizen/")
        admin.send("find/", number=SCANNED)
        assert re.fullmatch(r"/admin/accounts/citizen/[0-9a-f\-]{36}/change/", admin.at), admin.at
        admin.get(admin.at.replace("change/", "unmask/"))
        scanned = data.PEOPLE[SCANNED]
        admin.send(reason=f"{scanned.name}, {scanned.number}, {scanned.born:%d/%m/%Y} asked")
        assert SCANNED in admin.page.text
        admin.get("/admin/accounts/account/add/")
        admin.send(
            number=NEW_OFFICER,
            kind="officer",
            sign_in_name="cb-leak-test",
            phone=local(data.PEOPLE[NEW_OFFICER].phone),
        )
        found = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}\b", admin.page.text)
        assert found, admin.page.text
        self.canaries.add_secret("a slip code", found[0])
        for page in ("account", "citizen", "officerole"):
            admin.get(f"/admin/accounts/{page}/")
        admin.get("/admin/core/auditevent/")

    def stray(self) -> None:
        """A visitor puts a person's data wherever a request has room."""
        visitor = self.visitor()
        person = data.PEOPLE[SCANNED]
        number, name = person.number, person.name
        for path in (f"/{number}/", f"/{name}/", f"/counter/cases/{number}/", f"/api/v1/{number}"):
            visitor.get(path)
        for query in (f"?number={number}", f"?next=/{number}", f"?name={name}", f"?to={name}"):
            for path in ("/sign-in/", "/language/", "/help/", "/api/v1/card-events", "/readyz"):
                visitor.get(path + query)
        for value in (number, person.phone, f"{person.born:%d/%m/%Y}", f"{int(number):032d}",
                      f"00000000-0000-0000-0000-{number}"):  # fmt: skip
            headers = dict.fromkeys(
                ("X-Request-ID", "User-Agent", "Referer", "Origin", "X-Forwarded-For", "Accept-Language"),
                value,
            )  # fmt: skip
            visitor.get("/sign-in/", headers=headers)
            visitor.send(username=number, password=WRONG)
            page = visitor.http.post(
                f"{self.portal.url}/sign-in/", data={"username": number}, headers=headers
            )
            assert page.status_code == 403  # no token
        for cookie in ("__Host-session", "__Host-device", "__Host-flow", "__Host-csrf"):
            requests.get(f"{self.portal.url}/", cookies={cookie: number}, timeout=30)

    def settle(self) -> None:
        """Wait until nothing is left to do now; texts that are not urgent wait for the morning."""
        until = time.monotonic() + 60
        waiting = (
            "SELECT count(*) FROM core_job WHERE done_at IS NULL AND given_up_at IS NULL"
            " AND next_attempt_at < now() + interval '5 minutes'"
        )
        while self.portal.sql(waiting) != "0":
            assert time.monotonic() < until
            time.sleep(0.2)


def _strings(document: Any) -> list[str]:
    """Every secret of the key file."""
    if isinstance(document, dict):
        return [found for value in document.values() for found in _strings(value)]
    if isinstance(document, list):
        return [found for value in document for found in _strings(value)]
    return [document] if isinstance(document, str) and len(document) > 30 else []
