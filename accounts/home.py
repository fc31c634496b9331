"""What accounts add to the first page: the ID card, what to do about it, and the words for our events."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import events, policy
from accounts.enums import CardState, DataPage, LockReason
from accounts.selectors import home as selectors
from eid_portal.core import approvals, clock
from eid_portal.core.home import (
    Asker,
    Card,
    Contribution,
    Describe,
    Kind,
    Todo,
    Words,
    register,
    register_purposes,
    register_words,
)


def contribute(asker: Asker) -> Contribution:
    """The ID card, and what needs doing about it and about signing in."""
    overview = selectors.card_overview(account_id=asker.account_id, citizen_id=asker.citizen_id)
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
    todos = []
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
                href="/authenticator-app/",
                action=_("Add"),
                rank=80,
            )
        )
    return todos


# --- Words for events ---------------------------------------------------------------------------
def _say(kind: Kind, icon: str, title: Any) -> Describe:
    return lambda _data: Words(kind, icon, str(title))


def _locked(data: Mapping[str, Any]) -> Words:
    reason = data.get("reason", "")
    why = str(LockReason(reason).label) if reason in LockReason.values else ""
    return Words("err", "lock", _("Your account was locked") + (f": {why}" if why else ""))


def _signed_in(data: Mapping[str, Any]) -> Words:
    if data.get("new_device"):
        return Words("", "smartphone", _("Signed in on a new device"))
    return Words("plain", "smartphone", _("Signed in"))


def _failed(data: Mapping[str, Any]) -> Words:
    if data.get("known_device"):
        return Words("plain", "circle-alert", _("A sign-in on your device failed"))
    return Words("err", "triangle-alert", _("Somebody tried to sign in and failed"))


def _bound(data: Mapping[str, Any]) -> Words:
    return Words("ok", "key-round", _("A way to sign in was added: %(kind)s") % _kind(data))


def _removed(data: Mapping[str, Any]) -> Words:
    return Words("", "key-round", _("A way to sign in was removed: %(kind)s") % _kind(data))


def _disabled(data: Mapping[str, Any]) -> Words:
    text = _("A way to sign in was disabled after too many failures: %(kind)s")
    return Words("err", "key-round", text % _kind(data))


def _seen(data: Mapping[str, Any]) -> Words:
    page = str(data.get("page", ""))
    where = str(DataPage(page).label) if page in DataPage.values else ""
    return Words("info", "eye", _("Your data was looked at") + (f": {where}" if where else ""))


def _kind(data: Mapping[str, Any]) -> dict[str, str]:
    names = {
        "PASSWORD": _("Password"),
        "TOTP": _("Authenticator app"),
        "SMS": _("Code by text message"),
        "RECOVERY_CODES": _("Recovery codes"),
    }
    return {"kind": names.get(str(data.get("kind")), "")}


WORDS: Final[dict[str, Describe]] = {
    events.AccountIssued.name: _say("ok", "id-card", gettext_lazy("Your account was issued")),
    events.AccountRefreshed.name: _say("ok", "id-card", gettext_lazy("Your account has a new card")),
    events.AccountActivated.name: _say("ok", "badge-check", gettext_lazy("Your account was activated")),
    events.ActivationWaits.name: _say("", "clock", gettext_lazy("An activation waits for approval")),
    events.AccountLocked.name: _locked,
    events.AccountUnlocked.name: _say("ok", "lock", gettext_lazy("Your account was unlocked")),
    events.AccountClosed.name: _say("err", "lock", gettext_lazy("Your account was closed")),
    events.LevelChanged.name: _say("info", "shield-check", gettext_lazy("The level of your e-ID changed")),
    events.CardGranted.name: _say("ok", "id-card", gettext_lazy("Your ID card was recorded")),
    events.CardReplaced.name: _say("plain", "id-card", gettext_lazy("An older ID card was replaced")),
    events.CardExpired.name: _say("err", "id-card", gettext_lazy("Your ID card expired")),
    events.CardLost.name: _say("err", "id-card", gettext_lazy("Your ID card was reported lost")),
    events.CardRevoked.name: _say("err", "id-card", gettext_lazy("Your ID card was revoked")),
    events.CitizenUpdated.name: _say("info", "refresh-cw", gettext_lazy("Your data was corrected by the register")),
    events.CaseOpened.name: _say("info", "scan-line", gettext_lazy("Your card was read at a counter")),
    events.RegisterAsked.name: _say("info", "eye", gettext_lazy("The population register was asked about you")),
    events.CaseWaits.name: _say("", "clock", gettext_lazy("Your visit to the counter waits for approval")),
    events.CaseApproved.name: _say("ok", "check", gettext_lazy("An exception for you was approved")),
    events.CaseIssued.name: _say("ok", "check", gettext_lazy("Your visit to the counter ended: account issued")),
    events.CaseRefused.name: _say("err", "x", gettext_lazy("Your visit to the counter ended without an account")),
    events.CaseAbandoned.name: _say("plain", "x", gettext_lazy("Your visit to the counter was broken off")),
    events.PhoneVerified.name: _say("ok", "phone", gettext_lazy("Your phone was confirmed at the counter")),
    events.SlipPrinted.name: _say("info", "printer", gettext_lazy("An activation slip was printed")),
    events.AuthenticatorBound.name: _bound,
    events.AuthenticatorDisabled.name: _disabled,
    events.AuthenticatorRemoved.name: _removed,
    events.SignedIn.name: _signed_in,
    events.SignInFailed.name: _failed,
    events.SignedOut.name: _say("plain", "log-out", gettext_lazy("Signed out")),
    events.SignedInAfresh.name: _say("plain", "shield-check", gettext_lazy("Signed in again before an important step")),
    events.OfficerCreated.name: _say("info", "user", gettext_lazy("An officer's account was made for you")),
    events.RoleGranted.name: _say("info", "building-2", gettext_lazy("You were given a role at an office")),
    events.RoleEnded.name: _say("info", "building-2", gettext_lazy("A role of yours at an office ended")),
    events.DataUnmasked.name: _say("err", "eye", gettext_lazy("An administrator opened your data")),
    events.DataSeen.name: _seen,
    approvals.ApprovalProposed.name: _say("", "users", gettext_lazy("A second person was asked to decide about you")),
    approvals.ApprovalGiven.name: _say("ok", "users", gettext_lazy("A second person agreed")),
    approvals.ApprovalDenied.name: _say("err", "users", gettext_lazy("A second person did not agree")),
    approvals.ApprovalExpired.name: _say("plain", "users", gettext_lazy("Nobody decided in time")),
}  # fmt: skip

PURPOSES: Final = {
    "counter": gettext_lazy("to issue your account"),
    "administration": gettext_lazy("for administration"),
    "counter_network": gettext_lazy("because it came from a counter's network"),
    "no_phone": gettext_lazy("because no phone was confirmed"),
}


def register_all() -> None:
    """Add our part; called in ``apps.ready()``."""
    register(contribute)
    register_words(WORDS)
    register_purposes(PURPOSES)
