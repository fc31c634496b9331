"""Show a paper to somebody: a code that works once and for a minute, and reading it.

The holder chooses how much is shown, and reads within seconds that the code was read.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.services import portraits
from accounts.services.sessions import Session
from documents import events, policy
from documents.enums import Level, LookPurpose
from documents.kinds import id_card
from documents.models import Presentation
from documents.selectors import showing
from documents.selectors.papers import Paper
from documents.services import holder_reports, showable
from documents.services.wallets import Opened
from eid_portal.core import audit, clock, limits, sealed, tidying, verify
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why

PURPOSE: Final = "documents.presentation"  # of the keyed hash
PHOTO: Final = "photo"


class TooManyCodes(Exception):
    """So many codes were made that the next must wait ``until``."""

    code = "too_many_codes"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until
        local = until.astimezone(clock.VIET_NAM)
        self.message = _("You made too many codes. Make the next one after %(time)s.") % {
            "time": f"{local:%H:%M}"
        }


def present(
    *, session: Session, wallet: Opened, public_id: str, level: Level, now: datetime
) -> Presentation:
    """Make a code for a paper; an earlier one of the same paper shows nothing from now on.

    Raises:
        NoSuchPaper, NotVerified: see ``showable.find_paper``.
        TooManyCodes: see the class.
    """
    paper = showable.find_paper(wallet=wallet, public_id=public_id, now=now)
    account = session.account
    answer = limits.hit(policy.SHOW, str(account.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyCodes(answer.until)
    portraits.fetch(citizen=wallet.citizen, actor=wallet.actor, now=now)
    code = verify.new_code(KIND)
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        Presentation.objects.filter(
            showing.of(paper.citizen_id, paper.document_id),
            made_by=account,
            used_at__isnull=True,
            expires_at__gt=now,
        ).update(expires_at=now)
        return Presentation.objects.create(
            citizen_id=paper.citizen_id,
            document_id=paper.document_id,
            made_by=account,
            made_at=now,
            token=code,
            token_hash=sealed.keyed_hash(PURPOSE, code),
            level=level,
            expires_at=now + policy.CODE_LASTS,
        )


# --- Reading --------------------------------------------------------------------------------------
class Presentations:
    """Codes of papers shown; see ``core.verify.Verifiable``."""

    prefix = "X"
    length = 12  # 55 random bits, for a minute

    def peek(self, code: str, now: datetime) -> Peek | Nothing:
        """What the holder shows, in general words."""
        row = _find(code).first()
        if row is None:
            return Nothing(why=Why.NOT_OURS)
        found = _paper_or_nothing(row, now)
        if isinstance(found, Nothing):
            return found
        what = showing.fields_at(found.drawn, Level(row.level))
        return Peek(
            about=_("The person before you shows: %(paper)s. You will see: %(what)s.")
            % {"paper": found.kind.title, "what": what[:1].lower() + what[1:]},
            until=row.expires_at,
            notes=(
                _("The code works once. When you press, that person sees that it was read, and when."),
            ),
        )  # fmt: skip

    @transaction.atomic
    def open(self, code: str, viewer: Viewer, now: datetime) -> Genuine | Nothing:
        """The paper, once; of two who read at the same time one sees it."""
        taken = take(code, press=viewer.press, now=now)
        if isinstance(taken, Nothing):
            return taken
        if not taken.again:
            _record(taken.row, taken.paper, viewer, now)
        kind = taken.paper.kind.code
        report = holder_reports.allow(reading=taken.row.pk, shown=taken.row, kind=kind, now=now)
        return genuine(taken.paper, Level(taken.row.level), report=report, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A code that was used up by this press, or by the same press a moment ago (``again``)."""

    row: Presentation
    paper: Paper
    again: bool


