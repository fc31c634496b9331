"""The pages of the registries: their switches, a person's papers and what becomes of them, requests to correct."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import ModuleType
from typing import Final
from uuid import UUID, uuid4

from eid_portal.sandbox import corrections, data, papers, registries, reports, switches
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.papers import Kind, Registry
from eid_portal.sandbox.reports import Way
from eid_portal.sandbox.store import PaperChange
from eid_portal.sandbox.switches import Switch
from eid_portal.sandbox.web import Answer, Refuse, Request, page, to
from eid_portal.sandbox.world import World

_NO_REPORT: Final = "not at all"
_POINTS: Final = 3
_REPORTED_AS: Final = {"points": "points", "revoked": "revoked"}
CHANGES: Final = {
    "nothing": "nothing, only report",
    "points": "three points deducted",
    "ends": "a new last day",
    "revoked": "revoked",
    "right": "put right: name, birth date, valid again",
}
_DELAY: Final = re.compile(r"\d{1,5}", re.ASCII)


# --- Registries -----------------------------------------------------------------------------------
def every_registry(world: World, _request: Request) -> Answer:
    """How each registry's switch stands."""
    shown = [(found, switches.of(world, found.party)) for found in _registries()]
    return page("registries.html", registries=shown, states=list(Switch))


def registry(world: World, _request: Request, party: str) -> Answer:
    """One registry: its switch, what it is asked, and what the numbers choose."""
    chosen = _registry(party)
    return page(
        "registry.html",
        registry=chosen,
        state=switches.of(world, party),
        states=list(Switch),
        outcomes=papers.BY_LAST_TWO_DIGITS,
        people=[
            person
            for person in data.PEOPLE.values()
            if any(papers.held_by(kind, person, world.today) for kind in chosen.kinds)
        ],
    )


def switch(world: World, request: Request, party: str) -> Answer:
    """Turn a registry's switch."""
    request.refuse_other_sites()
    chosen = _registry(party)
    try:
        wanted = Switch(request.fields().get("to", ""))
    except ValueError:
        raise Refuse(422, "no_such_state") from None
    switches.turn(world, chosen.party, wanted)
    return to(f"/registries/{chosen.party}/")


def registries_as_json() -> list[dict[str, str]]:
    """The registries for programs."""
    return [{"party": found.party, "name": found.name} for found in _registries()]


# --- Papers ---------------------------------------------------------------------------------------
def papers_of(world: World, _request: Request, number: str) -> Answer:
    """What a person holds, what each paper does, and numbers to try."""
    person = _person(world, number)
    held = [
        (chosen, paper)
        for chosen in _registries()
        for paper in papers.papers_of(world, chosen, person)
    ]
    tries = [
        (chosen, kind, papers.to_try(kind, person))
        for chosen in _registries()
        for kind in chosen.kinds
    ]
    return page(
        "papers.html",
        person=person,
        held=held,
        tries=tries,
        outcomes=papers.BY_LAST_TWO_DIGITS,
        changes=CHANGES,
        ways=[_NO_REPORT, *Way],
        once=lambda: str(uuid4()),
    )


def change(world: World, request: Request, number: str) -> Answer:
    """Change something of a paper, once for each form that was loaded, and report it or not."""
    request.refuse_other_sites()
    fields, person = request.fields(), _person(world, number)
    chosen, kind, paper_number = _paper(fields)
    what, event_id = fields.get("what", ""), fields.get("event_id", "")
    way = _way(fields)
    if what not in CHANGES or not _is_uuid(event_id):
        raise Refuse(422, "no_such_change")
    edit = _edit(world, chosen, kind, paper_number, person, what, fields.get("day", ""))
    at = papers.change(world, chosen, kind, paper_number, edit, event_id=event_id)
    event = {
        "event_id": event_id,
        "kind": _REPORTED_AS.get(what, "changed"),
        "at": at.isoformat(timespec="seconds"),
        "paper": {"type": kind.type, "number": paper_number},
    }
    sent = reports.send(world, chosen.party, event, way) if way else []
    now = papers.find(world, chosen, kind, paper_number, person)
    return page(
        "paper_changed.html",
        person=person,
        registry=chosen,
        paper=now,
        number=paper_number,
        what=CHANGES[what],
        sent=sent,
        way=way or _NO_REPORT,
    )


