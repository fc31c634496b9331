"""Payments while everything that makes them is killed: `make chaos`, in short."""

import re
import subprocess
import sys

import pytest

from eid_portal.env import ROOT
from tests.running import plain_environment

pytestmark = pytest.mark.slow

SAYS = re.compile(
    r"chaos payments: (\d+) paid, 8 faults, 0 lost, 0 doubled, 0 off, settled in \d+ s"
)


def test_a_hundred_payments_under_eight_faults_are_made_once_and_booked() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.chaos",
            "--payments",
            "100",
            "--faults",
            "8",
            "--reads",
            "100",
        ],
        cwd=ROOT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    said = done.stdout.splitlines()[-1] if done.stdout else ""
    found = SAYS.fullmatch(said)
    assert found, done.stdout[-4000:] + done.stderr[-4000:]
    assert int(found[1]) > 80
    assert done.returncode == 0
