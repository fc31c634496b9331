"""A filed form as one text that can be proven unchanged: canonical JSON and its SHA-256.

The text is that of RFC 8785 for what stands in it: names sorted, no blanks, UTF-8, whole numbers; besides, every text
is in NFC. It is kept sealed; the ``salt`` in it keeps whoever sees the hash alone from trying out what was filed.
"""

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from procedures.rules.answers import Settled
from procedures.rules.documents import FILLED, Document, Field
from procedures.rules.expressions import Tree, Value
from procedures.rules.fees import Fee
from procedures.rules.values import to_json

FORMAT: Final = 1
_LARGEST: Final = 2**53 - 1  # beyond it two readers of JSON may see two numbers
_SOURCE: Final = "source:"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The text, and its SHA-256 in hexadecimal."""

    text: str = field(repr=False)
    sha256: str


def take(
    document: Document,
    settled: Settled,
    *,
    revision: str,
    known: Mapping[str, Value],
    fee: Fee,
    at: datetime,
    salt: str,
) -> Snapshot:
    """What is filed at a moment (aware): the answers, all that the state knew and the document uses, and the fee.

    ``revision`` names the revision of the document, ``salt`` is at least 128 random bits as text.

    Raises:
        ValueError: something is missing or wrong in it, or the moment has no time zone.
    """
    if not settled.is_complete:
        raise ValueError("this cannot be filed")
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    used = sources(document)
    whole = {
        "format": FORMAT,
        "procedure": document.code,
        "revision": revision,
        "filed_at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "values": to_json(settled.values),
        "answers": to_json(settled.answers),
        "sources": {
            each.key: each.known
            for each in document.fields
            if each.key in settled.shown and each.known
        },
        "known": {name: to_json(known.get(name)) for name in used},
        "fee": {
            "amount_vnd": fee.amount_vnd,
            "full_vnd": fee.full_vnd,
            "exemption": dict(fee.exemption.words) if fee.exemption else None,
        },
        "salt": salt,
    }
    text = canonical(whole)
    return Snapshot(text, hash_of(text))


def verify(text: str, sha256: str) -> bool:
    """Whether the text is the one that was filed."""
    try:
        return hmac.compare_digest(hash_of(text), sha256)
    except (
        UnicodeEncodeError,
        TypeError,
    ):  # half a character in the text, or a hash that is no ASCII
        return False


def hash_of(text: str) -> str:
    """SHA-256 of its UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON in its one form.

    Raises:
        ValueError: there is a fraction, a number beyond 2^53, a name that is no text or half a character in it, or two
            names are one in NFC.
    """
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def sources(document: Document) -> list[str]:
    """All that a document may use of what the state knows: in fields, trees and the texts of its result."""
    named = {each.known for each in _fields(document) if each.known}
    named |= {name for tree in _trees(document) for name in tree.known}
    for words in document.data["result"]["body"]:
        filled = FILLED.findall(words["vi"])
        named |= {name.removeprefix(_SOURCE) for name in filled if name.startswith(_SOURCE)}
    return sorted(named)


def _plain(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case int() if abs(value) <= _LARGEST:
            return value
        case str():
            value.encode()  # UnicodeEncodeError is a ValueError
            return unicodedata.normalize("NFC", value)
        case list() | tuple():
            return [_plain(each) for each in value]
        case Mapping():
            return _sorted(value)
        case _:
            raise ValueError(f"no canonical JSON: {type(value).__name__}")


def _sorted(value: Mapping[Any, Any]) -> dict[str, Any]:
    if not all(isinstance(name, str) for name in value):
        raise ValueError("a name that is no text")
    plain = {_plain(name): _plain(each) for name, each in value.items()}
    if len(plain) != len(value):
        raise ValueError("two names are one")
    # RFC 8785 sorts by UTF-16 code units.
    return dict(sorted(plain.items(), key=lambda pair: pair[0].encode("utf-16-be")))


def _fields(document: Document) -> Iterator[Field]:
    for each in document.fields:
        yield each
        yield from each.fields


def _trees(document: Document) -> Iterator[Tree]:
    for step in document.steps:
        yield step.when
    for each in _fields(document):
        yield from filter(None, (each.when, each.default, each.value, each.least, each.most))
    yield from (check.holds for check in document.checks)
    yield from filter(None, (document.office, document.fee, document.valid_until))
    yield from (exemption.when for exemption in document.exempt if exemption.when)
    yield from (other.when for other in document.clock.otherwise)
    for effect in document.effects:
        yield effect.when
        yield from effect.values.values()
