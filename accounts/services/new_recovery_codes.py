"""A new sheet of recovery codes: shown once, in force when its owner says that it is kept; then the old one dies."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Action, AuthenticatorKind, AuthenticatorState, NoticeKind
from accounts.models import Authenticator
from accounts.services import assurance, authenticators, notices, sessions
from accounts.services.proofs import ProofRefused

_CODES = AuthenticatorKind.RECOVERY_CODES


class AnotherSheet(ProofRefused):
    """A newer sheet was made since, in another window; only that one can be kept."""

    code = "another_sheet"

    def __init__(self) -> None:
        super().__init__(
            _("These codes were not put into use: newer ones were made since. Make new codes.")
        )


def ask(*, session: sessions.Session, now: datetime) -> None:
    """Whether the person may make a new sheet now. Read only.

    Raises:
        assurance.StepUpNeeded: see the class.
    """
    assurance.require(session, Action.NEW_RECOVERY_CODES, now=now)


@transaction.atomic
def make(*, session: sessions.Session, now: datetime) -> tuple[UUID, list[str]]:
    """Make a sheet; the one in force stays so. Returns its id and the codes, which are shown here and never again.

    Raises:
        assurance.StepUpNeeded: see the class.
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
    """
    assurance.require(session, Action.NEW_RECOVERY_CODES, now=now)
    account = authenticators.lock(session)
    sheet, codes = authenticators.new_recovery_codes(account=account, now=now)
    return sheet.pk, codes


@transaction.atomic
def keep(*, session: sessions.Session, sheet_id: UUID, now: datetime) -> None:
    """Put the sheet that was kept in force; the old one dies. Pressed twice, it is done once.

    Raises:
        assurance.StepUpNeeded: see the class.
        AnotherSheet: see the class.
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
    """
    assurance.require(session, Action.NEW_RECOVERY_CODES, now=now)
    account = authenticators.lock(session)
    sheet = Authenticator.objects.filter(pk=sheet_id, account=account, kind=_CODES).first()
    if sheet is not None and sheet.state == AuthenticatorState.ACTIVE:
        return
    if sheet is None or sheet.state != AuthenticatorState.PENDING:
        raise AnotherSheet
    actor = sessions.actor_of(session)
    authenticators.retire_kind(account=account, kind=_CODES, actor=actor, now=now)
    authenticators.bind(sheet, account=account, actor=actor, now=now)
    notices.tell(
        account=account,
        kind=NoticeKind.AUTHENTICATOR_ADDED,
        values={"kind": _CODES.value, "helpline": settings.HELPLINE},
        now=now,
    )
