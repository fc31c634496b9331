"""Ask a bank or payee to move money so that it moves once, whatever becomes of the answer.

A row that was sent is never sent again before a status inquiry under the same reference said that nothing had arrived;
and what is then sent bears the same reference, so that even a message that was only late moves nothing twice.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, QuerySet

from eid_portal.core import clock, jobs
from eid_portal.core.outside import Unavailable, Unknown
from payments import policy
from payments.gateways.base import Answer, NotFound
from payments.models import Payment, PaymentOrder, Refund, Settlement

TRIES: Final = (
    1000  # exceptions of our own, not answers: money is never put aside while it may still arrive
)
LEASE: Final = timedelta(
    seconds=20
)  # an inquiry and a call, as long as both may take; tests hold it to that
Asked = PaymentOrder | Payment | Refund | Settlement


def ask(
    row: Asked,
    *,
    states: Sequence[str],
    send: Callable[[], Answer],
    inquire: Callable[[], Answer],
    for_ever: bool = False,
) -> Answer | None:
    """Send a row that never was, else ask what became of it; call it outside transactions.

    None if the row is in none of ``states`` any more. ``NotFound`` says that it was sent twice and nothing arrived;
    with ``for_ever`` it is sent again instead, however often.
    """
    rows = _rows(row).filter(state__in=states)
    first = row.sent_at is None
    if first:
        now = clock.now()
        if not rows.filter(sent_at__isnull=True).update(sent_at=now):
            return None
        row.sent_at = now
    else:
        said = inquire()
        if not isinstance(said, NotFound):
            return said
        if row.unanswered >= policy.SILENT_TWICE and not for_ever:
            return said
    said = send()
    if first and isinstance(said, Unavailable):  # nothing was sent
        rows.filter(sent_at=row.sent_at, unanswered=0).update(sent_at=None)
        row.sent_at = None
    return said


def again(claim: jobs.Claim, row: Asked, said: Unavailable | Unknown) -> None:
    """Have the job ask again after a while.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    now = clock.now()
    match said:
        case Unavailable(reason, retry_after):
            wait = min(retry_after or claim.wait(), policy.REACHED_AGAIN)
            claim.retry(at=now + wait, error=reason[:80])
        case Unknown(reason):
            waits = policy.ASKED_AGAIN
            wait = waits[min(row.unanswered, len(waits) - 1)]
            with transaction.atomic():
                _rows(row).update(unanswered=F("unanswered") + 1, asked_at=now)
                claim.retry(at=now + wait, error=reason[:80])


def _rows(row: Asked) -> QuerySet[Any]:
    return type(row)._default_manager.filter(pk=row.pk)
