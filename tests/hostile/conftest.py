"""One running portal for the tests that look at all of it from outside."""

from collections.abc import Iterator

import pytest

from tests.running import Portal, started


@pytest.fixture(scope="package")
def running() -> Iterator[Portal]:
    """Everything running; mark the tests ``xdist_group("portal")``, so that one worker starts it once."""
    with started() as portal:
        yield portal
