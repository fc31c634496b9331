"""Leave the hash of each block where whoever owns the database cannot change it: a file, and an outside witness.

The file (``anchors.jsonl``) belongs on another machine or on a disk that only appends. Both catch up by themselves.
"""

import base64
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import structlog
from django.conf import settings
from django.db.models import Max

from eid_portal.core import timestamping
from eid_portal.core.models import AuditAnchor, AuditBlock
from eid_portal.core.outside import Refused
from eid_portal.core.timestamping import Receipt

_TAIL: Final = 65_536  # bytes read from the end; many lines
AT_ONCE: Final = 100  # receipts a run
log = structlog.get_logger()


def file() -> Path:
    """Where the anchors are written."""
    return Path(settings.AUDIT_ANCHORS) / "anchors.jsonl"


def line_of(block: int, digest: bytes, receipt: Receipt | None = None) -> str:
    """A line of the file: a block's number and hash, and the witness's receipt if it is for that."""
    content: dict[str, Any] = {"block": block, "hash": digest.hex()}
    if receipt is not None:
        content |= {
            "received_at": receipt.received_at,
            "key_id": receipt.keyid,
            "signature": receipt.signature,
        }
    return json.dumps(content, separators=(",", ":"))


def write_missing() -> int:
    """Append every block that the file does not know, safe on disk. Returns how many.

    The file never loses a line to this: a log that ends before the file's last block is an alarm.

    Raises:
        OSError: the file cannot be written.
    """
    with _opened() as descriptor:
        last = _last_anchored(descriptor)
        newest = AuditBlock.objects.aggregate(newest=Max("number"))["newest"] or 0
        if newest < last:
            log.error("audit.anchors_know_later_block", anchored=last, newest=newest)
        blocks = AuditBlock.objects.filter(number__gt=last).order_by("number")
        rows = list(blocks.values_list("number", "hash"))
        _append(descriptor, [line_of(number, bytes(digest)) for number, digest in rows])
    return len(rows)


def fetch_receipts() -> int:
    """Have the witness sign for blocks it has not yet, oldest first; call it outside transactions. Returns how many.

    A witness that is away is asked again the next time. One that holds another hash for a block is an alarm.

    Raises:
        OSError: the file cannot be written.
    """
    last = AuditAnchor.objects.aggregate(last=Max("block_id"))["last"] or 0
    blocks = AuditBlock.objects.filter(number__gt=last).order_by("number")
    count = 0
    for number, digest in blocks.values_list("number", "hash")[:AT_ONCE]:
        match timestamping.anchor(number, bytes(digest).hex()):
            case Receipt() as receipt:
                _keep(receipt, bytes(digest))
                count += 1
            case Refused(code="conflict"):
                log.error("audit.witness_holds_another_hash", block=number)
            case _:
                break
    return count


def _keep(receipt: Receipt, digest: bytes) -> None:
    AuditAnchor.objects.get_or_create(
        block_id=receipt.block_number,
        defaults={
            "received_at": receipt.received_at,
            "key_id": receipt.keyid,
            "signature": base64.b64decode(receipt.signature),
        },
    )
    with _opened() as descriptor:
        _append(descriptor, [line_of(receipt.block_number, digest, receipt)])


@contextmanager
def _opened() -> Iterator[int]:
    """The file, for this process alone; half a line left by a crash is cut off."""
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, _TAIL, max(size - _TAIL, 0))
        torn = len(tail) - (tail.rfind(b"\n") + 1)
        if torn:
            os.ftruncate(descriptor, size - torn)
        yield descriptor
    finally:
        os.close(descriptor)


def _last_anchored(descriptor: int) -> int:
    """The number of the last block in the file; 0 if there is none."""
    size = os.fstat(descriptor).st_size
    for wanted in (_TAIL, size):
        lines = os.pread(descriptor, wanted, max(size - wanted, 0)).splitlines()
        for line in reversed(lines if wanted >= size else lines[1:]):
            try:
                content = json.loads(line)
                if "signature" not in content:
                    return int(content["block"])
            except (ValueError, TypeError, KeyError):
                continue  # tampered with; the verifier says so
    return 0


def _append(descriptor: int, lines: list[str]) -> None:
    if lines:
        rest = memoryview("".join(f"{line}\n" for line in lines).encode())
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
