"""The peer of verification: one Celery task for one paper, as tasks are usually written, of the portal's own parts."""

from celery import shared_task
from django.db import transaction

from accounts.enums import NoticeKind
from accounts.models import Account
from accounts.services import notices
from documents import gateways, kinds, states
from documents.enums import DocumentState
from documents.events import PaperVerified
from documents.gateways.base import Read
from documents.models import Document, Verification
from documents.rules import verifying
from documents.rules.papers import Holder
from eid_portal.core import clock, outside
from eid_portal.core.events import SYSTEM
from eid_portal.core.transitions import move


@shared_task(name="peer.verify", acks_late=True)
def verify(verification_id):
    """Load, call, compare, save."""
    row = Verification.objects.select_related("document__citizen").get(pk=verification_id)
    document, citizen = row.document, row.document.citizen
    former = tuple(each.personal_number for each in citizen.former_numbers.order_by("-ended_at"))
    holder = Holder(
        personal_number=citizen.personal_number,
        former_numbers=former,
        full_name=citizen.full_name,
        birth_date=citizen.birth_date,
    )
    gateway, kind = gateways.find(document.registry), kinds.find(document.kind)
    call = gateway.look_up_call(document.kind, document.number, holder)
    answer = gateway.read_look_up(
        document.kind, document.number, outside.send(document.registry, call)
    )
    now = clock.now()
    if not isinstance(answer, Read):
        raise TypeError("no answer")
    fields = kind.compare(holder, answer.paper)
    drawn = kind.draw(answer.paper, clock.today(now))
    with transaction.atomic():
        account = Account.objects.select_for_update().get(citizen=citizen, kind="citizen")
        document = Document.objects.select_for_update().get(pk=document.pk)
        event = PaperVerified(kind=document.kind, reason=row.reason, differing=[])
        move(
            document, states.DOCUMENT, to=DocumentState.VERIFIED, event=event, actor=SYSTEM,
            subject_id=citizen.pk, now=now, since=now, checked_at=now, verified_at=now,
            next_check_at=verifying.next_night(now, clock.VIET_NAM), differing=dict(fields),
            paper=answer.paper.as_json(), answer=None,
        )  # fmt: skip
        notices.tell(
            account=account,
            kind=NoticeKind.PAPER_VERIFIED,
            values={"paper": document.kind, "ending": drawn.ending},
            event_key=f"paper:{row.pk}",
            now=now,
        )
        row.outcome, row.fields, row.tries, row.done_at = "VERIFIED", dict(fields), 1, now
        row.save()
