"""Requests about data: an administrator reads, answers, carries out, extends or refuses; the person reads each step."""

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import KeyedAdmin
from accounts.enums import DataRequestKind, DataRequestState, DataSubject
from accounts.models import DataRequest
from accounts.services import data_requests, looking
from eid_portal.core import clock
from eid_portal.core.text import TextField


class WordsForm(forms.Form):
    """What the person reads."""

    words = TextField(
        lines=True,
        min_length=10,
        max_length=2000,
        label=gettext_lazy("What you write to the person"),
        help_text=gettext_lazy("They read it at once, in their messages and with the request."),
        widget=forms.Textarea({"rows": 6, "autofocus": True}),
    )


_Step = Callable[..., None]
STEPS: Final[dict[str, tuple[Any, _Step, str]]] = {
    "answer": (gettext_lazy("Answer"), data_requests.answer, "words"),
    "done": (gettext_lazy("Carried out"), data_requests.finish, "words"),
    "extend": (gettext_lazy("Extend once"), data_requests.extend, "reason"),
    "refuse": (gettext_lazy("Refuse"), data_requests.refuse, "reason"),
}


@admin.register(DataRequest)
class DataRequestAdmin(ActingMixin, KeyedAdmin):
    """The list says what is due, without a word of what people wrote; opening a request is a look they see."""

    list_display = ("number", "what", "standing", "answer_due", "done_due", "late")
    list_filter = ("kind",)
    fields = (
        "number",
        "what",
        "about",
        "standing",
        "made_at",
        "answer_due",
        "done_due",
        "to_do",
        "asked",
        "told",
        "longer",
    )
    readonly_fields = fields
    change_form_template = "admin/accounts/datarequest/change_form.html"

    @admin.display(description=gettext_lazy("what to do"))
    def to_do(self, row: DataRequest) -> str:
        """Where the original stands, the portal passes nothing on by itself."""
        if row.subject in data_requests.KEPT_ELSEWHERE:
            return _(
                "The original stands in the population register. Write to the police who keep it; nothing"
                " goes there by itself. Tell the person what they say, within the days above."
            )
        if row.subject == DataSubject.SHARING:
            return _("Write to those who got the data; nothing goes there by itself.")
        return _("The portal holds it: see to it here.")

    @admin.display(description=gettext_lazy("reference"))
    def number(self, row: DataRequest) -> str:
        """Such as ``YS-261126-2K8P``: what the person names."""
        return row.reference

    @admin.display(description=gettext_lazy("kind"))
    def what(self, row: DataRequest) -> str:
        """Correct, restrict, object or delete."""
        return str(DataRequestKind(row.kind).label)

    @admin.display(description=gettext_lazy("about"))
    def about(self, row: DataRequest) -> str:
        """Which data."""
        return str(DataSubject(row.subject).label)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: DataRequest) -> str:
        """In words."""
        return str(DataRequestState(row.state).label)

    @admin.display(description=gettext_lazy("answer by"))
    def answer_due(self, row: DataRequest) -> Any:
        """The legal day."""
        return row.answer_by

    @admin.display(description=gettext_lazy("done by"))
    def done_due(self, row: DataRequest) -> Any:
        """The legal day, extended or not."""
        return row.done_by

    @admin.display(description=gettext_lazy("late"), boolean=True)
    def late(self, row: DataRequest) -> bool:
        """Whether a clock has run out."""
        now = clock.now()
        if row.state == DataRequestState.RECEIVED:
            return row.answer_by < now
        return row.state == DataRequestState.ANSWERED and row.done_by < now

    @admin.display(description=gettext_lazy("what the person wrote"))
    def asked(self, row: DataRequest) -> str:
        """In clear: the look was recorded."""
        return str(row.question)

    @admin.display(description=gettext_lazy("what was answered"))
    def told(self, row: DataRequest) -> str:
        """In clear, too."""
        return row.answer or "–"

    @admin.display(description=gettext_lazy("why it takes longer"))
    def longer(self, row: DataRequest) -> str:
        """If it was extended."""
        return row.extension_reason or "–"

    def get_urls(self) -> list[Any]:
        """A page a step."""
        view = self.admin_site.admin_view(self.take_step)
        step = path("<uuid:pk>/step/<slug:name>/", view, name="accounts_datarequest_step")
        return [step, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:  # fmt: skip
        """Before anything is shown, the look is recorded."""
        row = self.get_object(request, object_id)
        if row is not None:
            looking.see_request(request=row, **self.acting(request))
        return super().change_view(request, object_id, *args, **kwargs)

    def take_step(self, request: HttpRequest, pk: Any, name: str) -> HttpResponse:
        """Write to the person, and move the request.

        Raises:
            Http404: there is no such request or step.
        """
        row = self.get_object(request, str(pk))
        if row is None or name not in STEPS:
            raise Http404
        title, step, argument = STEPS[name]
        back = reverse("admin:accounts_datarequest_change", args=[pk])
        form = WordsForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            words = {argument: form.cleaned_data["words"]}
            try:
                step(request=row, **words, **self.acting(request))
            except data_requests.RequestRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, _("Done, and told to the person."), "SUCCESS")
            return HttpResponseRedirect(back)
        return self.page(
            request,
            "plain_form",
            title=title,
            subtitle=row.reference,
            form=form,
            back=back,
            submit=title,
        )
