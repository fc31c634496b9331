"""Whether a paper is this person's: names as people mean them, birth dates, personal numbers and former ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from itertools import zip_longest

from documents.enums import FieldResult
from documents.rules.papers import Holder
from eid_portal.core.spelling import Sameness, compare_names, folded


@dataclass(frozen=True, slots=True)
class WordPair:
    """A word of the paper beside the register's; None where one of them lacks it."""

    paper: str | None = field(repr=False)
    register: str | None = field(repr=False)

    @property
    def agrees(self) -> bool:
        """Whether it is the same word, with or without its marks."""
        if self.paper is None or self.register is None:
            return False
        return compare_names(self.paper, self.register) is not Sameness.OTHER


def name(on_paper: str, in_register: str) -> FieldResult:
    """How two names agree. Marks lost on the way, or typed as a keyboard's keys, make no other person."""
    if not on_paper.strip():
        return FieldResult.MISSING
    match compare_names(on_paper, in_register):
        case Sameness.SAME:
            return FieldResult.SAME
        case Sameness.MARKS | Sameness.KEYBOARD:
            return FieldResult.SPELLING
        case Sameness.OTHER:
            return FieldResult.DIFFERENT


def words(on_paper: str, in_register: str) -> tuple[WordPair, ...]:
    """Two names word by word, so that a page can mark the word that is missing, added or another."""
    ours, theirs = on_paper.split(), in_register.split()
    matcher = SequenceMatcher(
        a=[folded(word) for word in ours], b=[folded(word) for word in theirs], autojunk=False
    )
    return tuple(
        WordPair(one, two)
        for _how, a, b, c, d in matcher.get_opcodes()
        for one, two in zip_longest(ours[a:b], theirs[c:d])
    )


def birth_date(on_paper: date | None, in_register: date) -> FieldResult:
    """How two birth dates agree."""
    if on_paper is None:
        return FieldResult.MISSING
    return FieldResult.SAME if on_paper == in_register else FieldResult.DIFFERENT


def personal_number(on_paper: str | None, holder: Holder) -> FieldResult:
    """How the number agrees; one from before it was re-established is the same person's, written otherwise."""
    if not on_paper:
        return FieldResult.MISSING
    if on_paper == holder.personal_number:
        return FieldResult.SAME
    return FieldResult.SPELLING if on_paper in holder.former_numbers else FieldResult.DIFFERENT


def may_be_a_namesakes(results: Mapping[str, FieldResult]) -> bool:
    """Whether the paper has a number that never was the person's: only what differs may be shown of it."""
    return results.get("personal_number") is FieldResult.DIFFERENT


def is_of_somebody_else(results: Mapping[str, FieldResult]) -> bool:
    """Whether the paper may be another person's: then nothing that stands on it may be shown.

    With the person's own number on it, a slip in the name or in the birth date is a slip, not in both. Without,
    both must agree.
    """
    agree = {
        code
        for code, result in results.items()
        if result in {FieldResult.SAME, FieldResult.SPELLING}
    }
    if "personal_number" in agree:
        return "name" not in agree and "birth_date" in results and "birth_date" not in agree
    return not {"name", "birth_date"} <= agree
