"""Floods of tries: what reaches a check, and whether the owner still gets in."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import policy
from accounts.enums import AuthenticatorKind
from accounts.models import Account, Authenticator
from accounts.services import proofs, signing_in, tries
from eid_portal.core import clock, passwords
from tests import factories

pytestmark = pytest.mark.django_db
WRONG = "another password altogether"
EVERY = timedelta(seconds=4)


class Counted:
    """How often something was called."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.calls = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        return self.function(*args, **kwargs)


@pytest.fixture
def account() -> Account:
    account = factories.make_account()
    factories.make_card(account.citizen)
    factories.make_password(account)
    factories.make_totp(account)
    return account


def visitor(place: int, device_token: str | None = None) -> signing_in.Visitor:
    address = f"10.{place // 256}.{place % 256}.7"
    return signing_in.Visitor(device_token=device_token, device_label="", address=address)


def sign_in(number: str, password: str, way_in: signing_in.Visitor, *, code: str, at: datetime) -> bool:  # fmt: skip
    """Both steps; whether a session began."""
    try:
        token = signing_in.begin(identifier=number, password=password, visitor=way_in, now=at)
        signing_in.enter(token=token, way=AuthenticatorKind.TOTP, code=code, visitor=way_in, now=at)
    except (tries.SignInRefused, proofs.ProofRefused):
        return False
    return True


def test_one_password_against_ten_thousand_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = Counted(lambda _password: None)
    monkeypatch.setattr(passwords, "spend_the_same", hashes)
    now = clock.now()

    for place in range(10_000):
        assert not sign_in(f"0013000{place:05d}", WRONG, visitor(1), code="000000", at=now)

    assert hashes.calls == policy.SIGN_IN_NETWORK.allowed


def test_ten_thousand_wrong_codes_from_five_hundred_networks(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has the password, and half a day. The owner sits at a known device.

    Each half-finished sign-in is given codes as long as it lasts, by all networks in turn.
    """
    device = factories.signed_in(Client(), account).cookies["__Host-device"].value
    number = account.citizen.personal_number
    compared = Counted(proofs.matching_step)
    monkeypatch.setattr(proofs, "matching_step", compared)
    monkeypatch.setattr(
        passwords, "matches", lambda password, _hash: password == factories.PASSWORD
    )
    start = clock.now()

    token, tries_of_one = "", policy.FLOW_LASTS // EVERY
    for place in range(10_000):
        at, thief = start + EVERY * place, visitor(place % 500)
        if place % tries_of_one == 0:
            token = signing_in.begin(
                identifier=number, password=factories.PASSWORD, visitor=thief, now=at
            )
        with pytest.raises((tries.TooManyTries, proofs.ProofRefused)):
            signing_in.enter(
                token=token, way=AuthenticatorKind.TOTP, code="000000", visitor=thief, now=at
            )

    assert 0 < compared.calls <= policy.FAILURES_IN_A_ROW
    later = start + timedelta(hours=12)
    owner = visitor(900, device)
    code = factories.totp_code(later)
    assert sign_in(number, factories.PASSWORD, owner, code=code, at=later)
    assert Authenticator.objects.get(account=account, kind="TOTP").state == "ACTIVE"
