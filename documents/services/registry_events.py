"""Take registries' word that a paper changed or was revoked, or what became of a correction.

The same id is answered the same for ever. What a report says is not believed: the registry is asked about the paper at
once, so a late or repeated report changes nothing that is newer. Of a paper in no wallet nothing but the id is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction

from accounts.services import card_event_reading as reading
from accounts.services.card_event_reading import Malformed
from documents import gateways, kinds
from documents.enums import (
    DocumentState,
    RegistryEventKind,
    RegistryEventOutcome,
    VerificationReason,
)
from documents.gateways import definitions
from documents.kinds.base import NumberRefused
from documents.models import Document, RegistryEvent
from documents.models.papers import NUMBER
from documents.services import correcting, verification
from eid_portal.core import sealed, telling
from eid_portal.core.events import Actor
from eid_portal.core.text import UnreadableText, clean

NAMES: Final = frozenset({"event_id", "kind", "at", "paper", "correction_id", "words"})
PAPER_NAMES: Final = frozenset({"type", "number"})
ANSWERS: Final = frozenset({RegistryEventKind.CORRECTED, RegistryEventKind.CORRECTION_REFUSED})
LONGEST_WORDS: Final = 1000
LONGEST_NAME: Final = 80
_BODY: Final = "registry_event"
_CLOCKS_DIFFER: Final = timedelta(minutes=5)  # as much as a signature may be old
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a registry tells; ``kind_code`` is None for a type of paper that no kind of ours is."""

    event_id: UUID
    kind: RegistryEventKind
    kind_code: str | None
    number: str = field(repr=False)
    correction_id: str
    words: str = field(repr=False)


@cache
def parties() -> frozenset[str]:
    """The registries whose word is taken."""
    return frozenset(gateways.every())


def read(body: Any, *, party: str, now: datetime) -> Told:
    """Read an event as it stands on the wire.

    Raises:
        Malformed: ``malformed``, ``missing``, ``unexpected``, ``too_long``, ``unreadable_text`` or ``in_future``.
    """
    if not isinstance(body, Mapping):
        raise Malformed("malformed", "")
    if body.keys() - NAMES:
        raise Malformed("unexpected", "")
    for name in ("event_id", "kind", "at", "paper"):
        if name not in body:
            raise Malformed("missing", name)
    event_id, kind, paper = reading.event_id_of(body), body["kind"], body["paper"]
    if event_id is None:
        raise Malformed("malformed", "event_id")
    if not isinstance(kind, str) or kind not in RegistryEventKind.values:
        raise Malformed("malformed", "kind")
    if reading.moment_of(body, "at") > now + _CLOCKS_DIFFER:
        raise Malformed("in_future", "at")
    if not isinstance(paper, Mapping) or paper.keys() != PAPER_NAMES:
        raise Malformed("malformed", "paper")
    type_, number = (_text(paper, name, LONGEST_NAME, "paper.") for name in ("type", "number"))
    kind_code = _kind_of(party, type_)
    correction_id = _text(body, "correction_id", LONGEST_NAME) if "correction_id" in body else ""
    if kind in ANSWERS and not correction_id:
        raise Malformed("missing", "correction_id")
    return Told(
        event_id=event_id,
        kind=RegistryEventKind(kind),
        kind_code=kind_code,
        number=number if kind_code is None else _normal(kind_code, number),
        correction_id=correction_id,
        words=_text(body, "words", LONGEST_WORDS) if "words" in body else "",
    )


def take(told: Told, *, body: Any, party: str, actor: Actor, now: datetime) -> RegistryEventOutcome:
    """Have the paper verified, or a correction closed, in one transaction. ``body`` is what came, to know it again by.

    Raises:
        telling.Conflict: the id was taken before, with another body or from another party.
    """
    row = telling.once(
        RegistryEvent,
        lambda body_hash: _take(told, body_hash=body_hash, party=party, actor=actor, now=now),
        event_id=told.event_id,
        body=body,
        purpose=_BODY,
        party=party,
    )
    return RegistryEventOutcome(row.outcome)


@transaction.atomic
def _take(
    told: Told, *, body_hash: bytes, party: str, actor: Actor, now: datetime
) -> RegistryEvent:
    document = _find(told, party)
    if document is not None:
        _act(told, document, party=party, actor=actor, now=now)
    linked = document is not None
    return RegistryEvent.objects.create(
        event_id=told.event_id,
        party=party,
        body_hash=body_hash,
        kind=told.kind,
        outcome=RegistryEventOutcome.APPLIED if linked else RegistryEventOutcome.NOT_LINKED,
        document=document,
        received_at=now,
    )


def _find(told: Told, party: str) -> Document | None:
    """The paper in somebody's wallet, or that a request was about; nobody else changes it until all is written."""
    if told.kind_code is None:
        return None
    papers = Document.objects.select_for_update(of=("self",), no_key=True).filter(
        registry=party,
        kind=told.kind_code,
        number_index__in=sealed.blind_indexes(NUMBER, told.number),
    )
    asked = None
    if told.kind in ANSWERS:  # a request runs its course also when its paper left the wallet
        asked = papers.filter(
            corrections__registry=party, corrections__outside_id=told.correction_id
        ).first()
    return asked or papers.exclude(state=DocumentState.UNLINKED).first()


def _act(told: Told, document: Document, *, party: str, actor: Actor, now: datetime) -> None:
    match told.kind:
        case RegistryEventKind.CORRECTED | RegistryEventKind.CORRECTION_REFUSED:
            waited = correcting.answer(
                document=document,
                party=party,
                outside_id=told.correction_id,
                corrected=told.kind == RegistryEventKind.CORRECTED,
                words=told.words,
                actor=actor,
                now=now,
            )
            if waited:
                return
            log.warning("registry_event.no_such_correction", event_id=str(told.event_id))
        case RegistryEventKind.CHANGED | RegistryEventKind.REVOKED | RegistryEventKind.POINTS:
            pass
    if document.state != DocumentState.UNLINKED:
        verification.request(document, reason=VerificationReason.EVENT, now=now)


def _kind_of(party: str, type_: str) -> str | None:
    """Our kind for a registry's word: a module's, or one an administrator defined."""
    words: Mapping[str, str] = getattr(gateways.find(party), "TYPES", {})
    defined = definitions.of_wire_type(party, type_)
    return words.get(type_) or (defined.code if defined else None)


def _normal(kind_code: str, number: str) -> str:
    try:
        return kinds.find(kind_code).clean_number(number)
    except NumberRefused:
        raise Malformed("malformed", "paper.number") from None


def _text(part: Mapping[str, Any], name: str, longest: int, within: str = "") -> str:
    value = part[name]
    if not isinstance(value, str):
        raise Malformed("malformed", within + name)
    if len(value) > longest:
        raise Malformed("too_long", within + name)
    try:
        value = clean(value, lines=name == "words")
    except UnreadableText:
        raise Malformed("unreadable_text", within + name) from None
    if not value and name != "words":
        raise Malformed("missing", within + name)
    return value
