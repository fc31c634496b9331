"""The supervisor's console: what waits, what was drawn at random, and the counters now."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import policy, tasks
from accounts.enums import AccountKind, Role
from accounts.models import (
    Account,
    Citizen,
    DeviceSession,
    Inspection,
    LookReview,
    LookUp,
)
from accounts.services import watching
from eid_portal.core import clock, ids
from eid_portal.core.models import Approval, AuditEvent
from tests import factories
from tests.accounts.desk import ALL, COLLEAGUE, OFFICER, PHUC, at, make_officer, open_case
from tests.accounts.watched import (
    CONSOLE,
    EN,
    colleague,
    desk,
    first_page,
    look_at,
    office,
    officer,
    person,
    room,
    supervisor,
)

__all__ = ["colleague", "desk", "office", "officer", "person", "room", "supervisor"]  # fixtures
pytestmark = pytest.mark.django_db


def have_looked(
    officer: Account, office: Any, citizen: Citizen, times: int, *, days_ago: int = 1
) -> list[LookUp]:
    """Looks of a day before."""
    moment = clock.now() - timedelta(days=days_ago)
    return [
        LookUp.objects.create(
            officer=officer, office=office, citizen=citizen, reason="AT_COUNTER", reference="",
            looked_at=moment, masked_at=moment,
        )
        for _each in range(times)
    ]  # fmt: skip


def console(browser: Client) -> str:
    return browser.get(CONSOLE, headers=EN).content.decode()


# --- The console ----------------------------------------------------------------------------------
def test_only_supervisors_have_it(desk: Client, room: Client) -> None:
    assert desk.get(CONSOLE).status_code == 403
    html = console(room)
    assert "Nothing waits" in html
    assert "No look stands out" in html
    assert "Everything drawn was reviewed" in html


def test_it_shows_what_waits_at_every_counter_and_who_decides(
    desk: Client, room: Client, office: Any, supervisor: Account
) -> None:
    second = make_officer(COLLEAGUE, office, Role.SUPERVISOR)
    for browser, number in ((desk, PHUC), (factories.signed_in(Client(), second, office), "001153000005")):  # fmt: skip
        case = open_case(browser, number)
        browser.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    assert Approval.objects.count() == 2

    html = console(room)
    assert html.count("The citizen has no phone of their own") == 2
    assert html.count("/counter/approvals/") >= 3  # the link of the head, and one a row
    own = console(factories.signed_in(Client(), second, office))
    assert f"{supervisor.citizen.full_name}, because you asked or it is about you" in own


def test_it_shows_the_counters_now(
    desk: Client, room: Client, person: Citizen, officer: Account, colleague: Account
) -> None:
    look_at(desk, person)
    html = console(room)
    assert f"<b>{officer.citizen.full_name}</b>: 1 look in the last hour" in html
    assert f"<b>{colleague.citizen.full_name}</b>: not signed in" in html
    DeviceSession.objects.filter(account=officer).update(seen_at=clock.now() - policy.OFFICER_IDLE)
    assert "locked, not used since" in console(room)
    for secret in (person.full_name, person.personal_number):
        assert secret not in html


# --- The random sample ----------------------------------------------------------------------------
@pytest.mark.parametrize(("looks", "drawn"), [(0, 0), (1, 1), (49, 1), (50, 1), (51, 2), (150, 3)])
def test_a_share_is_drawn_and_at_least_one(
    officer: Account, office: Any, person: Citizen, looks: int, drawn: int
) -> None:
    have_looked(officer, office, person, looks)
    have_looked(officer, office, person, 3, days_ago=0)  # today's come tomorrow

    for _again in range(3):
        tasks.draw_samples()

    reviews = LookReview.objects.filter(day=clock.today() - timedelta(days=1))
    assert (reviews.count(), LookReview.objects.count()) == (drawn, drawn)


def test_chance_decides(officer: Account, office: Any, person: Citizen) -> None:
    looks = have_looked(officer, office, person, 40, days_ago=1)
    looks += have_looked(officer, office, person, 40, days_ago=2)
    looks += have_looked(officer, office, person, 40, days_ago=3)
    watching.draw_samples(now=clock.now())
    drawn = set(LookReview.objects.values_list("look_up", flat=True))
    assert len(drawn) == 3
    firsts = {looks[0].pk, looks[40].pk, looks[80].pk}
    lasts = {looks[39].pk, looks[79].pk, looks[119].pk}
    assert drawn not in (firsts, lasts)  # one in 32,000 each


def test_days_that_were_not_drawn_are_made_up_for_a_week(
    officer: Account, office: Any, person: Citizen
) -> None:
    for days in (1, 6, 7, 8):
        have_looked(officer, office, person, 1, days_ago=days)
    watching.draw_samples(now=clock.now())
    assert LookReview.objects.count() == 3


def drawn(officer: Account, office: Any, person: Citizen, count: int = 1) -> list[LookReview]:
    """Reviews in the order the console shows them: within a millisecond it is their keys'."""
    made = [
        LookReview.objects.create(
            state="TO_REVIEW", look_up=look, office=office, day=clock.today(look.looked_at)
        )
        for look in have_looked(officer, office, person, count)
    ]
    return sorted(made, key=lambda review: review.pk)


