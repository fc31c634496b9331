"""From one revision to the next: what becomes of a draft's answers, and what changed, for authors."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias

from procedures.rules import values
from procedures.rules.documents import Document, Field
from procedures.rules.expressions import Value
from procedures.rules.values import NotTaken, is_there


class Why(StrEnum):
    """Why a field must be looked at again."""

    NEW = "new"  # it was not asked before
    LOST = "lost"  # its answer could not be kept
    CHANGED = "changed"  # its answer was kept, but the question reads otherwise
    SAID = "said"  # it was answered; now the portal says it itself


@dataclass(frozen=True, slots=True)
class Again:
    """A field to look at again; in a repeating group ``key-0-name``."""

    at: str
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A draft's answers on the new revision; whether they are asked there, settling says."""

    answers: Mapping[str, Value] = field(repr=False)
    again: Sequence[Again]


class What(StrEnum):
    """What became of a part of a document."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  # to another page, or another position


@dataclass(frozen=True, slots=True)
class Change:
    """A part that differs; in ``place`` parts of lists are named by their key, or their position."""

    place: tuple[str | int, ...]
    what: What
    before: Any = None
    after: Any = None


def move(old: Document, new: Document, answers: Mapping[str, Value]) -> Moved:
    """A draft's answers: kept where the field has the same key and type and still takes them."""
    again: list[Again] = []
    kept = _keep(old.fields, new.fields, answers, "", again)
    return Moved(answers=kept, again=again)


def compare(old: Document, new: Document) -> list[Change]:
    """What changed between two revisions: pages, fields by their keys wherever they stand, then every other part."""
    before, after = dict(old.data), dict(new.data)
    old_steps, new_steps = before.pop("steps"), after.pop("steps")
    changes = list(_changes((), before, after))
    changes += _changes(("steps",), _bare(old_steps), _bare(new_steps))
    old_fields, new_fields = _placed(old_steps), _placed(new_steps)
    for key, (step, each) in old_fields.items():
        if key not in new_fields:
            changes.append(Change(("fields", key), What.REMOVED, each))
            continue
        new_step, now = new_fields[key]
        if step != new_step:
            changes.append(Change(("fields", key), What.MOVED, step, new_step))
        changes += _changes(("fields", key), each, now)
    changes += [
        Change(("fields", key), What.ADDED, None, each)
        for key, (_step, each) in new_fields.items()
        if key not in old_fields
    ]
    changes += _order(old_fields, new_fields)
    return changes


# --- Answers -------------------------------------------------------------------------------------------
def _keep(
    old: Sequence[Field],
    new: Sequence[Field],
    answers: Mapping[str, Any],
    prefix: str,
    again: list[Again],
) -> dict[str, Any]:
    before = {each.key: each for each in old}
    kept: dict[str, Any] = {}
    for now in new:
        name, was = f"{prefix}{now.key}", before.get(now.key)
        is_answered = is_there(answers.get(now.key))
        if not now.is_asked:
            if is_answered:
                again.append(Again(name, Why.SAID))
            continue
        if was is None or not was.is_asked:
            again.append(Again(name, Why.NEW))
            continue
        if not is_answered:
            continue
        try:
            value = values.normal(now, answers[now.key]) if was.kind == now.kind else None
        except NotTaken:
            value = None
        if value is None:
            again.append(Again(name, Why.LOST))
            continue
        if now.kind == "rows" and isinstance(value, list):
            value = [
                _keep(was.fields, now.fields, row, f"{name}-{at}-", again)
                for at, row in enumerate(value)
            ]
        kept[now.key] = value
        if _question(was) != _question(now):
            again.append(Again(name, Why.CHANGED))
    here = {each.key for each in new}
    gone = [each.key for each in old if each.key not in here and is_there(answers.get(each.key))]
    again += [Again(f"{prefix}{key}", Why.LOST) for key in gone]
    return kept


def _question(of: Field) -> tuple[Any, ...]:
    """What is read before answering."""
    return of.label, of.hint, [(each.value, each.label, each.hint) for each in of.options]


# --- Documents -----------------------------------------------------------------------------------------
Placed: TypeAlias = "dict[str, tuple[str, Mapping[str, Any]]]"
# Trees are told as a whole.
_TREES: Final = frozenset(
    {"when", "default", "least", "most", "amount", "holds", "with", "valid_until", "value"}
)

_NAMED: Final = frozenset(
    {"fields", "options", "steps", "questions"}
)  # what stands in them has a key


def _bare(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: each for name, each in step.items() if name != "fields"} for step in steps]


def _placed(steps: Sequence[Mapping[str, Any]]) -> Placed:
    return {each["key"]: (step["key"], each) for step in steps for each in step["fields"]}


def _order(old: Placed, new: Placed) -> Iterator[Change]:
    """Fields of one page that stand in another order."""
    for step in dict.fromkeys(step for step, _each in new.values()):
        before = [
            key
            for key, (where, _each) in old.items()
            if where == step and key in new and new[key][0] == step
        ]
        after = [
            key
            for key, (where, _each) in new.items()
            if where == step and key in old and old[key][0] == step
        ]
        if before != after:
            yield Change(("steps", step, "fields"), What.MOVED, before, after)


def _changes(place: tuple[str | int, ...], before: Any, after: Any) -> Iterator[Change]:
    if json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True):  # 1 is not true
        return
    is_named = len(place) > 1 and place[-2] in _NAMED
    is_tree = place[-2:] == ("office", "of") or (
        bool(place) and place[-1] in _TREES and not is_named
    )
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not is_tree:
        yield from _of_names(place, before, after)
        return
    old, new = _by_key(before), _by_key(after)
    if old is None or new is None:
        yield Change(place, What.CHANGED, before, after)
        return
    yield from _of_names(place, old, new)
    stayed = [key for key in old if key in new]
    moved = [key for key in new if key in old]
    if stayed != moved:
        yield Change(place, What.MOVED, stayed, moved)


def _of_names(
    place: tuple[str | int, ...], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        here = (*place, name)
        if name not in after:
            yield Change(here, What.REMOVED, before[name])
        elif name not in before:
            yield Change(here, What.ADDED, None, after[name])
        else:
            yield from _changes(here, before[name], after[name])


def _by_key(rows: Any) -> dict[Any, Any] | None:
    """Parts of a list by their key, an option's value or, where they have neither, their position."""
    if not isinstance(rows, list) or not all(isinstance(each, Mapping) for each in rows):
        return None
    named = [
        each.get("key", each["value"] if isinstance(each.get("value"), str) else None)
        for each in rows
    ]
    if None in named or len(set(named)) != len(named):
        return dict(enumerate(rows))
    return dict(zip(named, rows, strict=True))
