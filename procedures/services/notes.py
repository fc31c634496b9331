"""What officials write each other about a file; the citizen may ask to see it, like all that is kept of them."""

from datetime import datetime

from django.db import transaction

from eid_portal.core.events import Actor
from procedures import policy
from procedures.models import Application, InternalNote
from procedures.services import claiming


@transaction.atomic
def write(*, application: Application, words: str, actor: Actor, now: datetime) -> InternalNote:
    """Add a note. A note changes nothing of the file, so whose it is does not matter. The same words sent again at once
    are the same note.

    Raises:
        OfficerInvolved, OverAlready: see :mod:`procedures.services.claiming`.
    """
    row = claiming.hold_from_another(application.pk, actor=actor)
    last = InternalNote.objects.filter(application=row).order_by("-pk").first()
    if (
        last is not None
        and (last.account_id, last.text) == (actor.account_id, words)
        and now - last.written_at < policy.SAME_MESSAGE
    ):
        return last
    return add(row, words=words, actor=actor, now=now)


def add(application: Application, *, words: str, actor: Actor, now: datetime) -> InternalNote:
    """Add a note to a file that the caller holds."""
    return InternalNote.objects.create(
        application=application, account_id=claiming.account_of(actor), text=words, written_at=now
    )
