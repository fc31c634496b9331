"""The tables of documents, by what they are about."""

from documents.models.calendar import CalendarFeed
from documents.models.corrections import Correction
from documents.models.papers import Document, Recheck, Search, SearchAnswer, Verification
from documents.models.registries import DefinedKind, Registry, RegistryEvent
from documents.models.roadside import RoadsideLook
from documents.models.showing import (
    HolderReport,
    Presentation,
    PrintedCard,
    Share,
    ShareView,
    SignedCopy,
)

__all__ = [
    "CalendarFeed",
    "Correction",
    "DefinedKind",
    "Document",
    "HolderReport",
    "Presentation",
    "PrintedCard",
    "Recheck",
    "Registry",
    "RegistryEvent",
    "RoadsideLook",
    "Search",
    "SearchAnswer",
    "Share",
    "ShareView",
    "SignedCopy",
    "Verification",
]
