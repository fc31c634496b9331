"""Files that come with a page of a form: kept, or refused in words, before the page is read."""

from typing import Any

from procedures.rules.documents import Step
from procedures.services import attachments
from procedures.views.pages import FormsView


def take_files(
    view: FormsView, step: Step, citizen: Any
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The references of the files that were taken, and why others were not; by the keys of their fields."""
    taken: dict[str, list[str]] = {}
    refused: dict[str, str] = {}
    for each in step.fields:
        file = view.request.FILES.get(f"{each.key}-file") if each.kind == "file" else None
        if file is None:
            continue
        try:
            kept = attachments.add(session=view.here, citizen=citizen, file=file, now=view.now)
        except attachments.NotTaken as wrong:
            refused[each.key] = str(wrong.message)
        else:
            taken[each.key] = [kept.public_id]
    return taken, refused
