"""The words for our events, as people read them on the first page and in the data log."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eid_portal.core.home import (
    Describe,
    Kind,
    Words,
    register_bases,
    register_looks,
    register_purposes,
    register_words,
)
from procedures import events
from procedures.enums import FilePage, Outcome, Writer
from procedures.texts import PAUSED

PAGES: Final = {each.value: each.label for each in FilePage}


def _named(title: Any, data: Mapping[str, Any]) -> str:
    """What happened, and to which application."""
    reference = data.get("reference", "")
    return f"{title}: {reference}" if reference else str(title)


def _of(kind: Kind, icon: str, title: Any) -> Describe:
    """Words that name the application."""

    def describe(data: Mapping[str, Any]) -> Words:
        return Words(kind=kind, icon=icon, title=_named(title, data))

    return describe


def _decided(data: Mapping[str, Any]) -> Words:
    granted = data.get("outcome") == Outcome.GRANTED
    title = gettext_lazy("Application granted") if granted else gettext_lazy("Application refused")
    return Words(
        kind="ok" if granted else "err",
        icon="check" if granted else "x",
        title=_named(title, data),
    )


def _stopped(data: Mapping[str, Any]) -> Words:
    return Words(
        kind="info",
        icon="timer",
        title=_named(PAUSED.get(data.get("reason", ""), ""), data),
    )


def _seen(data: Mapping[str, Any]) -> Words:
    title = gettext_lazy("An official opened your application")
    return Words(
        kind="info",
        icon="eye",
        title=_named(title, data),
        seen=str(PAGES.get(data.get("page", ""), "")),
    )


def _wrote(data: Mapping[str, Any]) -> Words:
    by_citizen = data.get("writer") == Writer.CITIZEN
    title = (
        gettext_lazy("A message was sent to the office")
        if by_citizen
        else gettext_lazy("The office wrote to you")
    )
    return Words(kind="info", icon="message-square", title=_named(title, data))


WORDS: Final[Mapping[str, Describe]] = {
    events.FileSent.name: lambda _data: Words(
        kind="info", icon="file-text", title=_("A file was sent for an application")
    ),
    events.FileDiscarded.name: lambda _data: Words(
        kind="plain", icon="x", title=_("A file that was sent was thrown away")
    ),
    events.ApplicationFiled.name: _of("ok", "send", gettext_lazy("Application filed")),
    events.ApplicationReceived.name: _of(
        "ok", "clipboard-list", gettext_lazy("Application received")
    ),
    events.ApplicationReceived.name: _of(
        "ok", "clipboard-list", gettext_lazy("Application received")
    ),
    events.ClockStopped.name: _stopped,
    events.ClockWentOn.name: _of(
        "info", "timer", gettext_lazy("The office goes on with your application")
    ),
    events.ApplicationDecided.name: _decided,
    events.ApplicationWithdrawn.name: _of("plain", "x", gettext_lazy("Application withdrawn")),
    events.ConsentGiven.name: _of("ok", "check", gettext_lazy("Consent given to an application")),
    events.ConsentDenied.name: _of("err", "x", gettext_lazy("Consent not given to an application")),
    events.ConsentLapsed.name: _of(
        "info", "clock", gettext_lazy("A consent was not answered in time")
    ),
    events.ConsentClosed.name: _of("plain", "x", gettext_lazy("A consent is no longer needed")),
    events.ApplicationSeen.name: _seen,
    events.MessageSent.name: _wrote,
    events.CorrectionAsked.name: _of(
        "", "circle-help", gettext_lazy("The office asks you to correct something")
    ),
    events.OpinionAsked.name: _of(
        "info", "building-2", gettext_lazy("Another office was asked about your application")
    ),
    events.HolderNamed.name: lambda _data: Words(
        kind="info", icon="eye", title=_("Somebody who gives a mandate compared a name with yours")
    ),
    events.MandateGiven.name: lambda _data: Words(
        kind="info", icon="users", title=_("A mandate to file was given")
    ),
    events.MandateWithdrawn.name: lambda _data: Words(
        kind="plain", icon="x", title=_("A mandate to file has ended")
    ),
    events.ResultChecked.name: _of("info", "eye", gettext_lazy("A result was checked")),
    events.ResultRevoked.name: _of("err", "x", gettext_lazy("A result was revoked")),
    events.CorrectionAnswered.name: _of(
        "ok", "check", gettext_lazy("What the office asked for was sent")
    ),
    events.CorrectionLapsed.name: _of(
        "err", "clock", gettext_lazy("What the office asked for did not come in time")
    ),
    events.CorrectionClosed.name: _of(
        "plain", "x", gettext_lazy("What the office asked for is no longer needed")
    ),
}

LOOKS: Final = (events.ResultChecked.name, events.ApplicationSeen.name)
PURPOSES: Final = {
    "result_check": gettext_lazy("To check whether a result in somebody’s hands is genuine"),
    events.DECIDING: gettext_lazy("To decide an application"),
}
BASES: Final = {
    events.DECIDING: gettext_lazy("Decree 118/2025/ND-CP on administrative procedures"),
}


def register() -> None:
    """Add our words; called in ``apps.ready()``."""
    register_words(WORDS)
    register_looks(LOOKS)
    register_purposes(PURPOSES)
    register_bases(BASES)
