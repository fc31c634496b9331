"""The catalogue as anybody reads it: found by the words of life, with time, fee and papers before signing in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from eid_portal.core import clock, working_days
from procedures.enums import Agency, LifeEvent
from procedures.models import OfficeTime
from procedures.rules import clocks, search
from procedures.rules.documents import Document, Text
from procedures.rules.expressions import Facts
from procedures.rules.share import share
from procedures.selectors import revisions

BAR: Final = 64
OFFICES_SHOWN: Final = 20
_DAY_HOURS: Final = 24
ICONS: Final[Mapping[LifeEvent, str]] = {
    LifeEvent.CHILD: "baby",
    LifeEvent.STUDY: "graduation-cap",
    LifeEvent.WORK: "briefcase",
    LifeEvent.HOME: "house",
    LifeEvent.VEHICLE: "car",
    LifeEvent.BUSINESS: "building-2",
    LifeEvent.TRAVEL: "plane",
    LifeEvent.HEALTH: "heart-pulse",
    LifeEvent.PAPERS: "id-card",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A procedure in a list, in the language of who reads."""

    code: str
    name: str
    summary: str
    minutes: int
    time: str
    fee: int | None  # đồng; None if it depends on what is answered
    agency: str
    items: int  # that the form would ask of a person
    known: int  # of them, without asking

    @property
    def bar(self) -> int:
        """How much is known, of ``BAR``."""
        return self.known * BAR // self.items if self.items else BAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in somebody's life, and how many procedures it may need."""

    code: str
    label: str
    icon: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What was found, and what else there is."""

    found: Sequence[Card]
    events: Sequence[Event]
    event: str  # the label of the one that was chosen
    agency: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What is needed, and how it comes there."""

    name: str
    how: str
    is_needed: bool  # something must be brought


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Of eligibility, with what was chosen."""

    key: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RealTime:
    """How long an office really took of late, in words."""

    office: str
    files: int
    half: str
    nine_of_ten: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A procedure before it is begun."""

    card: Card
    papers: Sequence[Paper]
    rows: Sequence[tuple[str, str]]
    sources: Sequence[str]
    due: datetime | None  # if it were filed now
    questions: Sequence[Question]
    said: str  # to who answered them all
    starts: bool
    times: Sequence[RealTime]  # of the offices that decided most of them, those first


def said(text: Text | None) -> str:
    """A text of a document in the language of who reads."""
    return "" if text is None else text["en" if get_language() == "en" else "vi"]


def look(*, asked: str, event: str, agency: str) -> Catalogue:
    """What a question finds among what a life event and an agency leave."""
    there = revisions.in_force()
    documents = {code: revisions.document(pk) for code, pk in there.items()}
    found = search.find(asked, _index(tuple(there.values())))
    counted = Counter(
        each for document in documents.values() for each in document.data["life_events"]
    )
    return Catalogue(
        found=[
            _card(documents[code])
            for code in found
            if (not event or event in documents[code].data["life_events"])
            and (not agency or agency == documents[code].data["agency"])
        ],
        events=[
            Event(
                code=each.value, label=str(each.label), icon=ICONS[each], count=counted[each.value]
            )
            for each in LifeEvent
            if counted[each.value]
        ],
        event=str(LifeEvent(event).label) if event else "",
        agency=str(Agency(agency).label) if agency else "",
    )


def open_page(code: str, *, answers: Mapping[str, str], now: datetime) -> Page | None:
    """A procedure in force, with what is said to these answers to its questions; None if there is none."""
    found = revisions.find_in_force(code)
    if found is None:
        return None
    _pk, document = found
    given = {
        each.key: answers[each.key]
        for each in document.questions
        if answers.get(each.key) in {option.value for option in each.options}
    }
    answer = None
    if len(given) == len(document.questions):
        facts = Facts(answers=given, known={}, today=clock.today(now))
        answer = next((each for each in document.answers if each.when.holds(facts)), None)
    return Page(
        card=_card(document),
        papers=[
            Paper(said(each["name"]), said(each["how"]), each.get("needed", False))
            for each in document.data["papers"]
        ],
        rows=_rows(document),
        sources=[said(each["words"]) for each in document.data["sources"]],
        due=_due(document, now),
        questions=[
            Question(
                key=each.key,
                label=said(each.label),
                options=[(option.value, said(option.label)) for option in each.options],
                chosen=given.get(each.key, ""),
            )
            for each in document.questions
        ],
        said=said(answer.words) if answer else "",
        starts=answer.starts if answer else False,
        times=_times(code),
    )


