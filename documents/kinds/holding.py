"""What is the same for every kind of paper that names its holder: what is compared, and how both values read."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from documents.enums import FieldResult
from documents.rules import people
from documents.rules.numbers import grouped
from documents.rules.papers import Holder, RegistryPaper

PERSONAL_NUMBER: Final = "personal_number"
NAME: Final = "name"
BIRTH_DATE: Final = "birth_date"
LABELS: Final[dict[str, Any]] = {
    PERSONAL_NUMBER: _("Personal number"),
    NAME: _("Full name"),
    BIRTH_DATE: _("Date of birth"),
}


class NamesHolder:
    """Part of a kind: see ``kinds.base.Kind`` for what each method promises.

    The personal number must be on the paper: a name and a birth date alone are shared by too many. A birth date that
    the paper does not have contradicts nothing.
    """

    def compare(self, holder: Holder, paper: RegistryPaper) -> Mapping[str, FieldResult]:
        """Number, name, and birth date if the paper has one."""
        results = {
            PERSONAL_NUMBER: people.personal_number(paper.holder_number, holder),
            NAME: people.name(paper.holder_name, holder.full_name),
        }
        if paper.holder_birth_date is not None:
            results[BIRTH_DATE] = people.birth_date(paper.holder_birth_date, holder.birth_date)
        return results

    def value_of(self, field_code: str, holder: Holder, paper: RegistryPaper) -> tuple[str, str]:
        """Both values; of a paper that is another person's nothing is shown."""
        ours = {
            PERSONAL_NUMBER: grouped(holder.personal_number),
            NAME: holder.full_name.upper(),
            BIRTH_DATE: day(holder.birth_date),
        }[field_code]
        if people.is_of_somebody_else(self.compare(holder, paper)):
            return str(_("Another person’s, so not shown")), ours
        theirs = {
            PERSONAL_NUMBER: _number(paper.holder_number, holder),
            NAME: paper.holder_name.upper(),
            BIRTH_DATE: day(paper.holder_birth_date),
        }[field_code]
        return theirs or str(_("Not on the paper")), ours

    def field_label(self, field_code: str) -> Any:
        """Its name."""
        return LABELS[field_code]


def _number(on_paper: str | None, holder: Holder) -> str:
    """The paper's number; of one that is not the holder's only the end, for it may be a namesake's."""
    if not on_paper:
        return ""
    if people.personal_number(on_paper, holder) is FieldResult.DIFFERENT:
        return f"•••• •••• {on_paper[-4:]}"
    return grouped(on_paper)


def day(value: date | None) -> str:
    """As all pages write days; empty if there is none."""
    return f"{value:%d/%m/%Y}" if value else ""
