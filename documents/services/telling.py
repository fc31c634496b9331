"""Tell people about a paper: its holder, and the guardian who linked a child's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from accounts.enums import AccountKind, AccountState, GuardianshipState, NoticeKind
from accounts.models import Account, Guardianship
from accounts.services import notices
from documents.models import Document


@dataclass(frozen=True, slots=True)
class People:
    """Whose papers they are: accounts by their citizen, and who acts for whom."""

    accounts: dict[UUID, Account]  # by citizen
    acting: frozenset[tuple[UUID, UUID]]  # guardian and ward, both citizens

    def of(self, document: Document, linked_by_citizen: UUID) -> list[Account]:
        """Who is told about a paper."""
        told = [document.citizen_id]
        if (linked_by_citizen, document.citizen_id) in self.acting:
            told.append(linked_by_citizen)
        return [self.accounts[pk] for pk in told if pk in self.accounts]


def lock_people(documents: Iterable[Document]) -> People:
    """Everybody who may have to be told about these papers, locked in the caller's transaction before the papers."""
    papers = list(documents)
    mine = Q(citizen_id__in={paper.citizen_id for paper in papers})
    linked = Q(pk__in={paper.linked_by_id for paper in papers})
    rows = (
        Account.objects.filter(mine | linked, kind=AccountKind.CITIZEN)
        .exclude(state=AccountState.CLOSED)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    accounts = {row.citizen_id: row for row in rows}
    return People(accounts, _acting(papers, list(accounts)))


def _acting(papers: Sequence[Document], citizens: Sequence[UUID]) -> frozenset[tuple[UUID, UUID]]:
    rows = Guardianship.objects.filter(
        ward_id__in={paper.citizen_id for paper in papers},
        guardian_id__in=citizens,
        state=GuardianshipState.ACTIVE,
    )
    return frozenset(rows.values_list("guardian_id", "ward_id"))


def tell(
    people: People,
    document: Document,
    kind: NoticeKind,
    *,
    ending: str,
    expires_on: date | None,
    about: str,
    now: datetime,
) -> None:
    """Tell them, in the caller's transaction; ``about`` names what happened: nobody is told of it twice."""
    linked_by = next(
        (pk for pk, row in people.accounts.items() if row.pk == document.linked_by_id),
        document.citizen_id,
    )
    for account in people.of(document, linked_by):
        notices.tell(
            account=account,
            kind=kind,
            values={
                "paper": document.kind,
                "ending": ending,
                "expires": f"{expires_on:%d/%m/%Y}" if expires_on else "–",
            },
            event_key=f"paper:{about}:{account.pk.hex[:8]}",
            now=now,
        )