def take(code: str, *, press: str, now: datetime) -> Taken | Nothing:
    """Use a code up, in the caller's transaction, who records that it was read."""
    row = _find(code).select_for_update(of=("self",)).first()
    if row is None:
        return Nothing(why=Why.NOT_OURS)
    again = (
        row.used_at is not None
        and bool(press)
        and row.used_press == press
        and now - row.used_at <= policy.SAME_PRESS
    )
    found = _paper_or_nothing(row, now, again=again)
    if isinstance(found, Nothing):
        return found
    if not again:
        row.used_at, row.used_press = now, press
        row.save(update_fields=["used_at", "used_press"])
    return Taken(row=row, paper=found, again=again)


def kind_of(code: str) -> str | None:
    """The code of the kind of paper that a code shows; None for one that we do not know."""
    row = _find(code).first()
    if row is None:
        return None
    return row.document.kind if row.document else id_card.CODE


KIND: Final = Presentations()


def genuine(
    paper: Paper,
    level: Level,
    *,
    report: str,
    now: datetime,
    values: dict[str, Any] | None = None,
) -> Genuine:
    """A paper as who reads it sees it; ``report`` is the token of the reading."""
    local = paper.verified_at.astimezone(clock.VIET_NAM)
    return Genuine(
        title=_("%(paper)s: genuine and valid") % {"paper": paper.kind.title},
        text=_("%(issuer)s confirmed it at %(time)s on %(date)s")
        % {
            "issuer": paper.kind.issuer,
            "time": f"{local:%H:%M}",
            "date": f"{local:%d/%m/%Y}",
        },
        template="documents/verify_paper.html",
        values={**showing.drawn_values(paper, level, now=now), **(values or {})},
        shows_face=True,
        report=report,
    )


def fields_shown(paper: Paper, level: Level) -> list[str]:
    """The codes of what a level shows, for the record."""
    return [PHOTO, *(line.code for line in paper.drawn.shown_at(level))]


def register() -> None:
    """Let anybody verify our codes, and have old ones deleted; called in ``apps.ready()``."""
    verify.register(KIND)
    tidying.register(
        "presentations",
        lambda now: Presentation.objects.filter(expires_at__lt=now - policy.PRESENTATIONS_KEPT),
    )


def _find(code: str) -> Any:
    hashes = sealed.keyed_hashes(PURPOSE, code)
    return Presentation.objects.select_related("document", "made_by").filter(token_hash__in=hashes)


def _paper_or_nothing(row: Presentation, now: datetime, *, again: bool = False) -> Paper | Nothing:
    """The paper, if the code still shows it; ``again``: to who used it up a moment ago."""
    if not again:
        if row.used_at is not None:
            return Nothing(
                why=Why.USED,
                text=_("Read at %(time)s on %(date)s. A code shows its paper once.")
                % _moment(row.used_at),
                steps=_steps(),
            )
        if row.expires_at <= now:
            return Nothing(
                why=Why.EXPIRED,
                text=_("It ended at %(time)s on %(date)s. Nothing is shown of an old code.")
                % _moment(row.expires_at),
                steps=_steps(),
            )
    paper = showing.paper_of(row, now=now)
    if (
        paper is None
        or not paper.can_be_shown
        or not showable.acts_for(row.made_by, row.citizen_id, now=now)
    ):
        return Nothing(why=Why.NOT_NOW)
    return paper


def _record(row: Presentation, paper: Paper, viewer: Viewer, now: datetime) -> None:
    audit.record(
        events.PaperShown(
            kind=paper.kind.code, level=row.level, fields=fields_shown(paper, Level(row.level))
        ),
        actor=viewer.actor,
        subject_id=row.citizen_id,
        target=row,
        purpose=LookPurpose.SHOWN.value,
        now=now,
    )


def _moment(moment: datetime) -> dict[str, str]:
    local = moment.astimezone(clock.VIET_NAM)
    return {"time": f"{local:%H:%M:%S}", "date": f"{local:%d/%m/%Y}"}


def _steps() -> tuple[str, ...]:
    return (
        _("Ask the person to press “New code”, then scan again."),
        _("If they only have a picture of a screen, do not accept it."),
    )
