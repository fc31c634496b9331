"""Recovering an account: the delayed reset, its life and its end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from accounts import policy
from accounts.enums import (
    ActedBy,
    AuthenticatorKind,
    AuthenticatorState,
    NoticeKind,
    RecoveryProof,
    RecoveryState,
)
from accounts.models import Account, Notice, Recovery, StopCode
from accounts.services import authenticators, contacts, proofs, recovering, sim_changes
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent, Job
from tests import factories
from tests.accounts.test_contacts import session_of

pytestmark = pytest.mark.django_db
EMAIL = "mau@vidu.vn"


def holder(*kinds: str, serial: int = 15) -> Account:
    """An account with a password and these ways besides."""
    account = factories.make_account(factories.make_citizen(serial))
    factories.make_password(account)
    for kind in kinds:
        if kind == "SMS":
            factories.make_phone(account)
        elif kind == "EMAIL":
            factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret=EMAIL)
        elif kind == "TOTP":
            factories.make_totp(account)
        else:
            factories.make_authenticator(account, AuthenticatorKind.PASSKEY)
    return account


def begin(account: Account, proof: RecoveryProof = RecoveryProof.SMS) -> Recovery:
    return factories.start_recovery(account, proof, device_label="Firefox, Linux")


def do(task: str, recovery: Recovery) -> None:
    """Do the next job of a kind about a recovery, when it is due."""
    job = Job.objects.filter(
        task=task, subject_id=recovery.pk, done_at__isnull=True, next_attempt_at__lte=clock.now()
    ).earliest("next_attempt_at")
    jobs.run_here(job.pk, task)


# --- What it rests on -----------------------------------------------------------------------------
def changed_sim(account: Account) -> None:
    signal = sim_changes.Signal(event_id=uuid4(), phone=factories.PHONE, changed_at=clock.now())
    sim_changes.take(signal, body={}, party="sms", actor=SYSTEM, now=clock.now())


def changed_number(account: Account) -> None:
    session = session_of(account)
    contacts.send_code(
        session=session, kind=AuthenticatorKind.SMS, to="+84912000077", now=clock.now()
    )
    contacts.confirm(
        session=session, kind=AuthenticatorKind.SMS, code=factories.sent_code(), now=clock.now()
    )


def given_up(account: Account) -> None:
    authenticators.give_up(
        list(account.authenticators.filter(kind="SMS")),
        account=account,
        actor=SYSTEM,
        now=clock.now(),
    )


def disabled(account: Account) -> None:
    phone = account.authenticators.filter(kind="SMS")
    phone.update(failures=policy.FAILURES_IN_A_ROW - 1)
    tried = proofs.reserve(account_id=account.pk, kind=AuthenticatorKind.SMS, known_device=True)
    proofs.fail(tried, now=clock.now())


@pytest.mark.parametrize("ends", [changed_sim, changed_number, given_up, disabled])
def test_it_is_cancelled_and_told_when_its_first_proof_counts_no_more(
    ends: Callable[[Account], None],
) -> None:
    account = holder("SMS", "EMAIL", "TOTP")
    recovery = begin(account)

    ends(account)

    recovery.refresh_from_db()
    assert recovery.state == RecoveryState.CANCELLED
    told = Notice.objects.filter(account=account, kind=NoticeKind.RECOVERY_CANCELLED)
    assert {"INBOX", "EMAIL"} <= {notice.channel for notice in told}


def test_it_stays_when_another_way_goes() -> None:
    account = holder("SMS", "EMAIL", "TOTP")
    recovery = begin(account, RecoveryProof.EMAIL)

    changed_sim(account)
    given_up(account)

    recovery.refresh_from_db()
    assert recovery.state == RecoveryState.OPEN


@pytest.mark.parametrize(
    "columns",
    [{"state": AuthenticatorState.DISABLED}, {"blocked_until": clock.now() + timedelta(days=9)}],
)
def test_it_goes_on_only_while_its_first_proof_counts(columns: dict[str, Any]) -> None:
    account = holder("SMS", "EMAIL", "TOTP")
    recovery = begin(account)
    account.authenticators.filter(kind="SMS").update(**columns)

    with pytest.raises(recovering.ProofGone):
        recovering.require_ready(recovery, now=recovery.ready_at)
    with pytest.raises(recovering.ProofGone), transaction.atomic():
        recovering.finish(
            recovery=recovery, proof=RecoveryProof.EMAIL, actor=SYSTEM, now=recovery.ready_at
        )


# --- The delayed reset ----------------------------------------------------------------------------
def test_it_is_told_on_every_channel_with_what_stops_it() -> None:
    account = holder("SMS", "EMAIL")

    recovery = begin(account)

    told = Notice.objects.filter(account=account, kind=NoticeKind.RECOVERY_STARTED)
    texts = {notice.channel: notice.text for notice in told}
    assert set(texts) == {"INBOX", "SMS", "EMAIL"}
    assert "/stop/" in texts["SMS"]
    assert "http" not in texts["SMS"]
    assert "/stop/" in texts["EMAIL"]
    assert "http" in texts["EMAIL"]
    assert "http" not in texts["INBOX"]
    assert recovery.reference in texts["INBOX"]
    stop = StopCode.objects.get(account=account)
    assert (stop.kind, stop.target_id) == ("RECOVERY", recovery.pk)


def test_its_times_follow_from_its_start() -> None:
    account = holder("SMS", "TOTP")

    recovery = begin(account)

    assert recovery.ready_at == recovery.opened_at + timedelta(hours=24)
    assert recovery.expires_at == recovery.ready_at + policy.RECOVERY_OPEN_AFTER


@pytest.mark.parametrize("kinds", [("SMS",), ("EMAIL",), ("TOTP",), ()])
def test_it_is_not_offered_to_who_has_one_way_alone(kinds: tuple[str, ...]) -> None:
    account = holder(*kinds)
    with pytest.raises(recovering.TooFewWays):
        begin(account, RecoveryProof(kinds[0]) if kinds else RecoveryProof.SMS)
    assert not Recovery.objects.exists()


def test_what_was_changed_lately_does_not_count() -> None:
    account = holder("SMS")
    factories.make_authenticator(
        account,
        AuthenticatorKind.EMAIL,
        secret=EMAIL,
        trusted_from=clock.now() + timedelta(hours=1),
    )

    assert recovering.ways_of(account, now=clock.now()) == {RecoveryProof.SMS}
    assert recovering.ways_of(account, now=clock.now() + timedelta(hours=2)) == {
        RecoveryProof.SMS,
        RecoveryProof.EMAIL,
    }


def test_a_phone_whose_sim_was_changed_does_not_count() -> None:
    account = holder("EMAIL")
    factories.make_phone(account, blocked_until=clock.now() + timedelta(hours=72))

    assert recovering.ways_of(account, now=clock.now()) == {RecoveryProof.EMAIL}


def test_one_is_open_at_a_time_and_after_it_is_cancelled_another() -> None:
    account = holder("SMS", "EMAIL")
    first = begin(account)

    with pytest.raises(recovering.AlreadyOpen):
        begin(account)
    recovering.cancel(recovery=first, by=ActedBy.OWNER, now=clock.now())
    second = begin(account, RecoveryProof.EMAIL)

    assert second.state == RecoveryState.OPEN


def test_it_is_cancelled_once_and_told_everywhere() -> None:
    account = holder("SMS", "EMAIL")
    recovery = begin(account)

    recovering.cancel(
        recovery=Recovery.objects.get(pk=recovery.pk), by=ActedBy.STOP_CODE, now=clock.now()
    )
    with pytest.raises(recovering.NotOpen) as refused:
        recovering.cancel(recovery=recovery, by=ActedBy.OWNER, now=clock.now())

    assert refused.value.state == RecoveryState.CANCELLED
    told = Notice.objects.filter(account=account, kind=NoticeKind.RECOVERY_CANCELLED)
    assert {notice.channel for notice in told} == {"INBOX", "SMS", "EMAIL"}
    assert AuditEvent.objects.filter(name="accounts.recovery_cancelled").count() == 1


def test_its_holder_is_reminded_twice_while_it_waits() -> None:
    account = holder("SMS", "EMAIL")
    recovery = begin(account)

    for wait in policy.RECOVERY_REMINDERS:
        with clock.frozen(recovery.opened_at + wait + timedelta(minutes=1)):
            do(recovering.REMIND, recovery)

    told = Notice.objects.filter(kind=NoticeKind.RECOVERY_REMINDER, channel="SMS")
    assert told.count() == 2
    recovery.refresh_from_db()
    assert recovery.reminders == 2
    assert StopCode.objects.filter(target_id=recovery.pk).count() == 3


def test_who_cancelled_is_not_reminded() -> None:
    account = holder("SMS", "EMAIL")
    recovery = begin(account)
    recovering.cancel(recovery=recovery, by=ActedBy.OWNER, now=clock.now())

    with clock.frozen(recovery.opened_at + timedelta(hours=13)):
        do(recovering.REMIND, recovery)

    assert not Notice.objects.filter(kind=NoticeKind.RECOVERY_REMINDER).exists()


def test_who_does_not_finish_in_time_begins_again() -> None:
    account = holder("SMS", "EMAIL")
    recovery = begin(account)

    with clock.frozen(recovery.expires_at + timedelta(minutes=1)):
        do(recovering.EXPIRE, recovery)
        recovery.refresh_from_db()
        assert recovery.state == RecoveryState.EXPIRED
        assert begin(account).state == RecoveryState.OPEN
