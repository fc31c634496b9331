"""Granting, renewing or re-issuing a card is what issues or refreshes an account: one service, one transaction.

It takes one grant from a counter or a thousand from card production, and needs the same few statements for both.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from accounts.models.indexes import number_indexes
from accounts.services.grants import MESSAGES, By, Grant, Issued, Refusal, refuse
from accounts.services.issuing_batch import Batch
from eid_portal.core.events import Actor


class IssuingRefused(Exception):
    """The grant was not taken; ``code`` says why and ``message`` tells people."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = MESSAGES[code]


def issue_account(*, grant: Grant, by: By, actor: Actor, now: datetime) -> Issued:
    """Issue or refresh the account of one grant.

    Raises:
        IssuingRefused: see :data:`MESSAGES`.
    """
    [answer] = issue_accounts(grants=[grant], by=by, actor=actor, now=now)
    if isinstance(answer, Refusal):
        raise IssuingRefused(answer.code)
    return answer


@transaction.atomic
def issue_accounts(
    *, grants: Sequence[Grant], by: By, actor: Actor, now: datetime
) -> list[Issued | Refusal]:
    """Issue or refresh the accounts of many grants in one transaction; a refused one does not hold up the others.

    A renewal keeps account, authenticators and history, and replaces the card. Answers stand in the order of the
    grants; of two grants for one person the later one comes after the earlier one.
    """
    answers: list[Issued | Refusal | None] = [refuse(grant, now=now) for grant in grants]
    waiting = [place for place, answer in enumerate(answers) if answer is None]
    lock_people(grants[place].person.personal_number for place in waiting)
    while waiting:
        wave, later = _first_of_each(grants, waiting)
        batch = Batch([grants[place] for place in wave], by=by, actor=actor, now=now)
        for place, answer in zip(wave, batch.issue(), strict=True):
            answers[place] = answer
        waiting = later
    return [answer for answer in answers if answer is not None]


def lock_people(numbers: Iterable[str]) -> None:
    """Until the transaction ends, change cards of these people (personal numbers) one transaction at a time.

    All lock in one order, and before any row, so that nobody waits in a circle; and under every index key, because
    while keys rotate two processes may write with different ones.
    """
    low_63_bits = (1 << 63) - 1
    keys = sorted(
        {index.int & low_63_bits for number in numbers for index in number_indexes(number)}
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[])"
            " WITH ORDINALITY AS u(k, n) ORDER BY n",
            [keys],
        )


def _first_of_each(grants: Sequence[Grant], places: list[int]) -> tuple[list[int], list[int]]:
    seen: set[str] = set()
    first: list[int] = []
    later: list[int] = []
    for place in places:
        number = grants[place].person.personal_number
        (later if number in seen else first).append(place)
        seen.add(number)
    return first, later
