"""Whose papers are asked for: a person as the population register has them."""

from accounts.models import Citizen, FormerPersonalNumber
from documents.rules.papers import Holder


def with_former(citizen: Citizen) -> Holder:
    """The person with the numbers they had before, as registries are asked."""
    rows = FormerPersonalNumber.objects.filter(citizen_id=citizen.pk).order_by("pk")
    return _holder(citizen, tuple(row.personal_number for row in rows))


def without_former(citizen: Citizen) -> Holder:
    """The person as a page needs them, by no query."""
    return _holder(citizen, ())


def _holder(citizen: Citizen, former_numbers: tuple[str, ...]) -> Holder:
    return Holder(
        personal_number=citizen.personal_number,
        former_numbers=former_numbers,
        full_name=citizen.full_name,
        birth_date=citizen.birth_date,
    )
