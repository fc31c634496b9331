"""A visit to the counter, against the sandbox's register: scan, compare, confirm the phone, issue, print."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import tasks
from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    CardEventKind,
    CaseState,
    Role,
    Sex,
)
from accounts.models import (
    Account,
    ActivationSlip,
    Authenticator,
    CardCase,
    Citizen,
    Notice,
    Portrait,
    Relation,
)
from accounts.rules import scan
from accounts.services import counter, counter_issue, grants, issuing, register
from eid_portal.core import clock, passwords
from eid_portal.core.models import Approval, AuditEvent
from eid_portal.sandbox import data
from tests import factories
from tests.accounts.desk import (
    ALL,
    BIRTH,
    BROKEN,
    CHILD,
    COLLEAGUE,
    DEAD,
    EXPIRED,
    LOST,
    NAME,
    NOBODY,
    OFFICER,
    PHUC,
    REVOKED,
    SPELLING,
    WARD,
    YEN,
    at,
    confirm_phone,
    desk,
    findings,
    make_officer,
    office,
    officer,
    open_case,
    scan_card,
)
from tests.outside_world import OutsideWorld

__all__ = ["desk", "office", "officer"]  # fixtures
pytestmark = pytest.mark.django_db


# --- The whole way ------------------------------------------------------------------------------
def test_a_scan_becomes_an_account_and_a_slip(
    desk: Client, sandbox: OutsideWorld, officer: Account
) -> None:
    case = open_case(desk, PHUC)
    page = desk.get(at(case)).content.decode()
    assert "LÊ HOÀNG PHÚC" in page
    assert findings(case) == []
    confirm_phone(desk, case, sandbox)

    slip_page = desk.post(at(case, "issue/"), {"checks": ALL})

    assert slip_page.status_code == 200
    assert slip_page["Cache-Control"] == "no-store"
    code = re.search(r"<strong>(\w{4})-(\w{4})</strong>", slip_page.content.decode())
    assert code
    assert PHUC not in slip_page.content.decode()
    case.refresh_from_db()
    assert case.account is not None
    assert (case.state, case.account.state, case.account.level) == ("ISSUED", "ISSUED", 2)
    slip = ActivationSlip.objects.get()
    assert passwords.matches(code[1] + code[2], slip.code_hash)
    sms = Authenticator.objects.get(account=case.account, kind=AuthenticatorKind.SMS)
    assert sms.secret == "+84501234567"
    shown = AuditEvent.objects.filter(subject_id=case.citizen_id, shown=True)
    names = set(shown.values_list("name", flat=True))
    assert {"accounts.register_asked", "accounts.phone_verified", "accounts.account_issued",
            "accounts.slip_printed", "accounts.case_issued"} <= names  # fmt: skip
    asked = AuditEvent.objects.get(name="accounts.register_asked")
    assert (asked.purpose, asked.actor_id) == ("counter", officer.pk)


def test_the_code_is_shown_once_and_printing_again_makes_another(
    desk: Client, sandbox: OutsideWorld
) -> None:
    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)
    first = desk.post(at(case, "issue/"), {"checks": ALL}).content.decode()
    reload = desk.post(at(case, "issue/"), {"checks": ALL})
    assert (reload.status_code, reload["Location"]) == (302, at(case))
    page = desk.get(at(case)).content.decode()
    code = re.search(r"<strong>(\w{4}-\w{4})</strong>", first)[1]  # type: ignore[index]
    assert code not in page
    again = desk.post(at(case, "slip/")).content.decode()
    assert code not in again
    assert ActivationSlip.objects.filter(void_at__isnull=True).count() == 1
    assert Account.objects.filter(kind=AccountKind.CITIZEN).count() == 1


def test_actions_by_get_show_the_case(desk: Client) -> None:
    case = open_case(desk, PHUC)
    for action in ("register/", "phone/", "phone/code/", "phone/change/", "issue/", "slip/", "leave/"):  # fmt: skip
        answer = desk.get(at(case, action))
        assert (answer.status_code, answer["Location"]) == (302, at(case))


def test_the_same_scan_twice_is_one_case(desk: Client) -> None:
    assert open_case(desk, PHUC) == open_case(desk, PHUC)
    assert CardCase.objects.count() == 1


def test_a_typed_number_becomes_a_scan_when_the_card_is_found(desk: Client) -> None:
    scan_card(desk, PHUC)
    case = open_case(desk, PHUC)
    assert (CardCase.objects.count(), case.source) == (1, "QR")
    assert findings(case) == []
    scan_card(desk, "\n".join(data.PEOPLE[PHUC].mrz))
    case.refresh_from_db()
    assert (CardCase.objects.count(), case.source, case.findings) == (1, "MRZ", [])


def test_the_photo_is_sealed_and_only_shown_to_the_desk(desk: Client, office: Any) -> None:
    case = open_case(desk, PHUC)
    answer = desk.get(at(case, "photo/"))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content == Portrait.objects.get().image
    stranger = factories.signed_in(Client(), make_officer(COLLEAGUE, office), office)
    assert stranger.get(at(case, "photo/")).status_code == 404
    assert stranger.get(at(case)).status_code == 404
    assert Client().get(at(case, "photo/")).status_code in {302, 303}


def test_a_colleague_without_the_role_sees_no_photo_of_a_case_that_waits(
    desk: Client, office: Any
) -> None:
    case = open_case(desk, PHUC)
    desk.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    colleague = make_officer(COLLEAGUE, office)
    other = factories.signed_in(Client(), colleague, office)
    assert other.get(at(case, "photo/")).status_code == 404

    factories.make_role(colleague, office, Role.SUPERVISOR)
    assert other.get(at(case, "photo/")).status_code == 200


def test_relations_are_kept_between_people_we_hold(desk: Client) -> None:
    father = open_case(desk, "001085000001").citizen
    child = open_case(desk, CHILD).citizen
    assert father is not None
    kinds = set(Relation.objects.filter(citizen=child).values_list("kind", "other"))
    assert kinds == {("HOUSEHOLD_HEAD", father.pk), ("GUARDIAN", father.pk)}


# --- What disagrees -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (SPELLING, ["name_marks"]),
        (NAME, ["name_differs"]),
        (BIRTH, ["birth_date_differs"]),
        (EXPIRED, ["card_expired"]),
        (DEAD, ["dead"]),
        (REVOKED, ["card_not_valid"]),
        (LOST, ["card_not_valid"]),
        (NOBODY, ["not_found"]),
        (BROKEN, ["register_away"]),
    ],
)
def test_every_disagreement_is_found_and_explained(desk: Client, number: str, expected: list[str]) -> None:  # fmt: skip
    case = open_case(desk, number)
    assert findings(case) == expected
    page = desk.get(at(case))
    assert page.status_code == 200
    from accounts.rules.findings import Finding
    from accounts.views.counter_words import FINDINGS

    for code in expected:
        assert str(FINDINGS[Finding(code)][1]) in page.content.decode().replace("&#39;", "'")


def test_telex_from_the_scanner_is_explained_and_no_error(desk: Client) -> None:
    payload = data.PEOPLE[PHUC].qr.replace("Lê Hoàng Phúc", "Lee Hoangf Phucs")
    answer = scan_card(desk, payload)
    case = CardCase.objects.get(public_id=answer["Location"].split("/")[3])
    assert findings(case) == ["name_keyboard"]


def test_a_birth_date_that_contradicts_the_number_stops(desk: Client, sandbox: OutsideWorld) -> None:  # fmt: skip
    answer = scan_card(desk, data.PEOPLE[PHUC].qr.replace("|02111990|", "|02111991|"))
    case = CardCase.objects.get(public_id=answer["Location"].split("/")[3])
    assert "birth_year_number" in findings(case)
    desk.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    case.refresh_from_db()
    assert case.state == CaseState.OPEN
    assert not Approval.objects.exists()


@pytest.mark.parametrize("number", [EXPIRED, DEAD, REVOKED, NOBODY])
def test_what_nobody_can_approve_is_not_issued(desk: Client, number: str) -> None:
    case = open_case(desk, number)
    answer = desk.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    assert answer.status_code == 302
    case.refresh_from_db()
    assert case.state == CaseState.OPEN
    assert not Account.objects.filter(kind=AccountKind.CITIZEN).exists()


@pytest.mark.parametrize(
    "bad",
    ["", "0012000\x0000015", "\u202e001200000015", "0790900000061", "07909000000", "|".join(["x"] * 7),
     "079090000006||Lê Hoàng", "IDLAO2000000152001200000015<<3\n0001018M4001016VNM<<<<<<<<<<<4\nA<<B" + "<" * 26,
     "9" * 5000, "Nguyễn", "\ud800".encode("utf-8", "surrogatepass")],
)  # fmt: skip
def test_a_bad_scan_is_told_and_opens_nothing(desk: Client, bad: Any) -> None:
    answer = desk.post("/counter/", {"card": bad})
    assert answer.status_code in {400, 422}
    assert "Traceback" not in answer.content.decode()
    assert not CardCase.objects.exists()


def test_full_width_digits_and_a_byte_order_mark_are_fine(desk: Client) -> None:
    answer = scan_card(desk, "\ufeff" + "".join(chr(0xFF10 + int(digit)) for digit in PHUC) + "\r\n")  # fmt: skip
    assert answer.status_code == 302


def test_the_register_away_says_since_when_and_is_asked_again(desk: Client) -> None:
    case = open_case(desk, BROKEN)
    assert case.register_status == "UNAVAILABLE"
    since = AuditEvent.objects.get(name="accounts.register_asked").recorded_at
    page = desk.get(at(case)).content.decode()
    assert f"{since.astimezone(clock.VIET_NAM):%H:%M}" in page
    assert desk.post(at(case, "register/")).status_code == 302
    assert AuditEvent.objects.filter(name="accounts.register_asked").count() == 2


# --- Issuing ------------------------------------------------------------------------------------
def test_every_check_must_be_confirmed(desk: Client, sandbox: OutsideWorld) -> None:
    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)
    answer = desk.post(at(case, "issue/"), {"checks": ["face"]})
    assert answer.status_code == 422
    assert not Account.objects.filter(kind=AccountKind.CITIZEN).exists()


def test_a_child_comes_with_a_guardian_and_level_2_on_request(desk: Client, sandbox: OutsideWorld) -> None:  # fmt: skip
    case = open_case(desk, CHILD)
    confirm_phone(desk, case, sandbox)
    assert desk.post(at(case, "issue/"), {"checks": ALL}).status_code == 422
    answer = desk.post(at(case, "issue/"), {"checks": [*ALL, "guardian"], "level_2": "on"})
    assert answer.status_code == 200
    case.refresh_from_db()
    assert case.account is not None
    assert case.account.level == 2
    assert case.checks == ["face", "fingerprint", "guardian"]


def test_an_adult_ward_comes_with_the_guardian_the_register_names(
    desk: Client, sandbox: OutsideWorld
) -> None:
    case = open_case(desk, WARD)
    confirm_phone(desk, case, sandbox)
    guardian = data.PEOPLE[data.PEOPLE[WARD].guardians[0]].name

    assert guardian in desk.get(at(case)).content.decode()
    assert desk.post(at(case, "issue/"), {"checks": ALL}).status_code == 422
    answer = desk.post(at(case, "issue/"), {"checks": [*ALL, "guardian"]})

    assert answer.status_code == 200
    case.refresh_from_db()
    assert case.state == "ISSUED"


def test_what_the_register_says_of_life_and_when_is_kept_of_people_we_hold(desk: Client) -> None:
    person = data.PEOPLE[DEAD]
    factories.make_citizen(
        personal_number=DEAD, full_name=person.name, birth_date=person.born, sex=person.sex
    )
    open_case(desk, DEAD)

    citizen = CardCase.objects.select_related("citizen").get().citizen
    assert citizen is not None
    assert citizen.alive is False
    assert citizen.checked_with_register_at is not None


def test_a_number_the_register_re_established_is_taken_over_and_the_old_one_still_finds(
    desk: Client, sandbox: OutsideWorld
) -> None:
    person = data.PEOPLE["033188000016"]
    citizen = factories.make_citizen(
        personal_number=person.former, full_name=person.name, birth_date=person.born, sex="M"
    )
    account = factories.make_account(citizen)

    answer = scan_card(desk, person.former)  # the old card, read by its number

    case = CardCase.objects.get(public_id=answer["Location"].split("/")[3])
    assert case.citizen == citizen
    assert "number_changed" in findings(case)
    citizen.refresh_from_db()
    assert citizen.personal_number == person.number
    for number in (person.number, person.former):
        assert register.find_citizen(number) == citizen
    event = AuditEvent.objects.get(name="accounts.citizen_updated")
    assert (event.actor_kind, event.party) == ("party", "population")
    assert person.number not in str(event.data)
    told = Notice.objects.filter(account=account, kind="NUMBER_CHANGED")
    assert "INBOX" in {notice.channel for notice in told}
    assert not any(person.number in notice.text for notice in told)

    scan_card(desk, person.former)  # once is enough
    assert citizen.former_numbers.count() == 1
    card = grants.Card(number="188000016", issued_on=date(2026, 1, 5))
    grant = grants.Grant(
        person=grants.Person(
            personal_number=person.former,
            full_name=person.name,
            birth_date=person.born,
            sex=Sex.MALE,
        ),
        card=card,
        kind=CardEventKind.RENEWED,
    )
    with pytest.raises(issuing.IssuingRefused, match="former_number"):
        issuing.issue_account(
            grant=grant, by="card_production", actor=factories.actor(), now=clock.now()
        )
    assert Citizen.objects.filter(accounts=account).get() == citizen


def test_an_office_that_was_closed_serves_nobody(desk: Client, office: Any) -> None:
    assert desk.get("/counter/").status_code == 200
    office.valid_to = clock.today(clock.now())
    office.save()
    assert desk.get("/counter/").status_code == 403


def test_nobody_serves_themselves(desk: Client, officer: Account, office: Any) -> None:
    answer = scan_card(desk, data.PEOPLE[OFFICER].qr)
    assert answer.status_code == 422
    assert not CardCase.objects.exists()
    case = CardCase.objects.create(
        state="OPEN", officer=officer, office=office, source="QR", citizen=officer.citizen,
        card_reading={"number": OFFICER}, opened_at=clock.now(), register_status="FOUND",
    )  # fmt: skip
    with pytest.raises(counter.ForOneself):
        counter_issue.issue(
            case=case, checks=ALL, level_2_requested=False, no_phone=True,
            actor=factories.actor_of(officer, office), now=clock.now(),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "typed", "no_phone", "reasons"),
    [(PHUC, True, False, ["NO_CARD"]), (NAME, False, False, ["DISAGREEMENT"]), (PHUC, False, True, ["NO_PHONE"]),
     (NAME, False, True, ["DISAGREEMENT", "NO_PHONE"])],
)  # fmt: skip
def test_exceptions_wait_for_a_second_human(
    desk: Client, sandbox: OutsideWorld, number: str, typed: bool, no_phone: bool, reasons: list[str]
) -> None:  # fmt: skip
    answer = scan_card(desk, number if typed else data.PEOPLE[number].qr)
    case = CardCase.objects.get(public_id=answer["Location"].split("/")[3])
    if not no_phone:
        confirm_phone(desk, case, sandbox)
    extra = {"no_phone": "1"} if no_phone else {}
    answer = desk.post(at(case, "issue/"), {"checks": ALL, **extra})
    assert (answer.status_code, answer["Location"]) == (302, at(case))
    case.refresh_from_db()
    assert (case.state, case.exceptions) == ("WAITING", reasons)
    approval = Approval.objects.get()
    assert (approval.kind, approval.reason) == ("accounts.case", ",".join(reasons))
    assert not Account.objects.filter(kind=AccountKind.CITIZEN).exists()
    assert desk.get(at(case)).status_code == 200
    assert desk.post(at(case, "issue/"), {"checks": ALL, **extra}).status_code == 302
    assert Approval.objects.count() == 1


def test_a_second_account_within_30_days_waits(desk: Client, sandbox: OutsideWorld) -> None:
    first = open_case(desk, PHUC)
    confirm_phone(desk, first, sandbox)
    desk.post(at(first, "issue/"), {"checks": ALL})
    CardCase.objects.filter(pk=first.pk).update(closed_at=clock.now() - timedelta(days=31))
    second = open_case(desk, PHUC)
    assert desk.post(at(second, "issue/"), {"checks": ALL}).status_code == 200
    third = open_case(desk, PHUC)
    desk.post(at(third, "issue/"), {"checks": ALL})
    third.refresh_from_db()
    assert (third.state, third.exceptions) == ("WAITING", ["RECENT_ISSUE"])


def test_while_the_register_is_away_only_people_we_hold_can_be_served(desk: Client) -> None:
    person = data.PEOPLE[BROKEN]
    case = open_case(desk, BROKEN)
    answer = desk.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    assert answer.status_code == 302
    case.refresh_from_db()
    assert case.state == "OPEN"
    desk.post(at(case, "leave/"))
    citizen = factories.make_citizen(
        personal_number=BROKEN, full_name=person.name, birth_date=person.born, sex=person.sex
    )
    factories.make_card(
        citizen, number=person.card_number, issued_on=person.issued, expires_on=person.expires
    )
    case = open_case(desk, BROKEN)
    desk.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    case.refresh_from_db()
    assert (case.state, case.exceptions) == ("WAITING", ["NO_PHONE", "REGISTER_AWAY"])


def test_an_active_account_keeps_what_it_has_and_needs_no_slip(desk: Client) -> None:
    person = data.PEOPLE[PHUC]
    citizen = factories.make_citizen(
        personal_number=PHUC, full_name=person.name, birth_date=person.born, sex=person.sex
    )
    account = factories.make_account(citizen, level=1)
    factories.make_phone(account, "+84501234567")
    case = open_case(desk, PHUC)
    answer = desk.post(at(case, "issue/"), {"checks": ALL})
    assert (answer.status_code, answer["Location"]) == (302, at(case))
    case.refresh_from_db()
    account.refresh_from_db()
    assert (case.state, case.account) == ("ISSUED", account)
    assert (account.level, account.state) == (2, AccountState.ACTIVE)
    assert not ActivationSlip.objects.exists()
    assert desk.get(at(case)).status_code == 200


def test_a_left_case_is_left_and_old_ones_leave_themselves(desk: Client) -> None:
    case = open_case(desk, PHUC)
    assert desk.post(at(case, "leave/")).status_code == 302
    assert desk.post(at(case, "leave/")).status_code == 302
    case.refresh_from_db()
    assert case.state == "ABANDONED"
    other = open_case(desk, PHUC)
    with clock.frozen(clock.now() + timedelta(hours=25)):
        tasks.abandon_cases()
    other.refresh_from_db()
    assert other.state == "ABANDONED"


@pytest.mark.parametrize(("state", "days"), [("OPEN", 1), ("APPROVED", 4)])
def test_nothing_is_issued_with_what_was_said_long_ago(
    desk: Client, officer: Account, office: Any, sandbox: OutsideWorld, state: str, days: int
) -> None:
    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)
    opened = clock.now() - timedelta(days=days, minutes=1)
    CardCase.objects.update(state=state, opened_at=opened)
    case.refresh_from_db()

    with pytest.raises(counter_issue.TooOld):
        counter_issue.issue(
            case=case, checks=ALL, level_2_requested=False, no_phone=False,
            actor=factories.actor_of(officer, office), now=clock.now(),
        )  # fmt: skip

    assert counter.abandon_old(now=clock.now()) == 1
    case.refresh_from_db()
    assert case.state == "ABANDONED"


def test_a_case_of_nobody_and_of_another_office_look_alike(desk: Client, officer: Account) -> None:
    case = open_case(desk, PHUC)
    elsewhere = factories.make_office("HN-02")
    factories.make_role(officer, elsewhere)
    other = factories.signed_in(Client(), officer, elsewhere)
    assert other.get(at(case)).status_code == 404
    assert desk.get("/counter/cases/nothing/").status_code == 404


def test_citizens_and_officers_without_a_role_are_refused(office: Any) -> None:
    citizen = factories.signed_in(Client(), factories.make_account(factories.make_citizen(17)))
    assert citizen.get("/counter/").status_code == 403
    jobless = factories.signed_in(Client(), factories.make_staff(51), office)
    assert jobless.get("/counter/").status_code == 403


def test_nothing_of_a_case_stands_in_clear(desk: Client, sandbox: OutsideWorld) -> None:
    from django.db import connection

    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)
    desk.post(at(case, "issue/"), {"checks": ALL})
    tables = ("accounts_cardcase", "accounts_citizen", "core_auditevent", "accounts_portrait")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            text = cursor.fetchone()[0]
            for secret in (PHUC, "Phúc", "1990-11-02", "501234567"):
                assert secret not in text, (table, secret)


def test_the_home_page_lists_todays_cases_and_times(desk: Client, sandbox: OutsideWorld) -> None:
    case = open_case(desk, PHUC)
    page = desk.get("/counter/").content.decode()
    assert PHUC[-4:] in page
    assert PHUC not in page
    assert "autofocus" in page
    assert case.public_id in page


def test_a_reading_of_a_case_is_kept_whole(desk: Client) -> None:
    reading = scan.read(data.PEOPLE[YEN].qr)
    case = open_case(desk, YEN)
    assert case.card_reading["number"] == reading.number
    assert Citizen.objects.filter(cases=case).exists()
