"""What accounts add to the first page: the ID card, and what to do about it; the words for our events are beside."""

from django.utils.translation import gettext as _

from accounts import policy
from accounts.enums import CardState
from accounts.home.words import BASES, LOOKS, PARTIES, PURPOSES, WORDS
from accounts.selectors import home as selectors
from eid_portal.core import clock
from eid_portal.core.home import (
    Asker,
    Card,
    Contribution,
    Rows,
    Todo,
    register,
    register_bases,
    register_looks,
    register_parties,
    register_purposes,
    register_words,
)


def contribute(asker: Asker, rows: Rows) -> Contribution:
    """The ID card, and what needs doing about it and about signing in."""
    overview = selectors.card_overview(rows)
    if overview is None:
        return Contribution()
    card = Card(
        template="accounts/_id_card.html",
        values={
            "number": overview.ending,
            "name": asker.full_name,
            "valid_until": overview.valid_until,
            "level": asker.level,
            "state": "ok" if overview.state == CardState.VALID else overview.state.label,
        },
        rank=0,
    )
    return Contribution(todos=tuple(_todos(overview, asker)), cards=(card,))


def _todos(overview: selectors.CardOverview, asker: Asker) -> list[Todo]:
    todos = [*_recovery_todos(overview, asker), *_ward_todos(overview)]
    until = overview.valid_until
    days = (until - clock.today(asker.now)).days if until else None
    if overview.state == CardState.VALID and days is not None and days <= policy.CARD_WARNINGS_DAYS[0]:  # fmt: skip
        todos.append(
            Todo(
                kind="err" if days <= policy.CARD_WARNINGS_DAYS[1] else "",
                icon="triangle-alert",
                title=_("Your ID card expires on %(date)s") % {"date": f"{until:%d/%m/%Y}"},
                lines=(
                    _(
                        "Ask for a new card at any ID-card counter. After that day your account locks."
                    ),
                ),
                rank=0,
            )
        )
    if not overview.has_app:
        todos.append(
            Todo(
                kind="info",
                icon="smartphone",
                title=_("Add an authenticator app"),
                lines=(
                    _(
                        "Codes by text message can be intercepted by whoever takes over your number."
                    ),
                ),
                href="/account/security/app/add/",
                action=_("Add"),
                rank=80,
            )
        )
    return todos


def _recovery_todos(overview: selectors.CardOverview, asker: Asker) -> list[Todo]:
    todos = []
    opened, tested = overview.recovery_opened_at, overview.routes_tested_at
    if opened is not None:
        local = opened.astimezone(clock.VIET_NAM)
        todos.append(
            Todo(
                kind="err",
                icon="triangle-alert",
                title=_("Somebody wants to recover your account"),
                lines=(
                    _("Begun at %(time)s on %(date)s. If it was not you, cancel it.")
                    % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"},
                ),
                href="/account/security/recovery/",
                action=_("Look and cancel"),
                rank=-10,
            )
        )
    if tested is None or asker.now - tested >= policy.ROUTES_CHECKED_EVERY:
        todos.append(
            Todo(
                kind="info",
                icon="shield-check",
                title=_("Would you still get in?"),
                lines=(_("Take 30 seconds to try one of your ways of recovery."),),
                href="/account/security/check/",
                action=_("Try"),
                rank=85,
            )
        )
    return todos


def _ward_todos(overview: selectors.CardOverview) -> list[Todo]:
    todos = []
    if overview.ward_grows:
        todos.append(
            Todo(
                kind="",
                icon="id-card",
                title=_("A child you act for turns 14 soon"),
                lines=(_("Go together to any ID-card counter to ask for an ID card."),),
                href="/account/wards/",
                action=_("Look"),
                rank=40,
            )
        )
    if overview.ward_waits:
        todos.append(
            Todo(
                kind="info",
                icon="users",
                title=_("A guardianship waits for a counter"),
                lines=(_("Bring the original papers to any ID-card counter."),),
                href="/account/wards/",
                action=_("Look"),
                rank=60,
            )
        )
    return todos


def register_all() -> None:
    """Add our part; called in ``apps.ready()``."""
    register(contribute, reads=selectors.FIND_CARD)
    register_words(WORDS)
    register_purposes(PURPOSES)
    register_bases(BASES)
    register_looks(LOOKS)
    register_parties(PARTIES)
