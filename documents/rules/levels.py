"""How much of a paper is shown: each level adds to the one before."""

from typing import Final

from documents.enums import Level

ORDER: Final = (Level.MINIMUM, Level.BASIC, Level.FULL)


def covers(chosen: Level, needed: Level) -> bool:
    """Whether a fact of one level is among what a level shows."""
    return ORDER.index(needed) <= ORDER.index(chosen)
