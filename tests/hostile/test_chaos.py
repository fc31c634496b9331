"""`make chaos`, in short: what is paid, filed and decided while everything that carries it is killed."""

import re
import subprocess
import sys

import pytest

from eid_portal.env import ROOT
from tests.running import plain_environment

pytestmark = pytest.mark.slow

WEB_AND_WORKER = "549"  # with this seed both are killed before a commit, after one, and anywhere
PAYMENTS = "tests.chaos --payments 100 --faults 8 --reads 100"
PROCEDURES = f"tests.chaos.procedures --applications 30 --faults 8 --seed {WEB_AND_WORKER}"
PAID = r"chaos payments: (\d+) paid, 8 faults, 0 lost, 0 doubled, 0 off, settled in \d+ s"
DECIDED = (
    r"chaos procedures: 30 filed, (\d+) decided, 8 faults,"
    r" 0 paid and unfiled, 0 decided and undelivered, settled in \d+ s"
)


@pytest.mark.parametrize(
    ("run", "says", "least"), [(PAYMENTS, PAID, 81), (PROCEDURES, DECIDED, 30)]
)
def test_nothing_is_lost_and_nothing_done_twice(run: str, says: str, least: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *run.split()],
        cwd=ROOT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    said = done.stdout.splitlines()[-1] if done.stdout else ""
    found = re.fullmatch(says, said)
    assert found, done.stdout[-4000:] + done.stderr[-4000:]
    assert int(found[1]) >= least
    assert done.returncode == 0
