"""The pages on which a draft is written: forms for its usual parts, its texts and fields, and the whole as JSON."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from accounts.admin.officers import ActingMixin
from procedures.enums import RevisionState
from procedures.forms.authoring import (
    PARTS,
    DocumentForm,
    FieldForm,
    PartForm,
    ShelfForm,
    TextsForm,
    places,
)
from procedures.models import Revision
from procedures.rules import editing
from procedures.rules.documents import Located
from procedures.rules.editing import NotThere
from procedures.services import authoring

LONGEST_LINE = 160


class WritingMixin(ActingMixin):
    """An admin of revisions with the pages of their forms."""

    get_object: Any

    def writing_urls(self) -> list[Any]:
        """The pages of a draft's forms."""
        view = self.admin_site.admin_view
        at = "procedures_revision"
        return [
            path("<uuid:pk>/part/<slug:name>/", view(self.part), name=f"{at}_part"),
            path("<uuid:pk>/texts/", view(self.texts), name=f"{at}_texts"),
            path("<uuid:pk>/fields/", view(self.arrange), name=f"{at}_fields"),
            path("<uuid:pk>/fields/add/", view(self.add_field), name=f"{at}_field_add"),
            path("<uuid:pk>/fields/library/", view(self.library), name=f"{at}_library"),
            path("<uuid:pk>/field/<slug:name>/", view(self.field), name=f"{at}_field"),
            path("<uuid:pk>/document/", view(self.document), name=f"{at}_document"),
        ]

    # --- one of them
    def part(self, request: HttpRequest, pk: Any, name: str) -> HttpResponse:
        """Name, fee or time limit.

        Raises:
            Http404: there is no such draft or part.
        """
        if name not in PARTS:
            raise Http404
        form_class = PARTS[name]
        row, data = self.draft(request, pk)
        form = form_class(request.POST or None, initial=form_class.drawn_of(data, was=row.digest))
        return self.written(request, row, form, data, title=form_class.title)

    def texts(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """All texts, their languages side by side."""
        row, data = self.draft(request, pk)
        initial = TextsForm.drawn_of(data, was=row.digest)
        form = TextsForm(request.POST or None, data_of=data, initial=initial)
        return self.written(request, row, form, data, title=TextsForm.title, template="texts")

    def add_field(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """A new field at the end of a page."""
        row, data = self.draft(request, pk)
        form = FieldForm(request.POST or None, data_of=data, key="", initial={"was": row.digest})
        title = _("Add a field")
        return self.written(request, row, form, data, title=title, ends="fields")

    def field(self, request: HttpRequest, pk: Any, name: str) -> HttpResponse:
        """A field that is there.

        Raises:
            Http404: there is none of this key.
        """
        row, data = self.draft(request, pk)
        try:
            initial = FieldForm.of_field(data, name, was=row.digest)
        except NotThere:
            raise Http404 from None
        form = FieldForm(request.POST or None, data_of=data, key=name, initial=initial)
        title = _("Field “%(key)s”") % {"key": name}
        return self.written(request, row, form, data, title=title, ends="fields")

    def library(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Fields that many procedures ask."""
        row, data = self.draft(request, pk)
        form = ShelfForm(request.POST or None, data_of=data, initial={"was": row.digest})
        return self.written(request, row, form, data, title=ShelfForm.title, ends="fields")

    def arrange(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The fields of every page: up, down, removed, by a button each."""
        row, data = self.draft(request, pk)
        if request.method == "POST":
            action, _colon, key = request.POST.get("do", "").partition(":")
            changes: dict[str, Callable[[], dict[str, Any]]] = {
                "up": lambda: editing.moved(data, key, -1),
                "down": lambda: editing.moved(data, key, 1),
                "remove": lambda: editing.without(data, key),
            }
            with suppress(NotThere, KeyError):  # pressed twice, or in another tab
                self.keep(request, row, changes[action](), was=request.POST.get("was", ""))
            return HttpResponseRedirect(request.path)
        return self.revision_page(request, row, "fields", title=_("Fields"), steps=data["steps"])

    def document(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The whole as JSON; of what is published to be read."""
        row = self.revision(request, pk)
        initial = {"text": row.text, "was": row.digest}
        form = DocumentForm(request.POST or None, initial=initial)
        is_draft = row.state == RevisionState.DRAFTED
        if request.method == "POST" and form.is_valid():
            text, was = form.cleaned_data["text"], form.cleaned_data["was"]
            try:
                row = authoring.save(row, text, was=was, **self.acting(request))
            except authoring.AuthoringRefused as refused:
                form.add_error(None, str(refused.message))
            else:
                self.tell_kept(request, row)
                return HttpResponseRedirect(request.path)
        text = str(form["text"].value() or "")
        faults = authoring.faults_of(row) if text.strip() == row.text.strip() else []
        return self.revision_page(
            request,
            row,
            "document",
            title=_("The whole document"),
            form=form,
            faults=located(text, faults),
            submit=_("Keep it") if is_draft else "",
        )

    # --- what they share
    def revision(self, request: HttpRequest, pk: Any) -> Revision:
        """The revision of a page.

        Raises:
            Http404: there is none.
        """
        row: Revision | None = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row

    def draft(self, request: HttpRequest, pk: Any) -> tuple[Revision, dict[str, Any]]:
        """The draft of a page whose forms can be drawn, and its data.

        Raises:
            Http404: there is none; one that cannot be drawn has its document alone.
        """
        row = self.revision(request, pk)
        try:
            data = authoring.data_of(row)
        except authoring.Faulty:
            raise Http404 from None
        if row.state != RevisionState.DRAFTED:
            raise Http404
        return row, data

    def written(
        self,
        request: HttpRequest,
        row: Revision,
        form: PartForm,
        data: dict[str, Any],
        *,
        title: Any,
        template: str = "part",
        ends: str = "change",
    ) -> HttpResponse:
        """A form's page, and what was typed kept."""
        back = reverse(f"admin:procedures_revision_{ends}", args=[row.pk])
        if request.method == "POST" and form.is_valid():
            try:
                row = authoring.save_data(
                    row, form.onto(data), was=form.cleaned_data["was"], **self.acting(request)
                )
            except authoring.OutOfShape as refused:
                form.add_error(None, f"{refused.message}: {places(refused.faults)}")
            except authoring.AuthoringRefused as refused:
                form.add_error(None, str(refused.message))
            except NotThere:
                form.add_error(None, str(authoring.ChangedMeanwhile.message))
            else:
                self.tell_kept(request, row)
                return HttpResponseRedirect(back)
        return self.revision_page(
            request, row, template, title=title, form=form, back=back, submit=_("Keep it")
        )

    def keep(self, request: HttpRequest, row: Revision, data: dict[str, Any], *, was: str) -> None:
        """Keep what a button made of a document, or say why not."""
        try:
            row = authoring.save_data(row, data, was=was, **self.acting(request))
        except authoring.OutOfShape as refused:
            self.message_user(request, f"{refused.message}: {places(refused.faults)}", "WARNING")
        except authoring.ChangedMeanwhile:
            words = _(
                "Somebody else changed this draft in the meantime. This is how it stands now."
            )
            self.message_user(request, words, "WARNING")
        except authoring.AuthoringRefused as refused:
            self.message_user(request, str(refused.message), "WARNING")
        else:
            self.tell_kept(request, row)

    def tell_kept(self, request: HttpRequest, row: Revision) -> None:
        """Say that it is kept, and whether it can be published."""
        if authoring.faults_of(row):
            words = _("Kept. It has faults, and cannot be published before they are mended.")
            self.message_user(request, words, "WARNING")
        else:
            self.message_user(request, _("Kept."), "SUCCESS")

    def revision_page(
        self, request: HttpRequest, row: Revision, template: str, **context: Any
    ) -> HttpResponse:
        """A page about one revision."""
        context.setdefault("back", reverse("admin:procedures_revision_change", args=[row.pk]))
        context.setdefault("was", row.digest)
        return self.page(
            request,
            f"procedures/revision/{template}",
            row=row,
            subtitle=f"{row.procedure.code} {row.number}",
            is_draft=row.state == RevisionState.DRAFTED,
            **context,
        )


def located(text: str, faults: Sequence[Located]) -> list[tuple[int, str, Any, str]]:
    """Faults with what stands on their lines."""
    lines = text.splitlines()
    return [
        (
            each.line,
            each.place,
            each.words,
            lines[each.line - 1].strip()[:LONGEST_LINE] if each.line <= len(lines) else "",
        )
        for each in faults
    ]
