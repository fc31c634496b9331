"""Two ways back, chosen and tried at activation, and tried once a year; the owner signed in cancels a delayed reset."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import policy
from accounts.enums import AccountState, AuthenticatorKind, LockReason, NoticeKind, RecoveryState
from accounts.models import Account, Authenticator, DeviceSession, Notice, Recovery, RecoveryCode
from accounts.services import authenticators, route_checks
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent
from tests import factories
from tests.accounts import test_activating as activation

pytestmark = pytest.mark.django_db
EMAIL = "mau@vidu.vn"
account = activation.account


def at_codes(client: Client, account: Account) -> list[str]:
    """An activation up to its sheet of recovery codes."""
    activation.walk_to_factor(client, account)
    secret = activation.secret_on(client.get("/activate/factor/"))
    client.post("/activate/factor/", {"code": factories.totp_code(secret=secret)})
    return activation.make_codes(client)


# --- At activation --------------------------------------------------------------------------------
def test_a_recovery_code_is_typed_back_and_not_used_up(client: Client, account: Account) -> None:
    codes = at_codes(client, account)
    activation.choose_routes(client, "RECOVERY_CODE", "COUNTER")

    answer = client.post("/activate/try/", {"code": codes[3].lower().replace("-", " ")})

    assert answer["Location"] == "/"
    account.refresh_from_db()
    assert account.recovery_routes == ["RECOVERY_CODE", "COUNTER"]
    assert account.routes_tested_at is not None
    assert account.routes_due_at == account.routes_tested_at + policy.ROUTES_CHECKED_EVERY
    assert not RecoveryCode.objects.filter(used_at__isnull=False).exists()
    event = AuditEvent.objects.get(name="accounts.recovery_routes_tested")
    assert event.data == {"routes": ["RECOVERY_CODE"]}


def test_the_way_with_two_proofs_adds_an_address_that_is_confirmed(
    client: Client, account: Account
) -> None:
    at_codes(client, account)
    answer = activation.choose_routes(client, "DELAYED", "COUNTER", email="Mau@ViDu.vn")
    assert answer["Location"] == "/activate/try/"
    code = Notice.objects.get(channel="EMAIL", kind="CODE").text[:6]
    assert not Authenticator.objects.filter(kind="EMAIL", state="ACTIVE").exists()

    answer = client.post("/activate/try/", {"code": code})

    assert answer["Location"] == "/"
    address = Authenticator.objects.get(kind="EMAIL", state="ACTIVE")
    assert address.secret == "Mau@vidu.vn"
    account.refresh_from_db()
    assert account.recovery_routes == ["DELAYED", "COUNTER"]


@pytest.mark.parametrize(
    ("routes", "email"),
    [
        ((), ""),
        (("COUNTER",), ""),
        (("DELAYED", "COUNTER"), ""),
        (("DELAYED", "COUNTER"), "kein"),
        (("NONSENSE", "COUNTER"), ""),
    ],
)
def test_a_choice_that_will_not_do_is_refused_in_words(
    client: Client, account: Account, routes: tuple[str, ...], email: str
) -> None:
    at_codes(client, account)

    answer = client.post("/activate/routes/", {"routes": routes, "contact": email})

    assert answer.status_code == 200
    assert client.get("/activate/try/")["Location"] == "/activate/routes/"


def test_a_wrong_code_leaves_the_account_as_it_is(client: Client, account: Account) -> None:
    at_codes(client, account)
    activation.choose_routes(client)

    answer = client.post("/activate/try/", {"code": "7" * 24})

    assert answer.status_code == 200
    account.refresh_from_db()
    assert account.state == "ISSUED"


def test_without_a_trial_nothing_becomes_active(client: Client, account: Account) -> None:
    at_codes(client, account)
    activation.choose_routes(client)

    client.post("/activate/recovery-codes/", {"action": "finish"})

    account.refresh_from_db()
    assert account.state == "ISSUED"


def test_another_choice_forgets_the_address(client: Client, account: Account) -> None:
    codes = at_codes(client, account)
    activation.choose_routes(client, "DELAYED", "COUNTER", email=EMAIL)
    activation.choose_routes(client, "RECOVERY_CODE", "COUNTER")

    assert client.post("/activate/try/", {"code": codes[0]})["Location"] == "/"

    assert Authenticator.objects.get(kind="EMAIL").state == "REMOVED"


# --- Once a year --------------------------------------------------------------------------------
def holder(client: Client, *kinds: AuthenticatorKind) -> tuple[Account, list[str]]:
    """Somebody signed in, with a sheet of codes and these."""
    account = factories.make_account(factories.make_citizen(30))
    factories.make_password(account)
    factories.make_totp(account)
    codes: list[str] = []
    for kind in kinds:
        if kind == AuthenticatorKind.EMAIL:
            factories.make_authenticator(account, kind, secret=EMAIL)
        elif kind == AuthenticatorKind.SMS:
            factories.make_phone(account)
        else:
            sheet, codes = authenticators.new_recovery_codes(account=account, now=clock.now())
            actor = factories.actor_of(account)
            authenticators.bind(sheet, account=account, actor=actor, now=clock.now())
    factories.signed_in(client, account)
    return account, codes


def check(client: Client, **data: str) -> Any:
    return client.post("/account/security/check/", data)


def test_a_recovery_code_is_tried_and_not_used_up(client: Client) -> None:
    account, codes = holder(client, AuthenticatorKind.RECOVERY_CODES)

    answer = check(client, way="RECOVERY_CODES", code=codes[0])

    assert answer["Location"] == "/account/security/recovery/"
    account.refresh_from_db()
    assert account.routes_tested_at is not None
    assert not RecoveryCode.objects.filter(used_at__isnull=False).exists()
    assert AuditEvent.objects.filter(name="accounts.recovery_routes_tested").count() == 1


def test_a_used_code_is_no_proof_that_the_sheet_is_good(client: Client) -> None:
    account, codes = holder(client, AuthenticatorKind.RECOVERY_CODES)
    RecoveryCode.objects.filter(authenticator__in=account.authenticators.all()).update(
        used_at=clock.now()
    )

    assert check(client, way="RECOVERY_CODES", code=codes[0]).status_code == 200


@pytest.mark.parametrize("kind", [AuthenticatorKind.EMAIL, AuthenticatorKind.SMS])
def test_a_code_to_phone_or_address_is_tried(client: Client, kind: AuthenticatorKind) -> None:
    account, _codes = holder(client, kind)

    check(client, way=kind.value, action="send")
    answer = check(client, way=kind.value, code=factories.sent_code())

    assert answer.status_code == 303
    account.refresh_from_db()
    assert account.routes_tested_at is not None


def test_who_has_nothing_to_try_is_told_what_to_do(client: Client) -> None:
    holder(client)

    page = client.get("/account/security/check/")

    assert page.status_code == 200
    assert "/account/security/" in page.content.decode()


def test_who_is_due_is_asked_once_a_year() -> None:
    account = factories.make_account(routes_due_at=clock.now() - timedelta(hours=1))
    factories.make_phone(account)
    later = factories.make_account(
        factories.make_citizen(31), routes_due_at=clock.now() + timedelta(days=1)
    )

    assert route_checks.ask_due(now=clock.now()) == 1
    assert route_checks.ask_due(now=clock.now()) == 0

    told = Notice.objects.filter(kind=NoticeKind.ROUTES_CHECK)
    assert {notice.account_id for notice in told} == {account.pk}
    assert later.routes_due_at is not None
    with clock.frozen(clock.now() + timedelta(days=366)):
        assert route_checks.ask_due(now=clock.now()) == 2


@pytest.mark.parametrize(
    ("routes", "kept"),
    [
        (("RECOVERY_CODE", "COUNTER"), ["RECOVERY_CODE", "COUNTER"]),
        (("COUNTER", "DELAYED"), ["DELAYED", "COUNTER"]),
        (("COUNTER",), []),
        (("NONSENSE", "COUNTER"), []),
    ],
)
def test_another_choice_of_ways_is_kept(
    client: Client, routes: tuple[str, ...], kept: list[str]
) -> None:
    account, _codes = holder(client, AuthenticatorKind.RECOVERY_CODES, AuthenticatorKind.EMAIL)

    client.post("/account/security/recovery/", {"routes": routes})

    account.refresh_from_db()
    assert account.recovery_routes == kept
    client.post("/account/security/recovery/", {"routes": routes})  # the same again is no news
    written = AuditEvent.objects.filter(name="accounts.recovery_routes_chosen")
    assert [row.data["routes"] for row in written] == ([kept] if kept else [])


def test_choosing_ways_asks_once_more_who_it_is(client: Client) -> None:
    account, _codes = holder(client, AuthenticatorKind.RECOVERY_CODES)
    DeviceSession.objects.update(authenticated_at=clock.now() - timedelta(hours=1))

    answer = client.post("/account/security/recovery/", {"routes": ("RECOVERY_CODE", "COUNTER")})

    assert answer["Location"].startswith("/sign-in/again/")
    account.refresh_from_db()
    assert account.recovery_routes == []


def test_a_phone_whose_sim_was_changed_is_not_tried(client: Client) -> None:
    account, _codes = holder(client, AuthenticatorKind.SMS)
    client.post("/account/security/check/", {"way": "SMS", "action": "send"})
    code = factories.sent_code()
    account.authenticators.filter(kind="SMS").update(
        blocked_until=clock.now() + timedelta(hours=72)
    )

    refused = client.post("/account/security/check/", {"way": "SMS", "code": code})
    client.post("/account/security/check/", {"way": "SMS", "action": "send"})

    assert refused.status_code == 200
    account.refresh_from_db()
    assert account.routes_tested_at is None
    assert Notice.objects.filter(kind=NoticeKind.CODE).count() == 1


def test_who_is_locked_when_the_year_is_over_is_asked_after_the_unlock() -> None:
    account = factories.make_account(
        state=AccountState.LOCKED,
        lock_reason=LockReason.CARD_LOST,
        locked_at=clock.now(),
        routes_due_at=clock.now() - timedelta(hours=1),
    )
    assert route_checks.ask_due(now=clock.now()) == 0

    Account.objects.filter(pk=account.pk).update(
        state=AccountState.ACTIVE, lock_reason="", locked_at=None
    )

    assert route_checks.ask_due(now=clock.now()) == 1


@pytest.mark.parametrize("routes", [("RECOVERY_CODE", "COUNTER"), ("DELAYED", "COUNTER")])
def test_nobody_relies_on_what_they_do_not_have(client: Client, routes: tuple[str, ...]) -> None:
    account, _codes = holder(client)

    assert client.post("/account/security/recovery/", {"routes": routes}).status_code == 200

    account.refresh_from_db()
    assert account.recovery_routes == []


# --- The owner signed in ----------------------------------------------------------------------------
def test_the_owner_signed_in_cancels_a_delayed_reset(client: Client) -> None:
    account, _codes = holder(client, AuthenticatorKind.EMAIL, AuthenticatorKind.SMS)
    factories.make_card(account.citizen)
    recovery = factories.start_recovery(account)
    home = client.get("/").content.decode()
    assert "/account/security/recovery/" in home
    assert "/account/security/check/" in home

    for _press in range(2):
        client.post("/account/security/recovery/", {"action": "cancel"})

    recovery.refresh_from_db()
    assert recovery.state == RecoveryState.CANCELLED
    assert AuditEvent.objects.filter(name="accounts.recovery_cancelled").count() == 1
    assert Recovery.objects.count() == 1
