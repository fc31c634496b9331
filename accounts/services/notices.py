"""Tell people things: an inbox row, a text message, an e-mail; the text is sealed, the row is the queue."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation

from accounts import events, policy, states, texts
from accounts.enums import (
    AuthenticatorKind,
    AuthenticatorState,
    NoticeChannel,
    NoticeKind,
    NoticeState,
)
from accounts.gateways import email, sms
from accounts.models import Account, Authenticator, Notice
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.outside import Accepted, Outcome, Refused
from eid_portal.core.text import without_marks
from eid_portal.core.transitions import move

SEND = "accounts.send_notice"
SMS_LONGEST = 160  # GSM 03.38 characters in one message


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
    not kept for the inbox. ``channels`` narrows those of the template. A phone or address that is not on file is left
    out. With an ``event_key`` whoever was told of that event on a channel is not told again. Text messages and
    e-mails go ``at`` then, or at once.
    """
    version, template = texts.newest(kind)
    wanted = [channel for channel in template.channels if not channels or channel in channels]
    if event_key is not None:
        told = Notice.objects.filter(event_key=event_key).values_list("channel", flat=True)
        wanted = [channel for channel in wanted if channel not in set(told)]
    places = {
        NoticeChannel.SMS: AuthenticatorKind.SMS,
        NoticeChannel.EMAIL: AuthenticatorKind.EMAIL,
    }
    kept, written = dict(values or {}), []
    held = {
        row.kind: row.secret
        for row in Authenticator.objects.filter(
            account=account, kind__in=list(places.values()), state=AuthenticatorState.ACTIVE
        )
        if len(wanted) > 1 or wanted[:1] != [NoticeChannel.INBOX]
    }
    with translation.override(account.language):
        for channel in wanted:
            to = held.get(places[channel]) if channel in places else None
            if channel in places and to is None:
                continue
            body = texts.body(template, channel)
            if not body:
                continue
            written.append(
                _write(
                    account=account, citizen_id=account.citizen_id, channel=channel, kind=kind,
                    text=_filled(channel, body, {**kept, **(private or {})}), to=to, version=version, values=kept,
                    event_key=event_key, at=at, now=now,
                )
            )  # fmt: skip
    return written


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
    with translation.override(account.language):
        body = texts.body(template, channel)
        return _write(
            account=account, citizen_id=account.citizen_id, channel=channel, kind=kind,
            text=_filled(channel, body, {**(values or {}), **(private or {})}), to=to, version=version,
            values=dict(values or {}), event_key=None, at=None, now=now,
        )  # fmt: skip


def send_code(
    *,
    channel: NoticeChannel,
    to: str,
    text: str,
    account: Account | None,
    now: datetime,
    citizen_id: UUID | None = None,
) -> Notice:
    """Write a message with a one-time code to a phone (E.164) or e-mail address, and the job that sends it."""
    return _write(
        account=account, citizen_id=account.citizen_id if account else citizen_id, channel=channel,
        kind=NoticeKind.CODE, text=text, to=to, version=1, values=None, event_key=None, at=None, now=now,
    )  # fmt: skip


def _write(
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
) -> Notice:
    inbox = channel == NoticeChannel.INBOX
    notice = Notice.objects.create(
        state=NoticeState.SENT if inbox else NoticeState.PENDING,
        account=account,
        citizen_id=citizen_id,
        channel=channel,
        kind=kind,
        to=to,
        text=text[:SMS_LONGEST] if channel == NoticeChannel.SMS else text,
        version=version,
        values=values,
        language=translation.get_language() or "vi",
        event_key=event_key,
        created_at=now,
        sent_at=now if inbox else None,
    )
    if not inbox:
        jobs.enqueue(SEND, subject_id=notice.pk, at=at)
    return notice


def by_day(now: datetime) -> datetime:
    """The next moment from ``now`` on at which a text message wakes nobody."""
    local = now.astimezone(clock.VIET_NAM)
    if policy.TEXTS_FROM <= local.time() < policy.TEXTS_UNTIL:
        return now
    day = local.date() if local.time() < policy.TEXTS_FROM else local.date() + timedelta(days=1)
    return datetime.combine(day, policy.TEXTS_FROM, tzinfo=clock.VIET_NAM)


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
            claim.finish()
        elif isinstance(answer, Refused):
            failed = events.NoticeFailed(kind=notice.kind, channel=notice.channel, code=answer.code)
            move(
                notice, states.NOTICE, to=NoticeState.FAILED, event=failed, actor=SYSTEM,
                subject_id=notice.citizen_id, now=now,
            )  # fmt: skip
            claim.finish()
        else:
            claim.retry(error=type(answer).__name__)


def _filled(channel: NoticeChannel, words: Any, values: Mapping[str, Any]) -> str:
    filled = texts.fill(words, values)
    return without_marks(filled) if channel == NoticeChannel.SMS else filled


def _hand_over(notice: Notice) -> Outcome:
    if notice.channel == NoticeChannel.SMS:
        return sms.send(message_id=notice.pk, to=notice.to, text=notice.text, purpose=notice.kind)
    with translation.override(notice.language):
        subject = str(NoticeKind(notice.kind).label)
    return email.send(
        message_id=notice.pk, to=notice.to, subject=subject, text=notice.text, purpose=notice.kind
    )
