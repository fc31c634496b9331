"""The pages of a recovery: each route from its first page to its last, every pair of proofs, and what goes wrong."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import policy
from accounts.enums import (
    AccountState,
    AuthenticatorKind,
    AuthenticatorState,
    CodePurpose,
    LockReason,
    NoticeKind,
    RecoveryState,
)
from accounts.models import (
    Account,
    Authenticator,
    DeviceSession,
    Notice,
    OneTimeCode,
    Recovery,
    StopCode,
)
from accounts.services import authenticators, recovery_attempts
from eid_portal.core import clock, jobs, passwords, tidying
from eid_portal.core.models import AuditEvent, Job
from tests import factories
from tests.passkey import SoftPasskey

pytestmark = pytest.mark.django_db
EMAIL = "mau@vidu.vn"
NEW_PASSWORD = "một câu khác không ai đoán"
DELAYED = {"SMS", "EMAIL", "TOTP", "PASSKEY"}
KEY = SoftPasskey()


def holder(*kinds: str, **columns: Any) -> tuple[Account, list[str]]:
    """An account with a password, recovery codes and these ways besides; and the codes."""
    account = factories.make_account(**columns)
    factories.make_password(account)
    for kind in kinds:
        if kind == "SMS":
            factories.make_phone(account)
        elif kind == "EMAIL":
            factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret=EMAIL)
        elif kind == "PASSKEY":
            KEY.belongs_to(account)
        else:
            factories.make_totp(account)
    sheet, codes = authenticators.new_recovery_codes(account=account, now=clock.now())
    authenticators.bind(sheet, account=account, actor=factories.actor_of(account), now=clock.now())
    return account, codes


def post(client: Client, path: str, **data: str) -> Any:
    return client.post(path, data, secure=True)


def begin(client: Client, route: str, account: Account) -> None:
    number = account.citizen.personal_number
    assert post(client, f"/recover/{route}/", username=number).status_code == 303


def do_jobs(task: str) -> None:
    """What the relay does of a kind, now."""
    for job in Job.objects.filter(task=task, done_at__isnull=True):
        jobs.run_here(job.pk, task)


def give(client: Client, proof: str) -> Any:
    """Give a proof as its holder does."""
    if proof in {"SMS", "EMAIL"}:
        post(client, "/recover/proof/", way=proof, action="send")
        do_jobs(recovery_attempts.SEND)
        answer = factories.sent_code()
    elif proof == "PASSWORD":
        answer = factories.PASSWORD
    elif proof == "PASSKEY":
        options = client.get("/recover/passkey-options/", secure=True).json()
        return post(client, "/recover/proof/", way=proof, answer=KEY.get(options))
    else:
        answer = factories.totp_code()
    return post(client, "/recover/proof/", way=proof, code=answer)


def start(account: Account, proof: str = "SMS") -> Recovery:
    """Begin a delayed reset on the pages."""
    client = Client()
    begin(client, "with-wait", account)
    assert give(client, proof)["Location"] == "/recover/waiting/"
    return Recovery.objects.get(account=account, state=RecoveryState.OPEN)


def come_back(recovery: Recovery) -> Client:
    client = Client()
    answer = post(
        client,
        "/recover/return/",
        username=recovery.account.citizen.personal_number,
        reference=recovery.reference.lower().replace("-", " "),
    )
    assert answer["Location"] == "/recover/waiting/"
    return client


def new_password(client: Client, password: str = NEW_PASSWORD) -> Any:
    return post(client, "/recover/password/", password=password)


def password_is(account: Account, password: str) -> bool:
    row = Authenticator.objects.get(
        account=account, kind=AuthenticatorKind.PASSWORD, state=AuthenticatorState.ACTIVE
    )
    return passwords.matches(password, row.password_hash)


def text(answer: Any) -> str:
    return str(answer.content.decode())


# --- A recovery code and one other way ------------------------------------------------------------
@pytest.mark.parametrize("other", ["PASSWORD", "TOTP", "SMS", "PASSKEY"])
def test_a_recovery_code_and_one_other_way_set_a_new_password(other: str) -> None:
    account, codes = holder("SMS", "TOTP", "EMAIL", "PASSKEY", level=2)
    factories.signed_in(Client(), account)
    client = Client()
    begin(client, "with-code", account)

    assert (
        post(client, "/recover/code/", code=codes[0].lower().replace("-", " ")).status_code == 303
    )
    assert give(client, other)["Location"] == "/recover/password/"
    assert new_password(client)["Location"] == "/sign-in/"

    account.refresh_from_db()
    assert password_is(account, NEW_PASSWORD)
    assert account.level == 2
    assert account.money_held_until is None
    assert not DeviceSession.objects.filter(account=account, ended_at__isnull=True).exists()
    assert DeviceSession.objects.get(account=account).end_reason == "RECOVERED"
    told = Notice.objects.filter(account=account, kind=NoticeKind.RECOVERED)
    assert {notice.channel for notice in told} == {"INBOX", "SMS", "EMAIL"}
    assert "/stop/" in told.get(channel="EMAIL").text
    event = AuditEvent.objects.get(name="accounts.recovery_finished")
    assert event.data == {"route": "RECOVERY_CODE", "proofs": ["RECOVERY_CODE", other]}


@pytest.mark.parametrize("proof", ["PASSWORD", "TOTP", "SMS"])
def test_what_was_proved_and_taken_away_since_sets_no_password(proof: str) -> None:
    account, codes = holder("TOTP", "SMS")
    thief = Client()
    begin(thief, "with-code", account)
    post(thief, "/recover/code/", code=codes[0])
    assert give(thief, proof)["Location"] == "/recover/password/"
    row = Authenticator.objects.get(account=account, kind=proof)
    now = clock.now()
    authenticators.give_up([row], account=account, actor=factories.actor_of(account), now=now)

    assert new_password(thief).status_code == 409

    assert not Authenticator.objects.filter(
        account=account, kind="PASSWORD", state="ACTIVE", bound_at__gt=now
    ).exists()


def test_nobody_is_signed_in_by_it() -> None:
    account, codes = holder("TOTP")
    client = Client()
    begin(client, "with-code", account)
    post(client, "/recover/code/", code=codes[0])
    give(client, "TOTP")

    new_password(client)

    assert not DeviceSession.objects.filter(account=account).exists()
    assert client.get("/", secure=True)["Location"].startswith("/sign-in/")


def test_the_old_password_is_removed_and_other_ways_stay() -> None:
    account, codes = holder("TOTP", "SMS")
    client = Client()
    begin(client, "with-code", account)
    post(client, "/recover/code/", code=codes[0])
    give(client, "PASSWORD")
    new_password(client)

    states = sorted(Authenticator.objects.filter(account=account).values_list("kind", "state"))

    assert states == [
        ("PASSWORD", "ACTIVE"),
        ("PASSWORD", "REMOVED"),
        ("RECOVERY_CODES", "ACTIVE"),
        ("SMS", "ACTIVE"),
        ("TOTP", "ACTIVE"),
    ]


def test_a_code_is_used_up_at_the_end_alone_and_once() -> None:
    account, codes = holder("TOTP")
    client = Client()
    for _visit in range(2):  # who gives up on the way has lost nothing
        begin(client, "with-code", account)
        assert post(client, "/recover/code/", code=codes[0]).status_code == 303
    give(client, "PASSWORD")
    assert new_password(client)["Location"] == "/sign-in/"

    late = Client()
    begin(late, "with-code", account)
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        refused = post(late, "/recover/code/", code=codes[0])

    assert refused.status_code == 200
    assert Notice.objects.filter(kind=NoticeKind.RECOVERY_CODE_REUSED, account=account).exists()
    assert AuditEvent.objects.filter(name="accounts.recovery_code_reused").count() == 1


def test_two_browsers_with_one_code_recover_once() -> None:
    account, codes = holder("TOTP")
    browsers = [Client(), Client()]
    for client, other in zip(browsers, ("TOTP", "PASSWORD"), strict=True):
        begin(client, "with-code", account)
        post(client, "/recover/code/", code=codes[0])
        give(client, other)

    first, second = (new_password(client) for client in browsers)

    assert first.status_code == 303
    assert second.status_code == 409
    assert AuditEvent.objects.filter(name="accounts.recovery_finished").count() == 1


# --- Two proofs, a day apart --------------------------------------------------------------------
PAIRS = [(first, second) for first in sorted(DELAYED) for second in sorted(DELAYED)]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_different_proofs_a_day_apart_set_a_new_password(first: str, second: str) -> None:
    account, _codes = holder(*DELAYED)
    recovery = start(account, first)

    with clock.frozen(recovery.ready_at + timedelta(minutes=1)):
        client = come_back(recovery)
        assert post(client, "/recover/waiting/", action="continue")["Location"] == "/recover/proof/"
        answer = give(client, second)
        if first == second:
            assert answer["Location"] == "/recover/proof/"
            assert new_password(client)["Location"] == "/recover/proof/"
            return
        assert answer["Location"] == "/recover/password/"
        assert new_password(client)["Location"] == "/sign-in/"

    recovery.refresh_from_db()
    account.refresh_from_db()
    assert recovery.state == RecoveryState.FINISHED
    assert (recovery.first_proof, recovery.second_proof) == (first, second)
    assert password_is(account, NEW_PASSWORD)
    assert recovery.closed_at is not None
    assert account.money_held_until == recovery.closed_at + policy.MONEY_HELD


def at(recovery: Recovery, moment: str) -> datetime:
    return {
        "at once": recovery.opened_at + timedelta(seconds=1),
        "a minute too early": recovery.ready_at - timedelta(minutes=1),
        "too late": recovery.expires_at,
    }[moment]


@pytest.mark.parametrize(
    ("moment", "state"),
    [("at once", "OPEN"), ("a minute too early", "OPEN"), ("too late", "OPEN")],
)
def test_it_is_finished_neither_too_early_nor_too_late(moment: str, state: str) -> None:
    account, _codes = holder(*DELAYED)
    recovery = start(account)

    with clock.frozen(at(recovery, moment)):
        client = come_back(recovery)
        answer = post(client, "/recover/waiting/", action="continue")

    assert answer.status_code == 409
    recovery.refresh_from_db()
    assert recovery.state == state


def test_waiting_alone_opens_nothing() -> None:
    account, _codes = holder(*DELAYED)
    recovery = start(account)

    with clock.frozen(recovery.ready_at + timedelta(hours=1)):
        client = come_back(recovery)
        post(client, "/recover/waiting/", action="continue")
        assert client.get("/recover/password/", secure=True)["Location"] == "/recover/proof/"
        assert new_password(client)["Location"] == "/recover/proof/"

    assert password_is(account, factories.PASSWORD)


def test_who_has_only_a_phone_is_led_to_a_counter() -> None:
    account, _codes = holder("SMS")
    client = Client()
    begin(client, "with-wait", account)

    answer = give(client, "SMS")

    assert answer.status_code == 409
    assert "/recover/counters/" in text(answer)
    assert not Recovery.objects.exists()


def test_a_second_one_is_not_begun_while_one_waits() -> None:
    account, _codes = holder(*DELAYED)
    start(account)
    client = Client()
    begin(client, "with-wait", account)

    answer = give(client, "EMAIL")

    assert answer.status_code == 409
    assert "/recover/return/" in text(answer)
    assert "/stop/" in text(answer)


def test_it_is_cancelled_on_its_page_and_the_page_says_so_ever_after() -> None:
    account, _codes = holder(*DELAYED)
    recovery = start(account)
    client = come_back(recovery)

    answer = post(client, "/recover/waiting/", action="cancel")
    again = post(client, "/recover/waiting/", action="cancel")

    assert answer.status_code == 303
    assert again.status_code == 409
    event = AuditEvent.objects.get(name="accounts.recovery_cancelled")
    assert (event.actor_kind, event.data["by"]) == ("system", "reference")  # nobody signed in
    with clock.frozen(recovery.ready_at + timedelta(minutes=1)):
        late = come_back(recovery)
        page = late.get("/recover/waiting/", secure=True, headers={"Accept-Language": "en"})
        assert "This request was cancelled" in text(page)
        assert post(late, "/recover/waiting/", action="continue").status_code == 409
    assert password_is(account, factories.PASSWORD)


def test_cancelled_at_the_last_moment_it_does_not_set_a_password() -> None:
    account, _codes = holder(*DELAYED)
    recovery = start(account)
    with clock.frozen(recovery.ready_at + timedelta(minutes=1)):
        client = come_back(recovery)
        post(client, "/recover/waiting/", action="continue")
        give(client, "TOTP")
        owner = come_back(recovery)
        post(owner, "/recover/waiting/", action="cancel")

        assert new_password(client).status_code == 409

    assert password_is(account, factories.PASSWORD)


def test_a_quick_recovery_cancels_one_that_waits() -> None:
    account, codes = holder(*DELAYED)
    recovery = start(account)
    client = Client()
    begin(client, "with-code", account)
    post(client, "/recover/code/", code=codes[0])
    give(client, "PASSWORD")

    new_password(client)

    recovery.refresh_from_db()
    assert recovery.state == RecoveryState.CANCELLED


def test_a_reference_of_somebody_else_leads_nowhere() -> None:
    account, _codes = holder(*DELAYED)
    recovery = start(account)
    other = factories.make_account(factories.make_citizen(16))

    answer = post(
        Client(),
        "/recover/return/",
        username=other.citizen.personal_number,
        reference=recovery.reference,
    )

    assert answer.status_code == 200


def test_a_passkey_answers_for_its_own_account_and_this_attempt_alone() -> None:
    account, _codes = holder("SMS")
    other = factories.make_account(factories.make_citizen(16))
    KEY.belongs_to(other)
    one, another = Client(), Client()
    for client in (one, another):
        begin(client, "with-wait", account)
    begin(another, "with-wait", other)
    options = another.get("/recover/passkey-options/", secure=True).json()
    answer = KEY.get(options)

    for client in (one, Client()):
        refused = post(client, "/recover/proof/", way="PASSKEY", answer=answer)
        assert refused.get("Location") != "/recover/waiting/"
    assert give(one, "PASSKEY").status_code == 200

    assert not Recovery.objects.exists()


# --- What goes wrong ------------------------------------------------------------------------------
def test_a_locked_account_is_recovered_and_stays_locked() -> None:
    account, codes = holder("TOTP")
    Account.objects.filter(pk=account.pk).update(
        state=AccountState.LOCKED, lock_reason=LockReason.CARD_LOST, locked_at=clock.now()
    )
    client = Client()
    begin(client, "with-code", account)
    post(client, "/recover/code/", code=codes[0])
    give(client, "TOTP")

    assert new_password(client)["Location"] == "/sign-in/"

    account.refresh_from_db()
    assert account.state == AccountState.LOCKED
    assert password_is(account, NEW_PASSWORD)


def test_a_code_works_for_the_recovery_it_was_sent_for_alone() -> None:
    account, codes = holder("SMS", "TOTP")
    one, other = Client(), Client()
    for client in (one, other):
        begin(client, "with-code", account)
        post(client, "/recover/code/", code=codes[0])
    post(one, "/recover/proof/", way="SMS", action="send")
    do_jobs(recovery_attempts.SEND)

    answer = post(other, "/recover/proof/", way="SMS", code=factories.sent_code())

    assert answer.status_code == 200
    assert OneTimeCode.objects.get(purpose=CodePurpose.RECOVERY).used_at is None


@pytest.mark.parametrize("column", ["trusted_from", "blocked_until"])
def test_no_code_goes_to_a_phone_that_does_not_count(column: str) -> None:
    account, codes = holder("TOTP")
    changed: dict[str, Any] = {column: clock.now() + timedelta(hours=3)}
    factories.make_phone(account, **changed)
    client = Client()
    begin(client, "with-code", account)
    post(client, "/recover/code/", code=codes[0])

    post(client, "/recover/proof/", way="SMS", action="send")
    do_jobs(recovery_attempts.SEND)

    assert not Notice.objects.filter(kind=NoticeKind.CODE).exists()


def test_strangers_have_three_codes_sent_a_day() -> None:
    account, _codes = holder(*DELAYED)
    for _send in range(5):
        client = Client()
        begin(client, "with-wait", account)
        post(client, "/recover/proof/", way="SMS", action="send")

    do_jobs(recovery_attempts.SEND)

    assert Notice.objects.filter(kind=NoticeKind.CODE).count() == 3


def test_after_ten_tries_nothing_is_checked() -> None:
    account, _codes = holder("TOTP")
    client = Client()
    begin(client, "with-code", account)
    for _try in range(10):
        assert post(client, "/recover/code/", code="A" * 24).status_code == 200

    answer = post(client, "/recover/code/", code="A" * 24)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_what_strangers_used_up_holds_up_nobody_with_a_recovery_code() -> None:
    account, codes = holder("TOTP")
    for _stranger in range(2):
        stranger = Client()
        begin(stranger, "with-code", account)
        for _try in range(8):
            post(stranger, "/recover/code/", code="A" * 24)
    Authenticator.objects.filter(account=account).update(
        failures=policy.STRANGERS_IN_A_ROW, stranger_failures=policy.STRANGERS_IN_A_ROW
    )
    owner = Client()
    begin(owner, "with-code", account)

    assert post(owner, "/recover/code/", code=codes[0]).status_code == 303
    assert give(owner, "TOTP")["Location"] == "/recover/password/"


def test_who_gave_a_recovery_code_has_ten_tries_a_day_too() -> None:
    account, codes = holder("TOTP")
    statuses = []
    for code in codes[:2]:
        client = Client()
        begin(client, "with-code", account)
        post(client, "/recover/code/", code=code)
        statuses += [
            post(client, "/recover/proof/", way="TOTP", code="000000").status_code
            for _try in range(6)
        ]

    assert statuses == [200] * 10 + [429] * 2


def test_what_strangers_used_up_holds_up_no_passkey_and_no_second_proof() -> None:
    account, _codes = holder("PASSKEY", "TOTP")
    stranger = Client()
    begin(stranger, "with-wait", account)
    for _try in range(11):
        post(stranger, "/recover/proof/", way="TOTP", code="000000")

    recovery = start(account, "PASSKEY")
    with clock.frozen(recovery.ready_at + timedelta(minutes=1)):
        begin(stranger, "with-wait", account)
        for _try in range(11):
            post(stranger, "/recover/proof/", way="EMAIL", code="000000")
        owner = come_back(recovery)
        post(owner, "/recover/waiting/", action="continue")
        assert give(owner, "TOTP")["Location"] == "/recover/password/"


def test_wrong_passkeys_are_counted() -> None:
    account, _codes = holder("PASSKEY", "TOTP")
    client = Client()
    begin(client, "with-wait", account)

    statuses = [
        post(client, "/recover/proof/", way="PASSKEY", answer="{}").status_code
        for _try in range(11)
    ]

    assert statuses[-1] == 429
    assert 429 not in statuses[:10]


def test_what_is_over_is_deleted_and_what_is_evidence_stays() -> None:
    account, _codes = holder(*DELAYED)
    recovery = start(account)
    begin(Client(), "with-code", account)
    soon, late = (clock.now() + timedelta(days=days) for days in (6, 12))

    assert not any(
        tidying.delete_old(now=soon)[name] for name in ("recovery_attempts", "stop_codes")
    )
    assert tidying.delete_old(now=late)["recovery_attempts"] == 2
    assert tidying.delete_old(now=late)["stop_codes"] == 0

    assert Recovery.objects.filter(pk=recovery.pk).exists()
    assert not StopCode.objects.exists()
    assert OneTimeCode.objects.filter(account=account).count() == 1
    assert Notice.objects.filter(kind=NoticeKind.CODE).exists()
    end = clock.now() + policy.MESSAGES_CHECKED_FOR + timedelta(days=1)
    assert tidying.delete_old(now=end)["one_time_codes"] == 1


def test_a_weak_password_is_refused_and_nothing_lost() -> None:
    account, codes = holder("TOTP")
    client = Client()
    begin(client, "with-code", account)
    post(client, "/recover/code/", code=codes[0])
    give(client, "TOTP")

    assert new_password(client, "12345678").status_code == 200
    assert new_password(client)["Location"] == "/sign-in/"


def test_a_press_twice_and_a_late_page_are_told_clearly() -> None:
    account, codes = holder("TOTP")
    client = Client()
    begin(client, "with-code", account)
    token = client.cookies["__Host-flow"].value
    post(client, "/recover/code/", code=codes[0])
    give(client, "TOTP")
    new_password(client)
    client.cookies["__Host-flow"] = token

    again = new_password(client)

    assert again["Location"] == "/recover/"
    assert AuditEvent.objects.filter(name="accounts.recovery_finished").count() == 1


@pytest.mark.parametrize(
    "path", ["code", "proof", "proof/?way=NONSENSE", "waiting", "password", "passkey-options"]
)
def test_a_page_without_an_attempt_leads_to_the_beginning(path: str) -> None:
    address = f"/recover/{path}" if "?" in path else f"/recover/{path}/"
    assert Client().get(address, secure=True)["Location"] == "/recover/"


@pytest.mark.parametrize("code", ["", " ", "x", "A" * 60, "' OR 1=1 --", "🗝️" * 5])
def test_nonsense_for_a_code_is_refused_in_words(code: str) -> None:
    account, _codes = holder("TOTP")
    client = Client()
    begin(client, "with-code", account)

    assert post(client, "/recover/code/", code=code).status_code == 200


@pytest.mark.parametrize(
    ("way", "status"),
    [("PASSKEY", 200), ("TOTP", 200), ("RECOVERY_CODE", 303), ("NONSENSE", 303), ("", 303)],
)
def test_nonsense_for_a_proof_proves_nothing(way: str, status: int) -> None:
    account, _codes = holder(*DELAYED)
    client = Client()
    begin(client, "with-wait", account)

    answer = post(client, "/recover/proof/", way=way, code="123456", answer="{}")

    assert answer.status_code == status
    assert not Recovery.objects.exists()


def test_the_first_page_names_the_counter_that_is_open() -> None:
    factories.make_office(hours=[[day, "00:00", "23:59"] for day in range(7)])

    page = text(Client().get("/recover/", secure=True))

    assert "Công an phường Mẫu" in page
