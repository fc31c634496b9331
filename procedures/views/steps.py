"""One page of a form: filled in, kept while it is typed, and sent."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from procedures.rules.documents import Field, Step
from procedures.rules.pages import Page, Posted
from procedures.rules.values import in_language
from procedures.selectors import drafts as lists
from procedures.selectors import forms, told
from procedures.services import drafts
from procedures.views.draft import DraftView, place_of
from procedures.views.uploads import take_files

# Names of what a page sends beside its fields: a field's key has no hyphen.
ADD: Final = "form-add"
REMOVE: Final = "form-remove"
LATER: Final = "form-later"
VERSION: Final = "form-version"
ASKED: Final = "form-asked"
CHECK: Final = "check"
_LONGEST_VERSION: Final = 9  # digits


class StepView(DraftView):
    """One page of the form."""

    not_taken: Mapping[
        str, str
    ] = {}  # files that were refused, by the key of their field, in words

    def get(self, request: HttpRequest, public_id: str, step: str) -> HttpResponseBase:
        """The page as it was left; a suggestion or a default stands in what was never sent."""
        form = self.open(public_id)
        at = form.find_step(step)
        if at is None:
            return SeeOther(reverse("procedures:draft", args=[public_id]))
        values = dict(form.answers)
        if step not in form.draft.done:
            values = forms.offered(at, form.facts, provinces=form.provinces) | values
        page = form.read(at, forms.typed_of(at.fields, values))
        return self.page(form, at, page, with_errors=False)

    def post(self, request: HttpRequest, public_id: str, step: str) -> HttpResponseBase:
        """Keep it, and on to the next page; or the same page with what is wrong, as it was typed."""
        form = self.open(public_id)
        at = form.find_step(step)
        if at is None:
            messages.warning(
                request, _("This page is not asked any more. Your other answers are kept.")
            )
            return SeeOther(reverse("procedures:draft", args=[public_id]))
        posted: Posted = dict(request.POST.lists())
        if request.POST.get(REMOVE):
            posted = _without_row(posted, request.POST[REMOVE])
        sent, self.not_taken = take_files(self, at, form.citizen)
        if sent:
            posted = {**posted, **sent}
            form = self.open(public_id)
        page = form.read(at, posted)
        if request.POST.get(ADD) or request.POST.get(REMOVE):
            return self.other_rows(form, at, page)
        later = LATER in request.POST
        if later and (self.not_taken or not _all_read(page)):
            return self.page(form, at, page, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            form = drafts.keep(
                form,
                page,
                session=self.here,
                step=at,
                version=_version(request),
                is_sent=not later and not self.not_taken,
                now=self.now,
            )
        except drafts.SavedElsewhere as other:
            return self.page(
                other.form,
                at,
                other.form.read(at, posted),
                HTTPStatus.CONFLICT,
                with_errors=False,
                elsewhere=other.form.answers,
                message=other.message,
            )
        except drafts.NotInForce as refused:
            return self.page(form, at, page, HTTPStatus.CONFLICT, message=refused.message)
        if later:
            messages.success(request, _("Your draft is saved. Go on with it when you like."))
            return SeeOther(reverse("procedures:drafts"))
        if page.problems or self.not_taken:
            return self.page(form, at, page, HTTPStatus.UNPROCESSABLE_ENTITY)
        return SeeOther(self.after(form, at))

    def after(self, form: drafts.Form, at: Step) -> str:
        """Where it goes on: the next page, or the check for who came from there and has all others done."""
        done = set(form.draft.done)
        if self.request.GET.get("back") == CHECK and all(each.key in done for each in form.steps):
            return place_of(form, None)
        keys = [each.key for each in form.steps]
        following = keys.index(at.key) + 1 if at.key in keys else 0
        return place_of(form, form.steps[following] if following < len(keys) else None)

    def other_rows(self, form: drafts.Form, at: Step, page: Page) -> HttpResponse:
        """The page with another row, or without one; it is kept when it is sent."""
        more = self.request.POST.get(ADD, "")
        known = {each.key for each in at.fields if each.kind == "rows"}
        return self.page(
            form,
            at,
            page,
            with_errors=False,
            rows_more={more: 1} if more in known else {},
            version=_version(self.request),
        )

    def page(
        self,
        form: drafts.Form,
        at: Step,
        page: Page,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        with_errors: bool = True,
        rows_more: Mapping[str, int] | None = None,
        elsewhere: Mapping[str, Any] | None = None,
        message: Any = "",
        version: int | None = None,
    ) -> HttpResponse:
        """The page, perhaps with what is wrong; a question that an answer brought up is no mistake yet."""
        drawn = self.drawn(
            form, at, page, with_errors=with_errors, rows_more=rows_more, elsewhere=elsewhere
        )
        asked = set(self.request.POST.get(ASKED, "").split())
        new = bool(asked) and with_errors and not self.not_taken and _only_new(at, page, asked)
        again = _again(form, at)
        if new:
            drawn = self.drawn(form, at, page, with_errors=False)
            if not again:
                message = message or _(
                    "Your answer brings up another question. It is on this page."
                )
            status = HTTPStatus.OK
        keys = [each.key for each in form.steps]
        place = keys.index(at.key) if at.key in keys else 0
        back = self.request.GET.get("back") == CHECK
        return self.draw(
            "step",
            status,
            page=drawn,
            step=at,
            at=place + 1,
            total=len(keys) + 1,
            before=place_of(form, None if back else form.steps[place - 1]) if back or place else "",
            again=again,
            message=message,
            saved_at=form.draft.saved_at,
            version=form.draft.version if version is None else version,
            autosave=reverse("procedures:autosave", args=[form.draft.public_id, at.key]),
            **self.of(form),
        )

    def drawn(
        self,
        form: drafts.Form,
        at: Step,
        page: Page,
        *,
        with_errors: bool,
        rows_more: Mapping[str, int] | None = None,
        elsewhere: Mapping[str, Any] | None = None,
    ) -> forms.Form:
        """The page ready to be drawn."""
        return forms.draw(
            at,
            page,
            form.facts,
            provinces=form.provinces,
            holdings=told.name_held(
                form.document,
                form.held,
                citizen_id=form.citizen.pk,
                chosen={each for typed in page.typed.values() for each in typed},
                now=self.now,
            ),
            with_errors=with_errors,
            rows_more=rows_more,
            elsewhere=elsewhere,
            not_taken=self.not_taken if with_errors else {},
        )


class Autosave(StepView):
    """What a page holds so far, sent by its script in the background."""

    def get(self, request: HttpRequest, public_id: str, step: str) -> HttpResponseBase:
        """Who signed in again comes back to the page itself."""
        return SeeOther(reverse("procedures:step", args=[public_id, step]))

    def post(self, request: HttpRequest, public_id: str, step: str) -> HttpResponseBase:
        """Keep what can be read; the answer has the fields as they are asked now."""
        form = self.open(public_id)
        at = form.find_step(step)
        if at is None:
            return JsonResponse(
                {"said": _("This page is not asked any more.")}, status=HTTPStatus.CONFLICT
            )
        page = form.read(at, dict(request.POST.lists()))
        try:
            form = drafts.keep(
                form, page, session=self.here, step=at, version=_version(request), is_sent=False, now=self.now
            )  # fmt: skip
        except drafts.FilingRefused as refused:
            return JsonResponse({"said": str(refused.message)}, status=HTTPStatus.CONFLICT)
        drawn = self.drawn(form, at, page, with_errors=False)
        return JsonResponse(
            {
                "said": lists.saved(form.draft.saved_at),
                "version": form.draft.version,
                "html": render_to_string("procedures/_blocks.html", {"page": drawn}, request),
            }
        )


# --- Within -------------------------------------------------------------------------------------------
def _version(request: HttpRequest) -> int:
    """Of the draft when the page was drawn; 0 if it does not say."""
    said = request.POST.get(VERSION, "")
    fits = said.isascii() and said.isdigit() and len(said) <= _LONGEST_VERSION
    return int(said) if fits else 0


def _all_read(page: Page) -> bool:
    """Whether nothing that was typed would be lost: what is wrong is missing only."""
    return not any(
        any(text.strip() for text in typed)
        for at in page.errors
        for name, typed in page.typed.items()
        if (name == at or name.startswith(f"{at}_") or at.startswith(f"{name}_"))
        and at.partition("-")[0] not in page.answers
    )


def _only_new(at: Step, page: Page, asked: set[str]) -> bool:
    """Whether all that is wrong is that fields were not answered that the page had not drawn.

    What the portal says itself is never drawn as a question: what is missing there is not new.
    """
    may_come_up = {each.key for each in at.fields if each.is_asked} - asked
    names = {each.at for each in page.problems}
    return bool(names) and all(
        {name, name.partition("-")[0], name.rpartition("_")[0]} & may_come_up
        and not {name.partition("-")[0], name.rpartition("_")[0]} & asked
        for name in names
    )


def _without_row(posted: Mapping[str, Sequence[str]], named: str) -> dict[str, Sequence[str]]:
    return {name: each for name, each in posted.items() if not name.startswith(f"{named}-")}


def _again(form: drafts.Form, at: Step) -> list[str]:
    """The labels of the fields of a page that a new revision wants looked at again."""
    keys = {each.partition("-")[0] for each in form.again}
    found: list[Field] = [each for each in at.fields if each.key in keys]
    return [in_language(each.label) for each in found]
