"""An agency's own system is told of every move of its desk's files: once, in order, and nothing about a person."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.db import transaction
from django.forms import modelform_factory

from accounts.services import sessions
from eid_portal.core import clock, jobs, outside
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent, Job
from eid_portal.core.outside import Unknown
from eid_portal.sandbox import switches
from eid_portal.sandbox.store import Report
from eid_portal.sandbox.switches import Switch
from procedures.admin.desks import DeskForm
from procedures.enums import Outcome
from procedures.gateways import agencies as gateway
from procedures.models import Application, Desk, StatusReport
from procedures.services import agencies, deciding, lifecycle
from procedures.services.lifecycle import Verdict
from tests import factories
from tests.outside_world import OutsideWorld, WsgiAdapter
from tests.procedures import world
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
PARTY = "agency-desk"
CODE = "absence-declaration"
EVENT = {
    "event_id": "019ac2d4-7c1e-7b3a-9a55-0c2f5f0d6a11",
    "reference": "HS-261127-3KQ8MN",
    "procedure": CODE,
    "state": "IN_REVIEW",
    "at": "2026-11-27T02:00:00.000000+00:00",
}


@pytest.fixture
def filer() -> Filer:
    filer = world.make_filer()
    Desk.objects.update(party=PARTY)
    return filer


class Silent(WsgiAdapter):
    """The agency takes what it is told, and its answer is lost."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        super().send(request, **kwargs)
        raise requests.ReadTimeout


@contextmanager
def later(seconds: float) -> Iterator[datetime]:
    moment = clock.now() + timedelta(seconds=seconds)
    with clock.frozen(moment):
        yield moment


def grant(row: Application) -> None:
    with transaction.atomic():
        held = lifecycle.hold(row.pk)
        lifecycle.decide(
            held, Verdict(outcome=Outcome.GRANTED, by_silence=True), actor=SYSTEM, now=clock.now()
        )


def work() -> None:
    """Do what is to be told now."""
    due = Job.objects.filter(
        task=agencies.TELL, done_at__isnull=True, next_attempt_at__lte=clock.now()
    )
    for pk in due.order_by("pk").values_list("pk", flat=True):
        jobs.run_here(pk, agencies.TELL)


def left() -> list[str]:
    """Why each report that is not told yet waits."""
    rows = Job.objects.filter(task=agencies.TELL, done_at__isnull=True)
    return list(rows.values_list("last_error", flat=True))


def told(sandbox: OutsideWorld) -> list[Report]:
    """What the agency knows, in the order it happened."""
    return sandbox.world.store.reports()[::-1]


def test_an_agency_is_told_once_of_every_move(filer: Filer, sandbox: OutsideWorld) -> None:
    row = filer.file_paid(CODE)
    work()
    with later(60):
        grant(row)
        work()
        work()

    kept = told(sandbox)
    assert [(each.reference, each.procedure, each.state) for each in kept] == [
        (row.reference, CODE, "IN_REVIEW"),
        (row.reference, CODE, "GRANTED"),
    ]
    assert len(sandbox.adapter.sent) == 2
    assert left() == []
    assert not StatusReport.objects.filter(told_at__isnull=True).exists()
    events = AuditEvent.objects.filter(target_id=row.pk)
    assert {each.event_id for each in kept} <= {str(each.pk) for each in events}


def test_an_agency_is_told_of_a_proposal_and_that_it_went_back(
    filer: Filer, sandbox: OutsideWorld
) -> None:
    row = filer.file_paid("passport")
    officer = world.make_officer(row.desk.office)
    session = world.session_of(officer, row.desk.office)
    deciding.decide(
        application=row, verdict=Verdict(outcome=Outcome.GRANTED), officer=officer,
        actor=sessions.actor_of(session), now=clock.now(),
    )  # fmt: skip
    deciding.send_back(session=session, application=row, words="Nhầm.", now=clock.now())
    work()
    assert [each.state for each in told(sandbox)] == ["IN_REVIEW", "PROPOSED", "IN_REVIEW"]
    assert "Nhầm" not in str(told(sandbox))


def test_the_demonstration_has_a_desk_whose_agency_is_told(
    sandbox: OutsideWorld, settings: Any
) -> None:
    factories.make_office("HN-MC")
    filer = world.make_filer()
    Desk.objects.all().delete()
    settings.DEMONSTRATION = True
    for _twice in range(2):
        call_command("seed_desks")
    assert dict(Desk.objects.exclude(party="").values_list("agency", "party")) == {
        "commune_police": PARTY
    }
    row = filer.file_paid(CODE)
    work()
    assert [each.reference for each in told(sandbox)] == [row.reference]


def test_a_withdrawal_is_told(filer: Filer, sandbox: OutsideWorld) -> None:
    row = filer.file_paid(CODE)
    with transaction.atomic():
        lifecycle.withdraw(lifecycle.hold(row.pk), actor=SYSTEM, now=clock.now())
    work()
    assert [each.state for each in told(sandbox)] == ["IN_REVIEW", "WITHDRAWN"]


