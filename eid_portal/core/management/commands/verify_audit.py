"""Verify the whole audit against its keys and anchors."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from eid_portal.core import audit_anchors, audit_reading, clock, keys, timestamping
from eid_portal.core.audit_proofs import Keys
from eid_portal.core.audit_verification import Finding, Verifier
from eid_portal.core.outside import Refused
from eid_portal.core.timestamping import Receipt


class Command(BaseCommand):
    help = "Verify every event, block, signature, receipt and anchor; says what is wrong and exits with 1."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anchors", type=Path, help="a copy of anchors.jsonl kept elsewhere")
        parser.add_argument(
            "--ask-witness",
            action="store_true",
            help="ask the time-stamp service whether it knows a later block",
        )

    def handle(self, *, anchors: Path | None, ask_witness: bool, **_options: Any) -> None:
        started = time.monotonic()
        verifier = Verifier(
            signing=Keys.read(keys.public_keys("audit_signing")),
            mac_keys=keys.every("audit_mac"),
            genuine=timestamping.is_genuine,
            now=clock.now(),
        )
        found = 0
        for finding in self._findings(verifier, anchors or audit_anchors.file(), ask=ask_witness):
            found += 1
            self.stdout.write(f"WRONG {finding}")
        seconds = max(time.monotonic() - started, 0.001)
        self.stdout.write(
            f"{len(verifier.hashes)} blocks, {verifier.events} sealed events, {verifier.waiting} waiting for the next"
            f" block, {len(verifier.anchors)} anchors, {len(verifier.receipts)} receipts;"
            f" {seconds:.1f} s, {verifier.events / seconds:.0f} events a second"
        )
        if found:
            raise CommandError(f"the audit is not as it was written: {found} findings")
        self.stdout.write("the audit is as it was written")

    def _findings(self, verifier: Verifier, anchors: Path, *, ask: bool) -> Iterator[Finding]:
        alone = not connection.in_atomic_block
        with transaction.atomic():
            if alone:
                with connection.cursor() as cursor:  # one picture, however long it takes
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            line = connection.connection
            yield from verifier.blocks(audit_reading.groups(line))
            yield from verifier.unsealed(audit_reading.unsealed(line))
            yield from verifier.receipts_of(audit_reading.receipts(line))
        yield from _anchors(verifier, anchors)
        if ask:
            yield from _witness(verifier)


def _anchors(verifier: Verifier, path: Path) -> Iterator[Finding]:
    if path.exists():
        with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            yield from verifier.anchors_of(lines)
    elif verifier.hashes:
        yield Finding(str(path), "is not there: a log that was cut would not be noticed")


def _witness(verifier: Verifier) -> Iterator[Finding]:
    last = max(verifier.hashes, default=0)
    match timestamping.find_anchor(last + 1):
        case Receipt():
            yield Finding("the witness", f"knows block {last + 1}: the log was cut")
        case Refused(code="not_found"):
            return
        case _:
            yield Finding("the witness", "does not answer")
