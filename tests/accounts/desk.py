"""A counter's desk in tests: an officer signed in at an office, the sandbox's people, and what is done with a case."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.enums import (
    AuthenticatorKind,
    Role,
)
from accounts.models import (
    Account,
    Authenticator,
    CardCase,
)
from eid_portal.core import jobs
from eid_portal.sandbox import data
from tests import factories
from tests.outside_world import OutsideWorld

PHUC, YEN, CHILD, WARD = "079090000006", "001153000005", "001216000004", "046096000015"
SPELLING, NAME, BIRTH = "034186000091", "042093000091", "001182000092"
EXPIRED, DEAD, BROKEN, NOBODY, REVOKED, LOST = (
    "079201000088", "026050000090", "022194000094", "096091000097", "082188000098", "072086000099",
)  # fmt: skip
OFFICER, COLLEAGUE = "001192000020", "001089000021"
PHONE = "0501234567"


@pytest.fixture
def office() -> Any:
    return factories.make_office()


def make_officer(number: str, office: Any, role: str = Role.COUNTER) -> Account:
    born = data.PEOPLE[number].born
    citizen = factories.make_citizen(
        personal_number=number, full_name=data.PEOPLE[number].name, birth_date=born,
        sex=data.PEOPLE[number].sex,
    )  # fmt: skip
    account = factories.make_staff(citizen=citizen, sign_in_name=f"cb{number[-6:]}")
    factories.make_role(account, office, role)
    return account


@pytest.fixture
def officer(office: Any) -> Account:
    return make_officer(OFFICER, office)


@pytest.fixture
def desk(officer: Account, office: Any, sandbox: OutsideWorld) -> Client:
    return factories.signed_in(Client(), officer, office)


def scan_card(desk: Client, text: str) -> Any:
    return desk.post("/counter/", {"card": text})


def open_case(desk: Client, number: str) -> CardCase:
    answer = scan_card(desk, data.PEOPLE[number].qr)
    assert answer.status_code == 302, answer.content.decode()
    return CardCase.objects.get(public_id=answer["Location"].split("/")[3])


def at(case: CardCase, action: str = "") -> str:
    return f"/counter/cases/{case.public_id}/{action}"


def the_code(sandbox: OutsideWorld, phone: str = "+84501234567") -> str:
    jobs.run_due()
    found = re.search(r"\b\d{6}\b", sandbox.messages(phone)[0].text)
    assert found
    return found[0]


def confirm_phone(desk: Client, case: CardCase, sandbox: OutsideWorld) -> None:
    assert desk.post(at(case, "phone/"), {"phone": PHONE}).status_code == 302
    answer = desk.post(at(case, "phone/code/"), {"code": the_code(sandbox)})
    assert answer.status_code == 302


ALL = ["face", "fingerprint"]


def findings(case: CardCase) -> list[str]:
    case.refresh_from_db()
    return list(case.findings)


OLD_PHONE = "+84501234560"


def hold_phone(**columns: Any) -> Account:
    """The account of PHÚC, with a phone on file."""
    person = data.PEOPLE[PHUC]
    citizen = factories.make_citizen(
        personal_number=PHUC, full_name=person.name, birth_date=person.born, sex=person.sex
    )
    account = factories.make_account(citizen, **columns)
    factories.make_phone(account, OLD_PHONE)
    return account


def phones_of(account: Account) -> dict[str, str]:
    rows = Authenticator.objects.filter(account=account, kind=AuthenticatorKind.SMS)
    return {row.secret: row.state for row in rows}
