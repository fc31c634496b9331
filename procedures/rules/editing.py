"""A document's data as its authors change it: texts in both languages, fields in their order; pure, on copies."""

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

LIBRARY: Final = Path(__file__).resolve().parent.parent / "field_library.json"
_LANGUAGES: Final = frozenset({"vi", "en"})
_SHORT: Final = 110  # characters of what stands on one line

Place = tuple[str | int, ...]


class NotThere(LookupError):
    """The document has no such part: it was changed in the meantime."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text of a document in both languages, and where it stands."""

    place: Place
    vi: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Fields of the library that are used together, with their keys."""

    key: str
    name: Mapping[str, str]
    fields: Sequence[Mapping[str, Any]]


def written(data: Any) -> str:
    """A document as text: what is short stands on one line."""
    return _written(data, "") + "\n"


def _written(value: Any, indent: str) -> str:
    short = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or (indent and len(short) + len(indent) <= _SHORT):  # fmt: skip
        return short
    inner = f"{indent}  "
    if isinstance(value, dict):
        parts = [
            f"{inner}{json.dumps(name, ensure_ascii=False)}: {_written(each, inner)}"
            for name, each in value.items()
        ]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _written(each, inner) for each in value) + f"\n{indent}]"


# --- Texts ---------------------------------------------------------------------------------------------
def texts(data: Any, place: Place = ()) -> Iterator[Words]:
    """Every text that stands in both languages, in the order of the document."""
    if isinstance(data, Mapping):
        if data.keys() == _LANGUAGES and all(isinstance(each, str) for each in data.values()):
            yield Words(place, data["vi"], data["en"])
            return
        for name, each in data.items():
            yield from texts(each, (*place, name))
    elif isinstance(data, list):
        for at, each in enumerate(data):
            yield from texts(each, (*place, at))


def with_texts(data: Mapping[str, Any], changed: Sequence[Words]) -> dict[str, Any]:
    """The document with these in place of what stood there.

    Raises:
        NotThere: a place is none of a text.
    """
    made: dict[str, Any] = deepcopy(dict(data))
    places = {each.place for each in texts(data)}
    for words in changed:
        if words.place not in places:
            raise NotThere(words.place)
        of: Any = made
        for part in words.place[:-1]:
            of = of[part]
        of[words.place[-1]] = {"vi": words.vi, "en": words.en}
    return made


# --- Fields --------------------------------------------------------------------------------------------
def find(data: Mapping[str, Any], key: str) -> tuple[int, int]:
    """On which page a field stands, and where on it.

    Raises:
        NotThere: there is none of this key.
    """
    for page, step in enumerate(data["steps"]):
        for at, each in enumerate(step["fields"]):
            if each["key"] == key:
                return page, at
    raise NotThere(key)


def moved(data: Mapping[str, Any], key: str, by: int) -> dict[str, Any]:
    """The document with a field one place up (-1) or down (1) its page; at its end it goes to the next page.

    Raises:
        NotThere: there is none of this key.
    """
    made: dict[str, Any] = deepcopy(dict(data))
    page, at = find(made, key)
    fields = made["steps"][page]["fields"]
    if 0 <= at + by < len(fields):
        fields.insert(at + by, fields.pop(at))
    elif 0 <= page + by < len(made["steps"]):
        following = made["steps"][page + by]["fields"]
        following.insert(len(following) if by < 0 else 0, fields.pop(at))
    return made


def without(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The document without a field.

    Raises:
        NotThere: there is none of this key.
    """
    made: dict[str, Any] = deepcopy(dict(data))
    page, at = find(made, key)
    del made["steps"][page]["fields"][at]
    return made


def with_field(data: Mapping[str, Any], step: str, field: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a field: in place of the one of its key, or at the end of a page.

    Raises:
        NotThere: there is no page of this key.
    """
    made: dict[str, Any] = deepcopy(dict(data))
    steps = [each["key"] for each in made["steps"]]
    if step not in steps:
        raise NotThere(step)
    try:
        page, at = find(made, field["key"])
    except NotThere:
        made["steps"][steps.index(step)]["fields"].append(dict(field))
        return made
    if steps[page] == step:
        made["steps"][page]["fields"][at] = dict(field)
    else:
        del made["steps"][page]["fields"][at]
        made["steps"][steps.index(step)]["fields"].append(dict(field))
    return made


def from_shelf(data: Mapping[str, Any], step: str, shelf: Shelf) -> dict[str, Any]:
    """The document with the fields of a shelf at the end of a page; keys that are taken get a number.

    Raises:
        NotThere: there is no page of this key.
    """
    made: dict[str, Any] = deepcopy(dict(data))
    there = next((each for each in made["steps"] if each["key"] == step), None)
    if there is None:
        raise NotThere(step)
    taken = {field["key"] for each in made["steps"] for field in each["fields"]}
    ending, number = "", 1
    while any(each["key"] + ending in taken for each in shelf.fields):
        number += 1
        ending = f"_{number}"
    keys = {each["key"]: each["key"] + ending for each in shelf.fields}
    there["fields"] += [_renamed(each, keys) for each in shelf.fields]
    return made


def _renamed(part: Any, keys: Mapping[str, str]) -> Any:
    """A part of a field with its own key, and those of its shelf it names, by their new names."""
    if isinstance(part, list):
        return [_renamed(each, keys) for each in part]
    if not isinstance(part, Mapping):
        return part
    return {
        name: keys.get(each, each)
        if name in {"key", "of", "answer", "given", "count"} and isinstance(each, str)
        else _renamed(each, keys)
        for name, each in part.items()
    }


@lru_cache(maxsize=1)
def library() -> Mapping[str, Shelf]:
    """The fields that many procedures ask, by the key of their shelf."""
    rows = json.loads(LIBRARY.read_text(encoding="utf-8"))
    return {each["key"]: Shelf(**each) for each in rows}
