"""The calendar of papers: its private link, and what calendars fetch by it."""

from hashlib import sha256
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from accounts.views.access import CitizenView, PublicView, SeeOther, address
from documents import policy
from documents.selectors import calendar as selectors
from documents.services import subscribing
from eid_portal.core.web import TooMany

PLACE: Final = "/papers/calendar/"


class Calendar(CitizenView):
    """The link, and what is in the calendar."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        account = self.here.account
        feed = selectors.find_feed(account)
        context = {
            "display_name": account.citizen.full_name,
            "feed": feed,
            "address": selectors.address_of(feed) if feed else "",
            "hours": policy.CALENDAR_REFRESHED.total_seconds() // 3600,
        }
        return render(request, "documents/calendar.html", context)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Make the link."""
        subscribing.make(account=self.here.account, actor=self.actor, now=self.now)
        return SeeOther(PLACE)


class RenewCalendar(CitizenView):
    """Another link in place of the old one."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button is on the page of the link."""
        return SeeOther(PLACE)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Renew it."""
        subscribing.renew(
            account=self.here.account, public_id=public_id, actor=self.actor, now=self.now
        )
        messages.success(request, _("The old link fetches nothing any more. Here is the new one."))
        return SeeOther(PLACE)


class StopCalendar(CitizenView):
    """No link any more."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button is on the page of the link."""
        return SeeOther(PLACE)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Stop it."""
        subscribing.stop(
            account=self.here.account, public_id=public_id, actor=self.actor, now=self.now
        )
        messages.success(request, _("The link is stopped. Calendars that have it get nothing new."))
        return SeeOther(PLACE)


class CalendarFile(PublicView):
    """What a calendar fetches: the link is the key."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The calendar, or that it has not changed.

        Raises:
            Http404: there is no such link, or it was stopped.
            TooMany: it was fetched too often.
        """
        try:
            subscriber = subscribing.open_link(
                token=request.GET.get("key", ""), address=address(request), now=self.now
            )
        except subscribing.TooManyFetches as refused:
            raise TooMany(until=refused.until) from None
        if subscriber is None:
            raise Http404
        body = selectors.write_calendar(subscriber.account, subscriber.wards, now=self.now)
        answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = 'inline; filename="papers.ics"'
        answer["Content-Language"] = subscriber.account.language
        answer["Cache-Control"] = f"private, max-age={policy.CALENDAR_KEPT.seconds}"
        answer["ETag"] = etag = f'"{sha256(body).hexdigest()}"'
        return get_conditional_response(request, etag=etag, response=answer) or answer
