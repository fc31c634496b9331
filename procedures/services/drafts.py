"""Drafts: begun, resumed on any device, saved page by page, moved to a new revision, and discarded.

What the state knows is read anew whenever a draft is opened. A draft whose procedure has a newer revision is shown on
that one at once; the next save writes it down.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Citizen, Province
from accounts.models.offices import in_force
from accounts.selectors import wards
from accounts.services import sessions
from documents.enums import DocumentState
from documents.models import Document as Paper
from documents.selectors.papers import ID_CARD
from documents.services import wallets
from eid_portal.core import clock, limits, sealed, statements
from eid_portal.core.events import Actor
from payments.services import supply
from procedures import policy
from procedures.enums import Capacity
from procedures.models import Draft, Procedure
from procedures.rules import answers, moving, pages, snapshot, values
from procedures.rules.answers import Settled
from procedures.rules.documents import Document, Step
from procedures.rules.expressions import Facts, Value
from procedures.rules.fees import Fee, NoFee, fee_of
from procedures.rules.pages import Page, Posted
from procedures.selectors import mandates, revisions
from procedures.services import known as state_knows

_CONTRACT: Final = "contract_address"
_READ: Final = (
    statements.Columns(Draft, "d"),
    statements.Columns(Procedure, "p"),
    statements.Columns(Citizen, "c"),
)
# Every page of a form begins with it: a draft, the revision in force, and the names an address may have, by one trip.
_FIND: Final = f"""
    SELECT (SELECT r.id FROM procedures_revision r WHERE r.procedure_id = d.procedure_id AND r.state = 'PUBLISHED'),
           ARRAY(SELECT v.name FROM accounts_province v
                  WHERE v.valid_from <= %s AND (v.valid_to IS NULL OR v.valid_to > %s) ORDER BY v.name),
           {", ".join(each.sql for each in _READ)}
      FROM procedures_draft d
      JOIN procedures_procedure p ON p.id = d.procedure_id
      JOIN accounts_citizen c ON c.id = d.citizen_id
     WHERE d.filer_id = %s AND d.public_id = %s
"""  # noqa: S608 - our own names
_FILES: Final = """
    SELECT public_id FROM procedures_attachment
     WHERE citizen_id = %s AND (%s OR uploaded_by_id = %s) ORDER BY id DESC
