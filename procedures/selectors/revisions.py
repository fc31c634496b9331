"""Documents in force, read once: a published revision never changes, so its reading is kept."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from uuid import UUID

from procedures.enums import RevisionState
from procedures.models import Revision
from procedures.rules import documents, snapshot
from procedures.rules.documents import Document

_KEPT: Final = 5_000  # documents; one is read in milliseconds and takes some 50 KB


def in_force() -> Mapping[str, UUID]:
    """The revision in force of every procedure, by code."""
    return {code: pk for code, (_procedure_id, pk) in offered().items()}


def offered() -> Mapping[str, tuple[UUID, UUID]]:
    """Every procedure in force by code: its key, and that of its revision."""
    rows = Revision.objects.filter(state=RevisionState.PUBLISHED).order_by("procedure__code")
    found = rows.values_list("procedure__code", "procedure_id", "pk")
    return {code: (procedure_id, pk) for code, procedure_id, pk in found}


def find_in_force(code: str) -> tuple[UUID, Document] | None:
    """The revision in force of a procedure, and its document; None if there is none."""
    rows = Revision.objects.filter(state=RevisionState.PUBLISHED, procedure__code=code)
    pk = rows.values_list("pk", flat=True).first()
    return None if pk is None else (pk, document(pk))


@lru_cache(maxsize=_KEPT)
def document(pk: UUID) -> Document:
    """The document of a revision that was published.

    Raises:
        Revision.DoesNotExist: there is none, or it is being written still.
    """
    rows = Revision.objects.exclude(state=RevisionState.DRAFTED)
    return documents.read(rows.values_list("text", flat=True).get(pk=pk))


@lru_cache(maxsize=_KEPT)
def sources(pk: UUID) -> frozenset[str]:
    """All that a form by a revision shows, offers or works with of what the state knows.

    Raises:
        Revision.DoesNotExist: as for :func:`document`.
    """
    read = document(pk)
    fields = [each for of in read.fields for each in (of, *of.fields)]
    return frozenset(snapshot.sources(read)) | {each.suggest for each in fields if each.suggest}
