"""An application with everything that can belong to one, row by row: for windows that only look."""

import hashlib
import json
from datetime import timedelta

from accounts.models import Account
from eid_portal.core import clock, ids
from eid_portal.core.events import SYSTEM
from procedures.enums import Agency, ApplicationState, Outcome, PauseReason, SnapshotReason, Writer
from procedures.models import (
    Application,
    ClockPause,
    Decision,
    Desk,
    EffectDone,
    Message,
    Result,
    Revision,
    Snapshot,
    StatusReport,
)
from procedures.rules import documents
from procedures.services import publishing
from tests import factories

REFERENCE = "HS-261127-3KQ8MN"
WORDS = "Mẫu thử: lời của người dân"


def make_revision(code: str = "passport") -> Revision:
    """A draft with the text of a shipped procedure."""
    text = (documents.SHIPPED / f"{code}.json").read_text(encoding="utf-8")
    return publishing.draft(text, documents.read(text), now=clock.now())


def make_desk() -> Desk:
    """One for the whole country."""
    return Desk.objects.create(
        office=factories.make_office("HS-02"), agency=Agency.IDENTITY_AGENCY,
        valid_from=clock.today() - timedelta(days=30),
    )  # fmt: skip


def make_application(account: Account, *, reference: str = REFERENCE) -> Application:
    """A refused one of somebody, with a filed form, a message, a decision, a result, a pause, an effect, a report."""
    now, revision = clock.now(), make_revision()
    publishing.publish(revision, actor=SYSTEM, now=now)
    row = Application.objects.create(
        state=ApplicationState.REFUSED, reference=reference, draft_id=ids.uuid7(), procedure=revision.procedure,
        revision=revision, filer=account, citizen=account.citizen, capacity="self", desk=make_desk(), fee=0,
        filed_at=now, received_at=now, since=now, ended_at=now,
    )  # fmt: skip
    known = {"full_name": account.citizen.full_name}
    text = json.dumps({"answers": {}, "values": {}, "known": known}, ensure_ascii=False)
    Snapshot.objects.create(
        application=row, number=1, reason=SnapshotReason.FILED, text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(), taken_at=now,
    )  # fmt: skip
    Message.objects.create(application=row, writer=Writer.CITIZEN, text=WORDS, sent_at=now)
    Decision.objects.create(
        application=row, outcome=Outcome.REFUSED, refusal="untrue", words=WORDS, proposed_at=now,
        decided_at=now,
    )  # fmt: skip
    Result.objects.create(
        application=row, citizen=account.citizen, outcome=Outcome.REFUSED, token_hash=bytes(32), code="-",
        says={"name": account.citizen.full_name}, made_at=now,
    )  # fmt: skip
    ClockPause.objects.create(application=row, reason=PauseReason.CITIZEN, since=now)
    EffectDone.objects.create(application=row, number=0, do="account.lock", failed_at=now, code="x")
    StatusReport.objects.create(
        pk=ids.uuid7(), application=row, party="agency-desk", state=row.state, at=now
    )
    return row
