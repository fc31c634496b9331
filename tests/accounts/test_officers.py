"""Officers and administrators: made by one, activated by themselves, given roles by two."""

import json
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import policy
from accounts.enums import AccountKind, Role, StopKind
from accounts.models import Account, ActivationSlip, Authenticator, Citizen, OfficeRole
from accounts.services import (
    activation_slip,
    approving,
    locking,
    officer_recovery,
    officers,
    slips,
    stopping,
)
from eid_portal.core import approvals, clock, passwords
from eid_portal.core.events import SYSTEM, ActorKind
from eid_portal.core.models import Approval, AuditEvent
from tests import factories
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db

PERSON, DEAD, NOBODY, BROKEN = "001192000020", "026050000090", "096091000097", "022194000094"


@pytest.fixture
def administrator() -> Account:
    return factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)


@pytest.fixture
def second() -> Account:
    return factories.make_staff(61, kind=AccountKind.ADMINISTRATOR)


def create(administrator: Account, **changes: Any) -> officers.NewOfficer:
    values: dict[str, Any] = {
        "number": PERSON,
        "kind": AccountKind.OFFICER,
        "sign_in_name": "cb000020",
        "phone": "0501234567",
    }
    return officers.create_officer(
        **values | changes, actor=factories.actor_of(administrator), now=clock.now()
    )


def test_an_officer_is_made_of_a_person_the_register_knows(
    administrator: Account, sandbox: OutsideWorld
) -> None:
    made = create(administrator)
    account = made.account
    assert (account.kind, account.state, account.level) == ("officer", "ISSUED", None)
    assert account.citizen.full_name == "Vũ Thị Hạnh"
    assert passwords.matches(made.code, ActivationSlip.objects.get().code_hash)
    assert Authenticator.objects.get(account=account).secret == "+84501234567"
    event = AuditEvent.objects.get(name="accounts.officer_created")
    assert (event.subject_id, event.actor_kind) == (account.citizen_id, ActorKind.ADMINISTRATOR)


def test_a_person_we_hold_is_not_asked_for(administrator: Account) -> None:
    citizen = factories.make_citizen(40)
    made = create(administrator, number=citizen.personal_number)
    assert made.account.citizen == citizen


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"number": "123"}, officers.NotANumber),
        ({"number": "0011920000201"}, officers.NotANumber),
        ({"number": "0011\x0092000020"}, officers.NotANumber),
        ({"number": DEAD}, officers.NobodyOfThatNumber),
        ({"number": NOBODY}, officers.NobodyOfThatNumber),
        ({"number": BROKEN}, officers.RegisterAway),
        ({"phone": "1234"}, officers.NotMobile),
    ],
)
def test_what_is_wrong_is_said_and_makes_nothing(
    administrator: Account, sandbox: OutsideWorld, changes: dict[str, str], refusal: type[Exception]
) -> None:
    before = Account.objects.count()
    with pytest.raises(refusal):
        create(administrator, **changes)
    assert Account.objects.count() == before


def test_names_phones_and_people_are_taken_once(administrator: Account, sandbox: OutsideWorld) -> None:  # fmt: skip
    create(administrator)
    other = factories.make_citizen(40).personal_number
    with pytest.raises(officers.HasOne):
        create(administrator, sign_in_name="cb000021", phone="0501234568")
    with pytest.raises(officers.NameTaken):
        create(administrator, number=other, phone="0501234568")
    with pytest.raises(officers.PhoneTaken):
        create(administrator, number=other, sign_in_name="cb000021")
    assert Account.objects.filter(kind="officer").count() == 1


def test_administrators_make_no_account_for_themselves(administrator: Account) -> None:
    with pytest.raises(officers.OwnRole):
        create(administrator, number=administrator.citizen.personal_number)


@pytest.mark.parametrize("wanted", Role)
def test_a_role_takes_two_administrators(
    administrator: Account, second: Account, wanted: Role
) -> None:
    officer, office = factories.make_staff(50), factories.make_office()
    actor = factories.actor_of(administrator)
    proposal = officers.propose_role(
        account_id=officer.pk, office_id=office.pk, role=wanted, actor=actor, now=clock.now()
    )
    assert not OfficeRole.objects.exists()
    with pytest.raises(approvals.AlreadyOpen):
        officers.propose_role(
            account_id=officer.pk, office_id=office.pk, role=wanted, actor=actor,
            now=clock.now(),
        )  # fmt: skip
    for person in (administrator, officer):
        with pytest.raises(approvals.SamePerson):
            decide(proposal, person)
    decide(proposal, second)
    role = OfficeRole.objects.get()
    assert (role.account, role.office, role.role) == (officer, office, wanted)
    assert role.approval_id == proposal.pk
    with pytest.raises(officers.HoldsIt):
        officers.propose_role(
            account_id=officer.pk, office_id=office.pk, role=wanted, actor=actor,
            now=clock.now(),
        )  # fmt: skip
    officers.end_role(role_id=role.pk, actor=actor, now=clock.now())
    officers.end_role(role_id=role.pk, actor=actor, now=clock.now())
    role.refresh_from_db()
    assert role.ended_at is not None
    assert AuditEvent.objects.filter(name="accounts.role_ended").count() == 1


