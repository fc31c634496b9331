"""A traffic officer looks at a driver's papers: for a reason, recorded before anything is shown.

Only papers in the wallet are there; they are found by the code the driver shows, by licence number or by plate.
"""

import secrets
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import events as accounts_events
from accounts import policy as accounts_policy
from accounts.enums import Action, NoticeKind
from accounts.selectors import look_ups
from accounts.services import assurance, sessions, watching
from accounts.services.sessions import Session
from documents import events, policy
from documents.enums import DocumentState, LookPurpose, RoadsidePurpose
from documents.kinds import driver_licence, vehicle_registration
from documents.kinds.base import NumberRefused
from documents.models import Document, RoadsideLook
from documents.models.papers import NUMBER
from documents.selectors import roadside as pages
from documents.services import holder_reports, presenting, presses
from eid_portal.core import audit, clock, ids, limits, sealed, verify
from eid_portal.core.events import Actor
from eid_portal.core.verify import Nothing, Why

KINDS: Final = (driver_licence.KIND, vehicle_registration.KIND)
_TRIES: Final = 5
_RANDOM: Final = 4  # characters of a reference, which is read out on the road


class LookRefused(Exception):
    """Nothing is shown; ``code`` says why, ``field`` where, and ``message`` tells the officer what to do."""

    code = "look_refused"
    field = "typed"
    message: Any = gettext_lazy("This cannot be looked at.")


class NotANumber(LookRefused):
    """It can be neither a code nor the number of a licence or a plate."""

    code = "not_a_number"
    message = gettext_lazy(
        "Enter the code the driver shows, a licence number of 12 digits, or a plate such as 59X3-123.45"
    )


class NotLinked(LookRefused):
    """No wallet has such a paper."""

    code = "not_linked"
    message = gettext_lazy(
        "No wallet has a licence or vehicle of this number. That does not say there is none:"
        " ask for the paper card. The try was counted and recorded"
    )


class NotConfirmed(LookRefused):
    """It is in a wallet, and no registry has confirmed it yet."""

    code = "not_confirmed"
    message = gettext_lazy(
        "The registry has not confirmed this paper yet. Ask for the paper card."
        " The try was counted and recorded"
    )


class Oneself(LookRefused):
    """It is the officer's own paper."""

    code = "oneself"
    message = gettext_lazy("This is your own paper. You see it in your own account, like everybody")


class AnotherPaper(LookRefused):
    """The code shows something else; it was not used up."""

    code = "another_paper"
    message = gettext_lazy(
        "This code shows another paper. Ask for the code of the driver licence or of the vehicle"
    )


class NoFaceShown(LookRefused):
    """A vehicle is driven by others than its owner too."""

    code = "no_face_shown"


class NotOnTheRoad(LookRefused):
    """Whoever acts has no account or no office: the portal itself, a party."""

    code = "not_on_the_road"


class CodeUseless(LookRefused):
    """The code ended, was read before, or shows nothing now."""

    code = "code_useless"

    def __init__(self, why: Why) -> None:
        super().__init__(self.code)
        self.message = {
            Why.NOT_OURS: _("We know no such code. Compare it letter by letter"),
            Why.EXPIRED: _("The code has ended. Ask the driver for a new one"),
            Why.USED: _("The code was read before. Ask the driver for a new one"),
        }.get(why, _("The code shows nothing now. Ask for the paper card"))


class TooManyLooks(LookRefused):
    """So many numbers were asked for that the next must wait ``until``."""

    code = "too_many_looks"
    field = "__all__"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until
        local = until.astimezone(clock.VIET_NAM)
        self.message = _(
            "You looked at %(count)s papers within an hour. Your supervisor has been told."
            " You can go on after %(time)s."
        ) % {"count": accounts_policy.LOOK_UPS.allowed, "time": f"{local:%H:%M}"}


