"""What decisions change, carried out by jobs: each once, or a person looks at why not."""

from datetime import datetime

from procedures.models import Application, EffectDone
from procedures.rules.documents import Document
from procedures.selectors import filed


def begin(row: Application, *, document: Document, now: datetime) -> None:
    """Write down what a decision changes, in the caller's transaction."""
    facts = filed.read(row).facts
    for number, effect in enumerate(document.effects):
        if effect.when.holds(facts):
            EffectDone.objects.create(application=row, number=number, do=effect.do)
