"""Billers as administrators keep them: the words and codes of each, and new ones that need no code."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from eid_portal.core import audit, patterns
from eid_portal.core.events import Actor
from payments import events
from payments.enums import BillerKind
from payments.models import Biller
from payments.rules import banks

PARTY: Final = "bill-hub"  # speaks for billers that are defined here
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
_BANK_ACCOUNT: Final = re.compile(r"[0-9]{6,19}")
_SHORT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .&-]{0,19}")
_LONGEST: Final = {
    "name": 120,
    "name_en": 120,
    "code_hint": 120,
    "code_hint_en": 120,
}  # as the columns
_LONGEST_PATTERN: Final = 120
_WHY: Final[dict[str, Any]] = {
    "syntax": _(r"Use letters, digits, \d, [A-Z] and {how many} alone, for example CC\d{10}"),
    "empty": _("A code has at least one character"),
    "length": _("A code has at most 40 characters"),
    "varying": _("At most two parts may vary in length"),
    "range": _("A range goes from the smaller to the larger"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """A biller as an administrator keeps it; see ``models.Biller``."""

    code: str
    name: str
    name_en: str
    short_name: str
    code_pattern: str
    code_hint: str
    code_hint_en: str
    by_person: bool
    in_use: bool = True
    bank: str = ""
    bank_account: str = ""


class BillerRefused(Exception):
    """The biller is not well formed; ``field`` says where and ``message`` why."""

    code = "biller_refused"

    def __init__(self, field: str, message: Any) -> None:
        super().__init__(field)
        self.field = field
        self.message = message


@transaction.atomic
def keep(biller: Defined, *, is_new: bool, actor: Actor, now: datetime) -> Biller:
    """Keep a biller's words: of one that is here, or of a new one whose bills come through ``PARTY``.

    Kind and party of a biller never change, and none is deleted: it is taken out of use.

    Raises:
        BillerRefused: see the class.
    """
    _check(biller)
    values = asdict(biller)
    if is_new:
        row, is_first = Biller.objects.get_or_create(
            code=biller.code, defaults=values | {"kind": BillerKind.DEFINED, "party": PARTY}
        )
        _require("code", is_first, _("There is such a biller already"))
        changed = sorted(values.keys() - {"code"})
    else:
        row = Biller.objects.select_for_update().get(code=biller.code)
        changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
        for name in changed:
            setattr(row, name, values[name])
        row.save(update_fields=changed)
    if changed:
        audit.record(
            events.BillerKept(biller=row.code, added=is_new, columns=changed), actor=actor, now=now
        )
    return row


def _check(biller: Defined) -> None:
    _require("code", _CODE.fullmatch(biller.code), _("Use small letters, digits and dashes"))
    for name, longest in _LONGEST.items():
        text = getattr(biller, name)
        _require(name, text.strip() and len(text) <= longest, _("Fill this in, in a few words"))
    _require(
        "short_name",
        _SHORT_NAME.fullmatch(biller.short_name),
        _("It stands in text messages: at most 20 letters without marks, digits and blanks"),
    )
    _require("code_pattern", len(biller.code_pattern) <= _LONGEST_PATTERN, _("This is too long"))
    if biller.bank or biller.bank_account:
        _require("bank", biller.bank in banks.NAMES, _("Choose a bank"))
        _require(
            "bank_account",
            _BANK_ACCOUNT.fullmatch(biller.bank_account),
            _("Enter the number of the account, digits only"),
        )
    try:
        patterns.compiled(biller.code_pattern)
    except patterns.BadPattern as bad:
        raise BillerRefused("code_pattern", _WHY[bad.code]) from None


def _require(field: str, well_formed: object, message: Any) -> None:
    if not well_formed:
        raise BillerRefused(field, message)
