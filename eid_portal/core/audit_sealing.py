"""Seal events in signed blocks, each chained to the one before.

Writers take no lock. An event carries the id of its transaction, and a block says below which transaction all events
are sealed and no more can come, so the next search begins there: at any size it looks at what is new. Transactions
commit in another order than they begin in; what commits late is found then, because its id is not below that line.
"""

from dataclasses import asdict
from typing import Any, Final

import structlog
from django.db import connection, transaction

from eid_portal.core import audit, clock, keys, merkle
from eid_portal.core.audit_proofs import NO_BLOCK, Block, sign
from eid_portal.core.audit_reading import EVENT, EventRow, event_row
from eid_portal.core.database import only_one
from eid_portal.core.models import AuditBlock

LARGEST_BLOCK: Final = 1000  # events
AT_ONCE: Final = 10_000  # events a transaction
log = structlog.get_logger()

_SEARCH: Final = (
    f"SELECT {EVENT} FROM core_auditevent e"  # noqa: S608 - constants
    " WHERE NOT EXISTS (SELECT FROM core_auditmembership m WHERE m.event_id = e.id)"
)
_NEW: Final = " AND e.xid >= %s::xid8 AND e.xid <= %s::xid8"
_ADD_MEMBERS: Final = (
    "INSERT INTO core_auditmembership (event_id, block_id, position, leaf)"
    " SELECT e, %s, p, l FROM unnest(%s::uuid[], %s::int[], %s::bytea[]) AS t (e, p, l)"
)


def seal(*, everything: bool = False) -> int:
    """Seal all committed events that are in no block yet. Returns how many; 0 also while another process seals.

    An event whose MAC does not hold is left out and logged: the seal vouches for what the portal wrote, and a verifier
    names every event without a seal. At an event whose MAC key is not in the key file (yet) it stops and logs, to go on
    from there the next time. ``everything`` searches the whole table, as is done by itself after a restore
    into a database whose transaction ids begin anew.

    Raises:
        keys.KeyMissing: the signing key is missing.
    """
    total = 0
    while True:
        with transaction.atomic():
            if not only_one("audit.seal"):
                return total
            count, more = _seal_some(everything=everything)
        total += count
        if not more:
            return total


def _seal_some(*, everything: bool) -> tuple[int, bool]:
    """Seal up to ``AT_ONCE`` events; how many, and whether to go on."""
    last = AuditBlock.objects.order_by("-number").first()
    floor = int(last.horizon) if last and last.horizon else 0
    with connection.cursor() as cursor:
        # Asked before the search: an event that its snapshot does not show has no smaller id than `lowest_running`.
        cursor.execute(
            "SELECT pg_current_xact_id()::text, pg_snapshot_xmin(pg_current_snapshot())::text"
        )
        mine, lowest_running = map(int, cursor.fetchone())
        restored = mine < floor
        everywhere = everything or restored
        bounds = [] if everywhere else [str(floor), str(mine)]
        cursor.execute(
            _SEARCH + ("" if everywhere else _NEW) + " ORDER BY e.xid, e.id LIMIT %s",
            [*bounds, AT_ONCE],
        )
        found = [event_row(row) for row in cursor.fetchall()]
    more = len(found) == AT_ONCE
    judged = _judge(found)
    events = [event for event, ours in judged if ours]
    horizon = lowest_running
    if more or len(judged) < len(found):
        horizon = min(horizon, int(found[min(len(judged), len(found) - 1)].xid))
        if restored:
            horizon = floor  # the search of everything goes on in the next round
    previous = bytes(last.hash) if last else NO_BLOCK
    number = last.number if last else 0
    for start in range(0, len(events), LARGEST_BLOCK):
        number += 1
        previous = _write_block(number, previous, events[start : start + LARGEST_BLOCK], horizon)
    if events:
        log.info("audit.sealed", events=len(events), last_block=number)
    return len(events), more and bool(events)


def _judge(found: list[EventRow]) -> list[tuple[EventRow, bool]]:
    """Each event and whether the portal wrote it so, up to the first whose key is not here."""
    judged = []
    for event in found:
        try:
            key = keys.get("audit_mac", event.mac_key)
        except keys.KeyMissing:
            log.error("audit.mac_key_missing", event_id=event.event_id, mac_key=event.mac_key)  # noqa: TRY400
            break
        ours = bool(event.text) and audit.mac_of(event.text, key) == event.mac
        if not ours:
            log.error("audit.mac_does_not_hold", event_id=event.event_id)
        judged.append((event, ours))
    return judged


def _write_block(number: int, previous: bytes, events: list[EventRow], horizon: int) -> bytes:
    leaves = [merkle.leaf_hash(event.leaf.encode()) for event in events]
    now = clock.now()
    block = sign(
        Block(
            number=number,
            previous_hash=previous,
            root=merkle.root(leaves),
            event_count=len(events),
            sealed_at=audit.plain(now),
            horizon=str(horizon),
            hash=b"",
            key_id="",
            signature=b"",
        ),
        *keys.signing_key("audit_signing"),
    )
    columns: dict[str, Any] = asdict(block) | {"sealed_at": now}
    AuditBlock.objects.create(**columns)
    with connection.cursor() as cursor:
        ids = [event.event_id for event in events]
        cursor.execute(_ADD_MEMBERS, [number, ids, list(range(len(events))), leaves])
    return block.hash
