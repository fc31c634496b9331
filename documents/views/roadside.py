"""Traffic officers look at a driver's papers on the road: for a reason, and masked again after some minutes."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import policy
from accounts.enums import Action
from accounts.selectors import counter
from accounts.services import assurance
from accounts.views.access import RoadsideView, SeeOther
from documents.enums import RoadsidePurpose
from documents.forms.roadside import RoadsideForm
from documents.selectors import roadside as pages
from documents.services import roadside
from eid_portal.core import ids
from eid_portal.core.web import allow_inline_images


class RoadPage(RoadsideView):
    """What every page of a traffic officer shows."""

    def page(
        self, template: str, status: HTTPStatus = HTTPStatus.OK, **context: Any
    ) -> HttpResponse:
        """A page in the officers' look."""
        office = self.post_at.office
        context |= {
            "officer": True,
            "brand": office.name if get_language() == "vi" else office.name_en,
            "brand_sub": _("On the road"),
            "display_name": counter.officer_name(self.here.account),
            "at_counter": self.at_counter,
            "on_cases": self.on_cases,
            "supervises": counter.supervises(self.post_at.roles),
            "idle_seconds": int(policy.OFFICER_IDLE.total_seconds()),
        }
        return render(self.request, f"documents/roadside/{template}.html", context, status=status)


class Roadside(RoadPage):
    """Why, and whose; nothing is looked at without a reason."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The empty form."""
        return self.page("look", form=_form())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Look, and show the result by its own address."""
        assurance.require(self.here, Action.LOOK_UP, now=self.now)
        form = RoadsideForm(request.POST)
        if not form.is_valid():
            return self.page("look", HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
        try:
            made = roadside.look(
                session=self.here,
                typed=form.cleaned_data["typed"],
                reason=RoadsidePurpose(form.cleaned_data["reason"]),
                press=form.cleaned_data["press"],
                now=self.now,
            )
        except roadside.LookRefused as refused:
            field = None if refused.field == "__all__" else refused.field
            form.add_error(field, str(refused.message))
            return self.page("look", HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
        return SeeOther(reverse("documents:roadside_look", args=[made.public_id]))


class LookPage(RoadPage):
    """A page or action of the officer's own look; a stranger's and none at all are alike."""

    look: Any

    def admit(self, session: Any) -> None:
        """Load the look once it is known that the officer may work here.

        Raises:
            Http404: it is not theirs.
        """
        super().admit(session)
        self.look = pages.find_look(
            session.account,
            office_id=self.post_at.office.pk,
            public_id=self.kwargs["public_id"],
        )
        if self.look is None:
            raise Http404


class RoadsideLook(LookPage):
    """The paper, as far as driving needs it, while the look lasts."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        seen = pages.seen(self.look, now=self.now)
        if seen is None:
            return self.page("over", look=self.look)
        response = self.page(
            "result", seen=seen, look=self.look, form=_form(reason=self.look.reason)
        )
        # The page masks itself, also where no script runs.
        left = self.look.masked_at - self.now
        response["Refresh"] = str(int(left.total_seconds()) + 1)
        allow_inline_images(response)
        return response


class EndLook(LookPage):
    """The officer is done with this driver."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button's address shows the look."""
        return SeeOther(reverse("documents:roadside_look", args=[public_id]))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Mask, and on to the next driver."""
        roadside.mask(look=self.look, now=self.now)
        messages.success(request, _("Everything is masked again."))
        return SeeOther(reverse("documents:roadside"))


class ReportDriver(LookPage):
    """The driver is not the holder of the licence."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button's address shows the look."""
        return SeeOther(reverse("documents:roadside_look", args=[public_id]))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Tell the holder, once, and show the look again.

        Raises:
            Http404: the look showed no face.
        """
        try:
            roadside.report_holder(look=self.look, actor=self.actor, now=self.now)
        except roadside.NoFaceShown:
            raise Http404 from None
        return SeeOther(reverse("documents:roadside_look", args=[public_id]))


def _form(**initial: Any) -> RoadsideForm:
    return RoadsideForm(initial={"press": ids.public_id(), **initial})
