"""What the processes of a test that kills them do not wait for as long as usual; loaded with their tasks."""

import os
from dataclasses import replace
from datetime import timedelta

from documents.services.verification import VERIFY
from eid_portal.core import jobs

if "EID_TEST_LEASE" in os.environ:
    lease = timedelta(seconds=float(os.environ["EID_TEST_LEASE"]))
    jobs._drains[VERIFY] = replace(jobs._drains[VERIFY], lease=lease)
    jobs.RING_LANE_AGAIN = timedelta(seconds=1)  # type: ignore[misc]
