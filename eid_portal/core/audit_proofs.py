"""What a sealed block says, byte for byte, and the proof that one event is in one: docs/audit.md describes both."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from eid_portal.core import audit, merkle
from eid_portal.core.models import AuditEvent, AuditMembership

NO_BLOCK = bytes(32)  # what stands for the hash of the block before the first


class NotSealedYet(Exception):
    """The event waits for its block; a minute is the longest."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block; ``sealed_at`` and ``horizon`` are text, as they are hashed."""

    number: int
    previous_hash: bytes
    root: bytes
    event_count: int
    sealed_at: str
    horizon: str
    hash: bytes
    key_id: str
    signature: bytes

    def document(self) -> dict[str, Any]:
        """The block as JSON can say it, bytes in hexadecimal."""
        return {k: v.hex() if isinstance(v, bytes) else v for k, v in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Proof:
    """That an event is the ``index``-th of a block: its sealed text, and the siblings up to the block's root."""

    event: str
    index: int
    path: list[bytes]
    block: Block

    def document(self) -> dict[str, Any]:
        """The proof as JSON can say it, for a person to keep and check elsewhere."""
        path = [sibling.hex() for sibling in self.path]
        block = self.block.document()
        return {"event": self.event, "index": self.index, "path": path, "block": block}


@dataclass(frozen=True, slots=True)
class Keys:
    """The public keys that blocks are signed with, by id."""

    by_id: Mapping[str, Ed25519PublicKey]

    @classmethod
    def read(cls, encoded: Mapping[str, str]) -> "Keys":
        """From ``{id: base64}``, as in ``audit-public-keys.json``."""
        return cls(
            {
                key_id: Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
                for key_id, key in encoded.items()
            }
        )

    def signed(self, block: Block) -> bool:
        """Whether one of the keys signed the block's hash under the id that the block names."""
        key = self.by_id.get(block.key_id)
        if key is None:
            return False
        try:
            key.verify(block.signature, _signed_text(block.key_id, block.hash))
        except InvalidSignature:
            return False
        return True


def hash_of(block: Block) -> bytes:
    """SHA-256 over the lines of the block: what its ``hash`` must be."""
    text = (
        f"eid-audit-block-v1\n{block.number}\n{block.previous_hash.hex()}\n{block.root.hex()}\n"
        f"{block.event_count}\n{block.sealed_at}\n{block.horizon}\n"
    )
    return hashlib.sha256(text.encode()).digest()


def sign(block: Block, key_id: str, key: Ed25519PrivateKey) -> Block:
    """The block with its hash and signature."""
    digest = hash_of(block)
    signature = key.sign(_signed_text(key_id, digest))
    return replace(block, hash=digest, key_id=key_id, signature=signature)


def prove(event_id: UUID) -> Proof:
    """The proof that an event is sealed.

    Raises:
        NotSealedYet: see the class.
        AuditEvent.DoesNotExist: there is no such event.
    """
    event = AuditEvent.objects.get(pk=event_id)
    member = AuditMembership.objects.select_related("block").filter(pk=event_id).first()
    if member is None:
        raise NotSealedYet
    leaves = AuditMembership.objects.filter(block=member.block).order_by("position")
    row = member.block
    return Proof(
        event=audit.leaf_of(audit.canonical(event), str(event.xid), bytes(event.mac)),
        index=member.position,
        path=merkle.path([bytes(leaf) for leaf in leaves.values_list("leaf", flat=True)], member.position),
        block=Block(
            number=row.number,
            previous_hash=bytes(row.previous_hash),
            root=bytes(row.root),
            event_count=row.event_count,
            sealed_at=audit.plain(row.sealed_at),
            horizon=str(row.horizon),
            hash=bytes(row.hash),
            key_id=row.key_id,
            signature=bytes(row.signature),
        ),
    )  # fmt: skip


def holds(proof: Proof, public_keys: Mapping[str, str]) -> bool:
    """Whether the proof shows that the event is in a block signed by one of the keys (``{id: base64}``)."""
    block = proof.block
    leaf = merkle.leaf_hash(proof.event.encode())
    return (
        merkle.root_of_path(leaf, proof.index, block.event_count, proof.path) == block.root
        and hash_of(block) == block.hash
        and Keys.read(public_keys).signed(block)
    )


def _signed_text(key_id: str, digest: bytes) -> bytes:
    return f"eid-audit-signature-v1\n{key_id}\n{digest.hex()}\n".encode()
