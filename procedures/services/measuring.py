"""How long offices really take, from receipt to decision, worked out every hour from the last ``MEASURED_OVER``."""

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from eid_portal.core.database import only_one
from eid_portal.core.ids import uuid7
from procedures import policy
from procedures.models import OfficeTime

_MEASURE: Final = """
SELECT desk.office_id, application.procedure_id, count(*),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY application.ended_at - application.received_at),
  percentile_cont(0.9) WITHIN GROUP (ORDER BY application.ended_at - application.received_at)
FROM procedures_application AS application
JOIN procedures_desk AS desk ON desk.id = application.desk_id
JOIN procedures_decision AS decision ON decision.application_id = application.id
WHERE application.state IN ('GRANTED', 'REFUSED') AND application.ended_at > %s AND NOT decision.by_silence
GROUP BY desk.office_id, application.procedure_id
HAVING count(*) >= %s
"""


def measure(*, now: datetime) -> int:
    """Write down the times of every office and procedure that has enough files; returns how many."""
    with transaction.atomic():
        if not only_one("procedures.measure"):
            return 0
        with connection.cursor() as cursor:
            cursor.execute(_MEASURE, [now - policy.MEASURED_OVER, policy.MEASURED_FROM])
            found = cursor.fetchall()
        OfficeTime.objects.all().delete()
        OfficeTime.objects.bulk_create(
            OfficeTime(
                id=uuid7(), office_id=office, procedure_id=procedure, files=files,
                median=median, ninth=ninth, measured_at=now,
            )
            for office, procedure, files, median, ninth in found
        )  # fmt: skip
    return len(found)
