"""Who may not work on a file: whom it is about or names, who filed it, and who lives with or is related to one."""

from uuid import UUID

from accounts.services import guardianships, register
from eid_portal.core.events import Actor
from procedures.models import Application
from procedures.selectors import filed


def is_involved(application: Application, actor: Actor) -> bool:
    """Whether a file is about who acts, or about somebody they live with or are related to."""
    return actor.citizen_id is None or is_near(actor.citizen_id, application)


def is_near(citizen_id: UUID, application: Application) -> bool:
    """The same of anybody, by their citizen."""
    return guardianships.is_near(citizen_id, _people_of(application))


def _people_of(application: Application) -> set[UUID]:
    """Whom it is about, who filed it, and whom its answers name: an owner, another parent, a guest."""
    people = {application.citizen_id, application.filer.citizen_id}
    named = [register.find_citizen(number) for number in filed.read(application).people]
    return people | {each.pk for each in named if each is not None}
