"""Nobody learns from sign-in or activation whether a number has an account."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import AccountState, LockReason
from eid_portal.core import clock, passwords
from tests import factories
from tests.queries import beginning

pytestmark = pytest.mark.django_db
WRONG = "sai mật khẩu rồi"
KINDS = ("unknown", "wrong", "locked", "not activated", "closed", "disabled")


def make(kind: str) -> str:
    """A number whose account is as the name says."""
    serial = 20 + KINDS.index(kind)
    number = factories.personal_number(serial)
    if kind == "unknown":
        return number
    columns: dict[str, Any] = {}
    if kind == "locked":
        columns = {
            "state": AccountState.LOCKED,
            "lock_reason": LockReason.CARD_LOST,
            "locked_at": clock.now(),
        }
    if kind == "closed":
        columns = {"state": AccountState.CLOSED, "closed_at": clock.now()}
    if kind == "not activated":
        columns = {"state": AccountState.ISSUED, "activated_at": None}
    account = factories.make_account(factories.make_citizen(serial), **columns)
    if kind != "not activated":
        factories.make_password(account, state="DISABLED" if kind == "disabled" else "ACTIVE")
        factories.make_totp(account)
    return number


def neutral(body: bytes, number: str) -> str:
    """The page without what the visitor typed and the form's token."""
    text = body.decode().replace(number, "NUMBER")
    return re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", text)


def attempt(number: str) -> tuple[Any, ...]:
    answer = Client().post("/sign-in/", {"username": number, "password": WRONG})
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    cookies = {name: (c["path"], c["max-age"]) for name, c in answer.cookies.items()}
    body = neutral(answer.content, number)
    return answer.status_code, tuple(sorted(headers.items())), tuple(sorted(cookies)), body


def test_status_headers_cookies_and_body_are_the_same() -> None:
    answers = {kind: attempt(make(kind)) for kind in KINDS}

    for kind in KINDS[1:]:
        assert answers[kind] == answers["unknown"], kind


def test_every_attempt_costs_one_hash_and_the_same_statements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashes: list[str] = []

    def counted(_password: str, encoded: str) -> bool:
        hashes.append(encoded.split("$argon2id$")[1].split("$")[1])
        return False

    numbers = {kind: make(kind) for kind in KINDS}
    monkeypatch.setattr(passwords, "check_password", counted)
    attempt(factories.personal_number(19))  # warms what is read once
    hashes.clear()

    statements = {}
    for kind, number in numbers.items():
        with CaptureQueriesContext(connection) as queries:
            attempt(number)
        statements[kind] = [beginning(query, 40) for query in queries]

    assert hashes == ["m=19456,t=2,p=1"] * len(KINDS)
    assert len({tuple(found) for found in statements.values()}) == 1


def test_the_budget_runs_out_alike_and_is_answered_alike() -> None:
    def until_refused(number: str) -> list[int]:
        return [attempt(number)[0] for _try in range(12)]

    assert until_refused(make("unknown")) == until_refused(make("wrong")) == [200] * 10 + [429] * 2


def test_the_refusal_of_a_used_up_budget_is_the_same_page() -> None:
    bodies = set()
    with clock.frozen(clock.now()):
        for kind in KINDS:
            number = make(kind)
            for _try in range(10):
                attempt(number)
            bodies.add(attempt(number))
    assert len(bodies) == 1


def test_staff_names_are_no_different() -> None:
    officer = factories.make_staff(51)
    factories.make_password(officer)
    bodies = set()
    for name in (officer.sign_in_name, "nobody-51"):
        answer = Client().post("/counter/sign-in/", {"username": name, "password": WRONG})
        bodies.add((answer.status_code, neutral(answer.content, str(name))))
    assert len(bodies) == 1
