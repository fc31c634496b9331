"""Recovery codes: found by their hash, used up once; whoever gives a used one again is told of to their owner."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts import events, policy
from accounts.enums import AuthenticatorState, NoticeKind
from accounts.models import Account, Authenticator, RecoveryCode
from accounts.services import notices
from eid_portal.core import audit, sealed
from eid_portal.core.events import SYSTEM
from eid_portal.core.text import ascii_digits

_LIKE: Final = str.maketrans("OIL", "011")  # Crockford's base 32: read from paper


def place(authenticator_id: UUID) -> str:
    """What the hash of a code is bound to: its sheet."""
    return f"recovery_code:{authenticator_id}"


def plain(typed: str) -> str:
    """A code in its one form, however it was typed."""
    kept = "".join(character for character in ascii_digits(typed).upper() if character.isalnum())
    return kept.translate(_LIKE)


def find(*, authenticator_id: UUID, typed: str) -> RecoveryCode | None:
    """The code of a sheet that was typed, used or not, by one look-up; the same work where there is none."""
    hashes = sealed.keyed_hashes(place(authenticator_id), plain(typed))
    return RecoveryCode.objects.filter(
        authenticator_id=authenticator_id, code_hash__in=hashes
    ).first()


def use_up(code_id: UUID, *, now: datetime) -> bool:
    """Use a code up, once, in the caller's transaction if there is one; False if that was done before."""
    # A condition on the sheet by a join would put the code itself into a sub-query, which PostgreSQL does not look at
    # again after waiting for another use.
    in_use = Authenticator.objects.filter(
        pk=OuterRef("authenticator_id"), state=AuthenticatorState.ACTIVE
    )
    code = RecoveryCode.objects.filter(Exists(in_use), pk=code_id, used_at__isnull=True)
    return bool(code.update(used_at=now))


@transaction.atomic
def tell_reused(account: Account, code: RecoveryCode, *, now: datetime) -> None:
    """Record that a used code was given again, and tell the owner once: somebody may have found the sheet.

    A code that was used a moment ago came twice because a button was pressed twice.
    """
    code.refresh_from_db(fields=["used_at"])
    if code.used_at is None or now - code.used_at <= policy.PRESSED_TWICE:
        return
    audit.record(
        events.RecoveryCodeReused(),
        actor=SYSTEM,
        subject_id=account.citizen_id,
        target=account,
        now=now,
    )
    notices.tell(
        account=account,
        kind=NoticeKind.RECOVERY_CODE_REUSED,
        event_key=f"recovery_code:{code.pk}",
        now=now,
    )
