"""What procedures add to the first page: what is asked of the person, decisions of late, and drafts.

Decisions also of what another filed for the person; what is asked stays with who filed.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eid_portal.core import home
from eid_portal.core.home import Asker, Contribution, Rows, Todo
from procedures.rules.values import in_language
from procedures.selectors import revisions, told

# Who files for somebody reads of it while they act for them.
_ACTS: Final = """
(one.citizen_id = %(citizen)s OR one.capacity = 'child' AND EXISTS (
    SELECT FROM accounts_guardianship AS held WHERE held.ward_id = one.citizen_id
    AND held.guardian_id = %(citizen)s AND held.state = 'ACTIVE'
) OR one.capacity = 'mandate' AND EXISTS (
    SELECT FROM procedures_mandate AS held JOIN accounts_citizen AS giver ON giver.id = held.giver_id
    WHERE held.giver_id = one.citizen_id AND held.holder_id = %(citizen)s
    AND held.procedure_id = one.procedure_id AND held.withdrawn_at IS NULL AND giver.alive
    AND held.valid_until >= (%(now)s AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
))
"""
FIND: Final = f"""
SELECT 'draft' AS sort, count(*) AS count, '' AS public_id, NULL::uuid AS revision, max(saved_at) AS at
FROM procedures_draft WHERE filer_id = %(account)s
UNION ALL
SELECT 'fee', 1, public_id, revision_id, filed_at FROM procedures_application AS one
WHERE filer_id = %(account)s AND state = 'FILED' AND fee > 0 AND {_ACTS}
UNION ALL
SELECT 'asked', 1, one.public_id, one.revision_id, question.answer_by FROM procedures_application AS one
JOIN procedures_correctionrequest AS question ON question.application_id = one.id AND question.state = 'OPEN'
WHERE one.filer_id = %(account)s AND one.ended_at IS NULL AND {_ACTS}
UNION ALL
SELECT 'consent', 1, wanted.public_id, one.revision_id, wanted.lapses_at FROM procedures_consentrequest AS wanted
JOIN procedures_application AS one ON one.id = wanted.application_id
WHERE wanted.citizen_id = %(citizen)s AND wanted.state = 'ASKED' AND wanted.lapses_at > %(now)s
UNION ALL
SELECT lower(state), 1, public_id, revision_id, ended_at FROM procedures_application AS one
WHERE filer_id = %(account)s AND state IN ('GRANTED', 'REFUSED') AND ended_at > %(now)s - interval '14 days'
AND {_ACTS}
UNION ALL
SELECT lower(state), 1, public_id, revision_id, ended_at FROM procedures_application
WHERE citizen_id = %(citizen)s AND filer_id <> %(account)s
AND state IN ('GRANTED', 'REFUSED') AND ended_at > %(now)s - interval '14 days'
"""  # noqa: S608 - our own names


def contribute(asker: Asker, rows: Rows) -> Contribution:
    """One line for each thing that is asked or decided, one for all drafts."""
    made = (_todo(*row) for row in rows)
    return Contribution(todos=tuple(todo for todo in made if todo is not None))


def _todo(
    sort: str, count: int, public_id: str, revision: UUID | None, at: datetime | None
) -> Todo | None:
    if revision is None or at is None:
        return _drafts(count, at)
    name = {"procedure": in_language(revisions.document(revision).name)}
    href = f"/applications/{public_id}/"
    match sort:
        case "fee":
            return Todo(
                kind="", icon="receipt-text", title=_("%(procedure)s: pay the fee") % name,
                lines=(_("The office gets it as soon as the fee is paid."),),
                href=href, action=_("Look"), rank=17,
            )  # fmt: skip
        case "asked":
            return Todo(
                kind="err", icon="triangle-alert",
                title=_("%(procedure)s: something is asked of you") % name,
                lines=(_("By %(moment)s at the latest") % {"moment": told.moment(at)},),
                href=href, action=_("Look"), rank=12,
            )  # fmt: skip
        case "consent":
            return Todo(
                kind="info", icon="users", title=_("%(procedure)s: somebody asks for your consent") % name,
                lines=(_("By %(moment)s at the latest") % {"moment": told.moment(at)},),
                href=f"/consents/asked/{public_id}/", action=_("Look"), rank=13,
            )  # fmt: skip
        case "granted":
            return Todo(
                kind="ok", icon="badge-check", title=_("%(procedure)s: granted") % name,
                lines=(told.moment(at),), href=href, action=_("Look"), rank=40,
            )  # fmt: skip
        case _:
            return Todo(
                kind="err", icon="circle-alert", title=_("%(procedure)s: refused") % name,
                lines=(_("Why, and how to appeal, stands in the decision."),),
                href=href, action=_("Look"), rank=18,
            )  # fmt: skip


def _drafts(count: int, at: datetime | None) -> Todo | None:
    if not count or at is None:
        return None
    return Todo(
        kind="plain",
        icon="pencil",
        title=ngettext("%(count)s form is begun", "%(count)s forms are begun", count)
        % {"count": count},
        lines=(_("Saved last: %(moment)s") % {"moment": told.moment(at)},),
        href="/drafts/",
        action=_("Go on"),
        rank=45,
    )


def register() -> None:
    """Add our part; called in ``apps.ready()``."""
    home.register(contribute, reads=FIND)
