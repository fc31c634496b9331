"""From the slip to an active account."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import AccountKind, AccountState, AuthenticatorState, CardState, Role
from accounts.models import (
    Account,
    ActivationSlip,
    Authenticator,
    CardCase,
    DeviceSession,
    IdCard,
    Notice,
    Office,
    OneTimeCode,
)
from accounts.selectors import counter as counter_pages
from accounts.services import activation_end, activation_slip, signing_in, slips, tries
from eid_portal.core import approvals, clock, passwords
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.models import Approval, AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db
COUNTER = "198.51.100.9"


@pytest.fixture
def account() -> Any:
    account = factories.make_account(state=AccountState.ISSUED, activated_at=None)
    factories.make_card(account.citizen)
    factories.make_phone(account)
    factories.make_slip(account)
    return account


def hand_in_slip(
    client: Client, account: Any, code: str = factories.SLIP_CODE, **extra: Any
) -> Any:
    name = account.sign_in_name or account.citizen.personal_number
    return client.post("/activate/", {"username": name, "code": code}, **extra)


def walk_to_factor(client: Client, account: Any, **extra: Any) -> None:
    assert hand_in_slip(client, account, **extra)["Location"] == "/activate/code/"
    answer = client.post("/activate/code/", {"code": factories.sent_code()}, **extra)
    assert answer["Location"] == "/activate/password/"
    answer = client.post("/activate/password/", {"password": factories.PASSWORD}, **extra)
    assert answer["Location"] == "/activate/factor/"


def secret_on(page: Any) -> str:
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page.content.decode())
    assert found
    return found[1].replace(" ", "")


def walk_to_end(client: Client, account: Any, **extra: Any) -> Any:
    walk_to_factor(client, account, **extra)
    secret = secret_on(client.get("/activate/factor/"))
    answer = client.post("/activate/factor/", {"code": factories.totp_code(secret=secret)}, **extra)
    assert answer["Location"] == "/activate/recovery-codes/"
    return keep_codes_and_finish(client, **extra)


def make_codes(client: Client, **extra: Any) -> list[str]:
    page = client.post("/activate/recovery-codes/", {"action": "make"}, **extra)
    text = page.content.decode().replace("<wbr>", "")
    codes = re.findall(r"<li>((?:[0-9A-Z]{4}-){5}[0-9A-Z]{4})</li>", text)
    assert len(codes) == 8
    return codes


def choose_routes(client: Client, *routes: str, email: str = "", **extra: Any) -> Any:
    values = {"routes": routes or ("RECOVERY_CODE", "COUNTER"), "contact": email}
    return client.post("/activate/routes/", values, **extra)


def keep_codes_and_finish(client: Client, **extra: Any) -> Any:
    """The sheet, two ways back, and one code of the sheet typed back."""
    code = make_codes(client, **extra)[0]
    answer = client.post("/activate/recovery-codes/", {"action": "kept"}, **extra)
    assert answer["Location"] == "/activate/routes/"
    assert choose_routes(client, **extra)["Location"] == "/activate/try/"
    return client.post("/activate/try/", {"code": code}, **extra)


# --- The way through ------------------------------------------------------------------------------
def test_slip_phone_password_app_and_recovery_codes_make_the_account_active(
    client: Client, account: Any
) -> None:
    assert client.get("/activate/").status_code == 200

    answer = walk_to_end(client, account)

    assert (answer.status_code, answer["Location"]) == (303, "/")
    account.refresh_from_db()
    assert account.state == AccountState.ACTIVE
    assert account.activated_at is not None
    assert ActivationSlip.objects.get().used_at is not None
    active = Authenticator.objects.filter(account=account, state=AuthenticatorState.ACTIVE)
    assert sorted(active.values_list("kind", flat=True)) == [
        "PASSWORD",
        "RECOVERY_CODES",
        "SMS",
        "TOTP",
    ]
    assert DeviceSession.objects.get().account == account
    assert client.get("/").status_code == 200
    assert Notice.objects.filter(kind="ACCOUNT_ACTIVATED").count() == 2
    assert AuditEvent.objects.filter(name="accounts.account_activated").count() == 1


def test_text_messages_may_stay_the_second_factor(client: Client, account: Any) -> None:
    walk_to_factor(client, account)

    assert (
        client.post("/activate/factor/", {"action": "sms"})["Location"]
        == "/activate/recovery-codes/"
    )
    keep_codes_and_finish(client)

    kinds = Authenticator.objects.filter(state="ACTIVE").values_list("kind", flat=True)
    assert sorted(kinds) == ["PASSWORD", "RECOVERY_CODES", "SMS"]
    assert Authenticator.objects.get(kind="TOTP").state == "REMOVED"


def test_an_officer_must_take_the_app_and_gets_no_recovery_codes(client: Client) -> None:
    officer = factories.make_staff(51, state=AccountState.ISSUED, activated_at=None)
    factories.make_phone(officer)
    factories.make_slip(officer)
    walk_to_factor(client, officer)

    assert client.post("/activate/factor/", {"action": "sms"})["Location"] == "/activate/factor/"
    secret = secret_on(client.get("/activate/factor/"))
    client.post("/activate/factor/", {"code": factories.totp_code(secret=secret)})
    answer = client.post("/activate/recovery-codes/", {"action": "finish"})

    assert answer["Location"] == "/counter/"
    officer.refresh_from_db()
    assert officer.state == AccountState.ACTIVE


@pytest.mark.parametrize("typed", ["k7qf-3mxa", " K7QF 3MXA ", "k7qf3mxa", "K7QF–3MXA"])
def test_the_code_may_be_typed_as_people_type(client: Client, account: Any, typed: str) -> None:
    assert hand_in_slip(client, account, typed).status_code == 303


# --- Coming back ----------------------------------------------------------------------------------
def test_every_step_can_be_entered_again_and_no_step_skipped(client: Client, account: Any) -> None:
    hand_in_slip(client, account)
    for later in ("password", "factor", "recovery-codes", "waiting"):
        assert client.get(f"/activate/{later}/")["Location"] == "/activate/code/"
    code = factories.sent_code()
    client.post("/activate/code/", {"code": code})
    assert client.post("/activate/code/", {"code": code})["Location"] == "/activate/password/"
    assert client.get("/activate/code/")["Location"] == "/activate/password/"
    for _again in range(2):
        client.post("/activate/password/", {"password": factories.PASSWORD})
    first = secret_on(client.get("/activate/factor/"))
    assert secret_on(client.get("/activate/factor/")) == first
    client.post("/activate/factor/", {"code": factories.totp_code(secret=first)})
    assert client.get("/activate/password/").status_code == 200
    assert client.get("/activate/factor/").status_code == 200
    page = client.get("/activate/recovery-codes/")
    assert page.status_code == 200
    assert (
        client.post("/activate/recovery-codes/", {"action": "finish"})["Location"]
        == "/activate/recovery-codes/"
    )


def test_a_slip_begun_twice_leaves_one_activation(client: Client, account: Any) -> None:
    other = Client()
    walk_to_factor(other, account)

    assert walk_to_end(client, account)["Location"] == "/"

    assert other.get("/activate/factor/")["Location"] == "/activate/"
    assert Authenticator.objects.filter(kind="PASSWORD", state="ACTIVE").count() == 1
    assert Authenticator.objects.filter(state="PENDING").count() == 0


def test_the_slips_button_pressed_twice_goes_on_with_either_answer(account: Any) -> None:
    """The browser keeps the cookie of either answer, whichever the portal gave last."""
    first, second = Client(), Client()
    assert hand_in_slip(first, account)["Location"] == "/activate/code/"
    assert hand_in_slip(second, account)["Location"] == "/activate/code/"
    assert OneTimeCode.objects.count() == 1  # one press, one text message

    code = {"code": factories.sent_code()}
    assert first.post("/activate/code/", code)["Location"] == "/activate/password/"
    password = {"password": factories.PASSWORD}
    assert first.post("/activate/password/", password)["Location"] == "/activate/factor/"
    assert second.get("/activate/code/")["Location"] == "/activate/"


def test_a_dead_activation_says_so_and_the_slip_still_works(client: Client, account: Any) -> None:
    walk_to_factor(client, account)

    with clock.frozen(clock.now() + timedelta(minutes=21)):
        answer = client.get("/activate/factor/")
        page = client.get("/activate/")
        again = hand_in_slip(client, account)

    assert answer["Location"] == "/activate/"
    assert "20" in page.content.decode()
    assert again.status_code == 303


def test_a_phone_whose_sim_was_changed_is_texted_no_code_and_its_holder_told_until_when(
    client: Client, account: Any
) -> None:
    """They have no passkey to be sent to, and a code texted now would be the thief's."""
    until = clock.now() + timedelta(hours=72)
    english: Any = {"headers": {"Accept-Language": "en"}}
    Authenticator.objects.filter(account=account, kind="SMS").update(blocked_until=until)

    page = hand_in_slip(client, account, **english).content.decode()

    assert f"before {until.astimezone(clock.VIET_NAM):%H:%M on %d/%m/%Y}" in page
    assert "passkey" not in page
    assert not Notice.objects.filter(kind="CODE").exists()

    # The signal may come while the code is on its way.
    Authenticator.objects.filter(account=account, kind="SMS").update(blocked_until=None)
    hand_in_slip(client, account)
    code = factories.sent_code()
    Authenticator.objects.filter(account=account, kind="SMS").update(blocked_until=until)
    for values in ({"code": code}, {"action": "send"}):
        assert client.post("/activate/code/", values)["Location"] == "/activate/"
    assert Notice.objects.filter(kind="CODE").count() == 1
    with clock.frozen(until + timedelta(minutes=1)):
        assert hand_in_slip(client, account)["Location"] == "/activate/code/"


