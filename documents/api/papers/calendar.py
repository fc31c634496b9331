"""The private link by which calendars fetch when papers expire."""

from typing import Any

from rest_framework.response import Response

from documents.api.papers import answers, bodies
from documents.api.papers.operations import PapersOperation, operation
from documents.selectors import calendar as selectors
from documents.services import subscribing


class CalendarLink(PapersOperation):
    """The link there is."""

    def link(self) -> Response:
        """It, or that there is none."""
        feed = selectors.find_feed(self.here.account)
        if feed is None:
            return self.give({"id": None, "address": None})
        return self.give({"id": feed.public_id, "address": selectors.address_of(feed)})


class Calendar(CalendarLink):
    """The link, and its making."""

    @operation(
        "calendar", "The calendar's private link, if there is one.", gives=answers.CalendarAnswer
    )
    def get(self, request: Any) -> Response:
        """The link."""
        return self.link()

    @operation(
        "make_calendar",
        "Make the calendar's private link; the one there is stays.",
        gives=answers.CalendarAnswer,
    )
    def post(self, request: Any) -> Response:
        """Make it."""
        subscribing.make(account=self.here.account, actor=self.actor, now=self.now)
        return self.link()


class RenewCalendar(CalendarLink):
    """Another link."""

    @operation(
        "renew_calendar",
        "Another link in place of the one named, which fetches nothing any more.",
        takes=bodies.FeedBody,
        gives=answers.CalendarAnswer,
    )
    def post(self, request: Any) -> Response:
        """Renew it."""
        subscribing.renew(
            account=self.here.account,
            public_id=self.read()["id"],
            actor=self.actor,
            now=self.now,
        )
        return self.link()


class StopCalendar(CalendarLink):
    """No link."""

    @operation(
        "stop_calendar",
        "Stop the link named: it fetches nothing any more.",
        takes=bodies.FeedBody,
    )
    def post(self, request: Any) -> Response:
        """Stop it."""
        subscribing.stop(
            account=self.here.account,
            public_id=self.read()["id"],
            actor=self.actor,
            now=self.now,
        )
        return self.nothing()
