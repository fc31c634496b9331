"""What an operator's alarms watch, read from the rows whenever it is asked for.

The truth about waiting work stands in the database, so any process can answer, and nothing is counted in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


@dataclass(frozen=True, slots=True)
class _Gauge:
    """A figure; with a ``label`` one for each of its values, and the SQL gives (value of the label, figure)."""

    name: str
    meaning: str
    sql: str
    label: str = ""


_GAUGES: Final = (
    _Gauge(
        "eid_jobs_due",
        "Jobs that should have begun by now",
        "SELECT count(*) FROM core_job WHERE done_at IS NULL AND given_up_at IS NULL AND next_attempt_at <= %(now)s",
    ),
    _Gauge(
        "eid_jobs_oldest_due_seconds",
        "Since when the longest waiting job is due",
        ("SELECT COALESCE(EXTRACT(EPOCH FROM %(now)s - min(next_attempt_at)), 0) FROM core_job"
        " WHERE done_at IS NULL AND given_up_at IS NULL AND next_attempt_at <= %(now)s"),
    ),
    _Gauge(
        "eid_jobs_given_up",
        "Jobs put aside for a person to look at",
        "SELECT count(*) FROM core_job WHERE given_up_at IS NOT NULL",
    ),
    _Gauge(
        "eid_audit_oldest_unsealed_seconds",
        "Age of the oldest event that is in no block",
        ("SELECT COALESCE(EXTRACT(EPOCH FROM %(now)s - min(recorded_at)), 0) FROM core_auditevent e"
        " WHERE xid >= COALESCE((SELECT horizon FROM core_auditblock ORDER BY number DESC LIMIT 1), '0'::xid8)"
        " AND NOT EXISTS (SELECT FROM core_auditmembership m WHERE m.event_id = e.id)"),
    ),
    _Gauge(
        "eid_audit_blocks_without_receipt",
        "Blocks that the time-stamp service has not witnessed",
        ("SELECT (SELECT COALESCE(max(number), 0) FROM core_auditblock)"
        " - (SELECT COALESCE(max(block_id), 0) FROM core_auditanchor)"),
    ),
    _Gauge(
        "eid_approvals_waiting",
        "Proposals that wait for another human",
        "SELECT count(*) FROM core_approval WHERE state = 'PROPOSED'",
    ),
    _Gauge(
        "eid_outside_resting",
        "1 while an outside party is being spared",
        "SELECT party, (open_until IS NOT NULL)::int FROM core_circuit",
        label="party",
    ),
)  # fmt: skip


_registered: Final[dict[str, _Gauge]] = {}


def register(name: str, meaning: str, sql: str, *, label: str = "") -> None:
    """Add an app's gauge: its name, what it is, and the SQL of its value at ``%(now)s``; called in ``apps.ready()``.

    With a ``label`` the one query gives a row for each of its values: that value, and the figure.
    """
    _registered[name] = _Gauge(name, meaning, sql, label)


def exposition(*, now: datetime) -> bytes:
    """All gauges in the text format of ``CONTENT_TYPE``."""
    registry = CollectorRegistry()
    registry.register(_Rows(now))
    return generate_latest(registry)


class _Rows(Collector):
    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        with connection.cursor() as cursor:
            for gauge in (*_GAUGES, *_registered.values()):
                cursor.execute(gauge.sql, {"now": self.now})
                labels = [gauge.label] if gauge.label else []
                family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=labels)
                for *values, figure in cursor.fetchall():
                    family.add_metric(values, float(figure))
                yield family
