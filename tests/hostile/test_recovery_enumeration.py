"""Nobody learns from a recovery whether a number has an account, or what it could be recovered with."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import AccountState, AuthenticatorKind, LockReason
from accounts.models import RecoveryAttempt
from accounts.services import authenticators, recovery_attempts
from eid_portal.core import clock, jobs, passwords
from eid_portal.core.models import Job
from tests import factories
from tests.queries import beginning

pytestmark = pytest.mark.django_db
KINDS = ("unknown", "full", "bare", "locked", "not activated", "closed", "disabled")
CODE = "7" * 24


def make(kind: str) -> str:
    """A number whose account is as the name says."""
    serial = 20 + KINDS.index(kind)
    if kind == "unknown":
        return factories.personal_number(serial)
    now = clock.now()
    states: dict[str, dict[str, Any]] = {
        "locked": {
            "state": AccountState.LOCKED,
            "lock_reason": LockReason.CARD_LOST,
            "locked_at": now,
        },
        "closed": {"state": AccountState.CLOSED, "closed_at": now},
        "not activated": {"state": AccountState.ISSUED, "activated_at": None},
    }
    account = factories.make_account(factories.make_citizen(serial), **states.get(kind, {}))
    number = factories.personal_number(serial)
    if kind in {"bare", "not activated"}:
        return number
    state = "DISABLED" if kind == "disabled" else "ACTIVE"
    factories.make_password(account, state=state)
    factories.make_totp(account, state=state)
    factories.make_phone(account, f"+849120000{serial}", state=state)
    factories.make_authenticator(
        account, AuthenticatorKind.EMAIL, secret=f"mau{serial}@vidu.vn", state=state
    )
    sheet, _codes = authenticators.new_recovery_codes(account=account, now=now)
    authenticators.bind(sheet, account=account, actor=factories.actor_of(account), now=now)
    return number


def neutral(answer: Any, number: str) -> tuple[Any, ...]:
    """An answer without what the visitor typed, the form's token, and what is random."""
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    cookies = {name: (c["path"], c["max-age"]) for name, c in answer.cookies.items()}
    text = answer.content.decode().replace(number, "NUMBER")
    text = re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", text)
    return answer.status_code, tuple(sorted(headers.items())), tuple(sorted(cookies.items())), text


def do_jobs() -> None:
    for job in Job.objects.filter(task=recovery_attempts.SEND, done_at__isnull=True):
        jobs.run_here(job.pk, recovery_attempts.SEND)


def walk_with_code(number: str) -> list[Any]:
    """Every answer of the quick route to who knows nothing but the number."""
    client = Client()
    begun = client.post("/recover/with-code/", {"username": number})
    return [
        begun,
        client.get("/recover/code/"),
        client.post("/recover/code/", {"code": CODE}),
        client.get("/recover/proof/"),
        client.get("/recover/password/"),
        client.get("/recover/waiting/"),
    ]


def walk_with_wait(number: str) -> list[Any]:
    """Every answer of the route with the wait, to who knows nothing but the number."""
    client = Client()
    answers = [client.post("/recover/with-wait/", {"username": number})]
    for way in ("SMS", "EMAIL", "TOTP"):
        answers.append(client.get(f"/recover/proof/?way={way}"))
        if way != "TOTP":
            answers.append(client.post("/recover/proof/", {"way": way, "action": "send"}))
            answers.append(client.get(f"/recover/proof/?way={way}"))
        do_jobs()
        answers.append(client.post("/recover/proof/", {"way": way, "code": "000000"}))
    answers.append(
        client.post("/recover/return/", {"username": number, "reference": "DL-261126-222222"})
    )
    return answers


@pytest.mark.parametrize("walk", [walk_with_code, walk_with_wait])
def test_status_headers_cookies_and_bodies_are_the_same(walk: Any) -> None:
    with clock.frozen(clock.now()):
        numbers = {kind: make(kind) for kind in KINDS}
        answers = {
            kind: [neutral(answer, number) for answer in walk(number)]
            for kind, number in numbers.items()
        }

    for kind in KINDS[1:]:
        for place, answer in enumerate(answers[kind]):
            assert answer == answers["unknown"][place], (kind, place)


def test_a_used_up_budget_is_answered_the_same() -> None:
    answers = set()
    with clock.frozen(clock.now()):
        for kind in KINDS:
            number = make(kind)
            client = Client()
            client.post("/recover/with-code/", {"username": number})
            for _try in range(10):
                client.post("/recover/code/", {"code": CODE})
            answers.add(neutral(client.post("/recover/code/", {"code": CODE}), number))

    assert len(answers) == 1
    assert answers.pop()[0] == 429


def attempt_of(number: str, *, second: bool, way: str) -> Client:
    """A browser that stands where a proof is asked; of the quick route only its holder gets there."""
    client = Client()
    client.post("/recover/with-wait/" if second else "/recover/with-code/", {"username": number})
    if second and way in {"SMS", "EMAIL"}:
        client.post("/recover/proof/", {"way": way, "action": "send"})
        do_jobs()
    return client


@pytest.mark.parametrize("way", ["CODE", "SMS", "EMAIL", "TOTP"])
def test_every_check_sends_the_same_statements(way: str) -> None:
    numbers = {kind: make(kind) for kind in KINDS}
    found = {}
    for kind, number in numbers.items():
        client = attempt_of(number, second=way != "CODE", way=way)
        with CaptureQueriesContext(connection) as queries:
            if way == "CODE":
                client.post("/recover/code/", {"code": CODE})
            else:
                client.post("/recover/proof/", {"way": way, "code": "000000"})
        found[kind] = tuple(beginning(query) for query in queries)

    for kind in KINDS[1:]:
        assert found[kind] == found["unknown"], kind


def test_the_beginning_sends_the_same_statements() -> None:
    numbers = {kind: make(kind) for kind in KINDS}
    Client().post("/recover/with-code/", {"username": factories.personal_number(19)})
    found = set()
    for number in numbers.values():
        with CaptureQueriesContext(connection) as queries:
            Client().post("/recover/with-code/", {"username": number})
        found.add(tuple(beginning(query) for query in queries))

    assert len(found) == 1


def test_a_code_that_was_not_sent_is_never_guessed() -> None:
    """Where nobody has the number the code that is checked is no code of six digits."""
    number = make("unknown")
    client = attempt_of(number, second=True, way="SMS")

    for digits in ("000000", "123456", "999999"):
        answer = client.post("/recover/proof/", {"way": "SMS", "code": digits})
        assert answer.status_code == 200


def test_a_password_costs_one_hash_for_every_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its holder comes to the page; it costs the same for a number without a password anyway."""
    hashes: list[str] = []

    def counted(_password: str, encoded: str) -> bool:
        hashes.append(encoded.split("$argon2id$")[1].split("$")[1])
        return False

    clients = {kind: attempt_of(make(kind), second=False, way="PASSWORD") for kind in KINDS}
    for row in RecoveryAttempt.objects.all():
        RecoveryAttempt.objects.filter(pk=row.pk).update(data={**row.data, "code": "1"})
    monkeypatch.setattr(passwords, "check_password", counted)

    for client in clients.values():
        client.post("/recover/proof/", {"way": "PASSWORD", "code": "sai"})

    assert hashes == ["m=19456,t=2,p=1"] * len(KINDS)
