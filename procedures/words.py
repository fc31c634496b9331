"""The words for our events, as people read them on the first page and in the data log."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eid_portal.core.home import Describe, Kind, Words, register_words
from procedures import events
from procedures.enums import Outcome, PauseReason


def _of(kind: Kind, icon: str, title: Any) -> Describe:
    """Words that name the application."""

    def describe(data: Mapping[str, Any]) -> Words:
        return Words(kind=kind, icon=icon, title=f"{title}: {data['reference']}")

    return describe


def _decided(data: Mapping[str, Any]) -> Words:
    granted = data["outcome"] == Outcome.GRANTED
    title = gettext_lazy("Application granted") if granted else gettext_lazy("Application refused")
    return Words(
        kind="ok" if granted else "err",
        icon="check" if granted else "x",
        title=f"{title}: {data['reference']}",
    )


def _stopped(data: Mapping[str, Any]) -> Words:
    return Words(
        kind="info",
        icon="timer",
        title=f"{PauseReason(data['reason']).label}: {data['reference']}",
    )


WORDS: Final[Mapping[str, Describe]] = {
    events.FileSent.name: lambda _data: Words(
        kind="info", icon="file-text", title=_("A file was sent for an application")
    ),
    events.ApplicationFiled.name: _of("ok", "send", gettext_lazy("Application filed")),
    events.ApplicationReceived.name: _of("ok", "inbox", gettext_lazy("Application received")),
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
    events.CorrectionAnswered.name: _of(
        "ok", "check", gettext_lazy("You sent what the office asked for")
    ),
    events.CorrectionLapsed.name: _of(
        "err", "clock", gettext_lazy("What the office asked for did not come in time")
    ),
    events.CorrectionClosed.name: _of(
        "plain", "x", gettext_lazy("What the office asked for is no longer needed")
    ),
}


def register() -> None:
    """Add our words; called in ``apps.ready()``."""
    register_words(WORDS)
