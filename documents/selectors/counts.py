"""How many papers of a kind there are: for operators, who see no paper and no person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from documents import policy
from documents.enums import DocumentState
from documents.kinds.base import Kind
from documents.models import Document, Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The papers of a kind by state; ``takes`` is how long its registry needs to check all that are in wallets."""

    by_state: Mapping[DocumentState, int]
    takes: timedelta

    @property
    def linked(self) -> int:
        """How many are in wallets."""
        gone = self.by_state.get(DocumentState.UNLINKED, 0)
        return sum(self.by_state.values()) - gone


def count(kind: Kind) -> Counted:
    """Count them; it takes as long as there are many."""
    rows = Document.objects.filter(registry=kind.party, kind=kind.code)
    counted = rows.values_list("state").annotate(Count("pk"))
    by_state = {DocumentState(state): number for state, number in counted}
    pace = Registry.objects.filter(party=kind.party).values_list("calls_per_second", flat=True)
    linked = Counted(by_state=by_state, takes=timedelta()).linked
    rate = pace.first() or policy.CALLS_PER_SECOND
    return Counted(by_state=by_state, takes=timedelta(seconds=linked / rate))
