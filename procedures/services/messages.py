"""The citizen and the office write to each other about an application; both find it in the file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.enums import NoticeKind
from accounts.services.sessions import Session, actor_of
from eid_portal.core import audit, limits
from eid_portal.core.events import Actor
from procedures import events, policy
from procedures.enums import Writer
from procedures.models import OPEN, Application, Message
from procedures.rules.values import in_language
from procedures.selectors import revisions
from procedures.services import claiming, lifecycle, telling
from procedures.services.claiming import DeskRefused, Done


class MessageRefused(Exception):
    """It was not sent; ``message`` says why."""

    code = "message_refused"
    message: Any = _("This message was not sent.")


class NothingOpen(MessageRefused):
    """The application ended, or is not at the office yet."""

    code = "nothing_open"
    message = _("Nobody works on this application now, so nobody would read your message.")


class TooManyMessages(MessageRefused):
    """So many were written that the next must wait."""

    code = "too_many_messages"
    message = _(
        "You wrote many messages in a short time. The office reads them; write again later."
    )

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until  # aware


class NoSuchTemplate(DeskRefused):
    """The procedure has no such prepared message."""

    code = "no_such_template"
    message = _("This procedure has no such prepared message.")


def templates(application: Application) -> list[tuple[str, str]]:
    """The prepared messages of its procedure, in the language the filer chose: key and text."""
    document = revisions.document(application.revision_id)
    with translation.override(application.filer.language):
        return [
            (each["key"], in_language(each["words"])) for each in document.data.get("messages", [])
        ]


@transaction.atomic
def send(*, application: Application, words: str, actor: Actor, now: datetime) -> Message:
    """The office writes to who filed, who is told that a message is there. The same words sent again at once are the
    same message.

    Raises:
        TakenByAnother, OfficerInvolved, OverAlready: see :mod:`procedures.services.claiming`.
    """
    row = claiming.hold(application.pk, actor=actor, now=now)
    there = _find_same(row, words, actor, now)
    if there is not None:
        return there
    made = _add(row, Writer.OFFICE, words=words, actor=actor, now=now)
    telling.tell(row, NoticeKind.APPLICATION_MESSAGE, now=now)
    return made


def send_many(
    *, applications: Sequence[Application], template: str, actor: Actor, now: datetime
) -> list[Done]:
    """Send a prepared message about each of several files, in each filer's language, whatever becomes of the others."""
    done = []
    for row in applications:
        words = dict(templates(row)).get(template)
        refused = str(NoSuchTemplate.message) if words is None else ""
        if words is not None:
            try:
                send(application=row, words=words, actor=actor, now=now)
            except DeskRefused as wrong:
                refused = str(wrong.message)
        done.append(Done(reference=row.reference, public_id=row.public_id, refused=refused))
    return done


@transaction.atomic
def reply(*, application: Application, words: str, session: Session, now: datetime) -> Message:
    """Who filed writes to the office. The same words sent again at once are the same message.

    Raises:
        NothingOpen, TooManyMessages: see there.
    """
    row = lifecycle.hold(application.pk)
    if row.filer_id != session.account.pk or row.state not in OPEN:
        raise NothingOpen
    there = _find_same(row, words, actor_of(session), now)
    if there is not None:
        return there
    answer = limits.hit(policy.MESSAGES, str(session.account.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyMessages(answer.until)
    return _add(row, Writer.CITIZEN, words=words, actor=actor_of(session), now=now)


def _find_same(row: Application, words: str, actor: Actor, now: datetime) -> Message | None:
    """The last message, if the same person wrote the same just now: the other press of the button."""
    last = Message.objects.filter(application=row).order_by("-sent_at", "-pk").first()
    if last is None or (last.account_id, last.text) != (actor.account_id, words):
        return None
    return last if now - last.sent_at < policy.SAME_MESSAGE else None


def _add(row: Application, writer: Writer, *, words: str, actor: Actor, now: datetime) -> Message:
    made = Message.objects.create(
        application=row, writer=writer, account_id=actor.account_id, text=words, sent_at=now
    )
    audit.record(
        events.MessageSent(**lifecycle.of(row), writer=writer.value),
        actor=actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )
    return made
