"""Change the phone or the e-mail address; for a time the old one can take it back.

A change is proved by a code to the new one and told at the old one. Until ``policy.REVERT_WITHIN`` is over the new one
signs in (a phone) and gets notices, and counts neither for money nor for recovery: see ``Authenticator.is_trusted``.

Locks are taken in one order: account, session, change, authenticators.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    AccountState,
    ActedBy,
    Action,
    AuthenticatorKind,
    AuthenticatorState,
    CodePurpose,
    ContactState,
    LockReason,
    NoticeChannel,
    NoticeKind,
    OwnerLockReason,
    SessionEnd,
    StopKind,
)
from accounts.models import Account, Authenticator, ContactChange
from accounts.models.indexes import phone_index, phone_indexes
from accounts.rules import emails, last_way
from accounts.services import (
    assurance,
    authenticators,
    codes,
    holding,
    locking,
    notices,
    recovering,
    sessions,
    stopping,
)
from eid_portal.core import clock, transitions
from eid_portal.core.events import SYSTEM, Actor

_AT_ONCE: Final = 500  # settled by one run of the periodic task
_SMS, _EMAIL = AuthenticatorKind.SMS, AuthenticatorKind.EMAIL


class ContactRefused(Exception):
    """Nothing was changed; ``code`` says why and ``message`` tells the person."""

    code = "contact_refused"
    message: Any = ""

    def __init__(self) -> None:
        super().__init__(self.code)


class Same(ContactRefused):
    """It is the account's already."""

    code = "same_contact"
    message = gettext_lazy("Your account has this one already. Enter another.")


class PhoneNotYours(ContactRefused):
    """The phone of somebody else: one own-name SIM, one account (Decree 69/2024 art. 10).

    It is said to who has the phone in hand, never to who only types its number.
    """

    code = "phone_not_yours"
    message = gettext_lazy(
        "This number cannot be used for your account. Use a SIM in your own name, one that you use for no"
        " other person's account, or ask at any ID-card counter."
    )


class ChangedLately(ContactRefused):
    """The last change can still be taken back, and only that, ``until`` then."""

    code = "changed_lately"

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__()
        self.message = _(
            "It was changed within the last 24 hours. Take that change back, or change it again after"
            " %(time)s on %(date)s."
        ) % {"time": _clock(until), "date": _date(until)}


class NotRevertible(ContactRefused):
    """The change was settled or taken back, or a counter has set another phone since."""

    code = "not_revertible"
    message = gettext_lazy("This change can no longer be taken back.")


@dataclass(frozen=True, slots=True)
class _Way:
    purpose: CodePurpose
    action: Action
    channel: NoticeChannel
    others: tuple[NoticeChannel, ...]  # where a change is told of besides the old one
    notice: NoticeKind
    action_text: Any


