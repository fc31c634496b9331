"""What a counter does beside issuing."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from accounts import policy
from accounts.enums import (
    AccountState,
    ActedBy,
    AuthenticatorKind,
    CaseTask,
    ExceptionReason,
    LockReason,
    OwnerLockReason,
    Role,
)
from accounts.models import (
    Account,
    ActivationSlip,
    Authenticator,
    CardCase,
    ContactChange,
    DeviceSession,
    IdCard,
    Notice,
    Recovery,
    StopCode,
)
from accounts.rules import counter_tasks as rules
from accounts.services import contacts, counter_tasks, halting, locking
from accounts.services.counter import NotOpen
from eid_portal.core import approvals, clock, passwords
from eid_portal.core.models import Approval, AuditEvent
from tests import factories
from tests.accounts import test_activating as activation
from tests.accounts.desk import (
    ALL,
    OLD_PHONE,
    PHUC,
    at,
    confirm_phone,
    desk,
    hold_phone,
    make_officer,
    office,
    officer,
    open_case,
    phones_of,
)
from tests.outside_world import OutsideWorld

__all__ = ["desk", "office", "officer"]  # fixtures
pytestmark = pytest.mark.django_db
SUPERVISOR = "001176000022"


@pytest.fixture
def account() -> Account:
    """PHÚC, who has been using the account."""
    account = hold_phone()
    factories.make_card(account.citizen)
    factories.make_password(account)
    factories.make_totp(account)
    return account


def task(desk: Client, case: CardCase, name: str, **data: Any) -> Any:
    return desk.post(at(case, f"task/{name}/"), {"checks": ALL, **data})


def approve(case: CardCase, office: Any) -> None:
    """Another human agrees."""
    supervisor = Account.objects.filter(sign_in_name="cb000022").first()
    if supervisor is None:
        supervisor = make_officer(SUPERVISOR, office, Role.SUPERVISOR)
    now = clock.now()
    approvals.approve(
        approval=Approval.objects.get(target_id=case.pk),
        approver=factories.actor_of(supervisor, office),
        signed_in_at=now,
        now=now,
    )
    case.refresh_from_db()


def stands(case: CardCase) -> str:
    case.refresh_from_db()
    return str(case.state)


# --- Which tasks ------------------------------------------------------------------------------------
OWN, EXPIRED_CARD = LockReason.OWNER, LockReason.CARD_EXPIRED


@pytest.mark.parametrize(
    ("state", "reason", "valid_card", "tasks"),
    [
        ("ACTIVE", "", True, {"RECOVERY", "PHONE_CHANGE", "REMOVAL", "LOCK", "LOST_CARD"}),
        ("ACTIVE", "", False, {"REMOVAL", "LOCK"}),
        ("LOCKED", OWN, True, {"RECOVERY", "PHONE_CHANGE", "REMOVAL", "UNLOCK", "LOST_CARD"}),
        ("LOCKED", OWN, False, {"REMOVAL"}),
        ("LOCKED", EXPIRED_CARD, False, set()),
        ("LOCKED", LockReason.AUTHORITY, True, {"LOST_CARD"}),
        ("ISSUED", "", True, {"LOST_CARD"}),
        ("CLOSED", "", True, set()),
    ],
)
def test_the_tasks_of_an_account(
    state: str, reason: str, valid_card: bool, tasks: set[str]
) -> None:
    found = rules.available(
        state=AccountState(state),
        lock_reason=reason,
        has_valid_card=valid_card,
        removable=True,
        open_guardianships=False,
    )
    assert set(found) == tasks


def test_the_case_offers_what_can_be_done(desk: Client, account: Account) -> None:
    case = open_case(desk, PHUC)
    page = desk.get(at(case)).content.decode()
    assert at(case, "task/recovery/") in page
    assert at(case, "task/unlock/") not in page
    assert desk.get(at(case, "task/unlock/"))["Location"] == at(case)
    assert desk.get(at(case, "task/issue-money/")).status_code == 404


# --- Recovery ---------------------------------------------------------------------------------------
def test_recovery_takes_two_officers_and_keeps_the_level(
    desk: Client, account: Account, office: Any
) -> None:
    factories.signed_in(Client(), account)
    case = open_case(desk, PHUC)

    assert task(desk, case, "recovery").status_code == 302
    assert stands(case) == "WAITING"
    assert case.exceptions == [ExceptionReason.RECOVERY]
    assert Authenticator.objects.filter(account=account, state="ACTIVE").count() == 3
    approve(case, office)
    sheet = task(desk, case, "recovery").content.decode()

    slip = ActivationSlip.objects.get(account=account)
    assert slip.number in sheet
    assert slip.recovers
    assert stands(case) == "DONE"
    left = Authenticator.objects.filter(account=account, state="ACTIVE")
    assert [row.kind for row in left] == [AuthenticatorKind.SMS]
    assert not DeviceSession.objects.filter(account=account, ended_at__isnull=True).exists()
    account.refresh_from_db()
    assert (account.state, account.level) == ("ACTIVE", 2)
    assert AuditEvent.objects.filter(name="accounts.case_done", target_id=case.pk).exists()
    assert Notice.objects.filter(account=account, kind="CASE_DONE", channel="SMS").exists()


def test_the_slip_of_a_recovery_opens_the_way_to_new_authenticators(
    desk: Client, account: Account, office: Any
) -> None:
    case = open_case(desk, PHUC)
    task(desk, case, "recovery")
    approve(case, office)
    task(desk, case, "recovery")
    slip = ActivationSlip.objects.get(account=account)
    ActivationSlip.objects.filter(pk=slip.pk).update(
        code_hash=passwords.hash_password(factories.SLIP_CODE)
    )

    holder = Client()
    first = holder.post("/activate/", {"username": PHUC, "code": factories.SLIP_CODE})

    assert first["Location"] == "/activate/code/"
    second = holder.post("/activate/code/", {"code": factories.sent_code()})
    assert second["Location"] == "/activate/password/"


def slip_in_hand(desk: Client, account: Account, office: Any) -> None:
    """The account was recovered at the counter, and its holder reads ``factories.SLIP_CODE`` on the slip."""
    case = open_case(desk, PHUC)
    task(desk, case, "recovery")
    approve(case, office)
    task(desk, case, "recovery")
    ActivationSlip.objects.filter(account=account).update(
        code_hash=passwords.hash_password(factories.SLIP_CODE)
    )


def set_up_anew(holder: Client, account: Account) -> Any:
    """Walk from the slip to the last button, and press it; with an address of their own."""
    activation.walk_to_factor(holder, account)
    secret = activation.secret_on(holder.get("/activate/factor/"))
    holder.post("/activate/factor/", {"code": factories.totp_code(secret=secret)})
    activation.make_codes(holder)
    activation.choose_routes(holder, "RECOVERY_CODE", "DELAYED", email="phuc@vidu.vn")
    return holder.post("/activate/try/", {"code": factories.sent_code()})


def test_after_a_recovery_nobody_elses_way_in_is_left_and_its_holder_is_told_as_after_any(
    desk: Client, account: Account, office: Any
) -> None:
    """Whoever got in between slip and activation is out again, with all they left behind."""
    slip_in_hand(desk, account, office)
    for kind in ("PASSKEY", "EMAIL"):
        factories.make_authenticator(
            account, AuthenticatorKind(kind), secret="ke.gian@vidu.vn" if kind == "EMAIL" else ""
        )
    thiefs = factories.make_password(account)
    thief = factories.signed_in(Client(), account)

    assert set_up_anew(Client(), account)["Location"] == "/"

    assert thief.get("/account/security/")["Location"].startswith("/sign-in/")
    thiefs.refresh_from_db()
    assert thiefs.state == "REMOVED"
    left = Authenticator.objects.filter(account=account, state="ACTIVE")
    assert sorted(row.kind for row in left) == [
        "EMAIL",
        "PASSWORD",
        "RECOVERY_CODES",
        "SMS",
        "TOTP",
    ]
    address = left.get(kind="EMAIL")
    assert address.secret == "phuc@vidu.vn"
    assert not address.is_trusted(clock.now())
    told = Notice.objects.filter(account=account, kind="RECOVERED")
    assert {notice.channel for notice in told} == {"INBOX", "SMS", "EMAIL"}
    assert not Notice.objects.filter(account=account, kind="ACCOUNT_ACTIVATED").exists()
    assert StopCode.objects.filter(account=account, kind="LOCK").exists()
    account.refresh_from_db()
    assert account.money_held_until is not None
    assert AuditEvent.objects.filter(name="accounts.recovery_finished").count() == 1


def test_a_counter_recovery_takes_the_address_too_and_tells_it_once_more(
    desk: Client, account: Account, office: Any
) -> None:
    address = "ke.gian@vidu.vn"
    factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret=address)

    slip_in_hand(desk, account, office)

    assert Authenticator.objects.get(account=account, kind="EMAIL").state == "REMOVED"
    told = Notice.objects.filter(kind="CASE_DONE", channel="EMAIL")
    assert [notice.to for notice in told] == [address]


def test_a_recovery_of_a_locked_account_begins_no_session_and_says_what_to_do(
    desk: Client, account: Account, office: Any
) -> None:
    locking.lock(
        account=account, by=ActedBy.OWNER, reason=LockReason.OWNER,
        actor=factories.actor_of(account), now=clock.now(),
    )  # fmt: skip
    slip_in_hand(desk, account, office)

    holder = Client()
    page = set_up_anew(holder, account)

    assert page.status_code == 403
    assert 'action="/account/unlock/"' in page.content.decode()
    assert "__Host-session" not in holder.cookies
    assert not DeviceSession.objects.filter(account=account, ended_at__isnull=True).exists()
    account.refresh_from_db()
    assert account.state == "LOCKED"


def test_an_open_recovery_ends_with_one_at_the_counter(
    desk: Client, account: Account, office: Any
) -> None:
    now = clock.now()
    recovery = Recovery.objects.create(
        state="OPEN", account=account, reference="DL-261126-4M7T", first_proof="EMAIL", opened_at=now,
        ready_at=now + timedelta(days=1), expires_at=now + timedelta(days=4),
    )  # fmt: skip
    case = open_case(desk, PHUC)
    task(desk, case, "recovery")
    approve(case, office)
    task(desk, case, "recovery")

    recovery.refresh_from_db()
    assert recovery.state == "CANCELLED"


# --- Nobody alone -----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["recovery", "phone-change", "removal", "unlock"])
def test_what_opens_a_way_in_waits_for_another_human(
    desk: Client, account: Account, sandbox: OutsideWorld, name: str
) -> None:
    if name == "unlock":
        Account.objects.filter(pk=account.pk).update(  # as if its owner had
            locked_at=clock.now(), lock_reason=OWN
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_account SET state = 'LOCKED' WHERE id = %s", [account.pk]
            )
    case = open_case(desk, PHUC)
    if name == "phone-change":
        confirm_phone(desk, case, sandbox)
    totp = Authenticator.objects.get(account=account, kind="TOTP")

    task(desk, case, name, **({"choice": str(totp.pk)} if name == "removal" else {}))

    assert stands(case) == "WAITING"
    account.refresh_from_db()
    assert account.state == ("LOCKED" if name == "unlock" else "ACTIVE")
    assert phones_of(account) == {OLD_PHONE: "ACTIVE"}
    totp.refresh_from_db()
    assert totp.state == "ACTIVE"


def test_what_was_approved_is_done_and_nothing_else(
    desk: Client, account: Account, office: Any
) -> None:
    totp = Authenticator.objects.get(account=account, kind="TOTP")
    other = factories.make_totp(account, secret="KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU")
    case = open_case(desk, PHUC)
    task(desk, case, "removal", choice=str(totp.pk))
    approve(case, office)

    task(desk, case, "removal", choice=str(other.pk))
    task(desk, case, "recovery")
    desk.post(at(case, "issue/"), {"checks": ALL})

    assert stands(case) == "APPROVED"
    assert Authenticator.objects.filter(account=account, state="ACTIVE").count() == 4
    task(desk, case, "removal", choice=str(totp.pk))
    assert stands(case) == "DONE"
    totp.refresh_from_db()
    other.refresh_from_db()
    assert (totp.state, other.state) == ("REMOVED", "ACTIVE")
    assert Notice.objects.filter(account=account, kind="AUTHENTICATOR_REMOVED").exists()


def test_an_issue_that_was_approved_is_no_recovery(desk: Client, account: Account, office: Any) -> None:  # fmt: skip
    case = open_case(desk, PHUC)
    task(desk, case, "recovery")
    approve(case, office)
    CardCase.objects.filter(pk=case.pk).update(task=CaseTask.ISSUE)

    task(desk, case, "recovery")

    assert stands(case) == "APPROVED"


# --- Phone ------------------------------------------------------------------------------------------
def test_the_phone_changes_with_two_officers_and_the_old_one_is_told(
    desk: Client, account: Account, office: Any, sandbox: OutsideWorld
) -> None:
    case = open_case(desk, PHUC)
    assert task(desk, case, "phone-change")["Location"] == at(case)  # no phone confirmed yet
    assert stands(case) == "OPEN"
    confirm_phone(desk, case, sandbox)
    task(desk, case, "phone-change")
    approve(case, office)
    task(desk, case, "phone-change")

    assert stands(case) == "DONE"
    assert phones_of(account) == {OLD_PHONE: "REPLACED", "+84501234567": "ACTIVE"}
    told = Notice.objects.filter(kind="PHONE_REPLACED", channel="SMS").get()
    assert told.to == OLD_PHONE
    account.refresh_from_db()
    assert account.money_held_until is not None
    new = Authenticator.objects.get(account=account, kind="SMS", state="ACTIVE")
    assert not new.is_trusted(clock.now())
    assert new.is_trusted(clock.now() + policy.REVERT_WITHIN)

    (code,) = re.findall(r"\b[2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{4}\b", told.text)
    halting.stop_by_code(code=code.replace(" ", ""), address="203.0.113.9", now=clock.now())
    assert phones_of(account) == {OLD_PHONE: "ACTIVE", "+84501234567": "REMOVED"}


def test_a_phone_that_is_the_accounts_already_is_not_changed(
    desk: Client, account: Account, office: Any, sandbox: OutsideWorld
) -> None:
    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)
    Authenticator.objects.filter(account=account, kind="SMS").delete()
    factories.make_phone(account, "+84501234567")

    assert task(desk, case, "phone-change").status_code == 302
    if stands(case) == "WAITING":
        approve(case, office)
        task(desk, case, "phone-change")

    assert stands(case) == "APPROVED"
    assert phones_of(account) == {"+84501234567": "ACTIVE"}


def test_a_phone_changed_at_the_counter_settles_an_open_change_and_tells_what_that_replaced(
    account: Account,
) -> None:
    actor, now = factories.actor_of(account), clock.now()
    for phone in ("+84912000071", "+84912000072"):
        contacts.change_at_counter(account=account, phone=phone, actor=actor, now=now)

    assert phones_of(account) == {
        OLD_PHONE: "REMOVED", "+84912000071": "REPLACED", "+84912000072": "ACTIVE",
    }  # fmt: skip
    assert sorted(ContactChange.objects.values_list("state", flat=True)) == [
        "REVERTIBLE",
        "SETTLED",
    ]
    told = Notice.objects.filter(kind="PHONE_REPLACED", channel="SMS")
    assert sorted(notice.to for notice in told) == sorted([OLD_PHONE, OLD_PHONE, "+84912000071"])


# --- At once ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("why", ["LOST_PHONE", "NOT_USED", "NOT_ME"])
def test_a_lock_is_done_at_once_for_the_persons_reason_and_ends_every_session(
    desk: Client, account: Account, why: str
) -> None:
    browser = factories.signed_in(Client(), account)
    case = open_case(desk, PHUC)

    for wrong in ("", "because", "NO_WAY_IN", "GUARDIAN"):
        assert task(desk, case, "lock", checks=["face"], choice=wrong).status_code == 422
    task(desk, case, "lock", checks=["face"], choice=why)

    assert stands(case) == "DONE"
    event = AuditEvent.objects.get(name="accounts.account_locked")
    assert event.data == {"reason": "OWNER", "by": "counter", "why": why}
    told = Notice.objects.get(kind="ACCOUNT_LOCKED", channel="INBOX")
    with translation.override(account.language):
        assert str(OwnerLockReason(why).label) in told.text
    account.refresh_from_db()
    assert (account.state, account.lock_reason) == ("LOCKED", OWN)
    assert browser.get("/")["Location"].startswith("/sign-in/")


def test_a_lost_card_is_void_at_once(desk: Client, account: Account) -> None:
    case = open_case(desk, PHUC)

    task(desk, case, "lost-card", checks=["face"])

    assert stands(case) == "DONE"
    assert IdCard.objects.get(citizen=account.citizen).state == "LOST"
    account.refresh_from_db()
    assert (account.state, account.lock_reason) == ("LOCKED", LockReason.CARD_LOST)


def test_unlocking_with_form_tk03(desk: Client, account: Account, office: Any) -> None:
    first = open_case(desk, PHUC)
    task(desk, first, "lock", checks=["face"], choice="LOST_PHONE")
    case = open_case(desk, PHUC)

    task(desk, case, "unlock")
    approve(case, office)
    task(desk, case, "unlock")

    assert stands(case) == "DONE"
    account.refresh_from_db()
    assert account.state == "ACTIVE"


# --- Refused ----------------------------------------------------------------------------------------
def test_missing_checks_are_asked_for(desk: Client, account: Account) -> None:
    case = open_case(desk, PHUC)
    for checks in ([], ["face"]):
        answer = desk.post(at(case, "task/recovery/"), {"checks": checks})
        assert answer.status_code == 422
    assert stands(case) == "OPEN"


def test_the_last_way_in_is_not_removed_and_a_recovery_named_instead(
    desk: Client, account: Account
) -> None:
    Authenticator.objects.filter(account=account, kind="SMS").update(state="DISABLED")
    app = Authenticator.objects.get(account=account, kind="TOTP")
    codes = factories.make_authenticator(account, AuthenticatorKind.RECOVERY_CODES)
    case = open_case(desk, PHUC)

    asked = {"checks": ALL, "choice": str(app.pk)}
    desk.post(at(case, "task/removal/"), asked, headers={"Accept-Language": "en"})

    assert stands(case) == "OPEN"
    page = desk.get(at(case), headers={"Accept-Language": "en"}).content.decode()
    assert "Do a recovery instead" in page
    task(desk, case, "removal", choice=str(codes.pk))  # they let nobody in, so they may go
    assert stands(case) == "WAITING"


def test_nothing_or_somebody_elses_is_not_removed(desk: Client, account: Account) -> None:
    foreign = factories.make_totp(factories.make_account(factories.make_citizen(16)))
    case = open_case(desk, PHUC)
    for choice in ("", "rubbish", str(foreign.pk)):
        assert task(desk, case, "removal", choice=choice).status_code == 422
    assert stands(case) == "OPEN"


def test_a_task_pressed_by_many_at_once_is_done_once(
    desk: Client, officer: Account, account: Account, office: Any, transactional_db: None
) -> None:
    case = open_case(desk, PHUC)
    now, actor = clock.now(), factories.actor_of(officer, office)

    def press(_place: int) -> str:
        try:
            counter_tasks.perform(
                case=case,
                task=CaseTask.LOCK,
                checks=["face"],
                choice="NOT_USED",
                actor=actor,
                now=now,
            )
        except (NotOpen, counter_tasks.NotForThisAccount):
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, range(16)))

    assert answers.count("done") == 1
    assert AuditEvent.objects.filter(name="accounts.account_locked").count() == 1
