"""What outside parties tell, each under an id: the same id is answered the same for ever, with another body refused."""

import json
from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import IntegrityError, models
from django.utils.translation import gettext_lazy as _

from eid_portal.core import sealed
from eid_portal.core.database import AppendOnlyModel
from eid_portal.core.keyed_fields import KeyedHashField

_canonical: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True
).encode


class Conflict(Exception):
    """The id was taken before, with another body or from another party."""


class Told(AppendOnlyModel):
    """What a party told; its body is known again by its hash."""

    event_id = models.UUIDField(_("id of the report"), primary_key=True)
    party = models.CharField(_("party"), max_length=40)
    body_hash = KeyedHashField()  # the same id with another body is refused, for ever
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Told)


def hash_of(body: Any, *, purpose: str) -> bytes:
    """What a body, as JSON made it, is known again by."""
    return sealed.keyed_hash(purpose, _canonical(body))


def is_same(row: Told, *, body: Any, purpose: str, party: str) -> bool:
    """Whether this party told this body under the id before."""
    same = sealed.keyed_hash_matches(purpose, _canonical(body), bytes(row.body_hash))
    return same and row.party == party


def once(
    model: type[Row],
    take: Callable[[bytes], Row],
    *,
    event_id: UUID,
    body: Any,
    purpose: str,
    party: str,
) -> Row:
    """The row of what was told: the one from before, or what ``take`` writes with the body's hash.

    ``take`` is called outside of a transaction and opens its own.

    Raises:
        Conflict: see the class.
    """
    known = _find(model, event_id, body=body, purpose=purpose, party=party)
    if known is not None:
        return known
    try:
        return take(hash_of(body, purpose=purpose))
    except IntegrityError:  # it came twice at the same moment
        known = _find(model, event_id, body=body, purpose=purpose, party=party)
        if known is None:
            raise
        return known


def _find(model: type[Row], event_id: UUID, *, body: Any, purpose: str, party: str) -> Row | None:
    known = model._default_manager.filter(event_id=event_id).first()
    if known is not None and not is_same(known, body=body, purpose=purpose, party=party):
        raise Conflict
    return known
