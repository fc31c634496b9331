"""The audit as JSON lines, for whoever verifies it without us; docs/audit.md describes each line."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from eid_portal.core import audit
from eid_portal.core.audit_reading import EventRow, Group, Member, ReceiptRow


def lines(
    *,
    groups: Iterable[Group],
    unsealed: Iterable[EventRow],
    receipts: Iterable[ReceiptRow],
    now: datetime,
) -> Iterator[str]:
    """A head, each block followed by its events, the receipts, and the events in no block."""
    yield _line("export", version=1, at=audit.plain(now))
    for _number, block, members in groups:
        if block is not None:
            yield _line("block", **block.document())
        yield from map(_event, members)
    for number, received_at, key_id, signature in receipts:
        yield _line(
            "receipt",
            block=number,
            received_at=received_at,
            key_id=key_id,
            signature=_hex(signature),
        )
    for event in unsealed:
        yield _line("unsealed", event=event.leaf)


def _event(member: Member) -> str:
    event = member.event.leaf if member.event else None
    return _line(
        "event",
        block=member.block,
        position=member.position,
        leaf=_hex(member.leaf),
        event=event,
    )


def _hex(value: bytes | None) -> str:
    return (value or b"").hex()


def _line(kind: str, **content: Any) -> str:
    return json.dumps({"kind": kind, **content}, ensure_ascii=False, separators=(",", ":"))