def _times(code: str) -> list[RealTime]:
    english = (get_language() or "").startswith("en")
    rows = OfficeTime.objects.select_related("office").filter(procedure__code=code)
    return [
        RealTime(
            office=row.office.name_en if english else row.office.name,
            files=row.files,
            half=_took(row.median),
            nine_of_ten=_took(row.ninth),
        )
        for row in rows.order_by("-files", "office__code")[:OFFICES_SHOWN]
    ]


def _took(time: timedelta) -> str:
    """Whole days, rounded up; below a day in hours."""
    hours = max(1, -(-time // timedelta(hours=1)))
    if hours < _DAY_HOURS:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    days = -(-time // timedelta(days=1))
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


@lru_cache(maxsize=2)
def _index(there: tuple[UUID, ...]) -> Sequence[search.Entry]:
    """What the documents of these revisions are found by."""
    entries = []
    for pk in there:
        document = revisions.document(pk)
        words = document.data["words"]
        entries.append(
            search.entry(
                document.code,
                name=document.name.values(),
                words=[*words["vi"], *words["en"]],
                summary=document.data["summary"].values(),
            )
        )
    return entries


def _card(document: Document) -> Card:
    fee = (
        document.fee.value(_nothing_yet())
        if not document.fee.answers | document.fee.known
        else None
    )
    counted = share(document, clock.today())
    return Card(
        code=document.code,
        name=said(document.name),
        summary=said(document.data["summary"]),
        minutes=document.data["minutes"],
        time=_time(document),
        fee=fee if isinstance(fee, int) else None,
        agency=str(Agency(document.data["agency"]).label),
        items=counted.items,
        known=counted.known,
    )


def _nothing_yet() -> Facts:
    return Facts(answers={}, known={}, today=clock.today())


def _time(document: Document) -> str:
    limit = document.clock
    if limit.kind == "instant":
        return _("At once")
    if limit.kind == "working_days" and not limit.count:
        return _("The same day")
    words = (
        ngettext("%(count)s working day", "%(count)s working days", limit.count)
        if limit.kind == "working_days"
        else ngettext("%(count)s day", "%(count)s days", limit.count)
    )
    return words % {"count": limit.count}


def _due(document: Document, now: datetime) -> datetime | None:
    """By when it is decided if it is filed now, as the form and the slip count; None at once."""
    if document.clock.kind == "instant":
        return None
    days = working_days.load(clock.today(now))
    return clocks.deadline(document.clock, _nothing_yet(), received_at=now, days=days).due_at


def _rows(document: Document) -> list[tuple[str, str]]:
    data = document.data
    who = {
        "self": _("yourself"),
        "child": _("a child or ward of yours"),
        "mandate": _("somebody who gave you a mandate"),
    }
    silence = {
        "nothing": _("It stays open, and you are told why with a new date"),
        "granted": _("It counts as granted"),
    }
    rows = [
        (_("Who may file"), _("From %(age)s years, for %(whom)s") % {
            "age": data["filers"]["age_from"], "whom": ", ".join(who[each] for each in data["filers"]["for"]),
        }),
        (_("Who decides"), str(Agency(data["agency"]).label)),
        (_("Time limit"), _time(document)),
    ]  # fmt: skip
    if document.clock.pauses:
        why = {
            "citizen": _("while it waits for you"),
            "consent": _("while it waits for somebody’s consent"),
            "opinion": _("while another office gives its opinion"),
        }
        said_why = ", ".join(why[each] for each in sorted(document.clock.pauses))
        rows.append((_("The time stands still"), said_why))
    if document.exempt:
        rows.append(
            (_("Nothing is paid by"), "; ".join(said(each.words) for each in document.exempt))
        )
    rows.append((_("Result"), said(data["result"]["title"])))
    if document.clock.kind != "instant":  # there nobody has to
        rows.append((_("If nobody decides in time"), silence[data["silence"]]))
    rows += [
        (_("Appeal"), _("%(to)s, within %(days)s days of the decision") % {
            "to": said(data["appeal"]["to"]), "days": data["appeal"]["days"],
        }),
    ]  # fmt: skip
    if data["national_code"]:
        rows.append((_("Code in the national catalogue"), data["national_code"]))
    return rows