def test_finishing_twice_makes_one_account_active(client: Client, account: Any) -> None:
    walk_to_end(client, account)

    answer = client.post("/activate/recovery-codes/", {"action": "finish"})

    assert answer["Location"] == "/activate/"
    assert DeviceSession.objects.count() == 1


# --- Refusals -------------------------------------------------------------------------------------
def test_wrong_used_void_and_unknown_are_answered_alike(
    client: Client, account: Any, monkeypatch: Any
) -> None:
    hashes = []
    monkeypatch.setattr(passwords, "check_password", lambda *_a: hashes.append(1))
    used = factories.make_account(factories.make_citizen(16), state="ISSUED", activated_at=None)
    factories.make_slip(used, used_at=clock.now())
    unknown = factories.personal_number(17)

    bodies = set()
    for number in (account.citizen.personal_number, used.citizen.personal_number, unknown):
        page = client.post("/activate/", {"username": number, "code": "22222222"})
        html = re.sub(r'value="[^"]*"', "", page.content.decode())
        bodies.add((page.status_code, html))

    assert len(bodies) == 1
    assert len(hashes) == 3


def test_the_right_slip_may_say_that_it_is_too_old(client: Client, account: Any) -> None:
    with clock.frozen(clock.now() + timedelta(days=8)):
        wrong = hand_in_slip(client, account, "22222222")
        right = hand_in_slip(client, account)

    assert str(activation_slip.SlipExpired.message) in right.content.decode()
    assert str(activation_slip.SlipExpired.message) not in wrong.content.decode()


