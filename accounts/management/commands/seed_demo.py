"""Make the demonstration's offices, officers and first accounts, and write their sign-in data to `demo.json`."""

import json
import os
import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import events, states
from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    AuthenticatorState,
    CardEventKind,
    CaseState,
    CaseTask,
    ConsentPurpose,
    DataCategory,
    GuardianshipBasis,
    Role,
    ScanSource,
    Sex,
)
from accounts.models import Account, Authenticator, CardCase, Office, OfficeRole, Province
from accounts.rules import kept, scan
from accounts.services import (
    authenticators,
    consents,
    grants,
    guardianship_records,
    guardianships,
    issuing,
    slips,
    trust_store,
)
from eid_portal.core import clock, sealed
from eid_portal.core.events import SYSTEM, Actor, ActorKind
from eid_portal.core.transitions import move

# The sandbox's people by what they are here; the numbers are synthetic.
COUNTER, COLLEAGUE, SUPERVISOR = "001192000020", "001089000021", "001176000022"
ROADSIDE: Final = "001090000025"
CASE, CASE_COLLEAGUE, CASE_LEAD = "001088000026", "001183000027", "001079000028"
ADMINISTRATORS: Final = ("001080000023", "001184000024")
ACTIVE, ISSUED = "001085000001", "079090000006"
# Nothing is in their wallets yet.
EMPTY: Final = ("048190000040", "092093000041", "040081000042", "040195000043")
MOTHER, FATHER = "079191000030", "079089000031"
DAUGHTER, GRANDMOTHER = "079317000032", "079153000034"
SON: Final = re.compile(r"0792\d\d000033", re.ASCII)  # who turns 14 soon, whatever the year
STAFF_NAMES: Final = {
    COUNTER: "cb000020",
    COLLEAGUE: "cb000021",
    SUPERVISOR: "cb000022",
    ADMINISTRATORS[0]: "qt000023",
    ADMINISTRATORS[1]: "qt000024",
    ROADSIDE: "gt000025",
    CASE: "hs000026",
    CASE_COLLEAGUE: "hs000027",
    CASE_LEAD: "hs000028",
}
STAFF_ROLES: Final = {
    COUNTER: Role.COUNTER,
    COLLEAGUE: Role.COUNTER,
    SUPERVISOR: Role.SUPERVISOR,
    ROADSIDE: Role.ROADSIDE,
    CASE: Role.CASE,
    CASE_COLLEAGUE: Role.CASE,
    CASE_LEAD: Role.CASE_LEAD,
}
# Where they work, among the offices that are made, if not at the first.
STAFF_OFFICES: Final = {ROADSIDE: 2, CASE: 3, CASE_COLLEAGUE: 3, CASE_LEAD: 3}
WORDS: Final = (
    "sen",
    "tre",
    "song",
    "nui",
    "lua",
    "trang",
    "gio",
    "mua",
    "chim",
    "hoa",
    "bien",
    "dao",
)
PATIENCE: Final = 20  # seconds for the sandbox to start


@dataclass(frozen=True)
class Demonstration:
    """The people the sandbox knows, by number, its registries and bills, and the moment of seeding."""

    people: dict[str, dict[str, Any]]
    registries: list[dict[str, str]]
    bills: list[dict[str, str]]
    now: datetime


