"""Tell people things: an inbox row, a text message, an e-mail; the text is sealed, the row is the queue.

What was handed over is followed until it arrived. What did not arrive in time is said once more on the other channel,
unless it is a code. What can wait goes out after the quiet hours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts import events, policy, states, texts
from accounts.enums import (
    AuthenticatorKind,
    AuthenticatorState,
    NoticeChannel,
    NoticeKind,
    NoticeState,
    StopKind,
)
from accounts.gateways import delivery, email, sms
from accounts.gateways.delivery import Fate
from accounts.models import Account, Authenticator, Notice
from accounts.models.indexes import message_index
from accounts.rules import quiet_hours
from accounts.services import stopping
from eid_portal.core import bulk, clock, ids, jobs, statements
from eid_portal.core.events import SYSTEM
from eid_portal.core.outside import Accepted, Outcome, Refused
from eid_portal.core.text import fold, without_marks
from eid_portal.core.transitions import move

SEND = "accounts.send_notice"
FOLLOW = "accounts.follow_notice"
SMS_LONGEST = 160  # GSM 03.38 characters in one message
PLACES = {
    NoticeChannel.SMS: AuthenticatorKind.SMS,
    NoticeChannel.EMAIL: AuthenticatorKind.EMAIL,
}
_OTHER = {
    NoticeChannel.SMS: NoticeChannel.EMAIL,
    NoticeChannel.EMAIL: NoticeChannel.SMS,
}
_GATEWAYS = {NoticeChannel.SMS: sms, NoticeChannel.EMAIL: email}


def tell(
    *,
    account: Account,
    kind: NoticeKind,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    private: Mapping[str, Any] | None = None,
    channels: tuple[NoticeChannel, ...] = (),
    event_key: str | None = None,
    at: datetime | None = None,
) -> list[Notice]:
    """Write a notice a channel, in the caller's transaction, in the language of the account.

    ``values`` fill the template of ``texts``; ``private`` ones (a stop code, a link) stand in what goes out and are
    not kept for the inbox; where the words name a stop code and none is given, one that locks is made. ``channels``
    narrows those of the template. A phone or address that is not on file is left out. With an ``event_key`` whoever
    was told of that event on a channel is not told again. Text messages and e-mails go ``at`` then, or at once; what
    is not about security, after the quiet hours.
    """
    version, template = texts.newest(kind)
    wanted = [channel for channel in template.channels if not channels or channel in channels]
    if event_key is not None:
        told = Notice.objects.filter(event_key=event_key).values_list("channel", flat=True)
        wanted = [channel for channel in wanted if channel not in set(told)]
    held = _addresses(account, wanted)
    # What one event wrote belongs together: the inbox shows how it went out, and nothing is said twice on a channel.
    event_key = event_key or str(ids.uuid7())
    kept, written = _given(values, now), []
    private = _with_stop_code(private, account, template, list(held), now=now)
    with translation.override(account.language):
        for channel in wanted:
            body = texts.body(template, channel)
            if not body or (channel in PLACES and channel not in held):
                continue
            filling = kept if channel == NoticeChannel.INBOX else {**kept, **private}
            notice = _write(
                account=account, citizen_id=account.citizen_id, channel=channel, kind=kind,
                text=_filled(channel, body, filling), to=held.get(channel), version=version, values=filling,
                event_key=event_key, at=_when(template, at, now), now=now,
            )  # fmt: skip
            if notice is not None:
                written.append(notice)
    return written


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one account is told of one event; see :func:`tell`."""

    account: Account
    kind: NoticeKind
    values: Mapping[str, Any]
    event_key: str


def tell_many(what: Sequence[Told], *, now: datetime) -> None:
    """Tell many accounts things without secrets, in the caller's transaction, as :func:`tell` does one by one.

    Their rows are locked by the caller, so nobody else tells them of the same events at the same moment.
    """
    keys = [each.event_key for each in what]
    known = set(Notice.objects.filter(event_key__in=keys).values_list("event_key", "channel"))
    places = _places([each.account for each in what])
    written: list[tuple[Notice, datetime | None]] = []
    for each in what:
        version, template = texts.newest(each.kind)
        filling = _given(each.values, now)
        held = places.get(each.account.pk, {})
        with translation.override(each.account.language):
            for channel in template.channels:
                body = texts.body(template, channel)
                lost = channel in PLACES and channel not in held
                if not body or lost or (each.event_key, channel) in known:
                    continue
                notice = _notice(
                    account=each.account, citizen_id=each.account.citizen_id, channel=channel, kind=each.kind,
                    text=_filled(channel, body, filling), to=held.get(channel), version=version, values=filling,
                    event_key=each.event_key, now=now,
                )  # fmt: skip
                written.append((notice, _when(template, None, now)))
    bulk.insert([notice for notice, _at in written])
    for notice, at in written:
        if notice.channel != NoticeChannel.INBOX:
            jobs.enqueue(SEND, subject_id=notice.pk, at=at)


