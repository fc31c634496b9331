"""Warn before a paper ends: 90, 30 and 7 days ahead, once each.

No day a paper ends on stands in clear, so nothing is searched by it: each answer of a registry, at the latest the
nightly one, is the moment to see whether a warning is due.
"""

from datetime import date

from documents.enums import DocumentState
from documents.models import Document
from documents.rules import verifying as rules


def warning(
    document: Document, state: DocumentState, expires_on: date | None, today: date
) -> int | None:
    """How many days ahead its holder is to be warned now; None: not now."""
    if state != DocumentState.VERIFIED or expires_on is None:
        return None
    return rules.warning_due(expires_on, today, warned=still_warned(document, expires_on, today))


def still_warned(document: Document, expires_on: date | None, today: date) -> int | None:
    """The last warning that was given of this end; a renewed paper is warned of anew."""
    return rules.warned_still(expires_on, today, warned=document.warned_days)
