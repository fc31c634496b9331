"""The population register's word: somebody died, a card was lost or revoked; signed, once, and answered the same."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from django.test import Client

from accounts.enums import AccountKind, AccountState, CardState, NoticeKind
from accounts.models import Account, IdCard, Notice, PopulationEvent
from accounts.models.indexes import number_index
from accounts.services import population_events, register
from eid_portal.core import clock, signatures
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.models import AuditEvent
from eid_portal.core.signatures import SigningKey
from eid_portal.core.telling import Conflict
from tests import factories
from tests.accounts.desk import LOST, desk, office, officer, open_case
from tests.alarm import Alarm

__all__ = ["desk", "office", "officer"]
PATH = "/api/v1/population/events"
URL = "http://localhost:8000" + PATH
TAG = "eid-population-events"
KEY = SigningKey("population-1", bytes(range(32)))
SMS = SigningKey("sms-1", bytes(range(1, 33)))
ACTOR = Actor(kind=ActorKind.PARTY, party="population")
pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(tmp_path: Path, settings: Any) -> None:
    """The portal knows the register's key, and another party's."""
    public = {
        party: {
            key.keyid: base64.b64encode(
                Ed25519PrivateKey.from_private_bytes(key.private).public_key().public_bytes_raw()
            ).decode()
        }
        for party, key in (("population", KEY), ("sms", SMS))
    }
    settings.PORTAL_URL = "http://localhost:8000"
    settings.OUTSIDE_KEYS_FILE = tmp_path / "outside-keys.json"
    settings.OUTSIDE_KEYS_FILE.write_text(json.dumps(public))


def event(kind: str = "died", **parts: Any) -> dict[str, Any]:
    made = {
        "event_id": str(uuid4()),
        "kind": kind,
        "personal_number": factories.personal_number(),
        "at": clock.now().isoformat(timespec="seconds"),
    }
    return made | parts


def post(body: Any, *, key: SigningKey = KEY, tag: str = TAG, signed: bool = True) -> Any:
    raw = json.dumps(body).encode()
    headers = (
        signatures.sign_request("POST", URL, {}, raw, key=key, tag=tag, now=clock.now())
        if signed
        else {}
    )
    headers.pop("Content-Type", None)
    return Client(raise_request_exception=False).generic(
        "POST", PATH, raw, headers=headers, CONTENT_TYPE="application/json"
    )


def take(body: dict[str, Any]) -> str:
    told = population_events.read(body, now=clock.now())
    return population_events.take(
        told, body=body, party="population", actor=ACTOR, now=clock.now()
    ).value


@pytest.fixture
def account() -> Account:
    account = factories.make_account()
    factories.make_card(account.citizen)
    factories.make_phone(account)
    return account


# --- What follows ---------------------------------------------------------------------------------
@pytest.mark.usefixtures("keys")
def test_a_death_closes_the_account_within_the_request(account: Account) -> None:
    browser = factories.signed_in(Client(), account)

    answer = post(sent := event())

    assert answer.status_code == 200
    assert answer.json() == {"event_id": sent["event_id"], "outcome": "done"}
    account.refresh_from_db()
    assert (account.state, account.citizen.alive) == (AccountState.CLOSED, False)
    assert browser.get("/").status_code == 302
    told = Notice.objects.filter(kind=NoticeKind.ACCOUNT_CLOSED)
    assert list(told.values_list("channel", flat=True)) == ["INBOX"]
    [closed] = AuditEvent.objects.filter(name="accounts.account_closed")
    assert (closed.party, closed.data) == ("population", {"reason": "died", "by": "register"})


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("kind", "to"), [("card_lost", "LOST"), ("card_revoked", "REVOKED")])
def test_a_card_that_is_gone_locks_the_account(kind: str, to: str, account: Account) -> None:
    assert post(event(kind)).json()["outcome"] == "done"

    account.refresh_from_db()
    assert (account.state, account.lock_reason) == (AccountState.LOCKED, f"CARD_{to}")
    assert IdCard.objects.get().state == to
    assert Notice.objects.filter(kind=NoticeKind.ACCOUNT_LOCKED, channel="SMS").count() == 1
    assert post(event(kind)).json()["outcome"] == "nothing"


def test_of_somebody_unknown_only_the_id_is_kept() -> None:
    assert take(event(personal_number=factories.personal_number(77))) == "unknown"

    kept = PopulationEvent.objects.get()
    assert (kept.citizen, kept.outcome) == (None, "unknown")


def test_a_former_number_finds_the_person(account: Account) -> None:
    other = factories.personal_number(78)
    account.citizen.former_numbers.create(
        personal_number=other,
        personal_number_index=number_index(other),
        basis="x",
        ended_at=clock.now(),
    )

    assert take(event(personal_number=other)) == "done"


def test_an_officers_account_of_who_died_is_closed_too(account: Account) -> None:
    staff = factories.make_staff(citizen=account.citizen, kind=AccountKind.OFFICER)

    take(event())

    staff.refresh_from_db()
    assert staff.state == AccountState.CLOSED


# --- Once, and from the register alone ---------------------------------------------------------------
@pytest.mark.usefixtures("keys")
def test_the_same_event_is_answered_the_same_and_another_body_refused(account: Account) -> None:
    sent = event("card_lost")

    answers = [post(sent).json() for _time in range(3)]
    other = post(sent | {"kind": "died"})

    assert answers == [{"event_id": sent["event_id"], "outcome": "done"}] * 3
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    account.refresh_from_db()
    assert account.state == AccountState.LOCKED
    told = population_events.read(sent, now=clock.now())
    with pytest.raises(Conflict):
        population_events.take(told, body=sent, party="sms", actor=ACTOR, now=clock.now())


@pytest.mark.usefixtures("keys", "account")
def test_nobody_elses_word_is_taken() -> None:
    for refused in (
        post(event(), signed=False),
        post(event(), key=SMS),
        post(event(), tag="eid-card-events"),
        Client().get(PATH),
    ):
        assert refused.status_code in {401, 405}
    assert Account.objects.get().state == AccountState.ACTIVE


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"kind": "born"}, "malformed"),
        ({"kind": ["died"]}, "malformed"),
        ({"personal_number": "12"}, "malformed"),
        ({"personal_number": 1300000015}, "malformed"),
        ({"event_id": "1"}, "malformed"),
        ({"at": "yesterday"}, "malformed"),
        ({"at": "2099-01-01T00:00:00Z"}, "in_future"),
        ({"more": 1}, "unexpected"),
        ([], "malformed"),
    ],
)
def test_what_cannot_be_read_does_nothing(
    wrong: Any, code: str, personal_data_alarm: Alarm
) -> None:
    answer = post(event() | wrong if isinstance(wrong, dict) else wrong)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not PopulationEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_times_at_once_is_once() -> None:
    account = factories.make_account()
    factories.make_card(account.citizen)
    body = event("card_revoked")

    def send(_place: int) -> str:
        try:
            return take(body)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(send, range(6)))

    assert answers == {"done"}
    assert AuditEvent.objects.filter(name="accounts.account_locked").count() == 1
    assert PopulationEvent.objects.count() == 1


# --- The register's answer at a counter ------------------------------------------------------------
def test_a_counter_that_hears_of_a_lost_card_locks_what_it_carried(desk: Client) -> None:
    from eid_portal.sandbox import data

    person = data.PEOPLE[LOST]
    citizen = factories.make_citizen(
        personal_number=LOST, full_name=person.name, birth_date=person.born, sex=person.sex
    )
    account = factories.make_account(citizen)
    card = factories.make_card(citizen, number=person.card_number)
    case = open_case(desk, LOST)

    desk.post(f"/counter/cases/{case.public_id}/register/")

    account.refresh_from_db()
    card.refresh_from_db()
    assert (card.state, account.state) == (CardState.LOST, AccountState.LOCKED)


def test_a_death_heard_twice_is_written_once(account: Account) -> None:
    for _time in range(2):
        register.note_death(account.citizen, actor=ACTOR, now=clock.now() + timedelta(seconds=1))

    assert AuditEvent.objects.filter(name="accounts.account_closed").count() == 1
