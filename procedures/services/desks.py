"""Which desk decides a form: the commune's of the address its document names, its province's, or the country's."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.models import Office
from eid_portal.core import statements, text
from procedures.models import Desk
from procedures.rules.documents import Document
from procedures.rules.expressions import Facts

_KIND: Final = re.compile(
    r"\A(phường|phuong|xã|xa|thị trấn|thi tran|đặc khu|dac khu|p|x|tt)[. ]\s*"
)  # what a commune is, before its name
_READ: Final = (statements.Columns(Desk, "d"), statements.Columns(Office, "o"))
_NEAR: Final = f"""
    SELECT {", ".join(each.sql for each in _READ)}
      FROM procedures_desk d
      JOIN accounts_office o ON o.id = d.office_id
      LEFT JOIN accounts_province p ON p.id = d.province_id
     WHERE d.agency = %s AND (d.province_id IS NULL OR p.name = %s)
       AND d.valid_from <= %s AND (d.valid_to IS NULL OR d.valid_to > %s)
"""  # noqa: S608 - our own names


class NoDesk(Exception):
    """No desk of that agency is open for the address; the draft stays as it is."""

    code = "no_desk"
    message: Any = _(
        "No office for this place is set up here yet. Your draft is safe; file it at the office itself."
    )


def find(document: Document, facts: Facts) -> Desk:
    """The desk that decides; ``facts`` are those of the settled form.

    Raises:
        NoDesk: see the class.
    """
    address = document.office.value(facts) if document.office else None
    found = best(
        agency=document.data["agency"],
        address=address if isinstance(address, Mapping) else None,
        day=facts.today,
    )
    if found is None:
        raise NoDesk
    return found


def best(*, agency: str, address: Mapping[str, Any] | None, day: date) -> Desk | None:
    """The desk of an agency in force on a day that is nearest to an address; without one, the country's."""
    province = address["province"] if address else ""
    found = statements.fetch_all(_NEAR, [agency, province, day, day])
    rows = []
    for values in found:
        row, office = statements.read_rows(values, *_READ)
        row.office = office
        rows.append(row)
    commune = (
        _meant({row.commune for row in rows if row.commune}, address["commune"]) if address else ""
    )
    ranked = [
        (bool(row.commune), row.province_id is not None, row)
        for row in rows
        if not row.commune or row.commune == commune
    ]
    return max(ranked, key=lambda each: (each[:2], each[2].pk))[2] if ranked else None


def _meant(names: Collection[str], commune: str) -> str:
    """Which of these communes is meant, with or without "Phường" and marks; empty if none is, or several could be."""
    forms: tuple[Callable[[str], str], ...] = (_written, _bare, lambda name: text.fold(_bare(name)))
    for form in forms:
        found = [name for name in names if form(name) == form(commune)]
        if found:
            return found[0] if len(found) == 1 else ""
    return ""


def _written(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().strip()


def _bare(name: str) -> str:
    return _KIND.sub("", _written(name))
