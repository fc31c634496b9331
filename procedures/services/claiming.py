"""Who works on a file: claims that end by themselves, given on, and refused to everybody else while they last.

Whoever acts on a file holds its row first (:func:`hold`), so that of two officers one is told who came first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from eid_portal.core import audit, clock, readonly
from eid_portal.core.events import Actor
from procedures import events, policy
from procedures.enums import ApplicationState
from procedures.models import OPEN, Application
from procedures.selectors import desk as pages
from procedures.services import lifecycle
from procedures.services.conflicts import is_involved, is_near


class DeskRefused(Exception):
    """An official cannot do this now; ``code`` says why and ``message`` what to do instead."""

    code = "desk_refused"
    message: Any = gettext_lazy("This cannot be done now.")


class TakenByAnother(DeskRefused):
    """A colleague works on it."""

    code = "taken_by_another"

    def __init__(self, application: Application) -> None:
        super().__init__(self.code)
        holder = application.claimed_by
        since = application.claimed_at or application.claimed_until
        local = since.astimezone(clock.VIET_NAM) if since else None
        said = f"{local:%H:%M, %d/%m/%Y}" if local else ""
        name = holder.citizen.full_name if holder else ""
        self.message = _("%(name)s took this at %(time)s. Open the next one.") % {
            "name": name,
            "time": said,
        }


class OfficerInvolved(DeskRefused):
    """It is about the official, or about somebody they live with or are related to."""

    code = "officer_involved"
    message = gettext_lazy(
        "This is about you, or about somebody you live with or are related to. A colleague decides it."
    )


class OverAlready(DeskRefused):
    """It was decided or taken back, or is not at the desk."""

    code = "over_already"
    message = gettext_lazy(
        "This file changed in the meantime: here is where it stands. Look at it before you go on."
    )


class NotAColleague(DeskRefused):
    """Whoever should get it does not work on files at this office."""

    code = "not_a_colleague"
    message = gettext_lazy("Choose somebody who works on files at this office.")


class HeadOnly(DeskRefused):
    """Only the head of the desk takes a file from a colleague."""

    code = "head_only"
    message = gettext_lazy("A colleague has this file: the head of the desk gives it to another.")


class NotAtADesk(DeskRefused):
    """Whoever acts has no account or no office: the portal itself, a party."""

    code = "not_at_a_desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one file of many; ``refused`` is empty if it went well."""

    reference: str
    public_id: str
    refused: str = ""


# --- Taking ---------------------------------------------------------------------------------------
@transaction.atomic
def take_most_urgent(*, office_id: UUID, actor: Actor, now: datetime) -> Application | None:
    """Claim the file under review that is due first and nobody has; None if there is none.

    Two officers who press at once get two files: what one is taking the other passes by, and nothing else.
    """
    passed: list[UUID] = []
    while (found := _most_urgent(office_id, passed, now)) is not None:
        if not is_involved(found, actor) and (row := _free_still(found, now)) is not None:
            _claim(row, account_of(actor), actor=actor, now=now)
            return row
        passed.append(found.pk)
    return None


@transaction.atomic
def take(*, application: Application, actor: Actor, now: datetime) -> Application:
    """Claim this one; who has it already has it longer.

    Raises:
        TakenByAnother, OfficerInvolved, OverAlready: see there.
    """
    return hold(application.pk, actor=actor, now=now)


def renew(*, application: Application, actor: Actor, now: datetime) -> None:
    """The officer opened a file of theirs: their claim lasts from now on. Called while a page is drawn."""
    until = application.claimed_until
    is_theirs = application.claimed_by_id == actor.account_id and until is not None
    if not is_theirs or until is None or application.ended_at or until <= now:
        return
    if now + policy.CLAIM_LASTS - until < policy.CLAIM_RENEWED:
        return
    with readonly.access_record():
        Application.objects.filter(pk=application.pk, claimed_by_id=actor.account_id).update(
            claimed_until=now + policy.CLAIM_LASTS
        )
    application.claimed_until = now + policy.CLAIM_LASTS


@transaction.atomic
def give_back(*, application: Application, actor: Actor, now: datetime) -> None:
    """Back to the queue; one that is not the officer's any more is left alone."""
    row = lifecycle.hold(application.pk)
    if row.claimed_by_id != actor.account_id:
        return
    Application.objects.filter(pk=row.pk).update(
        claimed_by=None, claimed_at=None, claimed_until=None
    )
    audit.record(
        events.ApplicationReleased(**lifecycle.of(row)),
        actor=actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )


def give_back_many(
    *, applications: Sequence[Application], actor: Actor, now: datetime
) -> list[Done]:
    """Put each of several files back; one that is a colleague's stays theirs, and is said so."""
    done = []
    for row in applications:
        mine = row.claimed_by_id == actor.account_id
        give_back(application=row, actor=actor, now=now)
        done.append(_done(row, "" if mine else str(_("You do not have this file."))))
    return done


# --- Giving to others -----------------------------------------------------------------------------
@transaction.atomic
def assign(*, application: Application, to: Account, actor: Actor, now: datetime) -> None:
    """Give a file to a colleague: one's own or a free one; the head of the desk gives any.

    Raises:
        NotAColleague, HeadOnly, OfficerInvolved, OverAlready: see there.
    """
    row = _hold(application.pk, actor)
    if not pages.is_colleague(to, office_id=office_of(actor)):
        raise NotAColleague
    is_anothers = _is_claimed(row, now) and row.claimed_by_id not in {actor.account_id, to.pk}
    if is_anothers and not pages.leads(account_of(actor), office_id=office_of(actor)):
        raise HeadOnly
    if is_involved(row, actor) or is_near(to.citizen_id, row):
        raise OfficerInvolved
    _claim(row, to.pk, actor=actor, now=now)


