"""Cards on paper for people without a phone: a signed code that anybody reads without the portal, for a year at most.

The code holds what its owner chose and nothing else (docs/cards.md says how). A list of revoked cards, signed as well,
is all that has to be fetched now and then; at `/verify/` a card is checked as it stands at that moment.
"""

import base64
import hashlib
import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import Action
from accounts.services import assurance
from accounts.services.sessions import Session
from documents import events, gateways, policy
from documents.enums import DocumentState, Level
from documents.models import Document, PrintedCard
from documents.selectors import showing
from documents.selectors.papers import Paper
from documents.services import copied_papers, presses
from documents.services.copied_papers import CopyRefused, TooManyMade
from documents.services.wallets import NoSuchPaper, Opened
from eid_portal.core import audit, clock, drawing, jws, limits, pdf, verify
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why

KEYS: Final = "card_signing"
CARD: Final = "eid-card"  # what the signed texts are
REVOKED: Final = "eid-revoked-cards"
VERSION: Final = 1
LONGEST: Final = (
    1500  # characters of a code: more of them make squares too small to be read off a card
)
LIST_MADE_EVERY: Final = timedelta(minutes=5)
NAME: Final = "name"  # the line with the holder's name, which is printed if it is chosen
_FRONT: Final = 5  # facts on the card itself
_TEMPLATE: Final = Path(__file__).with_name("printed_card.typ")


class CardTooFull(CopyRefused):
    """So much does not go into a code that can be read."""

    code = "card_too_full"
    field = "level"
    message = gettext_lazy("So much does not fit into the code. Choose less of the paper.")


class CardUnprintable(CopyRefused):
    """Our fonts lack a character of the paper."""

    code = "card_unprintable"
    message = gettext_lazy("This paper has characters that we cannot print.")


def issue(
    *,
    session: Session,
    wallet: Opened,
    public_id: str,
    form_id: str,
    level: Level,
    with_name: bool,
    language: str,
    now: datetime,
) -> PrintedCard:
    """A card of a paper. The same form sent twice is one card; changed, or once that is revoked, it makes another.

    Raises:
        StepUpNeeded: the session must prove afresh who it is.
        NoSuchPaper, NotVerified: see ``showable.find_paper``.
        TooManyMade: see the class.
        CardTooFull: see the class.
    """
    with translation.override(language):
        paper = copied_papers.find(session=session, wallet=wallet, public_id=public_id, now=now)
        title = str(paper.kind.title)
        lines = [line for line in paper.drawn.shown_at(level) if line.code != NAME]
        facts = [[str(line.label), line.value] for line in lines]
    card_id = _id_of(form_id, session, public_id, level.value, str(with_name), language)
    made = PrintedCard.objects.filter(public_id=card_id).first()
    if made is not None and made.revoked_at is None:
        return made
    if made is not None:  # the same again, and meant
        card_id = verify.new_code(CARDS)
    allowed = limits.hit(policy.PRINT_CARD, str(session.account.pk), now=now)
    if isinstance(allowed, limits.LockedUntil):
        raise TooManyMade(allowed.until)
    expires_at = _end(paper, now)
    content: dict[str, Any] = {
        "v": VERSION,
        "id": card_id,
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
        "kind": paper.kind.code,
        "lang": language,
        "paper": title,
        **({"name": paper.paper.holder_name.upper()} if with_name else {}),
        "facts": facts,
    }
    code, key_id = jws.sign(content, purpose=KEYS, kind=CARD)
    if len(code) > LONGEST:
        raise CardTooFull
    row = PrintedCard(
        public_id=card_id,
        citizen_id=paper.citizen_id,
        document_id=paper.document_id,
        made_by=session.account,
        made_at=now,
        code=code,
        language=language,
        level=level,
        key_id=key_id,
        expires_at=expires_at,
    )
    try:
        with transaction.atomic():
            copied_papers.hold(paper)
            row.save(force_insert=True)
            audit.record(
                events.CardPrinted(kind=paper.kind.code, level=level.value),
                actor=wallet.actor,
                subject_id=row.citizen_id,
                target=row,
                now=now,
            )
    except IntegrityError:  # the other press of the button
        mine = PrintedCard.objects.filter(public_id=card_id, citizen_id=paper.citizen_id).first()
        if mine is None:
            raise CopyRefused from None
        return mine
    return row


