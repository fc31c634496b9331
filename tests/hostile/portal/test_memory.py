"""Everything together, with people on it, stays within a gibibyte."""

import pytest

from tests.running import Portal

pytestmark = pytest.mark.slow

GIBIBYTE = 1024**3


def test_all_processes_together_hold_at_most_a_gibibyte(running: Portal) -> None:
    held = running.memory()

    assert len(held) > len(running.pids()) + 2  # the stores too, and what they started
    assert sum(held.values()) <= GIBIBYTE, {pid: size >> 20 for pid, size in held.items()}