def telling(
    *,
    account: Account,
    kind: NoticeKind,
    values: Mapping[str, Any],
    event_key: str,
    now: datetime,
) -> statements.Step:
    """What writes a notice to the inbox alone, for services that send all they write in one trip.

    Their own compare-and-set makes it once; a second one with the key is refused by the database.
    """
    version, template = texts.newest(kind)
    filling = _given(values, now)
    with translation.override(account.language):
        notice = _notice(
            account=account, citizen_id=account.citizen_id, channel=NoticeChannel.INBOX, kind=kind,
            text=_filled(NoticeChannel.INBOX, template.text, filling), to=None, version=version, values=filling,
            event_key=event_key, now=now,
        )  # fmt: skip
    return statements.insertion(notice)


def _places(accounts: Sequence[Account]) -> dict[UUID, dict[NoticeChannel, str]]:
    channels = {kind: channel for channel, kind in PLACES.items()}
    rows = Authenticator.objects.filter(
        account__in=accounts, kind__in=list(channels), state=AuthenticatorState.ACTIVE
    )
    found: dict[UUID, dict[NoticeChannel, str]] = {}
    for row in rows:
        found.setdefault(row.account_id, {})[channels[AuthenticatorKind(row.kind)]] = row.secret
    return found


def tell_at(
    *,
    account: Account,
    kind: NoticeKind,
    channel: NoticeChannel,
    to: str,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    private: Mapping[str, Any] | None = None,
) -> Notice:
    """Tell at a phone or address that is no longer, or not yet, the account's, in the caller's transaction."""
    version, template = texts.newest(kind)
    private = _with_stop_code(private, account, template, [channel], now=now)
    filling = {**_given(values, now), **private}
    with translation.override(account.language):
        text = _filled(channel, texts.body(template, channel), filling)
        return _create(
            account=account, citizen_id=account.citizen_id, channel=channel, kind=kind, text=text, to=to,
            version=version, values=filling, event_key=None, at=_when(template, None, now), now=now,
        )  # fmt: skip


def send_code(
    *,
    channel: NoticeChannel,
    to: str,
    text: str,
    account: Account | None,
    now: datetime,
    citizen_id: UUID | None = None,
    code_id: UUID | None = None,
) -> Notice:
    """Write a message with a one-time code to a phone (E.164) or e-mail address, and the job that sends it.

    ``code_id`` is the code's row, so that a page can say later whether it was used.
    """
    return _create(
        account=account, citizen_id=account.citizen_id if account else citizen_id, channel=channel,
        kind=NoticeKind.CODE, text=text, to=to, version=1, values={"code_id": str(code_id)} if code_id else None,
        event_key=None, at=None, now=now,
    )  # fmt: skip


def mark_read(*, account: Account, public_ids: Sequence[str], now: datetime) -> int:
    """Mark notices of the account's inbox as read. Returns how many were not."""
    return Notice.objects.filter(
        account=account,
        channel=NoticeChannel.INBOX,
        public_id__in=public_ids,
        read_at__isnull=True,
    ).update(read_at=now)


def normal(text: str) -> str:
    """A text as it is compared: folded, without blanks, however it was copied."""
    return fold(text).replace(" ", "")