@pytest.mark.parametrize("change", ["expired", "lost"])
def test_without_a_valid_card_nothing_is_activated(
    client: Client, account: Any, change: str
) -> None:
    card = account.citizen.cards.get()
    card.delete()
    if change == "lost":
        factories.make_card(account.citizen, state=CardState.LOST)
    else:
        factories.make_card(account.citizen, expires_on=clock.today() - timedelta(days=1))

    page = hand_in_slip(client, account)

    assert page.status_code == 200
    assert str(activation_slip.CardNotValid.message) in page.content.decode()


def test_tries_elsewhere_do_not_use_up_a_citizens_own(account: Any) -> None:
    number = account.citizen.personal_number
    here = signing_in.Visitor(device_token=None, device_label="", address="203.0.113.5")
    there = signing_in.Visitor(device_token=None, device_label="", address="192.0.2.5")
    for _try in range(10):
        with pytest.raises(activation_slip.WrongSlip):
            activation_slip.begin(
                identifier=number, slip_code="22222222", visitor=there, now=clock.now()
            )
    with pytest.raises(tries.TooManyTries):
        activation_slip.begin(
            identifier=number, slip_code=factories.SLIP_CODE, visitor=there, now=clock.now()
        )

    assert activation_slip.begin(
        identifier=number, slip_code=factories.SLIP_CODE, visitor=here, now=clock.now()
    )


