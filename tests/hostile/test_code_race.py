"""A hundred equal codes at the same moment: one opens."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts.enums import AuthenticatorKind, CodePurpose
from accounts.models import Authenticator, RecoveryCode
from accounts.services import (
    authenticators,
    codes,
    flows,
    proofs,
    recovery_codes,
    signing_in,
    tries,
)
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 100


def race(act: Callable[[], Any], *expected: type[Exception]) -> Counter[str]:
    """Do it in a hundred threads, each with a connection of its own, let go at the same moment."""
    gate = threading.Barrier(AT_ONCE)
    outcomes: list[str] = []

    def run() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            gate.wait(timeout=60)
            act()
            outcomes.append("success")
        except expected as refused:
            outcomes.append(type(refused).__name__)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must show it
            outcomes.append(f"ERROR {error!r}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = Counter(outcomes)
    assert sum(counted.values()) == AT_ONCE
    assert not [outcome for outcome in counted if outcome.startswith("ERROR")], counted
    return counted


def test_one_of_a_hundred_equal_totp_codes_passes() -> None:
    account = factories.make_account()
    factories.make_totp(account)
    now = clock.now()
    code = factories.totp_code(now)

    outcomes = race(
        lambda: proofs.check_totp(account_id=account.pk, code=code, known_device=True, now=now),
        proofs.ProofRefused,
    )

    assert outcomes["success"] == 1


def test_one_of_a_hundred_equal_text_message_codes_passes() -> None:
    request, now = uuid4(), clock.now()
    codes.send(
        purpose=CodePurpose.SIGN_IN,
        request_id=request,
        account=None,
        to=factories.PHONE,
        action_text="SIGN IN",
        now=now,
    )
    code = factories.sent_code()

    outcomes = race(
        lambda: codes.check(
            purpose=CodePurpose.SIGN_IN,
            request_id=request,
            to=factories.PHONE,
            code=code,
            now=clock.now(),
        ),
        codes.CodeRefused,
    )

    assert outcomes["success"] == 1


def test_of_a_hundred_wrong_text_message_codes_five_are_compared() -> None:
    request, now = uuid4(), clock.now()
    row = codes.send(
        purpose=CodePurpose.SIGN_IN,
        request_id=request,
        account=None,
        to=factories.PHONE,
        action_text="SIGN IN",
        now=now,
    )
    wrong = f"{(int(factories.sent_code()) + 1) % 10**6:06d}"

    outcomes = race(
        lambda: codes.check(
            purpose=CodePurpose.SIGN_IN,
            request_id=request,
            to=factories.PHONE,
            code=wrong,
            now=clock.now(),
        ),
        codes.CodeRefused,
    )

    row.refresh_from_db()
    assert (outcomes["success"], row.tries) == (0, 5)


def test_one_of_a_hundred_equal_recovery_codes_passes() -> None:
    account = factories.make_account()
    sheet, plain = authenticators.new_recovery_codes(account=account, now=clock.now())
    authenticators.bind(sheet, account=account, actor=SYSTEM, now=clock.now())

    outcomes = race(
        lambda: proofs.check_recovery_code(
            account_id=account.pk, code=plain[0], known_device=True, now=clock.now()
        ),
        proofs.ProofRefused,
    )

    assert outcomes["success"] == 1
    assert RecoveryCode.objects.filter(used_at__isnull=False).count() == 1


def test_a_recovery_code_that_waited_for_another_use_is_used_up() -> None:
    """The second use waits for the first, which is not over yet; then it looks at the code as it is."""
    account = factories.make_account()
    sheet, _plain = authenticators.new_recovery_codes(account=account, now=clock.now())
    authenticators.bind(sheet, account=account, actor=SYSTEM, now=clock.now())
    code = RecoveryCode.objects.earliest("pk")
    second: list[bool] = []

    def use_again() -> None:
        second.append(recovery_codes.use_up(code.pk, now=clock.now()))
        connection.close()

    thread = threading.Thread(target=use_again)
    with transaction.atomic():
        assert recovery_codes.use_up(code.pk, now=clock.now())
        thread.start()
        until = time.monotonic() + 30
        while not somebody_waits_for_us() and time.monotonic() < until:
            time.sleep(0.01)
        assert somebody_waits_for_us()
    thread.join()

    assert second == [False]


def somebody_waits_for_us() -> bool:
    """Whether another transaction waits for this one to end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
        )
        return bool(cursor.fetchone()[0])


def test_a_hundred_equal_second_steps_begin_one_session() -> None:
    account = factories.make_account()
    factories.make_password(account)
    factories.make_totp(account)
    visitor = signing_in.Visitor(device_token=None, device_label="", address="203.0.113.9")
    now = clock.now()
    token = signing_in.begin(
        identifier=account.citizen.personal_number,
        password=factories.PASSWORD,
        visitor=visitor,
        now=now,
    )
    code = factories.totp_code(now)

    outcomes = race(
        lambda: signing_in.enter(
            token=token,
            way=AuthenticatorKind.TOTP,
            code=code,
            visitor=visitor,
            now=now,
        ),
        flows.FlowOver,
        tries.TooManyTries,
        proofs.ProofRefused,
    )

    assert outcomes["success"] == 1
    assert account.sessions.count() == 1


def test_racing_wrong_codes_never_pass_a_hundred_checks() -> None:
    account = factories.make_account()
    factories.make_totp(account, failures=60)
    now = clock.now()

    outcomes = race(
        lambda: proofs.check_totp(account_id=account.pk, code="000000", known_device=True, now=now),
        proofs.WrongProof,
        proofs.NoAuthenticator,
    )

    row = Authenticator.objects.get()
    assert (outcomes["WrongProof"], outcomes["NoAuthenticator"]) == (40, 60)
    assert (row.failures, row.state) == (100, "DISABLED")
