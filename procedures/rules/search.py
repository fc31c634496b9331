"""Find procedures by the words of life, with or without the marks of Vietnamese."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eid_portal.core.text import fold

LONGEST: Final = 100  # characters of a question that are read
# What holds a sentence together and says nothing of what somebody needs, folded; in English and Vietnamese.
_FILLERS: Final = frozenset(
    {
        "a", "an", "and", "am", "are", "at", "be", "for", "had", "has", "have", "i", "in", "is", "it", "just", "me",
        "my", "need", "of", "on", "or", "our", "the", "to", "want", "was", "we", "were", "with",
        "bi", "cua", "da", "duoc", "la", "minh", "muon", "toi", "va", "vua",
    }
)  # fmt: skip
_WEIGHTS: Final = {"name": 8, "words": 6, "code": 6, "summary": 2}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a procedure is found by: its texts, folded, by where they stand."""

    code: str
    texts: Mapping[str, str]


def entry(code: str, *, name: Iterable[str], words: Iterable[str], summary: Iterable[str]) -> Entry:
    """An entry of texts in any language."""
    return Entry(
        code,
        {
            "name": fold(" ".join(name)), "words": fold(" ".join(words)), "code": fold(code.replace("-", " ")),
            "summary": fold(" ".join(summary)),
        },
    )  # fmt: skip


def find(asked: str, entries: Sequence[Entry]) -> list[str]:
    """The codes of what a question may mean, the likeliest first; all of them, in their order, for no question.

    A word of the question counts where a word begins with it. What has all of them comes before what has some.
    Where something else is asked too, the words that only hold a sentence together are not looked for.
    """
    said = fold(asked[:LONGEST]).split()
    words = [word for word in said if word not in _FILLERS] or said
    if not words:
        return [each.code for each in entries]
    scored = [(_score(words, each), place, each.code) for place, each in enumerate(entries)]
    return [code for (met, score), _place, code in sorted(scored, key=_rank) if met and score]


def _rank(scored: tuple[tuple[int, int], int, str]) -> tuple[int, int, int]:
    (met, score), place, _code = scored
    return -met, -score, place


def _score(words: Sequence[str], of: Entry) -> tuple[int, int]:
    """How many words of the question are met, and how well."""
    met = score = 0
    for word in words:
        best = max(
            (_WEIGHTS[where] for where, text in of.texts.items() if f" {word}" in f" {text}"),
            default=0,
        )
        met += best > 0
        score += best
    return met, score
