"""Make the sandbox's store and keys: ``python -m eid_portal.sandbox.prepare``. Doing it again changes nothing."""

from eid_portal.sandbox import keys, settings
from eid_portal.sandbox.store import Store


def prepare(chosen: settings.Settings) -> None:
    """Make what is missing."""
    keys.make(chosen)
    Store(chosen.store)


if __name__ == "__main__":
    prepare(settings.read())
