"""The outside time-stamp service: it keeps the roots of our audit blocks where we cannot change them."""

import base64
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from eid_portal.core import outside
from eid_portal.core.outside import Accepted, Refused, Unavailable, Unknown

PARTY: Final = "timestamp"
TAG: Final = "eid-timestamp"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The service's signed word that it had this block's hash at that time (ISO 8601, as it wrote it)."""

    block_number: int
    block_hash: str
    received_at: str
    keyid: str
    signature: str  # base64 of Ed25519 over `receipt_text`


def anchor(block_number: int, block_hash: str) -> Receipt | Refused | Unavailable | Unknown:
    """Have a block's hash (hexadecimal) kept outside; asking again for the same block gives the same receipt.

    ``Refused("conflict")`` means that the service holds **another** hash for this block: an alarm, not an error.
    """
    return _receipt_of(
        outside.call(
            PARTY,
            "POST",
            "/v1/anchors",
            payload={"block_number": block_number, "block_hash": block_hash},
            tag=TAG,
            idempotency_key=f"block-{block_number}",
        ),
        block_number,
        block_hash,
    )


def find_anchor(block_number: int) -> Receipt | Refused | Unavailable | Unknown:
    """What the service holds for a block; ``Refused("not_found")`` if nothing."""
    return _receipt_of(
        outside.call(PARTY, "GET", f"/v1/anchors/{block_number}", tag=TAG), block_number
    )


def receipt_text(block_number: int, block_hash: str, received_at: str) -> bytes:
    """What the service signs, so that anybody can check a receipt without us."""
    return f"eid-anchor-v1\n{block_number}\n{block_hash}\n{received_at}\n".encode()


def is_genuine(receipt: Receipt) -> bool:
    """True if the service's key signed this receipt."""
    public = outside.public_keys(PARTY).get(receipt.keyid)
    if public is None:
        return False
    text = receipt_text(receipt.block_number, receipt.block_hash, receipt.received_at)
    try:
        signature = base64.b64decode(receipt.signature, validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (ValueError, InvalidSignature):
        return False
    return True


def _receipt_of(
    outcome: outside.Outcome, block_number: int, block_hash: str | None = None
) -> Receipt | Refused | Unavailable | Unknown:
    if not isinstance(outcome, Accepted):
        return outcome
    try:
        receipt = Receipt(
            block_number=int(outcome.data["block_number"]),
            block_hash=str(outcome.data["block_hash"]),
            received_at=str(outcome.data["received_at"]),
            keyid=str(outcome.data["keyid"]),
            signature=str(outcome.data["signature"]),
        )
    except (KeyError, TypeError, ValueError):
        return Unknown("malformed_answer")
    ours = receipt.block_number == block_number and block_hash in {None, receipt.block_hash}
    if not ours or not is_genuine(receipt):
        return Unknown("receipt_not_genuine")
    return receipt
