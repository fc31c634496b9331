"""What tests of papers share."""

from collections.abc import Iterator

import pytest

from tests.documents import registry as registries


@pytest.fixture
def registry() -> Iterator[registries.FakeRegistry]:
    """A registry of the tests' own; see ``registry``."""
    with registries.registry() as here:
        yield here
