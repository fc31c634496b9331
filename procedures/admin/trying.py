"""A revision tried as a citizen: its pages as citizens see them, by somebody made up; nothing is kept."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from eid_portal.core import clock
from procedures.admin.writing import WritingMixin
from procedures.models import Revision
from procedures.rules.documents import Step
from procedures.rules.pages import Page
from procedures.rules.values import in_language
from procedures.selectors import checking, forms
from procedures.selectors.told import Held
from procedures.services import authoring, trying
from procedures.services.trying import Trial

CHECK = "check"


class TryingMixin(WritingMixin):
    """An admin of revisions with the pages of a trial."""

    def trying_urls(self) -> list[Any]:
        """One address for all pages: what was answered is in the page."""
        view = self.admin_site.admin_view(self.try_out)
        return [path("<uuid:pk>/try/", view, name="procedures_revision_try")]

    def try_out(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The first page; by POST the next one, or the same with what is wrong."""
        row, now = self.revision(request, pk), clock.now()
        back = reverse("admin:procedures_revision_change", args=[row.pk])
        try:
            trial = (
                trying.resume(request.POST.get("form-kept", ""), row, now=now)
                if request.method == "POST"
                else trying.begin(row, now=now)
            )
        except authoring.Faulty as refused:
            self.message_user(request, str(refused.message), "WARNING")
            return HttpResponseRedirect(back)
        except trying.NoSuchTrial:
            said = _("The document was changed, or you waited long. Begin anew.")
            self.message_user(request, said, "WARNING")
            return HttpResponseRedirect(request.path)
        if request.method != "POST":
            return self._page(request, trial, trial.steps[0] if trial.steps else None)
        if "form-go" in request.POST:
            return self._page(request, trial, _find(trial, request.POST["form-go"]))
        return self._sent(request, row, trial)

    def _sent(self, request: HttpRequest, row: Revision, trial: Trial) -> HttpResponse:
        at = _find(trial, request.POST.get("form-at", ""))
        if at is None:
            return self._check(request, trial)
        posted: dict[str, Sequence[str]] = dict(request.POST.lists())
        if gone := request.POST.get("form-remove"):
            posted = {
                name: each for name, each in posted.items() if not name.startswith(f"{gone}-")
            }
        page = trial.read(at, posted)
        if more := request.POST.get("form-add") or gone:
            rows = {more: 1} if "form-add" in request.POST else {}
            return self._drawn(request, trial, at, page, rows_more=rows)
        trial = trying.onto(trial, at, page, now=clock.now())
        if page.problems:
            return self._drawn(request, trial, at, page, with_errors=True)
        keys = [each.key for each in trial.steps]
        following = keys.index(at.key) + 1 if at.key in keys else 0
        return self._page(request, trial, trial.steps[following] if following < len(keys) else None)

    def _page(self, request: HttpRequest, trial: Trial, at: Step | None) -> HttpResponse:
        """A page as it was left, with what is offered; without one the check."""
        if at is None:
            return self._check(request, trial)
        given = dict(trial.given)
        if at.key not in trial.done:
            given = forms.offered(at, trial.facts, provinces=trial.provinces) | given
        return self._drawn(request, trial, at, trial.read(at, forms.typed_of(at.fields, given)))

    def _drawn(
        self, request: HttpRequest, trial: Trial, at: Step, page: Page, **how: Any
    ) -> HttpResponse:
        drawn = forms.draw(
            at, page, trial.facts, provinces=trial.provinces, holdings=_holdings(trial), **how
        )
        keys = [each.key for each in trial.steps]
        return self._render(
            request,
            "try_step",
            trial,
            page=drawn,
            step=at,
            at=keys.index(at.key) + 1 if at.key in keys else 1,
            total=len(keys) + 1,
        )

    def _check(self, request: HttpRequest, trial: Trial) -> HttpResponse:
        checked = checking.check(
            trial.document, trial.given, trial.settled, done=trial.done, holdings=_holdings(trial)
        )
        return self._render(
            request,
            "try_check",
            trial,
            page=checked,
            sha256=trial.hash(clock.now()),
            at=len(trial.steps) + 1,
        )

    def _render(
        self, request: HttpRequest, name: str, trial: Trial, **context: Any
    ) -> HttpResponse:
        desk = trial.desk if trial.settled.is_complete else None
        return render(
            request,
            f"procedures/{name}.html",
            context
            | {
                "kept": trial.keep(),
                "plain": True,
                "procedure": in_language(trial.document.name),
                "revision": trial.revision,
                "begin": request.path,
                "back": reverse("admin:procedures_revision_change", args=[trial.revision.pk]),
                "aside": checking.overview(
                    trial.document, trial.facts, fee=trial.fee, desk=desk, now=clock.now()
                ),
            },
        )


def _find(trial: Trial, key: str) -> Step | None:
    return next((each for each in trial.steps if each.key == key), None)


def _holdings(trial: Trial) -> dict[str, list[Held]]:
    return {key: [Held(trying.FILE, _("A made-up file"))] for key in trial.held}
