"""A page of one draft: opened anew at each request, with what stands beside every page of it."""

from typing import Any

from django.urls import reverse

from procedures.enums import Capacity
from procedures.rules.documents import Step
from procedures.rules.values import in_language
from procedures.selectors import checking
from procedures.services import desks, drafts
from procedures.views.pages import FormsView


class DraftView(FormsView):
    """A page of one draft."""

    def open(self, public_id: str) -> drafts.Form:
        """The draft as it is now.

        Raises:
            NoSuchDraft: it is not this person's, or is no more.
        """
        return drafts.open_form(session=self.here, public_id=public_id, now=self.now)

    def of(self, form: drafts.Form) -> dict[str, Any]:
        """What every page of a draft shows beside its own."""
        return {
            "form_of": form,
            "public_id": form.draft.public_id,
            "procedure": in_language(form.document.name),
            "on_behalf": ("" if form.draft.capacity == Capacity.SELF else form.citizen.full_name),
            "aside": checking.overview(
                form.document, form.facts, fee=form.fee, desk=desk_of(form), now=self.now
            ),
        }


def place_of(form: drafts.Form, step: Step | None) -> str:
    """The address of a page of a draft; without one, of the check."""
    if step is None:
        return reverse("procedures:check", args=[form.draft.public_id])
    return reverse("procedures:step", args=[form.draft.public_id, step.key])


def desk_of(form: drafts.Form) -> Any:
    """Who would decide; None as long as nobody can say."""
    try:
        return desks.find(form.document, form.facts)
    except desks.NoDesk:
        return None
