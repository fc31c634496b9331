"""Results as their holder sees them, and the lines of those that are in the wallet."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from eid_portal.core import clock, wallet
from procedures.enums import Outcome, RevocationReason
from procedures.models import EffectDone, Result
from procedures.rules.effects import EFFECTS
from procedures.texts import EFFECT_WORDS

SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A change that came with a decision: what, and since when it is so."""

    words: str
    done_at: datetime | None
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A result that is in force, over, or was taken back, and why."""

    says: dict[str, Any] = field(repr=False)
    is_granted: bool
    is_drawn: bool
    is_over: bool
    revoked_on: date | None
    revoked_because: str
    effects: tuple[Effect, ...]

    @property
    def is_valid(self) -> bool:
        """Whether it can be relied on."""
        return self.is_granted and not self.is_over and self.revoked_on is None


def standing(row: Result, *, now: datetime) -> Standing:
    """How a result stands, in the language of who reads."""
    language = "en" if (get_language() or "").startswith("en") else "vi"
    effects = EffectDone.objects.filter(application_id=row.application_id).order_by("number")
    because = row.revoked_because
    return Standing(
        says=row.says[language],
        is_granted=row.outcome == Outcome.GRANTED,
        is_drawn=row.drawn_at is not None,
        is_over=row.valid_until is not None and row.valid_until < clock.today(now),
        revoked_on=clock.today(row.revoked_at) if row.revoked_at else None,
        revoked_because=str(RevocationReason(because).label) if because else "",
        effects=tuple(
            Effect(
                words=str(EFFECT_WORDS[each.do]),
                done_at=each.done_at,
                failed=each.done_at is None and each.failed_at is not None,
            )
            for each in effects
            if each.do in EFFECTS and (each.done_at is not None or row.revoked_at is None)
        ),
    )


def lines(citizen_id: UUID, now: datetime) -> list[wallet.Line]:
    """The results that somebody was granted, the latest first, as lines of their wallet."""
    rows = Result.objects.filter(citizen_id=citizen_id, outcome=Outcome.GRANTED)
    return [_line(row, now) for row in rows.defer("pdf").order_by("-pk")[:SHOWN]]


def register() -> None:
    """Show results in the wallet; called in ``apps.ready()``."""
    wallet.register(lines)


def _line(row: Result, now: datetime) -> wallet.Line:
    found = standing_of(row, now)
    title = row.says["en" if (get_language() or "").startswith("en") else "vi"]["title"]
    return wallet.Line(
        title=title,
        detail=found[1],
        kind=found[0],
        href=f"/results/{row.public_id}/",
    )


def standing_of(row: Result, now: datetime) -> tuple[wallet.Kind, str]:
    """In one word, for a list."""
    if row.revoked_at is not None:
        return "err", _("Revoked on %(day)s") % {"day": f"{clock.today(row.revoked_at):%d/%m/%Y}"}
    if row.valid_until is None:
        return "ok", _("Decided on %(day)s") % {"day": f"{clock.today(row.made_at):%d/%m/%Y}"}
    day = {"day": f"{row.valid_until:%d/%m/%Y}"}
    if row.valid_until < clock.today(now):
        return "err", _("Was valid until %(day)s") % day
    return "ok", _("Valid until %(day)s") % day
