"""Verify the audit: pure functions over what was read; each says every place where it is not as it must be."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from eid_portal.core import audit, merkle
from eid_portal.core.audit_proofs import NO_BLOCK, Block, Keys, hash_of
from eid_portal.core.audit_reading import EventRow, Group, Member, ReceiptRow
from eid_portal.core.timestamping import Receipt

# Sealing and anchoring take seconds; what is older than this and not done was kept from being done.
PATIENCE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong: where, and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class Verifier:
    """Goes through the log once: blocks, then unsealed events, receipts and anchors, in this order.

    ``genuine`` says whether the witness signed a receipt.
    """

    signing: Keys
    mac_keys: Mapping[str, bytes]
    genuine: Callable[[Receipt], bool]
    now: datetime
    events: int = 0
    waiting: int = 0  # events not sealed yet, and not too late
    hashes: dict[int, bytes] = field(default_factory=dict)
    receipts: set[int] = field(default_factory=set)
    anchors: set[int] = field(default_factory=set)
    _previous: bytes = NO_BLOCK
    _horizon: int = 0
    _fresh: set[int] = field(default_factory=set)

    @property
    def _too_old(self) -> str:
        return str(audit.plain(self.now - PATIENCE))

    # --- Blocks ---------------------------------------------------------------------------------
    def blocks(self, groups: Iterable[Group]) -> Iterator[Finding]:
        """Chain, hashes, signatures, roots, and every sealed event."""
        expected = 1
        for number, block, members in groups:
            if block is None:
                for member in members:
                    yield Finding(_event(member), "its block is not there")
                continue
            if number != expected:
                yield Finding(f"block {expected}", f"missing; the next one is {number}")
            expected = number + 1
            yield from self._block(block, members)
            for member in members:
                yield from self._member(member)
            self.events += len(members)

    def _block(self, block: Block, members: list[Member]) -> Iterator[Finding]:
        where = f"block {block.number}"
        if block.previous_hash != self._previous:
            yield Finding(where, "does not follow the block before it")
        if hash_of(block) != block.hash:
            yield Finding(where, "its hash is not that of its columns")
        if not self.signing.signed(block):
            yield Finding(where, "its signature does not hold")
        if block.event_count != len(members):
            yield Finding(where, f"seals {block.event_count} events, has {len(members)}")
        if any(member.position != place for place, member in enumerate(members)):
            yield Finding(where, "the places of its events are not 0, 1, 2 and so on")
        if not members or merkle.root([member.leaf for member in members]) != block.root:
            yield Finding(where, "its events are not those that were sealed, in their order")
        self._previous = block.hash
        self._horizon = int(block.horizon or 0)
        self.hashes[block.number] = block.hash
        if (block.sealed_at or "") > self._too_old:
            self._fresh.add(block.number)

    def _member(self, member: Member) -> Iterator[Finding]:
        event = member.event
        if event is None:
            yield Finding(_event(member), "missing")
            return
        if merkle.leaf_hash(event.leaf.encode()) != member.leaf:
            yield Finding(_event(member), "is not as it was sealed")
        yield from self._mac(event, _event(member))

    def _mac(self, event: EventRow, where: str) -> Iterator[Finding]:
        key = self.mac_keys.get(event.mac_key)
        if key is None:
            yield Finding(where, f"its MAC key {event.mac_key} is not known")
        elif not event.text or audit.mac_of(event.text, key) != event.mac:
            yield Finding(where, "its MAC does not hold: the portal did not write it so")

    # --- Events in no block ---------------------------------------------------------------------
    def unsealed(self, events: Iterable[EventRow]) -> Iterator[Finding]:
        """Events that should have been sealed by now, and the MAC of all that are not."""
        for event in events:
            where = f"event {event.event_id} (not sealed)"
            if int(event.xid or 0) < self._horizon:
                yield Finding(where, "later events were sealed without it")
            elif (event.recorded_at or "") < self._too_old:
                yield Finding(where, f"is older than {PATIENCE.seconds // 60} minutes")
            else:
                self.waiting += 1
            yield from self._mac(event, where)

    # --- What outside witnesses know ------------------------------------------------------------
    def receipts_of(self, rows: Iterable[ReceiptRow]) -> Iterator[Finding]:
        """The receipts in the database; they come in the order of the blocks."""
        expected = 1
        for number, received_at, key_id, signature in rows:
            where = f"receipt of block {number}"
            digest = self.hashes.get(number)
            if number != expected:
                yield Finding(f"receipt of block {expected}", f"missing; the next one is {number}")
            expected = number + 1
            self.receipts.add(number)
            encoded = base64.b64encode(signature or b"").decode()
            if digest is None:
                yield Finding(where, "the block is not there")
            elif not self.genuine(Receipt(number, digest.hex(), received_at, key_id, encoded)):
                yield Finding(where, "the witness did not sign this block's hash")

    def anchors_of(self, lines: Iterable[str]) -> Iterator[Finding]:
        """The lines of the anchors' file against the blocks, and the blocks against the lines."""
        for count, line in enumerate(lines, start=1):
            for what in self._anchor(line.rstrip("\n")):
                yield Finding(f"anchor in line {count}", what)
        last = max(self.anchors, default=0)
        for number in self.hashes.keys() - self.anchors:
            if number < last or number not in self._fresh:
                yield Finding(f"block {number}", "has no anchor in the file")

    def _anchor(self, line: str) -> Iterator[str]:
        content = _parsed(line)
        if content is None:
            yield "cannot be read"
            return
        number, digest = content["block"], content["hash"]
        known = self.hashes.get(number)
        if known is None:
            yield f"block {number} was anchored and is not there: the log was cut"
        elif known.hex() != digest:
            yield f"block {number} had another hash when it was anchored"
        if len(content) == len(_PLAIN):
            self.anchors.add(number)
            return
        receipt = Receipt(
            number, digest, content["received_at"], content["key_id"], content["signature"]
        )
        if not self.genuine(receipt):
            yield "the witness did not sign this receipt"
        if number not in self.receipts:
            yield f"the receipt of block {number} is not in the database"


_PLAIN: Final = {"block": int, "hash": str}
_RECEIPT: Final = _PLAIN | {"received_at": str, "key_id": str, "signature": str}


def _parsed(line: str) -> dict[str, Any] | None:
    """The line's content, if it is written exactly as the portal writes one."""
    try:
        content = json.loads(line)
        again = json.dumps(content, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None
    shapes = (_PLAIN, _RECEIPT)
    if again != line or not isinstance(content, dict):
        return None
    shape = {name: type(value) for name, value in content.items()}
    return content if shape in shapes else None


def _event(member: Member) -> str:
    return f"event {member.event_id} (block {member.block}, place {member.position})"
