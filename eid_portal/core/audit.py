"""Record what happened: typed events, append-only, each with a MAC. Sealing into blocks is ``audit_sealing``.

Personal data in an event is encrypted under a key of that citizen alone; hashes and MACs are over the ciphertext, so
rotating or destroying the key touches no event.
"""

import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import IntegrityError, models, transaction

from eid_portal.core import clock, ids, keys, sealed
from eid_portal.core.events import Actor, Event
from eid_portal.core.models import AuditEvent, SubjectKey

_NONCE = 12
# The columns a MAC covers: all that the portal writes. What the database adds is covered when the block is sealed.
MAC_COLUMNS = (
    "id", "recorded_at", "name", "shown", "actor_kind", "actor_id", "actor_citizen_id", "office_id", "party",
    "subject_id", "target_type", "target_id", "purpose", "request_id", "data", "sealed", "mac_key",
)  # fmt: skip


class KeyDestroyed(Exception):
    """The person's key was destroyed: the sealed part is gone for good."""


def record(  # noqa: D417 - the parameters are named in the text
    event: Event,
    *,
    actor: Actor,
    subject_id: UUID | None = None,
    target: models.Model | None = None,
    purpose: str = "",
    now: datetime | None = None,
) -> AuditEvent:
    """Write one event in the caller's transaction.

    ``subject_id`` is the citizen it is about, ``target`` the row it happened to, ``purpose`` a code of why.
    """
    row = prepare(event, actor=actor, subject_id=subject_id, target=target, purpose=purpose, now=now)
    row.save(force_insert=True)
    return row


def record_many(rows: Sequence[AuditEvent]) -> None:
    """Write events made by :func:`prepare`, in the caller's transaction."""
    AuditEvent.objects.bulk_create(rows, batch_size=1000)


def prepare(
    event: Event,
    *,
    actor: Actor,
    subject_id: UUID | None = None,
    target: models.Model | None = None,
    purpose: str = "",
    now: datetime | None = None,
) -> AuditEvent:
    """The row of an event, with its MAC, not yet written."""
    personal = event.sealed_data()
    row = AuditEvent(
        id=ids.uuid7(),
        recorded_at=now or clock.now(),
        name=event.name,
        shown=event.shown and subject_id is not None,
        actor_kind=actor.kind.value,
        actor_id=actor.account_id,
        actor_citizen_id=actor.citizen_id,
        office_id=actor.office_id,
        party=actor.party,
        subject_id=subject_id,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=target.pk if target is not None else None,
        purpose=purpose,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        data=event.open_data(),
    )
    if personal:
        if subject_id is None:
            raise ValueError(f"{event.name}: personal data needs the person it belongs to")
        row.sealed = _seal(personal, subject_id, row.id)
    row.mac_key, key = keys.current("audit_mac")
    row.mac = hmac.digest(key, canonical(row), "sha256")
    return row


def canonical(row: AuditEvent, columns: Sequence[str] = MAC_COLUMNS) -> bytes:
    """The one byte string that stands for these columns: a JSON array, keys sorted, no blanks."""
    return json.dumps(
        [plain(getattr(row, column)) for column in columns],
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    ).encode()


def plain(value: Any) -> Any:
    """A column's value as JSON can say it: UUID and hex as text, moments in UTC with microseconds."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value


def mac_holds(row: AuditEvent) -> bool:
    """Whether the event is as the portal wrote it."""
    try:
        key = keys.get("audit_mac", row.mac_key)
    except keys.KeyMissing:
        return False
    return hmac.compare_digest(hmac.digest(key, canonical(row), "sha256"), bytes(row.mac))


def personal_data(row: AuditEvent) -> dict[str, Any]:
    """The sealed part of an event, opened; empty if it has none.

    Raises:
        KeyDestroyed: the person's key is gone.
        sealed.DoesNotOpen: the ciphertext was changed or belongs to another event.
    """
    if row.sealed is None or row.subject_id is None:
        return {}
    key = _subject_key(row.subject_id)
    text = bytes(row.sealed)
    try:
        opened = AESGCM(key).decrypt(text[:_NONCE], text[_NONCE:], f"audit:{row.id}".encode())
    except InvalidTag:
        raise sealed.DoesNotOpen("audit event") from None
    result: dict[str, Any] = json.loads(opened)
    return result


def destroy_subject_key(subject_id: UUID, *, now: datetime) -> None:
    """Make the sealed parts of a person's events unreadable for good (lawful erasure)."""
    SubjectKey.objects.filter(pk=subject_id).update(wrapped=None, destroyed_at=now)


def _seal(personal: dict[str, Any], subject_id: UUID, event_id: UUID) -> bytes:
    key = _subject_key(subject_id, make=True)
    nonce = secrets.token_bytes(_NONCE)
    text = json.dumps(personal, ensure_ascii=False, separators=(",", ":")).encode()
    return nonce + AESGCM(key).encrypt(nonce, text, f"audit:{event_id}".encode())


def _subject_key(subject_id: UUID, *, make: bool = False) -> bytes:
    row = SubjectKey.objects.filter(pk=subject_id).first()
    if row is None and make:
        kek_id, wrapped = sealed.wrap(secrets.token_bytes(32), f"subject:{subject_id}")
        try:
            with transaction.atomic():
                row = SubjectKey.objects.create(subject_id=subject_id, kek_id=kek_id, wrapped=wrapped)
        except IntegrityError:  # another request made it first
            row = SubjectKey.objects.get(pk=subject_id)
    if row is None or row.wrapped is None:
        raise KeyDestroyed
    return sealed.unwrap(row.kek_id, bytes(row.wrapped), f"subject:{subject_id}")
