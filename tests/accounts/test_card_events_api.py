"""Card production's events: proven to be its own, each answered, taken once; nothing it sends breaks us."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import AuthenticatorKind, AuthenticatorState, CardState
from accounts.models import Account, Authenticator, CardEvent, Citizen, IdCard, Notice
from accounts.services import card_events
from eid_portal.core import clock
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.models import AuditEvent, UsedNonce
from eid_portal.core.signatures import SigningKey
from tests.card_production import KEY, PATH, answers, card_production, event, people, post, signed
from tests.factories import make_account, make_citizen, make_password, make_phone, make_totp

__all__ = ["card_production"]
ACTOR = Actor(kind=ActorKind.PARTY, party="card-production")
pytestmark = pytest.mark.usefixtures("card_production")


def refused(response: Any, status: int, code: str) -> None:
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert not CardEvent.objects.exists()


# --- What is taken --------------------------------------------------------------------------------
def test_a_grant_issues_an_account(db):
    [answer] = answers(sent := event())

    assert answer == {"event_id": sent["event_id"], "outcome": "issued"}
    account = Account.objects.get()
    assert (account.state, account.level) == ("ISSUED", 2)
    assert account.citizen.full_name == "Đặng Thị Mẫu"
    assert str(IdCard.objects.get().review_month) == "2040-02-01"
    assert Authenticator.objects.get(state="ACTIVE").secret == sent["phone"]
    kept = CardEvent.objects.get()
    assert (kept.party, kept.outcome, kept.citizen_id) == (
        "card-production",
        "issued",
        account.citizen_id,
    )
    assert {row.party for row in AuditEvent.objects.filter(name="accounts.account_issued")} == {
        "card-production"
    }


def test_a_renewal_keeps_account_authenticators_and_history(db):
    citizen = make_citizen(15)
    account = make_account(citizen)
    kept = [make_password(account), make_totp(account), make_phone(account, "+84510000015")]
    answers(event(15))

    [answer] = answers(
        event(
            15,
            kind="renewed",
            card={"number": "300000099", "issued_on": "2026-10-01", "expires_on": None},
        )
    )

    assert answer["outcome"] == "refreshed"
    assert Account.objects.get().pk == account.pk
    assert {row.pk for row in Authenticator.objects.filter(state=AuthenticatorState.ACTIVE)} == {
        row.pk for row in kept
    }
    assert sorted(IdCard.objects.values_list("state", flat=True)) == [
        CardState.REPLACED,
        CardState.VALID,
    ]
    assert Notice.objects.filter(kind="ACCOUNT_REFRESHED").count() == 2


def test_card_production_changes_no_phone_on_file(db):
    account = make_account(make_citizen(15))
    phone = make_phone(account, "+84510000099")
    answers(event(15))

    card = {"number": "300000099", "issued_on": "2026-10-01", "expires_on": None}
    [answer] = answers(event(15, kind="renewed", card=card))

    assert answer["outcome"] == "refreshed"
    [kept] = Authenticator.objects.filter(kind=AuthenticatorKind.SMS)
    assert (kept.pk, kept.state) == (phone.pk, AuthenticatorState.ACTIVE)


def test_a_phone_that_can_still_be_brought_back_is_not_free_for_another(db):
    owner = make_account(make_citizen(15))
    make_phone(owner, "+84510000015", state=AuthenticatorState.REPLACED)

    [answer] = answers(event(16, phone="+84510000015"))

    assert (answer["outcome"], answer["code"]) == ("refused", "phone_taken")


def test_the_same_card_announced_again_is_no_news(db):
    answers(event(15))
    before = Notice.objects.count(), AuditEvent.objects.count()

    [answer] = answers(event(15))

    assert answer["outcome"] == "refreshed"
    assert Notice.objects.count() == before[0]
    assert not AuditEvent.objects.filter(name="accounts.account_refreshed").exists()


def test_one_bad_event_does_not_hold_up_the_others(db):
    given = answers(event(1), event(2, full_name="An\u202eh"), event(3, phone=None))

    assert [answer["outcome"] for answer in given] == ["issued", "refused", "issued"]
    assert (given[1]["code"], given[1]["field"]) == ("unreadable_text", "full_name")
    assert CardEvent.objects.count() == 2


def test_a_thousand_events_take_a_bounded_number_of_statements(db):
    def count(batch: list[dict[str, Any]]) -> int:
        with CaptureQueriesContext(connection) as seen:
            given = card_events.take(
                events=batch, party="card-production", actor=ACTOR, now=clock.now()
            )
        assert {answer.outcome for answer in given} == {"issued"}
        return len(seen)

    few = count([event(15)])
    assert count(people(1000)) <= few + 12
    assert few <= 30


# --- Once -----------------------------------------------------------------------------------------
def test_the_same_event_again_gets_the_same_answer(db):
    sent = [event(1), event(2, birth_date="1999-02-27")]
    first = answers(*sent)

    assert [answer["outcome"] for answer in first] == ["issued", "refused"]
    assert answers(*sent) == first
    assert (Account.objects.count(), Notice.objects.count()) == (1, 1)


def test_a_repeated_id_with_another_body_is_a_conflict(db):
    sent = event(1)
    answers(sent)

    [answer] = answers(sent | {"full_name": "Lê Thị Khác"})

    assert (answer["outcome"], answer["field"]) == ("conflict", "event_id")
    assert Citizen.objects.get().full_name == "Đặng Thị Mẫu"


def test_another_partys_id_is_a_conflict(db):
    sent = event(1)
    answers(sent)

    [answer] = card_events.take(events=[sent], party="other", actor=ACTOR, now=clock.now())

    assert answer.outcome == "conflict"


def test_an_id_twice_in_one_batch(db):
    one, two = event(1), event(2)
    given = answers(one, one, two, two | {"full_name": "Lê Thị Khác"})

    assert [answer["outcome"] for answer in given] == ["issued", "issued", "issued", "conflict"]
    assert Account.objects.count() == 2


def test_two_events_of_one_person_in_one_batch(db):
    given = answers(event(1), event(1, kind="renewed"))

    assert [answer["outcome"] for answer in given] == ["issued", "refreshed"]
    assert Account.objects.count() == 1


def test_a_malformed_event_may_come_again_corrected(db):
    sent = event(1, sex="X")
    assert answers(sent)[0]["outcome"] == "refused"

    assert answers(sent | {"sex": "F"})[0]["outcome"] == "issued"


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_racing_gives_one_account_each():
    batch = [event(serial) for serial in range(20)]
    together = threading.Barrier(4)

    def race(place: int) -> list[str]:
        chosen = batch if place % 2 else batch[::-1]
        together.wait(timeout=20)
        given = card_events.take(
            events=chosen, party="card-production", actor=ACTOR, now=clock.now()
        )
        connection.close()
        return [answer.outcome for answer in given]

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(race, range(4)))

    assert outcomes == [["issued"] * 20] * 4
    counts = [model.objects.count() for model in (Account, Citizen, IdCard, Notice, CardEvent)]
    assert counts == [20] * 5


@pytest.mark.django_db(transaction=True)
def test_one_phone_for_two_people_racing_is_bound_once():
    together = threading.Barrier(2)

    def race(serial: int) -> str:
        together.wait(timeout=20)
        [answer] = card_events.take(
            events=[event(serial, phone="+84510000077")],
            party="card-production",
            actor=ACTOR,
            now=clock.now(),
        )
        connection.close()
        return answer.outcome + answer.code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(race, (1, 2))) == ["issued", "refusedphone_taken"]


# --- Signatures -----------------------------------------------------------------------------------
BODY = json.dumps({"events": [event()]}).encode()


def test_a_request_without_a_signature(db):
    response = post(BODY, headers={})
    refused(response, 401, "unsigned")
    assert response["WWW-Authenticate"]
    assert not UsedNonce.objects.exists()


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("wrong_signature", {"key": SigningKey(KEY.keyid, bytes(range(1, 33)))}),
        ("unknown_key", {"key": SigningKey("nobody-1", KEY.private)}),
        ("wrong_tag", {"tag": "eid-other"}),
        ("too_old", {"now": clock.now() - timedelta(days=1)}),
        ("from_the_future", {"now": clock.now() + timedelta(days=1)}),
    ],
)
def test_a_bad_signature(db, code, given):
    refused(post(BODY, headers=signed(BODY, **given)), 401, code)


def test_a_signature_over_another_body(db):
    refused(post(BODY, headers=signed(b'{"events":[]}')), 401, "body_changed")


def test_a_signature_that_does_not_cover_the_body(db):
    headers = signed(BODY)
    headers["Signature-Input"] = headers["Signature-Input"].replace(' "content-digest"', "")
    refused(post(BODY, headers=headers), 401, "wrong_components")


def test_a_signature_for_another_address(db):
    refused(post(BODY, headers=signed(BODY), path=PATH + "?a=1"), 401, "wrong_signature")


def test_a_replayed_request(db):
    headers = signed(BODY)
    assert post(BODY, headers=headers).status_code == 200

    response = post(BODY, headers=headers)

    assert (response.status_code, response.json()["code"]) == (401, "replayed")


# --- Bodies ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "code", "body"),
    [
        (413, "body_too_large", b'{"events": "' + b"x" * 10_000_000 + b'"}'),
        (400, "too_deep", b'{"events": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        (400, "too_deep", b"[" * 100_000),
        (400, "too_deep", b'{"a":' * 100_000),
        (400, "not_json", b'{"events": ['),
        (400, "no_events", b""),
        (400, "not_utf8", b'{"events": ["\xff"]}'),
        (400, "not_utf8", '{"events": []}'.encode("utf-16")),
        (400, "not_json", b"\xef\xbb\xbf" + b'{"events": []}'),
        (400, "number", b'{"events": [NaN]}'),
        (400, "number", b'{"events": [-Infinity]}'),
        (400, "number", b'{"events": [1e999]}'),
        (400, "number", b'{"events": [' + b"9" * 5000 + b"]}"),
        (400, "duplicate_name", b'{"events": [], "events": [{}]}'),
        (400, "unreadable_text", b'{"events": ["\\u0000"]}'),
        (400, "unreadable_text", b'{"events": ["\\ud800"]}'),
        (400, "unreadable_text", b'{"events": [{"\\udfff": 1}]}'),
        (400, "not_json", b'{"events": ["\x00"]}'),
        (400, "no_events", b'{"events": []}'),
        (400, "no_events", b"[]"),
        (400, "no_events", b"null"),
        (400, "no_events", b'{"events": {}}'),
        (400, "no_events", b'{"events": [1], "more": 1}'),
        (400, "too_many_events", b'{"events": [' + b"{}," * 1000 + b"{}]}"),
    ],
)
def test_a_body_that_cannot_be_read(db, status, code, body):
    refused(post(body), status, code)


def test_other_content_types(db):
    for kind in ("text/plain", "application/json; charset=utf-16", "multipart/form-data"):
        response = post(BODY, headers=signed_with_type(kind))
        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def signed_with_type(kind: str) -> dict[str, str]:
    from eid_portal.core import signatures
    from tests.card_production import TAG, URL

    return signatures.sign_request(
        "POST", URL, {"Content-Type": kind}, BODY, key=KEY, tag=TAG, now=clock.now()
    )


def test_a_get_is_refused_before_any_signature(db):
    response = Client().get(PATH)
    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"


# --- Events ---------------------------------------------------------------------------------------
EXPIRED = {"number": "300000015", "issued_on": "2020-03-03", "expires_on": "2025-02-28"}


@pytest.mark.parametrize(
    ("code", "field", "parts"),
    [
        ("unreadable_text", "full_name", {"full_name": "An\x7f"}),
        ("unreadable_text", "full_name", {"full_name": "An\u202eh"}),
        ("unreadable_text", "full_name", {"full_name": "A\u200bn"}),
        ("malformed", "full_name", {"full_name": "Đặng Ｔｈị Mẫu"}),
        ("malformed", "full_name", {"full_name": "Đặng\u00a0Thị Mẫu"}),
        ("missing", "full_name", {"full_name": "  "}),
        ("too_long", "full_name", {"full_name": "A" * 121}),
        ("malformed", "full_name", {"full_name": 7}),
        ("missing", "full_name", {"full_name": None}),
        ("malformed", "personal_number", {"personal_number": "００１３０００００００１"}),
        ("malformed", "personal_number", {"personal_number": "0013000000015"}),
        ("malformed", "personal_number", {"personal_number": "001300000015\n"}),
        ("malformed", "personal_number", {"personal_number": 1300000015}),
        ("birth_year_number", "birth_date", {"birth_date": "1999-02-27"}),
        ("malformed", "birth_date", {"birth_date": "2001-02-29"}),
        ("malformed", "birth_date", {"birth_date": "20000229"}),
        ("malformed", "birth_date", {"birth_date": "0000-01-01"}),
        ("birth_year_number", "birth_date", {"birth_date": "9999-12-31"}),
        ("sex_number", "sex", {"sex": "M"}),
        ("malformed", "sex", {"sex": "f"}),
        ("malformed", "kind", {"kind": "stolen"}),
        ("malformed", "occurred_at", {"occurred_at": "2026-11-20T09:00:00"}),
        ("malformed", "occurred_at", {"occurred_at": "2026-11-20T25:00:00Z"}),
        ("malformed", "nationality", {"nationality": "Việt Nam"}),
        ("malformed", "residence", {"residence": "Hà Nội"}),
        ("unexpected", "residence", {"residence": {"district": "Ba Đình"}}),
        ("missing", "residence.line", {"residence": {"province": "Hà Nội", "commune": "A"}}),
        ("card_expired", "card.expires_on", {"card": EXPIRED}),
        ("card_in_future", "card.issued_on", {"card": EXPIRED | {"issued_on": "2999-01-01"}}),
        ("birth_date", "birth_date", {"card": EXPIRED | {"issued_on": "0001-01-01"}}),
        ("malformed", "card.number", {"card": EXPIRED | {"number": "30000001"}}),
        ("missing", "card", {"card": None}),
        ("malformed", "card", {"card": []}),
        ("malformed", "phone", {"phone": "0912000099"}),
        ("malformed", "phone", {"phone": "+84 912 000 099"}),
        ("malformed", "phone", {"phone": "+８４912000099"}),
        ("malformed", "phone", {"phone": {}}),
        ("unexpected", "photo", {"photo": "aGFsbG8="}),
        ("unexpected", None, {"note": "?"}),
        ("malformed", "event_id", {"event_id": "one"}),
        ("malformed", "event_id", {"event_id": str(uuid4()).upper()}),
        ("missing", "personal_number", {"personal_number": None}),
    ],
)
def test_an_event_that_is_refused(db, code, field, parts):
    [answer] = answers(event(15, **parts))

    assert (answer["outcome"], answer["code"], answer.get("field")) == ("refused", code, field)
    assert not Account.objects.exists()


@pytest.mark.parametrize("odd", [None, 1, "text", [], {}, [[]]])
def test_something_that_is_no_event(db, odd):
    [answer] = answers(odd)
    assert (answer["event_id"], answer["outcome"]) == (None, "refused")


def test_a_phone_already_used(db):
    make_phone(make_account(make_citizen(50)), "+84510000015")

    [answer] = answers(event(15))

    assert (answer["outcome"], answer["code"], answer["field"]) == (
        "refused",
        "phone_taken",
        "phone",
    )


def test_names_are_kept_composed(db):
    answers(event(15, full_name="Đặng Thị Mẫu"))
    assert Citizen.objects.get().full_name == "Đặng Thị Mẫu"


def test_a_deceased_person_gets_no_account(db):
    make_citizen(15, alive=False)
    [answer] = answers(event(15))
    assert (answer["code"], answer["field"]) == ("deceased", "personal_number")


def test_no_personal_data_of_an_event_stands_in_clear(db):
    sent = event()
    answers(sent)
    with connection.cursor() as cursor:
        for model in (CardEvent, Citizen, IdCard, Account, AuditEvent, Notice, Authenticator):
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} t")
            text = " ".join(row[0] for row in cursor.fetchall())
            for value in (sent["personal_number"], "Mẫu", "2000-02-29", sent["phone"], "300000015"):
                assert value not in text, model
    assert UUID(sent["event_id"]) == CardEvent.objects.get().event_id
    assert not Authenticator.objects.exclude(kind=AuthenticatorKind.SMS).exists()
