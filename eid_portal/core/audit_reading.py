"""The audit as it stands in the database, streamed in order, whatever may have been done to it.

Everything is read as text and bytes, so that a verifier sees what is there and not what a model makes of it.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple

import psycopg

from eid_portal.core import audit
from eid_portal.core.audit_proofs import Block

_MOMENT: Final = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
# The columns of audit.MAC_COLUMNS in their order, then transaction id and MAC.
EVENT: Final = (
    f"e.id::text, {_MOMENT.format('e.recorded_at')}, e.name, e.shown, e.actor_kind, e.actor_id::text,"
    " e.actor_citizen_id::text, e.office_id::text, e.party, e.subject_id::text, e.target_type,"
    " e.target_id::text, e.purpose, e.request_id, e.data::text, encode(e.sealed, 'hex'), e.mac_key,"
    " e.xid::text, e.mac"
)
_DATA: Final = audit.MAC_COLUMNS.index("data")
_AT_ONCE: Final = 2000  # rows a round trip


class EventRow(NamedTuple):
    """An event; ``text`` is its canonical text, empty if its data cannot be read."""

    event_id: str
    recorded_at: str
    mac_key: str
    text: str
    xid: str
    mac: bytes

    @property
    def leaf(self) -> str:
        """The text that is, or will be, sealed."""
        return audit.leaf_of(self.text, self.xid, self.mac)


class Member(NamedTuple):
    """A membership with its event, if that is there."""

    block: int
    position: int
    event_id: str
    leaf: bytes
    event: EventRow | None


class ReceiptRow(NamedTuple):
    """What the time-stamp service gave for a block; ``signature`` is raw."""

    block: int
    received_at: str
    key_id: str
    signature: bytes


class Group(NamedTuple):
    """The members of a block number in order, and the block, if that is there."""

    number: int
    block: Block | None
    members: list[Member]


def event_row(columns: tuple[Any, ...]) -> EventRow:
    """The event of the columns named in ``EVENT``."""
    *values, xid, mac = columns
    try:
        values[_DATA] = json.loads(values[_DATA])
        text = audit.text_of(values)
    except (ValueError, TypeError, RecursionError):  # nothing the portal ever wrote
        text = ""
    return EventRow(values[0], values[1], values[-1], text, xid, mac)


def groups(connection: psycopg.Connection[Any]) -> Iterator[Group]:
    """Every block with its members, in order; also members of blocks that are gone."""
    return grouped(_blocks(connection), _members(connection))


def grouped(blocks: Iterable[Block], members: Iterable[Member]) -> Iterator[Group]:
    """Blocks ordered by number, merged with members ordered by block and position."""
    waiting = iter(blocks)
    block = next(waiting, None)
    for number, its in groupby(members, key=attrgetter("block")):
        while block is not None and block.number < number:
            yield Group(block.number, block, [])
            block = next(waiting, None)
        if block is not None and block.number == number:
            yield Group(number, block, list(its))
            block = next(waiting, None)
        else:
            yield Group(number, None, list(its))
    while block is not None:
        yield Group(block.number, block, [])
        block = next(waiting, None)


def unsealed(connection: psycopg.Connection[Any]) -> Iterator[EventRow]:
    """Every event that is in no block."""
    query = (
        f"SELECT {EVENT} FROM core_auditevent e"  # noqa: S608 - constants
        " WHERE NOT EXISTS (SELECT FROM core_auditmembership m WHERE m.event_id = e.id) ORDER BY e.xid, e.id"
    )
    return map(event_row, _stream(connection, "audit_unsealed", query))


def receipts(connection: psycopg.Connection[Any]) -> Iterator[ReceiptRow]:
    """Every receipt, by block."""
    query = (
        "SELECT block_id, received_at, key_id, signature FROM core_auditanchor ORDER BY block_id"
    )
    return (ReceiptRow(*row) for row in _stream(connection, "audit_receipts", query))


def _blocks(connection: psycopg.Connection[Any]) -> Iterator[Block]:
    query = (
        f"SELECT number, previous_hash, root, event_count, {_MOMENT.format('sealed_at')}, horizon::text,"  # noqa: S608
        " hash, key_id, signature FROM core_auditblock ORDER BY number"
    )
    return (Block(*row) for row in _stream(connection, "audit_blocks", query))


def _members(connection: psycopg.Connection[Any]) -> Iterator[Member]:
    query = (
        f"SELECT m.block_id, m.position, m.event_id::text, m.leaf, {EVENT} FROM core_auditmembership m"  # noqa: S608
        " LEFT JOIN core_auditevent e ON e.id = m.event_id ORDER BY m.block_id, m.position"
    )
    for block, position, event_id, leaf, *columns in _stream(connection, "audit_members", query):
        event = event_row(tuple(columns)) if columns[0] is not None else None
        yield Member(block, position, event_id, leaf, event)


def _stream(
    connection: psycopg.Connection[Any], name: str, query: str
) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, never all in memory; needs an open transaction."""
    with psycopg.ServerCursor(connection, name) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(query.encode())
        yield from cursor
