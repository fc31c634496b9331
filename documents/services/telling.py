"""Tell people about a paper: its holder, and the guardian who linked a child's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from accounts.enums import AccountKind, AccountState, GuardianshipState, NoticeKind
from accounts.models import Account, Guardianship
from accounts.services import notices
from documents.models import Document


@dataclass(frozen=True, slots=True)
class People:
    """Whose papers they are: accounts by their citizen, and who acts for whom."""

    accounts: dict[UUID, Account]
    acting: frozenset[tuple[UUID, UUID]]  # guardian and ward, both citizens

    def of(self, document: Document) -> list[Account]:
        """Who is told about a paper."""
        return [
            account
            for account in self.accounts.values()
            if account.citizen_id == document.citizen_id
            or (
                account.pk == document.linked_by_id
                and (account.citizen_id, document.citizen_id) in self.acting
            )
        ]


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
    accounts = {row.pk: row for row in rows}
    citizens = {row.citizen_id for row in accounts.values()}
    return People(accounts, _acting(papers, citizens))


def _acting(papers: Sequence[Document], citizens: set[UUID]) -> frozenset[tuple[UUID, UUID]]:
    rows = Guardianship.objects.filter(
        ward_id__in={paper.citizen_id for paper in papers},
        guardian_id__in=citizens,
        state=GuardianshipState.ACTIVE,
    )
    return frozenset(rows.values_list("guardian_id", "ward_id"))


def said(
    people: People,
    document: Document,
    kind: NoticeKind,
    *,
    ending: str,
    expires_on: date | None,
    about: str,
) -> list[notices.Told]:
    """What they are told; ``about`` names what happened: nobody is told of it twice."""
    values = {
        "paper": document.kind,
        "ending": ending,
        "expires": f"{expires_on:%d/%m/%Y}" if expires_on else "–",
    }
    return [
        notices.Told(
            account=account,
            kind=kind,
            values=values,
            event_key=f"paper:{about}:{account.pk.hex[-8:]}",
        )
        for account in people.of(document)
    ]