def assign_many(
    *, applications: Sequence[Application], to: Account, actor: Actor, now: datetime
) -> list[Done]:
    """Give each of several files to a colleague, whatever becomes of the others."""
    done = []
    for row in applications:
        try:
            assign(application=row, to=to, actor=actor, now=now)
        except DeskRefused as refused:
            done.append(_done(row, str(refused.message)))
        else:
            done.append(_done(row))
    return done


def cover(*, absent: Account, to: Account, actor: Actor, now: datetime) -> list[Done]:
    """An officer is away: the head of the desk gives all they have to a colleague.

    Raises:
        HeadOnly, NotAColleague: see there.
    """
    if not pages.leads(account_of(actor), office_id=office_of(actor)):
        raise HeadOnly
    if absent.pk == to.pk or not pages.is_colleague(to, office_id=office_of(actor)):
        raise NotAColleague
    rows = Application.objects.filter(
        desk__office_id=office_of(actor),
        claimed_by=absent,
        claimed_until__gt=now,
        ended_at__isnull=True,
    ).order_by("due_at", "id")
    return assign_many(applications=list(rows), to=to, actor=actor, now=now)


# --- For every act on a file ----------------------------------------------------------------------
def hold(application_id: UUID, *, actor: Actor, now: datetime) -> Application:
    """Lock an open file for its officer in the caller's transaction; a free one becomes theirs.

    Raises:
        TakenByAnother, OfficerInvolved, OverAlready: see there.
    """
    row = _hold(application_id, actor)
    if is_involved(row, actor):
        raise OfficerInvolved
    if _is_claimed(row, now) and row.claimed_by_id != actor.account_id:
        raise TakenByAnother(row)
    _claim(row, account_of(actor), actor=actor, now=now)
    return row


def check(application: Application, *, actor: Actor, now: datetime) -> None:
    """Refuse what :func:`hold` would, as the file was read; nothing is written, and the act itself looks again.

    Raises:
        TakenByAnother, OverAlready: see there.
    """
    if application.state not in OPEN:
        raise OverAlready
    if _is_claimed(application, now) and application.claimed_by_id != actor.account_id:
        raise TakenByAnother(application)


def hold_from_another(application_id: UUID, *, actor: Actor) -> Application:
    """Lock an open file for an official who agrees to what another proposed; whose it is stays.

    Raises:
        OfficerInvolved, OverAlready: see there.
    """
    row = _hold(application_id, actor)
    if is_involved(row, actor):
        raise OfficerInvolved
    return row


def account_of(actor: Actor) -> UUID:
    """The account of the official who acts.

    Raises:
        NotAtADesk: see the class.
    """
    if actor.account_id is None:
        raise NotAtADesk
    return actor.account_id


def office_of(actor: Actor) -> UUID:
    """The office of the official who acts.

    Raises:
        NotAtADesk: see the class.
    """
    if actor.office_id is None:
        raise NotAtADesk
    return actor.office_id


def give(row: Application, *, to: Account, actor: Actor, now: datetime) -> None:
    """Make a file that the caller holds somebody's."""
    _claim(row, to.pk, actor=actor, now=now)


def _hold(application_id: UUID, actor: Actor) -> Application:
    """The row, locked; over too if a correction sent it to another office since the page was drawn."""
    row = lifecycle.hold(application_id)
    if row.state not in OPEN or row.desk.office_id != office_of(actor):
        raise OverAlready
    return row


def _most_urgent(office_id: UUID, passed: Collection[UUID], now: datetime) -> Application | None:
    """Of each desk the first that nobody holds, by its index; of these the most urgent."""
    free = _free(now).exclude(pk__in=passed).order_by("due_at", "id")
    firsts = [free.filter(desk_id=desk).first() for desk in pages.desks_of(office_id)]
    found = [row for row in firsts if row is not None]
    return min(found, key=lambda row: (row.due_at is None, row.due_at or now, row.pk), default=None)


def _free(now: datetime) -> QuerySet[Application]:
    """Files under review that nobody has."""
    return Application.objects.select_related("procedure", "filer").filter(
        Q(claimed_until__isnull=True) | Q(claimed_until__lte=now), state=ApplicationState.IN_REVIEW
    )


def _free_still(row: Application, now: datetime) -> Application | None:
    """The file, locked; None if a colleague takes or took it. Only this one: locked ones look taken to others."""
    rows = _free(now).select_for_update(of=("self",), no_key=True, skip_locked=True)
    return rows.filter(pk=row.pk, desk=row.desk_id).first()


def _is_claimed(row: Application, now: datetime) -> bool:
    return row.claimed_until is not None and row.claimed_until > now


def _claim(row: Application, account_id: UUID, *, actor: Actor, now: datetime) -> None:
    is_new = row.claimed_by_id != account_id or not _is_claimed(row, now)
    row.claimed_by_id = account_id
    row.claimed_at = now if is_new or row.claimed_at is None else row.claimed_at
    row.claimed_until = now + policy.CLAIM_LASTS
    Application.objects.filter(pk=row.pk).update(
        claimed_by=account_id, claimed_at=row.claimed_at, claimed_until=row.claimed_until
    )
    if is_new:
        audit.record(
            events.ApplicationClaimed(**lifecycle.of(row), account=str(account_id)),
            actor=actor,
            subject_id=row.citizen_id,
            target=row,
            now=now,
        )


def _done(row: Application, refused: str = "") -> Done:
    return Done(reference=row.reference, public_id=row.public_id, refused=refused)