@pytest.mark.parametrize(
    "password", ["kurz", "matkhau123", "mau29022000", "dangthimau", "0912000099abc", "x" * 129]
)
def test_weak_passwords_and_own_data_are_refused(
    client: Client, account: Any, password: str
) -> None:
    hand_in_slip(client, account)
    client.post("/activate/code/", {"code": factories.sent_code()})

    page = client.post("/activate/password/", {"password": password})

    assert page.status_code == 200
    assert 'id="id_password_error"' in page.content.decode()
    assert Authenticator.objects.filter(kind="PASSWORD").count() == 0


def test_a_hundred_wrong_codes_in_a_row_disable_the_phone(client: Client, account: Any) -> None:
    phone = Authenticator.objects.get(account=account, kind="SMS")
    Authenticator.objects.filter(pk=phone.pk).update(failures=99)
    hand_in_slip(client, account)
    right = factories.sent_code()

    client.post("/activate/code/", {"code": f"{(int(right) + 1) % 10**6:06d}"})

    phone.refresh_from_db()
    assert phone.state == "DISABLED"
    page = client.post("/activate/code/", {"code": right})
    assert (page.status_code, "id_code_error" in page.content.decode()) == (200, True)


# --- From a counter's network -----------------------------------------------------------------------
@pytest.fixture
def supervisor() -> Any:
    office = factories.make_office(networks=["198.51.100.0/24"])
    supervisor = factories.make_staff(60)
    factories.make_role(supervisor, office, Role.SUPERVISOR)
    return Actor(
        kind=ActorKind.OFFICER,
        account_id=supervisor.pk,
        citizen_id=supervisor.citizen_id,
        office_id=office.pk,
    )


def test_an_activation_from_a_counters_network_waits_for_approval(
    client: Client, account: Any, supervisor: Any
) -> None:
    answer = walk_to_end(client, account, REMOTE_ADDR=COUNTER)

    assert answer["Location"] == "/activate/waiting/"
    assert client.get("/activate/waiting/").status_code == 200
    assert Account.objects.get(pk=account.pk).state == AccountState.ISSUED
    approval = Approval.objects.get()
    assert (approval.kind, approval.reason, approval.office_id) == (
        "accounts.activation",
        "counter_network",
        supervisor.office_id,
    )
    assert hand_in_slip(Client(), account).status_code == 303  # comes back: still waiting
    assert Approval.objects.count() == 1

    now = clock.now() + timedelta(minutes=1)
    approvals.approve(approval=approval, approver=supervisor, signed_in_at=now, now=now)

    account = Account.objects.get(pk=account.pk)
    assert account.state == AccountState.ACTIVE
    assert DeviceSession.objects.count() == 0
    answer = client.post(
        "/sign-in/", {"username": account.citizen.personal_number, "password": factories.PASSWORD}
    )
    assert answer.status_code == 303


def test_a_slip_printed_again_ends_an_activation_that_waits(
    client: Client, account: Any, supervisor: Any
) -> None:
    walk_to_end(client, account, REMOTE_ADDR=COUNTER)
    approval = Approval.objects.get()
    printer = factories.actor_of(factories.make_staff(63))

    _slip, code = slips.print_slip(account=account, case=None, actor=printer, now=clock.now())

    now = clock.now() + timedelta(minutes=1)
    approval.refresh_from_db()
    assert approval.state == "WITHDRAWN"
    with pytest.raises(approvals.TooLate):
        approvals.approve(approval=approval, approver=supervisor, signed_in_at=now, now=now)
    assert Account.objects.get(pk=account.pk).state == AccountState.ISSUED
    assert not Authenticator.objects.filter(state="PENDING").exists()
    assert client.get("/activate/waiting/").status_code != 200
    again = Client()
    assert hand_in_slip(again, account).status_code == 200  # the old code opens nothing
    assert hand_in_slip(again, account, code)["Location"] == "/activate/code/"


