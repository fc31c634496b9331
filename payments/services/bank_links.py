"""Link a bank account: its holder agrees at the bank, and the bank alone says so.

What stands in the address that a browser comes back with proves nothing: it names a consent, which must be one that
this very session began, and its state is asked at the bank. The account must stand in the holder's name. Of its number
only the last four digits are ever told to us. What we no longer use is ended at the bank too, by a job.
"""

from datetime import datetime
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import NoticeKind
from accounts.models import Account
from accounts.services import notices, sessions
from eid_portal.core import audit, clock, jobs, limits
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.core.spelling import Sameness, compare_names
from eid_portal.core.transitions import StaleState, move
from payments import events, policy, states
from payments.enums import LinkState, ReportOutcome
from payments.gateways import napas
from payments.gateways.base import NotDone, NotFound
from payments.gateways.napas import ConsentEnded, ConsentGiven, ConsentOpened, ConsentWaits
from payments.models import BankLink
from payments.models.paying import ONWARD_LONGEST
from payments.rules import banks

EXPIRE: Final = "payments.expire_link"
END: Final = "payments.end_consent"
END_TRIES: Final = 1000  # a bank that is away is asked until it is back
RETURN: Final = "/banks/return/"
log = structlog.get_logger()


class LinkRefused(Exception):
    """The bank account was not linked; ``message`` says why."""

    code = "link_refused"
    message: Any = _("The bank account was not linked.")


class NoSuchBank(LinkRefused):
    """We know no such bank."""

    code = "no_such_bank"
    message = _("Choose one of the banks on this page")


class TooManyLinks(LinkRefused):
    """The person has as many bank accounts as can be linked."""

    code = "too_many_links"
    message = _("You have linked as many accounts as can be. Unlink one first.")


class BegunTooOften(LinkRefused):
    """The next try must wait ``until``."""

    code = "begun_too_often"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


class BankSilent(LinkRefused):
    """The bank does not answer; nothing was changed."""

    code = "bank_silent"
    message = _("The bank does not answer now. Nothing was changed. Try again in a few minutes.")


class NoSuchLink(LinkRefused):
    """There is no such account among the person's, or another session began it."""

    code = "no_such_link"
    message = _(
        "This consent was not begun here, so it is not used. Begin again; nothing was linked."
    )


class NotDecided(LinkRefused):
    """The customer has not answered the bank."""

    code = "not_decided"
    message = _("The bank still waits for your answer. Go to its page and agree there.")


class NotLinked(LinkRefused):
    """It ended without a link; ``code`` says how."""

    MESSAGES: Final = {
        "refused": _("You or the bank did not agree. Nothing was linked."),
        "expired": _("You took too long, so the consent was ended. Begin again."),
        "other_name": _(
            "The account stands in another name. Only accounts in your own name can be linked."
        ),
        "ended": _("The bank has ended the consent. Begin again if you want to link the account."),
    }

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = self.MESSAGES.get(code, LinkRefused.message)


# --- Beginning and coming back --------------------------------------------------------------------
def begin(*, session: sessions.Session, bank: str, onward: str = "", now: datetime) -> BankLink:
    """Ask a bank to ask its customer; ``page`` of the row is where. Begun twice by one session it is the same.

    ``onward`` is the page of ours that the person goes on to once it is linked; the last one asked for counts, and one
    that is too long to be kept is forgotten.

    Raises:
        LinkRefused: see its subclasses.
    """
    if bank not in banks.NAMES:
        raise NoSuchBank
    row = _begun(session, bank, now) or _begin(session, bank, now)
    kept = onward if len(onward) <= ONWARD_LONGEST else ""
    if row.onward != kept:
        BankLink.objects.filter(pk=row.pk).update(onward=kept)
        row.onward = kept
    if row.page:
        return row
    citizen = session.account.citizen
    said = napas.open_consent(
        reference=row.public_id,
        bank=bank,
        return_url=f"{settings.PORTAL_URL}{RETURN}",
        full_name=citizen.full_name,
        personal_number=citizen.personal_number,
    )
    match said:
        case ConsentOpened(consent_id, page):
            values = {"consent_id": consent_id, "page": page}
            BankLink.objects.filter(pk=row.pk, consent_id__isnull=True).update(**values)
            row.refresh_from_db(fields=["consent_id", "page"])
            return row
        case NotFound() | Unavailable() | Unknown():
            raise BankSilent


