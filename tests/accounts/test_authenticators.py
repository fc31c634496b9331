"""Authenticator apps, recovery codes, and the count of failures."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from accounts import policy
from accounts.enums import AuthenticatorKind, AuthenticatorState
from accounts.models import Authenticator, Notice, RecoveryCode
from accounts.services import authenticators, proofs
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)


@pytest.fixture
def account() -> Any:
    return factories.make_account()


def totp(account: Any, code: str, *, known: bool = True, at: datetime = NOON) -> None:
    proofs.check_totp(account_id=account.pk, code=code, known_device=known, now=at)


def fail_totp(account: Any, times: int, *, known: bool) -> None:
    for _try in range(times):
        with pytest.raises(proofs.WrongProof):
            totp(account, "000000", known=known)


# --- Authenticator apps ---------------------------------------------------------------------------
def test_the_published_codes_of_rfc_6238_hold() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, code in (
        (59, "287082"),
        (1111111109, "081804"),
        (1234567890, "005924"),
        (20000000000, "353130"),
    ):
        moment = datetime.fromtimestamp(seconds, UTC)
        assert proofs.matching_step(secret, code, now=moment) == seconds // 30


def test_each_step_works_once_and_an_older_one_not_after_a_newer(account: Any) -> None:
    factories.make_totp(account)
    before, now = (factories.totp_code(NOON - timedelta(seconds=s)) for s in (30, 0))

    totp(account, now)

    with pytest.raises(proofs.UsedProof):
        totp(account, now)
    with pytest.raises(proofs.UsedProof):
        totp(account, before)
    totp(account, factories.totp_code(NOON + timedelta(seconds=30)))


def test_clocks_may_drift_by_one_step_and_no_more(account: Any) -> None:
    factories.make_totp(account)

    with pytest.raises(proofs.WrongProof):
        totp(account, factories.totp_code(NOON - timedelta(seconds=60)))
    with pytest.raises(proofs.WrongProof):
        totp(account, factories.totp_code(NOON + timedelta(seconds=60)))
    totp(account, factories.totp_code(NOON - timedelta(seconds=30)))


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(-600, 10), (-60, 1), (60, 1), (330, 6), (600, 10)]
)
def test_a_clock_that_is_off_is_told_of_and_never_accepted(
    account: Any, seconds: int, minutes: int
) -> None:
    factories.make_totp(account)

    with pytest.raises(proofs.WrongClock) as wrong, translation.override("en"):
        totp(account, factories.totp_code(NOON + timedelta(seconds=seconds)))

    assert f"about {minutes} minute" in wrong.value.message
    assert ("fast" if seconds > 0 else "slow") in wrong.value.message
    assert Authenticator.objects.get().failures == 1


def test_a_clock_off_by_more_is_not_told_of(account: Any) -> None:
    factories.make_totp(account)
    for seconds in (-660, 660):
        with pytest.raises(proofs.WrongProof) as wrong:
            totp(account, factories.totp_code(NOON + timedelta(seconds=seconds)))
        assert not isinstance(wrong.value, proofs.WrongClock)


def test_a_stranger_does_not_learn_which_code_will_be_right_soon(account: Any) -> None:
    factories.make_totp(account)

    with pytest.raises(proofs.WrongProof) as soon:
        totp(account, factories.totp_code(NOON + timedelta(minutes=5)), known=False)
    with pytest.raises(proofs.WrongClock):
        totp(account, factories.totp_code(NOON - timedelta(minutes=5)), known=False)

    assert not isinstance(soon.value, proofs.WrongClock)


def test_a_new_app_with_a_wrong_clock_is_told_so(account: Any) -> None:
    made = authenticators.begin_totp(account=account, now=NOON)
    code = factories.totp_code(NOON + timedelta(minutes=8), made.secret)

    with pytest.raises(proofs.WrongClock):
        authenticators.confirm_totp(authenticator=made, code=code, now=NOON)


def test_letters_and_odd_characters_are_just_wrong(account: Any) -> None:
    factories.make_totp(account)
    for code in ("", "abcdef", "é" * 6, "1" * 5000):
        with pytest.raises(proofs.WrongProof):
            totp(account, code)


def test_the_uri_opens_in_any_app_and_the_secret_is_sealed(account: Any) -> None:
    made = authenticators.begin_totp(account=account, now=NOON)

    uri = authenticators.otpauth_uri(made, name="•••• 0015", issuer="Cổng định danh")

    assert uri.startswith("otpauth://totp/")
    assert f"secret={made.secret}" in uri
    stored = Authenticator.objects.filter(pk=made.pk).values_list("secret", flat=True).get()
    assert stored is not None
    assert made.secret.encode() not in bytes(stored)


# --- Counting failures ----------------------------------------------------------------------------
def test_the_hundredth_failure_in_a_row_disables_and_the_right_code_comes_too_late(
    account: Any,
) -> None:
    factories.make_totp(account)
    fail_totp(account, policy.FAILURES_IN_A_ROW, known=True)

    row = Authenticator.objects.get()
    assert (row.state, row.failures) == (AuthenticatorState.DISABLED, 100)
    assert AuditEvent.objects.filter(name="accounts.authenticator_disabled").count() == 1
    with pytest.raises(proofs.NoAuthenticator):
        totp(account, factories.totp_code(NOON))


def test_a_success_starts_the_count_anew(account: Any) -> None:
    factories.make_totp(account)
    fail_totp(account, 99, known=True)

    totp(account, factories.totp_code(NOON))

    assert Authenticator.objects.get().failures == 0
    fail_totp(account, 99, known=True)
    assert Authenticator.objects.get().state == AuthenticatorState.ACTIVE


def test_strangers_use_up_half_and_then_only_a_known_device_may_try(account: Any) -> None:
    factories.make_totp(account)
    fail_totp(account, policy.STRANGERS_IN_A_ROW, known=False)

    with pytest.raises(proofs.NoAuthenticator):
        totp(account, factories.totp_code(NOON), known=False)
    assert Authenticator.objects.get().failures == policy.STRANGERS_IN_A_ROW
    totp(account, factories.totp_code(NOON), known=True)
    assert Authenticator.objects.get().stranger_failures == 0


def test_what_was_never_checked_does_not_count(account: Any) -> None:
    factories.make_totp(account)
    reserved = proofs.reserve(
        account_id=account.pk, kind=AuthenticatorKind.TOTP, known_device=False
    )
    assert Authenticator.objects.get().failures == 1

    proofs.give_back(reserved)

    row = Authenticator.objects.get()
    assert (row.failures, row.stranger_failures) == (0, 0)


# --- Recovery codes ---------------------------------------------------------------------------------
def test_recovery_codes_work_once_each_however_they_are_typed(account: Any) -> None:
    sheet, plain = authenticators.new_recovery_codes(account=account, now=NOON)
    authenticators.bind(sheet, account=account, actor=SYSTEM, now=NOON)

    def use(code: str) -> int:
        sheet_id = proofs.check_recovery_code(
            account_id=account.pk, code=code, known_device=True, now=NOON
        )
        return RecoveryCode.objects.filter(authenticator=sheet_id, used_at=None).count()

    assert len(set(plain)) == policy.RECOVERY_CODES
    assert all(len(code.replace("-", "")) * 5 >= 112 for code in plain)
    assert use(plain[0]) == 7
    assert use(plain[1].lower().replace("-", " ").replace("0", "o").replace("1", "l")) == 6
    with pytest.raises(proofs.UsedProof):
        use(plain[0])
    with pytest.raises(proofs.WrongProof):
        use("AAAA-BBBB-CCCC-DDDD-EEEE-FFFF")
    stored = b"".join(bytes(row.code_hash) for row in RecoveryCode.objects.all())
    assert plain[2].replace("-", "").encode() not in stored


def test_a_used_recovery_code_given_again_is_told_of_once_and_a_double_press_is_not(
    account: Any,
) -> None:
    sheet, plain = authenticators.new_recovery_codes(account=account, now=NOON)
    authenticators.bind(sheet, account=account, actor=SYSTEM, now=NOON)

    def use(later: timedelta) -> None:
        proofs.check_recovery_code(
            account_id=account.pk, code=plain[0], known_device=True, now=NOON + later
        )

    use(timedelta(0))
    with pytest.raises(proofs.UsedProof):
        use(timedelta(seconds=1))
    assert not Notice.objects.filter(kind="RECOVERY_CODE_REUSED").exists()

    for hours in (1, 2):
        with pytest.raises(proofs.UsedProof):
            use(timedelta(hours=hours))

    assert Notice.objects.filter(kind="RECOVERY_CODE_REUSED", channel="INBOX").count() == 1
    assert AuditEvent.objects.filter(name="accounts.recovery_code_reused").count() == 2
    assert Authenticator.objects.get().failures == 3


def test_a_new_sheet_replaces_the_pending_one(account: Any) -> None:
    first, _plain = authenticators.new_recovery_codes(account=account, now=NOON)
    second, _plain = authenticators.new_recovery_codes(account=account, now=NOON)

    first.refresh_from_db()
    assert (first.state, second.state) == (AuthenticatorState.REMOVED, AuthenticatorState.PENDING)


# --- Passwords ------------------------------------------------------------------------------------
def test_the_same_sentence_typed_on_another_keyboard_is_the_same_password(account: Any) -> None:
    import unicodedata

    from eid_portal.core import passwords

    decomposed = unicodedata.normalize("NFD", factories.PASSWORD)
    made = authenticators.new_password(account=account, password=decomposed, now=NOON)

    assert made.password_hash.startswith("argon2pepper$")
    assert "m=19456,t=2,p=1" in made.password_hash
    assert passwords.matches(factories.PASSWORD, made.password_hash)


def test_a_password_of_own_data_is_refused_whoever_calls(account: Any) -> None:
    factories.make_phone(account)
    for password in (account.citizen.personal_number, "Đặng Thị Mẫu", "0912000099"):
        with pytest.raises(authenticators.PasswordRefused):
            authenticators.new_password(account=account, password=password, now=clock.now())
    assert Authenticator.objects.filter(kind="PASSWORD").count() == 0