def test_who_printed_the_slip_or_issued_the_account_does_not_approve_its_activation(
    client: Client, account: Any, supervisor: Any
) -> None:
    boss = Account.objects.get(pk=supervisor.account_id)
    office = Office.objects.get(pk=supervisor.office_id)
    issuer = factories.make_staff(64)
    case = CardCase.objects.create(
        state="OPEN", officer=issuer, office=office, source="QR", card_reading={},
        opened_at=clock.now(),
    )  # fmt: skip
    ActivationSlip.objects.update(printed_by=boss, case=case)
    walk_to_end(client, account, REMOTE_ADDR=COUNTER)
    now = clock.now() + timedelta(minutes=1)
    approval = Approval.objects.get()

    assert not counter_pages.list_approvals(boss, office_id=office.pk, now=now)
    for approver in (supervisor, factories.actor_of(issuer, office)):
        with pytest.raises(approvals.SamePerson):
            approvals.approve(approval=approval, approver=approver, signed_in_at=now, now=now)
    assert Account.objects.get(pk=account.pk).state == AccountState.ISSUED


@pytest.mark.parametrize("state", ["LOST", "REVOKED", "EXPIRED"])
def test_a_card_that_ended_while_the_activation_waited_is_not_approved(
    client: Client, account: Any, supervisor: Any, state: str
) -> None:
    walk_to_end(client, account, REMOTE_ADDR=COUNTER)
    IdCard.objects.update(state=state)
    now = clock.now() + timedelta(minutes=1)

    with pytest.raises(activation_end.CardGone):
        approvals.approve(
            approval=Approval.objects.get(), approver=supervisor, signed_in_at=now, now=now
        )

    assert Account.objects.get(pk=account.pk).state == AccountState.ISSUED
    assert Approval.objects.get().state == "PROPOSED"


def test_a_refused_activation_kills_the_slip(client: Client, account: Any, supervisor: Any) -> None:
    walk_to_end(client, account, REMOTE_ADDR=COUNTER)
    now = clock.now() + timedelta(minutes=1)

    approvals.refuse(
        approval=Approval.objects.get(), approver=supervisor, signed_in_at=now, note="", now=now
    )

    assert Account.objects.get(pk=account.pk).state == AccountState.ISSUED
    assert Authenticator.objects.filter(state="PENDING").count() == 0
    assert hand_in_slip(Client(), account).status_code == 200


def test_without_a_phone_somebody_else_approves(client: Client, supervisor: Any) -> None:
    officer = factories.make_staff(61)
    factories.make_role(officer, factories.make_office("HN-02"))
    account = factories.make_account(state="ISSUED", activated_at=None)
    factories.make_card(account.citizen)
    factories.make_slip(account, printed_by=officer)

    answer = hand_in_slip(client, account)
    client.post("/activate/password/", {"password": factories.PASSWORD})
    secret = secret_on(client.get("/activate/factor/"))
    client.post("/activate/factor/", {"code": factories.totp_code(secret=secret)})
    end = keep_codes_and_finish(client)

    assert client.get(answer["Location"]) is not None
    assert end["Location"] == "/activate/waiting/"
    approval = Approval.objects.get()
    assert approval.reason == "no_phone"
    assert approval.office_id is not None


def test_what_waits_at_no_office_is_decided_by_any_supervisor(
    client: Client, account: Any, supervisor: Any
) -> None:
    """A slip an administrator printed, for somebody without a phone."""
    boss = Account.objects.get(pk=supervisor.account_id)
    Authenticator.objects.filter(account=account).delete()
    hand_in_slip(client, account)
    client.post("/activate/password/", {"password": factories.PASSWORD})
    secret = secret_on(client.get("/activate/factor/"))
    client.post("/activate/factor/", {"code": factories.totp_code(secret=secret)})
    keep_codes_and_finish(client)

    approval = Approval.objects.get()
    assert approval.office_id is None
    waiting = counter_pages.list_approvals(boss, office_id=supervisor.office_id, now=clock.now())
    assert waiting == [approval]


def test_kinds_of_account_have_their_own_look(client: Client) -> None:
    officer = factories.make_staff(
        62, kind=AccountKind.ADMINISTRATOR, state="ISSUED", activated_at=None
    )
    factories.make_phone(officer)
    factories.make_slip(officer)

    hand_in_slip(client, officer)

    assert "officer" in client.get("/activate/code/").content.decode()