def finish(*, session: sessions.Session, consent_id: str, now: datetime) -> BankLink:
    """Ask the bank what its customer decided, and link the account if they agreed; come back twice, linked once.

    Raises:
        LinkRefused: see its subclasses.
    """
    row = _of_session(session, consent_id)
    if row.state != LinkState.LINKING:
        return _ended(row)
    match napas.consent_status(consent_id, row.bank):
        case ConsentGiven() as given:
            citizen = session.account.citizen
            if compare_names(given.holder_name, citizen.full_name) is Sameness.OTHER:
                return _refuse(row, "other_name", actor=sessions.actor_of(session), now=now)
            return _link(row, given, actor=sessions.actor_of(session), now=now)
        case NotDone():
            return _refuse(row, "refused", actor=sessions.actor_of(session), now=now)
        case ConsentEnded() | NotFound():
            return _refuse(row, "ended", actor=sessions.actor_of(session), now=now)
        case ConsentWaits():
            raise NotDecided
        case Unavailable() | Unknown():
            raise BankSilent


def _begun(session: sessions.Session, bank: str, now: datetime) -> BankLink | None:
    return (
        BankLink.objects.filter(
            account=session.account, session_id=session.id, bank=bank, state=LinkState.LINKING,
            begun_at__gt=now - policy.LINK_LASTS / 2,
        )
        .order_by("-begun_at")
        .first()
    )  # fmt: skip


