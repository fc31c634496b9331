"""Two officers at once: nobody gets the same file, and nothing is decided twice."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.enums import Role
from accounts.models import Account, Office
from accounts.services import sessions
from eid_portal.core import clock
from eid_portal.core.events import Actor
from eid_portal.core.transitions import StaleState
from procedures.enums import ApplicationState, Outcome
from procedures.models import Application, CorrectionRequest, Decision, Desk, Result
from procedures.services import claiming, corrections, deciding
from procedures.services.claiming import DeskRefused
from procedures.services.lifecycle import CannotDecide, Verdict
from tests.procedures import world

pytestmark = pytest.mark.django_db(transaction=True)
OFFICERS = 8


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Each in a thread and a connection of its own, let go together; what it returned, or raised."""
    gate = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            gate.wait(timeout=60)
            results[place] = act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


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

    results = at_once(
        *(
            lambda actor=actor: claiming.take_most_urgent(office_id=office.pk, actor=actor, now=now)
            for actor in actors
        )
    )

    assert not [each for each in results if isinstance(each, Exception)], results
    taken = [each.pk for each in results if each is not None]
    assert len(taken) == len(set(taken)) == OFFICERS - 2
    claimed = Application.objects.filter(claimed_by__isnull=False)
    assert claimed.count() == claimed.values("claimed_by").distinct().count() == OFFICERS - 2


def test_of_two_decisions_at_once_one_is_made() -> None:
    application = paid(world.make_filer())
    office = office_of_all()
    officers = [world.make_officer(office, 60 + n) for n in range(2)]
    outcomes = (
        Verdict(outcome=Outcome.GRANTED),
        Verdict(outcome=Outcome.REFUSED, refusal="in_person"),
    )
    actors = [actor_of(officer, office) for officer in officers]
    acts = [
        lambda officer=officer, actor=actor, verdict=verdict: deciding.decide(
            application=application, verdict=verdict, officer=officer, actor=actor, now=clock.now()
        )
        for officer, actor, verdict in zip(officers, actors, outcomes, strict=True)
    ]

    results = at_once(*acts, acts[0])

    refused = [each for each in results if isinstance(each, Exception)]
    assert len(refused) == 2
    assert all(isinstance(each, DeskRefused | CannotDecide | StaleState) for each in refused), (
        refused
    )
    assert Decision.objects.count() == Result.objects.count() == 1
    application.refresh_from_db()
    assert application.state == Decision.objects.get().outcome


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
        lambda: deciding.agree(session=heads[0], application=application, now=clock.now()),
        lambda: deciding.send_back(
            session=heads[1], application=application, words="Chưa đủ.", now=clock.now()
        ),
    )
    assert len([each for each in results if isinstance(each, DeskRefused)]) == 1, results
    application.refresh_from_db()
    if application.state == ApplicationState.GRANTED:
        assert Decision.objects.get().decided_at is not None
    else:
        assert application.state == ApplicationState.IN_REVIEW
        assert not Decision.objects.exists()


def test_an_answer_sent_twice_at_once_is_one_snapshot() -> None:
    filer = world.make_filer()
    application = paid(filer)
    office = office_of_all()
    corrections.ask(
        application=application, fields=["reason"], words="Mờ.",
        actor=actor_of(world.make_officer(office), office), now=clock.now(),
    )  # fmt: skip
    request = CorrectionRequest.objects.get()
    session = filer.session
    opened = corrections.page(session=session, public_id=request.public_id, now=clock.now())
    said = str(opened.answers["reason"])

    results = at_once(
        *(
            lambda: corrections.answer(
                session=session,
                public_id=request.public_id,
                posted={"reason": [said]},
                now=clock.now(),
            )
            for _press in range(2)
        )
    )

    assert sum(isinstance(each, corrections.NoSuchRequest) for each in results) == 1, results
    assert application.snapshots.count() == 2
