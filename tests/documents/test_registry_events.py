"""Registries' reports: signed, taken once, answered the same for ever; each has the paper verified anew."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Account
from documents.enums import DocumentState, VerificationOutcome
from documents.gateways import definitions
from documents.models import DefinedKind, Document, RegistryEvent, Verification
from documents.models.papers import NUMBER
from documents.services import registry_events
from eid_portal.core import clock, telling
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.models import UsedNonce
from eid_portal.core.sealed import blind_index
from eid_portal.sandbox import data, keys, papers, registries, to_portal
from eid_portal.sandbox.reports import TAG, Way
from tests.alarm import Alarm
from tests.documents import wired
from tests.documents.wired import OTHER_NAME, POLICE
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
PATH = f"/api/v1/registries/{POLICE}/events"
ACTOR = Actor(kind=ActorKind.PARTY, party=POLICE)


@pytest.fixture(autouse=True)
def near(settings: Any, sandbox: OutsideWorld) -> Iterator[None]:
    with wired.near(settings):
        yield


@pytest.fixture
def account(db: None) -> Account:
    return wired.make_an()


@pytest.fixture
def document(account: Account, sandbox: OutsideWorld) -> Document:
    """The licence that the made-up person really has."""
    kind = registries.every()[POLICE].REGISTRY.kinds[0]
    [number] = papers.held_by(kind, data.PEOPLE[wired.AN], sandbox.world.today)
    return wired.link(account, number)


def event(document: Document | None = None, **parts: Any) -> dict[str, Any]:
    made = {
        "event_id": str(uuid4()),
        "kind": "changed",
        "at": clock.now().isoformat(timespec="seconds"),
        "paper": {"type": "licence", "number": document.number if document else OTHER_NAME},
    }
    return made | parts


def post(
    sandbox: OutsideWorld, body: Any, *, path: str = PATH, party: str = POLICE, tag: str = TAG
) -> tuple[int, dict[str, Any]]:
    """The body, signed as a party."""
    world = sandbox.world
    key = keys.of(world.settings, party)
    letter = to_portal.sign(world, path, body, key=key, tag=tag, now=clock.now())
    sent = wired.delivered(letter)
    return sent.status, json.loads(sent.answer)


def asked(document: Document) -> list[str]:
    rows = Verification.objects.filter(document=document).order_by("pk")
    return list(rows.values_list("reason", flat=True))


# --- What follows -----------------------------------------------------------------------------------
def test_a_revoked_licence_is_revoked_in_the_wallet(
    document: Document, sandbox: OutsideWorld, personal_data_alarm: Alarm
) -> None:
    assert document.state == DocumentState.VERIFIED
    registry = registries.every()[POLICE].REGISTRY
    papers.change(
        sandbox.world, registry, registry.kinds[0], document.number,
        lambda before: replace(before, status="revoked"), event_id="1",
    )  # fmt: skip

    [(status, said)] = wired.report(sandbox, document.number, "revoked")

    assert (status, said["outcome"]) == (202, "applied")
    assert asked(document) == ["LINK", "EVENT"]
    wired.work()
    document.refresh_from_db()
    assert document.state == DocumentState.REVOKED


@pytest.mark.parametrize("kind", ["changed", "points", "revoked"])
def test_a_report_is_not_believed_but_looked_into(
    kind: str, document: Document, sandbox: OutsideWorld
) -> None:
    [(status, _said)] = wired.report(sandbox, document.number, kind, way=Way.LATE)
    wired.work()

    document.refresh_from_db()
    assert status == 202
    assert document.state == DocumentState.VERIFIED, "a late word changes nothing that is newer"
    assert asked(document) == ["LINK", "EVENT"]


def test_a_number_may_be_written_in_groups(document: Document, sandbox: OutsideWorld) -> None:
    number = f"{document.number[:3]} {document.number[3:6]} {document.number[6:]}"

    assert (
        post(sandbox, event(paper={"type": "licence", "number": number}))[1]["outcome"] == "applied"
    )


def test_of_a_paper_in_no_wallet_nothing_but_the_id_is_kept(sandbox: OutsideWorld) -> None:
    for paper in (
        {"type": "licence", "number": "790123456700"},
        {"type": "vehicle", "number": "51K-678.90"},  # another registry's
        {"type": "permit", "number": "any"},
    ):
        status, said = post(sandbox, event(paper=paper))
        assert (status, said["outcome"]) == (202, "not_linked")

    kept = RegistryEvent.objects.all()
    assert {(row.document, row.outcome) for row in kept} == {(None, "NOT_LINKED")}
    assert not Verification.objects.exists()


def test_a_paper_that_left_the_wallet_is_in_none(document: Document, sandbox: OutsideWorld) -> None:
    from documents import events as happenings
    from documents import states
    from eid_portal.core.events import SYSTEM
    from eid_portal.core.transitions import move

    move(
        document, states.DOCUMENT, to=DocumentState.UNLINKED, actor=SYSTEM,
        event=happenings.PaperUnlinked(kind=document.kind, reason="holder"), now=clock.now(),
        subject_id=document.citizen_id, unlinked_at=clock.now(),
    )  # fmt: skip

    assert post(sandbox, event(document))[1]["outcome"] == "not_linked"


# --- Once, and from that registry alone -------------------------------------------------------------------
def test_the_same_event_is_answered_the_same_and_another_body_refused(
    document: Document, sandbox: OutsideWorld
) -> None:
    sent = event(document)

    answers = [post(sandbox, sent) for _time in range(3)]
    other = post(sandbox, sent | {"kind": "revoked"})

    assert answers == [(202, {"event_id": sent["event_id"], "outcome": "applied"})] * 3
    assert (other[0], other[1]["code"]) == (409, "conflict")
    assert asked(document) == ["LINK", "EVENT"]
    told = registry_events.read(sent, party=POLICE, now=clock.now())
    with pytest.raises(telling.Conflict):
        registry_events.take(
            told, body=sent, party="vehicle-register", actor=ACTOR, now=clock.now()
        )


def test_all_the_ways_a_report_can_go_wrong(document: Document, sandbox: OutsideWorld) -> None:
    def statuses(way: Way) -> list[int]:
        return [status for status, _said in wired.report(sandbox, document.number, way=way)]

    assert statuses(Way.TWICE) == [202, 202]
    assert statuses(Way.CHANGED) == [202, 409]
    assert statuses(Way.REPLAYED) == [202, 401]
    assert statuses(Way.FORGED) == [401]
    assert statuses(Way.STALE) == [401]


def test_nobody_elses_word_is_taken(document: Document, sandbox: OutsideWorld) -> None:
    for refused in (
        post(sandbox, event(document), party="vehicle-register"),
        post(sandbox, event(document), tag="eid-population-events"),
    ):
        assert refused[0] == 401
    unsigned = Client().post(PATH, json.dumps(event(document)), content_type="application/json")
    assert unsigned.status_code == 401
    assert Client().get(PATH).status_code == 405
    assert asked(document) == ["LINK"]
    assert not RegistryEvent.objects.exists()


@pytest.mark.parametrize("party", ["nobody", "population", "sms", "..", "%00"])
def test_there_is_no_other_registry(party: str, sandbox: OutsideWorld) -> None:
    nonces = UsedNonce.objects.count()
    answer = Client(raise_request_exception=False).post(
        f"/api/v1/registries/{party}/events", "{}", content_type="application/json"
    )

    assert answer.status_code in {400, 404}
    assert answer["Content-Type"] == "application/problem+json"
    assert UsedNonce.objects.count() == nonces


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"kind": "stolen"}, "malformed"),
        ({"kind": ["changed"]}, "malformed"),
        ({"event_id": "1"}, "malformed"),
        ({"event_id": None}, "malformed"),
        ({"at": "yesterday"}, "malformed"),
        ({"at": (clock.now() + timedelta(hours=1)).isoformat(timespec="seconds")}, "in_future"),
        ({"more": 1}, "unexpected"),
        ({"paper": None}, "malformed"),
        ({"paper": {"type": "licence"}}, "malformed"),
        ({"paper": {"type": "licence", "number": "79012", "x": 1}}, "malformed"),
        ({"paper": {"type": "licence", "number": 790123456791}}, "malformed"),
        ({"paper": {"type": "licence", "number": "no number"}}, "malformed"),
        ({"paper": {"type": "licence", "number": "7" * 81}}, "too_long"),
        ({"paper": {"type": "licence", "number": "79012345\u202e6791"}}, "unreadable_text"),
        ({"paper": {"type": "", "number": "790123456791"}}, "missing"),
        ({"paper": {"type": {"a": 1}, "number": "790123456791"}}, "malformed"),
        ({"kind": "corrected"}, "missing"),
        ({"kind": "corrected", "correction_id": ""}, "missing"),
        ({"kind": "corrected", "correction_id": "x" * 81}, "too_long"),
        ({"words": "x" * 1001}, "too_long"),
        ({"words": 5}, "malformed"),
        ({"words": "a\x00b"}, "unreadable_text"),
        ([], "malformed"),
        ("text", "malformed"),
    ],
)
def test_what_cannot_be_read_does_nothing(
    wrong: Any, code: str, document: Document, sandbox: OutsideWorld
) -> None:
    body = event(document) | wrong if isinstance(wrong, dict) else wrong

    status, said = post(sandbox, body)

    assert (status, said["code"]) == (400, code)
    assert asked(document) == ["LINK"]
    assert not RegistryEvent.objects.exists()


def test_a_body_that_is_too_large_is_refused_unread(sandbox: OutsideWorld) -> None:
    answer = Client().post(PATH, b"{" + b" " * (4 * 1024 * 1024), content_type="application/json")

    assert answer.status_code == 413


@pytest.mark.django_db(transaction=True)
def test_ten_times_at_once_is_once(document: Document, sandbox: OutsideWorld) -> None:
    sent = event(document)

    def send(_place: int) -> Any:
        try:
            return post(sandbox, sent)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))

    assert answers == [(202, {"event_id": sent["event_id"], "outcome": "applied"})] * 10
    assert RegistryEvent.objects.count() == 1
    assert asked(document) == ["LINK", "EVENT"]


@pytest.mark.django_db(transaction=True)
def test_ten_reports_of_one_paper_at_once_leave_one_look(
    document: Document, sandbox: OutsideWorld
) -> None:
    def send(_place: int) -> Any:
        try:
            return post(sandbox, event(document))[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))

    assert answers == [202] * 10
    assert RegistryEvent.objects.count() == 10
    open_ = Verification.objects.filter(document=document, outcome=VerificationOutcome.PENDING)
    assert open_.count() == 1


def test_the_operation_is_described(client: Client) -> None:
    schema = client.get("/api/schema/?format=json", headers={"Accept": "application/json"})
    text = schema.content.decode()

    assert "/api/v1/registries/{public_id}/events" in text
    assert "take_registry_event" in text


def test_a_defined_kind_is_known_by_the_registrys_word(
    account: Account, sandbox: OutsideWorld
) -> None:
    DefinedKind.objects.create(
        code="TEACHER", name="Chứng chỉ", name_en="Certificate", issuer="Sở", issuer_en="Office",
        registry="certificates", wire_type="teacher", number_pattern="[0-9]{8}", number_hint="8 số",
        number_hint_en="8 digits", compared=["name"], created_at=clock.now(),
    )  # fmt: skip
    definitions.forget()
    document = Document.objects.create(
        state=DocumentState.VERIFYING, citizen=account.citizen, kind="TEACHER", registry="certificates",
        number="12345678", number_index=blind_index(NUMBER, "12345678"), since=clock.now(),
        linked_at=clock.now(), linked_by=account, next_check_at=clock.now(),
    )  # fmt: skip

    [(status, said)] = wired.report(
        sandbox, "", party="certificates", paper={"type": "teacher", "number": "12345678"}
    )

    definitions.forget()
    assert (status, said["outcome"]) == (202, "applied")
    assert asked(document) == ["EVENT"]
