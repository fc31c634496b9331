"""Registries are asked what they hold of a person, each in the background; what they find is proposed, not linked.

A row of ``SearchAnswer`` is the queue: one job each, claimed, called outside any transaction, recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.enums import ConsentPurpose
from accounts.models import Account
from accounts.services import consents, sessions
from documents import events, gateways, kinds, policy
from documents.enums import SearchOutcome
from documents.gateways.base import Gateway, ReadMany
from documents.models import Search, SearchAnswer
from documents.rules import people
from documents.rules.papers import Holder, RegistryPaper
from documents.selectors import holders
from documents.selectors.searches import WITHDRAWN
from documents.services import consenting, pacing, wallets
from eid_portal.core import audit, clock, jobs, limits, outside, tidying
from eid_portal.core.outside import Unavailable, Unknown

SEARCH: Final = "documents.search"
ENDED: Final = frozenset({SearchOutcome.FOUND, SearchOutcome.NOTHING})

log = structlog.get_logger()


class SearchUnable(Exception):
    """Registries are not asked; ``message`` says why, ``field`` is what to change."""

    code = "search_unable"
    field: str | None = None
    message: Any = ""


class NothingChosen(SearchUnable):
    """No registry was chosen."""

    code = "nothing_chosen"
    field = "registries"
    message = _("Choose at least one registry")


class TooManySearches(SearchUnable):
    """Registries were asked so often that the next time must wait ``until``."""

    code = "too_many_searches"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


@dataclass(frozen=True, slots=True, kw_only=True)
class Askable:
    """A registry that finds papers by their person."""

    party: str
    name: Any
    icon: str
    holds: tuple[Any, ...]  # titles of the kinds it holds
    words: str  # what is agreed to


def askable() -> tuple[Askable, ...]:
    """The registries that can be asked for a person's papers."""
    found: dict[str, list[Any]] = {}
    for kind in kinds.every().values():
        if kind.by_person and kind.party in gateways.every():
            found.setdefault(kind.party, []).append(kind)
    return tuple(
        Askable(
            party=party,
            name=gateways.find(party).NAME,
            icon=held[0].icon,
            holds=tuple(kind.title for kind in held),
            words=consenting.words(gateways.find(party).NAME),
        )
        for party, held in found.items()
    )


