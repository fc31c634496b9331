"""Answers to a form found from its document alone: of each field's likely answers the first that raises no problem."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from procedures.rules.answers import Settled
from procedures.rules.documents import Document, Field

HOME: Final = {"province": "Hà Nội", "commune": "Ba Đình", "line": "99 Hoa Mẫu"}
AWAY: Final = {"province": "Hải Phòng", "commune": "Hồng Bàng", "line": "7 Mẫu"}
OWNER: Final = "001300000016"
_NUMBERS: Final = (1, 10, 1_000, 0)
_DAYS: Final = (0, -1, -20, -400, -9_000, 1, 20, 400)
_MOST_TRIES: Final = 3_000

Settle = Callable[[Mapping[str, Any]], Settled]


class NoAnswers(AssertionError):
    """Nothing that was tried can be filed."""


def fill(
    document: Document,
    settle: Settle,
    *,
    today: date,
    held: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Answers with which the form can be filed; those ``given`` stay as they are."""
    return _Filling(document, settle, today, held).fill(dict(given or {}))


class _Filling:
    def __init__(
        self, document: Document, settle: Settle, today: date, held: Mapping[str, Any]
    ) -> None:
        self.document, self.settle, self.today, self.held = document, settle, today, held
        self.tries = 0

    def fill(self, answers: dict[str, Any]) -> dict[str, Any]:
        found = self._fill(answers, set(answers))
        if found is None:
            settled = self.settle(answers)
            raise NoAnswers(f"{self.document.code}: {settled.missing} {settled.problems}")
        return found

    def _fill(self, answers: dict[str, Any], fixed: set[str]) -> dict[str, Any] | None:
        settled = self.settle(answers)
        self.tries += 1
        if settled.is_complete:
            return dict(answers)
        if self.tries > _MOST_TRIES:
            return None
        wrong = [each.at for each in settled.problems if self._key(each.at) in fixed]
        if wrong:
            return None
        name = next(iter([*settled.missing, *(each.at for each in settled.problems)]))
        key = self._key(name)
        field = self.document.find(key)
        assert field is not None
        for candidate in self.candidates(field):
            found = self._fill({**answers, key: candidate}, {*fixed, key})
            if found is not None:
                return found
        return None

    def _key(self, name: str) -> str:
        """The form's field of a name such as ``key-0-part`` or ``key_commune``."""
        keys = [each.key for each in self.document.fields]
        first = name.partition("-")[0]
        return first if first in keys else first.rpartition("_")[0]

    def candidates(self, of: Field) -> Iterator[Any]:
        """The likely answers of a field, the likeliest first."""
        chosen = [each.value for each in of.options]
        likely: dict[str, Iterable[Any]] = {
            "text": ["Mẫu thử"],
            "choice": chosen,
            "choices": [chosen[:1], chosen],
            "yes_no": [False, True],
            "number": _NUMBERS,
            "money": _NUMBERS,
            "date": [self.today + timedelta(days=days) for days in _DAYS],
            "address": [AWAY, HOME],
            "person": [OWNER, "001300000017"],
            "consent": (),  # another person's to give
            "file": self.held.get(of.key, ()),
            "paper": self.held.get(of.key, ()),
        }
        yield from [[self._row(of)]] if of.kind == "rows" else likely[of.kind]

    def _row(self, of: Field) -> dict[str, Any]:
        return {each.key: next(self.candidates(each)) for each in of.fields if each.is_asked}
