"""Browsers that finish the same recovery, begin the same one, or cancel it, at the same moment: one wins."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.enums import ActedBy, AuthenticatorKind, RecoveryProof, RecoveryRoute
from accounts.models import Account, Authenticator, Recovery, RecoveryAttempt
from accounts.services import authenticators, recovering, recovery_end
from eid_portal.core import clock, ids, jobs, sealed
from eid_portal.core.models import AuditEvent, Job
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
Done = recovering.RecoveringRefused


def together(*acts: Callable[[], Any]) -> Counter[str]:
    """Do each in a thread with a connection of its own, let go at the same moment."""
    gate = threading.Barrier(len(acts))
    outcomes: list[str] = []

    def run(act: Callable[[], Any]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            gate.wait(timeout=60)
            act()
            outcomes.append("success")
        except Done as refused:
            outcomes.append(refused.code)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must show it
            outcomes.append(f"ERROR {error!r}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


def holder(serial: int = 15) -> tuple[Account, str]:
    """An account with every way but a passkey, and the key of one of its recovery codes."""
    account = factories.make_account(factories.make_citizen(serial))
    factories.make_password(account)
    factories.make_totp(account)
    factories.make_phone(account, f"+849120000{serial:02d}")
    factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret="mau@vidu.vn")
    now = clock.now()
    sheet, _plain = authenticators.new_recovery_codes(account=account, now=now)
    authenticators.bind(sheet, account=account, actor=factories.actor_of(account), now=now)
    return account, str(sheet.codes.earliest("id").pk)


def proved(account: Account, **data: str) -> str:
    """An attempt that has proved all it needs; its token."""
    token, now = ids.token(), clock.now()
    RecoveryAttempt.objects.create(
        token_hash=sealed.token_hash(token),
        account=account,
        data={
            "key": str(account.pk),
            "known": False,
            "proof": RecoveryProof.TOTP.value,
            "authenticator": str(account.authenticators.get(kind="TOTP").pk),
        }
        | data,
        created_at=now,
        expires_at=now + timedelta(minutes=20),
    )
    return token


def finishing(token: str, place: int) -> Callable[[], Any]:
    return lambda: recovery_end.set_password(
        token=token,
        password=f"một câu khác không ai đoán {place}",
        device_label="",
        now=clock.now(),
    )


def ready(account: Account) -> Recovery:
    then = clock.now() - timedelta(hours=25)
    return factories.start_recovery(account, now=then)


def one_password(account: Account) -> bool:
    rows = Authenticator.objects.filter(account=account, kind="PASSWORD")
    return sorted(rows.values_list("state", flat=True)) == ["ACTIVE", "REMOVED"]


def test_two_browsers_finish_one_delayed_reset_once() -> None:
    account, _code = holder()
    recovery = ready(account)
    tokens = [
        proved(account, route=RecoveryRoute.DELAYED.value, recovery=str(recovery.pk), second="1")
        for _browser in range(4)
    ]

    outcomes = together(*[finishing(token, place) for place, token in enumerate(tokens)])

    assert outcomes == {"success": 1, "not_open": 3}
    assert one_password(account)
    assert AuditEvent.objects.filter(name="accounts.recovery_finished").count() == 1


def test_one_recovery_code_recovers_once() -> None:
    account, code = holder()
    tokens = [
        proved(account, route=RecoveryRoute.RECOVERY_CODE.value, code=code) for _browser in range(4)
    ]

    outcomes = together(*[finishing(token, place) for place, token in enumerate(tokens)])

    assert outcomes == {"success": 1, "code_used": 3}
    assert one_password(account)


def test_it_is_either_cancelled_or_finished() -> None:
    account, _code = holder()
    recovery = ready(account)
    token = proved(
        account, route=RecoveryRoute.DELAYED.value, recovery=str(recovery.pk), second="1"
    )

    outcomes = together(
        finishing(token, 1),
        lambda: recovering.cancel(
            recovery=Recovery.objects.get(pk=recovery.pk), by=ActedBy.STOP_CODE, now=clock.now()
        ),
    )

    assert outcomes == {"success": 1, "not_open": 1}
    recovery.refresh_from_db()
    assert one_password(account) == (recovery.state == "FINISHED")


def test_its_owner_cancels_it_while_somebody_finishes_it_and_nobody_waits_for_ever() -> None:
    for _again in range(5):
        account, _code = holder(serial=_again)
        recovery = ready(account)
        token = proved(
            account, route=RecoveryRoute.DELAYED.value, recovery=str(recovery.pk), second="1"
        )

        outcomes = together(
            finishing(token, 1),
            lambda: recovering.cancel_own(account=account, now=clock.now()),  # noqa: B023 - done at once
        )

        assert outcomes == {"success": 1, "not_open": 1}


def test_a_reminder_holds_the_account_before_the_recovery() -> None:
    """Else it and whoever ends the recovery could wait for each other."""
    account, _code = holder()
    recovery = ready(account)
    job = Job.objects.filter(task=recovering.REMIND, subject_id=recovery.pk).earliest("id")
    done = threading.Event()

    def remind() -> None:
        try:
            jobs.run_here(job.pk, recovering.REMIND)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=remind)
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        thread.start()
        assert not done.wait(1)
        Recovery.objects.select_for_update(nowait=True).get(pk=recovery.pk)  # it holds nothing yet
    thread.join(timeout=60)
    recovery.refresh_from_db()
    assert recovery.reminders == 1


def test_of_four_beginnings_one_is_open() -> None:
    account, _code = holder()

    outcomes = together(*[lambda: factories.start_recovery(account)] * 4)

    assert outcomes == {"success": 1, "already_open": 3}
    assert Recovery.objects.count() == 1