# --- Writing ------------------------------------------------------------------------------------
def _given(values: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    """The values of a template, with those every template may use."""
    local = now.astimezone(clock.VIET_NAM)
    always = {
        "time": f"{local:%H:%M}",
        "date": f"{local:%d/%m/%Y}",
        "helpline": settings.HELPLINE,
    }
    return always | dict(values or {})


def _with_stop_code(
    private: Mapping[str, Any] | None,
    account: Account,
    template: texts.Template,
    channels: Sequence[NoticeChannel],
    *,
    now: datetime,
) -> dict[str, Any]:
    """The private values, with a stop code that locks if the words on these channels need one that was not given."""
    given = dict(private or {})
    needed = any("%(stop_code)s" in str(texts.body(template, channel)) for channel in channels)
    if needed and "stop_code" not in given:
        code = stopping.new_code(account=account, kind=StopKind.LOCK, target_id=None, now=now)
        given |= {"stop_code": code.shown, "stop_link": code.link}
    return given


def _addresses(account: Account, channels: list[NoticeChannel]) -> dict[NoticeChannel, str]:
    """Where the account is reached on these channels."""
    wanted = {PLACES[channel]: channel for channel in channels if channel in PLACES}
    if not wanted:
        return {}
    rows = Authenticator.objects.filter(
        account=account, kind__in=list(wanted), state=AuthenticatorState.ACTIVE
    )
    return {wanted[AuthenticatorKind(row.kind)]: row.secret for row in rows}


def _write(**columns: Any) -> Notice | None:
    """Write a notice with an event key; None if it was written at the same moment by somebody else."""
    try:
        with transaction.atomic():
            return _create(**columns)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != "notice_once":
            raise
        return None


def _create(
    *,
    account: Account | None,
    citizen_id: UUID | None,
    channel: NoticeChannel,
    kind: NoticeKind,
    text: str,
    to: str | None,
    version: int,
    values: dict[str, Any] | None,
    event_key: str | None,
    at: datetime | None,
    now: datetime,
    instead_of: Notice | None = None,
) -> Notice:
    notice = _notice(
        account=account, citizen_id=citizen_id, channel=channel, kind=kind, text=text, to=to, version=version,
        values=values, event_key=event_key, now=now, instead_of=instead_of,
    )  # fmt: skip
    notice.save(force_insert=True)
    if channel != NoticeChannel.INBOX:
        jobs.enqueue(SEND, subject_id=notice.pk, at=at)
    return notice


def _notice(
    *,
    account: Account | None,
    citizen_id: UUID | None,
    channel: NoticeChannel,
    kind: NoticeKind,
    text: str,
    to: str | None,
    version: int,
    values: dict[str, Any] | None,
    event_key: str | None,
    now: datetime,
    instead_of: Notice | None = None,
) -> Notice:
    """A notice, not yet written."""
    inbox = channel == NoticeChannel.INBOX
    sent = text[:SMS_LONGEST] if channel == NoticeChannel.SMS else text
    return Notice(
        state=NoticeState.SENT if inbox else NoticeState.PENDING,
        account=account,
        citizen_id=citizen_id,
        channel=channel,
        kind=kind,
        to=to,
        text=sent,
        text_index=None if inbox else message_index(normal(sent)),
        version=version,
        values=values,
        language=translation.get_language() or "vi",
        event_key=event_key,
        instead_of=instead_of,
        created_at=now,
        sent_at=now if inbox else None,
    )


def _filled(channel: NoticeChannel, words: Any, values: Mapping[str, Any]) -> str:
    filled = texts.fill(words, values)
    return without_marks(filled) if channel == NoticeChannel.SMS else filled


# --- Quiet hours --------------------------------------------------------------------------------
def _when(template: texts.Template, at: datetime | None, now: datetime) -> datetime | None:
    """When a message may go out; None: at once."""
    if template.security:
        return at
    first = at or now
    waits = quiet_hours.end(first.astimezone(clock.VIET_NAM))
    return waits if waits > first else at


# --- Going out ----------------------------------------------------------------------------------
def send(claim: jobs.Claim) -> None:
    """Hand a text message or e-mail to its gateway: claimed, called outside any transaction, recorded.

    The notice's id is the idempotency key, so a message whose answer was lost is asked again without being sent twice.
    """
    notice = Notice.objects.get(pk=claim.subject_id)
    if notice.state != NoticeState.PENDING:
        claim.finish()
        return
    answer: Outcome
    if notice.kind == NoticeKind.CODE and clock.now() - notice.created_at > policy.CODE_LASTS:
        answer = Refused("too_late")  # a code that came now would only confuse
    else:
        answer = _hand_over(notice)
    now = clock.now()
    with transaction.atomic():
        if isinstance(answer, Accepted):
            event = events.NoticeSent(kind=notice.kind, channel=notice.channel)
            move(
                notice, states.NOTICE, to=NoticeState.SENT, event=event, actor=SYSTEM,
                subject_id=notice.citizen_id, now=now, sent_at=now,
            )  # fmt: skip
            jobs.enqueue(FOLLOW, subject_id=notice.pk, at=now + policy.DELIVERY_LOOKS[0])
            claim.finish()
        elif isinstance(answer, Refused):
            failed = events.NoticeFailed(kind=notice.kind, channel=notice.channel, code=answer.code)
            move(
                notice, states.NOTICE, to=NoticeState.FAILED, event=failed, actor=SYSTEM,
                subject_id=notice.citizen_id, now=now,
            )  # fmt: skip
            _say_elsewhere(notice, now=now)
            claim.finish()
        else:
            claim.retry(error=type(answer).__name__)
            if claim.attempt >= policy.TRIES_BEFORE_FAIL_OVER:
                _say_elsewhere(notice, now=now)


def follow(claim: jobs.Claim) -> None:
    """Ask the gateway whether a notice arrived; note it, and after a time without news say it on the other channel.

    It goes on asking for a while after that: what arrives late is shown as delivered.
    """
    notice = Notice.objects.get(pk=claim.subject_id)
    if notice.state not in {NoticeState.SENT, NoticeState.UNDELIVERED} or notice.sent_at is None:
        claim.finish()
        return
    report = _GATEWAYS[NoticeChannel(notice.channel)].report(notice.pk)
    now = clock.now()
    age = now - notice.sent_at
    with transaction.atomic():
        if report is not None and report.fate == Fate.DELIVERED:
            _arrived(notice, report, now=now)
            claim.finish()
            return
        given_up = report is not None and report.fate == Fate.UNDELIVERED
        if notice.state == NoticeState.SENT and (given_up or age >= policy.FAIL_OVER_AFTER):
            event = events.NoticeUndelivered(kind=notice.kind, channel=notice.channel)
            move(
                notice, states.NOTICE, to=NoticeState.UNDELIVERED, event=event, actor=SYSTEM,
                subject_id=notice.citizen_id, now=now,
            )  # fmt: skip
            _say_elsewhere(notice, now=now)
        next_look = next((look for look in policy.DELIVERY_LOOKS if look > age), None)
        if given_up or next_look is None:
            claim.finish()
        else:
            claim.retry(at=notice.sent_at + next_look)


def _arrived(notice: Notice, report: delivery.Report, *, now: datetime) -> None:
    event = events.NoticeDelivered(kind=notice.kind, channel=notice.channel)
    # The other side's clock is its own: nothing arrives before it was sent, or in the future.
    at = min(max(report.at, notice.sent_at or now), now)
    move(
        notice, states.NOTICE, to=NoticeState.DELIVERED, event=event, actor=SYSTEM,
        subject_id=notice.citizen_id, now=now, delivered_at=at,
    )  # fmt: skip


def _say_elsewhere(notice: Notice, *, now: datetime) -> None:
    """Say the same on the other channel, once, in the transaction that found it did not arrive.

    Not a code, whose channel is part of the proof; not what went to a place that is not the account's; and not what
    the same event said there already.
    """
    if notice.kind == NoticeKind.CODE or notice.event_key is None or notice.instead_of_id:
        return
    other = _OTHER[NoticeChannel(notice.channel)]
    if Notice.objects.filter(event_key=notice.event_key, channel=other).exists():
        return
    template = texts.TEMPLATES[NoticeKind(notice.kind)][notice.version - 1]
    body = texts.body(template, other)
    to = _addresses(notice.account, [other]).get(other) if notice.account else None
    if not body or to is None:
        return
    with translation.override(notice.language):
        _write(
            account=notice.account, citizen_id=notice.citizen_id, channel=other, kind=notice.kind,
            text=_filled(other, body, notice.values or {}), to=to, version=notice.version, values=notice.values,
            event_key=notice.event_key, at=_when(template, None, now), now=now, instead_of=notice,
        )  # fmt: skip


def _hand_over(notice: Notice) -> Outcome:
    if notice.channel == NoticeChannel.SMS:
        return sms.send(message_id=notice.pk, to=notice.to, text=notice.text, purpose=notice.kind)
    with translation.override(notice.language):
        subject = str(NoticeKind(notice.kind).label)
    return email.send(
        message_id=notice.pk, to=notice.to, subject=subject, text=notice.text, purpose=notice.kind
    )