def test_nobody_proposes_a_role_for_themselves(administrator: Account) -> None:
    person = Citizen.objects.get(pk=administrator.citizen_id)
    own = factories.make_staff(citizen=person, sign_in_name="cb1")
    with pytest.raises(officers.OwnRole):
        officers.propose_role(
            account_id=own.pk, office_id=factories.make_office().pk, role=Role.COUNTER,
            actor=factories.actor_of(administrator), now=clock.now(),
        )  # fmt: skip


def decide(proposal: Any, person: Account) -> None:
    approving.decide(
        approval=proposal, approve=True, note="", actor=factories.actor_of(person),
        signed_in_at=clock.now(), now=clock.now(),
    )  # fmt: skip


def test_an_administrator_nobody_agreed_to_never_comes_into_use(
    administrator: Account, second: Account, sandbox: OutsideWorld
) -> None:
    account = create(administrator, kind=AccountKind.ADMINISTRATOR).account
    now = clock.now()
    approvals.refuse(
        approval=Approval.objects.get(), approver=factories.actor_of(second),
        signed_in_at=now, note="", now=now,
    )  # fmt: skip

    account.refresh_from_db()
    assert account.state == "CLOSED"
    with pytest.raises(officers.NotApproved):
        officers.print_slip(account=account, actor=factories.actor_of(second), now=now)


def test_closing_an_administrator_that_was_proposed_withdraws_the_proposal(
    administrator: Account, second: Account, sandbox: OutsideWorld
) -> None:
    account = create(administrator, kind=AccountKind.ADMINISTRATOR).account

    officers.close_account(account=account, actor=factories.actor_of(second), now=clock.now())

    account.refresh_from_db()
    assert (account.state, Approval.objects.get().state) == ("CLOSED", "WITHDRAWN")


# --- Closing, and being locked out ----------------------------------------------------------------
def test_closing_ends_every_way_in_and_frees_the_phone(
    administrator: Account, sandbox: OutsideWorld
) -> None:
    account = create(administrator).account
    Account.objects.filter(pk=account.pk).update(state="ACTIVE")
    account.refresh_from_db()
    factories.make_password(account)
    factories.make_totp(account)
    role = factories.make_role(account, factories.make_office())

    officers.close_account(
        account=account, actor=factories.actor_of(administrator), now=clock.now()
    )

    assert set(account.authenticators.values_list("state", flat=True)) == {"REMOVED"}
    assert not ActivationSlip.objects.filter(used_at=None, void_at=None).exists()
    role.refresh_from_db()
    assert role.ended_at is not None
    with pytest.raises(officers.NameTaken):  # old records name the one it was
        create(administrator)
    assert create(administrator, sign_in_name="cb000021").account.state == "ISSUED"


def test_the_roles_of_somebody_who_died_end(administrator: Account) -> None:
    officer = factories.make_staff(50)
    role = factories.make_role(officer, factories.make_office())

    locking.close_after_death(citizen=officer.citizen, actor=SYSTEM, now=clock.now())

    role.refresh_from_db()
    assert role.ended_at is not None
    assert AuditEvent.objects.filter(name="accounts.role_ended").count() == 1


@pytest.mark.parametrize("kind", [AccountKind.OFFICER, AccountKind.ADMINISTRATOR])
def test_staff_whose_account_a_stop_code_locked_unlock_it_by_both_factors(
    client: Client, kind: AccountKind
) -> None:
    account = factories.make_staff(50, kind=kind)
    factories.make_password(account)
    factories.make_totp(account)
    now = clock.now()
    code = stopping.new_code(account=account, kind=StopKind.LOCK, target_id=None, now=now)
    client.post("/stop/", {"code": code.shown})
    account.refresh_from_db()
    assert account.state == "LOCKED"

    page = sign_in(client, account)
    assert page.status_code == 403
    assert 'action="/account/unlock/"' in page.content.decode()
    assert "TK03" not in page.content.decode()
    answer = client.post("/account/unlock/")

    account.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/")
    assert account.state == "ACTIVE"
    assert not account.sessions.filter(ended_at__isnull=True).exists()
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        assert sign_in(Client(), account).status_code in {302, 303}
    assert account.sessions.filter(ended_at__isnull=True).count() == 1


def sign_in(client: Client, account: Account) -> Any:
    client.post("/sign-in/", {"username": account.sign_in_name, "password": factories.PASSWORD})
    return client.post("/sign-in/code/", {"way": "TOTP", "code": factories.totp_code()})


