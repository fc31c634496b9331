"""Which level an account gets (Decree 69/2024/ND-CP art. 7)."""

from accounts import policy
from accounts.enums import Level


def level_for(*, age: int, has_valid_card: bool, is_foreign: bool, requested: bool) -> Level:
    """From 14 with a valid card level 2; on request from 6 to 13, and for foreigners; everybody else level 1."""
    if not has_valid_card:
        return Level.ONE
    if age >= policy.LEVEL_2_AGE and not is_foreign:
        return Level.TWO
    if age >= policy.CARD_AGE and requested:
        return Level.TWO
    return Level.ONE
