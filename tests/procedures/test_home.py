"""What procedures put on the first page: to who filed, and to whom it is about."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Account
from eid_portal.core import clock
from procedures import home
from procedures.enums import ApplicationState, Capacity
from procedures.models import Application, Mandate
from tests import factories
from tests.procedures import world
from tests.procedures.test_desk import absence, ask_for

pytestmark = pytest.mark.django_db
EN = {"Accept-Language": "en"}
GRANTED = "granted"
ASKED = "something is asked of you"


def first_page(account: Account) -> str:
    return factories.signed_in(Client(headers=EN), account).get("/").content.decode()


def make_anothers(row: Application, person: Account) -> None:
    """As if it had been filed by mandate; for the filer themselves it stays as it is."""
    if person == row.filer:
        return
    Application.objects.filter(pk=row.pk).update(citizen=person.citizen, capacity=Capacity.MANDATE)
    Mandate.objects.get_or_create(
        giver=person.citizen, holder=row.filer.citizen, procedure=row.procedure,
        defaults={"given_at": clock.now(), "valid_until": clock.today() + timedelta(days=9)},
    )  # fmt: skip


def decided_for(filer: world.Filer, person: Account, *, days_ago: int = 0) -> Application:
    """What somebody filed for another, granted."""
    row = absence(filer)
    make_anothers(row, person)
    Application.objects.filter(pk=row.pk).update(
        state=ApplicationState.GRANTED, ended_at=clock.now() - timedelta(days=days_ago), alert_at=None,
    )  # fmt: skip
    return row


def test_a_decision_is_told_to_who_filed_and_to_whom_it_is_about() -> None:
    filer, person = world.make_filer(), world.make_person(16, full_name="Mẫu Thị Hai")
    row = decided_for(filer, person)
    own = decided_for(filer, filer.account)
    old = decided_for(filer, person, days_ago=15)

    to_filer, to_person = first_page(filer.account), first_page(person)

    for page, wanted in ((to_filer, {row, own}), (to_person, {row})):
        for each in (row, own, old):
            count = page.count(f'href="/applications/{each.public_id}/"')
            assert count == (1 if each in wanted else 0)
    assert GRANTED in to_person
    Mandate.objects.update(withdrawn_at=clock.now())
    assert row.public_id not in first_page(filer.account)
    assert row.public_id in first_page(person)
    opened = factories.signed_in(Client(headers=EN), person).get(f"/applications/{row.public_id}/")
    assert opened.status_code == 200


def test_drafts_and_what_is_asked_stay_with_who_filed() -> None:
    filer, person = world.make_filer(), world.make_person(16, full_name="Mẫu Thị Hai")
    row = absence(filer)
    office = row.desk.office
    ask_for(factories.signed_in(Client(), world.make_officer(office), office), row, "reason")
    make_anothers(row, person)
    filer.begin("passport")

    to_filer, to_person = first_page(filer.account), first_page(person)

    assert ASKED in to_filer
    assert "1 form is begun" in to_filer
    assert ASKED not in to_person
    assert "is begun" not in to_person
    assert row.public_id not in to_person


def test_applications_are_found_by_their_indexes() -> None:
    filer = world.make_filer()
    absence(filer)
    values: dict[str, Any] = {
        "account": filer.account.pk, "citizen": filer.account.citizen_id, "now": clock.now(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {home.FIND}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on procedures_application" not in plan, plan
    assert "Index Cond: (citizen_id = " in plan, plan
