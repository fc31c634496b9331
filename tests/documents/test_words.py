"""Every event of papers that people see has words, and says which paper and what was seen of it."""

from typing import Any

import pytest
from django.conf import settings
from django.utils import translation

from documents import events, words
from documents.enums import RoadsidePurpose
from eid_portal.core import home
from eid_portal.core.events import Event
from tests.architecture.test_documents import every_event

SHOWN = sorted(
    (event for event in every_event() if event.__module__ == events.__name__ and event.shown),
    key=lambda event: event.name,
)
DATA: dict[str, Any] = {
    "kind": "ID_CARD", "level": "BASIC", "fields": ["photo", "name"], "reason": "STOP",
    "reference": "KT-261126-4M7T", "corrected": True,
}  # fmt: skip


@pytest.mark.parametrize("event", SHOWN, ids=[event.name for event in SHOWN])
def test_an_event_that_is_shown_has_words(event: type[Event]) -> None:
    with translation.override("en"):
        said = home.describe(event.name, DATA)

        assert said is not None
        assert said.title
        if "kind" in event.__dataclass_fields__:
            assert "ID card" in said.title


@pytest.mark.django_db
def test_the_picture_of_every_event_exists() -> None:
    symbols = (settings.ROOT / "static/eid/icons.svg").read_text(encoding="utf-8")
    described = {event.name: home.describe(event.name, DATA) for event in every_event()}
    icons = {name: said.icon for name, said in described.items() if said is not None}
    assert len(icons) > 100
    assert {name: each for name, each in icons.items() if f'id="{each}"' not in symbols} == {}


def test_words_are_for_events_that_there_are() -> None:
    assert len(SHOWN) > 15
    assert set(words.WORDS) == {event.name for event in SHOWN}


def test_a_look_says_what_was_seen_and_why() -> None:
    with translation.override("en"):
        shown = home.describe(events.PaperShown.name, DATA)
        stopped = home.describe(events.RoadsideLooked.name, DATA)

        assert shown is not None
        assert shown.seen == "Photo, full name"
        assert stopped is not None
        assert stopped.title.endswith("ID card (Traffic stop, KT-261126-4M7T)")
        assert home.basis(RoadsidePurpose.STOP.value)
    assert set(words.LOOKS) <= home.looks()


@pytest.mark.django_db
def test_a_kind_that_is_no_more_and_a_field_without_words_break_nothing() -> None:
    data = {"kind": "GONE", "level": "FULL", "fields": ["name", "class_B", "class_A1", "mystery"]}
    with translation.override("en"):
        said = home.describe(events.PaperShown.name, data)
    assert said is not None
    assert said.title.endswith(": Paper")
    assert said.seen == "Full name, classes and how long each is valid, other parts of the paper"
