"""The data log: every look and change, by day, filtered, searched, paged by key; what is hidden shows later."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import events
from accounts.enums import AccountKind, DataPage, LookReason
from accounts.models import Guardianship, SealedLook
from accounts.selectors import data_log
from eid_portal.core import audit, bulk, clock, ids
from eid_portal.core.events import SYSTEM, Actor, ActorKind, Event
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/account/data-log/"


@pytest.fixture
def account() -> Any:
    return factories.make_account()


@pytest.fixture
def reader(client: Client, account: Any) -> Client:
    return factories.signed_in(client, account)


def happened(account: Any, event: Event, actor: Actor = SYSTEM, **more: Any) -> UUID:
    return audit.record(event, actor=actor, subject_id=account.citizen_id, **more).pk


def officer_at(name: str = "Công an phường Mẫu") -> Actor:
    office = factories.make_office(f"HN-{uuid4().hex[:6]}", name=name)
    return Actor(
        kind=ActorKind.OFFICER, account_id=uuid4(), citizen_id=uuid4(), office_id=office.pk
    )


def long_ago(count: int, account: Any, now: datetime) -> Iterator[Any]:
    """Sign-ins, one an hour back from now, with keys that grow with time as they would have."""
    for hours in range(count, 0, -1):
        at = now - timedelta(hours=hours)
        row = audit.prepare(
            events.SignedIn(amr=["pwd"], new_device=False),
            actor=factories.actor_of(account),
            subject_id=account.citizen_id,
            now=at,
        )
        milliseconds = int(at.timestamp() * 1000)
        row.pk = UUID(int=milliseconds << 80 | row.pk.int & (1 << 80) - 1)
        yield row


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def refused(client: Client, event_id: UUID) -> str:
    """The page that answers for the proof of an entry, without what names the request."""
    answer = client.get(f"{PATH}{event_id}/proof.json")
    assert answer.status_code == 404
    page = answer.content.decode().replace(str(event_id), "")
    return re.sub(r'<span class="secret">.*?</span>', "", page)


# --- What an entry says -----------------------------------------------------------------------------
def test_an_entry_says_who_why_by_what_law_and_what_was_seen(reader: Client, account: Any) -> None:
    event = events.LookedUp(
        reason=LookReason.OFFICIAL_LETTER, fields=["phone"], reference="CV 12/2026"
    )
    pk = happened(account, event, officer_at(), purpose="counter")

    page = shown(reader.get(PATH, headers={"Accept-Language": "en"}))

    assert "Sample Ward Police" in page
    assert "Seen: Name and year of birth, phone" in page
    assert "Case, letter or order named CV 12/2026" in page
    assert "Law on Identification 2023" in page
    assert str(pk) in page
    assert "I did not expect this" in page


def test_who_acted_is_told_in_words(account: Any) -> None:
    guardian = factories.make_citizen(16, full_name="Trần Văn Giám Hộ")
    Guardianship.objects.create(
        state="ACTIVE",
        ward=account.citizen,
        guardian=guardian,
        basis="PARENT",
        claimed_at=clock.now(),
    )
    actors = [
        factories.actor_of(account),
        Actor(kind=ActorKind.CITIZEN, account_id=uuid4(), citizen_id=guardian.pk),
        Actor(kind=ActorKind.CITIZEN, account_id=uuid4(), citizen_id=uuid4()),
        Actor(kind=ActorKind.ADMINISTRATOR, account_id=uuid4(), citizen_id=uuid4()),
        Actor(kind=ActorKind.PARTY, party="card-production"),
        Actor(kind=ActorKind.PARTY, party="nobody knows"),
        SYSTEM,
    ]
    made = [happened(account, events.AccountActivated(), actor) for actor in actors]

    from django.utils.translation import override

    with override("en"):
        entries = data_log.everything(citizen_id=account.citizen_id, now=clock.now())
        who = {entry.id: entry.who for entry in entries}

    assert [who[pk] for pk in made] == [
        "You",
        "Trần Văn Giám Hộ, for you",
        "Another person",
        "An administrator of the portal",
        "ID-card production",
        "Another authority's system",
        "The portal",
    ]


def test_every_event_shown_to_people_has_words(account: Any) -> None:
    from eid_portal.core import home
    from tests.architecture.test_documents import every_event

    names = {event.name for event in every_event() if event.shown}
    assert {name for name in names if home.describe(name, {}) is None} == set()
    assert home.looks() <= names


def test_what_was_sealed_is_opened_for_its_own_person_alone(
    reader: Client, account: Any, client: Client
) -> None:
    event = events.CitizenUpdated(
        fields=["full_name"], before={"full_name": "NGUYỄN CŨ"}, after={"full_name": "NGUYỄN MỚI"}
    )
    happened(account, event)
    assert "NGUYỄN CŨ, nay là NGUYỄN MỚI" in shown(reader.get(PATH)) or "NGUYỄN CŨ, now" in shown(
        reader.get(PATH, headers={"Accept-Language": "en"})
    )

    stranger = factories.signed_in(Client(), factories.make_account(factories.make_citizen(17)))
    assert "NGUYỄN" not in shown(stranger.get(PATH)).replace("NGUYỄN MẪU", "")


def test_a_destroyed_key_leaves_the_entry_without_its_words(reader: Client, account: Any) -> None:
    happened(account, events.DataUnmasked(fields=["full_name"], reason="kiểm tra đơn số 7"))
    assert "kiểm tra đơn số 7" in shown(reader.get(PATH))

    audit.destroy_subject_key(account.citizen_id, now=clock.now())

    page = shown(reader.get(PATH, headers={"Accept-Language": "en"}))
    assert "An administrator opened your data" in page
    assert "kiểm tra" not in page


def test_an_entry_that_no_longer_opens_hides_no_other(reader: Client, account: Any) -> None:
    spoilt = audit.prepare(
        events.DataUnmasked(fields=["full_name"], reason="lý do bị hỏng"),
        actor=SYSTEM,
        subject_id=account.citizen_id,
    )
    spoilt.sealed = bytes(spoilt.sealed or b"")[:-1] + b"x"
    bulk.insert([spoilt])
    happened(account, events.DataUnmasked(fields=["full_name"], reason="lý do còn đọc được"))

    page = shown(reader.get(PATH))

    assert str(spoilt.pk) in page
    assert "lý do còn đọc được" in page
    assert "bị hỏng" not in page


def test_an_empty_log_says_so(reader: Client) -> None:
    page = shown(reader.get(PATH, {"show": "changes"}, headers={"Accept-Language": "en"}))
    assert "Nothing here yet" in page


# --- Filters, days, counts --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("all", {"looked_up", "register", "signed_in", "level"}),
        ("staff", {"looked_up"}),
        ("systems", {"register", "level"}),
        ("sign-ins", {"signed_in"}),
        ("changes", {"level"}),
    ],
)
def test_a_choice_lists_its_own(account: Any, choice: str, expected: set[str]) -> None:
    rows = {
        "looked_up": happened(
            account, events.DataSeen(page=DataPage.CASE), officer_at("Công an A")
        ),
        "register": happened(
            account,
            events.RegisterAsked(status="FOUND"),
            Actor(kind=ActorKind.PARTY, party="population"),
        ),
        "signed_in": happened(
            account, events.SignedIn(amr=["pwd"], new_device=False), factories.actor_of(account)
        ),
        "level": happened(account, events.LevelChanged(level=2)),
    }
    names = {pk: name for name, pk in rows.items()}

    asked = data_log.Asked(choice=data_log.Choice(choice))
    page = data_log.read(citizen_id=account.citizen_id, asked=asked, now=clock.now())

    assert {names[entry.id] for day in page.days for entry in day.entries} == expected


def test_a_day_shows_that_day_and_older(reader: Client, account: Any) -> None:
    now = clock.now()
    bulk.insert(list(long_ago(100, account, now)))
    day = clock.today(now) - timedelta(days=2)

    answer = reader.post(PATH, {"show": "all", "day": day.isoformat()})
    assert answer.status_code == 303
    asked = data_log.Asked(day=day)
    page = data_log.read(citizen_id=account.citizen_id, asked=asked, now=now)

    assert page.days[0].day == day
    assert f"{day:%d/%m/%Y}" in shown(reader.get(answer["Location"]))
    assert (
        f"{clock.today(now):%d/%m/%Y}"
        not in shown(reader.get(answer["Location"])).partition(f"{day:%d/%m/%Y}")[2]
    )


def test_looks_are_counted_by_who_looked(account: Any) -> None:
    one, other = officer_at("Công an A"), officer_at("Công an B")
    for actor in (one, one, other):
        happened(account, events.DataSeen(page=DataPage.CASE), actor)
    happened(account, events.DataSeen(page=DataPage.CASE), one, now=factories.ago(days=31))
    happened(account, events.LevelChanged(level=2))

    counts = data_log.count(citizen_id=account.citizen_id, now=clock.now())

    assert counts == data_log.Counts(looks=3, authorities=2, questions=0)


@pytest.mark.parametrize("query", ["show=nonsense", "day=2026-99-99", "before=xyz", "day=0000"])
def test_an_address_that_means_nothing_is_the_whole_log(
    reader: Client, account: Any, query: str
) -> None:
    pk = happened(account, events.LevelChanged(level=2))
    assert str(pk) in shown(reader.get(f"{PATH}?{query}"))


# --- Search -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("words", ["SAI GON", "sài gòn", "phuong sai", "Gòn công"])
def test_a_search_finds_words_without_their_marks(reader: Client, account: Any, words: str) -> None:
    wanted = happened(account, events.DataSeen(page=DataPage.CASE), officer_at("Công an Sài Gòn"))
    other = happened(account, events.DataSeen(page=DataPage.CASE), officer_at("Công an Huế"))
    words = words.replace("phuong ", "")

    page = shown(reader.post(PATH, {"show": "all", "words": words}))

    assert str(wanted) in page
    assert str(other) not in page


@pytest.mark.parametrize("words", ["level", "mức độ", "muc do"])
def test_a_search_finds_both_languages_whatever_the_page_speaks(
    reader: Client, account: Any, words: str
) -> None:
    wanted = happened(account, events.LevelChanged(level=2))
    for language in ("vi", "en"):
        page = shown(reader.post(PATH, {"words": words}, headers={"Accept-Language": language}))
        assert str(wanted) in page


def test_a_search_reads_what_is_sealed_for_the_person(reader: Client, account: Any) -> None:
    wanted = happened(
        account, events.DataUnmasked(fields=["full_name"], reason="Kiểm tra đơn số 7")
    )
    assert str(wanted) in shown(reader.post(PATH, {"words": "don so 7"}))
    assert str(wanted) not in shown(reader.post(PATH, {"words": "don so 8"}))


def test_words_are_not_sent_in_an_address(reader: Client, account: Any) -> None:
    happened(account, events.LevelChanged(level=2))
    answer = reader.post(PATH, {"words": "Đặng Thị Mẫu"})
    assert answer.status_code == 200
    assert "?words" not in answer.content.decode()


def test_a_search_reads_so_many_and_then_asks(account: Any) -> None:
    now = clock.now()
    wanted = happened(account, events.LevelChanged(level=2), now=now - timedelta(days=400))
    bulk.insert(list(long_ago(data_log.SEARCHED + 10, account, now)))
    # The key of the one that is looked for is the newest, so it is asked for from below it.
    asked = data_log.Asked(words="level", before=wanted)

    with CaptureQueriesContext(connection) as sent:
        page = data_log.read(citizen_id=account.citizen_id, asked=asked, now=now)

    assert (page.days, page.read_until is not None) == ((), True)
    assert len(sent) <= 12
    asked = data_log.Asked(words="level", before=page.older)
    rest = data_log.read(citizen_id=account.citizen_id, asked=asked, now=now)
    assert (rest.older, rest.read_until) == (None, None)


# --- Ten thousand -----------------------------------------------------------------------------------
def test_ten_thousand_entries_are_paged_by_key_with_the_same_few_queries(
    reader: Client, account: Any
) -> None:
    now = clock.now()
    rows = list(long_ago(10_000, account, now))
    bulk.insert(rows)

    def page(before: UUID | None) -> tuple[data_log.Page, int]:
        with CaptureQueriesContext(connection) as sent:
            asked = data_log.Asked(before=before)
            found = data_log.read(citizen_id=account.citizen_id, asked=asked, now=now)
        assert all("OFFSET" not in one["sql"] for one in sent.captured_queries)
        return found, len(sent)

    seen: list[UUID] = []  # begins with the reader's own sign-in of just now
    first, queries = page(None)
    found = first
    while True:
        seen += [entry.id for day in found.days for entry in day.entries]
        if found.older is None:
            break
        if len(seen) == 60:  # what arrives meanwhile moves nothing
            happened(account, events.LevelChanged(level=2))
        found, count = page(found.older)
        assert count <= queries
    assert seen[1:] == [row.pk for row in sorted(rows, key=lambda row: row.pk, reverse=True)]
    with CaptureQueriesContext(connection) as sent:
        assert reader.get(PATH).status_code == 200
    assert len(sent) <= 8


# --- Court orders -----------------------------------------------------------------------------------
def test_what_a_court_order_hides_appears_when_its_day_comes(reader: Client, account: Any) -> None:
    hidden = happened(
        account,
        events.LookedUp(reason=LookReason.COURT_ORDER, fields=[], reference="QĐ 7"),
        officer_at(),
    )
    until = clock.now() + timedelta(days=30)
    SealedLook.objects.create(
        event_id=hidden, order_number="QĐ 7", hidden_until=until, approval_id=ids.uuid7(),
        sealed_at=clock.now(),
    )  # fmt: skip
    counted = data_log.count(citizen_id=account.citizen_id, now=clock.now())

    page = shown(reader.get(PATH, headers={"Accept-Language": "en"}))
    assert str(hidden) not in page
    assert "There can be such looks now" in page
    assert counted.looks == 0
    assert str(hidden) not in shown(reader.post(PATH, {"words": "QĐ 7"}))
    assert refused(reader, hidden) == refused(reader, uuid4())

    later = until + timedelta(seconds=1)
    entries = data_log.everything(citizen_id=account.citizen_id, now=later)
    assert hidden in {entry.id for entry in entries}


# --- Who may read -----------------------------------------------------------------------------------
def test_officers_and_strangers_have_no_data_log_here(client: Client) -> None:
    assert client.get(PATH)["Location"].startswith("/sign-in/")
    officer = factories.make_staff(kind=AccountKind.OFFICER)
    assert (
        factories.signed_in(client, officer, factories.make_office()).get(PATH).status_code == 403
    )