def begin(
    *, session: sessions.Session, ward_id: str, parties: Sequence[str] | None, now: datetime
) -> Search:
    """Have registries asked, ``None`` for all; asked twice within a moment it is one search.

    ``ward_id`` is of a guardianship, ``""`` for one's own papers.

    Raises:
        NothingChosen: see the class.
        TooManySearches: see the class.
        StepUpNeeded: see ``wallets.open_of``.
        WardGrown: see ``wallets``.
        NoSuchWard: see ``wallets``.
        NoGuardian: see ``wallets``.
    """
    opened = wallets.open_of(session=session, ward_id=ward_id, now=now)
    chosen = sorted(
        one.party for one in askable() if parties is None or one.party in frozenset(parties)
    )
    if not chosen:
        raise NothingChosen
    running = _running(opened.citizen.pk, chosen, now)
    if running is not None:
        return running
    answer = limits.hit(policy.SEARCH, str(opened.citizen.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManySearches(answer.until)
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=session.account.pk)
        running = _running(opened.citizen.pk, chosen, now)  # the other press of the button
        if running is not None:
            return running
        for party in chosen:
            consenting.agree(citizen_id=opened.citizen.pk, party=party, actor=opened.actor, now=now)
        search = Search.objects.create(citizen=opened.citizen, asked_by=account, asked_at=now)
        for party in chosen:
            row = SearchAnswer.objects.create(search=search, registry=party)
            jobs.enqueue(SEARCH, subject_id=row.pk)
        audit.record(
            events.PapersSearched(registries=chosen),
            actor=opened.actor,
            subject_id=opened.citizen.pk,
            target=search,
            now=now,
        )
    return search


def _running(citizen_id: UUID, parties: list[str], now: datetime) -> Search | None:
    """A search of the same registries that began a moment ago, all of which may be asked still."""
    last = (
        Search.objects.filter(citizen_id=citizen_id, asked_at__gt=now - policy.SEARCH_ONCE)
        .order_by("-id")
        .prefetch_related("answers")
        .first()
    )
    if last is None or sorted(row.registry for row in last.answers.all()) != parties:
        return None
    agreed = (consents.is_given(citizen_id, one, ConsentPurpose.PAPERS, now=now) for one in parties)
    return last if all(agreed) else None


def old(now: datetime) -> QuerySet[Search]:
    """Searches that nobody needs any more, with what was found in them."""
    return Search.objects.filter(pk__lt=tidying.first_id(now - policy.SEARCH_KEPT))


# --- The job ------------------------------------------------------------------------------------------
def ask(claim: jobs.Claim) -> None:
    """Ask one registry for one person's papers and record what it says; without the consent it is not asked."""
    row = SearchAnswer.objects.select_related("search__citizen").filter(pk=claim.subject_id).first()
    if row is None or row.outcome in ENDED:
        claim.finish()
        return
    citizen = row.search.citizen
    if not consents.is_given(citizen.pk, row.registry, ConsentPurpose.PAPERS, now=clock.now()):
        _end(claim, row, SearchOutcome.NOTHING, code=WITHDRAWN)
        return
    gateway, holder = gateways.find(row.registry), holders.with_former(citizen)
    said = _call(gateway, holder)
    match said:
        case ReadMany():
            found = [paper.as_json() for paper in said.papers if _is_theirs(paper, holder)]
            if len(found) < len(said.papers):
                log.warning("search.foreign_papers", registry=row.registry)
            if said.unread:
                log.warning("search.unreadable_papers", registry=row.registry, codes=said.unread)
            if said.unread and not found:  # what could not be read may be this person's
                _later(claim, row, Unknown(said.unread[0]))
                return
            outcome = SearchOutcome.FOUND if found else SearchOutcome.NOTHING
            _end(claim, row, outcome, found=found or None, code="".join(said.unread[:1])[:80])
        case Unavailable() | Unknown():
            _later(claim, row, said)


def forget(*, citizen_id: UUID, party: str) -> None:
    """The person no longer agrees that a registry is asked: what it found goes, in the caller's transaction."""
    rows = SearchAnswer.objects.select_for_update(of=("self",)).filter(
        search__citizen_id=citizen_id, registry=party, outcome=SearchOutcome.FOUND
    )
    for row in rows.order_by("pk"):
        row.outcome, row.found, row.code = SearchOutcome.NOTHING, None, WITHDRAWN
        row.save(update_fields=["outcome", "found", "code"])


def _call(gateway: Gateway, holder: Holder) -> ReadMany | Unavailable | Unknown:
    call = gateway.search_call(holder)
    if call is None:  # it no longer finds by person
        return ReadMany(papers=())
    pacing.of(gateway.PARTY)  # makes its row at the first use
    pacing.reserve(gateway.PARTY, 1, now=clock.now()).wait()
    return gateway.read_search(outside.send(gateway.PARTY, call))


def _is_theirs(paper: RegistryPaper, holder: Holder) -> bool:
    """Whether a paper may be proposed: never one that is plainly another person's."""
    try:
        kind = kinds.find(paper.kind)
    except kinds.NoSuchKind:
        return False
    return not people.is_of_somebody_else(kind.compare(holder, paper))


def _end(
    claim: jobs.Claim,
    row: SearchAnswer,
    outcome: SearchOutcome,
    *,
    found: Any = None,
    code: str = "",
) -> None:
    now = clock.now()
    with transaction.atomic():
        # Withdrawn while the registry was asked: what it said is not kept.
        if found and not consents.hold(
            row.search.citizen_id, row.registry, ConsentPurpose.PAPERS, now=now
        ):
            outcome, found, code = SearchOutcome.NOTHING, None, WITHDRAWN
        row.outcome, row.found, row.code = outcome, found, code
        row.answered_at, row.next_try_at = now, None
        row.tries += 1
        claim.finish()
        row.save(update_fields=["outcome", "found", "code", "answered_at", "next_try_at", "tries"])


def _later(claim: jobs.Claim, row: SearchAnswer, said: Unavailable | Unknown) -> None:
    """Note since when the registry is silent and when it is asked again; after enough tries it is not."""
    now = clock.now()
    row.tries += 1
    row.outcome, row.code = SearchOutcome.UNAVAILABLE, said.reason[:80]
    row.failed_since = row.failed_since or now
    wait = policy.SEARCH_WAITS[min(row.tries, len(policy.SEARCH_WAITS)) - 1]
    if isinstance(said, Unavailable) and said.retry_after is not None:
        wait = max(wait, min(said.retry_after, timedelta(hours=1)))
    last = row.tries >= policy.SEARCH_TRIES
    row.next_try_at = None if last else now + wait
    with transaction.atomic():
        if row.next_try_at is None:
            claim.finish()
        else:
            claim.retry(at=row.next_try_at, error=row.code)
        row.save(update_fields=["outcome", "code", "failed_since", "next_try_at", "tries"])
