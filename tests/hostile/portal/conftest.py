"""One running portal for the tests that look at all of it from outside."""

from collections.abc import Iterator

import pytest

from tests.running import Portal, started


@pytest.fixture(scope="package")
def running() -> Iterator[Portal]:
    """Everything running; whoever leaves people, notices or bells behind must not mind those of others."""
    with started() as portal:
        yield portal