def _begin(session: sessions.Session, bank: str, now: datetime) -> BankLink:
    answer = limits.hit(policy.BEGIN_LINK, str(session.account.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise BegunTooOften(answer.until)
    with transaction.atomic():
        _hold(session.account)
        found = _begun(session, bank, now)
        if found is not None:
            return found
        active = BankLink.objects.filter(account=session.account, state=LinkState.ACTIVE)
        if active.count() >= policy.LINKS_MOST:
            raise TooManyLinks
        row = BankLink.objects.create(
            state=LinkState.LINKING,
            account=session.account,
            bank=bank,
            session_id=session.id,
            since=now,
            begun_at=now,
        )
        audit.record(
            events.BankLinkBegun(bank=bank),
            actor=sessions.actor_of(session),
            subject_id=session.account.citizen_id,
            target=row,
            now=now,
        )
        jobs.enqueue(EXPIRE, subject_id=row.pk, at=now + policy.LINK_LASTS)
    return row


def _of_session(session: sessions.Session, consent_id: str) -> BankLink:
    row = (
        BankLink.objects.select_related("account")
        .filter(account=session.account, session_id=session.id, consent_id=consent_id)
        .first()
        if consent_id.isprintable()
        else None
    )
    if row is None:
        raise NoSuchLink
    return row


def _ended(row: BankLink) -> BankLink:
    """A link that is no longer begun: linked, or how it ended."""
    if row.state == LinkState.ACTIVE:
        return row
    raise NotLinked(row.code)


def _link(row: BankLink, given: ConsentGiven, *, actor: Actor, now: datetime) -> BankLink:
    try:
        with transaction.atomic():
            _hold(row.account)
            mine = BankLink.objects.filter(account=row.account, state=LinkState.ACTIVE)
            before = mine.filter(bank=row.bank, ending=given.ending).first()
            was_default = before is not None and before.is_default
            if before is not None:  # the same account, linked anew
                _unlink(before, code="again", by_bank=False, actor=actor, now=now)
            move(
                row, states.LINK, to=LinkState.ACTIVE, event=events.BankLinked(bank=row.bank), actor=actor,
                subject_id=row.account.citizen_id, now=now, since=now, token=given.token,
                holder_name=given.holder_name, ending=given.ending,
                is_default=was_default or not mine.filter(is_default=True).exists(),
            )  # fmt: skip
            _tell(row, NoticeKind.BANK_LINKED, now)
    except StaleState:  # came back twice at one moment
        return _ended(BankLink.objects.get(pk=row.pk))
    return row


def _refuse(row: BankLink, code: str, *, actor: Actor, now: datetime) -> BankLink:
    """End a link that was begun.

    Raises:
        NotLinked: always, unless it was linked at the same moment.
    """
    try:
        with transaction.atomic():
            _end_begun(row, code, actor=actor, now=now)
    except StaleState:
        return _ended(BankLink.objects.get(pk=row.pk))
    raise NotLinked(code)


def _end_begun(row: BankLink, code: str, *, actor: Actor, now: datetime) -> None:
    move(
        row, states.LINK, to=LinkState.REFUSED, event=events.BankLinkRefused(bank=row.bank, code=code),
        actor=actor, subject_id=row.account.citizen_id, now=now, since=now, code=code,
    )  # fmt: skip
    if row.consent_id and code not in {"refused", "ended"}:
        jobs.enqueue(END, subject_id=row.pk)


# --- Those that are linked ------------------------------------------------------------------------
def make_default(*, account: Account, link: str, actor: Actor, now: datetime) -> BankLink:
    """Pay from this account, by its public id, unless another is chosen.

    Raises:
        NoSuchLink: see the class; also of one that is no longer linked.
    """
    with transaction.atomic():
        _hold(account)
        row = _active(account, link)
        if not row.is_default:
            BankLink.objects.filter(account=account, is_default=True).update(is_default=False)
            BankLink.objects.filter(pk=row.pk).update(is_default=True)
            row.is_default = True
            audit.record(
                events.BankMadeDefault(bank=row.bank),
                actor=actor,
                subject_id=account.citizen_id,
                target=row,
                now=now,
            )
    return row


def unlink(*, account: Account, link: str, actor: Actor, now: datetime) -> BankLink:
    """Pay from this account no longer, and have its bank told; unlinked twice is once.

    The account that was linked longest becomes the default one, if this was it.

    Raises:
        NoSuchLink: see the class.
    """
    with transaction.atomic():
        _hold(account)
        row = BankLink.objects.filter(account=account, public_id=link).first()
        if row is None or row.state not in {LinkState.ACTIVE, LinkState.UNLINKED}:
            raise NoSuchLink
        if row.state == LinkState.ACTIVE:
            row.account = account
            _unlink(row, code="holder", by_bank=False, actor=actor, now=now)
            _choose_default(account)
    return row


def take_report(*, reference: str, consent_id: str, state: str, actor: Actor) -> ReportOutcome:
    """Do what a bank reports of a consent: an account whose consent ended is unlinked.

    That one was given is never taken from a report: its holder comes back, and we ask.
    """
    row = BankLink.objects.select_related("account").filter(public_id=reference).first()
    if row is None:
        return ReportOutcome.NOT_OURS
    if consent_id != (row.consent_id or ""):
        return ReportOutcome.CONTRADICTS
    now = clock.now()
    _hold(row.account)
    row.refresh_from_db(fields=["state", "is_default"])
    match row.state, state:
        case LinkState.LINKING, "refused" | "ended":
            _end_begun(row, state, actor=actor, now=now)
        case LinkState.ACTIVE, "ended":
            _unlink(row, code="bank", by_bank=True, actor=actor, now=now)
            _choose_default(row.account)
        case LinkState.ACTIVE, "refused":
            return ReportOutcome.CONTRADICTS
        case _:
            return ReportOutcome.KNOWN
    return ReportOutcome.APPLIED


def _unlink(row: BankLink, *, code: str, by_bank: bool, actor: Actor, now: datetime) -> None:
    move(
        row, states.LINK, to=LinkState.UNLINKED, event=events.BankUnlinked(bank=row.bank, by_bank=by_bank),
        actor=actor, subject_id=row.account.citizen_id, now=now, since=now, is_default=False, code=code,
    )  # fmt: skip
    if not by_bank:
        jobs.enqueue(END, subject_id=row.pk)
    if code != "again":  # linked anew, which is told
        _tell(row, NoticeKind.BANK_UNLINKED, now)


def _tell(row: BankLink, kind: NoticeKind, now: datetime) -> None:
    notices.tell(
        account=row.account,
        kind=kind,
        values={"bank": banks.NAMES.get(row.bank, row.bank), "ending": row.ending},
        event_key=f"link:{row.pk}:{kind.value}",
        now=now,
    )


def _choose_default(account: Account) -> None:
    rows = BankLink.objects.filter(account=account, state=LinkState.ACTIVE)
    if not rows.filter(is_default=True).exists():
        first = rows.order_by("since", "pk").first()
        if first is not None:
            BankLink.objects.filter(pk=first.pk).update(is_default=True)


def _active(account: Account, link: str) -> BankLink:
    row = BankLink.objects.filter(account=account, public_id=link, state=LinkState.ACTIVE).first()
    if row is None:
        raise NoSuchLink
    return row


def _hold(account: Account) -> None:
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)


# --- Background -----------------------------------------------------------------------------------
def expire(claim: jobs.Claim) -> None:
    """End the linking of an account that nobody came back for; a consent given meanwhile is ended at the bank.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    row = BankLink.objects.select_related("account").get(pk=claim.subject_id)
    with transaction.atomic():
        if row.state == LinkState.LINKING:
            try:
                with transaction.atomic():
                    _end_begun(row, "expired", actor=SYSTEM, now=clock.now())
            except StaleState:
                log.info("link.not_expired", link_id=str(row.pk))
        claim.finish()


def end_at_bank(claim: jobs.Claim) -> None:
    """Tell a bank that a consent has ended, until it has heard.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    row = BankLink.objects.get(pk=claim.subject_id)
    if row.state in {LinkState.ACTIVE, LinkState.LINKING} or not row.consent_id:
        claim.finish()
        return
    match napas.end_consent(row.consent_id):
        case ConsentEnded() | NotFound():
            claim.finish()
        case Unavailable(reason, retry_after):
            at = clock.now() + retry_after if retry_after else None
            claim.retry(at=at, error=reason[:80])
        case Unknown(reason):
            claim.retry(error=reason[:80])
