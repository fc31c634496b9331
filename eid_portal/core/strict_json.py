"""JSON from outside, read strictly: what two readers could understand in two ways is refused (RFC 8259, RFC 7493)."""

import json
import math
import re
from typing import Any, Final

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_PAIRS: Final = re.compile(rb"(?:\[\]|\{\})+")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_LONGEST_NUMBER: Final = 18  # digits: fits 64 bits
_NOT_TEXT: Final = re.compile("[\x00\ud800-\udfff]")


class NotStrict(ValueError):
    """The text is no JSON we take; ``code`` says why and holds nothing of the text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def loads(body: bytes, *, depth: int) -> Any:
    """The value of UTF-8 JSON text, nested at most ``depth`` deep.

    Raises:
        NotStrict: ``not_utf8``, ``too_deep``, ``not_json``, ``duplicate_name``, ``number`` (not finite, or more than 18
            digits), ``unreadable_text`` (NUL or half a character).
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NotStrict("not_utf8") from None
    if _is_deeper(body, depth):
        raise NotStrict("too_deep")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_fraction,
            parse_constant=_constant,
        )
    except NotStrict:
        raise
    except (ValueError, RecursionError):
        raise NotStrict("not_json") from None
    # Only an escape can bring them in: raw control characters are no JSON, and raw halves no UTF-8.
    if b"\\u" in body and not _is_text(value):
        raise NotStrict("unreadable_text")
    return value


def _is_deeper(body: bytes, depth: int) -> bool:
    """Whether brackets nest deeper, found without building anything: pairs are taken away layer by layer."""
    left = _STRING.sub(b"", body).translate(None, _NO_BRACKETS)
    for _layer in range(depth):
        if not left:
            return False
        left = _PAIRS.sub(b"", left)
    # Of what does not close properly only the brackets that open could make a reader recurse.
    return bool(_PAIRS.search(left)) or left.count(b"[") + left.count(b"{") > depth


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotStrict("duplicate_name")
    return made


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _LONGEST_NUMBER:
        raise NotStrict("number")
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise NotStrict("number")
    return value


def _constant(_name: str) -> float:
    raise NotStrict("number")


def _is_text(value: Any) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.keys()
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and _NOT_TEXT.search(item):
            return False
    return True
