"""Rotate keys while the portal runs: what was made with an older key is found, and made again with the current one.

What there is to do, and what still needs a key, follows from the models: wrapped keys, blind indexes, keyed hashes and
passwords are fields and tables of their own kinds. Nothing else is remembered, so that a rotation may be killed at any
moment and started again: it goes on with what is left.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet

from eid_portal.core import keys, passwords, sealed
from eid_portal.core.keyed_fields import (
    BlindIndexField,
    KeyedHashField,
    KeyIdField,
    PasswordHashField,
)
from eid_portal.core.models import AuditBlock, AuditEvent, WrappedKey

WAIT: Final = 0.5  # seconds until rows are tried again that others had locked
F = TypeVar("F", bound="models.Field[Any, Any]")


@dataclass(frozen=True)
class Work:
    """Rows of one column that are still under an older key."""

    label: str
    stale: QuerySet[Any]
    redo: Callable[
        [Sequence[Any]], list[Any]
    ]  # writes rows anew; returns the keys of those it cannot
    unwritable: set[Any] = field(default_factory=set)

    def left(self) -> int:
        """How many rows."""
        return self.stale.count()

    def portions(self, size: int) -> Iterator[int]:
        """Do it, ``size`` rows a transaction; yields how many each was. Rows that others have locked come last.

        Afterwards ``unwritable`` has the keys of rows that do not open, or clash with another row.
        """
        after: Any = None
        while True:
            rest = self.stale.exclude(pk__in=self.unwritable)
            with transaction.atomic():
                rows = list(
                    (rest if after is None else rest.filter(pk__gt=after))
                    .order_by("pk")
                    .select_for_update(skip_locked=True, of=("self",))[:size]
                )
                self.unwritable.update(self.redo(rows))
            if rows:
                after = rows[-1].pk
                yield len(rows)
            elif after is not None:
                after = None
            elif rest.exists():
                time.sleep(WAIT)
            else:
                return


def work(purpose: str) -> list[Work]:
    """What there is to do for the current key of a purpose; nothing for those that only new values are made with."""
    match purpose:
        case "kek":
            return [_wrapping(model) for model in _wrapped_keys()]
        case "index":
            return [_indexing(column) for column in _columns(BlindIndexField) if column.of]
        case _:
            return []


def uses(purpose: str, key_id: str) -> list[str]:
    """Where a key is still needed; empty if it may go."""
    if purpose in keys.LASTING:
        return [f"paper that people keep ({purpose})"]
    return [label for label, rows in _needing(purpose, key_id) if rows.exists()]


# --- Key-encryption key ---------------------------------------------------------------------------
def _wrapped_keys() -> list[type[WrappedKey]]:
    return [model for model in apps.get_models() if issubclass(model, WrappedKey)]


def _wrapping(model: type[WrappedKey]) -> Work:
    stale = _all(model).filter(wrapped__isnull=False).exclude(kek_id=keys.current("kek")[0])
    return Work(model._meta.label, stale, _wrap_again)


def _wrap_again(rows: Sequence[Any]) -> list[Any]:
    failed = []
    for row in rows:
        try:
            key = sealed.unwrap(row.kek_id, bytes(row.wrapped), row.context)
        except sealed.DoesNotOpen:
            failed.append(row.pk)
        else:
            row.kek_id, row.wrapped = sealed.wrap(key, row.context)
    ready = [row for row in rows if row.pk not in failed]
    if ready:
        _all(type(ready[0])).bulk_update(ready, ["kek_id", "wrapped"])
    return failed


# --- Blind indexes --------------------------------------------------------------------------------
def _indexing(column: BlindIndexField) -> Work:
    stale = (
        _all(column.model)
        .filter(**{f"{column.name}__isnull": False, f"{column.of}__isnull": False})
        .exclude(**{f"{column.name}__range": sealed.index_range(keys.current("index")[0])})
        .only("pk", column.of, column.name)
    )
    return Work(_label(column), stale, partial(_index_again, column))


def _index_again(column: BlindIndexField, rows: Sequence[Any]) -> list[Any]:
    failed, ready = [], []
    for row in rows:
        try:
            setattr(row, column.name, sealed.blind_index(column.purpose, getattr(row, column.of)))
            ready.append(row)
        except sealed.DoesNotOpen:
            failed.append(row.pk)
    if not _written(ready, column.name):  # two rows of one value: the one that is there stays
        failed += [row.pk for row in ready if not _written([row], column.name)]
    return failed


def _written(rows: Sequence[Any], name: str) -> bool:
    try:
        with transaction.atomic():
            if rows:
                _all(type(rows[0])).bulk_update(rows, [name])
    except IntegrityError:
        return False
    return True


# --- What needs a key -----------------------------------------------------------------------------
def _needing(purpose: str, key_id: str) -> Iterator[tuple[str, QuerySet[Any]]]:
    match purpose:
        case "kek":
            for model in _wrapped_keys():
                rows = _all(model).filter(kek_id=key_id, wrapped__isnull=False)
                yield model._meta.label, rows
        case "index":
            bounds = sealed.index_range(key_id)
            for index in _columns(BlindIndexField):
                yield _rows(index, index.needed, f"{index.name}__range", bounds)
        case "pepper":
            lowest, highest = sealed.hash_range(key_id)
            for keyed in _columns(KeyedHashField):
                needed = keyed.needed & Q(**{f"{keyed.name}__lte": highest})
                yield _rows(keyed, needed, f"{keyed.name}__gte", lowest)
            start = f"{passwords.PepperedArgon2Hasher.algorithm}${key_id}$"
            for hashed in _columns(PasswordHashField):
                yield _rows(hashed, hashed.needed, f"{hashed.name}__startswith", start)
        case "audit_mac":
            yield "core.AuditEvent.mac_key", AuditEvent.objects.filter(mac_key=key_id)
        case "audit_signing":
            yield "core.AuditBlock.key_id", AuditBlock.objects.filter(key_id=key_id)
        case _:
            yield from _signed(purpose, key_id)


def _signed(purpose: str, key_id: str) -> Iterator[tuple[str, QuerySet[Any]]]:
    """What names the key it was signed with."""
    for column in _columns(KeyIdField):
        if column.purpose == purpose:
            yield _rows(column, column.needed, column.name, key_id)


def _rows(
    column: "models.Field[Any, Any]", needed: Q, lookup: str, value: Any
) -> tuple[str, QuerySet[Any]]:
    return _label(column), _all(column.model).filter(needed, **{lookup: value})


def _columns(kind: type[F]) -> list[F]:
    return [
        column
        for model in apps.get_models()
        for column in model._meta.local_concrete_fields
        if isinstance(column, kind)
    ]


def _all(model: type[Any]) -> QuerySet[Any]:
    rows: QuerySet[Any] = model._base_manager.all()
    return rows


def _label(column: "models.Field[Any, Any]") -> str:
    return f"{column.model._meta.label}.{column.name}"
