"""Anybody verifies what they were shown: a code or link in, one button, and the answer.

A code stands in the address, so nothing leaves with it: no address is told to other sites, nothing is kept or indexed.
Looking uses nothing up, because previews and scanners follow links.
"""

from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from accounts.forms.verifying import CodeForm
from accounts.services import verifying
from accounts.views import access
from accounts.views.access import PublicView, SeeOther
from eid_portal.core import ids
from eid_portal.core.events import ANYONE
from eid_portal.core.verify import Nothing, Viewer, Why
from eid_portal.core.web import TooMany, allow_inline_images

PRESS: Final = 40  # the longest name of a press


class VerifyView(PublicView):
    """What the pages have in common."""

    def viewer(self, press: str = "") -> Viewer:
        """Who reads, as far as they are known."""
        return Viewer(
            actor=self.actor if self.session else ANYONE,
            press=press[:PRESS],
            device=access.device_label(self.request),
            place=access.place_label(self.request),
        )

    def draw(
        self, template: str, status: HTTPStatus = HTTPStatus.OK, **context: object
    ) -> HttpResponse:
        """A page that no cache and no search engine keeps."""
        holder = self.holder if self.session else {"display_name": ""}
        context |= {**holder, "at": self.now}
        response = render(self.request, f"accounts/{template}.html", context, status=status)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def nothing(self, found: Nothing) -> HttpResponse:
        """A code that shows nothing, and why; one that is not ours is a page that is not there."""
        status = HTTPStatus.NOT_FOUND if found.why == Why.NOT_OURS else HTTPStatus.OK
        return self.draw("verify_nothing", status, found=found)


class Verify(VerifyView):
    """The box for a code."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The empty box."""
        return self.draw("verify", form=CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """On to the page of the code."""
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self.draw("verify", HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
        return SeeOther(reverse("accounts:verify_code", args=[form.cleaned_data["code"]]))


class VerifyCode(VerifyView):
    """One code: what it is about, and by its button what it shows."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The one button.

        Raises:
            TooMany: too many codes were none.
        """
        try:
            found = verifying.look_at(
                public_id, viewer=self.viewer(), address=access.address(request), now=self.now
            )
        except verifying.TooManyMisses as many:
            raise TooMany(until=many.until) from None
        if isinstance(found, Nothing):
            return self.nothing(found)
        return self.draw("verify_code", found=found, press=ids.public_id())

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The answer. It is drawn at once, so that it has no address at which it could be seen again.

        Raises:
            TooMany: too many codes were none.
        """
        try:
            found = verifying.open_code(
                public_id,
                viewer=self.viewer(request.POST.get("press", "")),
                address=access.address(request),
                now=self.now,
            )
        except verifying.TooManyMisses as many:
            raise TooMany(until=many.until) from None
        if isinstance(found, Nothing):
            return self.nothing(found)
        response = self.draw("verify_result", result=found)
        allow_inline_images(response)
        return response


class ReportHolder(VerifyView):
    """The person before who read is not the holder: the token of that reading, which names neither, is posted."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The button's address leads to the box for a code."""
        return SeeOther(reverse("accounts:verify"))

    def post(self, request: HttpRequest) -> HttpResponse:
        """The holder is told, once; a token that is none, or too old, says what to do instead.

        Raises:
            TooMany: too many reports came from this network.
        """
        try:
            made = verifying.report(
                request.POST.get("report", ""), address=access.address(request), now=self.now
            )
        except verifying.TooManyReports as many:
            raise TooMany(until=many.until) from None
        status = HTTPStatus.NOT_FOUND if made is None else HTTPStatus.OK
        return self.draw("verify_reported", status, made=made)
