"""The desk: an office's day, its queue, several files at once, and colleagues who are away."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts import policy as accounts_policy
from accounts.selectors import counter
from accounts.views.access import CaseOfficerView, SeeOther
from procedures import policy
from procedures.enums import Tab
from procedures.forms.desk import BulkAction, ColleagueForm, PreparedForm
from procedures.selectors import desk as pages
from procedures.selectors.desk import Filters
from procedures.services import claiming, filters
from procedures.services import messages as letters
from procedures.services.claiming import DeskRefused, Done

UNPROCESSABLE = 422
CONFLICT = 409


def _queue(narrowed: Filters) -> str:
    """The address of the queue so narrowed."""
    place = reverse("procedures:desk_queue")
    return f"{place}?{narrowed.query}" if narrowed.query else place


class DeskView(CaseOfficerView):
    """What every page of the desk shows."""

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """A page in the officers' look."""
        office = self.post_at.office
        context |= {
            "officer": True,
            "brand": _("Files"),
            "brand_sub": office.name if get_language() == "vi" else office.name_en,
            "display_name": counter.officer_name(self.here.account),
            "at_counter": self.at_counter,
            "supervises": counter.supervises(self.post_at.roles),
            "on_the_road": self.on_the_road,
            "on_cases": True,
            "leads": self.leads,
            "idle_seconds": int(accounts_policy.OFFICER_IDLE.total_seconds()),
        }
        return render(self.request, f"procedures/desk/{template}.html", context, status=status)

    def colleague_choices(self) -> list[tuple[str, str]]:
        """Who works here, by the public id of their account."""
        return [
            (one.public_id, one.citizen.full_name)
            for one in pages.colleagues(self.post_at.office.pk)
        ]


class Today(DeskView):
    """The office's clock: what is late, due and waiting."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The page."""
        found = pages.today(self.here.account, office_id=self.post_at.office.pk, now=self.now)
        return self.page("today", today=found)


