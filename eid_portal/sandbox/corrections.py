"""Requests to correct a paper: ``POST /<party>/v1/corrections``, once per reference.

The registry corrects by itself after some seconds (``EID_SANDBOX_CORRECTS_AFTER``, or the page), unless the words of
the holder wish otherwise; then it reports to the portal. From then on the paper says what the population register says.
"""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from eid_portal.sandbox import data, papers, registries, reports
from eid_portal.sandbox.papers import Registry
from eid_portal.sandbox.reports import Way
from eid_portal.sandbox.store import Correction, PaperChange
from eid_portal.sandbox.to_portal import Sent
from eid_portal.sandbox.web import Answer, Refuse, document
from eid_portal.sandbox.world import World

OPEN, CORRECTED, REFUSED = "open", "corrected", "refused"
WISHES: Final = {
    "#refuse": "refused after the delay instead of corrected",
    "#wait": "left open until somebody decides here",
    "#reject": "not taken: answered 409",
}
CORRECTED_WORDS: Final = "Đã sửa theo Cơ sở dữ liệu quốc gia về dân cư."
REFUSED_WORDS: Final = "Hồ sơ gốc ghi đúng như giấy tờ; đề nghị mang bản gốc đến để đối chiếu."
NOT_YOURS_WORDS: Final = "Giấy tờ này đứng tên người khác."
_DELAY: Final = "corrects_after"
_REFERENCE: Final = re.compile(r"[-0-9A-Za-z]{1,60}", re.ASCII)
_PERSONAL_NUMBER: Final = re.compile(r"\d{12}", re.ASCII)
_SIDES: Final = frozenset({"POPULATION", "REGISTRY", "NEITHER", "MISSING"})
_LONGEST: Final = 5000
_NOBODY: Final = 0  # was told, and nobody will be


def take(registry: Registry, world: World, payload: dict[str, Any]) -> Answer:
    """Keep the request; the same reference again is the same request.

    Raises:
        Refuse: it cannot be read, the holder's words wish it, or another request has this reference.
    """
    reference, words = payload.get("reference"), payload.get("words")
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        raise Refuse(400, "malformed_reference")
    if payload.get("side") not in _SIDES or not _about_a_paper(registry, payload):
        raise Refuse(400, "malformed_request")
    fields = payload.get("fields", [])
    if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
        raise Refuse(400, "malformed_fields")
    if words is not None and (not isinstance(words, str) or len(words) > _LONGEST):
        raise Refuse(400, "malformed_words")
    if "#reject" in (words or ""):
        raise Refuse(409, "not_competent")
    now, after = world.now(), delay(world)
    waits = after is None or "#wait" in (words or "")
    asked = json.dumps(payload, ensure_ascii=False, sort_keys=True)
    kept = world.store.keep_correction(
        Correction(
            reference=reference,
            party=registry.party,
            correction_id=str(uuid4()),
            asked=asked,
            received_at=_text(now),
            due_at=None if waits else _text(now + (after or timedelta())),
            verdict=OPEN,
            words="",
            event_id=str(uuid4()),
        )
    )
    if (kept.party, kept.asked) != (registry.party, asked):
        raise Refuse(409, "another_correction_has_this_reference")
    return document({"correction_id": kept.correction_id, "office": registry.office})


def delay(world: World) -> timedelta | None:
    """After how long a registry corrects by itself; None for never."""
    chosen = world.store.chosen(_DELAY)
    if chosen is None:
        return world.settings.corrects_after
    return timedelta(seconds=int(chosen)) if chosen else None


def choose_delay(world: World, seconds: int | None) -> None:
    """Let registries correct after that many seconds, or never by themselves."""
    world.store.choose(_DELAY, "" if seconds is None else str(seconds))


def answer(
    world: World, reference: str, verdict: str, words: str, *, reported: bool = True
) -> bool:
    """Correct the paper or refuse to, once; True if this call did it. Unreported, it stays so until somebody asks."""
    correction = world.store.find_correction(reference)
    if correction is None or correction.verdict != OPEN:
        return False
    if verdict == CORRECTED:
        # Before the answer is kept: a paper may be right early, but an answer never comes before its paper.
        _correct(world, correction)
    return world.store.answer_correction(
        reference, verdict, words, _text(world.now()), told=None if reported else _NOBODY
    )


def tell(world: World, reference: str, way: Way = Way.ONCE) -> list[Sent]:
    """Report the answer to the portal; it is remembered as told once the portal has understood."""
    correction = world.store.find_correction(reference)
    if correction is None or correction.answered_at is None:
        return []
    asked = correction.about
    event = {
        "event_id": correction.event_id,
        "kind": "corrected" if correction.verdict == CORRECTED else "correction_refused",
        "at": correction.answered_at,
        "paper": {"type": asked["type"], "number": asked["number"]},
        "correction_id": correction.correction_id,
        "words": correction.words,
    }
    sent = reports.send(world, correction.party, event, way)
    understood = [one.status for one in sent if 200 <= one.status < 500]  # noqa: PLR2004 - RFC 9110 §15
    if understood:
        world.store.told_of_correction(reference, understood[0])
    return sent


def answer_due(world: World) -> int:
    """Answer every request whose time has come, and report what the portal has not understood; how many it was."""
    due = world.store.due_corrections(_text(world.now()))
    for correction in due:
        verdict, words = _decision(world, correction)
        answer(world, correction.reference, verdict, words)
    untold = world.store.untold_corrections()
    for correction in untold:
        tell(world, correction.reference)
    return len(due) + len(untold)


def _decision(world: World, correction: Correction) -> tuple[str, str]:
    asked = correction.about
    registry = registries.every()[correction.party].REGISTRY
    kind = registry.kind(asked["type"])
    holder = papers.owner_of(kind, papers.clean(asked["number"]), world.today) if kind else None
    person = data.find(asked["personal_number"], today=world.today)
    if person is None or (holder is not None and holder.number != person.number):
        return REFUSED, NOT_YOURS_WORDS
    if "#refuse" in (asked.get("words") or ""):
        return REFUSED, REFUSED_WORDS
    return CORRECTED, CORRECTED_WORDS


def _correct(world: World, correction: Correction) -> None:
    asked = correction.about
    registry = registries.every()[correction.party].REGISTRY

    def right(before: PaperChange) -> PaperChange:
        return replace(before, owner=asked["personal_number"])

    kind, number = registry.kind(asked["type"]), papers.clean(asked["number"])
    papers.change(world, registry, kind, number, right, event_id=correction.event_id)


def _about_a_paper(registry: Registry, payload: dict[str, Any]) -> bool:
    type_, number, person = (payload.get(key) for key in ("type", "number", "personal_number"))
    if not isinstance(type_, str) or not isinstance(number, str) or not isinstance(person, str):
        return False
    kind = registry.kind(type_)
    return (
        kind is not None
        and kind.pattern.fullmatch(papers.clean(number)) is not None
        and _PERSONAL_NUMBER.fullmatch(person) is not None
    )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
