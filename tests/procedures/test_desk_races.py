"""Two officers at once: nobody gets the same file, and nothing is decided twice."""

from functools import partial

import pytest
from django.db import transaction

from accounts.enums import Role
from accounts.models import Account, Office
from accounts.services import sessions
from eid_portal.core import clock
from eid_portal.core.events import Actor
from procedures.enums import ApplicationState, Outcome
from procedures.models import Application, Decision, Desk
from procedures.services import claiming, deciding
from procedures.services.claiming import DeskRefused
from procedures.services.lifecycle import Verdict
from tests.procedures import world
from tests.procedures.racing import accepted, at_once

pytestmark = pytest.mark.django_db(transaction=True)
OFFICERS = 8


@transaction.atomic
def paid(filer: world.Filer, code: str = "absence-declaration") -> Application:
    """A file at the desk."""
    return filer.file_paid(code)


def actor_of(officer: Account, office: Office) -> Actor:
    return sessions.actor_of(world.session_of(officer, office))


def office_of_all() -> Office:
    return Desk.objects.select_related("office").all()[0].office


def test_officers_who_press_at_once_get_a_file_each() -> None:
    filer = world.make_filer()
    for _file in range(OFFICERS - 2):
        paid(filer)
    office = office_of_all()
    actors = [actor_of(world.make_officer(office, 60 + n), office) for n in range(OFFICERS)]
    now = clock.now()

    def press(actor: Actor) -> Application | None:
        return claiming.take_most_urgent(office_id=office.pk, actor=actor, now=now)

    results = at_once([partial(press, actor) for actor in actors])

    taken = [each.pk for each in results if each is not None]
    assert len(taken) == len(set(taken)) == OFFICERS - 2
    claimed = Application.objects.filter(claimed_by__isnull=False)
    assert claimed.count() == claimed.values("claimed_by").distinct().count() == OFFICERS - 2


def test_agreeing_and_sending_back_at_once_is_one_of_them() -> None:
    filer = world.make_filer()
    application = paid(filer, "passport")
    office = office_of_all()
    maker = world.make_officer(office, 60)
    deciding.decide(
        application=application, verdict=Verdict(outcome=Outcome.GRANTED), officer=maker,
        actor=actor_of(maker, office), now=clock.now(),
    )  # fmt: skip
    heads = [
        world.session_of(world.make_officer(office, 61 + n, role=Role.CASE_LEAD), office)
        for n in range(2)
    ]
    results = at_once(
        [
            lambda: deciding.agree(session=heads[0], application=application, now=clock.now()),
            lambda: deciding.send_back(
                session=heads[1], application=application, words="Chưa đủ.", now=clock.now()
            ),
        ],
        DeskRefused,
    )
    assert len(accepted(results)) == 1
    application.refresh_from_db()
    if application.state == ApplicationState.GRANTED:
        assert Decision.objects.get().decided_at is not None
    else:
        assert application.state == ApplicationState.IN_REVIEW
        assert not Decision.objects.exists()
