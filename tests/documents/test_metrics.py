"""Operators see how each registry stands, without a word about a person, and looking costs little."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Account
from documents.enums import DocumentState, VerificationOutcome
from documents.models import Registry, Verification
from documents.services import registries
from eid_portal.core import clock, metrics
from tests.documents import papers
from tests.documents.registry import KIND, NAME, PARTY, make_document
from tests.factories import make_account


def figures(registry: str) -> dict[str, float]:
    text = metrics.exposition(now=clock.now()).decode()
    return {
        sample.name.removeprefix("eid_registry_"): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("registry") == registry
    }


def ended(
    account: Account, number: str, outcome: VerificationOutcome, ago: timedelta, **columns: Any
) -> None:
    document = make_document(number, account, state=DocumentState.UNAVAILABLE)
    papers.verification(document, outcome, done_at=clock.now() - ago, **columns)


def test_a_registry_that_has_done_nothing_stands_at_nought(db: None) -> None:
    Registry.objects.create(party=PARTY)

    assert figures(PARTY) == {
        "waiting": 0,
        "oldest_waiting_seconds": 0,
        "given_up": 0,
        "answers_last_hour": 0,
        "failures_last_hour": 0,
    }


def test_each_registry_has_its_own_figures(db: None) -> None:
    now, account = clock.now(), make_account()
    Registry.objects.create(party=PARTY, last_answer_at=now - timedelta(seconds=30))
    Registry.objects.create(party="another")
    for number, ago in (("T0001", 90), ("T0002", 10)):
        document = make_document(number, account)
        papers.verification(
            document,
            requested_at=now - timedelta(seconds=ago),
            failed_since=now - timedelta(seconds=ago) if ago == 10 else None,
        )
    ended(account, "T0003", VerificationOutcome.VERIFIED, timedelta(minutes=59))
    ended(
        account,
        "T0004",
        VerificationOutcome.NOT_FOUND,
        timedelta(minutes=1),
        failed_since=now - timedelta(hours=2),
    )
    ended(account, "T0005", VerificationOutcome.VERIFIED, timedelta(minutes=61))
    ended(account, "T0006", VerificationOutcome.DROPPED, timedelta(minutes=1))
    ended(
        account,
        "T0007",
        VerificationOutcome.GIVEN_UP,
        timedelta(minutes=1),
        failed_since=now - timedelta(minutes=50),
    )
    ended(account, "T0008", VerificationOutcome.GIVEN_UP, timedelta(days=3), resolved_at=now)

    with clock.frozen(now):
        found, other = figures(PARTY), figures("another")

    assert found == {
        "waiting": 2,
        "oldest_waiting_seconds": pytest.approx(90, abs=0.1),
        "given_up": 1,
        "last_answer_seconds": pytest.approx(30, abs=0.1),
        "answers_last_hour": 2,
        "failures_last_hour": 2,
    }
    assert set(other.values()) == {0.0}
    assert NAME not in metrics.exposition(now=now).decode()


def test_the_figures_are_read_from_indexes(db: None) -> None:
    """With many rows done and few open, no figure reads the table of verifications from end to end."""
    now = clock.now()
    Registry.objects.create(party=PARTY)
    account = make_account()
    document = make_document("T0001", account, kind=KIND)
    for day in range(100):
        at = now - timedelta(days=day, hours=2)
        Verification.objects.bulk_create(
            Verification(
                document=document, registry=PARTY, reason="NIGHTLY", outcome="VERIFIED", requested_at=at, done_at=at
            )
            for _ in range(100)
        )  # fmt: skip
    papers.verification(document)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE documents_verification")
        for name, _meaning, taken, which in registries.FIGURES:
            sql = registries.figure_sql(taken, which)
            cursor.execute(f"EXPLAIN {sql}", {"now": now})
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan on documents_verification" not in plan, f"{name}:\n{plan}"
            assert "verification_" in plan, f"{name}:\n{plan}"
