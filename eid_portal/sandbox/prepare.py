"""Make the sandbox's store and keys: ``python -m eid_portal.sandbox.prepare``. Doing it again changes nothing."""

from datetime import UTC, datetime

from eid_portal.sandbox import chips, keys, settings
from eid_portal.sandbox.store import Store


def prepare(chosen: settings.Settings) -> None:
    """Make what is missing."""
    keys.make(chosen)
    Store(chosen.store)
    state = chips.load(chosen.store.parent, now=datetime.now(UTC))
    chosen.country_signer.write_bytes(state.certificate)


if __name__ == "__main__":
    prepare(settings.read())
