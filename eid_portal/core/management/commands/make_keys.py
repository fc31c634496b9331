"""Make the key file on first start; never changes one that is there."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from eid_portal.core import keys


class Command(BaseCommand):
    help = (
        "Make the key file (EID_KEYS_FILE) if there is none, and publish the public keys beside it."
    )
    requires_system_checks: list[str] = []

    def handle(self, **_options: Any) -> None:
        path = Path(settings.KEYS_FILE)
        if path.exists():
            document = json.loads(path.read_text(encoding="utf-8"))
            completed = keys.completed(document)
            if completed != document:
                keys.write(path, completed)
        else:
            keys.write(path, keys.new_document())
            self.stdout.write("made the key file")
        keys.publish(settings.VAR)
