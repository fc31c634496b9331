"""Papers come into a wallet, by what a registry found or by their number, and leave it again.

Locks are taken in one order: the consent, the paper, what a search found. A paper is in one wallet at a time, by
constraint.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import ConsentPurpose
from accounts.models import Citizen
from accounts.services import consents, sessions
from documents import events, gateways, kinds, policy, states
from documents.enums import DocumentState, SearchOutcome, VerificationReason
from documents.gateways.social_insurance import HEALTH_CARD
from documents.kinds.base import Kind, NumberRefused
from documents.models import Document, SearchAnswer
from documents.models.papers import NUMBER
from documents.selectors import holders
from documents.services import consenting, searching, verification, wallets
from eid_portal.core import audit, clock, limits, sealed
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.transitions import move

__all__ = ["NumberRefused"]
# What the registry said last of a paper that is not its holder's: such a link does not keep others out.
_NOT_THEIRS: Final = frozenset({DocumentState.MISMATCH, DocumentState.NOT_FOUND})


class LinkUnable(Exception):
    """The paper is not linked; ``message`` says why and what to do, ``field`` is what to change."""

    code = "link_unable"
    field: str | None = None
    message: Any = ""


class LinkedElsewhere(LinkUnable):
    """It is in another person's wallet; to whom it is linked is not said."""

    code = "linked_elsewhere"
    message = _(
        "This paper is in another wallet, so it cannot be linked. If it is yours, tell the registry that issued it,"
        " with your ID card in hand; as soon as the registry has it in your name, you can link it."
    )


class ConsentEnded(LinkUnable):
    """The consent to ask the registry was withdrawn meanwhile."""

    code = "consent_ended"
    message = _("You withdrew your consent to ask this registry. Agree again to link its papers.")


class NoSuchProposal(LinkUnable):
    """The search found no such paper, or is over."""

    code = "no_such_proposal"
    message = _("This search is over. Search again to link what the registries hold.")


class NotLinkable(LinkUnable):
    """No number of such papers can be typed."""

    code = "not_linkable"
    field = "kind"
    message = _("Choose which paper it is")


class TooManyNumbers(LinkUnable):
    """So many numbers were tried that the next must wait ``until``."""

    code = "too_many_numbers"
    field = "number"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until
        local = until.astimezone(clock.VIET_NAM)
        self.message = _(
            "You tried too many numbers today. Try again after %(time)s on %(date)s."
        ) % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"}


