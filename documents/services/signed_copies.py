"""Signed PDF copies of papers: made for one purpose that is printed across them, kept sealed, revocable.

The same copy is not made twice: it is found by a keyed hash over everything that is drawn. Drawing and signing wait at
the gate of ``core.pdf``, outside any transaction; a copy that two presses of a button make at once is kept once.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import Action
from accounts.services import assurance
from accounts.services.sessions import Session
from documents import events, policy
from documents.enums import Level
from documents.models import SignedCopy
from documents.selectors.papers import Paper
from documents.services import copied_papers
from documents.services.copied_papers import CopyRefused, TooManyMade
from documents.services.wallets import NoSuchPaper, Opened
from eid_portal.core import audit, clock, drawing, limits, pdf, sealed, verify
from eid_portal.core.events import Actor
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why

HASH: Final = "documents.signed_copy"  # purpose of the keyed hash
_TEMPLATE: Final = Path(__file__).with_name("signed_copy.typ")


class PurposeUnprintable(CopyRefused):
    """Our fonts lack a character of what was typed, or of the paper."""

    code = "purpose_unprintable"
    field = "purpose"
    message = gettext_lazy("Some of these characters cannot be printed. Write it in Latin letters.")


def make(
    *,
    session: Session,
    wallet: Opened,
    public_id: str,
    purpose: str,
    level: Level,
    language: str,
    now: datetime,
) -> SignedCopy:
    """A signed copy of a paper; the one there is, if it says the same and is not revoked.

    Raises:
        StepUpNeeded: the session must prove afresh who it is.
        NoSuchPaper, NotVerified: see ``showable.find_paper``.
        TooManyMade: see the class.
        PurposeUnprintable: see the class.
        Busy: too many documents are being made.
    """
    with translation.override(language):
        paper = copied_papers.find(session=session, wallet=wallet, public_id=public_id, now=now)
        says = _says(paper, purpose=purpose, level=level, language=language)
    found = _find(paper, says)
    if found is not None:
        return found
    allowed = limits.hit(policy.SIGN_COPY, str(session.account.pk), now=now)
    if isinstance(allowed, limits.LockedUntil):
        raise TooManyMade(allowed.until)
    with pdf.gate.entered():
        found = _find(paper, says)  # the other press of the button, while this one waited
        if found is not None:
            return found
        code = verify.new_code(COPIES)
        with translation.override(language):
            document = _document(says, code=code, now=now)
    row = SignedCopy(
        citizen_id=paper.citizen_id,
        document_id=paper.document_id,
        made_by=session.account,
        made_at=now,
        token_hash=sealed.token_hash(code),
        purpose=purpose,
        level=level,
        language=language,
        content_hash=sealed.keyed_hash(HASH, _text(says)),
        says=says,
        pdf=document,
    )
    return _keep(row, paper, actor=wallet.actor, now=now)


def revoke(*, wallet: Opened, public_id: str, now: datetime) -> None:
    """Revoke a copy of a paper of the wallet, for good. One that is revoked stays as it is.

    Raises:
        NoSuchPaper: there is no such copy.
    """
    with transaction.atomic():
        copies = SignedCopy.objects.select_for_update(of=("self",)).select_related("document")
        row = copies.defer("pdf", "says").filter(_of(wallet, public_id)).first()
        copied_papers.revoke(row, actor=wallet.actor, now=now)


def fetch(*, session: Session, wallet: Opened, public_id: str, now: datetime) -> bytes | None:
    """The document of a copy of a paper of the wallet; None if it is revoked.

    Raises:
        StepUpNeeded: the session must prove afresh who it is.
        NoSuchPaper: there is no such copy.
    """
    assurance.require(session, Action.SHARE, now=now)
    row = SignedCopy.objects.filter(_of(wallet, public_id)).first()
    if row is None:
        raise NoSuchPaper
    return None if row.revoked_at else bytes(row.pdf)


def _of(wallet: Opened, public_id: str) -> Q:
    return Q(citizen=wallet.citizen, public_id=public_id)


def _find(paper: Paper, says: dict[str, Any]) -> SignedCopy | None:
    hashes = sealed.keyed_hashes(HASH, _text(says))
    copies = SignedCopy.objects.filter(
        citizen_id=paper.citizen_id, content_hash__in=hashes, revoked_at__isnull=True
    )
    return copies.defer("pdf", "says").first()


def _keep(row: SignedCopy, paper: Paper, *, actor: Actor, now: datetime) -> SignedCopy:
    try:
        with transaction.atomic():
            copied_papers.hold(paper)
            row.save(force_insert=True)
            audit.record(
                events.CopySigned(kind=paper.kind.code, purpose=row.purpose),
                actor=actor,
                subject_id=row.citizen_id,
                target=row,
                now=now,
            )
    except IntegrityError:  # another process made the same at the same moment
        return SignedCopy.objects.get(
            citizen_id=row.citizen_id, content_hash=row.content_hash, revoked_at__isnull=True
        )
    return row


# --- What is drawn ----------------------------------------------------------------------------------
def _text(says: dict[str, Any]) -> str:
    return json.dumps(says, ensure_ascii=False, sort_keys=True)


def _says(paper: Paper, *, purpose: str, level: Level, language: str) -> dict[str, Any]:
    """Everything a copy says but its code and when it was made."""
    local = paper.verified_at.astimezone(clock.VIET_NAM)
    return {
        "paper": paper.public_id,
        "kind": paper.kind.code,
        "level": level,
        "language": language,
        "brand": " · ".join((_("Digital Identity"), _("National e-ID portal"))),
        "title": _("Copy: %(paper)s") % {"paper": paper.kind.title},
        "issuer": _("Issued by: %(issuer)s") % {"issuer": paper.paper.issuer},
        "watermark": _("Only for: %(purpose)s") % {"purpose": purpose},
        "facts": [[str(line.label), line.value] for line in paper.drawn.shown_at(level)],
        "verified": _("The registry last confirmed this paper at %(time)s on %(date)s.")
        % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"},
    }


def _document(says: dict[str, Any], *, code: str, now: datetime) -> bytes:
    local = now.astimezone(clock.VIET_NAM)
    address = f"{settings.PORTAL_URL}/verify/"
    lines = [
        _("Check this copy: scan the code, or type %(code)s at %(address)s.")
        % {"code": verify.grouped(code), "address": address},
        says["verified"],
        _("Signed by the portal at %(time)s on %(date)s, without a trusted time stamp.")
        % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"},
        _(
            "The signature lies in this file: a PDF reader shows it. On paper, only the code counts."
        ),
    ]
    drawn = {
        **{name: says[name] for name in ("language", "brand", "title", "issuer", "watermark", "facts")},
        "qr": drawing.qr_file(f"{address}{code}/"),
        "qr_label": _("QR code to check this copy"),
        "lines": lines,
        "footer": _("A copy of what the registry confirmed, made for one purpose by its holder."),
    }  # fmt: skip
    try:
        return pdf.sign(pdf.draw(_TEMPLATE, drawn), reason=says["watermark"])
    except pdf.Undrawable:
        raise PurposeUnprintable from None


# --- Who checks one ---------------------------------------------------------------------------------
class SignedCopies:
    """The codes printed on signed copies; see ``core.verify.Verifiable``."""

    prefix = "B"
    length = 24

    def peek(self, code: str, now: datetime) -> Peek | Nothing:
        """What it is a copy of."""
        row = _by_code(code)
        if row is None:
            return Nothing(why=Why.NOT_OURS)
        return Peek(
            about=_("A signed copy: %(paper)s") % {"paper": copied_papers.kind_of(row).title},
            until=None,
            notes=(_("Its holder reads that somebody checked it, and when."),),
        )

    def open(self, code: str, viewer: Viewer, now: datetime) -> Genuine | Nothing:
        """What it says and what it was made for, if it holds still."""
        row = _by_code(code)
        if row is None:
            return Nothing(why=Why.NOT_OURS)
        report = copied_papers.record_check(row, viewer, now)
        if row.revoked_at is not None:
            return Nothing(why=Why.REVOKED)
        stands = copied_papers.standing(row, now)
        ended = copied_papers.over(stands)
        if ended is not None:
            return ended
        local = row.made_at.astimezone(clock.VIET_NAM)
        return Genuine(
            title=_("Genuine copy: %(paper)s") % {"paper": copied_papers.kind_of(row).title},
            text=_("Made at %(time)s on %(date)s. Compare every line with the copy in your hands.")
            % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"},
            template="documents/_checked_copy.html",
            values={
                "purpose": row.purpose,
                "facts": row.says["facts"],
                **copied_papers.checked_values(stands),
            },
            report=report,
        )


def _by_code(code: str) -> SignedCopy | None:
    copies = SignedCopy.objects.filter(token_hash=sealed.token_hash(code))
    return copies.select_related("document").defer("pdf").first()


COPIES: Final = SignedCopies()


def register() -> None:
    """Let `/verify/` read our codes; called in ``apps.ready()``."""
    verify.register(COPIES)