def papers_to_try(world: World, person: Person) -> list[dict[str, str]]:
    """What a person holds, then licence numbers that nobody holds, with the outcome each has; for programs."""
    held = [
        (chosen.party, kind.type, number, papers.outcome_of(number))
        for chosen in _registries()
        for kind in chosen.kinds
        for number in papers.held_by(kind, person, world.today)
    ]
    first = _registry("traffic-police")
    tries = [
        (first.party, first.kinds[0].type, number, outcome)
        for number, outcome in papers.to_try(first.kinds[0], person).items()
    ]
    return [
        {"registry": party, "type": type_, "number": number, "outcome": outcome.value}
        for party, type_, number, outcome in held + tries
    ]


# --- Corrections ----------------------------------------------------------------------------------
def every_correction(world: World, _request: Request) -> Answer:
    """The newest requests, and after how long registries correct by themselves."""
    after = corrections.delay(world)
    return page(
        "corrections.html",
        corrections=[(found, found.about) for found in world.store.corrections()],
        delay=None if after is None else round(after.total_seconds()),
        wishes=corrections.WISHES,
        ways=[_NO_REPORT, *Way],
        words={
            corrections.CORRECTED: corrections.CORRECTED_WORDS,
            corrections.REFUSED: corrections.REFUSED_WORDS,
        },
    )


def answer(world: World, request: Request) -> Answer:
    """Correct a paper, or refuse to, and report it; an answered request is only reported again."""
    request.refuse_other_sites()
    fields = request.fields()
    reference, verdict, way = fields.get("reference", ""), fields.get("verdict", ""), _way(fields)
    words = {
        corrections.CORRECTED: corrections.CORRECTED_WORDS,
        corrections.REFUSED: corrections.REFUSED_WORDS,
    }
    if world.store.find_correction(reference) is None or verdict not in words:
        raise Refuse(422, "no_such_correction")
    corrections.answer(world, reference, verdict, words[verdict], reported=way is not None)
    sent = corrections.tell(world, reference, way) if way else []
    return page("correction_answered.html", reference=reference, sent=sent, way=way or _NO_REPORT)


def delay(world: World, request: Request) -> Answer:
    """Choose after how long registries correct by themselves."""
    request.refuse_other_sites()
    seconds = request.fields().get("seconds", "").strip()
    if seconds and not _DELAY.fullmatch(seconds):
        raise Refuse(422, "malformed_seconds")
    corrections.choose_delay(world, int(seconds) if seconds else None)
    return to("/corrections/")


# --- What forms say -------------------------------------------------------------------------------
def _registries() -> list[Registry]:
    return [found.REGISTRY for found in registries.every().values() if _has_pages(found)]


def _has_pages(module: ModuleType) -> bool:
    return hasattr(module, "REGISTRY")


def _registry(party: str) -> Registry:
    for found in _registries():
        if found.party == party:
            return found
    raise Refuse(404, "no_such_registry")


def _person(world: World, number: str) -> Person:
    person = data.find(number, today=world.today)
    if person is None:
        raise Refuse(404, "no_such_person")
    return person


def _paper(fields: dict[str, str]) -> tuple[Registry, Kind, str]:
    chosen = _registry(fields.get("party", ""))
    kind = chosen.kind(fields.get("type", ""))
    number = papers.clean(fields.get("number", ""))
    if kind is None or not kind.pattern.fullmatch(number):
        raise Refuse(422, "malformed_number")
    return chosen, kind, number


def _way(fields: dict[str, str]) -> Way | None:
    chosen = fields.get("way", _NO_REPORT)
    if chosen == _NO_REPORT:
        return None
    try:
        return Way(chosen)
    except ValueError:
        raise Refuse(422, "no_such_way") from None


def _edit(
    world: World,
    registry: Registry,
    kind: Kind,
    number: str,
    person: Person,
    what: str,
    day: str,
) -> Callable[[PaperChange], PaperChange]:
    match what:
        case "points":
            found = papers.find(world, registry, kind, number, person)
            if found is None or "points" not in found.document:
                raise Refuse(422, "no_points")

            def deduct(before: PaperChange) -> PaperChange:
                left = found.document["points"] if before.points is None else before.points
                return replace(before, points=max(left - _POINTS, 0))

            return deduct
        case "ends":
            try:
                ends = date.fromisoformat(day).isoformat()
            except ValueError:
                raise Refuse(422, "malformed_day") from None
            return lambda before: replace(before, ends=ends)
        case "revoked":
            return lambda before: replace(before, status="revoked")
        case "right":
            return lambda _before: PaperChange(owner=person.number)
        case _:
            return lambda before: before


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
