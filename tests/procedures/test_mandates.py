"""A mandate is given to who is named rightly, for one procedure until a day, used for filing, and taken back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.enums import NoticeChannel, NoticeKind
from accounts.models import Account, Notice
from accounts.services import issuing, register
from accounts.services.assurance import StepUpNeeded
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from procedures import policy
from procedures.enums import Capacity
from procedures.models import Mandate
from procedures.rules import documents
from procedures.selectors import mandates as selectors
from procedures.selectors import revisions
from procedures.services import drafts, following, lifecycle, mandates, results
from tests.accounts.application import signed_in as signed_in_app
from tests.factories import signed_in
from tests.procedures import world
from tests.procedures.test_results import decide

pytestmark = pytest.mark.django_db
CODE = "marital-status"
NAME = "Mẫu Văn Giúp"


@pytest.fixture
def giver() -> Account:
    world.publish_shipped()
    return world.make_person(15)


@pytest.fixture
def holder() -> Account:
    return world.make_person(16, full_name=NAME)


def _give(giver: Account, holder: Account, **changes: Any) -> Mandate:
    values: dict[str, Any] = {
        "session": world.session_of(giver),
        "number": holder.citizen.personal_number,
        "name": NAME,
        "procedure": CODE,
        "until": clock.today() + timedelta(days=30),
        "now": clock.now(),
    }
    return mandates.give(**values | changes)


def _begin(holder: Account, row: Mandate) -> Any:
    draft, _there = drafts.begin(
        session=world.session_of(holder), code=CODE, capacity=Capacity.MANDATE,
        person=row.public_id, now=clock.now(),
    )  # fmt: skip
    return draft


def test_the_holder_files_for_the_giver_until_it_is_withdrawn(
    giver: Account, holder: Account
) -> None:
    row = _give(giver, holder)

    draft = _begin(holder, row)
    assert (draft.citizen_id, draft.filer_id) == (giver.citizen_id, holder.pk)
    mandates.withdraw(session=world.session_of(giver), public_id=row.public_id, now=clock.now())
    mandates.withdraw(session=world.session_of(giver), public_id=row.public_id, now=clock.now())

    with pytest.raises(drafts.NotForThem):
        drafts.open_form(
            session=world.session_of(holder), public_id=draft.public_id, now=clock.now()
        )
    ended = AuditEvent.objects.filter(name="procedures.mandate_withdrawn")
    assert {event.subject_id for event in ended} == {giver.citizen_id, holder.citizen_id}
    assert ended.count() == 2


def test_it_ends_with_the_death_of_who_gave_it(giver: Account, holder: Account) -> None:
    row = _give(giver, holder)
    helper = world.session_of(holder)
    world.make_desks()
    mine = world.Filer(holder)
    filed = mine.submit(mine.fill(_begin(holder, row)))
    with transaction.atomic():
        lifecycle.receive(filed, now=clock.now())
    result = decide(filed)
    draft = _begin(holder, row)
    now = clock.now()
    assert selectors.list_in_force(holder, now=now)
    assert following.find(session=helper, public_id=filed.public_id, now=now) == filed
    assert results.find(session=helper, public_id=result.public_id, now=now) == result

    with transaction.atomic():
        issuing.lock_people([giver.citizen.personal_number])
        register.note_death(giver.citizen, actor=SYSTEM, now=now)

    assert selectors.list_in_force(holder, now=now) == []
    document = revisions.document(draft.revision_id)
    assert Capacity.MANDATE not in {
        each for each, _one, _name in drafts.list_capacities(helper, document, now=now)
    }
    for refused in (
        lambda: _begin(holder, row),
        lambda: drafts.open_form(session=helper, public_id=draft.public_id, now=now),
        lambda: following.find(session=helper, public_id=filed.public_id, now=now),
        lambda: results.find(session=helper, public_id=result.public_id, now=now),
        lambda: results.fetch(session=helper, public_id=result.public_id, now=now),
    ):
        with pytest.raises(drafts.NotForThem):
            refused()


def test_who_does_not_act_any_more_reads_nothing_of_what_came_after(
    client: Client, giver: Account, holder: Account
) -> None:
    row = _give(giver, holder)
    world.make_desks()
    mine = world.Filer(holder)
    filed = mine.submit(mine.fill(_begin(holder, row)))
    own = mine.file("absence-declaration")
    browser = signed_in(client, holder)
    app = signed_in_app(holder)
    place = "/applications/"

    def lines() -> dict[str, Any]:
        found = app.get("/api/v1/applications").json()["applications"]
        return {each["reference"]: each for each in found}

    page = see(browser, place)
    assert giver.citizen.full_name in page
    assert page.count("Under review") == 2
    assert lines()[filed.reference]["due_at"]

    mandates.withdraw(session=world.session_of(giver), public_id=row.public_id, now=clock.now())
    decide(filed)

    page, told = see(browser, place), lines()
    assert giver.citizen.full_name not in page
    assert filed.reference in page
    assert "You no longer act for this person" in page
    assert "Granted" not in page
    assert "Closed on" not in page
    line = told[filed.reference]
    assert (line["state"], line["due_at"], line["ended_at"], line["asked"]) == (
        "You no longer act for this person", None, None, False,
    )  # fmt: skip
    assert told[own.reference]["state"] == "Under review"
    assert "Granted" in see(signed_in(Client(), giver), place)
    name = revisions.document(filed.revision_id).name["en"]
    assert f"{name}: granted" not in see(browser, "/")

    _give(giver, holder)

    assert f"{name}: granted" in see(browser, "/")
    assert "Granted" in see(browser, place)


def see(browser: Client, place: str) -> str:
    answer = browser.get(place, secure=True, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_both_people_are_told_that_it_was_given_and_that_it_ended(
    giver: Account, holder: Account
) -> None:
    def told(kind: NoticeKind) -> list[str]:
        rows = Notice.objects.filter(kind=kind, channel=NoticeChannel.INBOX)
        assert {row.account_id for row in rows} == {giver.pk, holder.pk}
        return [str(row.text) for row in rows]

    row = _give(giver, holder)
    _give(giver, holder)  # the second press
    given = told(NoticeKind.MANDATE_GIVEN)
    for _press in range(2):
        mandates.withdraw(
            session=world.session_of(holder), public_id=row.public_id, now=clock.now()
        )
    ended = told(NoticeKind.MANDATE_ENDED)

    assert (len(given), len(ended)) == (2, 2)
    for words in (*given, *ended):
        assert giver.citizen.full_name in words
        assert NAME in words
        assert documents.shipped()[CODE].name["vi"] in words
    assert all(f"{row.valid_until:%d/%m/%Y}" in words for words in given)


def _told(kind: NoticeKind, *, on: int) -> list[tuple[Any, str]]:
    """Who was told what by a job that is rung twice on the day so many days from today."""
    now = clock.now() + timedelta(days=on)
    with clock.frozen(now):
        for _ring in range(2):
            mandates.remind(now=now)
    rows = Notice.objects.filter(kind=kind, channel=NoticeChannel.INBOX).order_by("pk")
    return [(row.account_id, str(row.text)) for row in rows]


def test_both_people_are_told_once_days_before_it_ends_and_once_when_it_has(
    giver: Account, holder: Account
) -> None:
    row = _give(giver, holder)
    assert _told(NoticeKind.MANDATE_ENDS, on=22) == []

    soon = _told(NoticeKind.MANDATE_ENDS, on=23)
    assert {account for account, _words in soon} == {giver.pk, holder.pk}
    assert len(soon) == 2
    for _account, words in soon:
        for part in (giver.citizen.full_name, NAME, f"{row.valid_until:%d/%m/%Y}"):
            assert part in words
    for day in (25, 30):
        assert _told(NoticeKind.MANDATE_ENDS, on=day) == soon
    assert _told(NoticeKind.MANDATE_ENDED, on=30) == [], "its last day is not over"

    ended = _told(NoticeKind.MANDATE_ENDED, on=31)
    assert {account for account, _words in ended} == {giver.pk, holder.pk}
    day_after = row.valid_until + timedelta(days=1)
    assert all(f"00:00 ngày {day_after:%d/%m/%Y}" in words for _account, words in ended)
    assert _told(NoticeKind.MANDATE_ENDED, on=33) == ended
    assert len(_told(NoticeKind.MANDATE_ENDS, on=33)) == 2


def test_what_stood_still_for_days_is_told_late_and_after_a_week_not_at_all(
    giver: Account, holder: Account
) -> None:
    _give(giver, holder)
    assert _told(NoticeKind.MANDATE_ENDED, on=38) == []
    assert len(_told(NoticeKind.MANDATE_ENDED, on=37)) == 2
    assert _told(NoticeKind.MANDATE_ENDS, on=37) == []


def test_a_short_one_or_one_that_was_taken_back_is_not_reminded_of(
    giver: Account, holder: Account
) -> None:
    row = _give(giver, holder, until=clock.today() + timedelta(days=6))
    assert _told(NoticeKind.MANDATE_ENDS, on=1) == []
    mandates.withdraw(session=world.session_of(giver), public_id=row.public_id, now=clock.now())
    before = _told(NoticeKind.MANDATE_ENDED, on=0)
    assert _told(NoticeKind.MANDATE_ENDED, on=7) == before


def test_given_again_for_longer_it_is_reminded_of_again(giver: Account, holder: Account) -> None:
    _give(giver, holder)
    first = _told(NoticeKind.MANDATE_ENDS, on=24)
    _give(giver, holder, until=clock.today() + timedelta(days=60))
    assert _told(NoticeKind.MANDATE_ENDED, on=31) == []
    assert _told(NoticeKind.MANDATE_ENDS, on=52) == first
    assert len(_told(NoticeKind.MANDATE_ENDS, on=53)) == 2 * len(first)


def test_nobody_there_and_another_name_are_one_answer(giver: Account, holder: Account) -> None:
    said = []
    for changes in ({"number": "001300000077"}, {"name": "Trần Văn Khác"}):
        with pytest.raises(mandates.NoMatch) as refused:
            _give(giver, holder, **changes)
        said.append((refused.value.code, str(refused.value.message)))

    assert said[0] == said[1]
    named = AuditEvent.objects.get(name="procedures.holder_named")
    assert (named.subject_id, named.data["agrees"]) == (holder.citizen_id, False)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"procedure": "eid-lock"}, mandates.NotByMandate),
        ({"procedure": "nothing"}, mandates.NotByMandate),
        ({"until": clock.today() - timedelta(days=1)}, mandates.NotThatLong),
        ({"until": clock.today() + timedelta(days=400)}, mandates.NotThatLong),
    ],
)
def test_what_cannot_be_given_is_refused(
    giver: Account, holder: Account, changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        _give(giver, holder, **changes)
    assert not Mandate.objects.exists()


def test_nobody_gives_one_to_themselves_or_without_a_fresh_proof(
    giver: Account, holder: Account
) -> None:
    with pytest.raises(mandates.Oneself):
        _give(giver, giver, name=giver.citizen.full_name)
    session = world.session_of(giver)
    old = replace(session, authenticated_at=clock.now() - timedelta(hours=3))
    with pytest.raises(StepUpNeeded):
        _give(giver, holder, session=old)


def test_few_people_are_named_in_a_day(giver: Account, holder: Account) -> None:
    for _time in range(policy.NAME_HOLDER.allowed):
        with pytest.raises(mandates.NoMatch):
            _give(giver, holder, name="Trần Văn Khác")
    with pytest.raises(mandates.TooManyNamed):
        _give(giver, holder)


def test_given_again_it_has_the_new_day(giver: Account, holder: Account) -> None:
    first = _give(giver, holder)
    again = _give(giver, holder)
    longer = _give(giver, holder, until=clock.today() + timedelta(days=60))

    assert first == again == longer
    assert Mandate.objects.get().valid_until == clock.today() + timedelta(days=60)
    assert len(selectors.list_in_force(giver, now=clock.now())) == 1
    later = clock.now() + timedelta(days=61)
    assert selectors.list_in_force(holder, now=later) == []


def test_the_pages_give_list_and_end_one(client: Client, giver: Account, holder: Account) -> None:
    browser = signed_in(client, giver)
    until = clock.today() + timedelta(days=30)
    form = {
        "procedure": CODE, "number": holder.citizen.personal_number, "name": NAME,
        "until_0": until.day, "until_1": until.month, "until_2": until.year,
    }  # fmt: skip

    assert browser.get("/mandates/", secure=True).status_code == 200
    assert browser.get("/mandates/new/", secure=True).status_code == 200
    wrong = browser.post("/mandates/new/", form | {"number": "12"}, secure=True)
    assert wrong.status_code == 422
    assert NAME in wrong.content.decode()  # what was typed stays
    done = browser.post("/mandates/new/", form, secure=True)
    assert (done.status_code, done["Location"]) == (303, "/mandates/")
    row = Mandate.objects.get()
    assert NAME in browser.get("/mandates/", secure=True).content.decode()
    theirs = signed_in(Client(), holder).get("/mandates/", secure=True).content.decode()
    assert giver.citizen.full_name in theirs
    stranger = signed_in(Client(), world.make_person(17))
    place = f"/mandates/{row.public_id}/withdraw/"
    assert stranger.post(place, secure=True).status_code == 404
    assert browser.post(place, secure=True).status_code == 303
    assert NAME not in browser.get("/mandates/", secure=True).content.decode()
