"""What an official asked for: the fields that may be answered again, and no others."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from procedures.enums import Capacity
from procedures.rules import pages
from procedures.rules.values import in_language
from procedures.selectors import forms, told
from procedures.services import corrections
from procedures.views.pages import FormsView
from procedures.views.uploads import take_files

ADD = "form-add"
REMOVE = "form-remove"


class Correction(FormsView):
    """One request, by its public id."""

    not_taken: Mapping[str, str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page; what is not asked any more leads to its application, what never was is not there."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except corrections.NoSuchRequest as none:
            over = corrections.find_over(session=self.here, public_id=str(kwargs["public_id"]))
            if over is None:
                raise Http404 from none
            messages.info(
                request,
                _(
                    "This request is answered, or needs no answer any more. Here is where it stands."
                ),
            )
            return SeeOther(reverse("procedures:application", args=[over.public_id]))

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The fields as they were answered."""
        found = corrections.page(session=self.here, public_id=public_id, now=self.now)
        return self.page(found, self.read(found, forms.typed_of(found.step.fields, found.answers)))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Send them, or say what is wrong with them; nothing typed is lost."""
        found = corrections.page(session=self.here, public_id=public_id, now=self.now)
        posted = dict(request.POST.lists())
        removed, more = request.POST.get(REMOVE, ""), request.POST.get(ADD, "")
        if removed:
            posted = {
                name: each for name, each in posted.items() if not name.startswith(f"{removed}-")
            }
        if removed or more:
            return self.page(found, self.read(found, posted), rows_more={more: 1})
        sent, refused = take_files(self, found.step, found.application.citizen)
        posted |= sent
        if refused:
            found = corrections.page(session=self.here, public_id=public_id, now=self.now)
            return self.page(
                found, self.read(found, posted), HTTPStatus.UNPROCESSABLE_ENTITY, not_taken=refused
            )
        done = corrections.answer(
            session=self.here, public_id=public_id, posted=posted, now=self.now
        )
        if not done.is_done:
            return self.page(done.correction, done.page, HTTPStatus.UNPROCESSABLE_ENTITY)
        messages.success(request, _("Sent. The office goes on with it."))
        return SeeOther(reverse("procedures:application", args=[found.application.public_id]))

    def read(self, found: corrections.Correction, posted: pages.Posted) -> pages.Page:
        """The page as it was typed, or answered before."""
        return pages.read_page(
            found.step,
            posted,
            found.facts,
            held=found.held,
            consents=found.consents,
            provinces=found.provinces,
        )

    def page(
        self,
        found: corrections.Correction,
        read: pages.Page,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        rows_more: Mapping[str, int] | None = None,
        not_taken: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """The page, perhaps with what is wrong."""
        row = found.application
        drawn = forms.draw(
            found.step,
            read,
            found.facts,
            provinces=found.provinces,
            holdings=told.name_held(
                found.document,
                found.held,
                citizen_id=row.citizen_id,
                chosen={each for typed in read.typed.values() for each in typed},
                now=self.now,
            ),
            with_errors=status != HTTPStatus.OK,
            rows_more=rows_more,
            not_taken=not_taken or {},
        )
        return self.draw(
            "correction",
            status,
            page=drawn,
            row=row,
            words=found.words,
            answer_by=found.request.answer_by,
            procedure=in_language(found.document.name),
            on_behalf="" if row.capacity == Capacity.SELF else row.citizen.full_name,
        )
