"""The proof of one event as a file for a person to keep, checked by ``deploy/verify_audit.py``; see docs/audit.md."""

import base64
from typing import Any, Final
from uuid import UUID

from eid_portal.core import audit_proofs, keys, outside, timestamping
from eid_portal.core.models import AuditAnchor

KIND: Final = "eid-audit-proof"
VERSION: Final = 1


def document_of(event_id: UUID) -> dict[str, Any]:
    """The proof of an event and, once the witness has signed, the receipt for its block.

    Raises:
        audit_proofs.NotSealedYet: the event waits for its block.
        AuditEvent.DoesNotExist: there is no such event.
    """
    proof = audit_proofs.prove(event_id)
    anchor = AuditAnchor.objects.filter(pk=proof.block.number).first()
    receipt = None
    if anchor is not None:
        receipt = {
            "received_at": anchor.received_at,
            "key_id": anchor.key_id,
            "signature": bytes(anchor.signature).hex(),
        }
    return {"kind": KIND, "version": VERSION, **proof.document(), "receipt": receipt}


def public_keys() -> dict[str, dict[str, str]]:
    """The keys to check it with: those of the blocks and those of the witness, old ones included."""
    witness = outside.public_keys(timestamping.PARTY)
    return {
        "signing": keys.public_keys("audit_signing"),
        "timestamp": {key_id: base64.b64encode(key).decode() for key_id, key in witness.items()},
    }
