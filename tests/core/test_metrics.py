"""The operator's figures say what stands in the rows, and only to who has the token."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from eid_portal.core import audit, audit_sealing, circuit, clock, jobs, metrics
from eid_portal.core.events import SYSTEM
from tests.core.happenings import Happened

TOKEN = "a-token-of-these-tests-and-no-other"


@pytest.fixture
def told(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def figures(client: Client) -> dict[str, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return {
        sample.name + "".join(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_an_idle_portal_has_nothing_waiting(db: None, client: Client, told: None) -> None:
    assert set(figures(client).values()) == {0.0}


def test_what_waits_is_counted(db: None, client: Client, told: None) -> None:
    now = clock.now()
    jobs.enqueue("core.tidy", subject_id=uuid4(), at=now - timedelta(seconds=90))
    jobs.enqueue("core.tidy", subject_id=uuid4(), at=now + timedelta(hours=1))
    aside = jobs.enqueue("core.tidy", subject_id=uuid4())
    claim = jobs.claim(aside.pk)
    assert claim is not None
    claim.give_up(error="tests")
    audit.record(Happened(what="waits"), actor=SYSTEM)
    for _ in range(circuit.OPENS_AFTER):
        circuit.note("population", failed=True, now=now)

    with clock.frozen(now + timedelta(seconds=30)):
        found = figures(client)

    assert found["eid_jobs_due"] == 1
    assert found["eid_jobs_oldest_due_seconds"] == pytest.approx(120, abs=1)
    assert found["eid_jobs_given_up"] == 1
    assert 25 < found["eid_audit_oldest_unsealed_seconds"] < 35
    assert found["eid_outside_restingpopulation"] == 1

    audit_sealing.seal()
    found = figures(client)
    assert found["eid_audit_oldest_unsealed_seconds"] == 0
    assert found["eid_audit_blocks_without_receipt"] == 1


def test_an_app_adds_figures_one_for_each_value_of_a_label(
    db: None, client: Client, told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "_registered", {})
    metrics.register("tests_plain", "One figure", "SELECT 7")
    metrics.register(
        "tests_by_colour",
        "Figures",
        "SELECT 'blue', 1 UNION ALL SELECT 'a\"b', 2.5",
        label="colour",
    )
    metrics.register("tests_none", "No row, no figure", "SELECT 'x', 1 WHERE false", label="colour")

    found = figures(client)

    assert found["tests_plain"] == 7
    assert found["tests_by_colourblue"] == 1
    assert found['tests_by_coloura"b'] == 2.5
    assert not [name for name in found if name.startswith("tests_none")]


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}]
)
def test_without_the_token_there_is_no_such_page(
    client: Client, told: None, header: dict[str, str]
) -> None:
    assert client.get("/metrics", headers=header).status_code == 404


def test_without_a_token_set_nobody_is_told(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    for given in ("Bearer ", "Bearer", ""):
        assert client.get("/metrics", headers={"Authorization": given}).status_code == 404
