"""Kinds of papers that an administrator defines without code: whatever is wrong with one is said before it is kept."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from documents import events, gateways, kinds, policy
from documents.enums import FieldSort, Level
from documents.gateways import definitions
from documents.gateways.definitions import DefinedField
from documents.kinds import holding
from documents.models import DefinedKind
from eid_portal.core import audit, patterns
from eid_portal.core.events import Actor

__all__ = ["DefinedField"]
_LONGEST_PATTERN: Final = 120  # as the column
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{2,39}")
_WIRE_TYPE: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_FIELD_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")
_LONGEST: Final = {  # as the columns
    "name": 80, "name_en": 80, "issuer": 120, "issuer_en": 120, "number_hint": 120, "number_hint_en": 120,
}  # fmt: skip
_PATTERN_MESSAGES: Final[dict[str, Any]] = {
    "syntax": _(r"Use letters, digits, \d, [A-Z] and {how many} alone, for example CC\d{10}"),
    "empty": _("A number has at least one character"),
    "length": _("A number has at most 40 characters"),
    "varying": _("At most two parts may vary in length"),
    "range": _("A range goes from the smaller to the larger"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """A kind of paper as an administrator defines it; see ``models.DefinedKind``."""

    code: str
    name: str
    name_en: str
    issuer: str
    issuer_en: str
    registry: str
    wire_type: str
    number_pattern: str
    number_hint: str
    number_hint_en: str
    fields: tuple[DefinedField, ...]
    compared: tuple[str, ...]
    in_use: bool = True


class DefinitionRefused(Exception):
    """The kind is not well formed; ``field`` says where and ``message`` why."""

    code = "definition_refused"

    def __init__(self, field: str, message: Any) -> None:
        super().__init__(field)
        self.field = field
        self.message = message


def registries() -> dict[str, Any]:
    """The registries that a kind may be defined for, with their names for people."""
    return {
        party: gateway.NAME
        for party, gateway in gateways.every().items()
        if getattr(gateway, "DEFINED", False)
    }


@transaction.atomic
def define(kind: Defined, *, actor: Actor, now: datetime) -> DefinedKind:
    """Define a kind of paper, or change the one of the same code.

    Papers of the kind may be in wallets, so its registry, the registry's word for it and what its fields hold stay as
    they are; a kind is taken out of use, never deleted.

    Raises:
        DefinitionRefused: see the class.
    """
    _check(kind)
    row = DefinedKind.objects.select_for_update().filter(code=kind.code).first()
    if row is None:
        row = DefinedKind(code=kind.code, created_at=now)
    else:
        _check_change(row, kind)
    values = asdict(kind)
    for name in values.keys() - {"code"}:
        setattr(row, name, values[name])
    row.fields, row.compared = list(values["fields"]), list(kind.compared)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise DefinitionRefused("wire_type", _("Another kind has this code or word")) from None
    audit.record(events.KindDefined(code=kind.code), actor=actor, target=row, now=now)
    transaction.on_commit(definitions.forget)
    return row


def _check(kind: Defined) -> None:
    _require(
        "code",
        _CODE.fullmatch(kind.code),
        _("Use capitals, digits and underscores, for example PRACTICE_CERTIFICATE"),
    )
    _require("code", kind.code not in kinds.built_in(), _("There is such a kind already"))
    for name, longest in _LONGEST.items():
        text = getattr(kind, name)
        _require(name, text.strip() and len(text) <= longest, _("Fill this in, in a few words"))
    _require("registry", kind.registry in registries(), _("Choose one of the registries"))
    _require(
        "wire_type",
        _WIRE_TYPE.fullmatch(kind.wire_type),
        _("Use the registry’s own word: letters, digits, - and _"),
    )
    _require("number_pattern", len(kind.number_pattern) <= _LONGEST_PATTERN, _("This is too long"))
    try:
        patterns.compiled(kind.number_pattern)
    except patterns.BadPattern as bad:
        raise DefinitionRefused("number_pattern", _PATTERN_MESSAGES[bad.code]) from None
    _check_fields(kind.fields)
    _check_compared(kind.compared)


def _check_fields(fields: tuple[DefinedField, ...]) -> None:
    _require("fields", len(fields) <= policy.DEFINED_FIELDS, _("These are too many fields"))
    codes = [each.code for each in fields]
    _require("fields", len(set(codes)) == len(codes), _("Two fields have the same code"))
    for each in fields:
        _require(
            "fields",
            _FIELD_CODE.fullmatch(each.code),
            _("A field’s code has small letters, digits and underscores"),
        )
        for label in (each.label, each.label_en):
            _require(
                "fields",
                label.strip() and len(label) <= policy.LONGEST_LABEL,
                _("Every field needs a short name in both languages"),
            )
        _require(
            "fields",
            each.sort in FieldSort.values and each.level in Level.values,
            _("Choose what each field holds and from which level it is shown"),
        )


def _check_compared(compared: tuple[str, ...]) -> None:
    _require(
        "compared",
        set(compared) <= set(holding.LABELS) and len(set(compared)) == len(compared),
        _("Choose among the personal number, the name and the birth date"),
    )
    # A name alone, or a birth date alone, is shared by many.
    _require(
        "compared",
        holding.PERSONAL_NUMBER in compared or {holding.NAME, holding.BIRTH_DATE} <= set(compared),
        _("Compare the personal number, or the name together with the birth date"),
    )


def _check_change(row: DefinedKind, kind: Defined) -> None:
    for name in ("registry", "wire_type"):
        _require(name, getattr(row, name) == getattr(kind, name), _("This cannot be changed"))
    sorts = {each["code"]: each["sort"] for each in row.fields}
    _require(
        "fields",
        all(sorts.get(each.code, each.sort) == each.sort for each in kind.fields),
        _("What a field holds cannot be changed; define another field"),
    )


def _require(field: str, well_formed: object, message: Any) -> None:
    if not well_formed:
        raise DefinitionRefused(field, message)
