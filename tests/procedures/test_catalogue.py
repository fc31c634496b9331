"""The catalogue: found by the words of life, said before signing in, and nothing of it depends on who asks."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from procedures.enums import RevisionState
from procedures.models import Procedure, Revision
from procedures.rules import documents, search
from procedures.rules.expressions import Facts
from procedures.selectors import catalogue, checking, revisions
from procedures.services import publishing
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipped(db: None) -> int:
    return publishing.publish_shipped(actor=SYSTEM, now=clock.now())


def see(client: Client, place: str, language: str = "en") -> str:
    answer = client.get(place, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def text_of(code: str) -> str:
    return (publishing.SHIPPED / f"{code}.json").read_text(encoding="utf-8")


def changed(of: str, /, **parts: Any) -> str:
    return json.dumps(json.loads(text_of(of)) | parts, ensure_ascii=False)


# --- Publishing -----------------------------------------------------------------------------------
def test_what_is_shipped_is_published_once(shipped: int) -> None:
    assert shipped == len(list(publishing.SHIPPED.glob("*.json"))) >= 12
    assert publishing.publish_shipped(actor=SYSTEM, now=clock.now()) == 0
    assert Revision.objects.filter(state=RevisionState.PUBLISHED).count() == shipped
    events = AuditEvent.objects.filter(name="procedures.revision_published")
    assert events.count() == shipped


def test_a_changed_one_follows_and_the_old_one_stays_as_it_was(
    shipped: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passport.json").write_text(changed("passport", minutes=9), encoding="utf-8")
    monkeypatch.setattr(publishing, "SHIPPED", tmp_path)

    assert publishing.publish_shipped(actor=SYSTEM, now=clock.now()) == 1

    rows = Revision.objects.filter(procedure__code="passport").order_by("number")
    assert list(rows.values_list("number", "state")) == [(1, "RETIRED"), (2, "PUBLISHED")]
    assert documents.read(rows[0].text).data["minutes"] != 9


def test_one_that_was_written_here_is_not_overwritten(
    shipped: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, text = clock.now(), changed("passport", minutes=7)
    publishing.publish(publishing.draft(text, documents.read(text), now=now), actor=SYSTEM, now=now)
    (tmp_path / "passport.json").write_text(changed("passport", minutes=9), encoding="utf-8")
    monkeypatch.setattr(publishing, "SHIPPED", tmp_path)

    assert publishing.publish_shipped(actor=SYSTEM, now=now) == 0


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE procedures_revision SET text = '{}'",
        "UPDATE procedures_revision SET number = number + 100",
        "UPDATE procedures_revision SET state = 'DRAFTED', published_at = NULL",
        "DELETE FROM procedures_revision",
    ],
)
def test_raw_sql_cannot_change_what_was_published(shipped: int, sql: str) -> None:
    with (
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert isinstance(
        refused.value.__cause__,
        psycopg.errors.RestrictViolation | psycopg.errors.InsufficientPrivilege,
    )


# --- Finding --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("thuê trọ", "temporary-residence"),
        ("TAM TRU", "temporary-residence"),
        ("sinh con", "birth-registration"),
        ("passport", "passport"),
        ("bằng lái", "driver-licence-renewal"),
        ("ly lich tu phap", "criminal-record"),
        ("khoa tai khoan", "eid-lock"),
        ("a child was born", "birth-registration"),
        ("Tôi vừa sinh con", "birth-registration"),
        ("tôi bị mất hộ chiếu", "passport"),
    ],
)
def test_words_of_life_find_it(client: Client, shipped: int, asked: str, code: str) -> None:
    page = see(client, f"/procedures/?q={asked}")
    first = page.split('<ul class="proc">', 1)[1].split("</li>", 1)[0]
    assert f'href="/procedures/{code}/"' in first


@pytest.mark.parametrize(
    "asked", ["chuyển nhà", "chuyen nha", "moved", "I moved", "Tôi vừa chuyển nhà"]
)
def test_who_moved_finds_both_kinds_of_residence_first(
    client: Client, shipped: int, asked: str
) -> None:
    page = see(client, f"/procedures/?q={asked}")
    found = re.findall(r'<h3><a class="govuk-link" href="/procedures/([a-z-]+)/"', page)
    assert {"permanent-residence", "temporary-residence"} <= set(found[:3])


def test_nothing_found_leads_on(client: Client, shipped: int) -> None:
    page = see(client, "/procedures/?q=xyzzy")
    assert "Nothing was found" in page
    assert 'href="/procedures/?event=home"' in page


def test_a_life_event_and_an_agency_narrow(client: Client, shipped: int) -> None:
    home = see(client, "/procedures/?event=home")
    assert "/procedures/temporary-residence/" in home
    assert "/procedures/passport/" not in home
    assert "/procedures/passport/" in see(client, "/procedures/?agency=provincial_police")


@pytest.mark.parametrize(
    "place",
    ["?q=" + "a" * 500, "?event=nope", "?agency='--", "?q=%F0%9F%98%80", "?q=%E2%80%AE"],
)
def test_what_cannot_be_asked_is_not_asked(client: Client, shipped: int, place: str) -> None:
    see(client, f"/procedures/{place}")


def test_some_words_come_after_all_words() -> None:
    entries = [
        search.entry("a", name=["Đăng ký thường trú"], words=["nhà mới"], summary=[]),
        search.entry("b", name=["Đăng ký tạm trú"], words=["thuê nhà"], summary=["ở trọ"]),
    ]
    assert search.find("dang ky tam", entries) == ["b", "a"]
    assert search.find("  ", entries) == ["a", "b"]
    assert search.find("zzz", entries) == []
    assert search.find("tôi muốn ở trọ", entries) == ["b"]
    assert search.find("da", entries) == ["a", "b"]  # nothing else is asked


# --- One of them ----------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_one_has_its_page(client: Client, shipped: int, language: str) -> None:
    for code in Procedure.objects.values_list("code", flat=True):
        page = see(client, f"/procedures/{code}/", language)
        document = documents.read(text_of(code))
        assert f'<h1 class="govuk-heading-xl">{document.name[language]}</h1>' in page


def test_what_is_decided_at_once_does_not_say_what_comes_when_nobody_decides(
    client: Client, shipped: int
) -> None:
    for code, says in (("guest-stay", False), ("passport", True)):
        page = client.get(f"/procedures/{code}/", headers={"Accept-Language": "en"})
        assert ("If nobody decides in time" in page.content.decode()) is says, code


@pytest.mark.parametrize(
    ("at", "stay"),
    [
        (datetime(2026, 11, 28, 10, tzinfo=clock.VIET_NAM), "03/12"),  # a Saturday
        (datetime(2026, 11, 27, 16, tzinfo=clock.VIET_NAM), "02/12"),
    ],
)
def test_it_promises_the_day_that_the_form_promises(shipped: int, at: datetime, stay: str) -> None:
    nothing = Facts(answers={}, known={}, today=clock.today(at))
    promised = {}
    with clock.frozen(at):
        for code, pk in revisions.in_force().items():
            page = catalogue.open_page(code, answers={}, now=at)
            assert page is not None
            form = checking.overview(revisions.document(pk), nothing, fee=None, desk=None, now=at)
            assert page.due == form.due_at, code
            promised[code] = page.due
    assert f"{promised['temporary-residence']:%d/%m}" == stay
    assert f"{promised['birth-registration']:%d/%m}" == "30/11"  # received until 15:00


def test_the_check_answers_before_signing_in(client: Client, shipped: int) -> None:
    document = documents.read(text_of("temporary-residence"))
    first = {each.key: each.options[0].value for each in document.questions}
    some = see(client, f"/procedures/{document.code}/?check=1")
    assert "Answer every question" in some
    asked = "&".join(f"{key}={value}" for key, value in first.items())
    page = see(client, f"/procedures/{document.code}/?{asked}&check=1")
    assert any(answer.words["en"] in page for answer in document.answers)
    forged = see(
        client, f"/procedures/{document.code}/?check=1&" + "&".join(f"{key}=x" for key in first)
    )
    assert "Answer every question" in forged


def test_what_is_not_there_is_not_found(client: Client, shipped: int) -> None:
    assert client.get("/procedures/no-such-thing/").status_code == 404
    text = changed("passport", code="being-written")
    publishing.draft(text, documents.read(text), now=clock.now())
    assert client.get("/procedures/being-written/").status_code == 404


def test_who_is_signed_in_keeps_their_sections(client: Client, shipped: int) -> None:
    account = factories.make_account()
    page = see(factories.signed_in(client, account), "/procedures/")
    assert 'href="/procedures/" aria-current="page"' in page
    assert account.citizen.full_name in page