def look(
    *, session: Session, typed: str, reason: RoadsidePurpose, press: str, now: datetime
) -> RoadsideLook:
    """Look at a paper; every try counts, found or not. ``press`` names the press of the button, which looks once.

    Raises:
        StepUpNeeded: the officer must prove themselves afresh.
        TooManyLooks, NotANumber, NotLinked, NotConfirmed, Oneself, AnotherPaper, CodeUseless: see there.
    """
    assurance.require(session, Action.LOOK_UP, now=now)
    actor = sessions.actor_of(session)
    key = presses.key_of(press, reason.value, typed)
    made = _made_by(session, key)
    if made is not None and now - made.looked_at <= policy.SAME_PRESS:
        return made
    if made is not None:  # the same again, and meant
        key = ids.public_id()
    answer = limits.hit(accounts_policy.LOOK_UPS, str(session.account.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyLooks(answer.until)
    code = verify.read(typed)
    try:
        if code is not None and code.startswith(presenting.KIND.prefix):
            return _look_by_code(code, reason=reason, press=key, actor=actor, now=now)
        with transaction.atomic():
            watching.hold(actor)
            document = _by_number(typed)
            return _begin(document, reason=reason, press=key, actor=actor, now=now)
    except (NotLinked, NotConfirmed, CodeUseless):
        _record_failure(reason, actor=actor, now=now)
        raise
    except IntegrityError:
        made = _made_by(session, key)
        if made is None:
            raise
        return made


def mask(*, look: RoadsideLook, now: datetime) -> None:
    """Mask everything at once; a look that is over stays so."""
    RoadsideLook.objects.filter(pk=look.pk, masked_at__gt=now).update(masked_at=now)


@transaction.atomic
def report_holder(*, look: RoadsideLook, actor: Actor, now: datetime) -> None:
    """Say, once, that the driver is not the holder of the licence that was looked at; the holder is told.

    Raises:
        NoFaceShown: the look showed no face to compare.
    """
    document = look.document
    if document.kind != driver_licence.KIND.code:
        raise NoFaceShown
    people = holder_reports.hold_people(
        citizen_id=look.citizen_id, made_by_id=document.linked_by_id, now=now
    )
    mine = RoadsideLook.objects.filter(pk=look.pk, other_face_at__isnull=True)
    if not mine.update(other_face_at=now):
        return
    audit.record(
        events.HolderDoubted(kind=document.kind, reference=look.reference),
        actor=actor,
        subject_id=look.citizen_id,
        target=look,
        purpose=LookPurpose.ROADSIDE.value,
        now=now,
    )
    for account in people:
        office = look.office.name if account.language == "vi" else look.office.name_en
        holder_reports.tell(
            [account],
            NoticeKind.HOLDER_DOUBTED_ROAD,
            reading=look.pk,
            values={"paper": document.kind, "office": office, "reference": look.reference},
            now=now,
        )


def register() -> None:
    """Let our looks count among those of officers; called in ``apps.ready()``."""
    look_ups.count_too(events.RoadsideLooked.name)


# --- Parts ----------------------------------------------------------------------------------------
@transaction.atomic
def _look_by_code(
    code: str, *, reason: RoadsidePurpose, press: str, actor: Actor, now: datetime
) -> RoadsideLook:
    """Use the code up and look at its paper, together."""
    watching.hold(actor)
    kind = presenting.kind_of(code)
    if kind is not None and kind not in pages.FIELDS:
        raise AnotherPaper
    taken = presenting.take(code, press=press, now=now)
    if isinstance(taken, Nothing):
        raise CodeUseless(taken.why)
    document = taken.row.document
    if document is None:
        raise AnotherPaper
    return _begin(document, reason=reason, press=press, actor=actor, now=now)


def _by_number(typed: str) -> Document:
    """The paper in a wallet that a number or plate is of.

    Raises:
        NotANumber, NotLinked: see there.
    """
    found, numbers = None, []
    for kind in KINDS:
        try:
            number = kind.clean_number(typed)
        except NumberRefused:
            continue
        numbers.append(number)
        indexes = sealed.blind_indexes(NUMBER, number)
        rows = Document.objects.filter(kind=kind.code, number_index__in=indexes)
        found = found or rows.exclude(state=DocumentState.UNLINKED).first()
    if not numbers:
        raise NotANumber
    if found is None:
        raise NotLinked
    return found


def _begin(
    document: Document, *, reason: RoadsidePurpose, press: str, actor: Actor, now: datetime
) -> RoadsideLook:
    """Write the look down, tell of it, and see whether it stands out; the officer's account is held.

    Raises:
        NotOnTheRoad, Oneself, NotConfirmed: see there.
    """
    if actor.account_id is None or actor.office_id is None:
        raise NotOnTheRoad
    if document.citizen_id == actor.citizen_id:
        raise Oneself
    if document.paper is None:
        raise NotConfirmed
    row = RoadsideLook(
        reference=_reference(now),
        officer_id=actor.account_id,
        office_id=actor.office_id,
        citizen_id=document.citizen_id,
        document=document,
        reason=reason,
        press=press,
        looked_at=now,
        masked_at=now + accounts_policy.LOOK_MASKED_AFTER,
    )
    row.save(force_insert=True)
    audit.record(
        events.RoadsideLooked(
            kind=document.kind,
            reason=reason.value,
            reference=row.reference,
            fields=list(pages.FIELDS[document.kind]),
        ),
        actor=actor,
        subject_id=document.citizen_id,
        target=row,
        purpose=LookPurpose.ROADSIDE.value,
        now=now,
    )
    watching.looked(actor=actor, citizen_id=document.citizen_id, now=now)
    return row


def _reference(now: datetime) -> str:
    """What both sides read: short, and free today."""
    for _try in range(_TRIES):
        drawn = "".join(secrets.choice(verify.ALPHABET) for _character in range(_RANDOM))
        reference = f"KT-{clock.today(now):%y%m%d}-{drawn}"
        if not RoadsideLook.objects.filter(reference=reference).exists():
            return reference
    raise RuntimeError("no reference is free")


def _made_by(session: Session, press: str) -> RoadsideLook | None:
    """What the same press looked at already."""
    return RoadsideLook.objects.filter(officer=session.account, press=press).first()


@transaction.atomic
def _record_failure(reason: RoadsidePurpose, *, actor: Actor, now: datetime) -> None:
    watching.hold(actor)
    audit.record(
        accounts_events.LookUpFailed(reason=reason.value),
        actor=actor,
        purpose=LookPurpose.ROADSIDE.value,
        now=now,
    )
    watching.looked(actor=actor, citizen_id=None, now=now)