def test_a_desk_without_a_system_of_its_own_tells_nobody(filer: Filer) -> None:
    Desk.objects.update(party="")
    grant(filer.file_paid(CODE))
    assert not StatusReport.objects.exists()
    assert not Job.objects.filter(task=agencies.TELL).exists()


def test_a_move_that_is_taken_back_is_not_told(filer: Filer) -> None:
    row = filer.file_paid(CODE)
    before = StatusReport.objects.count(), Job.objects.filter(task=agencies.TELL).count()

    class Broken(Exception):
        pass

    def grant_and_break() -> None:
        with transaction.atomic():
            grant(row)
            raise Broken

    with pytest.raises(Broken):
        grant_and_break()
    now = StatusReport.objects.count(), Job.objects.filter(task=agencies.TELL).count()
    assert now == before == (1, 1)


def test_after_silence_the_same_event_is_told_again_and_kept_once(
    filer: Filer, sandbox: OutsideWorld
) -> None:
    filer.file_paid(CODE)
    silent = Silent(sandbox.application)
    with outside.transport(silent):
        work()
    assert left() == ["read_timeout"]
    assert StatusReport.objects.get().told_at is None

    with later(60):
        work()

    [first], [second] = silent.sent, sandbox.adapter.sent
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.headers["Signature"] != second.headers["Signature"]
    assert len(told(sandbox)) == 1
    assert left() == []
    assert StatusReport.objects.get().told_at is not None


def test_what_comes_late_stands_where_it_happened(filer: Filer, sandbox: OutsideWorld) -> None:
    row = filer.file_paid(CODE)
    switches.turn(sandbox.world, PARTY, Switch.DOWN)
    work()
    assert left() == ["status_503"]
    switches.turn(sandbox.world, PARTY, Switch.WORKING)
    Job.objects.filter(task=agencies.TELL).update(next_attempt_at=clock.now() + timedelta(hours=1))
    with later(60):
        grant(row)
        work()
    assert [each.state for each in told(sandbox)] == ["GRANTED"]
    with later(7200):
        work()
    assert [each.state for each in told(sandbox)] == ["IN_REVIEW", "GRANTED"]


def test_moves_of_one_moment_keep_their_order(filer: Filer, sandbox: OutsideWorld) -> None:
    with clock.frozen(clock.now()):
        row = filer.file_paid(CODE)
        grant(row)
    with later(1):
        work()
    kept = told(sandbox)
    assert [each.state for each in kept] == ["IN_REVIEW", "GRANTED"]
    assert kept[0].at < kept[1].at


def test_nothing_about_a_person_is_sent(filer: Filer, sandbox: OutsideWorld) -> None:
    row = filer.file_paid(CODE)
    work()

    [sent] = sandbox.adapter.sent
    assert isinstance(sent.body, bytes)
    said = json.loads(sent.body)
    assert set(said) == {"event_id", "reference", "procedure", "state", "at"}
    everything = f"{sent.url} {dict(sent.headers)} {sent.body.decode()}"
    citizen = filer.account.citizen
    ours = (citizen.full_name, citizen.personal_number, row.public_id, str(row.pk), str(citizen.pk))
    assert [each for each in ours if each in everything] == []


def test_an_answer_that_another_signed_is_not_believed(filer: Filer, sandbox: OutsideWorld) -> None:
    filer.file_paid(CODE)
    keys_file = sandbox.world.settings.outside_keys
    published = json.loads(keys_file.read_text())
    keyid = next(iter(published[PARTY]))
    stranger = base64.b64encode(bytes(range(32))).decode()
    keys_file.write_text(json.dumps(published | {PARTY: {keyid: stranger}}))

    work()

    assert isinstance(gateway.tell(PARTY, EVENT), Unknown)
    assert StatusReport.objects.get().told_at is None
    assert left() == ["answer_wrong_signature"]


def test_an_answer_about_another_event_is_not_believed(
    sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "call", lambda *_a, **_k: outside.Accepted({"event_id": "other"}))
    assert gateway.tell(PARTY, EVENT) == Unknown("malformed_answer")


def test_what_the_agency_refuses_is_put_aside(filer: Filer, sandbox: OutsideWorld) -> None:
    filer.file_paid(CODE)
    made = StatusReport.objects.get()
    sandbox.world.store.keep_report(
        Report(**(EVENT | {"event_id": str(made.pk)}), received_at=EVENT["at"])
    )
    work()
    job = Job.objects.get(task=agencies.TELL)
    assert job.given_up_at is not None
    assert job.last_error == "another_event_has_this_id"


@pytest.mark.parametrize(("party", "is_taken"), [("", True), (PARTY, True), ("nobody", False)])
def test_a_desk_names_a_system_that_the_portal_knows(
    filer: Filer, party: str, is_taken: bool
) -> None:
    desk = Desk.objects.first()
    form = modelform_factory(Desk, form=DeskForm, fields=["party"])({"party": party}, instance=desk)
    form.is_valid()
    assert ("party" not in form.errors) is is_taken