@pytest.mark.parametrize("state", ["ACTIVE", "LOCKED"])
def test_lost_ways_in_are_recovered_by_two_administrators(
    administrator: Account, second: Account, state: str
) -> None:
    officer = in_use(state)
    factories.signed_in(Client(), officer)
    actor, now = factories.actor_of(second), clock.now()
    with pytest.raises(officer_recovery.NotAgreed):
        officer_recovery.print_slip(account=officer, actor=actor, now=now)
    proposal = officer_recovery.propose(
        account=officer, actor=factories.actor_of(administrator), now=now
    )
    with pytest.raises(approvals.AlreadyOpen):
        officer_recovery.propose(account=officer, actor=actor, now=now)
    for person in (administrator, officer):
        with pytest.raises(approvals.SamePerson):
            decide(proposal, person)
    decide(proposal, second)
    with pytest.raises(officer_recovery.MakerPrints):
        officer_recovery.print_slip(
            account=officer, actor=factories.actor_of(administrator), now=clock.now()
        )
    officer_recovery.print_slip(account=officer, actor=actor, now=clock.now())
    slip, code = officer_recovery.print_slip(account=officer, actor=actor, now=clock.now())

    assert passwords.matches(code, slip.code_hash)
    assert ActivationSlip.objects.filter(void_at=None).get() == slip
    live = officer.authenticators.filter(state="ACTIVE")
    assert list(live.values_list("kind", flat=True)) == ["SMS"]
    assert not officer.sessions.filter(ended_at__isnull=True).exists()
    officer.refresh_from_db()
    assert officer.state == state
    activation_slip.may_activate(slip, clock.now())
    ActivationSlip.objects.update(used_at=clock.now())
    with pytest.raises(officer_recovery.NotAgreed):
        officer_recovery.print_slip(account=officer, actor=actor, now=clock.now())


def test_an_agreement_to_recover_lasts_three_days(administrator: Account, second: Account) -> None:
    officer, actor = in_use(), factories.actor_of(second)
    decide(
        officer_recovery.propose(
            account=officer, actor=factories.actor_of(administrator), now=clock.now()
        ),
        second,
    )
    late = clock.now() + policy.APPROVAL_LASTS + timedelta(seconds=1)
    with pytest.raises(officer_recovery.NotAgreed):
        officer_recovery.print_slip(account=officer, actor=actor, now=late)


def test_nobody_recovers_their_own_account_nor_one_that_is_not_in_use(
    administrator: Account,
) -> None:
    actor = factories.actor_of(administrator)
    with pytest.raises(slips.OwnSlip):
        officer_recovery.propose(account=administrator, actor=actor, now=clock.now())
    for serial, state in enumerate(("ISSUED", "CLOSED"), 51):
        with pytest.raises(officer_recovery.NotInUse):
            officer_recovery.propose(
                account=factories.make_staff(serial, state=state), actor=actor, now=clock.now()
            )


def test_closing_withdraws_a_recovery_that_was_proposed(
    administrator: Account, second: Account
) -> None:
    officer = in_use()
    actor = factories.actor_of(administrator)
    officer_recovery.propose(account=officer, actor=actor, now=clock.now())
    officers.close_account(account=officer, actor=actor, now=clock.now())
    assert Approval.objects.get().state == "WITHDRAWN"


def in_use(state: str = "ACTIVE") -> Account:
    columns: dict[str, Any] = {"state": state}
    if state == "LOCKED":
        columns |= {"lock_reason": "OWNER", "locked_at": clock.now()}
    officer = factories.make_staff(50, **columns)
    factories.make_password(officer)
    factories.make_totp(officer)
    factories.make_phone(officer)
    return officer


FIRST = [
    {"number": PERSON, "sign_in_name": "qt1", "phone": "0501234567"},
    {"number": "001089000021", "sign_in_name": "qt2", "phone": "0501234568"},
]


def make_first(monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    monkeypatch.setattr("sys.stdin", StringIO(text))
    said = StringIO()
    call_command("first_administrators", stdout=said)
    return said.getvalue()


def test_an_installation_begins_with_two_administrators(
    sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = make_first(monkeypatch, json.dumps(FIRST))

    accounts = list(Account.objects.order_by("sign_in_name"))
    assert [account.sign_in_name for account in accounts] == ["qt1", "qt2"]
    for account, other in zip(accounts, reversed(accounts), strict=True):
        slip = ActivationSlip.objects.get(account=account)
        assert slip.printed_by == other
        (code,) = re.findall(rf"{account.sign_in_name}: activation code (\S{{9}})", said)
        assert passwords.matches(code.replace("-", ""), slip.code_hash)
    with pytest.raises(CommandError):
        make_first(monkeypatch, json.dumps(FIRST))
    assert Account.objects.count() == 2


@pytest.mark.parametrize(
    "given", ["", "[]", "{}", "[1, 2]", json.dumps(FIRST[:1]), json.dumps([FIRST[0], FIRST[0] | {"sign_in_name": "x"}])]
)  # fmt: skip
def test_one_administrator_is_no_beginning(
    sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    with pytest.raises(CommandError):
        make_first(monkeypatch, given)
    assert not Account.objects.exists()
