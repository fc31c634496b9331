"""Record what happened: typed events, append-only, each with a MAC. Sealing into blocks is ``audit_sealing``.

Personal data in an event is encrypted under a key of that citizen alone; hashes and MACs are over the ciphertext, so
rotating or destroying the key touches no event. The exact bytes are described in docs/audit.md.
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

from eid_portal.core import bulk, clock, ids, keys, sealed, statements
from eid_portal.core.events import Actor, Event
from eid_portal.core.models import AuditEvent, SubjectKey

log = structlog.get_logger()
_NONCE = 12
# The columns a MAC covers, in its order: all that the portal writes. The leaf of a block adds `xid` and `mac`.
MAC_COLUMNS = (
    "id", "recorded_at", "name", "shown", "actor_kind", "actor_id", "actor_citizen_id", "office_id", "party",
    "subject_id", "target_type", "target_id", "purpose", "request_id", "data", "sealed", "mac_key",
)  # fmt: skip
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


class KeyDestroyed(Exception):
    """The person's key was destroyed: the sealed part is gone for good."""


def record(
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
    row = prepare(
        event, actor=actor, subject_id=subject_id, target=target, purpose=purpose, now=now
    )
    statements.insert(row)
    return row


def record_many(rows: Sequence[AuditEvent]) -> None:
    """Write events made by :func:`prepare`, in the caller's transaction."""
    bulk.insert(rows)


def prepare(
    event: Event,
    *,
    actor: Actor,
    subject_id: UUID | None = None,
    target: models.Model | None = None,
    purpose: str = "",
    now: datetime | None = None,
) -> AuditEvent:
    """The row of an event, with its MAC, not yet written.

    Raises:
        ValueError: the event holds personal data of nobody, or a fraction.
        TypeError: it holds what JSON cannot say.
    """
    personal, open_data = event.sealed_data(), event.open_data()
    if _has_fraction(open_data):
        raise ValueError(
            f"{event.name}: a fraction does not come back from jsonb as it was written"
        )
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
        data=open_data,
    )
    if personal:
        if subject_id is None:
            raise ValueError(f"{event.name}: personal data needs the person it belongs to")
        row.sealed = _seal(personal, subject_id, row.id)
    row.mac_key, key = keys.current("audit_mac")
    row.mac = mac_of(canonical(row), key)
    return row


def canonical(row: AuditEvent) -> str:
    """The one text that stands for the columns of ``MAC_COLUMNS``; see :func:`text_of`."""
    return text_of([plain(getattr(row, column)) for column in MAC_COLUMNS])


def text_of(values: Sequence[Any]) -> str:
    """A JSON array without blanks, keys sorted, letters as they are."""
    return _encode(values)


def leaf_of(canonical_text: str, xid: str, mac: bytes) -> str:
    """The text that is sealed: the same array with transaction id and MAC at its end."""
    return f'{canonical_text[:-1]},"{xid}","{mac.hex()}"]'


def mac_of(canonical_text: str, key: bytes) -> bytes:
    """HMAC-SHA-256 over the canonical text."""
    return hmac.digest(key, canonical_text.encode(), "sha256")


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
    return hmac.compare_digest(mac_of(canonical(row), key), bytes(row.mac))


def personal_data(row: AuditEvent) -> dict[str, Any]:
    """The sealed part of an event, opened; empty if it has none.

    Raises:
        KeyDestroyed: the person's key is gone.
        sealed.DoesNotOpen: the ciphertext was changed or belongs to another event.
    """
    if row.sealed is None or row.subject_id is None:
        return {}
    return _open(row, _subject_key(row.subject_id))


def personal_data_of(rows: Sequence[AuditEvent], subject_id: UUID) -> dict[UUID, dict[str, Any]]:
    """The sealed parts of one person's events, opened, by event; their key is fetched once.

    What was destroyed with the key, or no longer opens, is left out, so that one event does not hide the others.
    """
    closed = [row for row in rows if row.sealed is not None]
    opened: dict[UUID, dict[str, Any]] = {}
    try:
        key = _subject_key(subject_id) if closed else b""
    except KeyDestroyed:
        return opened
    for row in closed:
        try:
            opened[row.pk] = _open(row, key)
        except sealed.DoesNotOpen:
            log.exception("audit.does_not_open", event_id=str(row.pk))
    return opened


def _open(row: AuditEvent, key: bytes) -> dict[str, Any]:
    text = bytes(row.sealed or b"")
    try:
        opened = AESGCM(key).decrypt(text[:_NONCE], text[_NONCE:], f"audit:{row.id}".encode())
    except InvalidTag:
        raise sealed.DoesNotOpen("audit event") from None
    result: dict[str, Any] = json.loads(opened)
    return result


def destroy_subject_key(subject_id: UUID, *, now: datetime) -> None:
    """Make the sealed parts of a person's events unreadable for good (lawful erasure)."""
    SubjectKey.objects.filter(pk=subject_id).update(wrapped=None, destroyed_at=now)


def _has_fraction(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_fraction, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_fraction, value))
    return isinstance(value, float)


def _seal(personal: dict[str, Any], subject_id: UUID, event_id: UUID) -> bytes:
    key = _subject_key(subject_id, make=True)
    nonce = secrets.token_bytes(_NONCE)
    text = json.dumps(personal, ensure_ascii=False, separators=(",", ":")).encode()
    return nonce + AESGCM(key).encrypt(nonce, text, f"audit:{event_id}".encode())


def _subject_key(subject_id: UUID, *, make: bool = False) -> bytes:
    row = SubjectKey.objects.filter(pk=subject_id).first()
    if row is None and make:
        row = SubjectKey(subject_id=subject_id)
        row.kek_id, row.wrapped = sealed.wrap(secrets.token_bytes(32), row.context)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:  # another request made it first
            row = SubjectKey.objects.get(pk=subject_id)
    if row is None or row.wrapped is None:
        raise KeyDestroyed
    return sealed.unwrap(row.kek_id, bytes(row.wrapped), row.context)
