"""Officials see a file: each look is an event the citizen reads, recorded before anything is shown."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from eid_portal.core import audit, ids, readonly
from eid_portal.core.events import Actor
from eid_portal.core.models import AuditEvent
from procedures import events, policy
from procedures.enums import FilePage
from procedures.models import Application


def see(*, application: Application, page: FilePage, actor: Actor, now: datetime) -> None:
    """Record that a page of a file is shown: once an official, page and ``policy.SEEN_AGAIN``, also side by side."""
    with readonly.access_record():
        if _is_recorded(application, page, actor, now):
            return
        with transaction.atomic():
            _lock(application, page, actor)
            if _is_recorded(application, page, actor, now):
                return
            audit.record(
                events.ApplicationSeen(
                    procedure=application.procedure.code,
                    reference=application.reference,
                    page=page.value,
                ),
                actor=actor,
                subject_id=application.citizen_id,
                target=application,
                purpose=events.DECIDING,
                now=now,
            )


def _is_recorded(application: Application, page: FilePage, actor: Actor, now: datetime) -> bool:
    """Keys grow with time, so the index of actors leads to the official's last events alone."""
    return AuditEvent.objects.filter(
        actor_id=actor.account_id,
        pk__gt=ids.uuid7_before(policy.SEEN_AGAIN + timedelta(minutes=1)),  # clocks differ a little
        recorded_at__gt=now - policy.SEEN_AGAIN,
        name=events.ApplicationSeen.name,
        target_id=application.pk,
        data__page=page.value,
    ).exists()


def _lock(application: Application, page: FilePage, actor: Actor) -> None:
    key = f"{events.ApplicationSeen.name}:{actor.account_id}:{application.pk}:{page.value}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