def _id_of(form_id: str, session: Session, *chosen: str) -> str:
    """The id of the card that a form makes: whoever sends the form cannot choose it, and nobody can guess it."""
    bits = UUID(presses.key_of(form_id, str(session.account.pk), *chosen)).int
    drawn = (verify.ALPHABET[bits >> 5 * place & 31] for place in range(CARDS.length - 1))
    return CARDS.prefix + "".join(drawn)


def revoke(*, wallet: Opened, public_id: str, now: datetime) -> None:
    """Revoke a card of a paper of the wallet, for good. One that is revoked stays as it is.

    Raises:
        NoSuchPaper: there is no such card.
    """
    with transaction.atomic():
        cards = PrintedCard.objects.select_for_update(of=("self",)).select_related("document")
        row = cards.filter(citizen=wallet.citizen, public_id=public_id).first()
        copied_papers.revoke(row, actor=wallet.actor, now=now)


def _end(paper: Paper, now: datetime) -> datetime:
    """A year from now, and never after the paper's last day."""
    latest = (now + policy.PRINTED_CARD_LASTS).replace(microsecond=0)
    if paper.drawn.expires_on is None:
        return latest
    day_after = paper.drawn.expires_on + timedelta(days=1)
    return min(latest, datetime.combine(day_after, time(), clock.VIET_NAM).astimezone(UTC))


# --- The card as it is printed ----------------------------------------------------------------------
def fetch(*, session: Session, wallet: Opened, public_id: str, now: datetime) -> bytes | None:
    """A sheet with the card, to be cut out; None if the card is revoked or has ended.

    Raises:
        StepUpNeeded: the session must prove afresh who it is.
        NoSuchPaper: there is no such card in the wallet.
        CardUnprintable: see the class.
        Busy: too many documents are being made.
    """
    assurance.require(session, Action.SHARE, now=now)
    row = PrintedCard.objects.filter(citizen=wallet.citizen, public_id=public_id).first()
    if row is None:
        raise NoSuchPaper
    if not works(row, now):
        return None
    with translation.override(row.language):
        values = _drawn(row)
    try:
        with pdf.gate.entered():
            return pdf.draw(_TEMPLATE, values)
    except pdf.Undrawable:
        raise CardUnprintable from None


def works(row: PrintedCard, now: datetime) -> bool:
    """Whether a card is in force."""
    return row.revoked_at is None and row.expires_at > now


