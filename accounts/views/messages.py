"""The inbox, and "did you send me this?"."""

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import policy
from accounts.enums import AccountKind, NoticeChannel, NoticeState
from accounts.forms.messages import MessageCheckForm
from accounts.selectors import messages as selectors
from accounts.services import message_check, notices
from accounts.views import access
from accounts.views.access import PublicView, SeeOther, SignedInView
from eid_portal.core import clock
from eid_portal.core.web import safe_next

AT = "/account/messages/"


class Inbox(SignedInView):
    """What I was told, by day, and how it reached me. Looking marks nothing as read; staff are told too."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of it."""
        wanted = request.GET.get("show", "")
        show = selectors.Show(wanted) if wanted in selectors.Show.values else selectors.Show.ALL
        before = request.GET.get("before", "")
        inbox = selectors.read_inbox(self.here.account, show=show, before=before)
        context = {
            "inbox": inbox,
            "show": show,
            "choices": [(_address(choice), choice) for choice in selectors.Show],
            "older": _address(show, inbox.older) if inbox.older else "",
            "newest": _address(show) if before else "",
            "here": _address(show, before),
            "unread_here": [m.public_id for day in inbox.days for m in day.messages if m.unread],
            "ways": {
                message.public_id: [_way(each) for each in message.deliveries]
                for day in inbox.days
                for message in day.messages
            },
            "quiet_from": f"{policy.QUIET_FROM:%H:%M}",
            "quiet_until": f"{policy.QUIET_UNTIL:%H:%M}",
            **self.holder,
        }
        return render(request, "accounts/account/messages.html", context)


class MarkRead(SignedInView):
    """Mark what was shown as read."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Mark, and go back to the same page."""
        notices.mark_read(
            account=self.here.account,
            public_ids=request.POST.getlist("message")[: selectors.ON_A_PAGE],
            now=self.now,
        )
        return SeeOther(safe_next(request, AT))


class CheckMessage(PublicView):
    """Whether a text that somebody got was sent by us."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The box for the text."""
        return self.draw(MessageCheckForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """The answer above the box."""
        form = MessageCheckForm(request.POST)
        if not form.is_valid():
            return self.draw(form)
        try:
            verdict = message_check.check(
                form.cleaned_data["text"],
                account=self.session.account if self.session else None,
                address=access.address(request),
                now=self.now,
            )
        except message_check.TooManyChecks as many:
            local = many.until.astimezone(clock.VIET_NAM)
            words = _("Too many texts were checked from your network. Try again after %(time)s.")
            form.add_error("text", words % {"time": f"{local:%H:%M}"})
            response = self.draw(form)
            response.status_code = 429
            response["Retry-After"] = str(max(1, round((many.until - self.now).total_seconds())))
            return response
        return self.draw(form, verdict)

    def draw(
        self, form: MessageCheckForm, verdict: message_check.Verdict | None = None
    ) -> HttpResponse:
        """The page."""
        account = self.session.account if self.session else None
        context = {
            "display_name": account.citizen.full_name if account else "",
            "form": form,
            "verdict": verdict,
            "answer": type(verdict).__name__ if verdict else "",
            "at": self.now,
            "citizen": account is not None and account.kind == AccountKind.CITIZEN,
        }
        return render(self.request, "accounts/check_message.html", context)


def _address(show: selectors.Show, before: str = "") -> str:
    values = {"show": show.value} if show != selectors.Show.ALL else {}
    if before:
        values["before"] = before
    return f"{AT}?{urlencode(values)}" if values else AT


# --- How it went out ------------------------------------------------------------------------------
def _way(each: selectors.Delivery) -> tuple[str, str]:
    """The mark (ok, wait, bad) and the words of a line about a text message or e-mail."""
    if each.channel == NoticeChannel.SMS:
        what = _("Text message to the number ending in %(place)s") % {"place": each.place}
    else:
        what = _("E-mail to %(place)s") % {"place": each.place}
    if each.moved:
        what = _("Sent another way instead: %(what)s") % {"what": what}
    mark, how = _course(each)
    if each.held_until is not None:
        how = _("kept for the morning since %(time)s, %(how)s") % {
            "time": _clock(each.written_at, each.written_at),
            "how": how,
        }
    return mark, f"{what}: {how}"


def _course(each: selectors.Delivery) -> tuple[str, str]:
    sent = _clock(each.sent_at, each.written_at) if each.sent_at else ""
    match each.state:
        case NoticeState.DELIVERED:
            values = {"sent": sent, "delivered": _clock(each.delivered_at, each.written_at)}
            return "ok", _("sent %(sent)s, delivered %(delivered)s") % values
        case NoticeState.SENT:
            return "wait", _("sent %(sent)s, not confirmed yet") % {"sent": sent}
        case NoticeState.UNDELIVERED:
            return "bad", _("sent %(sent)s, did not arrive") % {"sent": sent}
        case NoticeState.FAILED:
            return "bad", _("could not be sent")
        case NoticeState.PENDING:
            if each.held_until is not None:
                until = _clock(each.held_until, each.written_at)
                return "wait", _("goes out at %(time)s") % {"time": until}
            return "wait", _("being sent")


def _clock(moment: datetime | None, day_of: datetime) -> str:
    """The time; with the date where it is another day than that of the message."""
    if moment is None:
        return ""
    local = moment.astimezone(clock.VIET_NAM)
    if clock.today(moment) == clock.today(day_of):
        return f"{local:%H:%M}"
    return _("%(time)s on %(date)s") % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"}
