"""Rotate keys while the portal runs."""

import time
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from eid_portal.core import key_rotation, keys

# Others must hold these before we sign with them, so they are rotated by name only.
BY_NAME: Final = ("outbound", "document_ca")
BY_DEFAULT: Final = tuple(purpose for purpose in keys.PURPOSES if purpose not in BY_NAME)


class Command(BaseCommand):
    help = (
        "Rotate keys (all but `outbound` and `document_ca`, or those named) while the portal runs. May be stopped at"
        " any moment and started again: it goes on with what is left. Old keys stay until --forget takes them out."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("purposes", nargs="*", metavar="purpose", help=", ".join(keys.PURPOSES))
        parser.add_argument(
            "--announce",
            action="store_true",
            help="only add and publish the new keys; the next run goes on",
        )
        parser.add_argument(
            "--forget", metavar="KEYID", help="take an old key out of the file, if nothing needs it"
        )
        parser.add_argument(
            "--portion", type=int, default=500, help="rows a transaction (default 500)"
        )

    def handle(
        self,
        *,
        purposes: list[str],
        announce: bool,
        forget: str | None,
        portion: int,
        **_options: Any,
    ) -> None:
        for purpose in purposes:
            if purpose not in keys.PURPOSES:
                raise CommandError(f"{purpose}: there is {', '.join(keys.PURPOSES)}")
        if portion < 1:
            raise CommandError("--portion: at least 1")
        path = Path(settings.KEYS_FILE)
        try:
            with keys.changing(path):
                if forget:
                    self._forget(path, forget)
                else:
                    self._rotate(path, purposes or list(BY_DEFAULT), portion, announce=announce)
        except keys.Rotating:
            raise CommandError("another process is changing the keys") from None

    def _rotate(self, path: Path, purposes: list[str], portion: int, *, announce: bool) -> None:
        found = {purpose: keys.announced(purpose) for purpose in purposes}
        coming = {purpose: key_id for purpose, key_id in found.items() if key_id}
        behind = any(work.left() for purpose in purposes for work in key_rotation.work(purpose))
        if coming or behind:
            self.stdout.write("going on with a rotation that was not finished")
        else:
            coming = keys.announce(path, purposes)
        keys.publish(settings.VAR)  # before anything is signed with a new key
        if coming:
            self.stdout.write(f"announced {', '.join(coming.values())}")
            if announce:
                return
            self._wait()
            keys.make_current(path, coming)
            self.stdout.write(f"current: {', '.join(coming.values())}")
            self._wait()
        failed = [
            f"{work.label} {key}"
            for purpose in purposes
            for work in key_rotation.work(purpose)
            for key in self._do(work, portion)
        ]
        self._say_what_is_left(purposes)
        if failed:
            raise CommandError(
                "these rows do not open, or are one value twice; look at them: " + ", ".join(failed)
            )

    def _do(self, work: key_rotation.Work, portion: int) -> set[Any]:
        total, done = work.left(), 0
        for count in work.portions(portion):
            done += count
            self.stdout.write(f"{work.label}: {done} of {max(total, done)}")
            self.stdout.flush()
        return work.unwritable

    def _wait(self) -> None:
        self.stdout.write(f"waiting {keys.KNOWN_AFTER:.0f} s, until every process knows")
        self.stdout.flush()
        time.sleep(keys.KNOWN_AFTER)

    def _say_what_is_left(self, purposes: list[str]) -> None:
        for purpose in purposes:
            current, *older = keys.every(purpose)
            for key_id in older:
                places = key_rotation.uses(purpose, key_id)
                state = f"still needed by {', '.join(places)}" if places else "may be forgotten"
                self.stdout.write(f"{key_id}: {state}")
            self.stdout.write(f"{current}: in use")

    def _forget(self, path: Path, key_id: str) -> None:
        purpose = key_id.rpartition("-")[0]
        if purpose not in keys.PURPOSES or key_id not in keys.every(purpose):
            raise CommandError(f"there is no key {key_id}")
        if key_id in (keys.current(purpose)[0], keys.announced(purpose)):
            raise CommandError(f"{key_id} is in use, or about to be")
        places = key_rotation.uses(purpose, key_id)
        if places:
            raise CommandError(f"{key_id} is still needed by {', '.join(places)}")
        keys.remove(path, purpose, key_id)
        keys.publish(settings.VAR)
        self.stdout.write(f"forgot {key_id}")