class Command(BaseCommand):
    help = "Make demonstration people and write EID_VAR/demo.json; refuses to run in production."

    def handle(self, **_options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("demonstration people do not belong here")
        path = settings.VAR / "demo.json"
        fresh = path.with_suffix(".new")
        if Account.objects.exists():
            if fresh.exists():  # killed between the two
                fresh.replace(path)
                return
            raise CommandError(f"there are accounts already, but no {path}: remove the data folder")
        people, registries, bills = _sandbox_people()
        demo = Demonstration(people=people, registries=registries, bills=bills, now=clock.now())
        with transaction.atomic():
            offices = _make_offices(demo.now)
            trust_store.trust(
                (settings.VAR / "country-signer.cer").read_bytes(), None, now=demo.now
            )
            told = [_make_staff(demo, number, offices) for number in STAFF_NAMES]
            told += [_make_active(demo), _make_issued(demo), *_make_family(demo, offices[0])]
            told += [_make_empty(demo, number) for number in EMPTY]
            told += _at_the_counter(demo)
            for person in told:
                known = demo.people[person["personal_number"]]
                person |= {name: known[name] for name in ("papers", "bank_accounts")}
            document = {
                "addresses": _addresses(),
                "registries": demo.registries,
                "bills": demo.bills,
                "people": told,
            }
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(document, file, ensure_ascii=False, indent=1)
        fresh.replace(path)
        self.stdout.write(f"made {len(told)} demonstration people")


def _addresses() -> dict[str, str]:
    portal = settings.PORTAL_URL
    return {
        "portal": f"{portal}/",
        "activate": f"{portal}/activate/",
        "counter": f"{portal}/counter/",
        "admin": f"{portal}/admin/",
        "api_docs": f"{portal}/api/docs/",
        "sandbox": f"{settings.SANDBOX_PUBLIC_URL}/",
        "phones": f"{settings.SANDBOX_PUBLIC_URL}/phones/",
        "registries": f"{settings.SANDBOX_PUBLIC_URL}/registries/",
        "corrections": f"{settings.SANDBOX_PUBLIC_URL}/corrections/",
    }


def _sandbox_people() -> tuple[
    dict[str, dict[str, Any]], list[dict[str, str]], list[dict[str, str]]
]:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            answer = requests.get(f"{settings.SANDBOX_URL}/people.json", timeout=5)
            answer.raise_for_status()
            told = answer.json()
            people = {person["personal_number"]: person for person in told["people"]}
            registries = [_switch(registry) for registry in told["registries"]]
            return people, registries, told["bills"]
        except requests.RequestException as error:
            if time.monotonic() > until:
                raise CommandError("the sandbox does not answer; it knows the people") from error
            time.sleep(0.2)


def _switch(registry: dict[str, str]) -> dict[str, str]:
    """A registry and where a browser switches it off."""
    return registry | {
        "page": f"{settings.SANDBOX_PUBLIC_URL}/registries/{registry['party']}/",
        "try": "let it be down, hanging or broken, and see what the wallet says",
    }


def _make_offices(now: datetime) -> list[Office]:
    today = clock.today(now)
    return [
        Office.objects.create(
            code=code,
            name=name,
            name_en=name_en,
            province=Province.objects.get(code=province),
            valid_from=today,  # without networks and hours: the demonstration works from anywhere at any time
        )
        for code, name, name_en, province in (
            ("HN-CN", "Công an phường Cửa Nam", "Cua Nam Ward Police", "01"),
            ("DN-HC", "Công an phường Hải Châu", "Hai Chau Ward Police", "48"),
            ("HN-GT", "Phòng Cảnh sát giao thông Hà Nội", "Ha Noi Traffic Police", "01"),
            ("HN-MC", "Bộ phận Một cửa Hà Nội", "Ha Noi One-Stop Office", "01"),
        )
    ]


def _issue(demo: Demonstration, number: str, *, phone: bool) -> grants.Issued:
    person = demo.people[number]
    card = scan.read(person["qr"])
    if not isinstance(card, scan.QrReading):
        raise CommandError("the sandbox's QR payload is another thing")
    line, commune, province = card.residence.rsplit(", ", 2)
    grant = grants.Grant(
        person=grants.Person(
            personal_number=number,
            full_name=person["full_name"],
            birth_date=card.birth_date,
            sex=Sex(person["sex"]),
            nationality="VNM",
            residence={"province": province, "commune": commune, "line": line},
        ),
        card=grants.Card(number=number[3:], issued_on=card.issued_on, expires_on=None),
        kind=CardEventKind.GRANTED,
        phone=person["phone"] if phone else None,
        level_2_requested=False,
    )
    return issuing.issue_account(
        grant=grant,
        by="card_production",
        actor=Actor(kind=ActorKind.PARTY, party="card-production"),
        now=demo.now,
    )


def _make_staff(demo: Demonstration, number: str, offices: list[Office]) -> dict[str, Any]:
    issued = _issue(demo, number, phone=False)
    role = STAFF_ROLES.get(number)
    account = Account.objects.create(
        state=AccountState.ISSUED,
        kind=AccountKind.OFFICER if role else AccountKind.ADMINISTRATOR,
        citizen_id=issued.citizen_id,
        sign_in_name=STAFF_NAMES[number],
    )
    if role:
        office = offices[STAFF_OFFICES.get(number, 0)]
        OfficeRole.objects.create(account=account, office=office, role=role, granted_at=demo.now)
    # An officer's phone, so that the counter can be seen to refuse it.
    phone = demo.people[number]["phone"]
    sms = Authenticator.objects.create(
        state=AuthenticatorState.PENDING,
        account=account,
        account_kind=account.kind,
        kind=AuthenticatorKind.SMS,
        secret=phone,
        phone_index=sealed.blind_index("phone", phone),
    )
    authenticators.bind(sms, account=account, actor=SYSTEM, now=demo.now)
    told = _activate(demo, account)
    titles = {
        Role.COUNTER: "counter officer",
        Role.SUPERVISOR: "counter supervisor",
        Role.ROADSIDE: "traffic officer",
        Role.CASE: "case officer",
        Role.CASE_LEAD: "head of a desk",
    }
    tries = {
        COUNTER: ["scan a card: copy a QR payload or an MRZ from the sandbox's people"],
        COLLEAGUE: ["their phone is refused for a citizen"],
        SUPERVISOR: ["decide exceptions at /counter/approvals/"],
        ROADSIDE: ["look at a driver's licence or vehicle at /roadside/; the driver reads it"],
        CASE: ["take the most urgent application at /desk/"],
        CASE_COLLEAGUE: ["try to act on an application that the other one has taken"],
        CASE_LEAD: ["agree to a decision that needs four eyes, or give an application to somebody"],
    }
    return {
        "role": titles[role] if role else "administrator",
        "name": demo.people[number]["full_name"],
        "sign_in_name": account.sign_in_name,
        **told,
        "phone": phone,
        "personal_number": number,
        "try": tries.get(number, ["two administrators are needed to grant a role"]),
    }


def _make_active(demo: Demonstration) -> dict[str, Any]:
    account, told = _make_citizen(demo, ACTIVE)
    _agree(demo, account)
    return {
        "role": "citizen, active",
        **told,
        "try": [
            "sign in",
            "sign in by text message: codes arrive at the sandbox's phones",
            "link papers at /papers/: found by the person, or by a number of the list of papers",
            "withdraw a consent at /account/consents/",
            "see who looked at /account/data-log/, and ask for a copy at /account/data/",
        ],
    }


def _make_empty(demo: Demonstration, number: str) -> dict[str, Any]:
    return {
        "role": "citizen with an empty wallet",
        **_make_citizen(demo, number)[1],
        "try": ["link the first papers at /papers/", "show one: the code is read at /verify/"],
    }


def _make_citizen(demo: Demonstration, number: str) -> tuple[Account, dict[str, Any]]:
    """An active account, and what its holder signs in with."""
    account = Account.objects.get(pk=_issue(demo, number, phone=True).account_id)
    return account, {
        "name": demo.people[number]["full_name"],
        "sign_in_name": number,
        **_activate(demo, account),
        "phone": demo.people[number]["phone"],
        "personal_number": number,
    }


def _agree(demo: Demonstration, account: Account) -> None:
    """Two uses of data that were agreed to: one without a last day, one with others who have the data too."""
    for party, name, categories, purpose, words, others, days in (
        (
            "dien-luc-mau",
            "Điện lực Mẫu",
            (DataCategory.CUSTOMER_CODE, DataCategory.RESIDENCE),
            ConsentPurpose.BILLS,
            "Tôi đồng ý cho Điện lực Mẫu nhận mã khách hàng và nơi cư trú của tôi để báo hóa đơn.",
            False,
            None,
        ),
        (
            "ngan-hang-mau",
            "Ngân hàng Mẫu",
            (DataCategory.NAME, DataCategory.NUMBER_ENDING, DataCategory.PHOTO),
            ConsentPurpose.OPEN_ACCOUNT,
            "Tôi đồng ý cho Ngân hàng Mẫu và đơn vị thẻ nhận họ tên, 4 số cuối và ảnh để mở tài khoản.",
            True,
            365,
        ),
    ):
        consents.give(
            citizen_id=account.citizen_id,
            party=party,
            party_name=name,
            categories=categories,
            purpose=purpose,
            words=words,
            third_parties=others,
            valid_until=demo.now + timedelta(days=days) if days else None,
            actor=Actor(
                kind=ActorKind.CITIZEN, account_id=account.pk, citizen_id=account.citizen_id
            ),
            now=demo.now,
        )


def _make_issued(demo: Demonstration) -> dict[str, Any]:
    issued = _issue(demo, ISSUED, phone=True)
    officer = Account.objects.get(sign_in_name=STAFF_NAMES[COUNTER])
    actor = Actor(kind=ActorKind.OFFICER, account_id=officer.pk, citizen_id=officer.citizen_id)
    _slip, code = slips.print_slip(
        account=Account.objects.get(pk=issued.account_id), case=None, actor=actor, now=demo.now
    )
    return {
        "role": "citizen with a slip, not yet activated",
        "name": demo.people[ISSUED]["full_name"],
        "phone": demo.people[ISSUED]["phone"],
        "personal_number": ISSUED,
        "slip_code": code,
        "try": [f"activate with the code {code}; the text message arrives at the sandbox's phones"],
    }


def _make_family(demo: Demonstration, office: Office) -> list[dict[str, Any]]:
    """Parents who act for two children, and a daughter who waits for a counter to act for her mother."""
    son = _son(demo)
    family = (MOTHER, FATHER, DAUGHTER, son, GRANDMOTHER)
    people = {
        number: Account.objects.select_related("citizen").get(
            pk=_issue(demo, number, phone=number in {MOTHER, FATHER}).account_id
        )
        for number in family
    }
    told = {number: _activate(demo, people[number]) for number in (MOTHER, FATHER, son)}
    for number, guardian, document in (
        (DAUGHTER, MOTHER, "117/2017, Phường Bến Thành"),
        (DAUGHTER, FATHER, "117/2017, Phường Bến Thành"),
        (son, MOTHER, "402/2012, Phường Bến Thành"),
        (GRANDMOTHER, MOTHER, "08/2026/QĐST-DS, Tòa án nhân dân khu vực 1"),
    ):
        _make_guardianship(demo, people[number], people[guardian], document, office)
    tries = {
        MOTHER: [
            "act for the children at /account/wards/",
            "their health cards are in the list of papers",
            "add somebody at /account/wards/add/",
        ],
        FATHER: ["act for the daughter: the mother and the daughter read it"],
        DAUGHTER: [
            "scan her card: she has an account that is not activated; both parents act for her"
        ],
        son: ["an account of level 1: turns 14 soon, then his mother's page of him closes"],
        GRANDMOTHER: [
            "at the counter, confirm her daughter's guardianship by the court's decision"
        ],
    }
    roles = {
        MOTHER: "citizen, guardian of two children and of her mother",
        FATHER: "citizen, guardian of a child",
        DAUGHTER: "child, account not yet activated",
        son: "child who turns 14 soon",
        GRANDMOTHER: "adult ward, waits for the counter",
    }
    return [
        {
            "role": roles[number],
            "name": demo.people[number]["full_name"],
            **({"sign_in_name": number} if number in told else {}),
            **told.get(number, {}),
            "phone": demo.people[number]["phone"],
            "personal_number": number,
            "qr": demo.people[number]["qr"],
            "mrz": demo.people[number]["mrz"],
            "try": tries[number],
        }
        for number in family
    ]


def _make_guardianship(
    demo: Demonstration, ward: Account, guardian: Account, document: str, office: Office
) -> None:
    """Claimed by the guardian; a child's confirmed at a counter too, unless the child has come of age meanwhile."""
    child = ward.citizen.personal_number != GRANDMOTHER
    row = guardianship_records.begin(
        ward.citizen,
        guardian.citizen,
        basis=GuardianshipBasis.PARENT if child else GuardianshipBasis.COURT,
        document=document,
        until=None,
        actor=Actor(kind=ActorKind.CITIZEN, account_id=guardian.pk, citizen_id=guardian.citizen_id),
        now=demo.now,
    )
    if row is None or not child:
        return
    officer = Account.objects.get(sign_in_name=STAFF_NAMES[COUNTER])
    case = CardCase.objects.create(
        state=CaseState.DONE,
        officer=officer,
        office=office,
        task=CaseTask.GUARDIANSHIP,
        source=ScanSource.TYPED,
        citizen=guardian.citizen,
        card_reading=kept.keep(scan.TypedNumber(number=guardian.citizen.personal_number)),
        opened_at=demo.now,
        closed_at=demo.now,
    )
    guardianships.confirm(
        guardianship=row,
        case=case,
        actor=Actor(
            kind=ActorKind.OFFICER,
            account_id=officer.pk,
            citizen_id=officer.citizen_id,
            office_id=office.pk,
        ),
        now=demo.now,
    )


def _son(demo: Demonstration) -> str:
    return next(number for number in demo.people if SON.fullmatch(number))


def _at_the_counter(demo: Demonstration) -> list[dict[str, Any]]:
    """People without an account, to be scanned; their last two digits choose what the register does."""
    family = {MOTHER, FATHER, DAUGHTER, _son(demo), GRANDMOTHER}
    known = {*STAFF_NAMES, *EMPTY, ACTIVE, ISSUED, *family}
    return [
        {
            "role": "citizen, to be scanned at the counter",
            "name": person["full_name"],
            "phone": person["phone"],
            "personal_number": number,
            "qr": person["qr"],
            "mrz": person["mrz"],
            "try": [
                f"register: {person['outcome']}",
                *([person["note"]] if person["note"] else []),
            ],
        }
        for number, person in demo.people.items()
        if number not in known
    ]


def _activate(demo: Demonstration, account: Account) -> dict[str, str]:
    """Bind a password and an authenticator app and make the account active; returns both for `demo.json`."""
    password = (
        "-".join(secrets.choice(WORDS) for _place in range(3))
        + f"-{secrets.randbelow(9000) + 1000}"
    )
    secret = authenticators.begin_totp(account=account, now=demo.now)
    for row in (
        authenticators.new_password(account=account, password=password, now=demo.now),
        secret,
    ):
        authenticators.bind(row, account=account, actor=SYSTEM, now=demo.now)
    move(
        account,
        states.ACCOUNT,
        to=AccountState.ACTIVE,
        event=events.AccountActivated(),
        actor=SYSTEM,
        subject_id=account.citizen_id,
        now=demo.now,
        activated_at=demo.now,
    )
    return {"password": password, "totp_secret": str(secret.secret)}
