"""The switch of each registry: it works, or it is down, hanging or broken, until somebody switches it back."""

from enum import StrEnum

from eid_portal.sandbox.web import Refuse
from eid_portal.sandbox.world import World


class Switch(StrEnum):
    """What a registry does with every call."""

    WORKING = "working"
    DOWN = "down"
    HANGING = "hanging"
    BROKEN = "broken"


def of(world: World, party: str) -> Switch:
    """How the switch of a party stands."""
    return Switch(world.store.chosen(f"switch:{party}") or Switch.WORKING)


def turn(world: World, party: str, to: Switch) -> None:
    """Switch a party."""
    world.store.choose(f"switch:{party}", to.value)


def pass_through(world: World, party: str) -> None:
    """Nothing if the party works.

    Raises:
        Refuse: it does not.
    """
    match of(world, party):
        case Switch.WORKING:
            return
        case Switch.DOWN:
            raise Refuse(503, "down", retry_after=1)
        case Switch.HANGING:
            world.hang()
        case Switch.BROKEN:
            raise Refuse(500, "broken")
