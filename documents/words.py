"""The words for our events, and for why somebody looked, as people read them on the first page and in the data log."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from documents import events, gateways, kinds
from documents.enums import LookPurpose, RoadsidePurpose
from eid_portal.core.home import (
    Describe,
    Kind,
    Words,
    register_bases,
    register_looks,
    register_parties,
    register_purposes,
    register_words,
)

# What was seen of a paper, by the codes of its lines.
SEEN: Final[dict[str, Any]] = {
    "photo": gettext_lazy("Photo"),
    "adult": gettext_lazy("Aged 18 or over"),
    "name": gettext_lazy("Full name"),
    "birth_date": gettext_lazy("Date of birth"),
    "number": gettext_lazy("Number"),
    "ending": gettext_lazy("The last four characters of the number"),
    "personal_number": gettext_lazy("Personal number"),
    "expires_on": gettext_lazy("Valid until"),
    "issued_on": gettext_lazy("Issued on"),
    "issuer": pgettext_lazy("paper", "Issued by"),
    "sex": gettext_lazy("Sex"),
    "nationality": gettext_lazy("Nationality"),
    "residence": gettext_lazy("Place of residence"),
    "address": gettext_lazy("Address"),
    "classes": gettext_lazy("Classes and how long each is valid"),
    "points": gettext_lazy("Points left"),
    "plate": gettext_lazy("Number plate"),
    "brand": gettext_lazy("Brand and model"),
    "vehicle": gettext_lazy("The vehicle and its plate"),
    "insurance": gettext_lazy("Compulsory insurance of the vehicle"),
}


def _paper(data: Mapping[str, Any]) -> str:
    """The kind's name; one that is no more is just a paper."""
    try:
        return str(kinds.find(str(data.get("kind", ""))).title)
    except kinds.NoSuchKind:
        return _("Paper")


def _of(kind: Kind, icon: str, title: Any, seen: Any = "") -> Describe:
    """Words that end with which paper it is about."""
    return lambda data: Words(kind, icon, f"{title}: {_paper(data)}", str(seen))


def _say(kind: Kind, icon: str, title: Any, seen: Any = "") -> Describe:
    return lambda _data: Words(kind, icon, str(title), str(seen))


def _seen(data: Mapping[str, Any]) -> str:
    """What was seen, one after the other: of all but the first the first letter is small.

    What only some kinds have is not named one by one, but it is said that there was more.
    """
    codes = [
        "classes" if code.startswith("class") else code for code in map(str, data.get("fields", []))
    ]
    known = dict.fromkeys(str(SEEN[code]) for code in codes if code in SEEN)
    parts = [*known, *([_("Other parts of the paper")] if set(codes) - SEEN.keys() else [])]
    return ", ".join(
        part if place == 0 else part[:1].lower() + part[1:] for place, part in enumerate(parts)
    )


def _showing(icon: str, title: Any) -> Describe:
    """Words of a look at what the holder showed, with what was seen."""
    return lambda data: Words("info", icon, f"{title}: {_paper(data)}", _seen(data))


def _corrected(data: Mapping[str, Any]) -> Words:
    done = gettext_lazy("A registry corrected a paper")
    refused = gettext_lazy("A registry refused to correct a paper")
    describe = _of("ok", "check", done) if data.get("corrected") else _of("err", "x", refused)
    return describe(data)


def _roadside(data: Mapping[str, Any]) -> Words:
    reason = str(data.get("reason", ""))
    why = str(RoadsidePurpose(reason).label) if reason in RoadsidePurpose.values else ""
    said = _("An officer on the road looked at a paper")
    title = f"{said}: {_paper(data)}"
    detail = ", ".join(part for part in (why, str(data.get("reference", ""))) if part)
    return Words("info", "eye", f"{title} ({detail})" if detail else title, _seen(data))


def _doubted(data: Mapping[str, Any]) -> Words:
    reference = str(data.get("reference", ""))
    said = (
        _("A traffic officer said that the driver was not the holder")
        if reference
        else _("Somebody who had the code said that the person before them was not the holder")
    )
    title = f"{said}: {_paper(data)}"
    return Words("err", "triangle-alert", f"{title} ({reference})" if reference else title)


WORDS: Final[dict[str, Describe]] = {
    events.PapersSearched.name: _say(
        "info",
        "search",
        gettext_lazy("Registries were asked which papers they hold"),
        gettext_lazy("Personal number, full name, date of birth"),
    ),
    events.PaperLinked.name: _of("ok", "plus", gettext_lazy("A paper came into the wallet")),
    events.PaperUnlinked.name: _of("", "x", gettext_lazy("A paper left the wallet")),
    events.PaperVerified.name: _of("ok", "badge-check", gettext_lazy("A paper was verified")),
    events.PaperMismatched.name: _of(
        "err", "triangle-alert", gettext_lazy("A paper does not agree with the registers")
    ),
    events.PaperNotFound.name: _of(
        "err", "circle-alert", gettext_lazy("The registry did not find a paper")
    ),
    events.PaperUnavailable.name: _of(
        "", "clock", gettext_lazy("The registry of a paper does not answer")
    ),
    events.PaperExpired.name: _of("err", "clock", gettext_lazy("A paper has expired")),
    events.PaperRevoked.name: _of("err", "x", gettext_lazy("A paper was revoked")),
    events.CorrectionRequested.name: _of(
        "info", "pencil", gettext_lazy("A correction was asked for")
    ),
    events.CorrectionReceived.name: _of(
        "info", "pencil", gettext_lazy("The registry received the request for a correction")
    ),
    events.CorrectionEnded.name: _corrected,
    events.CorrectionWithdrawn.name: _of(
        "plain", "x", gettext_lazy("The request for a correction was taken back")
    ),
    events.CalendarLinkMade.name: _say(
        "info", "bell", gettext_lazy("A private link to the calendar of papers was made")
    ),
    events.CalendarLinkStopped.name: _say(
        "plain", "x", gettext_lazy("The private link to the calendar of papers was stopped")
    ),
    events.PaperShown.name: _showing("qr-code", gettext_lazy("A paper you showed was read")),
    events.ShareMade.name: _of("info", "share-2", gettext_lazy("A copy was shared")),
    events.ShareViewed.name: _showing("eye", gettext_lazy("A shared copy was opened")),
    events.ShareRevoked.name: _of("", "x", gettext_lazy("A shared copy was closed")),
    events.RoadsideLooked.name: _roadside,
    events.HolderDoubted.name: _doubted,
    events.CopySigned.name: _of(
        "info", "file-check", gettext_lazy("A signed copy was made")
    ),
    events.CardPrinted.name: _of("info", "printer", gettext_lazy("A card was printed")),
    events.CopyRevoked.name: _of(
        "", "x", gettext_lazy("A signed copy or printed card was revoked")
    ),
    events.CopyChecked.name: _of(
        "info", "eye", gettext_lazy("A signed copy or printed card was checked")
    ),
}  # fmt: skip
LOOKS: Final = (
    events.PaperShown.name,
    events.ShareViewed.name,
    events.RoadsideLooked.name,
    events.CopyChecked.name,
)
PURPOSES: Final = {purpose.value: purpose.label for purpose in LookPurpose}
BASES: Final = {
    purpose.value: gettext_lazy("Law on Road Traffic Order and Safety 2024 (36/2024/QH15)")
    for purpose in RoadsidePurpose
}


def register() -> None:
    """Add our words; called in ``apps.ready()``."""
    register_words(WORDS)
    register_looks(LOOKS)
    register_purposes(PURPOSES)
    register_bases(BASES)
    register_parties({party: gateway.NAME for party, gateway in gateways.every().items()})
