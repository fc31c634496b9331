"""The windows on desks and on what was filed: who decides is kept with its days, and files are only looked at."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from accounts.enums import AccountKind
from accounts.models import Province
from eid_portal.core import clock, jobs, tidying
from eid_portal.core.models import AuditEvent, Job
from procedures import policy
from procedures.models import Desk, EffectDone, StatusReport
from procedures.services import agencies, effects
from tests import factories
from tests.procedures import rows

pytestmark = pytest.mark.django_db
AT = "/admin/procedures/"
DESKS = f"{AT}desk/"
TODAY = clock.today()


@pytest.fixture
def window() -> Client:
    administrator = factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)
    return factories.signed_in(Client(headers={"accept-language": "en"}), administrator)


@pytest.fixture
def typed() -> dict[str, Any]:
    return {
        "office": factories.make_office("HS-09").pk, "agency": "commune_police",
        "province": Province.objects.get(name="Hà Nội").pk, "commune": "Ba Đình",
        "valid_from": TODAY.isoformat(), "valid_to": "",
    }  # fmt: skip


# --- Desks -------------------------------------------------------------------------------------------
def test_a_desk_is_set_up_and_ended(window: Client, typed: dict[str, Any]) -> None:
    assert window.post(f"{DESKS}add/", typed).status_code == 302
    row = Desk.objects.get()
    end = TODAY + timedelta(days=9)
    page = window.get(f"{DESKS}{row.pk}/change/").content.decode()
    assert 'name="valid_to"' in page
    assert 'name="commune"' not in page, "files were sent there for what it says"
    window.post(
        f"{DESKS}{row.pk}/change/", typed | {"commune": "Khác", "valid_to": end.isoformat()}
    )
    row.refresh_from_db()
    assert (row.commune, row.valid_to) == ("Ba Đình", end)
    kept = AuditEvent.objects.filter(name="accounts.reference_changed").order_by("pk")
    assert [each.data["added"] for each in kept] == [True, False]
    assert {each.data["code"] for each in kept} == {"HS-09 commune_police 01"}
    assert window.post(f"{DESKS}add/", typed | {"valid_from": end.isoformat()}).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"agency": "army"}, "agency"),
        ({"office": ""}, "office"),
        ({"province": ""}, "commune"),
        ({"valid_to": TODAY.isoformat()}, "valid_to"),
        ({"commune": "ba đình"}, "valid_from"),
        ({"valid_from": date(2000, 1, 1).isoformat()}, "valid_from"),
        ({"commune": "Ba\u200b Đình"}, "commune"),
    ],
)
def test_two_desks_never_decide_for_one_place_on_one_day(
    window: Client, typed: dict[str, Any], wrong: dict[str, str], field: str
) -> None:
    window.post(f"{DESKS}add/", typed)
    answer = window.post(f"{DESKS}add/", typed | wrong)
    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors
    assert field in errors
    assert "__all__" not in errors, "beside its box"
    assert Desk.objects.count() == 1


def test_a_province_and_its_commune_have_desks_of_their_own(
    window: Client, typed: dict[str, Any]
) -> None:
    for more in (
        {},
        {"commune": ""},
        {"commune": "", "province": ""},
        {"agency": "commune_committee"},
    ):
        assert window.post(f"{DESKS}add/", typed | more).status_code == 302
    assert window.get(f"{DESKS}?agency__exact=commune_police").context["cl"].result_count == 3


def test_a_desk_that_ended_does_not_begin_again_over_another(
    window: Client, typed: dict[str, Any]
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    window.post(f"{DESKS}add/", typed | {"valid_to": tomorrow.isoformat()})
    first = Desk.objects.get()
    window.post(f"{DESKS}add/", typed | {"valid_from": tomorrow.isoformat()})
    answer = window.post(f"{DESKS}{first.pk}/change/", {"valid_to": ""})
    assert "End that one first" in answer.content.decode()


# --- What was filed ------------------------------------------------------------------------------------
MODELS = ("application", "snapshot", "decision", "result", "message", "effectdone", "statusreport")


@pytest.mark.parametrize("model", MODELS)
def test_a_window_looks_and_changes_nothing(window: Client, model: str) -> None:
    application = rows.make_application(factories.make_account())
    at = f"{AT}{model}/"
    listed = window.get(at)
    assert rows.REFERENCE in listed.content.decode()
    row = listed.context["cl"].result_list[0]
    for page in ("change/", ""):
        answer = window.get(f"{at}{row.pk}/{page}", follow=True)
        assert answer.status_code == 200
        text = answer.content.decode()
        assert application.citizen.full_name not in text
        assert rows.WORDS not in text
    assert window.post(f"{at}{row.pk}/change/", {"state": "GRANTED"}).status_code == 403
    assert window.post(f"{at}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert window.get(f"{at}add/").status_code == 403
    assert window.get(f"{at}{row.pk}/history/").status_code == 404


@pytest.mark.parametrize("model", MODELS)
def test_who_opens_one_is_seen_by_the_citizen_once(window: Client, model: str) -> None:
    application = rows.make_application(factories.make_account())
    row = window.get(f"{AT}{model}/").context["cl"].result_list[0]
    assert not AuditEvent.objects.filter(name="accounts.data_seen").exists(), "a list shows nobody"
    for _time in range(2):
        window.get(f"{AT}{model}/{row.pk}/change/")
    look = AuditEvent.objects.get(name="accounts.data_seen")
    assert (look.subject_id, look.data["page"]) == (application.citizen_id, "application")


def test_an_application_is_found_by_its_whole_number_alone(window: Client) -> None:
    rows.make_application(factories.make_account())
    for model in MODELS:
        found = {
            asked: window.get(f"{AT}{model}/", {"q": asked}).context["cl"].result_count
            for asked in (rows.REFERENCE, f" {rows.REFERENCE.lower()} ", "HS-261127", "Mẫu", "")
        }
        assert list(found.values()) == [1, 1, 0, 0, 1], model
    page = window.get(f"{AT}application/?state=REFUSED")
    assert page.context["cl"].result_count == 1


def test_a_page_of_applications_asks_few_queries_and_opens_nothing_sealed(
    window: Client, django_assert_max_num_queries: Any
) -> None:
    account = factories.make_account()
    first = rows.make_application(account)
    window.get(f"{AT}application/")
    with django_assert_max_num_queries(12) as asked:
        window.get(f"{AT}application/")
    assert not any('"procedures_snapshot"' in each["sql"] for each in asked.captured_queries)
    page = window.get(f"{AT}application/{first.pk}/change/").content.decode()
    for shown in ("account.lock", "Refused", "The citizen is asked", "passport"):
        assert shown in page


# --- What was put aside --------------------------------------------------------------------------------
RETRIED = {
    "effectdone": (effects.CARRY_OUT, "procedures.effect_tried_again", "done_at"),
    "statusreport": (agencies.TELL, "procedures.agency_told_again", "told_at"),
}


@pytest.mark.parametrize("model", RETRIED)
def test_what_was_put_aside_is_tried_again_once(window: Client, model: str) -> None:
    task, event, done = RETRIED[model]
    application = rows.make_application(factories.make_account())
    listed = window.get(f"{AT}{model}/?standing=aside")
    (row,) = listed.context["cl"].result_list
    at = f"{AT}{model}/{row.pk}/"
    assert "/retry/" in window.get(f"{at}change/").content.decode()
    assert window.get(f"{at}retry/").status_code == 302
    assert not jobs.unfinished(task, subject_id=row.pk).exists(), "looking tries nothing"

    answers = [window.post(f"{at}retry/", follow=True).content.decode() for _press in range(2)]

    assert "again" in answers[0]
    assert "already" in answers[1]
    assert jobs.unfinished(task, subject_id=row.pk).count() == 1
    told = AuditEvent.objects.get(name=event)
    assert (told.subject_id, told.data["reference"]) == (
        application.citizen_id,
        application.reference,
    )
    assert "/retry/" not in window.get(f"{at}change/").content.decode()
    counts = {
        standing: window.get(f"{AT}{model}/?standing={standing}").context["cl"].result_count
        for standing in ("aside", "tried", "done", "")
    }
    assert counts == {"aside": 0, "tried": 1, "done": 0, "": 1}

    type(row)._base_manager.filter(pk=row.pk).update(**{done: clock.now()})
    Job.objects.filter(subject_id=row.pk).update(done_at=clock.now())
    assert "already" in window.post(f"{at}retry/", follow=True).content.decode()
    assert window.get(f"{AT}{model}/?standing=done").context["cl"].result_count == 1
    assert AuditEvent.objects.filter(name=event).count() == 1


@pytest.mark.parametrize("model", RETRIED)
def test_there_is_nothing_to_try_again_where_nothing_is(window: Client, model: str) -> None:
    assert window.post(f"{AT}{model}/{uuid4()}/retry/").status_code == 404
    assert Client().post(f"{AT}{model}/{uuid4()}/retry/").status_code == 302, (
        "who is a stranger signs in"
    )


def test_nobody_has_a_change_of_their_own_file_tried_again() -> None:
    administrator = factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)
    window = factories.signed_in(Client(headers={"accept-language": "en"}), administrator)
    rows.make_application(factories.make_account(administrator.citizen))
    row = EffectDone.objects.get()

    window.post(f"{AT}effectdone/{row.pk}/retry/")

    assert not jobs.unfinished(effects.CARRY_OUT, subject_id=row.pk).exists()


def test_reports_that_were_told_long_ago_are_deleted_and_no_others() -> None:
    application = rows.make_application(factories.make_account())
    now = clock.now()
    long_ago = now - policy.REPORTS_KEPT - timedelta(days=1)
    StatusReport.objects.all().delete()
    made = {
        name: StatusReport.objects.create(
            pk=UUID(int=tidying.first_id(at).int + number), application=application, party="agency-desk",
            state=application.state, at=at, told_at=told,
        )
        for number, (name, at, told) in enumerate([
            ("old", long_ago, long_ago), ("never told", long_ago + timedelta(seconds=1), None),
            ("told late", long_ago + timedelta(seconds=2), now), ("new", now, now),
        ])
    }  # fmt: skip

    assert tidying.delete_old(now=now)["status_reports"] == 1
    assert set(StatusReport.objects.all()) == set(made.values()) - {made["old"]}
