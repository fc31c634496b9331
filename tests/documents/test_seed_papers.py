"""The wallet of the demonstration's first citizen: linked once, verified by the registries that the sandbox plays."""

import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account
from documents.enums import DocumentState
from documents.management.commands.seed_papers import DEFINED, HOLDER
from documents.models import DefinedKind, Document
from eid_portal.core import jobs
from eid_portal.core.models import Job
from eid_portal.sandbox import data, registry_pages
from tests.factories import make_account, make_citizen
from tests.outside_world import OutsideWorld

# Calls go out, so no transaction may be open around the test.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def holder(sandbox: OutsideWorld, settings, tmp_path) -> Account:
    person = data.PEOPLE[HOLDER]
    settings.VAR = tmp_path
    told = {
        "personal_number": HOLDER,
        "papers": registry_pages.papers_to_try(sandbox.world, person),
    }
    (tmp_path / "demo.json").write_text(json.dumps({"people": [told]}), encoding="utf-8")
    citizen = make_citizen(personal_number=HOLDER, full_name=person.name, birth_date=person.born)
    return make_account(citizen)


def test_papers_are_linked_once_and_verified(holder, settings):
    settings.DEMONSTRATION = True
    call_command("seed_papers")
    call_command("seed_papers")
    Job.objects.update(rung_at=None)
    jobs.run_due()

    states = {
        (paper.kind, paper.state) for paper in Document.objects.filter(citizen=holder.citizen)
    }
    assert Document.objects.count() == 4
    assert states == {
        ("DRIVER_LICENCE", DocumentState.VERIFIED),
        ("VEHICLE_REGISTRATION", DocumentState.VERIFIED),
        ("VEHICLE_REGISTRATION", DocumentState.MISMATCH),
        ("HEALTH_INSURANCE", DocumentState.VERIFIED),
    }
    assert DefinedKind.objects.get().code == DEFINED.code
    assert (settings.VAR / "demo-papers").exists()


def test_a_real_installation_gets_none(holder, settings):
    settings.DEMONSTRATION = False

    with pytest.raises(CommandError):
        call_command("seed_papers")

    assert not Document.objects.exists()


def test_a_demonstration_from_before_there_were_papers_starts_as_it_is(holder, settings):
    settings.DEMONSTRATION = True
    told = {"people": [{"personal_number": HOLDER}]}
    (settings.VAR / "demo.json").write_text(json.dumps(told), encoding="utf-8")

    call_command("seed_papers")

    assert not Document.objects.exists()
    assert (settings.VAR / "demo-papers").exists()
