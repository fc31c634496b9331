"""The words for our events, and for why somebody looked, as people read them."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import events
from accounts.enums import (
    ActedBy,
    AuthenticatorKind,
    CaseTask,
    ChipVerdict,
    DataPage,
    DataRequestKind,
    GuardianshipBasis,
    GuardianshipEnd,
    InspectionSource,
    InspectionState,
    LockOrderKind,
    LockReason,
    LookField,
    LookReason,
    OwnerLockReason,
    RecoveryProof,
    RecoveryRoute,
    ReviewState,
    WardAct,
)
from eid_portal.core import approvals
from eid_portal.core.home import Describe, Kind, Words


def _say(kind: Kind, icon: str, title: Any) -> Describe:
    return lambda _data: Words(kind, icon, str(title))


def _locked(data: Mapping[str, Any]) -> Words:
    reason, own, by = data.get("reason", ""), data.get("why", ""), data.get("by", "")
    why = str(LockReason(reason).label) if reason in LockReason.values else ""
    if own in OwnerLockReason.values:
        why = str(OwnerLockReason(own).label)
    title = _("Your account was locked") + (f": {why}" if why else "")
    return Words("err", "lock", f"{title} ({ActedBy(by).label})" if by in ActedBy.values else title)


def _unlocked(data: Mapping[str, Any]) -> Words:
    by, title = data.get("by", ""), _("Your account was unlocked")
    return Words("ok", "lock", f"{title} ({ActedBy(by).label})" if by in ActedBy.values else title)


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
    title = _("Your data was looked at") + (f": {where}" if where else "")
    return Words("info", "eye", title, str(SEEN_ON.get(page, "")))


def _unmasked(data: Mapping[str, Any]) -> Words:
    shown = [str(FIELDS[code]) for code in data.get("fields", []) if code in FIELDS]
    return Words("err", "eye", _("An administrator opened your data"), _list(shown))


def _list(parts: list[str]) -> str:
    """One after the other, as in a sentence: of all but the first the first letter is small."""
    return ", ".join(
        part if place == 0 else part[:1].lower() + part[1:] for place, part in enumerate(parts)
    )


def _saw(kind: Kind, icon: str, title: Any, seen: Any) -> Describe:
    return lambda _data: Words(kind, icon, str(title), str(seen))


def _chip(data: Mapping[str, Any]) -> Words:
    verdict = data.get("verdict")
    what = f": {ChipVerdict(verdict).label}" if verdict in ChipVerdict.values else ""
    title = _("The chip of your card was checked at a counter")
    return Words(
        "info", "scan-line", f"{title}{what}", _("What the chip of your card holds, the face too")
    )


def _kind(data: Mapping[str, Any]) -> dict[str, str]:
    names = {
        "PASSWORD": _("Password"),
        "TOTP": _("Authenticator app"),
        "SMS": _("Code by text message"),
        "RECOVERY_CODES": _("Recovery codes"),
        "PASSKEY": _("Passkey"),
        "EMAIL": _("E-mail address"),
    }
    return {"kind": names.get(str(data.get("kind")), "")}


def _of(kind: Kind, icon: str, title: Any, name: str, labels: type[TextChoices]) -> Describe:
    """Words that end with what a code says."""

    def describe(data: Mapping[str, Any]) -> Words:
        code = data.get(name)
        what = str(labels(code).label) if code in labels.values else ""
        return Words(kind, icon, f"{title}: {what}" if what else str(title))

    return describe


def _looked_up(data: Mapping[str, Any]) -> Words:
    shown = [
        str(LookField(code).label) for code in data.get("fields", []) if code in LookField.values
    ]
    reason = data.get("reason")
    why = str(LookReason(reason).label) if reason in LookReason.values else ""
    what = ", ".join([str(_("name and year of birth")), *shown])
    text = _("An officer looked at: %(what)s") % {"what": what}
    seen = _list([str(_("Name and year of birth")), *shown])
    return Words("info", "eye", f"{text} ({why})" if why else text, seen)


FIELDS: Final = {
    "personal_number": gettext_lazy("Personal number"),
    "full_name": gettext_lazy("Full name"),
    "birth_date": gettext_lazy("Date of birth"),
    "sex": gettext_lazy("Sex"),
    "residence": gettext_lazy("Place of residence"),
}
SEEN_ON: Final = {
    DataPage.CASE.value: gettext_lazy(
        "What your card and the register say of you, your photo, your phone"
    ),
    DataPage.PHOTO.value: gettext_lazy("Your photo in the register"),
    DataPage.PROPOSAL.value: gettext_lazy(
        "What your card and the register say of you, your photo, your phone"
    ),
    DataPage.SEARCH.value: gettext_lazy("The last four digits of your number, your initials"),
    DataPage.LOOK_UP.value: gettext_lazy("Name and year of birth"),
    DataPage.CONSOLE.value: gettext_lazy("The last four digits of your number, your initials"),
    DataPage.ACCOUNT.value: gettext_lazy("What you wrote to us, or the state of your account"),
    DataPage.LOCK_ORDER.value: gettext_lazy("An authority's request about you, and its reason"),
}


WORDS: Final[dict[str, Describe]] = {
    events.AccountIssued.name: _say("ok", "id-card", gettext_lazy("Your account was issued")),
    events.AccountRefreshed.name: _say(
        "ok", "id-card", gettext_lazy("Your account has a new card")
    ),
    events.AccountActivated.name: _say(
        "ok", "badge-check", gettext_lazy("Your account was activated")
    ),
    events.ActivationWaits.name: _say(
        "", "clock", gettext_lazy("An activation waits for approval")
    ),
    events.AccountLocked.name: _locked,
    events.OwnerLockKept.name: _say(
        "err", "lock", gettext_lazy("Your own lock is noted, under another one")
    ),
    events.AccountUnlocked.name: _unlocked,
    events.AccountClosed.name: _say("err", "lock", gettext_lazy("Your account was closed")),
    events.LevelChanged.name: _say(
        "info", "shield-check", gettext_lazy("The level of your e-ID changed")
    ),
    events.CardGranted.name: _say("ok", "id-card", gettext_lazy("Your ID card was recorded")),
    events.CardReplaced.name: _say(
        "plain", "id-card", gettext_lazy("An older ID card was replaced")
    ),
    events.CardExpired.name: _say("err", "id-card", gettext_lazy("Your ID card expired")),
    events.CardLost.name: _say("err", "id-card", gettext_lazy("Your ID card was reported lost")),
    events.CardRevoked.name: _say("err", "id-card", gettext_lazy("Your ID card was revoked")),
    events.CitizenUpdated.name: _say(
        "info", "refresh-cw", gettext_lazy("Your data was corrected by the register")
    ),
    events.ResidenceMoved.name: _say(
        "info", "house", gettext_lazy("Your permanent residence was registered anew")
    ),
    events.BirthRegistered.name: _say(
        "ok", "users", gettext_lazy("A birth was registered, and the child has a personal number")
    ),
    events.StayRegistered.name: _say(
        "info", "house", gettext_lazy("A temporary residence of yours was registered")
    ),
    events.CaseOpened.name: _saw(
        "info",
        "scan-line",
        gettext_lazy("Your card was read at a counter"),
        gettext_lazy("What is printed on your card"),
    ),
    events.RegisterAsked.name: _saw(
        "info",
        "eye",
        gettext_lazy("The population register was asked about you"),
        gettext_lazy("Full name, date of birth, sex, place of residence, photo"),
    ),
    events.CaseWaits.name: _say(
        "", "clock", gettext_lazy("Your visit to the counter waits for approval")
    ),
    events.CaseApproved.name: _say(
        "ok", "check", gettext_lazy("An exception for you was approved")
    ),
    events.CaseIssued.name: _say(
        "ok", "check", gettext_lazy("Your visit to the counter ended: account issued")
    ),
    events.CaseRefused.name: _say(
        "err", "x", gettext_lazy("Your visit to the counter ended without an account")
    ),
    events.CaseAbandoned.name: _say(
        "plain", "x", gettext_lazy("Your visit to the counter was broken off")
    ),
    events.PhoneRefusedAtCounter.name: _say(
        "err", "phone", gettext_lazy("A counter refused your phone for somebody else")
    ),
    events.PhoneVerified.name: _say(
        "ok", "phone", gettext_lazy("Your phone was confirmed at the counter")
    ),
    events.SlipPrinted.name: _say(
        "info", "printer", gettext_lazy("An activation slip was printed")
    ),
    events.AuthenticatorBound.name: _bound,
    events.AuthenticatorDisabled.name: _disabled,
    events.AuthenticatorRemoved.name: _removed,
    events.SignedIn.name: _signed_in,
    events.SignInFailed.name: _failed,
    events.SignedOut.name: _say("plain", "log-out", gettext_lazy("Signed out")),
    events.SignedInAfresh.name: _say(
        "plain", "shield-check", gettext_lazy("Signed in again before an important step")
    ),
    events.DeviceConfirmed.name: _say(
        "ok", "smartphone", gettext_lazy("You said of a new device that it was you")
    ),
    events.DeviceForgotten.name: _say(
        "", "smartphone", gettext_lazy("A device was forgotten: it counts as new again")
    ),
    events.OfficerCreated.name: _say(
        "info", "user", gettext_lazy("An officer's account was made for you")
    ),
    events.RoleGranted.name: _say(
        "info", "building-2", gettext_lazy("You were given a role at an office")
    ),
    events.RoleEnded.name: _say(
        "info", "building-2", gettext_lazy("A role of yours at an office ended")
    ),
    events.DataUnmasked.name: _unmasked,
    events.DataSeen.name: _seen,
    events.LookedUp.name: _looked_up,
    events.CaseDone.name: _of(
        "ok", "check", gettext_lazy("Your visit to the counter ended"), "task", CaseTask
    ),
    events.ChipRead.name: _chip,
    events.AuthenticatorNamed.name: _of(
        "plain",
        "key-round",
        gettext_lazy("A way to sign in got another name"),
        "kind",
        AuthenticatorKind,
    ),
    events.AuthenticatorReplaced.name: _of(
        "", "key-round", gettext_lazy("Replaced by another"), "kind", AuthenticatorKind
    ),
    events.AuthenticatorBroughtBack.name: _of(
        "ok", "key-round", gettext_lazy("In use again"), "kind", AuthenticatorKind
    ),
    events.RecoveryCodeReused.name: _say(
        "err", "triangle-alert", gettext_lazy("A used recovery code was tried again")
    ),
    events.SimChanged.name: _say(
        "err", "smartphone", gettext_lazy("The SIM of your phone was changed: codes to it wait")
    ),
    events.RecoveryRoutesTested.name: _say(
        "ok", "shield-check", gettext_lazy("You tried your ways of recovery")
    ),
    events.RecoveryRoutesChosen.name: _say(
        "", "shield-check", gettext_lazy("You chose your ways of recovery")
    ),
    events.ContactSettled.name: _of(
        "plain", "check", gettext_lazy("A change is settled"), "kind", AuthenticatorKind
    ),
    events.ContactReverted.name: _of(
        "", "refresh-cw", gettext_lazy("A change was taken back"), "kind", AuthenticatorKind
    ),
    events.RecoveryStarted.name: _of(
        "err",
        "triangle-alert",
        gettext_lazy("A recovery of your account was started"),
        "proof",
        RecoveryProof,
    ),
    events.RecoveryFinished.name: _of(
        "ok", "shield-check", gettext_lazy("Your account was recovered"), "route", RecoveryRoute
    ),
    events.RecoveryCancelled.name: _of(
        "", "x", gettext_lazy("A recovery was cancelled"), "by", ActedBy
    ),
    events.RecoveryExpired.name: _say(
        "plain", "clock", gettext_lazy("A recovery was not finished in time")
    ),
    events.LockOrderReceived.name: _of(
        "err",
        "building-2",
        gettext_lazy("An authority asked in writing about your account"),
        "kind",
        LockOrderKind,
    ),
    events.LockOrderForwarded.name: _of(
        "",
        "building-2",
        gettext_lazy("An authority's request was forwarded"),
        "kind",
        LockOrderKind,
    ),
    events.LockOrderExecuted.name: _of(
        "err",
        "building-2",
        gettext_lazy("An authority's request was carried out"),
        "kind",
        LockOrderKind,
    ),
    events.LockOrderRefused.name: _of(
        "ok",
        "building-2",
        gettext_lazy("An authority's request was refused"),
        "kind",
        LockOrderKind,
    ),
    events.GuardianshipClaimed.name: _of(
        "", "users", gettext_lazy("A guardianship waits for a counter"), "basis", GuardianshipBasis
    ),
    events.GuardianshipConfirmed.name: _of(
        "ok", "users", gettext_lazy("A guardianship was confirmed"), "basis", GuardianshipBasis
    ),
    events.GuardianshipRefused.name: _say(
        "err", "users", gettext_lazy("A guardianship was not confirmed")
    ),
    events.GuardianshipEnded.name: _of(
        "", "users", gettext_lazy("A guardianship ended"), "reason", GuardianshipEnd
    ),
    events.ActedForWard.name: _of(
        "info", "users", gettext_lazy("A guardian acted for you"), "what", WardAct
    ),
    events.LookReviewed.name: _of(
        "info",
        "eye",
        gettext_lazy("A supervisor reviewed a look at your data"),
        "verdict",
        ReviewState,
    ),
    events.InspectionOpened.name: _of(
        "", "eye", gettext_lazy("A look at your data is inspected"), "source", InspectionSource
    ),
    events.InspectionClosed.name: _of(
        "ok", "eye", gettext_lazy("An inspection of a look ended"), "verdict", InspectionState
    ),
    events.ConsentGiven.name: _say("ok", "check", gettext_lazy("You agreed to a use of your data")),
    events.ConsentWithdrawn.name: _say("", "x", gettext_lazy("You withdrew a consent")),
    events.ConsentEnded.name: _say("plain", "x", gettext_lazy("A consent ended")),
    events.DataRequestMade.name: _of(
        "info",
        "file-text",
        gettext_lazy("You asked something about your data"),
        "kind",
        DataRequestKind,
    ),
    events.DataRequestAnswered.name: _of(
        "ok",
        "file-text",
        gettext_lazy("Your request about your data was answered"),
        "kind",
        DataRequestKind,
    ),
    events.DataRequestDone.name: _of(
        "ok",
        "file-text",
        gettext_lazy("Your request about your data was carried out"),
        "kind",
        DataRequestKind,
    ),
    events.DataRequestExtended.name: _of(
        "",
        "clock",
        gettext_lazy("Your request about your data takes longer"),
        "kind",
        DataRequestKind,
    ),
    events.DataRequestRefused.name: _of(
        "err",
        "file-text",
        gettext_lazy("Your request about your data was refused"),
        "kind",
        DataRequestKind,
    ),
    events.ExportAsked.name: _say(
        "info", "file-text", gettext_lazy("You asked for a copy of all your data")
    ),
    events.ExportMade.name: _say(
        "ok", "file-text", gettext_lazy("A copy of all your data was made")
    ),
    events.ExportFetched.name: _say(
        "info", "file-text", gettext_lazy("You fetched a copy of all your data")
    ),
    events.ExportDeleted.name: _say(
        "plain", "file-text", gettext_lazy("A copy of all your data was deleted")
    ),
    approvals.ApprovalProposed.name: _say(
        "", "users", gettext_lazy("A second person was asked to decide about you")
    ),
    approvals.ApprovalGiven.name: _say("ok", "users", gettext_lazy("A second person agreed")),
    approvals.ApprovalDenied.name: _say(
        "err", "users", gettext_lazy("A second person did not agree")
    ),
    approvals.ApprovalWithdrawn.name: _say(
        "plain", "users", gettext_lazy("A question to a second person was taken back")
    ),
    approvals.ApprovalExpired.name: _say("plain", "users", gettext_lazy("Nobody decided in time")),
}

PURPOSES: Final = {
    "counter": gettext_lazy("to issue your account"),
    "administration": gettext_lazy("for administration"),
    "authority": gettext_lazy("because an authority asked in writing"),
    "supervision": gettext_lazy("to check that looks at data are justified"),
    "counter_network": gettext_lazy("because it came from a counter's network"),
    "no_phone": gettext_lazy("because no phone was confirmed"),
}
# The law behind a purpose, or behind the reason an officer chose.
BASES: Final = {
    "authority": gettext_lazy("Decree 69/2024/ND-CP arts. 29, 30"),
    "counter": gettext_lazy("Law on Identification 2023; Decree 69/2024/ND-CP"),
    "counter_network": gettext_lazy("Decree 69/2024/ND-CP"),
    "no_phone": gettext_lazy("Decree 69/2024/ND-CP"),
    "administration": gettext_lazy("Law on Personal Data Protection 2025, to answer or help you"),
    LookReason.CASE.value: gettext_lazy("Law on Identification 2023, to settle the case named"),
    LookReason.AT_COUNTER.value: gettext_lazy("Law on Identification 2023, at your own request"),
    LookReason.OFFICIAL_LETTER.value: gettext_lazy(
        "Law on Identification 2023, on the official letter named"
    ),
    LookReason.EMERGENCY.value: gettext_lazy(
        "Law on Personal Data Protection 2025: an emergency, to protect life"
    ),
    LookReason.COURT_ORDER.value: gettext_lazy("The court order named"),
}
PARTIES: Final = {
    "card-production": gettext_lazy("ID-card production"),
    "population": gettext_lazy("Population register"),
}
LOOKS: Final = (
    events.CaseOpened.name,
    events.ChipRead.name,
    events.DataSeen.name,
    events.DataUnmasked.name,
    events.LookedUp.name,
    events.RegisterAsked.name,
)