"""


class FilingRefused(Exception):
    """This cannot be filed, or not so; ``message`` says why."""

    code = "filing_refused"
    message: Any = _("This cannot be filed now.")


class NotInForce(FilingRefused):
    """The procedure is not offered, or not any more."""

    code = "not_in_force"
    message = _("This procedure is not offered any more. Your draft stays for you to read.")


class NotForThem(FilingRefused):
    """The procedure is not filed in that capacity, or nobody gave it to who asks."""

    code = "not_for_them"
    message = _(
        "You cannot do this for that person. The mandate, or what else let you act for them, may have ended."
    )


class TooYoung(FilingRefused):
    """Who files is below the age that the procedure names; ``by_parents`` if parents and guardians may file it."""

    code = "too_young"

    def __init__(self, age: int, *, by_parents: bool) -> None:
        super().__init__(self.code)
        words = (
            _(
                "You can file this yourself from the age of %(age)s. Until then a parent or guardian does."
            )
            if by_parents
            else _("This can be filed from the age of %(age)s on.")
        )
        self.message = words % {"age": age}


class TooManyDrafts(FilingRefused):
    """So many are open, or were begun of late, that no more is begun."""

    code = "too_many_drafts"
    message = _(
        "You have begun many forms. File or discard some of your drafts first, or try again in an hour."
    )


class SavedElsewhere(FilingRefused):
    """Another tab or device saved the draft since this page was opened; ``form`` is what it saved."""

    code = "saved_elsewhere"
    message = _(
        "You went on with this form in another window or on another device. Below is what you typed here; "
        "compare it with what is saved, then send it again."
    )

    def __init__(self, form: "Form") -> None:
        super().__init__(self.code)
        self.form = form


class NoSuchDraft(LookupError):
    """There is no such draft of this person, or none any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A draft as it is open to who fills it in."""

    draft: Draft
    revision_id: UUID
    document: Document
    is_in_force: bool
    citizen: Citizen = field(repr=False)
    actor: Actor
    known: Mapping[str, Value] = field(repr=False)
    held: Mapping[str, Collection[str]] = field(repr=False)
    provinces: Sequence[str]
    answers: Mapping[str, Value] = field(repr=False)
    again: tuple[str, ...]
    settled: Settled = field(repr=False)
    today: date

    @property
    def facts(self) -> Facts:
        """What trees of the document are worked out from."""
        return Facts(answers=self.settled.values, known=self.known, today=self.today)

    @property
    def steps(self) -> list[Step]:
        """The pages that are asked, in their order."""
        return [each for each in self.document.steps if each.key in self.settled.steps]

    @property
    def fee(self) -> Fee | None:
        """What it costs as it stands; None if that cannot be said yet."""
        try:
            return fee_of(self.document, self.settled, known=self.known, today=self.today)
        except NoFee:
            return None

    @property
    def seen(self) -> str:
        """A hash of all that the check page shows: what is filed is what was seen there, or it is shown again."""
        fee = self.fee
        shown = {
            "values": values.to_json(self.settled.values),
            "fee": fee.amount_vnd if fee else None,
            "revision": str(self.revision_id),
        }
        return hashlib.sha256(snapshot.canonical(shown).encode()).hexdigest()

    def find_step(self, key: str) -> Step | None:
        """A page that is asked, by its key."""
        return next((each for each in self.steps if each.key == key), None)

    def read(self, step: Step, posted: Posted) -> Page:
        """A page of this form as a browser sent it."""
        return pages.read_page(step, posted, self.facts, held=self.held, provinces=self.provinces)


# --- Beginning --------------------------------------------------------------------------------------
def begin(
    *, session: sessions.Session, code: str, capacity: Capacity, person: str, now: datetime
) -> tuple[Draft, bool]:
    """The draft of a procedure for somebody, and whether it was there already.

    ``person`` is the public id of a guardianship or a mandate; empty for oneself.

    Raises:
        FilingRefused: see its subclasses.
        StepUpNeeded: a guardian must prove themselves afresh.
    """
    found = revisions.find_in_force(code)
    if found is None:
        raise NotInForce
    revision_id, document = found
    citizen = _whom(session, document, capacity, person, now)
    rows = Draft.objects.filter(filer=session.account, procedure__code=code, citizen=citizen)
    there = rows.first()
    if there is not None:
        return there, True
    if any(each.suggest == _CONTRACT for each in document.fields):
        supply.ask(citizen=citizen, actor=sessions.actor_of(session), now=now)
    if isinstance(limits.hit(policy.BEGIN, str(session.account.pk), now=now), limits.LockedUntil):
        raise TooManyDrafts
    if Draft.objects.filter(filer=session.account).count() >= policy.DRAFTS_MOST:
        raise TooManyDrafts
    try:
        with transaction.atomic():
            draft = Draft.objects.create(
                filer=session.account,
                citizen=citizen,
                capacity=capacity,
                procedure=Procedure.objects.get(code=code),
                revision_id=revision_id,
                answers={},
                begun_at=now,
                saved_at=now,
            )
    except IntegrityError:  # the other press of the button
        return rows.get(), True
    return draft, False


def discard(*, session: sessions.Session, public_id: str) -> bool:
    """Throw a draft away; False if there was none."""
    return bool(Draft.objects.filter(filer=session.account, public_id=public_id).delete()[0])


def tidy(*, now: datetime) -> int:
    """Throw away drafts that nobody saved for ``policy.DRAFT_LASTS``; returns how many."""
    old = Draft.objects.filter(saved_at__lt=now - policy.DRAFT_LASTS).order_by("saved_at", "id")
    return Draft.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:1000])).delete()[0]


# --- Filling in -------------------------------------------------------------------------------------
def open_form(*, session: sessions.Session, public_id: str, now: datetime) -> Form:
    """A draft, ready to be filled in, on the revision in force.

    Raises:
        NoSuchDraft: see the class.
        NotForThem: the guardianship or mandate is over.
        StepUpNeeded: a guardian must prove themselves afresh.
    """
    today = clock.today(now)
    found = statements.fetch_one(_FIND, [today, today, session.account.pk, public_id])
    if found is None:
        raise NoSuchDraft
    revision_id, provinces, *rows = found
    draft, procedure, citizen = statements.read_rows(rows, *_READ)
    draft.procedure, draft.citizen = procedure, citizen
    return _open(draft, session, now, in_force=revision_id, provinces=provinces)


def keep(
    form: Form,
    page: Page,
    *,
    session: sessions.Session,
    step: Step,
    version: int,
    is_sent: bool,
    now: datetime,
) -> Form:
    """Keep what could be read of a page, and that it is done if it was sent without a fault.

    ``version`` is that of the draft when its page was drawn.

    Raises:
        SavedElsewhere: see the class; nothing was written.
        NoSuchDraft: it was filed or discarded meanwhile.
        NotInForce: see the class.
    """
    if not form.is_in_force:
        raise NotInForce
    while True:
        kept = page.onto(step, form.answers)
        if form.draft.version == version:
            saved = _save(form, page, step, kept, is_sent=is_sent, now=now)
            if saved is not None:
                return _settled(saved)
        form = open_form(session=session, public_id=form.draft.public_id, now=now)
        if values.to_json(form.answers) != values.to_json(kept):
            raise SavedElsewhere(form)
        version = form.draft.version  # another press wrote the same


def list_capacities(
    session: sessions.Session, document: Document, *, now: datetime
) -> list[tuple[Capacity, str, str]]:
    """For whom the person may file it: capacity, the public id that :func:`begin` takes, and the name."""
    allowed = document.data["filers"]["for"]
    found: list[tuple[Capacity, str, str]] = []
    if Capacity.SELF in allowed:
        found.append((Capacity.SELF, "", session.account.citizen.full_name))
    if Capacity.CHILD in allowed:
        found += [
            (Capacity.CHILD, ward.public_id, ward.citizen.full_name)
            for ward in wards.list_in_force(session.account, now=now)
        ]
    if Capacity.MANDATE in allowed:
        rows = mandates.held(session.account, now=now).filter(procedure__code=document.code)
        found += [
            (Capacity.MANDATE, row.public_id, row.giver.full_name)
            for row in rows.select_related("giver").order_by("pk")
        ]
    return found


# --- Within -------------------------------------------------------------------------------------------
def _whom(
    session: sessions.Session, document: Document, capacity: Capacity, person: str, now: datetime
) -> Citizen:
    """For whom it is filed, if that may be.

    Raises:
        NotForThem, TooYoung: see the classes.
    """
    check_filer(session, document, capacity, now=now)
    match capacity:
        case Capacity.SELF:
            return session.account.citizen
        case Capacity.CHILD:
            try:
                return wallets.open_of(session=session, ward_id=person or "-", now=now).citizen
            except (wallets.NoSuchWard, wallets.WardGrown, wallets.NoGuardian):
                raise NotForThem from None
        case Capacity.MANDATE:
            row = mandates.held(session.account, now=now).filter(public_id=person).first()
            if row is None or row.procedure.code != document.code:
                raise NotForThem
            return row.giver


def check_filer(
    session: sessions.Session, document: Document, capacity: Capacity, *, now: datetime
) -> None:
    """Refuse a capacity or an age in which the procedure is not filed.

    Raises:
        NotForThem, TooYoung: see the classes.
    """
    filers = document.data["filers"]
    if capacity not in filers["for"]:
        raise NotForThem
    if _age(session.account.citizen.birth_date, clock.today(now)) < filers["age_from"]:
        raise TooYoung(filers["age_from"], by_parents=Capacity.CHILD in filers["for"])


def may_act(
    session: sessions.Session,
    *,
    citizen: Citizen,
    capacity: Capacity,
    procedure_id: UUID,
    now: datetime,
) -> None:
    """Refuse who may not act for somebody any more.

    Raises:
        NotForThem: see the class.
        StepUpNeeded: a guardian must prove themselves afresh.
    """
    match capacity:
        case Capacity.SELF:
            if citizen.pk != session.account.citizen_id:
                raise NotForThem
        case Capacity.CHILD:
            try:
                wallets.open_for(session=session, citizen_id=citizen.pk, now=now)
            except (wallets.NoSuchPaper, wallets.WardGrown, wallets.NoGuardian):
                raise NotForThem from None
        case Capacity.MANDATE:
            mine = mandates.held(session.account, now=now).filter(giver=citizen)
            if not mine.filter(procedure_id=procedure_id).exists():
                raise NotForThem


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _save(
    form: Form,
    page: Page,
    step: Step,
    kept: Mapping[str, Value],
    *,
    is_sent: bool,
    now: datetime,
) -> Form | None:
    """The form with what was kept of a page; None if its draft is not as it was opened any more."""
    is_done = is_sent and not page.problems
    again = form.again
    if is_done:
        names = {each.key for each in step.fields}
        again = tuple(each for each in again if each.partition("-")[0] not in names)
    written = {
        "answers": values.to_json(kept),
        "revision_id": form.revision_id,
        "done": [key for key in form.draft.done if key != step.key] + [step.key] * is_done,
        "again": list(again),
        "version": form.draft.version + 1,
        "saved_at": now,
    }
    rows = Draft.objects.filter(pk=form.draft.pk, version=form.draft.version)
    if not rows.update(**sealed.seal_values(form.draft, written)):
        return None
    draft = copy(form.draft)
    draft.__dict__ |= written
    return replace(form, draft=draft, answers=kept, again=again)


def _open(
    draft: Draft,
    session: sessions.Session,
    now: datetime,
    *,
    in_force: UUID | None,
    provinces: Sequence[str],
) -> Form:
    may_act(
        session,
        citizen=draft.citizen,
        capacity=Capacity(draft.capacity),
        procedure_id=draft.procedure_id,
        now=now,
    )
    written = revisions.document(draft.revision_id)
    kept = answers.answers_from_json(written, draft.answers)
    again: list[str] = list(draft.again)
    revision_id = in_force or draft.revision_id
    document = revisions.document(revision_id)
    if revision_id != draft.revision_id:
        moved = moving.move(written, document, kept)
        kept = dict(moved.answers)
        again = list(dict.fromkeys([*again, *(each.at for each in moved.again)]))
    citizen = draft.citizen
    form = Form(
        draft=draft,
        revision_id=revision_id,
        document=document,
        is_in_force=in_force is not None,
        citizen=citizen,
        actor=sessions.actor_of(session),
        known=state_knows.of(
            citizen, filer=session.account, now=now, wanted=revisions.sources(revision_id)
        ),
        held=held(document, citizen, filer=session.account),
        provinces=provinces,
        answers=kept,
        again=tuple(again),
        settled=_EMPTY,
        today=clock.today(now),
    )
    return _settled(form)


def _settled(form: Form) -> Form:
    settled = answers.settle(
        form.document,
        form.answers,
        known=form.known,
        today=form.today,
        held=form.held,
        provinces=form.provinces,
    )
    return replace(form, settled=settled)


def held(document: Document, citizen: Citizen, *, filer: Account) -> dict[str, list[str]]:
    """The files and papers that may be named, by the key of their field.

    Who files for somebody by mandate names only files they sent themselves.
    """
    found: dict[str, list[str]] = {}
    for each in document.fields:
        if each.kind == "file":
            is_theirs = filer.citizen_id == citizen.pk
            rows = statements.fetch_all(_FILES, [citizen.pk, is_theirs, filer.pk])
            found[each.key] = [public_id for (public_id,) in rows]
        elif each.kind == "paper":
            papers = Paper.objects.filter(
                citizen=citizen, state=DocumentState.VERIFIED, kind__in=each.papers
            )
            found[each.key] = list(papers.order_by("-pk").values_list("public_id", flat=True))
            if "ID_CARD" in each.papers:
                found[each.key].append(ID_CARD)
    return found


def provinces(today: date) -> list[str]:
    """The names an address may have, in their order."""
    rows = Province.objects.filter(in_force(today)).order_by("name")
    return list(rows.values_list("name", flat=True))


_EMPTY: Final = Settled(
    values={}, answers={}, steps=(), shown=(), dropped=(), ignored=(), missing=(), awaited=(), problems=(),
)  # fmt: skip