_WAYS: Final = {
    _SMS: _Way(
        CodePurpose.NEW_PHONE,
        Action.CHANGE_PHONE,
        NoticeChannel.SMS,
        (NoticeChannel.INBOX, NoticeChannel.EMAIL),
        NoticeKind.PHONE_REPLACED,
        pgettext_lazy("sms", "USE THIS PHONE for your e-ID account"),
    ),
    _EMAIL: _Way(
        CodePurpose.NEW_EMAIL,
        Action.CHANGE_EMAIL,
        NoticeChannel.EMAIL,
        (NoticeChannel.INBOX, NoticeChannel.SMS),
        NoticeKind.EMAIL_CHANGED,
        pgettext_lazy("sms", "USE THIS ADDRESS for your e-ID account"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a change stands, for its page."""

    current: str = field(repr=False)  # E.164 or address; empty without one
    sent_to: str = field(repr=False)  # where a code that still works went
    sent_at: datetime | None
    sent_until: datetime | None
    change: ContactChange | None  # one that can still be taken back


# --- Changing -----------------------------------------------------------------------------------
def show(*, session: sessions.Session, kind: AuthenticatorKind, now: datetime) -> Progress:
    """Where the change of a phone (SMS) or e-mail address (EMAIL) stands. Read only.

    Raises:
        assurance.StepUpNeeded: see the class.
    """
    way = _WAYS[kind]
    assurance.require(session, way.action, now=now)
    sent = codes.find(purpose=way.purpose, request_id=session.id)
    live = sent if sent is not None and sent.used_at is None and sent.expires_at > now else None
    current = _active(session.account, kind)
    return Progress(
        current=current.secret if current else "",
        sent_to=live.to if live else "",
        sent_at=live.sent_at if live else None,
        sent_until=live.expires_at if live else None,
        change=find_revertible(account=session.account, kind=kind, now=now),
    )


def send_code(
    *, session: sessions.Session, kind: AuthenticatorKind, to: str, now: datetime
) -> None:
    """Send a code to the new phone (E.164) or address (normal); one that was named before is forgotten.

    Whose phone it is, is not looked at yet: a number that is merely typed tells nobody whether it has an account.

    Raises:
        assurance.StepUpNeeded: see the class.
        Same, ChangedLately: see there.
        codes.TooManyCodes: see the class.
    """
    way, account = _WAYS[kind], session.account
    assurance.require(session, way.action, now=now)
    refuse_changed_lately(account=account, kind=kind, now=now)
    current = _active(account, kind)
    if current is not None and emails.same(current.secret, to):
        raise Same
    codes.send(
        purpose=way.purpose,
        request_id=session.id,
        account=account,
        to=to,
        action_text=str(way.action_text),
        channel=way.channel,
        now=now,
    )


def forget(*, session: sessions.Session, kind: AuthenticatorKind, now: datetime) -> None:
    """Begin again with another one: the code that was sent opens nothing."""
    codes.void(purpose=_WAYS[kind].purpose, request_id=session.id, now=now)


def confirm(
    *, session: sessions.Session, kind: AuthenticatorKind, code: str, now: datetime
) -> None:
    """Make the phone or address that got the code the account's; pressed twice, it is done once.

    Raises:
        assurance.StepUpNeeded: see the class.
        codes.CodeRefused: see its subclasses.
        PhoneNotYours, ChangedLately: see there.
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
    """
    way, account = _WAYS[kind], session.account
    assurance.require(session, way.action, now=now)
    sent = codes.find(purpose=way.purpose, request_id=session.id)
    if sent is None:
        raise codes.NoCode
    to = str(sent.to)
    try:
        codes.check(purpose=way.purpose, request_id=session.id, to=to, code=code, now=now)
    except codes.NoCode:
        current = _active(account, kind)
        if current is not None and current.secret == to:
            return
        raise
    try:
        _change(session, kind, to, now=now)
    except IntegrityError:  # somebody else bound the phone at the same moment
        raise PhoneNotYours from None


@transaction.atomic
def _change(session: sessions.Session, kind: AuthenticatorKind, to: str, *, now: datetime) -> None:
    account = authenticators.lock(session)
    actor = sessions.actor_of(session)
    refuse_changed_lately(account=account, kind=kind, now=now)
    if kind == _SMS:
        _refuse_others(to, citizen_id=account.citizen_id)
    _put(account, kind, to, actor=actor, now=now)


def change_at_counter(*, account: Account, phone: str, actor: Actor, now: datetime) -> None:
    """Put a phone that was confirmed at a counter in place of the account's, in the caller's transaction.

    The one it replaces is told and takes it back like any. A change that is still open is settled first, and what it
    replaced is told once more.

    Raises:
        Same, PhoneNotYours: see there.
    """
    _refuse_others(phone, citizen_id=account.citizen_id)
    current = _active(account, _SMS)
    if current is not None and current.secret == phone:
        raise Same
    before = []
    for change in ContactChange.objects.select_related("old", "new").filter(
        account=account, new__kind=_SMS, state=ContactState.REVERTIBLE
    ):
        _close(change, account=account, now=now)
        if change.old is not None and change.old.secret != phone:
            before.append(change.old)
    _put(account, _SMS, phone, actor=actor, now=now, also_told=before)


def _put(
    account: Account,
    kind: AuthenticatorKind,
    to: str,
    *,
    actor: Actor,
    now: datetime,
    also_told: Sequence[Authenticator] = (),
) -> None:
    """One in place of another, which can take it back for a time; all are told. The caller holds the account."""
    old = _active(account, kind)
    authenticators.retire_kind(
        account=account, kind=kind, actor=actor, now=now, states_=(AuthenticatorState.DISABLED,)
    )
    if old is not None:
        transitions.move(
            old,
            states.AUTHENTICATOR,
            to=AuthenticatorState.REPLACED,
            event=events.AuthenticatorReplaced(kind=kind),
            actor=actor,
            subject_id=account.citizen_id,
            now=now,
        )
        recovering.cancel_resting_on(old.pk, account_id=account.pk, now=now)
    until = now + policy.REVERT_WITHIN
    new = Authenticator.objects.create(
        state=AuthenticatorState.PENDING,
        account=account,
        account_kind=account.kind,
        kind=kind,
        secret=to,
        phone_index=phone_index(to) if kind == _SMS else None,
        trusted_from=until,
        created_at=now,
    )
    authenticators.bind(new, account=account, actor=actor, now=now)
    change = ContactChange.objects.create(
        state=ContactState.REVERTIBLE,
        account=account,
        old=old,
        new=new,
        made_at=now,
        revert_until=until,
    )
    holding.hold_money(account=account, until=until)
    _tell_changed(account, kind, change, also=also_told, now=now)


def refuse_changed_lately(*, account: Account, kind: AuthenticatorKind, now: datetime) -> None:
    """A second change, or a removal, would leave the first owner with a phone that takes back too little.

    Raises:
        ChangedLately: see the class.
    """
    change = find_revertible(account=account, kind=kind, now=now)
    if change is not None:
        raise ChangedLately(change.revert_until)


def _refuse_others(phone: str, *, citizen_id: UUID) -> None:
    """The phone of another person, citizen or staff, at work or at home, is nobody else's."""
    holders = Authenticator.objects.filter(
        phone_index__in=phone_indexes(phone),
        kind=_SMS,
        state__in=[
            AuthenticatorState.ACTIVE,
            AuthenticatorState.PENDING,
            AuthenticatorState.REPLACED,
        ],
    )
    if holders.exclude(account__citizen_id=citizen_id).exists():
        raise PhoneNotYours


# --- Taking back --------------------------------------------------------------------------------
def find_revertible(
    *, account: Account, kind: AuthenticatorKind, now: datetime
) -> ContactChange | None:
    """The change of a phone or address that can still be taken back. Read only."""
    return (
        ContactChange.objects.filter(
            account=account,
            new__kind=kind,
            state=ContactState.REVERTIBLE,
            revert_until__gt=now,
        )
        .select_related("new", "old")
        .first()
    )


@transaction.atomic
def revert(*, change: ContactChange, by: ActedBy, now: datetime, actor: Actor = SYSTEM) -> None:
    """Take a change back: the old one is in use again, the new one is removed, every session ends, all are told.

    If nobody could sign in with what is left, the account is locked until its holder comes to a counter.

    Raises:
        NotRevertible: see the class; also if somebody else took it back at the same moment.
    """
    account = Account.objects.select_for_update(no_key=True).get(pk=change.account_id)
    row = (
        ContactChange.objects.select_for_update(of=("self",))
        .select_related("old", "new")
        .get(pk=change.pk)
    )
    kind = AuthenticatorKind(row.new.kind)
    current = _active(account, kind)
    if (
        row.state != ContactState.REVERTIBLE
        or row.revert_until <= now
        or account.state == AccountState.CLOSED
        or current not in {None, row.new}
    ):
        raise NotRevertible
    if row.new.state in {AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED}:
        authenticators.retire(row.new, account=account, actor=actor, now=now)
    if row.old is not None and row.old.state == AuthenticatorState.REPLACED:
        transitions.move(
            row.old,
            states.AUTHENTICATOR,
            to=AuthenticatorState.ACTIVE,
            event=events.AuthenticatorBroughtBack(kind=kind),
            actor=actor,
            subject_id=account.citizen_id,
            now=now,
        )
    transitions.move(
        row,
        states.CONTACT_CHANGE,
        to=ContactState.REVERTED,
        event=events.ContactReverted(kind=kind, by=by),
        actor=actor,
        subject_id=account.citizen_id,
        now=now,
        closed_at=now,
    )
    sessions.end_all(account_ids=[account.pk], reason=SessionEnd.REVOKED, now=now)
    _tell_reverted(account, row, by=by, now=now)
    left = Authenticator.objects.filter(account=account, state=AuthenticatorState.ACTIVE)
    kinds = {AuthenticatorKind(each) for each in left.values_list("kind", flat=True)}
    if account.state == AccountState.ACTIVE and not last_way.lets_in(
        kinds, AccountKind(account.kind)
    ):
        locking.lock(
            account=account, by=by, reason=LockReason.OWNER, why=OwnerLockReason.NO_WAY_IN,
            actor=actor, now=now,
        )  # fmt: skip


def take_back(*, session: sessions.Session, kind: AuthenticatorKind, now: datetime) -> None:
    """Take the last change back from a session of the account, which ends with all others.

    It asks for no fresh proof: who signs in with what the change left them may undo it.

    Raises:
        NotRevertible: see the class.
    """
    change = find_revertible(account=session.account, kind=kind, now=now)
    if change is None:
        raise NotRevertible
    revert(change=change, by=ActedBy.OWNER, now=now, actor=sessions.actor_of(session))


def settle(*, now: datetime) -> int:
    """Settle the changes whose time is over: what was replaced is removed. Returns how many; for a periodic task."""
    due = ContactChange.objects.filter(state=ContactState.REVERTIBLE, revert_until__lte=now)
    ids = due.order_by("revert_until").values_list("pk", flat=True)[:_AT_ONCE]
    return sum(_settle(change_id, now=now) for change_id in list(ids))


@transaction.atomic
def _settle(change_id: UUID, *, now: datetime) -> bool:
    change = ContactChange.objects.get(pk=change_id)
    account = Account.objects.select_for_update(no_key=True).get(pk=change.account_id)
    row = (
        ContactChange.objects.select_for_update(of=("self",))
        .select_related("old", "new")
        .get(pk=change_id)
    )
    if row.state != ContactState.REVERTIBLE:
        return False
    _close(row, account=account, now=now)
    return True


def _close(change: ContactChange, *, account: Account, now: datetime) -> None:
    """What was replaced is removed. The caller holds the account."""
    transitions.move(
        change,
        states.CONTACT_CHANGE,
        to=ContactState.SETTLED,
        event=events.ContactSettled(kind=change.new.kind),
        actor=SYSTEM,
        subject_id=account.citizen_id,
        now=now,
        closed_at=now,
    )
    if change.old is not None and change.old.state == AuthenticatorState.REPLACED:
        authenticators.retire(change.old, account=account, actor=SYSTEM, now=now)


# --- Asking -------------------------------------------------------------------------------------
def _active(account: Account, kind: AuthenticatorKind) -> Authenticator | None:
    return Authenticator.objects.filter(
        account=account, kind=kind, state=AuthenticatorState.ACTIVE
    ).first()


# --- Telling ------------------------------------------------------------------------------------
def _tell_changed(
    account: Account,
    kind: AuthenticatorKind,
    change: ContactChange,
    *,
    also: Sequence[Authenticator],
    now: datetime,
) -> None:
    """At the old one and whatever else can still be brought back, in the inbox, and on the other channel."""
    way = _WAYS[kind]
    stop = stopping.new_code(account=account, kind=StopKind.CHANGE, target_id=change.pk, now=now)
    values = {
        "time": _clock(now),
        "date": _date(now),
        "place": place(change.new),
        "until_time": _clock(change.revert_until),
        "until_date": _date(change.revert_until),
        "helpline": settings.HELPLINE,
    }
    private = {"stop_code": stop.shown, "stop_link": stop.link}
    notices.tell(
        account=account, kind=way.notice, channels=way.others, values=values, private=private, now=now
    )  # fmt: skip
    replaced = Authenticator.objects.filter(
        account=account, kind__in=_WAYS, state=AuthenticatorState.REPLACED
    )
    for row in (*replaced, *also):
        notices.tell_at(
            account=account,
            kind=way.notice,
            channel=_WAYS[AuthenticatorKind(row.kind)].channel,
            to=row.secret,
            values=values,
            private=private,
            now=now,
        )


def _tell_reverted(account: Account, change: ContactChange, *, by: ActedBy, now: datetime) -> None:
    """Everywhere, and at what was removed: its holder may be who is right."""
    values = {
        "kind": change.new.kind,
        "by": by.value,
        "time": _clock(now),
        "date": _date(now),
        "helpline": settings.HELPLINE,
    }
    notices.tell(account=account, kind=NoticeKind.CHANGE_REVERTED, values=values, now=now)
    notices.tell_at(
        account=account,
        kind=NoticeKind.CHANGE_REVERTED,
        channel=_WAYS[AuthenticatorKind(change.new.kind)].channel,
        to=change.new.secret,
        values=values,
        now=now,
    )


def place(authenticator: Authenticator) -> str:
    """A phone or address as far as a notice may show it: ``•••482``, ``m•••@vidu.vn``."""
    if authenticator.kind == _SMS:
        return f"•••{authenticator.secret[-3:]}"
    return emails.masked(authenticator.secret)


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(clock.VIET_NAM):%H:%M}"


def _date(moment: datetime) -> str:
    return f"{moment.astimezone(clock.VIET_NAM):%d/%m/%Y}"
