"""Stop codes and stop links: they lock, or cancel a recovery or a change, without signing in, and do nothing else."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings

from accounts import policy
from accounts.enums import StopKind
from accounts.models import Account, StopCode
from accounts.models.indexes import stop_code_index
from eid_portal.core import ids, sealed

PATH = "/stop/"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCode:
    """What goes out, and is kept nowhere: the code as people type it, and the link for an e-mail."""

    shown: str = field(repr=False)
    link: str = field(repr=False)


def new_code(*, account: Account, kind: StopKind, target_id: UUID | None, now: datetime) -> NewCode:
    """Make a stop code and its link, in the caller's transaction; ``target_id`` is the row they stop."""
    code = "".join(
        secrets.choice(policy.SLIP_ALPHABET) for _place in range(policy.STOP_CODE_LENGTH)
    )
    token = ids.token()
    StopCode.objects.create(
        account=account,
        kind=kind,
        target_id=target_id,
        code_index=stop_code_index(code),
        token_hash=sealed.token_hash(token),
        created_at=now,
        expires_at=now + policy.STOP_LASTS,
    )
    half = policy.STOP_CODE_LENGTH // 2
    return NewCode(
        shown=f"{code[:half]} {code[half:]}", link=f"{settings.PORTAL_URL}{PATH}{token}/"
    )
