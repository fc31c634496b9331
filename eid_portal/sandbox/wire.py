"""How a registry of papers is asked: look-ups by number, a search by person, requests to correct."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import repeat
from typing import Any, Final

from eid_portal.sandbox import corrections, data, keys, papers, routes
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.papers import Kind, Outcome, Paper, Registry
from eid_portal.sandbox.routes import Route
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

_LARGE: Final = 100 * 1024 * 1024
_BLOCK: Final = bytes(64 * 1024)
_HTML: Final = "<!doctype html><title>Bảo trì</title><h1>Hệ thống đang bảo trì</h1>"
_PERSONAL_NUMBER: Final = re.compile(r"\d{12}", re.ASCII)
_LONGEST: Final = 40
# Not among a person's papers. What else goes wrong with a paper does so when it is looked up.
_NOT_FOUND_BY_PERSON: Final = frozenset({Outcome.NOT_FOUND, Outcome.OTHER_OWNER})


def signed_routes(registry: Registry) -> tuple[Route, ...]:
    """Everything a registry answers."""

    def at(path: str, handler: Callable[..., Answer]) -> Route:
        return routes.signed("POST", re.escape(f"/{registry.party}{path}"), handler, registry.party)

    return (
        *(at(kind.look_up, partial(look_up, registry, kind)) for kind in registry.kinds),
        at(registry.search, partial(_search, registry)),
        at("/v1/corrections", partial(corrections.take, registry)),
    )


def look_up(registry: Registry, kind: Kind, world: World, payload: dict[str, Any]) -> Answer:
    """The paper of a number, or what the number's last two digits choose instead.

    Raises:
        Refuse: the number is malformed, or there is no such paper.
    """
    asked = payload.get(kind.asked)
    number = papers.clean(asked) if isinstance(asked, str) and len(asked) <= _LONGEST else ""
    if not kind.pattern.fullmatch(number):
        raise Refuse(400, "malformed_number")
    found = papers.find(world, registry, kind, number, _person(world, payload))
    if found is None:
        raise Refuse(404, "not_found")
    found.document[kind.asked] = asked
    return _answer(world, registry, found)


def _search(registry: Registry, world: World, payload: dict[str, Any]) -> Answer:
    person = _person(world, payload)
    child = papers.newborn(world, payload["personal_number"])
    if child is not None:
        found = papers.papers_of_newborn(world, registry, child)
    else:
        found = papers.papers_of(world, registry, person) if person else []
    answer: dict[str, list[papers.Document]] = {kind.many: [] for kind in registry.kinds}
    for paper in found:
        if paper.outcome not in _NOT_FOUND_BY_PERSON:
            answer[paper.kind.many].append(paper.document)
    return document(answer)


def _person(world: World, payload: dict[str, Any]) -> Person | None:
    number = payload.get("personal_number")
    if not isinstance(number, str) or not _PERSONAL_NUMBER.fullmatch(number):
        raise Refuse(400, "malformed_number")
    return data.find(number, today=world.today)


def _answer(world: World, registry: Registry, paper: Paper) -> Answer:
    _refuse_or_wait(world, registry, paper)
    kind, said = paper.kind, document({paper.kind.one: paper.document})
    match paper.outcome:
        case Outcome.OTHER_KEY:
            said = replace(said, key=keys.forged(world.settings, registry.party))
        case Outcome.REDIRECT:
            headers = {"content-type": "application/json", "location": "http://127.0.0.1:9/"}
            said = Answer(302, b"", headers)
        case Outcome.LARGE:
            # Whoever reads it to the end finds its digest wrong, too; nobody should.
            headers = {"content-type": "application/json", "content-length": str(_LARGE)}
            said = Answer(200, b"", headers, stream=repeat(_BLOCK, _LARGE // len(_BLOCK)))
        case Outcome.HTML:
            said = Answer(200, _HTML.encode(), {"content-type": "text/html; charset=utf-8"})
        case Outcome.TWO:
            said = document({kind.one: [paper.document, paper.document]})
        case Outcome.OTHER_NUMBER:
            other = paper.document | {kind.asked: f"{paper.number[:-2]}01"}
            said = document({kind.one: other})
        case _:
            pass
    return said


def _refuse_or_wait(world: World, registry: Registry, paper: Paper) -> None:
    match paper.outcome:
        case Outcome.NOT_FOUND:
            raise Refuse(404, "not_found")
        case Outcome.BROKEN:
            raise Refuse(500, "broken")
        case Outcome.BUSY_TWICE if world.busy_twice(f"{registry.party}:{paper.number}"):
            raise Refuse(503, "busy", retry_after=1)
        case Outcome.SLOW:
            world.sleep(world.settings.slow.total_seconds())
        case Outcome.SILENT:
            world.hang()
        case _:
            pass