class TakeNext(DeskView):
    """The most urgent file that nobody has."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The button's address shows the day."""
        return SeeOther(reverse("procedures:desk"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Take it, and open it."""
        row = claiming.take_most_urgent(
            office_id=self.post_at.office.pk, actor=self.actor, now=self.now
        )
        if row is None:
            messages.success(request, _("Nothing waits to be taken."))
            return SeeOther(reverse("procedures:desk"))
        return SeeOther(reverse("procedures:desk_case", args=[row.public_id]))


class Queue(DeskView):
    """The files of the office, by urgency, narrowed."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """A page of them."""
        chosen = Filters.of(request.GET)
        found = pages.queue(
            self.here.account,
            office_id=self.post_at.office.pk,
            filters=chosen,
            after=request.GET.get("after", "")[:40],
            now=self.now,
        )
        return self.page(
            "queue",
            queue=found,
            tabs=Tab,
            used_words=pages.used_words(),
            actions=BulkAction.choices,
        )


class Several(DeskView):
    """One act on several files: chosen in the queue, confirmed here where it needs more, then reported on."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Nothing was chosen."""
        return SeeOther(reverse("procedures:desk_queue"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Act, or ask what the act needs."""
        chosen = request.POST.getlist("file")[: policy.BULK_MOST]
        action = request.POST.get("action", "")
        office_id = self.post_at.office.pk
        rows = pages.find_many(self.here.account, chosen, office_id=office_id)
        if not rows or action not in BulkAction.values:
            messages.warning(request, _("Choose at least one file, and what to do with it."))
            return self._to_queue()
        act = {
            BulkAction.MINE: self._take,
            BulkAction.RELEASE: self._release,
            BulkAction.GIVE: self._give,
            BulkAction.MESSAGE: self._message,
        }[BulkAction(action)]
        return act(rows)

    def _take(self, rows: list[Any]) -> HttpResponseBase:
        me = self.here.account
        return self._report(
            claiming.assign_many(applications=rows, to=me, actor=self.actor, now=self.now)
        )

    def _release(self, rows: list[Any]) -> HttpResponseBase:
        return self._report(
            claiming.give_back_many(applications=rows, actor=self.actor, now=self.now)
        )

    def _give(self, rows: list[Any]) -> HttpResponseBase:
        form = ColleagueForm(
            self.request.POST if "sure" in self.request.POST else None,
            colleagues=self.colleague_choices(),
        )
        to = None
        if form.is_valid():
            to = pages.find_colleague(
                form.cleaned_data["colleague"], office_id=self.post_at.office.pk
            )
        if to is None:
            return self._ask(BulkAction.GIVE, rows, form)
        return self._report(
            claiming.assign_many(applications=rows, to=to, actor=self.actor, now=self.now)
        )

    def _message(self, rows: list[Any]) -> HttpResponseBase:
        if len({row.procedure_id for row in rows}) > 1:
            messages.warning(
                self.request,
                _("Prepared words belong to one procedure: narrow the queue to it first."),
            )
            return self._to_queue()
        form = PreparedForm(
            self.request.POST if "sure" in self.request.POST else None,
            templates=letters.templates(rows[0]),
        )
        if not form.is_valid():
            return self._ask(BulkAction.MESSAGE, rows, form)
        return self._report(
            letters.send_many(
                applications=rows,
                template=form.cleaned_data["template"],
                actor=self.actor,
                now=self.now,
            )
        )

    def _to_queue(self) -> HttpResponseBase:
        """As it was narrowed."""
        return SeeOther(_queue(Filters.of(self.request.POST)))

    def _ask(self, action: BulkAction, rows: list[Any], form: Any) -> HttpResponse:
        status = UNPROCESSABLE if form.is_bound else 200
        narrowed = Filters.of(self.request.POST)
        return self.page(
            "several",
            status,
            action=action,
            rows=rows,
            form=form,
            filters=narrowed,
            queue_at=_queue(narrowed),
        )

    def _report(self, done: list[Done]) -> HttpResponse:
        return self.page("report", done=done, queue_at=_queue(Filters.of(self.request.POST)))


class KeepFilter(DeskView):
    """Keep how the queue is narrowed."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The button's address shows the queue."""
        return SeeOther(reverse("procedures:desk_queue"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Keep it, and show the queue so narrowed."""
        try:
            filters.keep(
                account=self.here.account,
                office_id=self.post_at.office.pk,
                given=request.POST.dict(),
                now=self.now,
            )
        except DeskRefused as refused:
            messages.warning(request, str(refused.message))
        return SeeOther(_queue(Filters.of(request.POST)))


class DropFilter(DeskView):
    """Keep it no longer."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button's address shows the queue."""
        return SeeOther(reverse("procedures:desk_queue"))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Drop one's own; the queue stays narrowed as it is."""
        filters.drop(account=self.here.account, public_id=public_id)
        return SeeOther(_queue(Filters.of(request.POST)))


class Colleagues(DeskView):
    """Who has how many files; the head gives on those of whoever is away."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The page."""
        found = pages.loads(self.here.account, office_id=self.post_at.office.pk, now=self.now)
        return self.page("colleagues", colleagues=found)


class Cover(DeskView):
    """Somebody is away: all their files go to a colleague."""

    colleague: Any

    def admit(self, session: Any) -> None:
        """Load whom it is about.

        Raises:
            Http404: nobody of this office.
        """
        super().admit(session)
        self.colleague = pages.find_holder(
            self.kwargs["public_id"], office_id=self.post_at.office.pk
        )
        if self.colleague is None or not self.leads:
            raise Http404

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """To whom?"""
        return self._show(ColleagueForm(colleagues=self._others()))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Give all of them on, and say what became of each."""
        form = ColleagueForm(request.POST, colleagues=self._others())
        if not form.is_valid():
            return self._show(form, UNPROCESSABLE)
        to = pages.find_colleague(form.cleaned_data["colleague"], office_id=self.post_at.office.pk)
        try:
            if to is None:
                raise claiming.NotAColleague
            done = claiming.cover(absent=self.colleague, to=to, actor=self.actor, now=self.now)
        except DeskRefused as refused:
            form.add_error("colleague", str(refused.message))
            return self._show(form, UNPROCESSABLE)
        count = sum(not each.refused for each in done)
        said = ngettext("%(count)s file was given on.", "%(count)s files were given on.", count)
        messages.success(request, said % {"count": count})
        return self.page("report", done=done, queue_at=_queue(Filters()))

    def _others(self) -> list[tuple[str, str]]:
        mine = self.colleague.public_id
        return [each for each in self.colleague_choices() if each[0] != mine]

    def _show(self, form: ColleagueForm, status: int = 200) -> HttpResponse:
        return self.page("cover", status, form=form, name=self.colleague.citizen.full_name)
