"""Registries as an operator sees them: where each is, how it stands, what waits for it, how fast it may be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from documents import events, gateways, policy
from documents.enums import VerificationOutcome
from documents.models import Registry, Verification
from eid_portal.core import audit, metrics, outside
from eid_portal.core.events import Actor
from eid_portal.core.models import Circuit

COUNTED: Final = 10_000  # what waits is counted so far and no further


NoSuchRegistry = gateways.NoSuchRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a registry stands."""

    party: str
    name: Any
    address: str
    key_ids: tuple[str, ...]
    calls_per_second: int
    in_flight: int
    failures: int  # in a row
    spared_until: datetime | None  # the circuit breaker's
    last_answer_at: datetime | None
    last_failure_at: datetime | None
    waiting: int  # verifications; COUNTED stands for so many or more
    oldest: datetime | None
    given_up: int  # and nobody has looked; COUNTED as above


def names() -> Mapping[str, Any]:
    """Every registry there is a gateway for: its party and its name for people."""
    return {party: gateway.NAME for party, gateway in gateways.every().items()}


def list_standing() -> list[Standing]:
    """Every registry there is a gateway for, asked before or not."""
    parties = names()
    rows = Registry.objects.in_bulk(parties)
    circuits = Circuit.objects.in_bulk(parties)
    return [
        _standing(party, name, rows.get(party), circuits.get(party))
        for party, name in parties.items()
    ]


def find_standing(party: str) -> Standing | None:
    """How one registry stands; None if there is no gateway of that name."""
    return next((line for line in list_standing() if line.party == party), None)


@transaction.atomic
def change_pace(
    *, party: str, calls_per_second: int, in_flight: int, reason: str, actor: Actor, now: datetime
) -> bool:
    """Set how fast a registry is asked from now on; ``reason`` says why. Whether it is another pace than before.

    Raises:
        NoSuchRegistry: there is no gateway of that name.
    """
    gateways.find(party)
    Registry.objects.get_or_create(party=party)
    row = Registry.objects.select_for_update().get(party=party)
    if (row.calls_per_second, row.in_flight) == (calls_per_second, in_flight):
        return False
    row.calls_per_second, row.in_flight = calls_per_second, in_flight
    row.save(update_fields=["calls_per_second", "in_flight"])
    audit.record(
        events.RegistryChanged(
            registry=party, calls_per_second=calls_per_second, in_flight=in_flight, reason=reason
        ),
        actor=actor,
        now=now,
    )
    return True


def _standing(party: str, name: Any, row: Registry | None, circuit: Circuit | None) -> Standing:
    mine = Verification.objects.filter(registry=party)
    waiting = mine.filter(outcome=VerificationOutcome.PENDING)
    given_up = mine.filter(outcome=VerificationOutcome.GIVEN_UP, resolved_at__isnull=True)
    return Standing(
        party=party,
        name=name,
        address=settings.OUTSIDE[party],
        key_ids=tuple(outside.public_keys(party)),
        calls_per_second=row.calls_per_second if row else policy.CALLS_PER_SECOND,
        in_flight=row.in_flight if row else policy.BATCH,
        failures=circuit.failures if circuit else 0,
        spared_until=circuit.open_until if circuit else None,
        last_answer_at=row.last_answer_at if row else None,
        last_failure_at=row.last_failure_at if row else None,
        waiting=waiting[:COUNTED].count(),
        oldest=waiting.order_by("pk").values_list("requested_at", flat=True).first(),
        given_up=given_up[:COUNTED].count(),
    )


# --- What alarms watch ----------------------------------------------------------------------------------
# name, what it is, what is taken of the verifications of a registry, which of them
FIGURES: Final = (
    (
        "eid_registry_waiting",
        "Verifications that wait for a registry or are being made",
        "count(*)",
        "v.outcome = 'PENDING'",
    ),
    (
        "eid_registry_oldest_waiting_seconds",
        "Since when the longest waiting verification was asked for",
        "COALESCE(EXTRACT(EPOCH FROM %(now)s - min(v.requested_at)), 0)",
        "v.outcome = 'PENDING'",
    ),
    (
        "eid_registry_given_up",
        "Verifications put aside for a person to look at",
        "count(*)",
        "v.outcome = 'GIVEN_UP' AND v.resolved_at IS NULL",
    ),
    (
        "eid_registry_answers_last_hour",
        "Verifications that the registry answered within the last hour",
        "count(*)",
        "v.done_at > %(now)s - interval '1 hour' AND v.outcome NOT IN ('GIVEN_UP', 'DROPPED')",
    ),
    (
        "eid_registry_failures_last_hour",
        "Verifications that the registry first left without an answer within the last hour",
        "count(*)",
        "v.failed_since > %(now)s - interval '1 hour'",
    ),
)


def figure_sql(taken: str, which: str) -> str:
    """The query of one of ``FIGURES``: it for every registry that was asked before."""
    mine = f"SELECT {taken} FROM documents_verification v WHERE v.registry = r.party AND {which}"  # noqa: S608 - our own words
    return f"SELECT r.party, ({mine}) FROM documents_registry r"  # noqa: S608 - our own words


def register() -> None:
    """Let operators' alarms see how each registry stands; called in ``apps.ready()``."""
    for name, meaning, taken, which in FIGURES:
        metrics.register(name, meaning, figure_sql(taken, which), label="registry")
    metrics.register(
        "eid_registry_last_answer_seconds",
        "How long ago the registry last answered; absent if it never did",
        "SELECT party, EXTRACT(EPOCH FROM %(now)s - last_answer_at) FROM documents_registry"
        " WHERE last_answer_at IS NOT NULL",
        label="registry",
    )