def qr_of(row: PrintedCard) -> str:
    """The code as a square to be scanned; less of it may be damaged where it would be too fine to read."""
    return drawing.qr_file(row.code, error="m" if len(row.code) <= LONGEST * 2 // 3 else "l")


def _drawn(row: PrintedCard) -> dict[str, Any]:
    content = jws.content_of(row.code)
    until = f"{last_moment(row):%d/%m/%Y}"
    name = content.get("name", "")
    facts = [[_("Full name"), name], *content["facts"]] if name else content["facts"]
    address = f"{settings.PORTAL_URL}/verify/"
    return {
        "language": row.language,
        "title": _("Card: %(paper)s") % {"paper": content["paper"]},
        "brand": _("Digital Identity"),
        "brand_sub": _("National e-ID portal"),
        "paper": content["paper"],
        "front": facts[:_FRONT],
        "until": _("This card is valid until %(date)s") % {"date": until},
        "link": drawing.qr_file(f"{address}{row.public_id}/"),
        "link_label": _("Link to check this card with a phone"),
        "qr": qr_of(row),
        "qr_label": _("Signed code of this card"),
        "back": [
            _("Read the code with a verifier, also without network: %(address)s")
            % {"address": f"{address}cards/"},
            _("Or type at %(address)s") % {"address": address},
        ],
        "code": verify.grouped(row.public_id),
        "face": _("Compare the face with a photo document of the same person."),
        "cut": _("Cut along the marks, fold in the middle."),
        "says": _("What the code says"),
        "facts": facts,
        "notes": [
            _("Whoever scans the code reads all this, and nothing else."),
            _("Lost? Revoke the card in your wallet, or ask any ID-card counter to help you."),
        ],
    }


def last_moment(row: PrintedCard) -> datetime:
    """It ends at midnight after its last day, or a year after it was made."""
    return (row.expires_at - timedelta(seconds=1)).astimezone(clock.VIET_NAM)


# --- What verifiers fetch ---------------------------------------------------------------------------
def revocation_list(*, now: datetime) -> str:
    """The signed list of revoked cards that have not ended; the same within ``LIST_MADE_EVERY`` if nothing changes.

    A card of a paper that its registry took back is on it as long as that holds.
    """
    made = int(now.timestamp()) // int(LIST_MADE_EVERY.total_seconds())
    in_time = PrintedCard.objects.filter(expires_at__gt=now)
    # Named by registry as well, so that the index finds the few among all papers.
    taken_back = Document.objects.filter(
        registry__in=list(gateways.every()), state=DocumentState.REVOKED
    )
    revoked = {
        card_id
        for cards in (
            in_time.filter(revoked_at__isnull=False),
            in_time.filter(document__in=taken_back),
        )
        for card_id in cards.values_list("public_id", flat=True)
    }
    content = {
        "v": VERSION,
        "iat": made * int(LIST_MADE_EVERY.total_seconds()),
        "revoked": sorted(map(fingerprint, revoked)),
    }
    return jws.sign(content, purpose=KEYS, kind=REVOKED)[0]


def fingerprint(card_id: str) -> str:
    """What stands in the list: whoever reads it learns of no card, and finds the one in their hands."""
    return base64.urlsafe_b64encode(hashlib.sha256(card_id.encode()).digest()[:12]).decode()


def key_set() -> str:
    """The public keys of cards and list, as JSON."""
    return json.dumps(jws.key_set(KEYS), separators=(",", ":"))


# --- Who checks one ---------------------------------------------------------------------------------
class PrintedCards:
    """The ids of printed cards; see ``core.verify.Verifiable``."""

    prefix = "T"
    length = 22

    def peek(self, code: str, now: datetime) -> Peek | Nothing:
        """What it is a card of."""
        row = _by_id(code)
        if row is None:
            return Nothing(why=Why.NOT_OURS)
        return Peek(
            about=_("A printed card: %(paper)s") % {"paper": copied_papers.kind_of(row).title},
            until=None,
            notes=(
                _("You will see what the card says, and the photo in the register."),
                _("Its holder reads that somebody checked it, and when."),
            ),
        )

    def open(self, code: str, viewer: Viewer, now: datetime) -> Genuine | Nothing:
        """What the card says, if it holds still."""
        row = _by_id(code)
        if row is None:
            return Nothing(why=Why.NOT_OURS)
        report = copied_papers.record_check(row, viewer, now)
        if row.revoked_at is not None:
            return Nothing(why=Why.REVOKED)
        if row.expires_at <= now:
            return Nothing(
                why=Why.EXPIRED,
                title=_("The card has ended"),
                text=_("It was valid until %(date)s.") % {"date": f"{last_moment(row):%d/%m/%Y}"},
                steps=(_("Its holder can print a new one."),),
            )
        stands = copied_papers.standing(row, now)
        ended = copied_papers.over(stands)
        if ended is not None:
            return ended
        content = jws.content_of(row.code)
        return Genuine(
            title=_("Genuine card: %(paper)s") % {"paper": copied_papers.kind_of(row).title},
            text=_("Valid until %(date)s") % {"date": f"{last_moment(row):%d/%m/%Y}"},
            template="documents/_checked_card.html",
            values={
                "name": content.get("name", ""),
                "facts": content["facts"],
                "photo": showing.picture_of(row.citizen_id),
                **copied_papers.checked_values(stands),
            },
            shows_face=True,
            report=report,
        )


def _by_id(card_id: str) -> PrintedCard | None:
    return PrintedCard.objects.filter(public_id=card_id).select_related("document").first()


CARDS: Final = PrintedCards()


def register() -> None:
    """Let `/verify/` read our codes; called in ``apps.ready()``."""
    verify.register(CARDS)
