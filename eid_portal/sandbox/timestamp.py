"""The time-stamp service: ``POST /timestamp/v1/anchors {"block_number", "block_hash"}``, ``GET …/anchors/<number>``.

It keeps one hash a block for ever and signs a receipt: Ed25519 over ``eid-anchor-v1``, block number, block hash and
time, each on a line of its own.
"""

import base64
import re
from typing import Any, Final

from eid_portal.sandbox import keys
from eid_portal.sandbox.store import Anchor
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_LARGEST: Final = 2**62


def keep(world: World, payload: dict[str, Any]) -> Answer:
    """Keep a block's hash and give the receipt; the same again gives the same receipt."""
    number, digest = payload.get("block_number"), payload.get("block_hash")
    if type(number) is not int or not 0 <= number < _LARGEST:
        raise Refuse(422, "malformed_block_number")
    if not isinstance(digest, str) or not _HASH.fullmatch(digest):
        raise Refuse(422, "malformed_block_hash")
    at = world.now().isoformat(timespec="milliseconds")
    text = f"eid-anchor-v1\n{number}\n{digest}\n{at}\n".encode()
    signature = base64.b64encode(keys.of(world.settings, "timestamp").sign(text)).decode()
    kept = world.store.keep_anchor(Anchor(number, digest, at, signature))
    if kept.block_hash != digest:
        raise Refuse(409, "conflict")
    return _receipt(world, kept)


def find(world: World, _payload: dict[str, Any], number: str) -> Answer:
    """The receipt of a block."""
    kept = world.store.find_anchor(int(number))
    if kept is None:
        raise Refuse(404, "not_found")
    return _receipt(world, kept)


def _receipt(world: World, kept: Anchor) -> Answer:
    return document(
        {
            "block_number": kept.block_number,
            "block_hash": kept.block_hash,
            "received_at": kept.received_at,
            "keyid": keys.of(world.settings, "timestamp").keyid,
            "signature": kept.signature,
        }
    )
