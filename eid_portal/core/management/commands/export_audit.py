"""Write the audit as JSON lines."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from eid_portal.core import audit_export, audit_reading, clock


class Command(BaseCommand):
    help = "Write the audit as JSON lines to standard output, for deploy/verify_audit.py."
    requires_system_checks: list[str] = []

    def handle(self, **_options: Any) -> None:
        alone = not connection.in_atomic_block
        with transaction.atomic():
            if alone:
                with connection.cursor() as cursor:  # one picture, however long it takes
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            line = connection.connection
            for text in audit_export.lines(
                groups=audit_reading.groups(line),
                unsealed=audit_reading.unsealed(line),
                receipts=audit_reading.receipts(line),
                now=clock.now(),
            ):
                self.stdout.write(text)
