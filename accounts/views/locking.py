"""Lock and unlock one's own account."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.enums import ActedBy, LockReason, OwnerLockReason, SessionEnd
from accounts.forms.locking import LockForm
from accounts.selectors import locks
from accounts.services import flows, locking, sessions, unlocking
from accounts.views import access
from accounts.views.access import CitizenView, PublicView, SeeOther


class Lock(CitizenView):
    """How the account stands, and the button that locks it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The state, the locks before, who can lock."""
        return self.draw(LockForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Lock it; this session ends with all others, so the answer itself says what to do next."""
        form = LockForm(request.POST)
        if not form.is_valid():
            return self.draw(form)
        try:
            ended = locking.lock(
                account=self.here.account,
                by=ActedBy.OWNER,
                reason=LockReason.OWNER,
                why=OwnerLockReason(form.cleaned_data["why"]),
                actor=self.actor,
                now=self.now,
            )
        except locking.NotActive:
            return locked_already(request, self.here)
        context = {"ended": ended, "at": self.now, "why": form.cleaned_data["why"], "staff": False}
        response = render(request, "accounts/locked_now.html", context)
        access.end_session(response)
        return response

    def draw(self, form: LockForm) -> HttpResponse:
        """The page."""
        context = {
            "form": form,
            "standing": locks.standing(self.here.account),
            "display_name": self.here.account.citizen.full_name,
        }
        return render(self.request, "accounts/account/lock.html", context)


class Unlock(PublicView):
    """For who has just proved both factors: why the account does not open, and the button that opens it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page again."""
        try:
            offer = unlocking.show(token=access.flow_token(request), now=self.now)
        except flows.FlowOver as over:
            return self.begin_again(over)
        return draw_locked(request, unlocking.AccountLocked(offer.account, unlock="here"))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Unlock and sign in."""
        try:
            unlocked = unlocking.unlock(
                token=access.flow_token(request),
                device_token=access.device_token(request),
                device_label=access.device_label(request),
                address=access.address(request),
                now=self.now,
            )
        except flows.FlowOver as over:
            return self.begin_again(over)
        except locking.LockingRefused as refused:
            messages.warning(request, refused.message)
            return SeeOther("/sign-in/")
        if self.session is not None:  # somebody else's
            sessions.end(self.session, reason=SessionEnd.SIGNED_OUT, now=self.now)
        if not unlocked.key:
            messages.success(request, _("Your account is open again. Sign in."))
            response = SeeOther("/sign-in/")
            access.drop(response, access.FLOW_COOKIE)
            return response
        messages.success(request, _("Your account is open again."))
        response = SeeOther("/account/lock/")
        access.begin_session(
            request, response, key=unlocked.key, device_token=unlocked.device_token
        )
        return response

    def begin_again(self, over: flows.FlowOver) -> HttpResponse:
        """To sign in; whoever pressed twice is signed in already and goes on."""
        if self.session is None:
            messages.warning(self.request, over.message)
        response = SeeOther("/sign-in/")
        access.drop(response, access.FLOW_COOKIE)
        return response


# --- Parts --------------------------------------------------------------------------------------
def refuse(request: HttpRequest, locked: unlocking.AccountLocked) -> HttpResponse:
    """The answer to a right sign-in to an account that does not open; the offer to unlock goes into the cookie."""
    response = draw_locked(request, locked)
    if locked.unlock:
        access.set_flow(response, locked.unlock)
    else:
        access.drop(response, access.FLOW_COOKIE)
    return response


def locked_already(request: HttpRequest, here: sessions.Session) -> HttpResponse:
    """The answer to a second press, or to one that came after another lock: how it stands, and nobody is signed in."""
    here.account.refresh_from_db(fields=["state", "lock_reason", "locked_at", "closed_at"])
    response: HttpResponse = SeeOther("/sign-in/")  # it may have been opened again already
    if not here.account.is_active:
        response = draw_locked(request, unlocking.AccountLocked(here.account))
    access.end_session(response)
    return response


def draw_locked(request: HttpRequest, locked: unlocking.AccountLocked) -> HttpResponse:
    """Who locked it, why, until when, and what to do."""
    context = {
        "standing": locks.standing(locked.account),
        "order": locks.order_of(locked.account),
        "can_unlock": bool(locked.unlock),
        "needs_passkey": locked.needs_passkey,
        "officer": locked.account.kind != "citizen",
    }
    return render(request, "accounts/locked.html", context, status=403)
