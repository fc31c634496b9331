"""Prices and figures of the law, with the day each holds from: what was in force stays, and is followed by another."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from eid_portal.core import audit, clock
from eid_portal.core.events import Actor
from payments import events
from payments.models import Tariff
from payments.rules import tariffs
from payments.rules.figures import BadFigures

CONFIDENCE: Final = {
    "R": _("read in the source"),
    "H": _("worked out from it"),
    "B": _("believed, not confirmed"),
}
_NAME_MOST, _SOURCE_LEAST, _SOURCE_MOST = 40, 5, 200
_WHY: Final[dict[str, Any]] = {
    "keys": _("These names and no others are expected: %(part)s"),
    "whole": _("“%(part)s” must be a whole number, within what makes sense"),
    "percent": _("“%(part)s” must be a per cent from 0 to 100; with decimals in quotation marks, as \"4.5\""),
    "tiers": _("“%(part)s” must be pairs of how far a tier goes and its price, each further, the last null"),
    "months": _("“%(part)s” must be months from 1 to 12, each more than the last"),
}  # fmt: skip


class TariffRefused(Exception):
    """The row is not well formed, or would change what was in force; ``field`` says where and ``message`` why."""

    code = "tariff_refused"

    def __init__(self, field: str, message: Any) -> None:
        super().__init__(field)
        self.field = field
        self.message = message


class NoSuchTariff(Exception):
    """There is no such row."""

    code = "no_such_tariff"
    message = _("These figures are not here any more")


@transaction.atomic
def keep(
    *,
    name: str,
    from_day: date,
    values: Any,
    source: str,
    confidence: str,
    actor: Actor,
    now: datetime,
) -> Tariff:
    """Keep the figures that hold under a name from a day on.

    Figures begin today or later, unless they are the first of their name. Those that have not begun may be changed by
    keeping others for the same day. The same figures again are nothing new.

    Raises:
        TariffRefused: see the class.
    """
    _check(name, values, source, confidence)
    today, source = clock.today(now), source.strip()
    rows = Tariff.objects.select_for_update().filter(name=name)
    row = rows.filter(from_day=from_day).first()
    if row and (row.values, row.source, row.confidence) == (values, source, confidence):
        return row
    if row is not None and from_day <= today:
        raise TariffRefused("from_day", _("Other figures are in force since that day already"))
    if from_day < today and rows.exists():
        raise TariffRefused("from_day", _("Figures begin today or later; what was in force stays"))
    changed = row is not None
    row = row or Tariff(name=name, from_day=from_day)
    row.values, row.source, row.confidence = values, source, confidence
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # somebody else kept figures for that day meanwhile
        raise TariffRefused("from_day", _("Other figures begin on that day already")) from None
    audit.record(
        events.TariffKept(
            tariff=name,
            from_day=from_day.isoformat(),
            values=values,
            source=source,
            confidence=confidence,
            changed=changed,
        ),
        actor=actor,
        target=row,
        now=now,
    )
    return row


@transaction.atomic
def withdraw(*, tariff_id: UUID, actor: Actor, now: datetime) -> None:
    """Take back figures that have not begun.

    Raises:
        NoSuchTariff: there is no such row, or it is taken back already.
        TariffRefused: they are or were in force.
    """
    row = Tariff.objects.select_for_update().filter(pk=tariff_id).first()
    if row is None:
        raise NoSuchTariff
    if row.from_day <= clock.today(now):
        raise TariffRefused("from_day", _("These figures were in force already; follow them by others"))  # fmt: skip
    audit.record(
        events.TariffWithdrawn(tariff=row.name, from_day=row.from_day.isoformat()),
        actor=actor,
        target=row,
        now=now,
    )
    row.delete()


def _check(name: str, values: Any, source: str, confidence: str) -> None:
    if len(name) > _NAME_MOST:
        raise TariffRefused("name", _("This is too long"))
    try:
        tariffs.read(name, values)
    except tariffs.NoSuchTariff:
        raise TariffRefused("name", _("Nothing reads figures of this name")) from None
    except BadFigures as bad:
        raise TariffRefused("values", _WHY[bad.code] % {"part": bad.part}) from None
    if not _SOURCE_LEAST <= len(source.strip()) <= _SOURCE_MOST:
        raise TariffRefused("source", _("Say where the figures stand: law, article, day"))
    if confidence not in CONFIDENCE:
        raise TariffRefused("confidence", _("Choose how sure the figures are"))
