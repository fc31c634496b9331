"""Activation slips: shown once, kept as a hash, the newest alone opens."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts import policy
from accounts.enums import AccountState
from accounts.models import ActivationSlip
from accounts.services import slips
from eid_portal.core import clock, passwords
from eid_portal.core.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db


def make_issued(serial: int = 15):
    return factories.make_account(
        factories.make_citizen(serial), state=AccountState.ISSUED, activated_at=None
    )


def officer_actor(serial: int = 50):
    staff = factories.make_staff(serial)
    return factories.actor_of(staff)


def test_a_slip_is_shown_once_and_kept_as_a_hash() -> None:
    account, actor, now = make_issued(), officer_actor(), clock.now()
    slip, code = slips.print_slip(account=account, case=None, actor=actor, now=now)
    assert len(code) == policy.SLIP_CODE_LENGTH
    assert set(code) <= set(policy.SLIP_ALPHABET)
    assert not set(code) & set("0O1IL")
    assert slip.expires_at - now == timedelta(days=7)
    assert passwords.matches(code, slip.code_hash)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_activationslip t")
        assert code not in cursor.fetchone()[0]


def test_printing_again_kills_the_older_code() -> None:
    account, actor, now = make_issued(), officer_actor(), clock.now()
    first, one = slips.print_slip(account=account, case=None, actor=actor, now=now)
    second, two = slips.print_slip(account=account, case=None, actor=actor, now=now)
    first.refresh_from_db()
    assert first.void_at is not None
    assert second.void_at is None
    assert one != two
    live = ActivationSlip.objects.get(account=account, void_at__isnull=True)
    assert not passwords.matches(one, live.code_hash)
    printed = AuditEvent.objects.filter(name="accounts.slip_printed").order_by("pk")
    assert [event.data["again"] for event in printed] == [False, True]


@pytest.mark.parametrize("state", ["ACTIVE", "CLOSED"])
def test_an_account_that_is_not_waiting_gets_no_slip(state: str) -> None:
    account = factories.make_account(state=state)
    with pytest.raises(slips.AlreadyActive):
        slips.print_slip(account=account, case=None, actor=officer_actor(), now=clock.now())
    assert not ActivationSlip.objects.exists()


def test_nobody_prints_their_own_slip() -> None:
    staff = factories.make_staff(50)
    own = factories.make_account(staff.citizen, state=AccountState.ISSUED, activated_at=None)
    with pytest.raises(slips.OwnSlip):
        slips.print_slip(account=own, case=None, actor=factories.actor_of(staff), now=clock.now())


def test_a_slip_number_says_nothing_about_the_others() -> None:
    account, actor, now = make_issued(), officer_actor(), clock.now()
    made = slips.NewCode(code="x", hash="x")
    numbers = {
        slips.write(account=account, case=None, made=made, actor=actor, now=now).number
        for _time in range(20)
    }
    assert len(numbers) == 20
    assert all(len(number) <= 16 for number in numbers)
