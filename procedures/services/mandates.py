"""Mandates: a person lets another file one procedure for them, until a day, and takes it back when they like.

The holder is named by number and name, and whoever names them hears only whether both agree: nobody there and another
name are one answer, and few are asked for in a day. Who is named reads in their data log that somebody did.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountKind, AccountState, Action, NoticeKind
from accounts.models import Account, Citizen, Notice
from accounts.services import assurance, notices, register, sessions
from accounts.services.sessions import Session
from eid_portal.core import audit, clock, limits
from eid_portal.core.spelling import Sameness, compare_names
from procedures import events, policy
from procedures.enums import Capacity
from procedures.models import Mandate, Procedure
from procedures.rules.values import in_language
from procedures.selectors import revisions
from procedures.services import telling

_AT_ONCE: Final = 500
_DAY: Final = timedelta(days=1)


class MandateRefused(Exception):
    """It is not given; ``message`` says why, at ``field`` of the form."""

    code = "mandate_refused"
    field = ""
    message: Any = _("This cannot be given.")


class NoMatch(MandateRefused):
    """Nobody of that number has an account, or the name is another."""

    code = "no_match"
    message = _("No account here has this number and this name. Check both with the person.")


class Oneself(MandateRefused):
    """The holder would be the giver."""

    code = "oneself"
    field = "number"
    message = _("This is your own number. Enter that of the person who files for you.")


class NotByMandate(MandateRefused):
    """The procedure is not offered, or nobody files it for another by mandate."""

    code = "not_by_mandate"
    field = "procedure"
    message = _("Choose one of the procedures on this page")


class NotThatLong(MandateRefused):
    """The day has passed, or is too far away."""

    code = "not_that_long"
    field = "until"
    message = _("Enter a day from today on, at most a year away")


class TooManyNamed(MandateRefused):
    """So many people were named today that the next must wait."""

    code = "too_many_named"
    message = _("You named many people today. Try again tomorrow.")


class NoSuchMandate(LookupError):
    """There is no such mandate of this person."""


def give(
    *, session: Session, number: str, name: str, procedure: str, until: date, now: datetime
) -> Mandate:
    """Let somebody file a procedure until a day; given again, it is the same with the new day.

    Raises:
        StepUpNeeded: the session must prove afresh who it is.
        MandateRefused: see its subclasses.
    """
    assurance.require(session, Action.SHARE, now=now)
    today = clock.today(now)
    found = revisions.find_in_force(procedure)
    if found is None or Capacity.MANDATE not in found[1].data["filers"]["for"]:
        raise NotByMandate
    if not today <= until <= today + policy.MANDATE_MOST:
        raise NotThatLong
    if isinstance(
        limits.hit(policy.NAME_HOLDER, str(session.account.pk), now=now), limits.LockedUntil
    ):
        raise TooManyNamed
    holder = _holder(session, number, name, now)
    return _give(session, holder, procedure, until, now)


def withdraw(*, session: Session, public_id: str, now: datetime) -> Mandate:
    """End a mandate at once, by who gave it or who holds it; once is enough. What was filed stays filed.

    Raises:
        NoSuchMandate: see the class.
    """
    me = session.account.citizen_id
    with transaction.atomic():
        rows = Mandate.objects.select_for_update(of=("self",)).select_related(
            "procedure", "giver", "holder"
        )
        row = rows.filter(Q(giver_id=me) | Q(holder_id=me), public_id=public_id).first()
        if row is None:
            raise NoSuchMandate
        if row.withdrawn_at is not None:
            return row
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
        for subject in (row.giver_id, row.holder_id):
            audit.record(
                events.MandateWithdrawn(procedure=row.procedure.code),
                actor=sessions.actor_of(session),
                subject_id=subject,
                target=row,
                now=now,
            )
        _tell(row, NoticeKind.MANDATE_ENDED, now=now)
    return row


def remind(*, now: datetime) -> int:
    """Tell both people some days before a mandate runs out, and once it has; run again, nobody is told twice.

    Returns how many mandates somebody was told of.
    """
    today = clock.today(now)
    coming = (today, today + policy.MANDATE_REMINDED)
    over = (today - policy.MANDATE_END_TOLD, today - _DAY)
    return sum(
        _remind(key, kind, now)
        for kind, days in ((NoticeKind.MANDATE_ENDS, coming), (NoticeKind.MANDATE_ENDED, over))
        for key in _untold(kind, days)
    )


@transaction.atomic
def _give(session: Session, holder: Citizen, procedure: str, until: date, now: datetime) -> Mandate:
    # One press after the other: each finds what the one before it gave, and gives it its own day.
    giver = Citizen.objects.select_for_update(no_key=True).get(pk=session.account.citizen_id)
    rows = Mandate.objects.select_for_update().filter(
        giver=giver, holder=holder, procedure__code=procedure, withdrawn_at__isnull=True
    )
    row = rows.first()
    if row is not None and row.valid_until == until:
        return row
    if row is None:
        row = Mandate(giver=giver, holder=holder, procedure=Procedure.objects.get(code=procedure))
    row.given_at, row.valid_until = now, until
    row.save()
    for subject in (giver, holder):
        audit.record(
            events.MandateGiven(procedure=procedure, until=until.isoformat()),
            actor=sessions.actor_of(session),
            subject_id=subject.pk,
            target=row,
            now=now,
        )
    _tell(row, NoticeKind.MANDATE_GIVEN, now=now, until_date=f"{until:%d/%m/%Y}")
    return row


def _untold(kind: NoticeKind, days: tuple[date, date]) -> Iterator[Any]:
    """Mandates whose last day is one of those, of which somebody was not told."""
    rows = Mandate.objects.filter(withdrawn_at__isnull=True, valid_until__range=days)
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), _AT_ONCE):
        some = list(rows.filter(pk__in=keys[start : start + _AT_ONCE]))
        people = {person for row in some for person in (row.giver_id, row.holder_id)}
        accounts = telling.accounts_of_many(people)
        named = {
            _key(row, account, _last_day(row, kind)): row.pk
            for row in some
            if not _is_short(row, kind)
            for person in (row.giver_id, row.holder_id)
            for account in accounts.get(person, ())
        }
        told = Notice.objects.filter(event_key__in=named).values_list("event_key", flat=True)
        left = named.keys() - set(told)
        yield from sorted({named[key] for key in left})


def _is_short(row: Mandate, kind: NoticeKind) -> bool:
    """Whether it was given for so few days that what was told then is reminder enough."""
    ends = kind == NoticeKind.MANDATE_ENDS
    return ends and clock.today(row.given_at) > row.valid_until - policy.MANDATE_REMINDED


def _last_day(row: Mandate, kind: NoticeKind) -> str:
    return f"{kind.value.lower()}:{row.valid_until:%y%m%d}"


@transaction.atomic
def _remind(key: Any, kind: NoticeKind, now: datetime) -> bool:
    rows = Mandate.objects.select_for_update(of=("self",)).select_related(
        "procedure", "giver", "holder"
    )
    row = rows.get(pk=key)
    is_over = row.valid_until < clock.today(now)
    if row.withdrawn_at is not None or is_over != (kind == NoticeKind.MANDATE_ENDED):
        return False  # meanwhile
    values = {"until_date": f"{row.valid_until:%d/%m/%Y}"}
    if is_over:
        values = {"time": "00:00", "date": f"{row.valid_until + _DAY:%d/%m/%Y}"}
    _tell(row, kind, now=now, event=_last_day(row, kind), **values)
    return True


def _key(row: Mandate, account: Account, event: str) -> str:
    return f"mandate:{row.pk.hex}:{account.pk.hex[-8:]}:{event}"


def _tell(row: Mandate, kind: NoticeKind, *, now: datetime, event: str = "", **values: str) -> None:
    """Write to both people, in the caller's transaction; once, if the ``event`` has a name."""
    found = revisions.find_in_force(row.procedure.code)
    event = event or str(int(now.timestamp() * 1000))
    for citizen in (row.giver, row.holder):
        for account in telling.accounts_of(citizen.pk):
            with translation.override(account.language):
                procedure = in_language(found[1].name) if found else row.procedure.code
            notices.tell(
                account=account,
                kind=kind,
                values={
                    "giver": row.giver.full_name,
                    "holder": row.holder.full_name,
                    "procedure": procedure,
                    **values,
                },
                event_key=_key(row, account, event),
                now=now,
            )


def _holder(session: Session, number: str, name: str, now: datetime) -> Citizen:
    """The person of a number, if they have an account and the name agrees.

    Raises:
        Oneself, NoMatch: see the classes.
    """
    holder = register.find_citizen(number)
    if holder is not None and holder.pk == session.account.citizen_id:
        raise Oneself
    account = None
    if holder is not None:
        account = Account.objects.filter(
            citizen=holder, kind=AccountKind.CITIZEN, state=AccountState.ACTIVE
        ).first()
    if holder is None or account is None:
        raise NoMatch
    agrees = compare_names(name, holder.full_name) is not Sameness.OTHER
    audit.record(
        events.HolderNamed(agrees=agrees),
        actor=sessions.actor_of(session),
        subject_id=holder.pk,
        now=now,
    )
    if not agrees:
        raise NoMatch
    return holder
