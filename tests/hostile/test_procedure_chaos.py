"""Applications while everything that carries them is killed: the second half of `make chaos`, in short."""

import re
import subprocess
import sys

import pytest

from eid_portal.env import ROOT
from tests.running import plain_environment

pytestmark = pytest.mark.slow

SAYS = re.compile(
    r"chaos procedures: 30 filed, 30 decided, 8 faults,"
    r" 0 paid and unfiled, 0 decided and undelivered, settled in \d+ s"
)

WEB_AND_WORKER = "549"  # with it both are killed before a commit, after one, and anywhere


def test_what_is_paid_is_filed_and_what_is_decided_is_delivered() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.chaos.procedures",
            "--applications",
            "30",
            "--faults",
            "8",
            "--seed",
            WEB_AND_WORKER,
        ],
        cwd=ROOT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    said = done.stdout.splitlines()[-1] if done.stdout else ""
    assert SAYS.fullmatch(said), done.stdout[-4000:] + done.stderr[-4000:]
    assert done.returncode == 0
