"""Share a copy of a paper: for a purpose, until a day, for so many views, each of which its holder reads about."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.enums import Action
from accounts.services import assurance, portraits, sessions
from accounts.services.sessions import Session
from documents import events, policy
from documents.enums import Level, LookPurpose
from documents.models import Share, ShareView
from documents.selectors import showing
from documents.selectors.papers import Paper
from documents.services import holder_reports, presenting, presses, showable
from documents.services.wallets import Opened
from eid_portal.core import audit, clock, ids, limits, sealed, verify
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why


class ShareRefused(Exception):
    """The copy is not shared; ``code`` says why and ``message`` tells the holder."""

    code = "share_refused"
    message: Any = ""


class TooManyShares(ShareRefused):
    """So many copies were shared that the next must wait ``until``."""

    code = "too_many_shares"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until
        local = until.astimezone(clock.VIET_NAM)
        self.message = _("You shared too many copies today. Share the next after %(time)s.") % {
            "time": f"{local:%H:%M}"
        }


class NoSuchShare(ShareRefused):
    """There is none of that paper."""

    code = "no_such_share"


def begin(*, session: Session, wallet: Opened, public_id: str, now: datetime) -> Paper:
    """The paper to share, for who proved themselves afresh.

    Raises:
        StepUpNeeded: sharing needs a fresh proof.
        NoSuchPaper, NotVerified: see ``showable.find_paper``.
    """
    assurance.require(session, Action.SHARE, now=now)
    return showable.find_paper(wallet=wallet, public_id=public_id, now=now)


def share(
    *,
    session: Session,
    wallet: Opened,
    public_id: str,
    purpose: str,
    level: Level,
    days: int,
    views: int,
    press: str,
    now: datetime,
) -> Share:
    """Share a copy until the end of a day; ``press`` names the press of the button, which makes one share.

    Raises:
        StepUpNeeded: sharing needs a fresh proof.
        NoSuchPaper, NotVerified: see ``showable.find_paper``.
        TooManyShares: see the class.
    """
    paper = begin(session=session, wallet=wallet, public_id=public_id, now=now)
    sent = (public_id, purpose, level.value, str(days), str(views))
    key = presses.key_of(press, str(session.account.pk), *sent)
    made = _made_by(session, key)
    if made is not None and now - made.made_at <= policy.SAME_PRESS:
        return made
    if made is not None:  # the same again, and meant
        key = ids.public_id()
    answer = limits.hit(policy.SHARE, str(session.account.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyShares(answer.until)
    portraits.fetch(citizen=wallet.citizen, actor=wallet.actor, now=now)
    try:
        return _create(
            paper, session=session, purpose=purpose, level=level, days=days, views=views,
            press=key, now=now,
        )  # fmt: skip
    except IntegrityError:
        made = _made_by(session, key)
        if made is None:
            raise
        return made


@transaction.atomic
def revoke(*, wallet: Opened, public_id: str, now: datetime) -> None:
    """Close a share of a wallet at once; one that is closed stays so. The paper itself may be in any state.

    Raises:
        NoSuchShare: see the class.
    """
    rows = Share.objects.select_for_update().filter(citizen_id=wallet.citizen.pk)
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise NoSuchShare
    if row.revoked_at is not None:
        return
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    audit.record(
        events.ShareRevoked(kind=showing.kind_of(row).code),
        actor=wallet.actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )


# --- Reading --------------------------------------------------------------------------------------
class Shares:
    """Codes of shared copies; see ``core.verify.Verifiable``."""

    prefix = "C"
    length = 24  # 115 random bits: they live for weeks

    def peek(self, code: str, now: datetime) -> Peek | Nothing:
        """What is shared, in general words; not with whom or what for."""
        row = _find(code).first()
        if row is None:
            return Nothing(why=Why.NOT_OURS)
        found = _paper_or_nothing(row, now)
        if isinstance(found, Nothing):
            return found
        what = showing.fields_at(found.drawn, Level(row.level))
        left = row.views_allowed - row.views_used
        return Peek(
            about=_("A copy was shared with you: %(paper)s. You will see: %(what)s.")
            % {"paper": found.kind.title, "what": what[:1].lower() + what[1:]},
            until=row.ends_at - timedelta(seconds=1),
            notes=(
                _("It can be seen %(left)s more times. Each time its holder reads when it was opened.")
                % {"left": left},
            ),
        )  # fmt: skip

    @transaction.atomic
    def open(self, code: str, viewer: Viewer, now: datetime) -> Genuine | Nothing:
        """The copy; each press of the button is one view, and no more views are given than were allowed."""
        row = _find(code).select_for_update(of=("self",)).first()
        if row is None:
            return Nothing(why=Why.NOT_OURS)
        same = row.views.filter(press=viewer.press, at__gte=now - policy.SAME_PRESS)
        view = same.first() if viewer.press else None
        found = _paper_or_nothing(row, now, again=view is not None)
        if isinstance(found, Nothing):
            return found
        if view is None:
            row.views_used += 1
            row.save(update_fields=["views_used"])
            view = ShareView.objects.create(
                share=row, at=now, device=viewer.device, place=viewer.place, press=viewer.press
            )
            _record(row, found, viewer, now)
        kind = found.kind.code
        return presenting.genuine(
            found,
            Level(row.level),
            report=holder_reports.allow(reading=view.pk, shown=row, kind=kind, now=now),
            now=now,
            values={
                "purpose": row.purpose,
                "until": row.ends_at - timedelta(seconds=1),
                "view": row.views_used,
                "views": row.views_allowed,
            },
        )


KIND: Final = Shares()


def register() -> None:
    """Let anybody verify our codes; called in ``apps.ready()``."""
    verify.register(KIND)


@transaction.atomic
def _create(
    paper: Paper,
    *,
    session: Session,
    purpose: str,
    level: Level,
    days: int,
    views: int,
    press: str,
    now: datetime,
) -> Share:
    code = verify.new_code(KIND)
    row = Share.objects.create(
        citizen_id=paper.citizen_id,
        document_id=paper.document_id,
        made_by=session.account,
        made_at=now,
        token=code,
        token_hash=sealed.token_hash(code),
        level=level,
        purpose=purpose,
        ends_at=end_of(days, now=now),
        views_allowed=views,
        press=press,
    )
    audit.record(
        events.ShareMade(
            kind=paper.kind.code, level=level.value, views_allowed=views, purpose=purpose
        ),
        actor=sessions.actor_of(session),
        subject_id=paper.citizen_id,
        target=row,
        now=now,
    )
    return row


def end_of(days: int, *, now: datetime) -> datetime:
    """The end, in Viet Nam, of the day so many days after today."""
    last = clock.today(now) + timedelta(days=days + 1)
    return datetime.combine(last, datetime.min.time(), tzinfo=clock.VIET_NAM)


def _made_by(session: Session, press: str) -> Share | None:
    """What the same press made already."""
    return Share.objects.filter(made_by=session.account, press=press).first()


def _find(code: str) -> Any:
    return Share.objects.select_related("document", "made_by").filter(
        token_hash=sealed.token_hash(code)
    )


def _paper_or_nothing(row: Share, now: datetime, *, again: bool = False) -> Paper | Nothing:
    """The paper, if the share still shows it; ``again``: to who opened it a moment ago."""
    match showing.state_of(row, now=now):
        case "revoked":
            return Nothing(
                why=Why.REVOKED,
                title=_("No longer shared"),
                steps=(_("Its holder closed this share. Ask them for a new one."),),
            )
        case "ended":
            return Nothing(
                why=Why.EXPIRED,
                title=_("This share has ended"),
                text=_("It ended at the end of %(date)s.") % {"date": _last_day(row)},
                steps=(_("Ask the holder to share a new copy."),),
            )
        case "used_up" if not again:
            return Nothing(
                why=Why.USED,
                title=_("All views were used"),
                text=_("It could be opened %(views)s times.") % {"views": row.views_allowed},
                steps=(_("Ask the holder to share a new copy."),),
            )
        case _:
            pass
    paper = showing.paper_of(row, now=now)
    if (
        paper is None
        or not paper.can_be_shown
        or not showable.acts_for(row.made_by, row.citizen_id, now=now)
    ):
        return Nothing(why=Why.NOT_NOW)
    return paper


def _last_day(row: Share) -> str:
    local = (row.ends_at - timedelta(seconds=1)).astimezone(clock.VIET_NAM)
    return f"{local:%d/%m/%Y}"


def _record(row: Share, paper: Paper, viewer: Viewer, now: datetime) -> None:
    audit.record(
        events.ShareViewed(
            kind=paper.kind.code,
            level=row.level,
            device=viewer.device,
            purpose=row.purpose,
            fields=presenting.fields_shown(paper, Level(row.level)),
        ),
        actor=viewer.actor,
        subject_id=row.citizen_id,
        target=row,
        purpose=LookPurpose.SHOWN.value,
        now=now,
    )