def test_a_look_is_reviewed_and_its_person_sees_both(
    room: Client, officer: Account, office: Any, person: Citizen
) -> None:
    first, second = drawn(officer, office, person, 2)
    assert f"{CONSOLE}sample/{first.public_id}/" in console(room)
    at_first = f"{CONSOLE}sample/{first.public_id}/"

    html = room.get(at_first, headers=EN).content.decode()

    assert "Đ••• T••• M•••" in html
    assert "•••• •••• 0018" in html
    assert "The person stands at the counter" in html
    assert "No visit of this person that day" in html
    assert person.full_name not in html
    told = first_page(person)
    assert "Your data was looked at: a supervisor&#39;s check of looks" in told
    assert room.post(at_first, {"verdict": ""})["Location"] == at_first
    assert room.post(at_first, {"verdict": "reasonable"})["Location"] == CONSOLE
    assert "A supervisor reviewed a look at your data: Reasonable" in first_page(person)
    html = console(room)
    assert f"{CONSOLE}sample/{second.public_id}/" in html
    assert "To be reviewed" not in html
    room.post(f"{CONSOLE}sample/{second.public_id}/", {"verdict": "inspect"})
    assert Inspection.objects.get().look_up == second.look_up
    assert "Everything drawn was reviewed" in console(room)


def test_a_visit_of_that_day_speaks_for_a_look(
    desk: Client, room: Client, officer: Account, office: Any
) -> None:
    case = open_case(desk, PHUC)
    assert case.citizen is not None
    look = look_at(desk, case.citizen, case=case.public_id, reason="")
    review = LookReview.objects.create(
        state="TO_REVIEW", look_up=look, office=office, day=clock.today()
    )
    html = room.get(f"{CONSOLE}sample/{review.public_id}/", headers=EN).content.decode()
    assert "Yes, same person, same officer" in html
    assert case.public_id in html


def test_none_is_skipped_and_nobody_reviews_their_own(
    room: Client, supervisor: Account, office: Any, person: Citizen
) -> None:
    (own,) = drawn(supervisor, office, person)
    html = console(room)
    assert "1 more are looks of yours or at you" in html
    assert f"{CONSOLE}sample/" not in html
    assert room.get(f"{CONSOLE}sample/{own.public_id}/").status_code == 404
    with pytest.raises(watching.OneOfYours):
        watching.decide_review(
            review=own, inspect=False, actor=factories.actor_of(supervisor, office), now=clock.now()
        )
    own.refresh_from_db()
    assert own.state == "TO_REVIEW"


def test_another_offices_looks_are_not_there(
    room: Client, officer: Account, person: Citizen
) -> None:
    (review,) = drawn(officer, factories.make_office("HN-02"), person)
    assert f"{CONSOLE}sample/" not in console(room)
    for page in ("sample", "alerts", "inspections", "court-orders"):
        assert room.get(f"{CONSOLE}{page}/{review.public_id}/").status_code == 404
        assert room.get(f"{CONSOLE}{page}/{ids.public_id()}/").status_code == 404


def test_two_verdicts_are_one(
    room: Client, supervisor: Account, officer: Account, office: Any, person: Citizen
) -> None:
    (review,) = drawn(officer, office, person)
    actor, now = factories.actor_of(supervisor, office), clock.now()
    stale = LookReview.objects.get(pk=review.pk)
    watching.decide_review(review=review, inspect=False, actor=actor, now=now)
    with pytest.raises(watching.DecidedAlready):
        watching.decide_review(review=stale, inspect=True, actor=actor, now=now)
    assert Inspection.objects.count() == 0
    assert AuditEvent.objects.filter(name="accounts.look_reviewed").count() == 1


def test_what_was_done_today_is_counted(
    room: Client, officer: Account, office: Any, person: Citizen
) -> None:
    (review,) = drawn(officer, office, person)
    room.post(f"{CONSOLE}sample/{review.public_id}/", {"verdict": "inspect"})
    html = console(room)
    assert 'Done today <span class="num">1</span>' in html
    assert OFFICER not in html


def test_a_look_of_the_only_supervisor_is_reviewed_by_an_administrator(
    supervisor: Account, office: Any, person: Citizen
) -> None:
    review = drawn(supervisor, office, person)[0]
    own = factories.make_staff(
        citizen=supervisor.citizen, kind=AccountKind.ADMINISTRATOR, sign_in_name="qt1"
    )
    at = f"/admin/accounts/lookreview/{review.pk}/decide/"
    assert factories.signed_in(Client(), own).get(at).status_code == 404
    administrator = factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)
    window = factories.signed_in(Client(), administrator)
    assert (
        "decide/" in window.get(f"/admin/accounts/lookreview/{review.pk}/change/").content.decode()
    )
    html = window.get(at, headers=EN).content.decode()
    assert person.personal_number not in html
    assert person.personal_number[-4:] in html
    assert AuditEvent.objects.filter(
        name="accounts.data_seen", subject_id=person.pk, target_id=review.pk
    ).exists()

    window.post(at, {"decision": "inspect"})
    window.post(at, {"decision": "inspect"})  # a double press

    review.refresh_from_db()
    assert (review.state, review.reviewed_by) == ("INSPECTED", administrator)
    inspection = Inspection.objects.get()
    assert (inspection.source, inspection.citizen) == ("SAMPLE", person)