class TooManyChecks(Exception):
    """A check was asked for so often that the next must wait ``until``."""

    code = "too_many_checks"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A kind of paper whose number may be typed, and what is agreed to by that."""

    code: str
    title: Any
    issuer: Any
    icon: str
    hint: Any
    words: str


def numbered() -> tuple[Numbered, ...]:
    """The kinds whose numbers may be typed."""
    return tuple(_numbered(kind) for kind in kinds.every().values() if kind.by_number)


def find_numbered(code: str) -> Numbered | None:
    """One of :func:`numbered`; None if there is no such kind."""
    kind = kinds.every().get(code)
    return None if kind is None or not kind.by_number else _numbered(kind)


def _numbered(kind: Kind) -> Numbered:
    return Numbered(
        code=kind.code,
        title=kind.title,
        issuer=kind.issuer,
        icon=kind.icon,
        hint=kind.number_hint,
        words=consenting.words(gateways.find(kind.party).NAME),
    )


# --- Linking --------------------------------------------------------------------------------------
def link_found(
    *, session: sessions.Session, search_id: str, registry: str, place: int, now: datetime
) -> Document:
    """Link what a registry found: the paper at ``place`` of its answer. Linked already, it is the same paper.

    Raises:
        NoSuchProposal: see the class.
        LinkedElsewhere: see the class.
        ConsentEnded: see the class.
        NoSuchPaper: see ``wallets``; also a search that is not this person's.
        StepUpNeeded: see ``wallets.open_of``.
        WardGrown: see ``wallets``.
        NoGuardian: see ``wallets``.
    """
    opened = wallets.open_searched(session=session, public_id=search_id, now=now)
    answer = SearchAnswer.objects.filter(
        search__public_id=search_id, registry=registry, outcome=SearchOutcome.FOUND
    ).first()
    if answer is None or not answer.found or not 0 <= place < len(answer.found):
        raise NoSuchProposal
    found = answer.found[place]
    holder = holders.with_former(opened.citizen)
    is_named = found["holder_number"] in {holder.personal_number, *holder.former_numbers}
    return _link(
        opened, kind=found["kind"], registry=registry, number=found["number"], answer=found,
        is_named=is_named, now=now,
    )  # fmt: skip


def link_by_number(
    *, session: sessions.Session, ward_id: str, kind: str, number: str, now: datetime
) -> Document:
    """Link a paper by its number, which is the consent to ask its registry. Linked already, it is the same paper.

    ``ward_id`` is of a guardianship, ``""`` for one's own papers.

    Raises:
        NumberRefused: it cannot be a number of such papers; its ``message`` says why.
        NotLinkable: see the class.
        TooManyNumbers: see the class.
        LinkedElsewhere: see the class.
        StepUpNeeded: see ``wallets.open_of``.
        WardGrown: see ``wallets``.
        NoSuchWard: see ``wallets``.
        NoGuardian: see ``wallets``.
    """
    opened = wallets.open_of(session=session, ward_id=ward_id, now=now)
    try:
        found = kinds.find(kind)
    except kinds.NoSuchKind as error:
        raise NotLinkable from error
    if not found.by_number:
        raise NotLinkable
    normal = found.clean_number(number)
    mine = _live(kind, normal)
    if mine is not None and mine.citizen_id == opened.citizen.pk:  # the other press of the button
        return mine
    counted = limits.hit(policy.LINK_BY_NUMBER, str(session.account.pk), now=now)
    if isinstance(counted, limits.LockedUntil):
        raise TooManyNumbers(counted.until)
    with transaction.atomic():
        consenting.agree(
            citizen_id=opened.citizen.pk, party=found.party, actor=opened.actor, now=now
        )
        return _link(
            opened, kind=kind, registry=found.party, number=normal, answer=None, is_named=False, now=now
        )  # fmt: skip


@transaction.atomic
def link_child_card(*, child: Citizen, account_id: UUID, actor: Actor, now: datetime) -> Document:
    """Put the health card of a child into its wallet, by the child's personal number, to which a card answers too.

    Who registered the birth asked for the card, which is the consent to ask its registry; ``account_id`` is theirs.
    Until the registry has the card, the nightly checks go on asking. Linked already, it is the same paper.

    Raises:
        LinkedElsewhere: see the class.
    """
    found = kinds.find(HEALTH_CARD)
    consenting.agree(citizen_id=child.pk, party=found.party, actor=actor, now=now)
    opened = wallets.Opened(citizen=child, ward=None, account_id=account_id, actor=actor)
    number = found.clean_number(child.personal_number)
    return _link(
        opened, kind=HEALTH_CARD, registry=found.party, number=number, answer=None, is_named=False, now=now
    )  # fmt: skip


@transaction.atomic
def _link(
    opened: wallets.Opened,
    *,
    kind: str,
    registry: str,
    number: str,
    answer: Mapping[str, Any] | None,
    is_named: bool,
    now: datetime,
) -> Document:
    """Put a paper into a wallet and have it verified; ``is_named`` says that its registry names the person on it."""
    citizen = opened.citizen
    if not consents.hold(citizen.pk, registry, ConsentPurpose.PAPERS, now=now):
        raise ConsentEnded
    there = _live(kind, number, hold=True)
    if there is not None and there.citizen_id != citizen.pk:
        if not is_named or (there.verified_at is not None and there.state not in _NOT_THEIRS):
            raise LinkedElsewhere
        _unlink(there, reason="claimed", actor=SYSTEM, now=now)
    elif there is not None:
        return there
    try:
        with transaction.atomic():
            row = Document.objects.create(
                state=DocumentState.VERIFYING,
                citizen=citizen,
                kind=kind,
                registry=registry,
                number=number,
                number_index=sealed.blind_index(NUMBER, number),
                answer=answer,
                since=now,
                linked_at=now,
                linked_by_id=opened.account_id,
                next_check_at=now,
            )
    except IntegrityError:  # the other press of the button, or somebody else at the same moment
        there = _live(kind, number)
        if there is None or there.citizen_id != citizen.pk:
            raise LinkedElsewhere from None
        return there
    audit.record(
        events.PaperLinked(kind=kind, by_number=answer is None),
        actor=opened.actor,
        subject_id=citizen.pk,
        target=row,
        now=now,
    )
    verification.request(row, reason=VerificationReason.LINK, now=now)
    return row


def _live(kind: str, number: str, *, hold: bool = False) -> Document | None:
    """The paper of this number in whosever wallet it is, if it is in one."""
    rows = Document.objects.filter(
        kind=kind, number_index__in=sealed.blind_indexes(NUMBER, number)
    ).exclude(state=DocumentState.UNLINKED)
    return (rows.select_for_update(of=("self",)) if hold else rows).first()


# --- Checking -------------------------------------------------------------------------------------
def check_now(*, session: sessions.Session, public_id: str, now: datetime) -> None:
    """Have the registry asked about a paper now; one that waits already is not asked twice.

    Raises:
        TooManyChecks: see the class.
        NoSuchPaper: see ``wallets``; also one that left the wallet.
        StepUpNeeded: see ``wallets.open_of``.
        WardGrown: see ``wallets``.
        NoGuardian: see ``wallets``.
    """
    opened = wallets.open_with(session=session, public_id=public_id, now=now)
    answer = limits.hit(policy.CHECK_NOW, str(session.account.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyChecks(answer.until)
    with transaction.atomic():
        row = _held(opened, public_id)
        if row.state == DocumentState.UNLINKED:
            raise wallets.NoSuchPaper
        verification.request(row, reason=VerificationReason.HOLDER, now=now)


# --- Unlinking ------------------------------------------------------------------------------------
def unlink(*, session: sessions.Session, public_id: str, now: datetime) -> Document:
    """Take a paper out of the wallet: its copy is deleted, its history stays, and what was made of it. Twice is once.

    Raises:
        NoSuchPaper: see ``wallets``.
        StepUpNeeded: see ``wallets.open_of``.
        WardGrown: see ``wallets``.
        NoGuardian: see ``wallets``.
    """
    opened = wallets.open_with(session=session, public_id=public_id, now=now)
    with transaction.atomic():
        row = _held(opened, public_id)
        if row.state != DocumentState.UNLINKED:
            _unlink(row, reason="holder", actor=opened.actor, now=now)
    return row


def heed_end_of_consent(*, citizen_id: UUID, party: str, actor: Actor, now: datetime) -> None:
    """The person no longer agrees that a registry is asked: its papers leave the wallet, in the same transaction.

    What it found and was not linked goes too.
    """
    rows = Document.objects.select_for_update(of=("self",)).filter(
        citizen_id=citizen_id, registry=party
    )
    for row in rows.exclude(state=DocumentState.UNLINKED).order_by("pk"):
        _unlink(row, reason="consent", actor=actor, now=now)
    searching.forget(citizen_id=citizen_id, party=party)


def register() -> None:
    """Hear of consents that end; called in ``apps.ready()``."""
    consents.follow(ConsentPurpose.PAPERS, heed_end_of_consent)


def _held(opened: wallets.Opened, public_id: str) -> Document:
    row = (
        Document.objects.select_for_update(of=("self",))
        .filter(citizen_id=opened.citizen.pk, public_id=public_id)
        .first()
    )
    if row is None:
        raise wallets.NoSuchPaper
    return row


def _unlink(row: Document, *, reason: str, actor: Actor, now: datetime) -> None:
    move(
        row, states.DOCUMENT, to=DocumentState.UNLINKED,
        event=events.PaperUnlinked(kind=row.kind, reason=reason), actor=actor,
        subject_id=row.citizen_id, now=now, since=now, unlinked_at=now, paper=None, answer=None,
        verified_at=None, differing={},
    )  # fmt: skip
